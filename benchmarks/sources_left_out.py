"""How the weights of the tone were chosen: by real scams of sources that were left out of training.

    python benchmarks/sources_left_out.py --public DIR

The reported job scams (`spamhunter_job_sms`) and the Telegram spam (`telegram_job_spam_zh`) are left out, with half of the honest
messages of every source. A linear model over patterns, concepts and phrases is fitted on the rest, and one row a setting says
how many of the scams it finds at 1 % false alarms on the honest recruitment left out, and how many other honest messages that
threshold would flag.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from scamrisk.card import table
from scamrisk.corpus import read_corpus
from scamrisk.features import Concepts, is_concept
from scamrisk.knowledge import LureEntry, SignEntry, read_concepts, read_lures, read_signs
from scamrisk.model import folded_words
from scamrisk.release import read_public, training_rows
from scamrisk.training import (
    SEED,
    Settings,
    _matrix,
    _parallel_bags,
    _parallel_fold,
    _unit_rows,
    balanced,
    blank_model,
    choose_patterns,
    gather_phrases,
    passages,
    rarity,
    weighted_quantile,
)

LEFT_OUT = ("spamhunter_job_sms", "telegram_job_spam_zh")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--public", type=Path, required=True)
    options = parser.parse_args()
    rows = passages(training_rows(read_corpus(), read_public(options.public)))
    entries: list[LureEntry | SignEntry] = [*read_lures(), *read_signs()]
    words = folded_words(read_concepts())
    y, weights = rows["label"].to_numpy(int), rows["weight"].to_numpy(float)
    half = np.array([hashlib.md5(g.encode()).digest()[0] % 2 == 0 for g in rows["group"]])
    corpus = rows["source"].str.startswith("corpus").to_numpy()
    scams = rows["source"].isin(LEFT_OUT).to_numpy()
    held = ~corpus & (y == 0) & half
    train = ~scams & ~held
    folded = _parallel_fold(rows["text"].tolist(), 2)
    known = [f for f, keep in zip(folded, train, strict=True) if keep]
    patterns = choose_patterns(known, y[train], weights[train], Settings(), Concepts(words))
    blank = blank_model(patterns, words, entries)
    counted = _matrix(_parallel_bags(blank, rows["text"].tolist(), "window", 2), len(patterns)).sign()
    phrases = gather_phrases(blank, entries, Settings(), 2)
    told, polarity = phrases.x[phrases.polarity >= 0].sign(), phrases.polarity[phrases.polarity >= 0]
    base = rarity(np.asarray(counted[train].sum(axis=0)).ravel(), int(train.sum())).astype(float)
    concept = np.array([is_concept(p) for p in patterns])
    out = []
    for c, more in ((10.0, 2.0), (3.0, 2.0), (2.0, 2.0), (1.0, 2.0), (2.0, 1.0), (2.0, 3.0)):
        idf = base * np.where(concept, more, 1.0)
        x = _unit_rows(counted.multiply(idf[None, :]).tocsr())
        lessons = _unit_rows(told.multiply(idf[None, :]).tocsr())
        weight = balanced(polarity, np.ones(len(polarity))) * Settings().phrase_weight * train.sum() / len(polarity)
        model = LogisticRegression(C=c, solver="liblinear", max_iter=200, tol=1e-3, random_state=SEED)
        model.fit(
            sparse.vstack([x[train], lessons]).tocsr(), np.concatenate([y[train], polarity]),
            sample_weight=np.concatenate([balanced(y[train], weights[train]), weight]),
        )  # fmt: skip
        seen = scams | held
        judged = rows[seen].assign(tone=x[seen] @ model.coef_[0]).groupby("message")
        judged = judged.agg(tone=("tone", "max"), source=("source", "first"), offer=("offer", "first"), label=("label", "first"))
        offers = judged[judged["offer"]]
        share = 1 / offers.groupby("source")["tone"].transform("size")
        threshold = weighted_quantile(offers["tone"].to_numpy(), share.to_numpy(), 0.01)
        found = judged[judged["label"] == 1].groupby("source")["tone"].apply(lambda t, at=threshold: float((t > at).mean()))
        others = judged[(judged["label"] == 0) & ~judged["offer"]]["tone"]
        out.append(
            {"C": c, "weight of concepts": more, **found.to_dict(), "other honest messages flagged": float((others > threshold).mean())}
        )
    print(table(pd.DataFrame(out)))


if __name__ == "__main__":
    main()
