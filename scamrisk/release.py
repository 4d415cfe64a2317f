"""Makes the model that comes with the library: corpus and public data in, a model folder with its card out.

python -m scamrisk.release --public DIR [--dev DIR] [--output models/scamrisk-1]
python -m scamrisk.release --measure [--dev DIR] [--output models/scamrisk-1]
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import platform
import resource
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scamrisk import __version__
from scamrisk.card import failures, model_card, reliability, table
from scamrisk.corpus import Message, read_corpus, read_exam, to_frame
from scamrisk.errors import InvalidDataError
from scamrisk.evaluation import Evaluation, evaluate
from scamrisk.knowledge import LureEntry, SignEntry, data_path, read_lures, read_signs
from scamrisk.model import Model, load
from scamrisk.training import RECRUITMENT_SOURCES, SEED, Settings, corpus_frame, fit_model, public_frame, variants


def read_public(folder: Path) -> pd.DataFrame:
    """Read every CSV of a folder of public messages (columns text, label, lang, slice)."""
    files = sorted(p for p in folder.iterdir() if p.name.endswith((".csv", ".csv.gz")))
    if not files:
        raise InvalidDataError(f"{folder}: no .csv or .csv.gz files")
    return pd.concat([pd.read_csv(f, dtype=str, keep_default_na=False) for f in files], ignore_index=True)


def checksums(folder: Path, pattern: str) -> dict[str, str]:
    """Return the SHA-256 of each file of a folder."""
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.glob(pattern))}


def training_rows(messages: Sequence[Message], public: pd.DataFrame | None) -> pd.DataFrame:
    """Return the messages to train on: the corpus without its test families, disguised variants of it, public messages."""
    train = [m for m in messages if not m.is_test]
    parts = [corpus_frame(train), variants(train)]
    if public is not None:
        parts.append(public_frame(public))
    return pd.concat(parts, ignore_index=True)


def pairs_in_order(messages: Sequence[Message], risks: Sequence[float]) -> tuple[int, int]:
    """Return how many contrast pairs have the larger risk on the risky side, and how many pairs there are."""
    sides: dict[str, dict[int, float]] = {}
    for m, risk in zip(messages, risks, strict=True):
        if m.pair:
            sides.setdefault(f"{m.language}/{m.pair}", {})[m.label] = risk
    both = [s for s in sides.values() if len(s) == 2]
    return sum(s[1] > s[0] for s in both), len(both)


def span_overlap(model: Model, messages: Sequence[Message]) -> float:
    """Return the share of lures found and marked in the same message whose places overlap."""
    hit = total = 0
    for m in messages:
        places: dict[str, list[tuple[int, int]]] = {}
        for lure in model.score(m.text).lures:
            places.setdefault(lure.kind, []).append((lure.start, lure.end))
        for kind, spans in places.items():
            marked = [(k.start, k.end) for k in m.marks if k.kind == kind and not k.near_miss]
            if marked:
                total += len(spans)
                hit += sum(any(a < d and c < b for c, d in marked) for a, b in spans)
    return hit / max(1, total)


def corpus_test(model: Model, messages: Sequence[Message], *, n_jobs: int = 2) -> tuple[Evaluation, dict[str, float]]:
    """Evaluate on the corpus test families; return the evaluation and the figures beyond it."""
    test = [m for m in messages if m.is_test]
    frame = to_frame(test)
    result = evaluate(model, frame, slice="kind", language="language", lures="lures", n_jobs=n_jobs)
    scored = result.scored
    flagged = scored["level"].isin(["high", "critical"])
    right, pairs = pairs_in_order(test, scored["risk"].tolist())
    lures = result.lures
    assert lures is not None  # noqa: S101  the column was given
    micro = lures[lures["lure"] == "micro"].to_dict("records")[0]
    return result, {
        "messages": len(test),
        "recall at high": float(flagged[scored["label"] == 1].mean()),
        "false alarms at high": float(flagged[scored["label"] == 0].mean()),
        "roc_auc": result.metrics["roc_auc"],
        "calibration error": result.metrics["calibration_error"],
        "pairs in order": right / max(1, pairs),
        "pairs": pairs,
        "lure precision": float(micro["precision"]),
        "lure recall": float(micro["recall"]),
        "lure micro-F1": float(micro["f1"]),
        "spans that overlap": span_overlap(model, test),
    }


def exam(model: Model, *, n_jobs: int = 2) -> tuple[Evaluation, dict[str, float]]:
    """Evaluate on the exam, messages by writers who knew neither code nor corpus; return the evaluation and the figures beyond it."""
    result = evaluate(model, read_exam(), slice="examiner", language="language", n_jobs=n_jobs)
    scored = result.scored
    risky, flagged = scored["label"] == 1, scored["level"].isin(["high", "critical"])
    return result, {
        "messages": len(scored),
        "recall at high": float(flagged[risky].mean()),
        "recall at elevated": float((scored["level"][risky] != "low").mean()),
        "false alarms at high": float(flagged[~risky].mean()),
        "roc_auc": result.metrics["roc_auc"],
    }


def real_jobs(scored: pd.DataFrame, share: float = 0.01) -> dict[str, float]:
    """Return recall on the slice `real_job` at the threshold that flags `share` of honest recruitment, sources weighed alike."""
    benign = scored[(scored["label"] == 0) & scored["slice"].isin(RECRUITMENT_SOURCES)]
    weight = 1 / benign.groupby("slice")["risk"].transform("size")
    order = benign["risk"].sort_values(ascending=False)
    above = (weight / weight.sum())[order.index].cumsum().to_numpy()
    threshold = np.nextafter(order.iloc[min(int(np.searchsorted(above, share, side="right")), len(order) - 1)], 2)
    real = scored[(scored["slice"] == "real_job") & (scored["label"] == 1)]
    out = {"all": float((real["risk"] >= threshold).mean())}
    out |= {f"{name} (n={len(part)})": float((part["risk"] >= threshold).mean()) for name, part in real.groupby("language")}
    ranks = pd.concat([real["risk"], benign["risk"]]).rank().to_numpy()[: len(real)]
    out["AUC"] = float((ranks.sum() - len(real) * (len(real) + 1) / 2) / (len(real) * len(benign)))
    return out


def public_test(model: Model, public: pd.DataFrame, *, n_jobs: int = 2) -> tuple[Evaluation, dict[str, float]]:
    """Evaluate on public messages that were not trained on; return the evaluation and the recall on real job scams."""
    known = public[public["label"].isin(["0", "1"]) & ~public["slice"].str.contains("SYNTHETIC")]
    result = evaluate(model, known, slice="slice", language="lang", n_jobs=n_jobs)
    return result, real_jobs(result.scored)


def figures(title: str, result: Evaluation, extra: dict[str, float], extra_title: str) -> list[str]:
    """Return the sections of the card on one evaluation."""
    overall = result.overall.assign(metric=lambda t: t["metric"].str.replace("_", " "))
    parts = [f"## {title}\n", table(overall), f"\n{extra_title}:\n", table(pd.DataFrame(list(extra.items()), columns=["figure", "value"]))]
    for name, part in (("By slice", result.by_slice), ("By language", result.by_language)):
        parts += [f"\n### {name}\n", table(part)]
    if result.lures is not None:
        parts += ["\n### Lures, by message\n", table(result.lures)]
    return [*parts, "\n### Calibration\n", reliability(result), ""]


def measured(model: Model, messages: Sequence[Message], dev: Path | None, data: str, *, n_jobs: int = 2) -> Model:
    """Return the model with its figures in the manifest and in a new card; `data` describes what it was trained on."""
    on_corpus, extra = corpus_test(model, messages, n_jobs=n_jobs)
    metrics: dict[str, Any] = {"corpus test": extra}
    sections = figures("Corpus test families (never trained on)", on_corpus, extra, "At the levels of the model")
    on_exam, extra_exam = exam(model, n_jobs=n_jobs)
    metrics["exam"] = extra_exam
    sections += figures("Exam (by writers who knew neither code nor corpus)", on_exam, extra_exam, "At the levels of the model")
    sections += ["## Known failures\n", failures([m for m in messages if m.is_test], on_corpus)]
    if dev:
        on_public, real = public_test(model, read_public(dev), n_jobs=n_jobs)
        metrics["public test"] = {**on_public.metrics, "real_job": real}
        sections += figures(
            "Public messages (not trained on)", on_public, real, "Real job scams found at 1 % false alarms on honest recruitment"
        )
    model = replace(model, manifest={**model.manifest, "metrics": metrics})
    for test, values in metrics.items():
        for name, value in {**values, **values.get("real_job", {})}.items():
            if isinstance(value, int | float):
                print(f"{test:>12}  {name:>24}  {value:.3f}")
    return replace(model, card=model_card(model, data=data, figures=sections))


def release(public: Path | None, dev: Path | None, output: Path, *, n_jobs: int = 2, settings: Settings | None = None) -> Model:
    """Train, measure, write the card, and save the model to `output`."""
    began = time.monotonic()
    settings = settings or Settings()
    messages = read_corpus()
    entries: list[LureEntry | SignEntry] = [*read_lures(), *read_signs()]

    def say(step: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {step}", flush=True)

    say("read the messages")
    frame = read_public(public) if public else None
    fitted = fit_model(training_rows(messages, frame), entries, settings, n_jobs=n_jobs, say=say)
    say("measure")
    rows = fitted.rows
    seconds = time.monotonic() - began
    used = rows.groupby("source").agg(messages=("message", "nunique"), risky=("label", "mean"), weight=("weight", "sum")).reset_index()
    manifest: dict[str, Any] = {
        **fitted.model.manifest,
        "id": output.name,
        "created": datetime.date.today().isoformat(),
        "command": "python -m scamrisk.release" + (" --public DIR" if public else ""),
        "seed": SEED,
        "settings": asdict(settings),
        "versions": {"scamrisk": __version__, "python": platform.python_version(), "numpy": np.__version__},
        "sources": {
            "corpus": {"from": "data/corpus, families not kept for testing", "sha256": checksums(data_path() / "corpus", "*.jsonl")},
            "lures": {"from": "data/lures", "sha256": checksums(data_path() / "lures", "*.toml")},
            "concepts": {"from": "data/concepts", "sha256": checksums(data_path() / "concepts", "*.toml")},
            "signs": {"from": "data/signs", "sha256": checksums(data_path() / "signs", "*.toml")},
        },
    }
    if public:
        manifest["sources"]["public"] = {"from": "public datasets, not redistributed", "sha256": checksums(public, "*.csv*")}
    model = replace(fitted.model, manifest=manifest)
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1e6
    data = (
        f"{len(rows):,} passages of {rows['message'].nunique():,} messages; `weight` is what a source counts in the sum, both classes "
        f"weighed alike afterwards. Trained in {seconds:.0f} s with {peak:.1f} GB at most, on {n_jobs} processes.\n\n{table(used)}"
    )
    model = measured(model, messages, dev, data, n_jobs=n_jobs)
    model.save(output, overwrite=True)
    say(f"saved to {output}")
    return model


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m scamrisk.release", description="Make the model that comes with the library.")
    parser.add_argument("--public", type=Path, help="folder of public labelled messages to train on as well")
    parser.add_argument("--dev", type=Path, help="folder of public labelled messages to measure on")
    parser.add_argument("--output", type=Path, default=Path("models/scamrisk-1"))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--measure", action="store_true", help="train nothing: measure the model in --output again and renew its card")
    options = parser.parse_args(arguments)
    if options.measure:
        model = load(options.output)
        data = model.card.partition("## Data\n")[2].partition("\n## ")[0].strip()
        measured(model, read_corpus(), options.dev, data, n_jobs=options.jobs).save(options.output, overwrite=True)
        return 0
    release(options.public, options.dev, options.output, n_jobs=options.jobs)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
