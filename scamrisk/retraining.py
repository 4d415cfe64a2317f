"""Retraining: new labelled messages in, a new model out, with a report that says whether it is better.

`train` looks at the data, moves a model towards them (or starts from nothing, or from the corpus), and compares old and
new on messages that the new one had not seen and on the frozen test families of the corpus.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from scamrisk import __version__
from scamrisk.card import model_card, table
from scamrisk.corpus import Message, parse_marks, read_corpus
from scamrisk.errors import InvalidDataError, InvalidModelError, RefusedError
from scamrisk.estimator import starting_model
from scamrisk.evaluation import brier, calibration_error, recall_at
from scamrisk.examination import Examined, examine, new_phrases, suspects
from scamrisk.knowledge import LureEntry, read_lures, read_signs
from scamrisk.language import identify
from scamrisk.model import Model, load
from scamrisk.tables import read_table, whole_file
from scamrisk.training import FALSE_ALARMS, Settings, corpus_frame, fit_model, levels_of, log_odds_of, variants
from scamrisk.updating import Say, empty_model, main_languages, stages, update, with_lures

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESAMPLES = 300
"""Paired bootstrap resamples for the differences between old and new."""
MOST_COMPARED = 5_000
"""Old and new are compared on at most this many messages of the new data."""
CORPUS_FALL = 0.02
"""A new model may lose this much recall, or gain this many false alarms, at level "high" on the corpus test."""


@dataclass(frozen=True)
class Report:
    """What `train` found out. `print` it, show it in a notebook, or `save` it to a folder.

    `findings`: sentences on the data; `comparison`: old and new with paired 95 % intervals of the difference;
    `by_language`, `by_slice`: recall and false alarms at level "high"; `guards`: name, whether it holds, what was seen;
    `suspects`: rows whose label looks wrong; `changed`: rows whose level changed; `phrases`: candidates for new lures;
    `curve`: the learning curve, when asked for. `suspects`, `changed` and `phrases` hold text of the messages.
    """

    findings: tuple[str, ...]
    comparison: pd.DataFrame
    by_language: pd.DataFrame
    by_slice: pd.DataFrame
    guards: pd.DataFrame
    verdict: str
    better: bool
    suspects: pd.DataFrame = field(repr=False)
    changed: pd.DataFrame = field(repr=False)
    phrases: pd.DataFrame = field(repr=False)
    curve: pd.DataFrame | None = field(repr=False, default=None)

    def _tables(self) -> list[tuple[str, pd.DataFrame]]:
        tables = [("old and new", self.comparison), ("by language", self.by_language), ("by slice", self.by_slice), ("guards", self.guards)]
        return [*tables, *([("learning curve", self.curve)] if self.curve is not None else [])]

    def __str__(self) -> str:
        parts = ["The data", *(f"  {line}" for line in self.findings)]
        for title, part in self._tables():
            if len(part):
                parts += ["", title.capitalize(), part.round(3).to_string(index=False)]
        parts += ["", f"Suspected label errors: {len(self.suspects)}. Messages whose level changed: {len(self.changed)}."]
        if len(self.phrases):
            parts.append("Phrases that mark the risky class and stand in no lure: " + ", ".join(map(repr, self.phrases["phrase"][:8])))
        return "\n".join([*parts, "", f"Verdict: {self.verdict}"])

    def _repr_html_(self) -> str:
        import html

        lines = "".join(f"<li>{html.escape(line)}</li>" for line in self.findings)
        tables = "".join(f"<h4>{title}</h4>{part.round(3).to_html(index=False)}" for title, part in self._tables() if len(part))
        return f"<div><ul>{lines}</ul>{tables}<p><b>{html.escape(self.verdict)}</b></p></div>"

    def lures_toml(self) -> str:
        """Return the candidate phrases as lines to paste into a file of `data/lures`."""
        quoted = [
            f"  {_quoted(p)},  # {r} risky, {h} honest" for p, r, h in self.phrases[["phrase", "risky", "honest"]].itertuples(index=False)
        ]
        return "\n".join(["composed = [", *quoted, "]", ""])

    def save(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write report.md, suspects.csv, changed.csv, phrases.csv and phrases.toml to a folder; they quote the messages."""
        target = Path(folder)
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidDataError(f"{target}: can't be written: {error.strerror or error}") from None
        texts = {"report.md": f"{self.markdown()}\n", "phrases.toml": self.lures_toml()}
        texts |= {f"{name}.csv": getattr(self, name).to_csv(index=False) for name in ("suspects", "changed", "phrases")}
        for name, content in texts.items():
            with whole_file(target / name) as fresh:
                fresh.write_text(content, encoding="utf-8")
        return [target / name for name in texts]

    def markdown(self) -> str:
        """Return findings, tables and verdict as Markdown, without any text of the messages."""
        parts = [*(f"- {line}" for line in self.findings), ""]
        for title, part in self._tables():
            if len(part):
                parts += [f"### {title.capitalize()}\n", table(part), ""]
        return "\n".join([*parts, f"**Verdict**: {self.verdict}"])

    def plot_curve(self) -> Any:
        """Return a matplotlib figure of the learning curve. Raises InvalidDataError when `train` was not asked for one."""
        if self.curve is None:
            raise InvalidDataError("there is no learning curve: call train(..., curve=True)")
        return plot_curve(self.curve)


@dataclass(frozen=True)
class TrainingResult:
    """A retrained `model`, the `report` on it, and the `path` it was saved to, if any."""

    model: Model
    report: Report
    path: Path | None = None

    def __str__(self) -> str:
        where = f"\nSaved to {self.path}" if self.path else ""
        return f"{self.report}{where}"

    def _repr_html_(self) -> str:
        return self.report._repr_html_()


def train(
    frame: pd.DataFrame,
    *,
    text: str = "text",
    label: str = "label",
    group: str | None = None,
    language: str | None = None,
    slice: str | None = None,
    base: Model | str | os.PathLike[str] | None = "shipped",
    corpus: bool = False,
    lures: str | os.PathLike[str] | None = None,
    risky: str | None = None,
    mapping: Mapping[Any, int] | None = None,
    strength: float | None = None,
    curve: bool = False,
    output: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    require_better: bool = False,
    seed: int = 0,
    n_jobs: int = 1,
    progress: bool = False,
) -> TrainingResult:
    """Train on labelled messages and compare the result with the model it starts from.

    `frame` has a column of texts and one of labels (0/1, true/false, scam/legit, the `risky` label, or by `mapping`).
    `group` names rows that belong together (a campaign, a sender); near-duplicates are grouped anyway. `slice` names a
    column to report by. `base` is "shipped", a Model, a model folder, or None to start from nothing; `corpus=True` trains
    anew on the corpus together with the data. `lures` is a folder of lure files. `strength` penalizes the distance from
    the base (None: chosen by cross-validation). `output` is the folder to save to.

    Raises InvalidDataError for data nothing can be learned from, InvalidModelError when the base can't be loaded or the
    output exists already, and RefusedError when the labels can't be told apart better than by chance, or, with
    `require_better`, when a guard fails or the new model is not better; then nothing is written.
    """
    if output is not None:
        check_output(output, overwrite=overwrite)
    entries = read_lures(lures)
    old = load() if base is None else starting_model(base)
    examined = examine(frame, text=text, label=label, group=group, language=language, risky=risky, mapping=mapping, n_jobs=n_jobs)
    with stages(progress, 8) as say:
        if corpus:
            model, crossed = _with_corpus(examined, entries, n_jobs, say)
        else:
            model, crossed = _updated(
                examined, None if base is None else old, entries, lures is not None or base is None, strength, seed, n_jobs, say
            )
        _refuse_chance(examined.frame["label"].to_numpy(int), crossed, seed)
        say("compare old and new")
        slices = frame[slice].iloc[examined.frame["row"]].astype(str).to_numpy() if slice else None
        report = _compare(examined, old, model, crossed, slices, seed, n_jobs)
    if curve:
        report = replace(report, curve=learning_curve(examined.frame, base=None if base is None else old, seed=seed, n_jobs=n_jobs))
    if require_better and not report.better:
        raise RefusedError(f"nothing was written: {report.verdict}")
    name = Path(output).name if output is not None else f"{model.id}-retrained"
    model = _described(model, name, old if base is not None and not corpus else None, examined, report, seed, base, corpus)
    path = model.save(output, overwrite=overwrite) if output is not None else None
    return TrainingResult(model, report, path)


def check_output(output: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Raise InvalidModelError unless a model folder can be written there; look before any work is done."""
    target = Path(output)
    if target.exists() and not overwrite:
        raise InvalidModelError(f"{target} exists already: choose another folder, or allow overwriting (--force)")
    if target.exists() and not (target.is_dir() and ((target / "manifest.json").is_file() or not any(target.iterdir()))):
        raise InvalidModelError(f"{target} is not a model folder: it will not be replaced")
    check_folder(target.absolute().parent)


def check_folder(folder: str | os.PathLike[str]) -> None:
    """Raise InvalidDataError unless a folder is there and can be written to, or can be made."""
    parent = Path(folder).absolute()
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise InvalidDataError(f"{os.fspath(folder)} can't be written: {parent} is no folder, or you have no permission there")


def _updated(
    examined: Examined,
    base: Model | None,
    entries: Sequence[LureEntry],
    own_lures: bool,
    strength: float | None,
    seed: int,
    n_jobs: int,
    say: Say,
) -> tuple[Model, NDArray[Any]]:
    rows = examined.frame
    start = empty_model([*entries, *read_signs()]) if base is None else with_lures(base, entries) if own_lures else base
    labels = rows["label"].to_numpy(int)
    done = update(
        start, rows["text"].tolist(), labels, groups=rows["group"].to_numpy(), languages=rows["identified"].tolist(),
        patterns=60_000 if base is None else 3_000, strength=strength, seed=seed, n_jobs=n_jobs, say=say,
    )  # fmt: skip
    if base is not None:
        return done.model, done.crossed
    model, crossed = _recalibrated(done.model, done.crossed, labels)
    honest = labels == 0
    return replace(model, manifest={**model.manifest, "thresholds": levels_of(crossed[honest], np.ones(honest.sum()))}), crossed


def _recalibrated(model: Model, crossed: NDArray[Any], labels: NDArray[Any]) -> tuple[Model, NDArray[Any]]:
    """Rescale a model so that its cross-fitted log-odds are calibrated (Platt 1999), both classes weighed alike."""
    fit = LogisticRegression(C=1e4, class_weight="balanced", max_iter=1000).fit(crossed[:, None], labels)
    a, b = max(0.05, float(fit.coef_[0, 0])), float(fit.intercept_[0])
    w = model.weights
    scaled = replace(
        w, tone_weight=w.tone_weight * a, kind_weight=w.kind_weight * a, pair_weight=w.pair_weight * a, intercept=w.intercept * a + b
    )
    return replace(model, weights=scaled), crossed * a + b


def _with_corpus(examined: Examined, entries: Sequence[LureEntry], n_jobs: int, say: Say) -> tuple[Model, NDArray[Any]]:
    """Fit anew on the corpus without its test families, together with the new data."""
    messages = [m for m in read_corpus() if not m.is_test]
    rows = examined.frame
    new = pd.DataFrame(
        {
            "text": rows["text"], "label": rows["label"], "weight": 1.0, "group": "new/" + rows["group"].astype(str), "source": "new data",
            "language": rows["language"], "offer": rows["label"] == 0, "plea": False, "marks": None,
        }
    )  # fmt: skip
    known = pd.concat([corpus_frame(messages), variants(messages)], ignore_index=True)
    fitted = fit_model(pd.concat([known, new], ignore_index=True), [*entries, *read_signs()], Settings(), n_jobs=n_jobs, say=say)
    languages = list(dict.fromkeys([*sorted({m.language for m in messages}), *main_languages(rows["identified"].tolist())]))
    model = replace(fitted.model, manifest={**fitted.model.manifest, "languages": languages})
    highest = fitted.rows[fitted.rows["message"] >= len(known)].groupby("message")["log_odds"].max()
    return model, highest.sort_index().to_numpy()


def _refuse_chance(labels: NDArray[Any], crossed: NDArray[Any], seed: int) -> None:
    """Raise RefusedError when the labels of unseen messages can't be predicted better than by chance."""
    random = np.random.default_rng(seed)
    one, zero = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
    areas = []
    for _ in range(200):
        a, b = crossed[random.choice(one, len(one))], crossed[random.choice(zero, len(zero))]
        ordered = np.sort(b)
        areas.append((np.searchsorted(ordered, a).mean() + np.searchsorted(ordered, a, side="right").mean()) / 2 / len(b))
    low, middle = np.quantile(areas, [0.025, 0.5])
    if low <= 0.5:
        raise RefusedError(
            f"nothing can be learned from these labels: on messages held out, they are predicted no better than by chance "
            f"(AUC {middle:.2f}, at least {low:.2f}); labels may be mixed up, random, or about something else, or there are too few"
        )


def _measures(labels: NDArray[Any], risk: NDArray[Any], flagged: NDArray[Any]) -> dict[str, float]:
    from sklearn.metrics import average_precision_score

    return {
        "recall at 1 % false alarms": recall_at(labels, risk, 0.01),
        "PR-AUC": float(average_precision_score(labels, risk)),
        "calibration error": calibration_error(labels, risk),
        "Brier": brier(labels, risk),
        "recall at high": float(flagged[labels == 1].mean()),
        "false alarms at high": float(flagged[labels == 0].mean()),
    }


def _paired(
    name: str, labels: NDArray[Any], old: tuple[NDArray[Any], NDArray[Any]], new: tuple[NDArray[Any], NDArray[Any]], seed: int
) -> pd.DataFrame:
    """Return every measure of two models on the same messages, and the 95 % interval of the difference."""
    random = np.random.default_rng(seed)
    one, zero = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
    gaps = []
    for _ in range(RESAMPLES):
        rows = np.concatenate([random.choice(one, len(one)), random.choice(zero, len(zero))])
        a, b = (_measures(labels[rows], risk[rows], flag[rows]) for risk, flag in (old, new))
        gaps.append([b[k] - a[k] for k in a])
    low, high = np.quantile(np.array(gaps), [0.025, 0.975], axis=0)
    before, after = _measures(labels, *old), _measures(labels, *new)
    rows_ = [(name, k, before[k], after[k], after[k] - before[k], low[i], high[i]) for i, k in enumerate(before)]
    return pd.DataFrame(rows_, columns=["data", "measure", "old", "new", "difference", "low", "high"])


def _judge(model: Model, texts: Sequence[str], n_jobs: int) -> pd.DataFrame:
    return _judged(model, log_odds_of(model, texts, n_jobs))


def _judged(model: Model, log_odds: NDArray[Any]) -> pd.DataFrame:
    return pd.DataFrame({"risk": 1 / (1 + np.exp(-log_odds)), "level": [model.level(v) for v in log_odds]})


def _flags(levels: Iterable[Any]) -> NDArray[np.bool_]:
    return np.array([level in ("high", "critical") for level in levels])


def _corpus_test() -> list[Message]:
    """Return the corpus test messages; none when the corpus is not there."""
    try:
        return [m for m in read_corpus() if m.is_test]
    except InvalidDataError:
        return []


def _compare(
    examined: Examined, old: Model, new: Model, crossed: NDArray[Any], slices: NDArray[Any] | None, seed: int, n_jobs: int
) -> Report:
    rows = examined.frame.assign(log_odds=crossed)
    if slices is not None:
        rows = rows.assign(slice=slices)
    if len(rows) > MOST_COMPARED:
        rows = rows.sample(MOST_COMPARED, random_state=seed)
    labels = rows["label"].to_numpy(int)
    before = _judge(old, rows["text"].tolist(), n_jobs)
    after = _judged(new, rows["log_odds"].to_numpy())
    sides = [(part["risk"].to_numpy(), _flags(part["level"])) for part in (before, after)]
    comparison = [_paired("new data, held out", labels, sides[0], sides[1], seed)]
    table_ = rows.assign(old=sides[0][1], new=sides[1][1])
    test = _corpus_test()
    guards = [_guard_held_out(comparison[0])]
    if test:
        texts, y = [m.text for m in test], np.array([m.label for m in test])
        judged = [_judge(m, texts, n_jobs) for m in (old, new)]
        both = [(part["risk"].to_numpy(), _flags(part["level"])) for part in judged]
        comparison.append(_paired("corpus test", y, both[0], both[1], seed))
        guards += _guard_corpus(comparison[1])
    levels = pd.DataFrame(
        {
            "row": rows["row"].to_numpy(), "label": labels, "old level": before["level"], "new level": after["level"],
            "old risk": before["risk"], "new risk": after["risk"], "text": rows["text"].to_numpy(),
        }
    )  # fmt: skip
    changed = levels[levels["old level"] != levels["new level"]]
    order = (changed["new risk"] - changed["old risk"]).abs().sort_values(ascending=False).index
    held = pd.DataFrame(guards, columns=["guard", "holds", "seen"])
    better, verdict = _verdict(comparison, held)
    return Report(
        findings=tuple(examined.findings), comparison=pd.concat(comparison, ignore_index=True), by_language=_by(table_, "language"),
        by_slice=_by(table_, "slice") if slices is not None else pd.DataFrame(), guards=held, verdict=verdict, better=better,
        suspects=suspects(examined, crossed), changed=changed.loc[order].reset_index(drop=True),
        phrases=new_phrases(rows["text"].tolist(), labels, old),
    )  # fmt: skip


def _by(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    out = []
    for name, part in rows.groupby(column, sort=True):
        y = part["label"].to_numpy(int)
        row: dict[str, Any] = {column: name, "messages": len(part), "risky": int(y.sum())}
        for side in ("old", "new"):
            flag = part[side].to_numpy(bool)
            row[f"recall at high, {side}"] = flag[y == 1].mean() if y.any() else np.nan
            row[f"false alarms at high, {side}"] = flag[y == 0].mean() if (y == 0).any() else np.nan
        out.append(row)
    return pd.DataFrame(out)


def _row(comparison: pd.DataFrame, measure: str) -> dict[str, Any]:
    return {str(k): v for k, v in comparison[comparison["measure"] == measure].iloc[0].items()}


def _guard_held_out(comparison: pd.DataFrame) -> tuple[str, bool, str]:
    r = _row(comparison, "PR-AUC")
    return "PR-AUC on the new data does not fall", bool(r["high"] >= 0), f"{r['old']:.3f} to {r['new']:.3f}"


def _guard_corpus(comparison: pd.DataFrame) -> list[tuple[str, bool, str]]:
    recall, alarms = _row(comparison, "recall at high"), _row(comparison, "false alarms at high")
    points = f"{CORPUS_FALL:.0%}".replace("%", "points")
    return [
        (
            f"corpus recall falls by at most {points}",
            bool(recall["difference"] >= -CORPUS_FALL),
            f"{recall['old']:.3f} to {recall['new']:.3f}",
        ),
        (
            f"corpus false alarms rise by at most {points}",
            bool(alarms["difference"] <= CORPUS_FALL),
            f"{alarms['old']:.3f} to {alarms['new']:.3f}",
        ),
    ]


def _verdict(comparison: Sequence[pd.DataFrame], guards: pd.DataFrame) -> tuple[bool, str]:
    broken = guards[~guards["holds"].astype(bool)]
    pr = _row(comparison[0], "PR-AUC")
    figures = f"PR-AUC on messages held out went from {pr['old']:.3f} to {pr['new']:.3f} (difference {pr['low']:+.3f} to {pr['high']:+.3f})"
    if len(broken):
        what = "; ".join(f"{g} ({s})" for g, s in broken[["guard", "seen"]].itertuples(index=False))
        return False, f"not better: a guard fails: {what}. {figures}."
    if pr["low"] > 0:
        return True, f"better: {figures}, and every guard holds."
    return False, f"no clear difference: {figures}. More or other labels are needed; every guard holds."


def _described(
    model: Model, name: str, base: Model | None, examined: Examined, report: Report, seed: int, given: Any, corpus: bool
) -> Model:
    """Give a model its manifest and card."""
    rows = examined.frame
    digest = hashlib.sha256("\n".join(f"{y}\t{t}" for y, t in zip(rows["label"], rows["text"], strict=True)).encode("utf-8", "replace"))
    kept = {k: v for k, v in model.manifest.items() if k not in ("metrics", "sha256", "settings")}
    manifest: dict[str, Any] = {
        **kept,
        "id": name,
        "created": datetime.date.today().isoformat(),
        "command": " ".join(["scamrisk", *sys.argv[1:]])
        if Path(sys.argv[0]).name in ("scamrisk", "__main__.py")
        else "scamrisk.train(...)",
        "base_model": base.id if base is not None else None,
        "seed": seed,
        "versions": {"scamrisk": __version__, "python": platform.python_version(), "numpy": np.__version__},
        "passages": max(len(rows), int(model.manifest.get("passages", 0))),
        "sources": {
            **({"base": base.manifest.get("sources", {})} if base is not None else {}),
            "new data": {"messages": len(rows), "risky": int(rows["label"].sum()), "sha256": digest.hexdigest()},
            **({"corpus": {"from": "data/corpus"}} if corpus else {}),
        },
        "metrics": {"comparison": report.comparison.round(4).to_dict("records")},
        "verdict": report.verdict,
    }
    manifest["thresholds"] = {level: dict(manifest["thresholds"][level]) for level in FALSE_ALARMS}
    model = replace(model, manifest=manifest)
    start = f"Started from {base.id}." if base is not None else "Started from the corpus." if corpus else "Started from nothing."
    return replace(model, card=model_card(model, data=f"{start}\n", figures=["## Is it better\n", report.markdown()]))


def learning_curve(
    rows: pd.DataFrame,
    *,
    base: Model | None,
    sizes: Sequence[int] = (50, 200, 1000),
    halves: int = 1,
    seed: int = 0,
    n_jobs: int = 1,
) -> pd.DataFrame:
    """Return how recall on a held-out half of a stream grows with the number of labelled messages.

    `rows` has the columns text, label, group. One row a size: recall at 1 % false alarms and PR-AUC of the base as it is
    ("base"), of the base moved by so many messages ("update"), and of a model trained on them alone ("scratch"). A held-out
    half is small and one message can move its recall, so `halves` random ones can be averaged.
    """
    parts = [_curve(rows, base, sizes, seed + i, n_jobs) for i in range(halves)]
    mean = pd.concat(parts).groupby(level=0).mean().sort_values("messages")
    return mean.astype({"messages": int}).reset_index(drop=True)


def _curve(rows: pd.DataFrame, base: Model | None, sizes: Sequence[int], seed: int, n_jobs: int) -> pd.DataFrame:
    """Return the curve of one random half; the index is the size, -1 for everything."""
    from sklearn.metrics import average_precision_score

    random = np.random.default_rng(seed)
    groups = random.permutation(rows["group"].unique())
    held = rows["group"].isin(groups[: len(groups) // 2])
    test, pool = rows[held], rows[~held].sample(frac=1, random_state=seed)
    y, unseen = test["label"].to_numpy(int), test["text"].tolist()
    tongues = [identify(t) for t in pool["text"]]

    def measured(model: Model, name: str) -> dict[str, float]:
        risk = _judge(model, unseen, n_jobs)["risk"].to_numpy()
        return {f"recall, {name}": recall_at(y, risk, 0.01), f"PR-AUC, {name}": float(average_precision_score(y, risk))}

    before = measured(base, "base") if base is not None else {}
    starts = {"scratch": empty_model([*read_lures(), *read_signs()]), **({"update": base} if base is not None else {})}
    out = {}
    for size in [*[s for s in sizes if s < len(pool)], -1]:
        part = pool.head(size) if size > 0 else pool
        labels = part["label"].to_numpy(int)
        if min(labels.sum(), len(labels) - labels.sum()) < 4:
            continue
        texts = part["text"].tolist()
        row: dict[str, float] = {"messages": len(part), **before}
        for name, start in starts.items():
            done = update(start, texts, labels, groups=part["group"].to_numpy(), languages=tongues[: len(part)], seed=seed, n_jobs=n_jobs)
            row |= measured(done.model, name)
        out[size] = row
    return pd.DataFrame.from_dict(out, orient="index")


def plot_curve(curve: pd.DataFrame, title: str = "Recall at 1 % false alarms on the held-out half") -> Any:
    """Return a matplotlib figure of a learning curve."""
    from scamrisk.evaluation import figure_of

    figure, axes = figure_of("labelled messages of the stream", "recall at 1 % false alarms", title)
    for name, color in (("base", "#999"), ("scratch", "#b26a00"), ("update", "#1565c0")):
        if f"recall, {name}" in curve:
            axes.plot(curve["messages"], curve[f"recall, {name}"], marker="o", color=color, label=name)
    axes.set_xscale("log")
    axes.set_xticks(curve["messages"], labels=[f"{n:,}" for n in curve["messages"]])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.legend()
    return figure


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


def read_labelled(files: Sequence[str], text: str, label: str) -> pd.DataFrame:
    """Read files of labelled messages into one frame with the column `source`; corpus files lose their lure marks."""
    parts = []
    for name in files:
        frame = read_table(name)
        for column in (text, label):
            if column not in frame.columns:
                have = ", ".join(map(str, frame.columns[:12]))
                raise InvalidDataError(f"{name}: expected a column {column!r}; the columns are: {have}")
        if {"kind", "register", "family"} <= set(frame.columns):
            try:
                frame[text] = [parse_marks(t)[0] if isinstance(t, str) else t for t in frame[text]]
            except InvalidDataError as error:
                raise InvalidDataError(f"{name}: {error}") from None
        parts.append(frame.assign(source=Path(name).name) if "source" not in frame.columns else frame)
    return pd.concat(parts, ignore_index=True)


def suggest(model: Model | None, frame: pd.DataFrame, *, n: int = 100, text: str = "text", n_jobs: int = 1) -> pd.DataFrame:
    """Return the `n` rows whose label would teach a model most, first the best, with the columns `risk` and `teaches`.

    A message teaches most where the model is uncertain, or reads much that it does not know; of near-duplicates only
    one is taken. `teaches` is between 0 and 1. Raises InvalidDataError when the column is missing or `n` is below 1.
    """
    from scamrisk.examination import examine_unlabelled

    if n < 1:
        raise InvalidDataError(f"expected at least one message to pick, got n={n}")
    scorer = load() if model is None else model
    rows, groups = examine_unlabelled(frame, text)
    texts = [str(frame[text].iloc[r]) for r in rows]
    risk = np.array([a.risk for a in scorer.score_many(texts, n_jobs=n_jobs)])
    uncertain = 1 - np.abs(2 * risk - 1)
    unknown = np.array([1 - known_share(scorer, t) for t in texts])
    teaches = (uncertain + unknown) / 2
    order = np.argsort(-teaches, kind="stable")
    first: dict[int, int] = {}
    for i in order:
        first.setdefault(groups[i], int(i))
    chosen = list(first.values())[:n]
    return frame.iloc[[rows[i] for i in chosen]].assign(risk=risk[chosen], teaches=teaches[chosen].round(4))


def known_share(model: Model, text: str) -> float:
    """Return the share of the characters of a text that stand in a pattern of three characters or more the model knows."""
    reading = model.read(text[:4000])
    covered = np.zeros(len(reading.folded.text) + 1, int)
    long = reading.grams[reading.grams[:, 2] - reading.grams[:, 1] >= 3]
    np.add.at(covered, long[:, 1], 1)
    np.add.at(covered, long[:, 2], -1)
    return float((np.cumsum(covered)[:-1] > 0).mean()) if len(covered) > 1 else 0.0
