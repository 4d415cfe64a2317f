"""How many labelled messages it takes: three streams that the base has not seen, updated with 50, 200 and 1,000 messages.

    python benchmarks/learning_curve.py [--public DIR] [--out FOLDER]

For each stream (Thai; task scams; a new trick, the parcels of reshipping and fake cheques) a base is fitted without it. Half of the
families of the stream are held out; messages of the other half update the base, or train a model from scratch; the figures are means
over a few random halves. The cost is what an update changes on the corpus test without the stream. Writes `learning_curve.md` and a
figure for each stream.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from scamrisk.card import table
from scamrisk.corpus import Message, read_corpus, to_frame
from scamrisk.evaluation import recall_at
from scamrisk.knowledge import read_lures, read_signs
from scamrisk.model import Model
from scamrisk.release import read_public
from scamrisk.retraining import learning_curve, plot_curve
from scamrisk.training import corpus_frame, fit_model, log_odds_of, public_frame, variants
from scamrisk.updating import update

STREAMS: dict[str, Callable[[Message], bool]] = {
    "Thai": lambda m: m.language == "th",
    "task scams": lambda m: m.kind in ("task", "part_time"),
    "parcels and cheques": lambda m: any(k.kind in ("parcel_reshipping", "fake_cheque_or_equipment") for k in m.marks),
}

SIZES = (50, 200, 1000)


def recall_and_area(model: Model, messages: list[Message]) -> tuple[float, float]:
    """Return recall at 3 % false alarms, and the area under the ROC curve."""
    scores = log_odds_of(model, [m.text for m in messages], 2)
    labels = np.array([m.label for m in messages])
    return recall_at(labels, scores, 0.03), float(roc_auc_score(labels, scores))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--public", type=Path)
    parser.add_argument("--out", type=Path, default=Path("benchmarks"))
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--halves", type=int, default=3, help="random halves to average")
    options = parser.parse_args()
    options.out.mkdir(exist_ok=True)
    messages = read_corpus()
    public = public_frame(read_public(options.public)) if options.public else None
    sections = []
    for name, belongs in STREAMS.items():
        if options.only and name not in options.only:
            continue
        families = {m.group for m in messages if belongs(m)}
        stream = [m for m in messages if m.group in families]
        rest = [m for m in messages if m.group not in families]
        train = [m for m in rest if not m.is_test]
        parts = [corpus_frame(train), variants(train), *([public[public["language"] != "th"]] if public is not None else [])]
        base = fit_model(pd.concat(parts, ignore_index=True), [*read_lures(), *read_signs()]).model
        frame = to_frame(stream)[["text", "label", "group", "language"]]
        curve = learning_curve(frame, base=base, sizes=SIZES, halves=options.halves, n_jobs=2)
        plot_curve(curve, f"Recall at 1 % false alarms, {name}").savefig(
            options.out / f"curve_{name.replace(' ', '_')}.png", dpi=110, bbox_inches="tight"
        )
        others = [m for m in rest if m.is_test]
        costs = [("no update", *recall_and_area(base, others))]
        for size in [s for s in SIZES if s < len(frame)]:
            part = frame.sample(size, random_state=0)
            moved = update(base, part["text"].tolist(), part["label"].to_numpy(int), groups=part["group"].to_numpy(), n_jobs=2).model
            costs.append((f"{size} messages", *recall_and_area(moved, others)))
        cost = pd.DataFrame(costs, columns=["updated with", "corpus test without the stream: recall at 3 %", "AUC"])
        sections.append(f"## {name}: {len(stream)} messages\n\n{table(curve)}\n\n{table(cost)}")
        print(sections[-1], flush=True)
    (options.out / "learning_curve.md").write_text("# Learning curves\n\n" + "\n\n".join(sections) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
