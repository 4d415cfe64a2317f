"""How long a retraining takes and how much memory: 50,000 and 100,000 rows, each in a process of its own.

    python benchmarks/scale.py [--rows 50000 100000]

The rows are messages of the corpus, mistyped, each followed by the beginning of another: they teach nothing new, but no two
are alike, as in a real file. Memory is the most that the process took, and twice the most that one of its two workers took.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import pandas as pd

from scamrisk.card import table
from scamrisk.corpus import read_corpus
from scamrisk.disguise import typos
from scamrisk.retraining import train


def rows(count: int) -> pd.DataFrame:
    messages, random, out = read_corpus(), Random(0), []
    for i in range(count):
        m, other = messages[i % len(messages)], random.choice(messages)
        out.append((typos(m.text, random) + "\n" + other.text[: random.randint(10, 60)], m.label))
    return pd.DataFrame(out, columns=["text", "label"])


def measure(path: Path) -> None:
    frame = pd.read_parquet(path)
    began = time.monotonic()
    train(frame, output=path.with_suffix(".model"), n_jobs=2, progress=True)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps({"rows": len(frame), "minutes": (time.monotonic() - began) / 60, "GB": (own + 2 * workers) / 1e6}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[50_000, 100_000])
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure)
        return
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for count in options.rows:
            path = Path(folder) / f"{count}.parquet"
            rows(count).to_parquet(path)
            out = subprocess.run([sys.executable, __file__, "--measure", str(path)], check=True, stdout=subprocess.PIPE, text=True)
            figures.append(json.loads(out.stdout.splitlines()[-1]))
    frame = pd.DataFrame(figures)
    frame["times the time of the row above"] = frame["minutes"] / frame["minutes"].shift()
    print(table(frame))


if __name__ == "__main__":
    main()
