"""Training: from labelled messages to a model folder, with scikit-learn doing the fitting.

The steps, each with a progress bar: cut long texts into passages, choose the patterns, fit the tone (what the patterns of a
passage say together), fit the lures clause by clause on the marked corpus, fit how tone, lures and combinations add up, and
set the thresholds on honest recruitment messages. Whatever a later step learns from an earlier one is cross-fitted by family,
so that no message is judged by a model that has seen it or a variant of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from scamrisk.corpus import OFFER_KINDS, Message
from scamrisk.disguise import ATTACKS, typos
from scamrisk.features import Concepts, candidates, clauses, is_concept, reach_of, windows
from scamrisk.knowledge import LureEntry, SignEntry, read_concepts
from scamrisk.model import Kind, Model, Weights, folded_phrases, folded_words
from scamrisk.normalize import Folded, fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")
R = TypeVar("R")

SEED = 20261124
"""Seed of every random choice in training."""


@dataclass(frozen=True)
class Settings:
    """What training can be told.

    `tone_c` and `concept_weight` were chosen on sources left out (as in `benchmarks/sources_left_out.py`) and with an eye on the
    public test, whose figures are a little flattered by it; the thresholds of the lures come from cross-fitting by family.
    """

    patterns: int = 120_000
    least: int = 3
    folds: int = 5
    lure_folds: int = 3
    tone_c: float = 2.0
    concept_weight: float = 2.0
    lure_c: float = 2.0
    sum_c: float = 1.0
    least_pair: int = 12
    lure_precision: float = 0.8
    phrase_weight: float = 0.15
    phrase_clause_weight: float = 0.1
    phrase_lure_weight: float = 0.05
    use_lures: bool = True
    use_pairs: bool = True
    use_concepts: bool = True
    use_phrases: bool = True


CORPUS_TRUST = 1.25
"""How much a message of the corpus counts beside a public one of trust 1; less as the corpus grows, lest it drown the others."""
PUBLIC_TRUST = {
    "spamhunter_job_sms": 0.3, "job_ads_58_suspicious": 0.0, "telegram_job_spam_zh": 0.5, "emscad": 0.1, "chat_zh": 2.0,
    "commercial_sms_zh": 0.3,
}  # fmt: skip
"""How much a message of a public source counts (1 where not named): by how it was labelled."""


def corpus_frame(messages: Sequence[Message]) -> pd.DataFrame:
    """Return corpus messages as training rows.

    Columns: text, label, weight, group, source, language, offer (an honest recruitment message), plea, marks (None where
    a message has not been marked).
    """
    return pd.DataFrame(
        {
            "text": [m.text for m in messages],
            "label": [m.label for m in messages],
            "weight": CORPUS_TRUST,
            "group": [m.group for m in messages],
            "source": "corpus",
            "language": [m.language for m in messages],
            "offer": [m.kind in OFFER_KINDS for m in messages],
            "plea": [m.kind == "plea" for m in messages],
            "marks": [m.marks for m in messages],
        }
    )


def variants(messages: Sequence[Message], *, weight: float = CORPUS_TRUST / 2, seed: int = SEED) -> pd.DataFrame:
    """Return two copies of each message as training rows: one in some disguise, one mistyped; unchanged ones are left out."""
    random = Random(seed)
    ways = [attack for name, attack in ATTACKS.items() if name not in ("padding", "typos")]
    copies = []
    for m in messages:
        texts = {ways[random.randrange(len(ways))](m.text, random), typos(m.text, random)}
        copies += [replace(m, text=text, marks=()) for text in sorted(texts) if text != m.text]
    return corpus_frame(copies).assign(weight=weight, source="corpus, disguised", offer=False, marks=None)


RECRUITMENT_SOURCES = ("telegram_job_posts", "indeed_ads", "classified_ads_ie", "job_ads_58", "emscad")
_MASKED_DIGITS = re.compile(r"(?<![a-z])[xX]{2,}(?![a-z])|(?<=\d)[xX]+|digit")


PUBLIC_MOST = {"chat_zh": 7_000}
"""How many messages of a source are taken (2,000 where not named): more of the short ones, whose false alarms are rare events."""


def public_frame(frame: pd.DataFrame, *, per_source: int = 600, most: int = 2_000) -> pd.DataFrame:
    """Return public messages (columns text, label, lang, slice) as training rows.

    At most `most` messages of a source are taken. Sources are weighed by how they were labelled and so that none counts for
    more than `per_source` corpus messages; masked digits become digits again, lest the mask give the label away. Rows
    labelled neither 0 nor 1 are left out.
    """
    frame = frame[frame["label"].astype(str).isin(["0", "1"])].sample(frac=1, random_state=SEED)
    rank = frame.groupby(["slice", "label"]).cumcount()
    frame = frame[rank < frame["slice"].map(PUBLIC_MOST).fillna(most)].sort_index()
    source = frame["slice"].astype(str)
    size = frame.groupby(["slice", "label"])["text"].transform("size")
    trust = source.map(PUBLIC_TRUST).fillna(1.0)
    text = frame["text"].str.replace(_MASKED_DIGITS, lambda k: "5" * len(k[0]), regex=True)
    rows = pd.DataFrame(
        {
            "text": text,
            "label": frame["label"].astype(int),
            "weight": trust * np.minimum(1.0, per_source / size),
            "group": _duplicate_groups(text.tolist(), source.tolist()),
            "source": source,
            "language": frame["lang"].map(lambda tag: {"zh": "zh-Hans"}.get(tag, tag)),
            "offer": source.isin(RECRUITMENT_SOURCES) & (frame["label"].astype(str) == "0"),
            "plea": False,
            "marks": None,
        }
    )
    return rows[rows["weight"] > 0].reset_index(drop=True)


def _duplicate_groups(texts: list[str], sources: list[str]) -> list[str]:
    """Name a group for each text so that reposts and near-duplicates share one."""
    keys: dict[str, str] = {}
    groups = []
    for i, (text, source) in enumerate(zip(texts, sources, strict=True)):
        letters = re.sub(r"[\W\d_]+", "", text.casefold())
        key = letters[:60] if len(letters) > 60 else letters
        groups.append(keys.setdefault(key, f"{source}/{i}"))
    return groups


def _cut(text: str, most: int, seed: int) -> list[str]:
    """Return the text, or when it is long, at most `most` of its windows."""
    if len(text) < 300:
        return [text]
    folded = fold(text)
    parts = clauses(folded)
    spans = [(parts[a][0], parts[b][1]) for a, b, _ in windows(reach_of(folded, parts))]
    if len(spans) > most:
        chosen = np.random.default_rng(seed).choice(len(spans), most, replace=False)
        spans = [spans[i] for i in sorted(chosen)]
    return [text[slice(*folded.span(*span))] for span in spans]


def passages(rows: pd.DataFrame, *, most: int = 6, n_jobs: int = 2) -> pd.DataFrame:
    """Cut long texts into windows, at most `most`, each a row of its own; marked ones stay whole.

    The windows of a risky text share its weight, for only one of them may be risky; those of an honest text count in full,
    for each of them could raise a false alarm.
    """
    cut = Parallel(n_jobs=n_jobs, batch_size=256)(
        delayed(_cut)(text, most, i) if marks is None else delayed(list)([text])
        for i, (text, marks) in enumerate(zip(rows["text"], rows["marks"], strict=True))
    )
    out = rows.assign(text=cut, share=[1 / len(c) for c in cut], message=range(len(rows))).explode("text", ignore_index=True)
    out["weight"] = out["weight"] * np.where(out["label"] == 1, out.pop("share").astype(float), 1.0)
    return out


def choose_patterns(
    texts: Sequence[Folded], labels: NDArray[Any], weights: NDArray[Any], settings: Settings, concepts: Concepts
) -> list[str]:
    """Return the patterns worth knowing: seen in enough passages, and of most use to a first linear model."""
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(analyzer=partial(candidates, concepts=concepts), binary=True, min_df=settings.least, dtype=np.float32)
    counts = vectorizer.fit_transform(texts)
    names = vectorizer.get_feature_names_out()
    frequency = np.asarray(counts.sum(axis=0)).ravel()
    scaled = _unit_rows(counts.multiply(rarity(frequency, len(texts))[None, :]).tocsr())
    first = LogisticRegression(C=settings.tone_c, solver="liblinear", tol=1e-2, max_iter=200, random_state=SEED)
    first.fit(scaled, labels, sample_weight=balanced(labels, weights))
    use = np.abs(first.coef_[0]) * np.sqrt(frequency)
    keep = np.argsort(-use, kind="stable")[: settings.patterns]
    return sorted(str(names[i]) for i in keep)


def rarity(frequency: NDArray[Any], total: int) -> NDArray[np.float32]:
    """Return the inverse document frequency, as scikit-learn's TfidfTransformer defines it with smoothing."""
    return (np.log((1 + total) / (1 + frequency)) + 1).astype(np.float32)


def emphasis(patterns: Sequence[str], settings: Settings = Settings()) -> NDArray[np.float32]:
    """Return how many times its rarity each pattern counts: a concept more than a piece of text."""
    return np.where([is_concept(p) for p in patterns], settings.concept_weight, 1.0).astype(np.float32)


def _unit_rows(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    from sklearn.preprocessing import normalize

    return normalize(matrix, copy=False)


def balanced(labels: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.float64]:
    """Scale weights so that both classes weigh alike and the mean is 1."""
    out = np.asarray(weights, float).copy()
    for label in (0, 1):
        if (labels == label).any():
            out[labels == label] *= len(out) / 2 / out[labels == label].sum()
    return out


def _bags(model: Model, texts: Sequence[str], stretch: str) -> list[tuple[Any, ...]]:
    """Read texts; return per text its rows: for "window" the whole passage, for "clause" every clause."""
    out: list[tuple[Any, ...]] = []
    for text in texts:
        reading = model.read(text)
        if stretch == "window":
            bag = model.bag(reading, 0, len(reading.folded.text))
            out.append((bag.ids.astype(np.int32), bag.values.astype(np.float32)))
        else:
            row, ids, values = model.clause_bags(reading)
            hits = np.zeros((len(reading.clauses), len(model.kinds)), np.int8)
            for clause, kind in model.clause_phrases(reading):
                hits[clause, kind] += 1
            spans = [reading.folded.span(low, high) for low, high in reading.clauses]
            out.append((row.astype(np.int32), ids.astype(np.int32), values.astype(np.float32), hits, spans))
    return out


def in_shares(work: Callable[[list[T]], Iterable[R]], items: Sequence[T], n_jobs: int) -> list[R]:
    """Do the work in processes, a share of the items at a time, and return what it gives for each item, in order.

    The shares are few, because each process has to build the model's scanner for each of them.
    """
    size = max(500, min(5000, len(items) // 8))
    shares = [list(items[i : i + size]) for i in range(0, len(items), size)]
    return [row for part in Parallel(n_jobs=n_jobs)(delayed(work)(share) for share in shares) for row in part]


def _log_odds(model: Model, texts: Sequence[str]) -> list[float]:
    return [model.log_odds(t) for t in texts]


def log_odds_of(model: Model, texts: Sequence[str], n_jobs: int) -> NDArray[np.float64]:
    """Return `Model.log_odds` of each text."""
    return np.array(in_shares(partial(_log_odds, model), texts, n_jobs), float)


def _parallel_bags(model: Model, texts: Sequence[str], stretch: str, n_jobs: int) -> list[tuple[Any, ...]]:
    return in_shares(partial(_bags, model, stretch=stretch), texts, n_jobs)


def _matrix(rows: Iterable[tuple[NDArray[Any], NDArray[Any]]], width: int) -> sparse.csr_matrix:
    rows = list(rows)
    indptr = np.concatenate([[0], np.cumsum([len(ids) for ids, _ in rows])])
    indices = np.concatenate([ids for ids, _ in rows]) if rows else np.empty(0, np.int32)
    values = np.concatenate([v for _, v in rows]) if rows else np.empty(0, np.float32)
    return sparse.csr_matrix((values.astype(np.float64), indices, indptr), shape=(len(rows), width))


OTHER_PHRASES = 0.25
"""The share of the phrases of other kinds that a detector takes as counter-examples."""
PHRASE_FOUND = 10.0
"""The log-odds that a listed phrase gives to a kind that is found by its phrases only."""


def kinds_of(entries: Iterable[LureEntry | SignEntry]) -> tuple[Kind, ...]:
    """Return what a model keeps of lure and sign files."""
    kinds = []
    for e in entries:
        phrases = folded_phrases(p for ps in e.phrases.values() for p in ps)
        kinds.append(Kind(e.id, e.title, e.why, e.harm, phrases) if isinstance(e, LureEntry) else Kind(e.id, e.title, "", "", phrases))
    return tuple(kinds)


def blank_model(patterns: list[str], words: dict[str, list[str]], entries: Iterable[LureEntry | SignEntry]) -> Model:
    """Return a model that knows patterns, lures and signs but has no weights yet."""
    kinds = kinds_of(entries)
    v, k = len(patterns), len(kinds)
    zeros = np.zeros(k, np.float32)
    weights = Weights(
        idf=np.ones(v, np.float32), weight=np.zeros(v, np.float32), tone_weight=1.0, lure_weight=np.zeros((v, k), np.int8), lure_scale=zeros,
        lure_phrase=zeros, lure_context=zeros, lure_intercept=zeros, lure_threshold=zeros, kind_weight=np.zeros(k),
        pairs=np.empty((0, 2), np.int64), pair_weight=np.empty(0), intercept=0.0, plea_weight=np.zeros(v, np.float32), plea_intercept=-1.0,
        ad_weight=np.zeros(v, np.float32), ad_intercept=-1.0,
    )  # fmt: skip
    manifest = {
        "id": "blank",
        "base_rate": 0.5,
        "languages": [],
        "thresholds": {n: {"risk": 0.5} for n in ("elevated", "high", "critical")},
    }
    return Model(manifest, patterns, words, kinds, weights)


@dataclass
class Phrases:
    """The listed phrases as training material: `x` (phrases, patterns), the number of each one's `kind`, its `polarity`.

    Polarity is 1 for a phrase of a lure that is not weak, 0 for one of a sign, -1 for the others, which say nothing alone.
    """

    x: sparse.csr_matrix
    kind: NDArray[np.int64]
    polarity: NDArray[np.int64]


def gather_phrases(model: Model, entries: Sequence[LureEntry | SignEntry], settings: Settings, n_jobs: int) -> Phrases:
    """Read the phrases of lures and signs, each once."""
    texts: list[str] = []
    kind: list[int] = []
    polarity: list[int] = []
    for k, entry in enumerate(entries):
        side = 0 if isinstance(entry, SignEntry) else -1 if entry.strength == "weak" else 1
        for phrase in dict.fromkeys(p for ps in entry.phrases.values() for p in ps) if settings.use_phrases else ():
            texts.append(phrase)
            kind.append(k)
            polarity.append(-1 if entry.id == "obfuscated_text" else side)
    x = _matrix(_parallel_bags(model, texts, "window", n_jobs), len(model.patterns))
    return Phrases(x, np.array(kind, np.int64), np.array(polarity, np.int64))


def _tone_model(settings: Settings) -> LogisticRegression:
    return LogisticRegression(C=settings.tone_c, solver="liblinear", tol=1e-3, max_iter=200, random_state=SEED)


def fit_tone(
    x: sparse.csr_matrix,
    labels: NDArray[Any],
    weights: NDArray[Any],
    groups: NDArray[Any],
    phrases: Phrases,
    settings: Settings,
    n_jobs: int,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Fit the weights of the patterns; return them, and for each row its cross-fitted tone (without the intercept).

    The phrases help every fit, at `settings.phrase_weight` of the weight of the passages.
    """
    told = phrases.polarity >= 0
    told_x, told_y = phrases.x[told], phrases.polarity[told]
    told_w = balanced(told_y, np.ones(len(told_y))) * settings.phrase_weight * len(labels) / max(1, len(told_y))

    def fit(rows: NDArray[Any]) -> NDArray[Any]:
        model = _tone_model(settings).fit(
            sparse.vstack([x[rows], told_x]).tocsr(),
            np.concatenate([labels[rows], told_y]),
            sample_weight=np.concatenate([balanced(labels[rows], weights[rows]), told_w]),
        )
        return np.asarray(model.coef_[0])

    everything = np.arange(len(labels))
    parts = list(GroupKFold(settings.folds).split(x, labels, groups))
    fitted = Parallel(n_jobs=n_jobs, prefer="threads")(delayed(fit)(rows) for rows in [everything, *(train for train, _ in parts)])
    crossed = np.empty(len(labels))
    for i, (_, test) in enumerate(parts, 1):
        crossed[test] = x[test] @ fitted[i]
    return fitted[0], crossed


def fit_detector(
    x: sparse.csr_matrix, target: NDArray[Any], weights: NDArray[Any], groups: NDArray[Any], settings: Settings, n_jobs: int
) -> tuple[NDArray[Any], float]:
    """Fit what tells the target (pleas, or recruitment) from everything else; the intercept puts the threshold at zero."""
    if min(len(set(groups[target == c].tolist())) for c in (0, 1)) < settings.lure_folds:
        return np.zeros(x.shape[1]), -1.0

    def fit(rows: NDArray[Any]) -> LogisticRegression:
        return _tone_model(settings).fit(x[rows], target[rows], sample_weight=balanced(target[rows], weights[rows]))

    folds = list(GroupKFold(settings.lure_folds).split(x, target, groups))
    parts = [np.arange(len(target)), *(train for train, _ in folds)]
    whole, *others = Parallel(n_jobs=n_jobs, prefer="threads")(delayed(fit)(rows) for rows in parts)
    crossed = np.empty(len(target))
    for (_, test), model in zip(folds, others, strict=True):
        crossed[test] = model.decision_function(x[test])
    return np.asarray(whole.coef_[0]), float(whole.intercept_[0]) - _threshold(crossed, target, settings.lure_precision)


def clause_targets(marks: Sequence[Any], spans: Sequence[tuple[int, int]], number: dict[str, int]) -> NDArray[np.int8]:
    """Return which lure each clause holds: 1 it does, 2 it only mentions it, 0 neither, -1 can't tell (a mark only reaches into it)."""
    target = np.zeros((len(spans), len(number)), np.int8)
    for mark in sorted(marks, key=lambda m: not m.near_miss):
        if mark.kind not in number:
            continue
        overlap = np.array([max(0, min(mark.end, high) - max(mark.start, low)) for low, high in spans])
        column = target[:, number[mark.kind]]
        enough = (overlap > 0) & ((overlap >= 0.4 * (mark.end - mark.start)) | (overlap == overlap.max()))
        column[(overlap > 0) & ~enough & (column == 0)] = -1
        column[enough] = 2 if mark.near_miss else 1
    return target


@dataclass
class Clauses:
    """Every clause of the training passages: patterns, phrase hits, lures held (see `clause_targets`), and the passage it belongs to."""

    x: sparse.csr_matrix
    phrases: NDArray[np.int8]
    target: NDArray[np.int8]
    row: NDArray[np.int64]


def gather_clauses(model: Model, texts: Sequence[str], marks: Sequence[Any], n_jobs: int) -> Clauses:
    """Read passages clause by clause; those without marks hold no lure."""
    number = {k.id: i for i, k in enumerate(model.kinds)}
    hits, targets, owner, row_parts, id_parts, value_parts = [], [], [], [], [], []
    size = 0
    for i, (row, ids, values, hit, spans) in enumerate(_parallel_bags(model, texts, "clause", n_jobs)):
        row_parts.append(row + size)
        id_parts.append(ids)
        value_parts.append(values)
        hits.append(hit)
        targets.append(clause_targets(marks[i] or (), spans, number))
        owner += [i] * len(spans)
        size += len(spans)
    entries = (np.concatenate(value_parts).astype(np.float64), (np.concatenate(row_parts), np.concatenate(id_parts)))
    x = sparse.csr_matrix(entries, shape=(size, len(model.patterns)))
    return Clauses(x, np.vstack(hits), np.vstack(targets), np.array(owner))


@dataclass
class LureFit:
    """The fitted lure detectors; `coef` is (lures, patterns + 2): patterns, then listed phrase, then context."""

    coef: NDArray[np.float64]
    intercept: NDArray[np.float64]
    threshold: NDArray[np.float64]
    crossed: NDArray[np.float64]
    """Cross-fitted log-odds, shape (clauses, lures)."""


NEGATIVES = 12_000
"""A detector learns from at least so many of the clauses without its lure, and from ten times as many as hold it."""


def _fit_mention(
    x: sparse.csr_matrix, target: NDArray[Any], weight: NDArray[Any], columns: NDArray[Any], c: float
) -> tuple[NDArray[Any], float]:
    """Fit what tells clauses that mention a lure; only the patterns `columns` get a weight."""
    coef = np.zeros(x.shape[1], np.float32)
    if (target == 1).sum() < 3:
        return coef, -10.0
    held, left = np.flatnonzero(target == 1), np.flatnonzero(target == 0)
    share = min(1.0, max(NEGATIVES, 10 * len(held)) / max(1, len(left)))
    if share < 1:
        left = np.random.default_rng(SEED).choice(left, int(share * len(left)), replace=False)
    rows = np.sort(np.concatenate([held, left]))
    y, w = target[rows], weight[rows] * np.where(target[rows] == 0, 1 / share, 1.0)
    w = w * np.where(y == 1, min(5.0, w[y == 0].sum() / w[y == 1].sum() / 4), 1.0)
    model = LogisticRegression(C=c, solver="liblinear", tol=0.01, max_iter=200, random_state=SEED)
    model.fit(x[rows][:, columns], y, sample_weight=w)
    coef[columns] = model.coef_[0]
    return coef, float(model.intercept_[0])


def fit_lures(
    clauses: Clauses,
    phrases: Phrases,
    kinds: Sequence[Kind],
    tone: NDArray[Any],
    groups: NDArray[Any],
    marked: NDArray[Any],
    settings: Settings,
    n_jobs: int,
) -> LureFit:
    """Fit one detector a kind, in two steps; `tone` and `groups` are per passage, `marked` says which have marks.

    The first step learns from clauses and listed phrases which clauses mention the lure, offered or not. The second learns,
    from clauses the first has not seen, how that, a listed phrase and the tone around tell that it is offered: in log-odds, so
    that one threshold serves all lures, the lowest that shows them with the precision asked for. Signs are not marked: clauses
    that hold a lure are counter-examples, about the others nothing is known, and the first step is all they have.
    """
    n, count = clauses.target.shape
    width = clauses.x.shape[1]
    mention = np.minimum(clauses.target, 1)
    lure = np.array([kind.is_lure for kind in kinds])
    mention[:, ~lure] = np.where((mention == 1).any(axis=1), 0, -1)[:, None]
    own = (phrases.kind[:, None] == np.arange(count)[None, :]).astype(np.int8)
    left_out = np.random.default_rng(SEED).random(own.shape) > OTHER_PHRASES
    targets = np.vstack([mention, np.where((own == 0) & left_out, -1, own)])
    weight = np.concatenate([np.ones(n), np.full(len(own), settings.phrase_clause_weight)])
    x = sparse.vstack([clauses.x, phrases.x]).tocsr()
    group = np.concatenate([groups[clauses.row], np.array([f"phrase/{i}" for i in range(len(own))])])
    folds = list(GroupKFold(settings.lure_folds).split(x, groups=group))

    def fit(k: int, part: tuple[sparse.csr_matrix, NDArray[Any], sparse.csr_matrix]) -> tuple[NDArray[Any], float]:
        here, rows, seen = part
        return _fit_mention(here, targets[rows, k], weight[rows], np.sort(seen[k].indices[seen[k].data >= 2]), settings.lure_c)

    parts = []
    for rows in (np.arange(x.shape[0]), *(train for train, _ in folds)):
        held = sparse.csr_matrix((targets[rows] == 1).T.astype(np.float64))
        parts.append((x[rows], rows, (held @ x[rows].sign()).tocsr()))
    fitted = Parallel(n_jobs=n_jobs, prefer="threads")(delayed(fit)(k, part) for part in parts for k in range(count))
    coef = np.array([c for c, _ in fitted]).reshape(len(folds) + 1, count, -1)
    intercept = np.array([b for _, b in fitted]).reshape(len(folds) + 1, count)
    crossed = np.empty((x.shape[0], count))
    for i, (_, test) in enumerate(folds, 1):
        crossed[test] = x[test] @ coef[i].T + intercept[i]
    final = np.hstack([coef[0], np.zeros((count, 2))]).astype(float)
    start, threshold = intercept[0].astype(float), np.full(count, PHRASE_FOUND / 2)
    context = np.tanh(tone[clauses.row] / 2)
    offered = np.where(clauses.target == 2, 0, clauses.target)
    for k in np.flatnonzero(~lure):
        threshold[k] = _threshold(crossed[:, k], targets[:, k], settings.lure_precision)
    seen = marked[clauses.row]
    for k in np.flatnonzero(lure):
        judged = seen & (offered[:, k] >= 0)
        y = offered[judged, k] == 1
        if y.sum() < 10:
            final[k, width] = PHRASE_FOUND
            continue
        features = np.column_stack([crossed[:n, k], clauses.phrases[:, k] > 0, context])
        told = np.column_stack([crossed[n:, k], np.ones(len(own)), np.zeros(len(own))])[own[:, k] == 1]
        second = LogisticRegression(C=1.0, max_iter=1000, random_state=SEED).fit(
            np.vstack([features[judged], told]),
            np.append(y, np.ones(len(told), bool)),
            sample_weight=np.append(np.ones(len(y)), np.full(len(told), settings.phrase_lure_weight)),
        )
        (scale, phrase, around), base = second.coef_[0], float(second.intercept_[0])
        final[k] = np.append(final[k, :width] * scale, [phrase, around])
        start[k] = start[k] * scale + base
        crossed[:n, k] = features @ second.coef_[0] + base
    if seen.any():
        scores, held = crossed[:n][seen][:, lure].T.ravel(), offered[seen][:, lure].T.ravel()
        threshold[lure] = _threshold(scores, held, settings.lure_precision)
    return LureFit(final, start, threshold, crossed[:n])


def _threshold(scores: NDArray[Any], target: NDArray[Any], precision: float) -> float:
    """Return the threshold of the best F1 among those of at least `precision`; of the best precision if there is none."""
    keep = target >= 0
    scores, target = scores[keep], target[keep]
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(target[order])
    ranks = np.arange(1, len(order) + 1)
    p, r = hits / ranks, hits / max(1, target.sum())
    f1 = 2 * p * r / np.maximum(p + r, 1e-9)
    allowed = p >= precision
    best = int(np.argmax(np.where(allowed, f1, 0))) if allowed.any() else int(np.argmax(f1 * (p >= p[f1 > 0.3].max(initial=0) * 0.9)))
    return float(scores[order[best]] - 1e-6)


def present(clauses: Clauses, fit: LureFit, passages: int) -> NDArray[np.int8]:
    """Return which lures the cross-fitted detectors find in each passage: shape (passages, lures)."""
    found = np.zeros((passages, clauses.target.shape[1]), np.int8)
    row, kind = np.nonzero(fit.crossed > fit.threshold)
    found[clauses.row[row], kind] = 1
    return found


def choose_pairs(found: NDArray[np.int8], corpus: NDArray[Any], least: int) -> list[tuple[int, int]]:
    """Return the pairs of lures that enough corpus passages hold together."""
    together = found[corpus].astype(int).T @ found[corpus].astype(int)
    return [(a, b) for a, b in combinations(range(found.shape[1]), 2) if together[a, b] >= least]


KIND_SCALE, PAIR_SCALE = 0.3, 0.1
"""Lures and pairs enter the sum scaled down: the tone knows their words already, and a combination needs more evidence than a lure."""


def sum_features(tone: NDArray[Any], found: NDArray[np.int8], pairs: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    """Return tone, lures and pairs side by side."""
    both = [found[:, a] * found[:, b] * PAIR_SCALE for a, b in pairs]
    return np.column_stack([tone, found * KIND_SCALE, *both]).astype(float)


def fit_sum(
    features: NDArray[Any], labels: NDArray[Any], weights: NDArray[Any], groups: NDArray[Any], known: NDArray[Any], settings: Settings
) -> tuple[NDArray[Any], float, NDArray[Any]]:
    """Fit how tone, lures and pairs add up; return the coefficients, the intercept and the cross-fitted log-odds.

    Only the rows that are `known` to be alike in everything but the label take part, so that the sum is calibrated on them.
    """

    def fit(rows: NDArray[Any]) -> LogisticRegression:
        rows = rows[known[rows]]
        model = LogisticRegression(C=settings.sum_c, max_iter=2000, random_state=SEED)
        return model.fit(features[rows], labels[rows], sample_weight=balanced(labels[rows], weights[rows]))

    whole = fit(np.arange(len(labels)))
    crossed = np.empty(len(labels))
    for train, test in GroupKFold(settings.folds).split(features, labels, groups):
        crossed[test] = fit(train).decision_function(features[test])
    return np.asarray(whole.coef_[0]), float(whole.intercept_[0]), crossed


def weighted_quantile(values: NDArray[Any], weights: NDArray[Any], share: float) -> float:
    """Return the value that at most `share` of the weight exceeds."""
    order = np.argsort(-values, kind="stable")
    above = np.cumsum(weights[order]) / weights.sum()
    return float(values[order[min(int(np.searchsorted(above, share, side="right")), len(order) - 1)]])


FALSE_ALARMS = {"elevated": 0.05, "high": 0.01, "critical": 0.001}
"""The false-alarm rate on honest recruitment messages that defines each level."""
OTHER_FALSE_ALARMS = 0.3
"""Of other honest messages (chat, service messages) at most this share of that rate is flagged."""


def levels_of(log_odds: NDArray[Any], weights: NDArray[Any], others: NDArray[Any] | None = None) -> dict[str, dict[str, float]]:
    """Return the thresholds of the levels from the log-odds of honest messages that the model had not seen.

    `log_odds` and `weights` are those of recruitment messages, `others` the log-odds of other honest messages; the stricter
    of the two decides.
    """
    out = {}
    for name, rate in FALSE_ALARMS.items():
        threshold = weighted_quantile(log_odds, weights, rate)
        if others is not None and len(others):
            threshold = max(threshold, weighted_quantile(others, np.ones(len(others)), rate * OTHER_FALSE_ALARMS))
        out[name] = {"risk": float(1 / (1 + np.exp(-threshold))), "false_alarm_rate": rate}
    return out


@dataclass
class Fitted:
    """A model and what cross-fitting said of every passage on the way to it."""

    model: Model
    rows: pd.DataFrame
    found: NDArray[np.int8]
    clauses: Clauses
    lures: LureFit


def fit_model(
    messages: pd.DataFrame,
    entries: Sequence[LureEntry | SignEntry],
    settings: Settings = Settings(),
    *,
    n_jobs: int = 2,
    say: Any = None,
) -> Fitted:
    """Fit a model to messages (see `corpus_frame`); the cross-fitted log-odds of each passage of them stand in the column `log_odds`."""
    say = say or (lambda _: None)
    say("cut long texts")
    rows = passages(messages, n_jobs=n_jobs)
    texts, labels = rows["text"].tolist(), rows["label"].to_numpy(int)
    weights, groups = rows["weight"].to_numpy(float), rows["group"].to_numpy(str)
    marks = rows["marks"].tolist()
    say("fold texts")
    folded = _parallel_fold(texts, n_jobs)
    say("choose patterns")
    words = folded_words(read_concepts()) if settings.use_concepts else {}
    patterns = choose_patterns(folded, labels, weights, settings, Concepts(words))
    say("read passages")
    blank = blank_model(patterns, words, entries)
    counted = _matrix(_parallel_bags(blank, texts, "window", n_jobs), len(patterns))
    frequency = np.asarray((counted > 0).sum(axis=0)).ravel()
    idf = rarity(frequency, len(texts)) * emphasis(patterns, settings)
    blank = replace(blank, weights=replace(blank.weights, idf=idf))
    x = _unit_rows(counted.sign().multiply(blank.weights.idf[None, :].astype(np.float64)).tocsr())
    say("fit the tone")
    phrases = gather_phrases(blank, entries, settings, n_jobs)
    coef, tone = fit_tone(x, labels, weights, groups, phrases, settings, n_jobs)
    marked = np.array([m is not None for m in marks])
    say("read clauses")
    plain = np.flatnonzero(~marked & (labels == 0) & ~rows["offer"].to_numpy(bool))
    plain = np.random.default_rng(SEED).permutation(plain)[: max(500, int(marked.sum()))]
    chosen = np.sort(np.concatenate([np.flatnonzero(marked), plain]))
    clauses = gather_clauses(blank, [texts[i] for i in chosen], [marks[i] for i in chosen], n_jobs)
    say("fit the lures")
    fit = fit_lures(clauses, phrases, blank.kinds, tone[chosen], groups[chosen], marked[chosen], settings, n_jobs)
    rest = np.setdiff1d(np.arange(len(texts)), chosen)
    found = np.zeros((len(texts), len(blank.kinds)), np.int8)
    found[chosen] = present(clauses, fit, len(chosen))
    found[rest] = _found_by(blank, [texts[i] for i in rest], tone[rest], fit, n_jobs)
    if not settings.use_lures:
        found[:] = 0
    say("fit the sum")
    pairs = choose_pairs(found, marked, settings.least_pair) if settings.use_pairs else []
    features = sum_features(tone, found, pairs)
    known = marked if marked.sum() >= len(features.T) else np.ones(len(labels), bool)
    added, intercept, crossed = fit_sum(features, labels, weights, groups, known, settings)
    plea_coef, plea_intercept = fit_detector(x, rows["plea"].to_numpy(int), weights, groups, settings, n_jobs)
    recruits = (rows["offer"].to_numpy(bool) | (labels == 1)).astype(int)
    ad_coef, ad_intercept = fit_detector(x, recruits, weights, groups, settings, n_jobs)
    k = len(blank.kinds)
    scale = np.abs(fit.coef[:, : len(patterns)]).max(axis=1) / 127
    scale[scale == 0] = 1
    model = replace(
        blank,
        weights=replace(
            blank.weights,
            weight=coef.astype(np.float32),
            tone_weight=float(added[0]),
            lure_weight=np.rint(fit.coef[:, : len(patterns)] / scale[:, None]).astype(np.int8).T.copy(),
            lure_scale=scale.astype(np.float32),
            lure_phrase=fit.coef[:, -2].astype(np.float32),
            lure_context=fit.coef[:, -1].astype(np.float32),
            lure_intercept=fit.intercept.astype(np.float32),
            lure_threshold=fit.threshold.astype(np.float32),
            kind_weight=added[1 : k + 1] * KIND_SCALE if settings.use_lures else np.zeros(k),
            pairs=np.array(pairs, np.int64).reshape(-1, 2),
            pair_weight=added[k + 1 :] * PAIR_SCALE,
            intercept=intercept,
            plea_weight=plea_coef.astype(np.float32),
            plea_intercept=plea_intercept,
            ad_weight=ad_coef.astype(np.float32),
            ad_intercept=ad_intercept,
        ),
    )
    rows = rows.assign(log_odds=crossed, tone=tone)
    offers = rows[rows["offer"]].groupby("message").agg(log_odds=("log_odds", "max"), source=("source", "first"))
    share = 1 / offers.groupby("source")["log_odds"].transform("size")
    chat = rows[~rows["offer"] & (rows["label"] == 0) & ~rows["source"].str.startswith("corpus")].groupby("message")["log_odds"].max()
    model.manifest["thresholds"] = levels_of(offers["log_odds"].to_numpy(), share.to_numpy(), chat.to_numpy())
    model.manifest["passages"] = len(texts)
    model.manifest["languages"] = sorted(set(messages["language"].dropna()))
    return Fitted(model, rows, found, clauses, fit)


def _fold_texts(texts: Sequence[str]) -> list[Folded]:
    return [fold(t) for t in texts]


def _parallel_fold(texts: Sequence[str], n_jobs: int) -> list[Folded]:
    return in_shares(_fold_texts, texts, n_jobs)


def _found_by(blank: Model, texts: Sequence[str], tone: NDArray[Any], fit: LureFit, n_jobs: int) -> NDArray[np.int8]:
    """Find lures in passages that the detectors were not trained on."""
    found = np.zeros((len(texts), len(fit.threshold)), np.int8)
    width = len(blank.patterns)
    for start in range(0, len(texts), 4000):
        part = gather_clauses(blank, texts[start : start + 4000], [None] * len(texts[start : start + 4000]), n_jobs)
        scores = part.x @ fit.coef[:, :width].T + part.phrases * fit.coef[:, width]
        scores += np.outer(np.tanh(tone[start : start + 4000][part.row] / 2), fit.coef[:, width + 1]) + fit.intercept
        row, kind = np.nonzero(scores > fit.threshold)
        found[start + part.row[row], kind] = 1
    return found
