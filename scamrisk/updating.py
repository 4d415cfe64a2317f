"""Moving a model towards new labelled messages: its weights are the prior, and what is penalized is the distance from them.

Everything here works on the rows that a model adds up (see `features_of`): an update is a logistic regression with the
old log-odds as a fixed offset, so with little evidence the model stays what it was. New patterns and new lures enter with
a weight of zero and are moved in the same way. Starting from an empty model, the same fit is training from scratch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from scamrisk.features import candidates
from scamrisk.knowledge import LureEntry, SignEntry, read_concepts
from scamrisk.model import Model, Weights, features_of, folded_words
from scamrisk.normalize import Folded, fold
from scamrisk.training import PHRASE_FOUND, balanced, blank_model, emphasis, in_shares, kinds_of, rarity

if TYPE_CHECKING:
    from numpy.typing import NDArray

STRENGTHS = (10.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
"""Penalties tried, strongest first: how much evidence it takes to move a weight."""
SEEN = 30.0
"""A known pattern resists as much as a new one for each so many passages that it was learned from, and a new one more."""
LURE = 1_000.0
"""How many times as much evidence as for a new pattern it takes to move a lure or a combination, learned from many messages."""
CAUTION = 3.0
"""The weakest penalty tried for `n` messages is `CAUTION / n`: on a few messages cross-validation alone would trust them too much."""
DISCOVERY = 10_000
"""New patterns are looked for in at most this many messages."""
CHOICE = 2_000
"""The penalty is chosen on at most this many messages."""
MANY = 20_000
"""More messages than this are cross-fitted in two halves instead of five folds."""

Say = Callable[[str], None]


def quiet(_: str) -> None:
    """Say nothing: what steps report to when nobody listens."""


@contextmanager
def stages(progress: bool, total: int) -> Iterator[Say]:
    """Give a function that reports the next step, on a progress bar when `progress` is True."""
    if not progress:
        yield quiet
        return
    from tqdm import tqdm

    with tqdm(total=total, unit="step", bar_format="{desc:<32} {bar} {n_fmt}/{total_fmt} {elapsed}") as bar:

        def say(step: str) -> None:
            if bar.desc:
                bar.update()
            bar.set_description_str(step)

        yield say
        bar.update(total - bar.n)
        bar.set_description_str("done")


def empty_model(entries: Sequence[LureEntry | SignEntry]) -> Model:
    """Return a model that knows no patterns, finds lures and signs by their phrases only, and gives every text a risk of 0.5."""
    model = blank_model([], folded_words(read_concepts()), entries)
    k = len(model.kinds)
    weights = replace(
        model.weights, lure_phrase=np.full(k, PHRASE_FOUND, np.float32), lure_threshold=np.full(k, PHRASE_FOUND / 2, np.float32)
    )
    manifest = {**model.manifest, "id": "empty", "passages": 0}
    return replace(model, manifest=manifest, weights=weights)


def with_lures(model: Model, lures: Sequence[LureEntry]) -> Model:
    """Return the model with these lure files: known lures take their words and phrases, new ones are found by phrase."""
    given = {kind.id: kind for kind in kinds_of(lures)}
    kinds = [given.pop(kind.id, kind) for kind in model.kinds] + list(given.values())
    more = len(given)
    if not more:
        return replace(model, kinds=tuple(kinds))
    w = model.weights

    def longer(array: NDArray[Any], value: float) -> NDArray[Any]:
        return np.concatenate([array, np.full(more, value, array.dtype)])

    weights = replace(
        w,
        lure_weight=np.hstack([w.lure_weight, np.zeros((len(model.patterns), more), np.int8)]),
        lure_scale=longer(w.lure_scale, 1.0),
        lure_phrase=longer(w.lure_phrase, PHRASE_FOUND),
        lure_context=longer(w.lure_context, 0.0),
        lure_intercept=longer(w.lure_intercept, 0.0),
        lure_threshold=longer(w.lure_threshold, PHRASE_FOUND / 2),
        kind_weight=longer(w.kind_weight, 0.0),
    )
    return replace(model, kinds=tuple(kinds), weights=weights)


def with_patterns(model: Model, patterns: Sequence[str], frequency: Sequence[int], total: int) -> Model:
    """Return the model with more patterns, of weight zero; `frequency` of `total` messages hold each."""
    w, more = model.weights, len(patterns)
    weights = replace(
        w,
        idf=np.concatenate([w.idf, rarity(np.asarray(frequency), total) * emphasis(patterns)]),
        weight=np.concatenate([w.weight, np.zeros(more, np.float32)]),
        plea_weight=np.concatenate([w.plea_weight, np.zeros(more, np.float32)]),
        ad_weight=np.concatenate([w.ad_weight, np.zeros(more, np.float32)]),
        lure_weight=np.vstack([w.lure_weight, np.zeros((more, len(model.kinds)), np.int8)]),
    )
    return replace(model, patterns=[*model.patterns, *patterns], weights=weights)


def _folded(texts: Sequence[str]) -> list[Folded]:
    return [fold(t[:4000]) for t in texts]


def unknown_patterns(model: Model, texts: Sequence[str], *, least: int, most: int, seed: int, n_jobs: int) -> tuple[list[str], list[int]]:
    """Return the most frequent patterns that the model does not know, with their frequency.

    The labels have no say in it: patterns chosen by all labels would let a cross-fitted model see those it is tested on.
    """
    rows = np.arange(len(texts))
    if len(rows) > DISCOVERY:
        rows = np.sort(np.random.default_rng(seed).choice(rows, DISCOVERY, replace=False))
    chunks = [[texts[i] for i in part] for part in np.array_split(rows, max(1, len(rows) // 1000))]
    folded = [t for part in Parallel(n_jobs=n_jobs)(delayed(_folded)(c) for c in chunks) for t in part]
    try:
        vectorizer = CountVectorizer(analyzer=partial(candidates, concepts=model.concepts), binary=True, min_df=least, dtype=np.float64)
        counts = vectorizer.fit_transform(folded)
    except ValueError:
        return [], []
    names = vectorizer.get_feature_names_out()
    known = set(model.patterns)
    frequency = np.asarray(counts.sum(axis=0)).ravel()
    fresh = [i for i in np.argsort(-frequency, kind="stable") if names[i] not in known][:most]
    return [str(names[i]) for i in fresh], [int(frequency[i]) for i in fresh]


def coefficients(model: Model) -> NDArray[np.float64]:
    """Return the coefficients of the rows that `features_of` makes: patterns, lures, combinations, correction."""
    w = model.weights
    return np.concatenate([w.tone_weight * w.weight.astype(float), w.kind_weight, w.pair_weight, [1.0]])


def _features(model: Model, texts: Sequence[tuple[str, str | None]]) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    return [features_of(model, t, tag) for t, tag in texts]


def rows_of(model: Model, texts: Sequence[str], n_jobs: int = 1, *, languages: Sequence[str | None] = ()) -> sparse.csr_matrix:
    """Return what the model adds up for each text, shape (texts, patterns + lures + combinations + 1).

    `languages` are what `identify` says of the texts, where that is known already.
    """
    width = len(model.patterns) + len(model.kinds) + len(model.weights.pairs) + 1
    tagged = list(zip(texts, languages or [None] * len(texts), strict=True))
    rows = in_shares(partial(_features, model), tagged, n_jobs)
    indptr = np.concatenate([[0], np.cumsum([len(ids) for ids, _ in rows])])
    ids = np.concatenate([i for i, _ in rows]) if rows else np.empty(0, np.int64)
    values = np.concatenate([v for _, v in rows]) if rows else np.empty(0)
    return sparse.csr_matrix((values, ids, indptr), shape=(len(rows), width))


def fit_shift(
    x: sparse.csr_matrix,
    offset: NDArray[Any],
    labels: NDArray[Any],
    weights: NDArray[Any],
    penalty: NDArray[Any],
) -> tuple[NDArray[np.float64], float]:
    """Return the change of the coefficients and of the intercept that the rows ask for, against a ridge penalty.

    Minimizes the weighted logistic loss of `offset + x @ change + intercept` plus half the squared change, each coefficient
    times its `penalty`, shape (columns + 1,); the last is that of the intercept.
    """
    active = np.unique(x.indices)
    ridge = penalty[np.append(active, -1)]
    part = x[:, active].tocsr()
    across = part.T.tocsr()
    sign = 2.0 * labels - 1

    def loss(point: NDArray[Any]) -> tuple[float, NDArray[Any]]:
        margin = sign * (offset + part @ point[:-1] + point[-1])
        pull = -weights * sign * expit(-margin)
        value = float(weights @ np.logaddexp(0, -margin)) + float(ridge @ point**2) / 2
        return value, np.append(across @ pull, pull.sum()) + ridge * point

    with threadpool_limits(1):  # on a busy machine, threads of vectors this short wait for each other
        found = minimize(loss, np.zeros(len(active) + 1), jac=True, method="L-BFGS-B", options={"maxiter": 100, "ftol": 1e-8})
    change = np.zeros(x.shape[1])
    change[active] = found.x[:-1]
    return change, float(found.x[-1])


def log_loss(log_odds: NDArray[Any], labels: NDArray[Any], weights: NDArray[Any]) -> float:
    """Return the weighted mean logistic loss."""
    return float(np.average(np.logaddexp(0, -(2.0 * labels - 1) * log_odds), weights=weights))


@dataclass
class Update:
    """An updated model, and what cross-fitting by group said of every row: log-odds from models that had not seen it."""

    model: Model
    crossed: NDArray[np.float64]
    strength: float
    added: int


def update(
    model: Model,
    texts: Sequence[str],
    labels: NDArray[Any],
    *,
    groups: NDArray[Any] | None = None,
    weights: NDArray[Any] | None = None,
    languages: Sequence[str | None] = (),
    strength: float | None = None,
    patterns: int = 3_000,
    least: int = 3,
    seed: int = 0,
    n_jobs: int = 1,
    say: Say = quiet,
) -> Update:
    """Move a model towards labelled messages.

    `strength` is the penalty on the distance from the model; by default it is chosen by cross-validation over groups.
    `patterns` new ones at most enter, each seen in `least` messages or more. `languages` are those of the texts, as `identify`
    tells them; the model will speak for those of many messages as well.
    """
    n = len(texts)
    groups = np.arange(n) if groups is None else groups
    raw = np.ones(n) if weights is None else np.asarray(weights, float)
    say("look for new patterns")
    found, frequency = unknown_patterns(model, texts, least=least, most=patterns, seed=seed, n_jobs=n_jobs)
    spoken = list(dict.fromkeys([*model.manifest["languages"], *main_languages(languages)]))
    model = replace(model, manifest={**model.manifest, "languages": spoken})
    before = len(model.patterns)
    model = with_patterns(model, found, frequency, max(n, int(model.manifest.get("passages", 0))))
    say("read the messages")
    x = rows_of(model, texts, n_jobs, languages=languages)
    offset = x @ coefficients(model) + model.weights.intercept
    x = x[:, :-1].tocsr()
    relative = _resistance(model, before, x.shape[1])
    say("choose how far to move")
    folds = list(GroupKFold(min(2 if n > MANY else 5, len(set(groups.tolist())))).split(texts, groups=groups))
    if strength is None:
        tried = [s for s in STRENGTHS if s >= CAUTION / n] if before else list(STRENGTHS)
        strength = _choose(tried, x, offset, labels, raw, groups, relative, seed, n_jobs)
    say("cross-fit")
    crossed = np.empty(n)

    def fit(rows: NDArray[Any]) -> tuple[NDArray[Any], float]:
        return fit_shift(x[rows], offset[rows], labels[rows], balanced(labels[rows], raw[rows]), strength * relative)

    fitted = Parallel(n_jobs=n_jobs, prefer="threads")(delayed(fit)(train) for train, _ in folds)
    for (_, test), (change, extra) in zip(folds, fitted, strict=True):
        crossed[test] = offset[test] + x[test] @ change + extra
    say("fit")
    change, extra = fit(np.arange(n))
    return Update(_moved(model, change, extra), crossed, strength, len(found))


def _resistance(model: Model, before: int, width: int) -> NDArray[np.float64]:
    """Return the penalty of each coefficient and of the intercept, relative to that of a new pattern.

    What rests on more evidence resists more: a known pattern on the passages it was seen in, which its rarity tells, a lure on
    many messages, the intercept on all of them.
    """
    relative = np.ones(width + 1)
    if before:
        total = float(model.manifest.get("passages", 0))
        idf = model.weights.idf[:before] / emphasis(model.patterns[:before]).astype(float)
        relative[:before] += np.maximum(0.0, (1 + total) / np.exp(idf - 1.0) - 1) / SEEN
        relative[len(model.patterns) : width] = LURE
        relative[-1] = max(LURE, total)
    return relative


def _choose(
    strengths: Sequence[float],
    x: sparse.csr_matrix,
    offset: NDArray[Any],
    labels: NDArray[Any],
    raw: NDArray[Any],
    groups: NDArray[Any],
    relative: NDArray[Any],
    seed: int,
    n_jobs: int,
) -> float:
    """Return the penalty with the smallest cross-validated loss, both classes weighed alike."""
    rows = np.arange(len(labels))
    if len(rows) > CHOICE:
        rows = np.sort(np.random.default_rng(seed).choice(rows, CHOICE, replace=False))
    folds = [(rows[a], rows[b]) for a, b in GroupKFold(min(4, len(set(groups[rows].tolist())))).split(rows, groups=groups[rows])]

    everything = balanced(labels, raw)

    def losses(train: NDArray[Any], test: NDArray[Any]) -> list[float]:
        """Return the loss of each penalty."""
        if len(set(labels[train].tolist())) < 2:
            return [0.0] * len(strengths)
        part, weights, out = x[train], balanced(labels[train], raw[train]), []
        for strength in strengths:
            change, extra = fit_shift(part, offset[train], labels[train], weights, strength * relative)
            out.append(log_loss(offset[test] + x[test] @ change + extra, labels[test], everything[test]) * len(test))
        return out

    each = Parallel(n_jobs=n_jobs, prefer="threads")(delayed(losses)(*fold) for fold in folds)
    return strengths[int(np.argmin(np.sum(each, axis=0)))]


def _moved(model: Model, change: NDArray[Any], extra: float) -> Model:
    w, v, k = model.weights, len(model.patterns), len(model.kinds)
    moved: Weights = replace(
        w,
        weight=(w.weight + change[:v] / w.tone_weight).astype(np.float32),
        kind_weight=w.kind_weight + change[v : v + k],
        pair_weight=w.pair_weight + change[v + k :],
        intercept=w.intercept + extra,
    )
    return replace(model, weights=moved)


def main_languages(languages: Sequence[str | None], least: int = 20) -> list[str]:
    """Return the languages that enough messages are in for a model trained on them to speak for."""
    return [tag for tag, count in Counter(t for t in languages if t).most_common() if count >= least]
