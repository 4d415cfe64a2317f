"""The model card: what a model is for, what it was made of, how it does, and where it fails, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from scamrisk.evaluation import BINS, Evaluation, class_weights

if TYPE_CHECKING:
    import pandas as pd

    from scamrisk.corpus import Message
    from scamrisk.model import Model

USE = """## Use and misuse

Made to rank and explain messages that offer work, money, travel or a role: on a job board, in a chat app, in the queue of a
hotline. A person decides what follows. It speaks of one text, never of a person or a firm; it must not be the only ground
for a ban, a refusal, a report to the police or a border decision. A low risk is not a clearance.

- **The harm of a miss**: somebody travels to a scam compound, loses savings, or lends an account to thieves.
- **The harm of a false alarm**: an honest employer loses applicants, a worker loses an honest job, and the next warning
  is not believed.
"""

LIMITS = """## What the evaluation does not establish

- How it does on your stream. Messages differ by platform, month and country; measure with `scamrisk evaluate` and adjust
  with `base_rate=` or `scamrisk train`.
- Much about languages with few messages above: their intervals are wide, and their corpus was written without a native
  reader. The corpus is one team's imagination; lures move on after the date of this model.
- Resistance to somebody who has this model and writes against it.
"""


def table(frame: pd.DataFrame, digits: int = 3) -> str:
    """Return a frame as a Markdown table; numbers are rounded, missing ones left empty."""

    def cell(value: object) -> str:
        if isinstance(value, float):
            return "" if np.isnan(value) else str(int(value)) if value.is_integer() and abs(value) > 1 else f"{value:.{digits}f}"
        return str(value)

    head = [str(c) for c in frame.columns]
    rows = [[cell(v) for v in row] for row in frame.astype(object).itertuples(index=False)]
    return "\n".join("| " + " | ".join(r) + " |" for r in [head, ["---"] * len(head), *rows])


def reliability(evaluation: Evaluation) -> str:
    """Return the reliability diagram as text: observed share of risky messages by predicted risk, classes weighed alike."""
    y, p = evaluation.scored["label"].to_numpy(float), evaluation.scored["risk"].to_numpy(float)
    w, bins = class_weights(y), np.minimum((p * BINS).astype(int), BINS - 1)
    lines = []
    for b in range(BINS):
        rows = bins == b
        if rows.any():
            expected, observed = np.average(p[rows], weights=w[rows]), np.average(y[rows], weights=w[rows])
            bar = "".join("|" if i == round(expected * 40) else "#" if i < observed * 40 else "." for i in range(41))
            lines.append(f"{b / BINS:4.2f}-{(b + 1) / BINS:4.2f}  {bar}  predicted {expected:.2f} observed {observed:.2f}  n={rows.sum()}")
    return "```\n" + "\n".join(lines) + "\n```"


def failures(messages: Sequence[Message], evaluation: Evaluation, most: int = 6) -> str:
    """Quote the corpus test messages that the model gets most wrong, misses first."""
    scored = evaluation.scored.reset_index(drop=True)
    flagged = scored["level"].isin(["high", "critical"])
    lines = []
    for label, title, order in ((1, "Missed", True), (0, "Falsely flagged", False)):
        wrong = scored[(scored["label"] == label) & (flagged if label == 0 else ~flagged)].sort_values("risk", ascending=order)
        lines.append(f"**{title}** ({len(wrong)} of {int((scored['label'] == label).sum())}), the worst:\n")
        for i, row in wrong.head(most).iterrows():
            message = messages[int(str(i))]
            text = " ".join(message.text.split())
            lines.append(f"- {message.id}, risk {row['risk']:.2f}: “{text[:200]}{'…' if len(text) > 200 else ''}”")
        lines.append("")
    return "\n".join(lines)


def model_card(model: Model, *, data: str, figures: Sequence[str]) -> str:
    """Return the card of a model: fixed words on use, what the manifest says, the description of `data`, the `figures`."""
    manifest: dict[str, Any] = model.manifest
    levels = "\n".join(
        f"- **{name}**: risk of {t['risk']:.3f} or more; meant to flag at most {t['false_alarm_rate']:.1%} of honest recruitment messages"
        for name, t in manifest["thresholds"].items()
    )
    head = (
        f"# Model card: {model.id}\n\nMade on {manifest.get('created', 'an unknown date')} by `{manifest.get('command', '')}`. "
        f"{len(model.patterns):,} patterns, {len(model.lures)} lures, {len(model.weights.pairs)} combinations of lures, "
        f"{len(model.languages)} languages: {', '.join(model.languages)}.\n\n"
        "A linear model over folded text: the risk is the logistic function of a sum of terms, one for each pattern, lure and "
        f"combination found. It is calibrated for a stream in which half of the messages are risky (`base_rate={manifest['base_rate']}`).\n"
    )
    return "\n".join([head, "## Levels\n", levels, "", USE, "## Data\n", data, "", *figures, "", LIMITS])
