"""Looking at labelled data before anything is learned from it: what is missing, double, contradictory, or too easy."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from nltk import ngrams as runs
from nltk.collocations import BigramCollocationFinder
from nltk.metrics import BigramAssocMeasures
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scamrisk.corpus import near_duplicates
from scamrisk.errors import InvalidDataError
from scamrisk.labels import read_labels
from scamrisk.language import identify
from scamrisk.model import Model
from scamrisk.normalize import UNSPACED, fold
from scamrisk.tables import check_column
from scamrisk.training import in_shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST = 8
"""Fewest different messages of each class that anything can be learned from."""
LONGEST = 100_000
"""Longest message, in characters; a longer cell is a broken file rather than a message."""
MANY = 20_000
"""Of more messages than this, near-duplicates are told by their letters as written, and grouped by how they begin."""
SHORTCUT = 0.85
"""Area under the curve from which style alone explains the labels too well."""
STYLE = ("length", "lines", "capitals", "digits", "punctuation", "emoji", "contacts")
"""What `style` measures, in order."""

_CONTACT = re.compile(r"https?://|www\.|@\w|\d(?:[ -]?\d){6}|whatsapp|telegram|wechat|微信|line\s?id|zalo", re.IGNORECASE)
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")


@dataclass
class Examined:
    """Labelled data that can be learned from, and what was found on the way.

    `frame` has the columns text, label (0 or 1), group, language (as given, else as identified), identified ("" where the
    language could not be told) and row (the position in the data as given);
    `findings` are sentences; `dropped` has the columns row and reason.
    """

    frame: pd.DataFrame
    findings: list[str] = field(default_factory=list)
    dropped: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["row", "reason"]))


def style(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return what a text looks like without its words, shape (texts, len(STYLE)): see `STYLE`; logarithms and shares."""
    rows = []
    for t in texts:
        n = max(1, len(t))
        rows.append(
            (
                np.log(n), t.count("\n"), sum(c.isupper() for c in t) / n, sum(c.isdigit() for c in t) / n,
                sum(not c.isalnum() and not c.isspace() for c in t) / n, len(_EMOJI.findall(t)), len(_CONTACT.findall(t)),
            )
        )  # fmt: skip
    return np.array(rows, float).reshape(-1, len(STYLE))


def style_auc(texts: Sequence[str], labels: NDArray[Any]) -> float:
    """Return how well style alone tells the classes apart: area under the cross-validated ROC curve, 0.5 not at all."""
    folds = int(min(5, labels.sum(), len(labels) - labels.sum()))
    if folds < 2:
        return 0.5
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
    guessed = cross_val_predict(model, style(texts), labels, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(labels, guessed))


def _key(text: str) -> str:
    return re.sub(r"[\W_0\ue000-\ue0ff]+", "", fold(text[:4000]).text)


def _quick_key(text: str) -> str:
    return re.sub(r"[\W\d_]+", "", unicodedata.normalize("NFKC", text[:4000]).casefold())


def _tags(texts: Sequence[str]) -> list[str]:
    return [identify(t) or "" for t in texts]


def _identified(texts: Sequence[str], n_jobs: int) -> list[str]:
    """Return the language of each text, "" where it can't be told; in processes, when there are texts enough to be worth it."""
    return in_shares(_tags, texts, n_jobs if len(texts) > 2_000 else 1)


def _groups(texts: Sequence[str], given: Sequence[Any] | None, keys: Sequence[str] | None = None) -> list[int]:
    """Return a group number for each text: near-duplicates, and rows of the same given group, share one."""
    parent = list(range(len(texts)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    if given is not None:
        first: dict[Any, int] = {}
        for i, name in enumerate(given):
            parent[root(i)] = root(first.setdefault(name, i))
    if len(texts) <= MANY:
        for i, j in near_duplicates(list(texts)):
            parent[root(i)] = root(j)
    else:
        seen: dict[str, int] = {}
        for i, text in enumerate(texts):
            parent[root(i)] = root(seen.setdefault((keys[i] if keys else _quick_key(text))[:50], i))
    return [root(i) for i in range(len(texts))]


def examine(
    frame: pd.DataFrame,
    *,
    text: str = "text",
    label: str = "label",
    group: str | None = None,
    language: str | None = None,
    risky: str | None = None,
    mapping: Mapping[Any, int] | None = None,
    n_jobs: int = 1,
) -> Examined:
    """Check labelled data and make it ready: unreadable and double rows out, near-duplicates grouped.

    Raises InvalidDataError when a column is missing, a label is not understood, only one class is there, or fewer than
    `LEAST` different messages of a class are left.
    """
    for column in (text, label, *(c for c in (group, language) if c)):
        check_column(frame, column)
    if not len(frame):
        raise InvalidDataError("the data have no rows")
    labels = read_labels(frame[label], risky=risky, mapping=mapping).astype(int)
    reasons: dict[int, str] = {}
    texts: list[str] = []
    for row, value in enumerate(frame[text]):
        readable = isinstance(value, str) and bool(value.strip())
        texts.append(value if readable else "")
        if not readable:
            reasons[row] = "no text"
        elif len(value) > LONGEST:
            reasons[row] = f"longer than {LONGEST:,} characters"
    key_of = _key if len(texts) <= MANY else _quick_key
    keys = ["" if row in reasons else key_of(t) or t.strip() for row, t in enumerate(texts)]
    seen: dict[str, int] = {}
    said: dict[str, set[int]] = {}
    for row, key in enumerate(keys):
        if row not in reasons:
            said.setdefault(key, set()).add(int(labels[row]))
    for row, key in enumerate(keys):
        if row in reasons:
            continue
        if len(said[key]) == 2:
            reasons[row] = "the same text has both labels"
        elif key in seen:
            reasons[row] = f"the same text as row {seen[key]}"
        else:
            seen[key] = row
    kept = [row for row in range(len(frame)) if row not in reasons]
    y = labels[kept]
    findings = [f"{len(frame)} rows, {len(kept)} different messages: {int(y.sum())} risky, {int(len(y) - y.sum())} honest"]
    count = Counter(re.sub(r" as row \d+", " as another row", reason) for reason in reasons.values())
    for reason, n in count.most_common():
        rows = [str(r) for r, why in reasons.items() if re.sub(r" as row \d+", " as another row", why) == reason]
        findings.append(f"{n} rows left out, {reason}: rows {', '.join(rows[:5])}{' ...' if n > 5 else ''}")
    for value, name in ((1, "risky"), (0, "honest")):
        if (n := int((y == value).sum())) < LEAST:
            raise InvalidDataError(
                f"{n} different {name} messages are too few to learn from: {LEAST} of each class are needed"
                + (f" ({findings[1]})" if len(findings) > 1 else "")
            )
    used = [texts[r] for r in kept]
    given = frame[group].iloc[kept].tolist() if group else None
    groups = _groups(used, given, [keys[r] for r in kept])
    identified = _identified(used, n_jobs)
    tongues = [str(v) for v in frame[language].iloc[kept]] if language else [tag or "unknown" for tag in identified]
    out = pd.DataFrame({"text": used, "label": y, "group": groups, "language": tongues, "identified": identified, "row": kept})
    count_groups = len(set(groups))
    if count_groups < len(out):
        findings.append(f"{count_groups} groups: near-duplicates are kept on one side of every split")
    if count_groups < 4 or min(len({g for g, v in zip(groups, y, strict=True) if v == c}) for c in (0, 1)) < 2:
        raise InvalidDataError(f"the messages form only {count_groups} groups of near-duplicates: too few to hold any out")
    mix = Counter(tongues).most_common(6)
    findings.append("languages: " + ", ".join(f"{tag} {n}" for tag, n in mix))
    easy = style_auc(used[:20_000], y[:20_000]) if len(set(y[:20_000].tolist())) == 2 else 0.5
    if easy > SHORTCUT:
        findings.append(
            f"warning: length, punctuation, digits, emoji and contacts alone tell the classes apart (AUC {easy:.2f}): "
            "a model may learn style instead of meaning; look at how each class was collected"
        )
    dropped = pd.DataFrame(sorted(reasons.items()), columns=["row", "reason"])
    return Examined(out, findings, dropped)


def examine_unlabelled(frame: pd.DataFrame, text: str) -> tuple[list[int], list[int]]:
    """Return the positions of the rows that hold a text, and a group for each: near-duplicates share one."""
    check_column(frame, text)
    rows = [i for i, t in enumerate(frame[text]) if isinstance(t, str) and t.strip()]
    if not rows:
        raise InvalidDataError(f"no row has a text in {text!r}")
    return rows, _groups([frame[text].iloc[i] for i in rows], None)


def suspects(examined: Examined, log_odds: NDArray[Any], *, least: float = 0.9) -> pd.DataFrame:
    """Return rows whose label a model that had not seen them contradicts, worst first: row, label, risk, text."""
    risk = 1 / (1 + np.exp(-log_odds))
    wrong = np.where(examined.frame["label"] == 1, 1 - risk, risk)
    table = examined.frame.assign(risk=risk, wrong=wrong)[["row", "label", "risk", "wrong", "text"]]
    return table[table["wrong"] >= least].sort_values("wrong", ascending=False).drop(columns="wrong").reset_index(drop=True)


_UNSPACED = re.compile(f"[{UNSPACED}]")


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    for word in re.findall(r"[\w']+", text):
        tokens += list(word) if _UNSPACED.search(word) else [word]
    return tokens


def _joined(run: Sequence[str]) -> str:
    return ("" if _UNSPACED.search("".join(run)) else " ").join(run)


def new_phrases(texts: Sequence[str], labels: NDArray[Any], model: Model, *, most: int = 30, least: int = 4) -> pd.DataFrame:
    """Return phrases that mark the risky class and stand in no lure: phrase, z, risky, honest, context.

    Candidates are word pairs that go together (nltk's likelihood ratio of collocations) and runs of three to five words
    or, where words are not spaced, characters. They are ranked by the z-score of the log-odds ratio with an informative
    Dirichlet prior (Monroe, Colaresi and Quinn 2008, "Fightin' Words"). Digits read as 0; nothing is taken from a URL or
    a number.
    """
    folded = [re.sub("[\ue000-\ue0ff]", " ", fold(t[:4000]).text) for t in texts]
    tokens = [_tokens(t) for t in folded]
    finder = BigramCollocationFinder.from_documents(tokens)
    finder.apply_freq_filter(least)
    pairs = {pair for pair, score in finder.score_ngrams(BigramAssocMeasures.likelihood_ratio) if score > 10.8}
    counts: tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]] = (Counter(), Counter())
    for row, label in zip(tokens, labels, strict=True):
        found = {run for n in (2, 3, 4, 5) for run in runs(row, n) if n > 2 or run in pairs}
        counts[int(label)].update(found)
    total = [max(1, int((labels == c).sum())) for c in (0, 1)]
    listed = " | ".join(p for kind in model.kinds for p in kind.phrases)
    rows = []
    for run, risky in counts[1].items():
        phrase = _joined(run)
        honest = counts[0][run]
        long_enough = len(phrase) >= (4 if _UNSPACED.search(phrase) else 8)
        if risky < least or not long_enough or phrase in listed or not re.search(r"[^\W\d]", phrase):
            continue
        prior = (risky + honest) / sum(total) * 20 + 0.01
        ratio = np.log((risky + prior) / (total[1] + 20 - risky - prior + 1)) - np.log(
            (honest + prior) / (total[0] + 20 - honest - prior + 1)
        )
        rows.append((phrase, float(ratio / np.sqrt(1 / (risky + prior) + 1 / (honest + prior))), risky, honest))
    rows.sort(key=lambda row: (-row[1], row[0]))
    chosen: list[tuple[str, float, int, int]] = []
    for candidate in rows:
        if len(chosen) == most or candidate[1] < 1.96:
            break
        if not any(candidate[0] in other[0] or other[0] in candidate[0] for other in chosen):
            chosen.append(candidate)
    table = pd.DataFrame(chosen, columns=["phrase", "z", "risky", "honest"])
    return table.assign(context=[_context(p, texts, folded, labels) for p in table["phrase"]])


def _context(phrase: str, texts: Sequence[str], folded: Sequence[str], labels: NDArray[Any]) -> str:
    """Return the words around a phrase in the first risky message that holds it."""
    for text, plain, label in zip(texts, folded, labels, strict=True):
        at = plain.find(phrase)
        if label == 1 and at >= 0:
            read = fold(text[:4000])
            start, end = read.span(max(0, at - 30), min(len(read.text), at + len(phrase) + 30))
            return " ".join(text[start:end].split())
    return ""
