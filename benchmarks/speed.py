"""How fast scoring is beside TF-IDF + logistic regression, in one run, as times and ratios.

    python benchmarks/speed.py

Timings are noisy: compare only figures of the same run. Messages are from the corpus, about 300 Latin or 100 Han characters.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

from scamrisk.card import table
from scamrisk.corpus import read_corpus
from scamrisk.model import load


def anchor(texts: list[str], labels: list[int]) -> Any:
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, max_features=100_000)
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True, max_features=100_000)
    return make_pipeline(make_union(words, pieces), LogisticRegression(C=10, max_iter=300)).fit(texts, labels)


def median_ms(work: Callable[[str], object], texts: list[str]) -> float:
    times = []
    for text in texts:
        began = time.perf_counter()
        work(text)
        times.append(time.perf_counter() - began)
    return float(np.median(times)) * 1000


def main() -> None:
    messages = read_corpus()
    pool = {
        "en": [m.text for m in messages if m.language == "en" and 200 <= len(m.text) <= 400][:200],
        "zh": [m.text for m in messages if m.language == "zh-Hans" and 70 <= len(m.text) <= 130][:200],
    }
    everything = [m.text for m in messages][:3000]
    model = load()
    rival = anchor([m.text for m in messages], [m.label for m in messages])
    subjects = {"scamrisk": model.score, "TF-IDF + logistic regression": lambda t: rival.predict_proba([t])}
    batches = {"scamrisk": model.score_many, "TF-IDF + logistic regression": rival.predict_proba}
    rows = []
    for name, work in subjects.items():
        work("warm up, please")
        row: dict[str, object] = {"subject": name}
        row |= {f"{lang} p50 ms": median_ms(work, texts) for lang, texts in pool.items()}
        began = time.perf_counter()
        batches[name](everything)
        row["messages/s, one process"] = len(everything) / (time.perf_counter() - began)
        rows.append(row)
    print(table(pd.DataFrame(rows)))
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import scamrisk; scamrisk.score('We need a cook, call the shop')"], check=True)
    print(f"\nimport, load and score one message in a new process: {time.perf_counter() - began:.2f} s")
    code = "import scamrisk, resource; scamrisk.score('We need a cook'); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    print(
        f"memory of that process: {float(out.stdout):.0f} MiB (this one: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f})"
    )


if __name__ == "__main__":
    main()
