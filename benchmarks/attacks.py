"""How much recall each disguise costs, on the corpus test families and on public messages when they are given.

    python benchmarks/attacks.py [--dev DIR] [--model DIR]

Recall is at the model's own level "high". An attack is applied to every risky message; "changed" is the share it changes.
The last rows show whether honest messages are flagged more when they are written with odd typography.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from random import Random

import pandas as pd

from scamrisk.card import table
from scamrisk.corpus import read_corpus
from scamrisk.disguise import ATTACKS
from scamrisk.model import Model, load
from scamrisk.release import read_public


def flagged(model: Model, texts: list[str]) -> float:
    levels = [a.level for a in model.score_many(texts, n_jobs=2)]
    return sum(level in ("high", "critical") for level in levels) / max(1, len(levels))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--most", type=int, default=10_000, help="at most so many messages of a set")
    options = parser.parse_args()
    model = load(options.model)
    test = [m for m in read_corpus() if m.is_test and not m.disguise]
    sets = {"corpus test": [m.text for m in test if m.label]}
    if options.dev:
        public = read_public(options.dev)
        sets["real_job"] = public[(public["slice"] == "real_job") & (public["label"] == "1")]["text"].tolist()
    honest = Random(0).sample([m.text for m in test if not m.label], min(options.most, sum(not m.label for m in test)))
    sets = {name: Random(0).sample(texts, min(options.most, len(texts))) for name, texts in sets.items()}
    rows = []
    for name, attack in {"none": None, **ATTACKS}.items():
        row: dict[str, object] = {"attack": name}
        for label, texts in sets.items():
            random = Random(0)
            attacked = texts if attack is None else [attack(t, random) for t in texts]
            row[f"{label}: changed"] = sum(a != t for a, t in zip(attacked, texts, strict=True)) / len(texts)
            row[f"{label}: recall"] = flagged(model, attacked)
        random = Random(1)
        row["honest: flagged"] = flagged(model, honest if attack is None else [attack(t, random) for t in honest])
        rows.append(row)
    frame = pd.DataFrame(rows)
    for label in sets:
        frame[f"{label}: cost"] = frame[f"{label}: recall"].iloc[0] - frame[f"{label}: recall"]
    print(table(frame))


if __name__ == "__main__":
    main()
