"""How good a model is on labelled messages: ranking, false alarms, calibration, lures; overall, by slice and language."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

from scamrisk.errors import InvalidDataError
from scamrisk.labels import read_labels
from scamrisk.model import Model, load
from scamrisk.tables import check_column

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 15
"""Bins of equal width for the calibration error."""
RESAMPLES = 200
"""Bootstrap resamples for the intervals."""


def threshold_at(benign: NDArray[Any], share: float) -> float:
    """Return the lowest risk at which at most `share` of the benign messages is flagged."""
    ordered = np.sort(benign)[::-1]
    return float(np.nextafter(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 2))


def recall_at(labels: NDArray[Any], risks: NDArray[Any], share: float) -> float:
    """Return the share of risky messages found at the threshold that flags at most `share` of the others."""
    return float((risks[labels == 1] >= threshold_at(risks[labels == 0], share)).mean())


def class_weights(labels: NDArray[Any]) -> NDArray[np.float64]:
    """Return weights that give both classes half of the total, 1."""
    positive = labels.sum()
    return np.asarray(np.where(labels == 1, 0.5 / max(1, positive), 0.5 / max(1, len(labels) - positive)), float)


def calibration_error(labels: NDArray[Any], risks: NDArray[Any]) -> float:
    """Return the expected calibration error over `BINS` bins, classes weighed alike."""
    w = class_weights(labels)
    bins = np.minimum((risks * BINS).astype(int), BINS - 1)
    return float(sum(abs((w * (labels - risks))[bins == b].sum()) for b in range(BINS)))


def brier(labels: NDArray[Any], risks: NDArray[Any]) -> float:
    """Return the Brier score, classes weighed alike."""
    return float((class_weights(labels) * (risks - labels) ** 2).sum())


METRICS = {
    "pr_auc": lambda y, p: float(average_precision_score(y, p)),
    "roc_auc": lambda y, p: float(roc_auc_score(y, p)),
    "recall_at_1pct": lambda y, p: recall_at(y, p, 0.01),
    "recall_at_0.1pct": lambda y, p: recall_at(y, p, 0.001),
    "brier": brier,
    "calibration_error": calibration_error,
}
"""What is measured; each takes labels (0 or 1) and risks."""


def measure(labels: NDArray[Any], risks: NDArray[Any]) -> dict[str, float]:
    """Return every metric, those that need both classes as NaN when one is missing."""
    both = 0 < labels.sum() < len(labels)
    return {name: metric(labels, risks) if both else float("nan") for name, metric in METRICS.items()}


def intervals(labels: NDArray[Any], risks: NDArray[Any], *, seed: int = 0) -> dict[str, tuple[float, float]]:
    """Return the 95 % bootstrap interval of each metric; classes are resampled apart, so that both stay."""
    if not 0 < labels.sum() < len(labels):
        return {}
    random = np.random.default_rng(seed)
    one, zero = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
    drawn = []
    for _ in range(RESAMPLES):
        rows = np.concatenate([random.choice(one, len(one)), random.choice(zero, len(zero))])
        drawn.append(list(measure(labels[rows], risks[rows]).values()))
    low, high = np.nanquantile(np.array(drawn), [0.025, 0.975], axis=0)
    return {name: (float(a), float(b)) for name, a, b in zip(METRICS, low, high, strict=True)}


def lure_measures(expected: Sequence[Any], found: Sequence[Any]) -> pd.DataFrame:
    """Return precision, recall, F1 and support by lure, and "micro" over all, from the sets of kinds of each message."""
    kinds = sorted({k for row in (*expected, *found) for k in row})
    rows = []
    for kind in [*kinds, "micro"]:
        pairs = [(k in e, k in f) for e, f in zip(expected, found, strict=True) for k in ([kind] if kind != "micro" else kinds)]
        hit = sum(a and b for a, b in pairs)
        shown, there = sum(b for _, b in pairs), sum(a for a, _ in pairs)
        p, r = hit / shown if shown else float("nan"), hit / there if there else float("nan")
        rows.append((kind, p, r, 2 * hit / (shown + there) if shown + there else float("nan"), there))
    return pd.DataFrame(rows, columns=["lure", "precision", "recall", "f1", "messages"])


@dataclass(frozen=True)
class Evaluation:
    """The result of `evaluate`: `overall`, `by_slice`, `by_language`, `lures` as frames; `print` shows them.

    `scored` holds the messages' labels, risks and levels, without their texts.
    """

    model_id: str
    metrics: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    by_slice: pd.DataFrame
    by_language: pd.DataFrame
    lures: pd.DataFrame | None
    scored: pd.DataFrame = field(repr=False)
    unreadable: int = 0

    @property
    def overall(self) -> pd.DataFrame:
        """One row a metric: value and 95 % interval."""
        rows = [(name, value, *self.intervals.get(name, (float("nan"),) * 2)) for name, value in self.metrics.items()]
        return pd.DataFrame(rows, columns=["metric", "value", "low", "high"])

    def __str__(self) -> str:
        y = self.scored["label"]
        head = f"model {self.model_id}: {len(y)} messages, {int(y.sum())} risky"
        if self.unreadable:
            head += f" ({self.unreadable} rows without text left out)"
        parts = [head, self.overall.round(4).to_string(index=False)]
        for title, table in (("by slice", self.by_slice), ("by language", self.by_language), ("lures", self.lures)):
            if table is not None and len(table):
                parts.append(f"{title}\n{table.round(3).to_string(index=False)}")
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        tables = [self.overall, self.by_slice, self.by_language, *([self.lures] if self.lures is not None else [])]
        return "".join(t.round(4).to_html(index=False) for t in tables if len(t))

    def to_dict(self) -> dict[str, Any]:
        """Return every figure as plain values, ready for JSON (NaN as None)."""

        def plain(table: pd.DataFrame | None) -> list[dict[str, Any]]:
            if table is None:
                return []
            return [{str(k): v for k, v in row.items()} for row in table.astype(object).where(table.notna(), None).to_dict("records")]

        return {
            "model_id": self.model_id, "messages": len(self.scored), "unreadable": self.unreadable, "overall": plain(self.overall),
            "by_slice": plain(self.by_slice), "by_language": plain(self.by_language), "lures": plain(self.lures),
        }  # fmt: skip

    def save_figures(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write `calibration.png` and `recall.png` into a folder and return their paths. Needs matplotlib."""
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        paths = []
        for name, figure in (("calibration", self.plot_calibration()), ("recall", self.plot_recall())):
            paths.append(target / f"{name}.png")
            figure.savefig(paths[-1], dpi=120, bbox_inches="tight")
        return paths

    def plot_calibration(self) -> Any:
        """Return a matplotlib figure: observed share of risky messages by predicted risk, classes weighed alike."""
        figure, axes = figure_of("predicted risk", "observed share of risky messages", "Calibration, classes weighed alike")
        y, p = self.scored["label"].to_numpy(float), self.scored["risk"].to_numpy(float)
        w, bins = class_weights(y), np.minimum((p * BINS).astype(int), BINS - 1)
        used = [b for b in range(BINS) if (bins == b).any()]
        x = [np.average(p[bins == b], weights=w[bins == b]) for b in used]
        observed = [np.average(y[bins == b], weights=w[bins == b]) for b in used]
        size = [20 + 600 * w[bins == b].sum() for b in used]
        axes.plot([0, 1], [0, 1], color="#999", linewidth=1)
        axes.scatter(x, observed, s=size, color="#c62828", alpha=0.7)
        return figure

    def plot_recall(self) -> Any:
        """Return a matplotlib figure: recall over the false-alarm rate, on a logarithmic axis."""
        figure, axes = figure_of("false-alarm rate", "recall", "Recall at each false-alarm rate")
        y, p = self.scored["label"].to_numpy(float), self.scored["risk"].to_numpy(float)
        rates = np.geomspace(1e-3, 1, 60)
        if 0 < y.sum() < len(y):
            axes.plot(rates, [recall_at(y, p, r) for r in rates], color="#1565c0")
        axes.set_xscale("log")
        axes.set_ylim(0, 1.02)
        return figure


def figure_of(x: str, y: str, title: str) -> tuple[Any, Any]:
    """Return an empty matplotlib figure and its axes. Raises InvalidDataError without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InvalidDataError("figures need matplotlib: pip install 'scamrisk[figures]'") from None
    figure = Figure(figsize=(5, 4))
    axes = figure.add_subplot()
    axes.set(xlabel=x, ylabel=y, title=title)
    return figure, axes


def evaluate(
    model: Model | str | os.PathLike[str] | None,
    frame: pd.DataFrame,
    *,
    text: str = "text",
    label: str = "label",
    slice: str | None = None,
    language: str | None = None,
    lures: str | None = None,
    n_jobs: int = 1,
    base_rate: float | None = None,
) -> Evaluation:
    """Measure a model on labelled messages.

    `frame` has a column of texts and one of labels (0/1, true/false, scam/legit ...); rows with any other label, such as
    "other_scam" or "unlabelled", raise InvalidDataError, so leave them out first. `slice` and `language` name columns to
    report by (language: as recognized when not given); `lures` one that holds the set of lures each message has.
    Figures by slice and language show recall and false alarms at the model's own level "high".
    """
    scorer = model if isinstance(model, Model) else load(model)
    for column in (text, label, *(c for c in (slice, language, lures) if c)):
        check_column(frame, column)
    labels = read_labels(frame[label])
    scored = scorer.score_many(frame[text], n_jobs=n_jobs, base_rate=base_rate)
    table = pd.DataFrame(
        {
            "label": labels,
            "risk": [a.risk for a in scored],
            "level": [a.level for a in scored],
            "slice": frame[slice].astype(str).to_numpy() if slice else "all",
            "language": frame[language].astype(str).to_numpy() if language else [a.language or "unknown" for a in scored],
        },
        index=frame.index,
    )
    known = table["risk"].notna()
    expected = [set(e) for e in frame[lures]] if lures else None
    found = [{lure.kind for lure in a.lures} for a in scored]
    table = table[known]
    if table.empty:
        raise InvalidDataError(f"no row has a text in {text!r}")
    y, p = table["label"].to_numpy(float), table["risk"].to_numpy(float)
    return Evaluation(
        model_id=scorer.id,
        metrics=measure(y, p),
        intervals=intervals(y, p),
        by_slice=_by(table, "slice") if slice else pd.DataFrame(),
        by_language=_by(table, "language"),
        lures=lure_measures(expected, found) if expected is not None else None,
        scored=table,
        unreadable=int((~known).sum()),
    )


def _by(table: pd.DataFrame, column: str) -> pd.DataFrame:
    rows = []
    for name, part in table.groupby(column, sort=True):
        y, p = part["label"].to_numpy(float), part["risk"].to_numpy(float)
        flagged = part["level"].isin(["high", "critical"]).to_numpy()
        m = measure(y, p)
        rows.append(
            {
                column: name, "messages": len(part), "risky": int(y.sum()),
                "recall at high": flagged[y == 1].mean() if y.any() else np.nan,
                "false alarms at high": flagged[y == 0].mean() if (y == 0).any() else np.nan,
                "mean risk": p.mean(), "roc_auc": m["roc_auc"], "pr_auc": m["pr_auc"], "calibration_error": m["calibration_error"],
            }
        )  # fmt: skip
    return pd.DataFrame(rows)
