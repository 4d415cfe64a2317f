"""What scoring returns: frozen values that explain themselves in a terminal, a notebook and JSON."""

from __future__ import annotations

import html
import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Level = Literal["low", "elevated", "high", "critical"]

LEVELS: tuple[Level, ...] = ("low", "elevated", "high", "critical")

_COLORS = {"low": "#2e7d32", "elevated": "#b26a00", "high": "#c62828", "critical": "#7b1fa2"}
_HARM_WORDS = {"body": "to your safety", "money": "to your money", "legal": "with the law"}


@dataclass(frozen=True, slots=True)
class Lure:
    """A lure found in a text.

    `kind` is the id of the lure, `title` and `why` are for people, `harm` is "body", "money" or "legal".
    `start:end` is a half-open range of characters of the text as given and `text` what stands there.
    `weight` is what speaks through it in the log-odds of the risk: the terms of its words, its own term and half of each
    combination it is part of (these two shared equally when the same kind was found more than once), and 0 outside the passage
    that decided. Lures that overlap share words, so it is `terms` that add up, not these.
    """

    kind: str
    title: str
    why: str
    harm: str
    start: int
    end: int
    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Term:
    """One addend of the log-odds: a feature, its weight, and the half-open range of the text it was found in."""

    feature: str
    weight: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Contact:
    """An official contact: `value` is a number or web address, `source` says where it was found and `checked` when."""

    country: str
    name: str
    value: str
    what: str
    source: str
    checked: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do next: `steps` in order, and the `contacts` of a country. `print` it or show it in a notebook."""

    country: str | None
    steps: tuple[str, ...]
    contacts: tuple[Contact, ...]

    def __str__(self) -> str:
        lines = [f"{i}. {step}" for i, step in enumerate(self.steps, 1)]
        if self.contacts:
            lines += ["", "Official contacts (numbers change: check before you rely on one):"]
            lines += [f"- {c.name}: {c.value} - {c.what} [checked {c.checked}, {c.source}]" for c in self.contacts]
        elif self.country:
            lines += ["", f"No verified contact for {self.country} is known here: call the local police or your embassy."]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        steps = "".join(f"<li>{html.escape(s)}</li>" for s in self.steps)
        contacts = "".join(
            f"<li><b>{html.escape(c.name)}</b>: {html.escape(c.value)} &ndash; {html.escape(c.what)} "
            f"<small>(checked {html.escape(c.checked)}, {html.escape(c.source)})</small></li>"
            for c in self.contacts
        )
        return f"<div><ol>{steps}</ol><ul>{contacts}</ul></div>"


@dataclass(frozen=True, slots=True)
class Assessment:
    """The risk of one text, with its reasons.

    `risk` is the calibrated probability, in [0, 1], that the text is a risky offer, at the `base_rate` it was scored for
    (0.5 unless asked otherwise: half of the messages are risky). `level` comes from thresholds stated as false-alarm
    rates on honest recruitment messages and does not depend on the base rate. `intercept` and the weights of `terms` sum
    to `log(risk / (1 - risk))`; every term has its place in the text. `language` is a BCP 47 tag or None; `supported` is
    False, and `reason` says why, when the model was not trained for what it reads: then a low risk means nothing.

    It misleads when read as a verdict on a person or a firm: it speaks of one text only, and a scam told in the words of
    an honest offer scores like one. The text itself is kept for quoting and display; it goes nowhere else.
    """

    risk: float
    level: Level | None
    lures: tuple[Lure, ...]
    terms: tuple[Term, ...]
    intercept: float
    language: str | None
    supported: bool
    reason: str | None
    model_id: str
    base_rate: float
    text: str = field(repr=False)
    plea: bool = False

    @classmethod
    def unreadable(cls, model_id: str, base_rate: float) -> Assessment:
        """Return the assessment of a row that holds no text: risk NaN, level None, no lures."""
        return cls(math.nan, None, (), (), math.nan, None, False, "no text to read", model_id, base_rate, "")

    @property
    def harms(self) -> tuple[str, ...]:
        """The harms its lures point to, each once: "body" first, then "money", then "legal"."""
        found = {lure.harm for lure in self.lures}
        order: tuple[str, ...] = ("body", "money", "legal")
        return tuple(harm for harm in order if harm in found)

    @property
    def log_odds(self) -> float:
        """The sum of the intercept and all terms."""
        return math.fsum([self.intercept, *(t.weight for t in self.terms)])

    def advice(self, country: str | None = None) -> Advice:
        """Return what to do next, and the official contacts of a country (ISO 3166 code such as "CN").

        Without a country only the worldwide contacts are given. Raises InvalidDataError for a code that is not two
        letters.
        """
        from scamrisk.advice import advise

        return advise(self, country)

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the text as plain lists, dicts, numbers and strings, ready for JSON.

        The `text` of each lure is part of the message: leave it out before you log the result.
        """
        return {
            "risk": None if math.isnan(self.risk) else self.risk,
            "level": self.level,
            "lures": [asdict(lure) for lure in self.lures],
            "terms": [asdict(term) for term in self.terms],
            "intercept": None if math.isnan(self.intercept) else self.intercept,
            "harms": list(self.harms),
            "language": self.language,
            "supported": self.supported,
            "reason": self.reason,
            "plea": self.plea,
            "model_id": self.model_id,
            "base_rate": self.base_rate,
        }

    def __str__(self) -> str:
        if self.level is None:
            return f"not scored: {self.reason}"
        lines = [f"{self.level.upper()}  risk {self.risk:.1%}  (language {self.language or 'unknown'}, model {self.model_id})"]
        if not self.supported:
            lines.append(f"Not supported: {self.reason}. A low risk means nothing here.")
        if self.plea:
            lines.append("This reads like somebody asking for help. Help comes first: see advice().")
        for lure in self.lures:
            lines.append(f"  {lure.weight:+5.2f}  {lure.title}: {_one_line(lure.text)!r}")
            lines.append(f"         {lure.why}")
        if not self.lures:
            lines.append("  no known lure found")
        if self.harms:
            lines.append(f"Possible harm: {', '.join(_HARM_WORDS[h] for h in self.harms)}.")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        if self.level is None:
            return f"<p>not scored: {html.escape(self.reason or '')}</p>"
        pieces: list[str] = []
        at = 0
        for lure in sorted(self.lures, key=lambda lure: (lure.start, -lure.end)):
            if lure.start < at:
                continue
            tip = html.escape(f"{lure.title} ({lure.weight:+.2f}). {lure.why}", quote=True)
            pieces.append(_escape(self.text[at : lure.start]))
            pieces.append(
                f'<mark title="{tip}" style="background:#ffe0b2;border-bottom:2px solid #e65100">'
                f"{_escape(self.text[lure.start : lure.end])}</mark>"
            )
            at = lure.end
        pieces.append(_escape(self.text[at:]))
        rows = "".join(
            f"<tr><td style='text-align:right'>{lure.weight:+.2f}</td><td style='text-align:left'><b>{html.escape(lure.title)}</b>"
            f"<br>{html.escape(lure.why)}</td></tr>"
            for lure in self.lures
        )
        note = "" if self.supported else f"<p><b>Not supported</b>: {html.escape(self.reason or '')}. A low risk means nothing here.</p>"
        return (
            f"<div style='max-width:50em'><p><span style='color:white;background:{_COLORS[self.level]};padding:.1em .6em;"
            f"border-radius:.6em'>{self.level}</span> risk {self.risk:.1%} "
            f"<small>language {html.escape(self.language or 'unknown')}, model {html.escape(self.model_id)}</small></p>{note}"
            f"<p style='white-space:pre-wrap;border-left:3px solid #ccc;padding-left:.8em'>{''.join(pieces)}</p>"
            f"<table>{rows}</table></div>"
        )


def _escape(text: str) -> str:
    return html.escape(text.encode("utf-8", "replace").decode("utf-8"))


def _one_line(text: str, limit: int = 80) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
