"""The model: a folder of data that turns a text into a risk and its reasons.

One path leads from text to risk: fold the text, find every known pattern in one pass, let each clause say which lures
it holds, and add up the weights of the patterns, the lures and their combinations. A short text is read as a whole, a long
advertisement in windows, any other long text in every run of clauses; the one with the largest sum decides. That sum is the
log-odds of the risk. Loading reads JSON, text and plain numeric arrays; nothing in a model folder can run code.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import os
import shutil
import tempfile
import zlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scamrisk.assessment import LEVELS, Assessment, Level, Lure, Term
from scamrisk.errors import InvalidDataError, InvalidModelError, InvalidTextError
from scamrisk.features import AD_WINDOW, Concepts, Scanner, clauses, is_concept, reach_of, runs, windows
from scamrisk.language import identify, letters
from scamrisk.normalize import Folded, fold, fold_phrase

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline

FORMAT = 2
"""Number of the folder format. Raise it when a file changes its meaning, and keep reading the older numbers."""
LIMIT = 14.0
"""Largest log-odds, either way: beyond it a float can't hold `log(risk / (1 - risk))` to 1e-9."""
TOO_LITTLE = 6
"""A text with fewer letters than this (a Han character is three) says too little to be judged."""

UNKNOWN = 0.25
"""The least risk of a text that can't be judged: a low one would say more than is known."""

AGAINST = -0.4
"""A context (the hyperbolic tangent of half the tone) below this speaks against a lure."""

_CHUNK = 250
_FILES = ("vocabulary.txt.gz", "concepts.json.gz", "kinds.json.gz", "weights.npz", "MODEL_CARD.md")
_ARRAYS = ("idf", "weight", "tone_weight", "lure_weight", "lure_scale", "lure_phrase", "lure_context", "lure_intercept", "lure_threshold",
           "kind_weight", "pairs", "pair_weight", "intercept", "plea_weight", "plea_intercept", "ad_weight", "ad_intercept")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """What the model knows of a lure or a sign: its words for people, and its phrases in folded form.

    A sign has no `why` and no `harm`. It says who speaks, or speaks for honesty: it is found like a lure and counts in
    the sum, but is not shown as one.
    """

    id: str
    title: str
    why: str
    harm: str
    phrases: tuple[str, ...]

    @property
    def is_lure(self) -> bool:
        """Whether this is a lure rather than a sign."""
        return bool(self.harm)


@dataclass(frozen=True)
class Weights:
    """The numbers of a model, for `v` patterns, `k` lures and signs, and `p` combinations.

    `idf`, `weight`: (v,); `tone_weight`: how much the tone counts, scalar; `lure_weight`: (v, k) 8-bit integers, times
    `lure_scale` (k,); `lure_phrase` (what a listed phrase adds), `lure_context` (how much the context adds),
    `lure_intercept`, `lure_threshold`, `kind_weight`: (k,); `pairs`: (p, 2) lure numbers; `pair_weight`: (p,);
    `intercept`: scalar. `plea_weight` (v,) and `plea_intercept` tell a plea for help from everything else: above zero it is one;
    `ad_weight` and `ad_intercept` tell recruitment, honest or not, from everything else in the same way.
    """

    idf: NDArray[np.float32]
    weight: NDArray[np.float32]
    tone_weight: float
    lure_weight: NDArray[np.int8]
    lure_scale: NDArray[np.float32]
    lure_phrase: NDArray[np.float32]
    lure_context: NDArray[np.float32]
    lure_intercept: NDArray[np.float32]
    lure_threshold: NDArray[np.float32]
    kind_weight: NDArray[np.float64]
    pairs: NDArray[np.int64]
    pair_weight: NDArray[np.float64]
    intercept: float
    plea_weight: NDArray[np.float32]
    plea_intercept: float
    ad_weight: NDArray[np.float32]
    ad_intercept: float


@dataclass(slots=True)
class Reading:
    """A folded text and the patterns found in it, each array with one row `pattern, start, end`, by start.

    `runs` says which runs of clauses are judged: first clause, nearest and farthest last one. `windows` are the runs by which it
    was told what kind of text this is, `bags` keeps what was asked for.
    """

    folded: Folded
    grams: NDArray[np.int64]
    phrases: NDArray[np.int64]
    clauses: list[tuple[int, int]]
    windows: list[tuple[int, int, int]]
    runs: list[tuple[int, int, int]]
    bags: dict[tuple[int, int], Bag] = field(default_factory=dict)


@dataclass(slots=True)
class Bag:
    """The distinct patterns of a stretch of text: ids, values (unit length together), and where each first stands."""

    ids: NDArray[np.int64]
    values: NDArray[np.float64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


@dataclass(slots=True)
class Found:
    """A lure found in a clause: its number and that of the clause."""

    kind: int
    clause: int


@dataclass(slots=True)
class Decision:
    """What scoring found out: the bag of the deciding run, all lures by clause, which stand `inside` the deciding run, and more."""

    reading: Reading
    bag: Bag
    found: list[Found]
    inside: list[int]
    plea: bool
    language: str | None
    reason: str | None
    correction: list[tuple[str, float]]
    log_odds: float


@dataclass(frozen=True)
class Model:
    """A trained model. `scamrisk.load()` gives the shipped one, `scamrisk.load(path)` any other."""

    manifest: dict[str, Any]
    patterns: list[str]
    words: dict[str, list[str]]
    kinds: tuple[Kind, ...]
    weights: Weights
    card: str = field(repr=False, default="")

    @property
    def id(self) -> str:
        """The id that every assessment carries as `model_id`."""
        return str(self.manifest["id"])

    @property
    def lures(self) -> tuple[Kind, ...]:
        """The lures that the model can find."""
        return tuple(k for k in self.kinds if k.is_lure)

    def __repr__(self) -> str:
        return f"<scamrisk.Model {self.id}: {len(self.patterns):,} patterns, {len(self.lures)} lures>"

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is built on first use, so that a model can be sent to other processes."""
        return {k: v for k, v in self.__dict__.items() if k in ("manifest", "patterns", "words", "kinds", "weights", "card")}

    # reading

    @cached_property
    def _literal(self) -> tuple[Scanner, NDArray[np.int64]]:
        numbers = [i for i, pattern in enumerate(self.patterns) if not is_concept(pattern)]
        return Scanner([self.patterns[i] for i in numbers]), np.array(numbers, np.int64)

    @cached_property
    def concepts(self) -> Concepts:
        """Finds the words that the model knows as the concepts they stand for."""
        return Concepts(self.words)

    @cached_property
    def _concept_numbers(self) -> dict[str, int]:
        return {pattern: i for i, pattern in enumerate(self.patterns) if is_concept(pattern)}

    @cached_property
    def _phrase_kinds(self) -> tuple[Scanner, NDArray[np.int64]]:
        pairs = [(phrase, k) for k, kind in enumerate(self.kinds) for phrase in kind.phrases]
        return Scanner([phrase for phrase, _ in pairs]), np.array([k for _, k in pairs], np.int64)

    def read(self, text: str) -> Reading:
        """Fold `text` and find every pattern and listed phrase in it."""
        folded = fold(text)
        literal, numbers = self._literal
        found = literal.find(folded.text)
        found[:, 0] = numbers[found[:, 0]]
        known = self._concept_numbers
        named = [(known[name], start, end) for name, start, end in self.concepts.find(folded) if name in known]
        found = np.concatenate([found, np.array(named, np.int64).reshape(-1, 3)])
        grams = found[np.argsort(found[:, 1], kind="stable")]
        scanner, kinds = self._phrase_kinds
        phrases = scanner.find(folded.text)
        if len(phrases):
            phrases[:, 0] = kinds[phrases[:, 0]]
        parts = clauses(folded)
        reach = reach_of(folded, parts)
        around = windows(reach)
        reading = Reading(folded, grams, phrases, parts, around, around)
        if len(around) > 1:
            ads = sum(map(self.is_ad, self._window_bags(reading)))
            reading.runs = windows(reach, AD_WINDOW) if 2 * ads >= len(around) else runs(reach)
        return reading

    def _window_bags(self, reading: Reading) -> list[Bag]:
        return [self.bag(reading, reading.clauses[first][0], reading.clauses[last][1]) for first, last, _ in reading.windows]

    def bag(self, reading: Reading, start: int, end: int) -> Bag:
        """Return the distinct patterns within `start:end` of the folded text, weighed by rarity, of unit length."""
        if (start, end) in reading.bags:
            return reading.bags[start, end]
        grams = reading.grams
        low, high = np.searchsorted(grams[:, 1], (start, end))
        part = grams[low:high]
        part = part[part[:, 2] <= end + 1]
        ids, first = np.unique(part[:, 0], return_index=True)
        values = self.weights.idf[ids].astype(np.float64)
        norm = math.sqrt(float(values @ values))
        bag = reading.bags[start, end] = Bag(ids, values / norm if norm else values, part[first, 1], part[first, 2])
        return bag

    def tone(self, bag: Bag) -> float:
        """Return what the patterns of a bag say together, before it is weighed against the lures."""
        return _dot(bag, self.weights.weight)

    def run_tones(self, reading: Reading) -> list[NDArray[np.float64]]:
        """Return the tone of each run that is judged: for each of `reading.runs`, one for every last clause from near to far."""
        if len(reading.runs) == 1:
            return [np.array([self.tone(self.bag(reading, 0, len(reading.folded.text)))])]
        lows, highs = np.array(reading.clauses, np.int64).T
        ids, starts, ends = reading.grams.T
        idf = self.weights.idf[ids].astype(np.float64)
        weighed, squared = self.weights.weight[ids] * idf, idf**2
        last = np.searchsorted(highs + 1, ends)
        begin = np.searchsorted(starts, lows)
        stop = np.searchsorted(starts, highs)
        tones = []
        for first, near, far in reading.runs:
            here = slice(begin[first], stop[far])
            once = begin[first] + np.unique(ids[here], return_index=True)[1]
            at = np.maximum(last[once] - first, 0)
            size = far - first + 1
            total = np.cumsum(np.bincount(at, weighed[once], size)[:size])
            norm = np.sqrt(np.cumsum(np.bincount(at, squared[once], size)[:size]))
            tones.append((total / np.maximum(norm, 1e-12))[near - first :])
        return tones

    def is_plea(self, bag: Bag) -> bool:
        """Return whether a bag reads like somebody asking for help."""
        return _dot(bag, self.weights.plea_weight) + self.weights.plea_intercept > 0

    def is_ad(self, bag: Bag) -> bool:
        """Return whether a bag reads like somebody recruiting, honestly or not."""
        return _dot(bag, self.weights.ad_weight) + self.weights.ad_intercept > 0

    def clause_bags(self, reading: Reading) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return the distinct patterns of every clause as three arrays: clause, pattern, value (unit length by clause)."""
        grams = reading.grams
        lows, highs = np.array(reading.clauses, np.int64).T
        row = np.searchsorted(lows, grams[:, 1], side="right") - 1
        row = np.maximum(row, 0)
        inside = grams[:, 2] <= highs[row] + 1
        size = max(1, len(self.patterns))
        both = np.sort(row[inside] * size + grams[inside, 0])
        row, ids = np.divmod(both[np.diff(both, prepend=-1) > 0], size)
        values = self.weights.idf[ids].astype(np.float64)
        norm = np.sqrt(np.bincount(row, values**2, minlength=len(lows)))
        return row, ids, values / norm[row]

    def clause_phrases(self, reading: Reading) -> list[tuple[int, int]]:
        """Return clause and lure of each listed phrase, by the clause it begins in."""
        lows = [low for low, _ in reading.clauses]
        return [(max(0, bisect_right(lows, start) - 1), int(kind)) for kind, start, _ in reading.phrases.tolist()]

    def clause_scores(self, reading: Reading) -> NDArray[np.float64]:
        """Return the log-odds of each lure in each clause, without context: shape (clauses, lures)."""
        w = self.weights
        scores = np.tile(w.lure_intercept.astype(np.float64), (len(reading.clauses), 1))
        row, ids, values = self.clause_bags(reading)
        if len(row):
            first = np.flatnonzero(np.diff(row, prepend=-1))
            scores[row[first]] += np.add.reduceat(values[:, None] * w.lure_weight[ids], first) * w.lure_scale
        for clause, kind in self.clause_phrases(reading):
            scores[clause, kind] += w.lure_phrase[kind]
        return scores

    def find_lures(self, reading: Reading, tones: Sequence[NDArray[np.float64]]) -> list[Found]:
        """Return the lures of a reading by clause; `tones` are those of its runs: a clause is judged by the best run that holds it.

        A listed phrase that makes up half of its clause is its lure, unless the tone around it speaks clearly against.
        """
        w = self.weights
        around = np.full(len(reading.clauses), -np.inf)
        for (first, near, far), each in zip(reading.runs, tones, strict=True):
            best = np.maximum.accumulate(each[::-1])[::-1]
            around[first:near] = np.maximum(around[first:near], best[0])
            around[near : far + 1] = np.maximum(around[near : far + 1], best)
        context = np.tanh(around / 2)
        scores = self.clause_scores(reading) + w.lure_context * context[:, None]
        for (clause, kind), (_, start, end) in zip(self.clause_phrases(reading), reading.phrases.tolist(), strict=True):
            low, high = reading.clauses[clause]
            if self.kinds[kind].is_lure and 2 * (end - start) >= high - low and context[clause] > AGAINST:
                scores[clause, kind] = max(scores[clause, kind], w.lure_threshold[kind] + 0.5)
        return [Found(kind, clause) for clause, kind in np.argwhere(scores > w.lure_threshold).tolist()]

    def _locate(self, reading: Reading, kind: int, low: int, high: int) -> tuple[int, int]:
        """Return the stretch of a clause that speaks most for a lure: the run of characters of the largest sum."""
        text = reading.folded.text
        edges = np.zeros(high - low + 2)
        part = reading.grams[slice(*np.searchsorted(reading.grams[:, 1], (low, high)))]
        part = part[part[:, 2] <= high + 1]
        if len(part):
            each = self.weights.lure_weight[part[:, 0], kind] * self.weights.idf[part[:, 0]].astype(np.float64)
            each /= part[:, 2] - part[:, 1]
            np.add.at(edges, part[:, 1] - low, each)
            np.add.at(edges, part[:, 2] - low, -each)
        gain = np.cumsum(edges)[: high - low]
        top = float(gain.max(initial=0.0))
        best_span = _best_run(gain - top * 0.1) if top > 0 else (0, high - low)
        start, end = low + best_span[0], low + best_span[1]
        for found, a, b in reading.phrases:
            if found == kind and low <= a and b <= high + 1:
                start, end = (min(start, int(a)), max(end, int(b))) if top > 0 else (int(a), int(b))
        while start > low and text[start - 1] != " " and text[start - 1].isalnum() and text[start].isascii():
            start -= 1
        while end < high and text[end] != " " and text[end].isalnum() and text[end - 1].isascii():
            end += 1
        return start, end

    # scoring

    def score(self, text: str, *, base_rate: float | None = None) -> Assessment:
        """Score one text.

        `base_rate` is the share of risky messages in the caller's stream, in (0, 1); by default the one the model is
        calibrated for (0.5). Raises InvalidTextError when `text` is not a `str` or has nothing in it to read.
        """
        if not isinstance(text, str):
            raise InvalidTextError(f"expected a str to score, got {type(text).__name__}")
        prior = self.prior(base_rate)
        return self._explain(text, self._decide(text), prior)

    def log_odds(self, text: str) -> float:
        """Return what `score` adds up, at the model's own base rate, without saying why: for measuring on many texts."""
        return self._decide(text).log_odds

    def _decide(self, text: str, language: str | None = None) -> Decision:
        """Read a text (in a language, if it is known already), find its lures, and choose the run whose sum is largest."""
        reading = self.read(text)
        if not reading.folded.text.strip():
            raise InvalidTextError("expected a text with something to read, got one that is empty or blank")
        w = self.weights
        tones = self.run_tones(reading)
        found = self.find_lures(reading, tones)
        first, last = self._riskiest(reading, tones, found)
        bag = self.bag(reading, reading.clauses[first][0], reading.clauses[last][1])
        inside = [i for i, f in enumerate(found) if first <= f.clause <= last]
        kinds = {found[i].kind for i in inside}
        total = w.tone_weight * self.tone(bag) + float(w.kind_weight[sorted(kinds)].sum() + w.pair_weight[self.active_pairs(kinds)].sum())
        language = language or identify(text)
        reason = self._unsupported(reading.folded, language)
        plea = any(map(self.is_plea, self._window_bags(reading)))
        added = self._correction(total, language, reason)
        log_odds = w.intercept + total + sum(value for _, value in added)
        return Decision(reading, bag, found, inside, plea, language, reason, added, log_odds)

    def _riskiest(self, reading: Reading, tones: Sequence[NDArray[np.float64]], found: Sequence[Found]) -> tuple[int, int]:
        """Return the first and last clause of the run whose tone, lures and combinations have the largest sum."""
        if len(reading.runs) == 1:
            return 0, len(reading.clauses) - 1
        w = self.weights
        clause = [f.clause for f in found]
        best, top = (0, 0), -math.inf
        for (first, near, far), each in zip(reading.runs, tones, strict=True):
            come: dict[int, int] = {}
            for i in range(bisect_left(clause, first), bisect_right(clause, far)):
                come.setdefault(found[i].kind, clause[i] - first)
            added = np.zeros(far - first + 1)
            for kind, at in come.items():
                added[at] += w.kind_weight[kind]
            for pair in self.active_pairs(set(come)):
                a, b = self._pair_list[pair]
                added[max(come[a], come[b])] += w.pair_weight[pair]
            totals = w.tone_weight * each + np.cumsum(added)[near - first :]
            last = int(np.argmax(totals))
            if totals[last] > top:
                best, top = (first, near + last), float(totals[last])
        return best

    def _correction(self, total: float, language: str | None, reason: str | None) -> list[tuple[str, float]]:
        """Return what must be added to the sum so that nothing unknown is called low, and nothing overflows."""
        added: list[tuple[str, float]] = []
        total += self.weights.intercept
        if reason:
            foreign = language is not None and language not in self.languages
            floor = _log_odds(self.manifest["thresholds"]["elevated"]["risk"] if foreign else UNKNOWN)
            if total < floor:
                added.append(("not supported", floor - total + 1e-6))
                total = floor
        if abs(total) > LIMIT:
            added.append(("limit", math.copysign(LIMIT, total) - total))
        return added

    def active_pairs(self, kinds: set[int]) -> list[int]:
        """Return the numbers of the combinations whose two lures are both in `kinds`."""
        known = self._pair_numbers
        return sorted(known[pair] for pair in combinations(sorted(kinds), 2) if pair in known)

    @cached_property
    def _pair_numbers(self) -> dict[tuple[int, int], int]:
        return {(min(pair), max(pair)): i for i, pair in enumerate(self._pair_list)}

    @cached_property
    def _pair_list(self) -> list[tuple[int, int]]:
        return [(int(a), int(b)) for a, b in self.weights.pairs]

    def _explain(self, text: str, decision: Decision, prior: float) -> Assessment:
        w, reading, found, bag = self.weights, decision.reading, decision.found, decision.bag
        located = [self._locate(reading, f.kind, *reading.clauses[f.clause]) for f in found]
        spans = [reading.folded.span(start, end) for start, end in located]
        places: dict[int, tuple[int, int]] = {}
        for i in sorted(decision.inside, key=located.__getitem__):
            places.setdefault(found[i].kind, spans[i])
        terms: list[Term] = []
        share: dict[int, float] = {}
        for kind in sorted(places):
            share[kind] = float(w.kind_weight[kind])
            terms.append(Term(self.kinds[kind].id, share[kind], *places[kind]))
        for pair in self.active_pairs(set(places)):
            a, b = self._pair_list[pair]
            value = float(w.pair_weight[pair])
            start, end = min(places[a][0], places[b][0]), max(places[a][1], places[b][1])
            terms.append(Term(f"{self.kinds[a].id} + {self.kinds[b].id}", value, start, end))
            share[a] += value / 2
            share[b] += value / 2
        each = w.tone_weight * w.weight[bag.ids].astype(np.float64) * bag.values
        patterns, span = self.patterns, reading.folded.span
        listed = zip(bag.ids.tolist(), each.tolist(), bag.starts.tolist(), bag.ends.tolist(), strict=True)
        terms += [Term(patterns[i], weight, *span(start, end)) for i, weight, start, end in listed if weight]
        said = {i: float(each[(bag.starts >= located[i][0] - 1) & (bag.ends <= located[i][1] + 1)].sum()) for i in decision.inside}
        terms += [Term(name, value, 0, len(text)) for name, value in decision.correction]
        terms.sort(key=lambda t: -abs(t.weight))
        shift = _log_odds(prior) - _log_odds(float(self.manifest["base_rate"]))
        own = math.fsum([w.intercept, *(t.weight for t in terms)])
        if abs(own + shift) > LIMIT:
            shift = math.copysign(LIMIT, own + shift) - own
        intercept = w.intercept + shift
        counts = Counter(found[i].kind for i in decision.inside)
        lures = [
            Lure(
                k.id, k.title, k.why, k.harm, *spans[i], text[slice(*spans[i])],
                share[f.kind] / counts[f.kind] + said[i] if i in said else 0.0,
            )
            for i, f in enumerate(found) for k in [self.kinds[f.kind]] if k.is_lure and spans[i][1] > spans[i][0]
        ]  # fmt: skip
        lures.sort(key=lambda lure: (lure.start, lure.end, lure.kind))
        return Assessment(
            risk=_sigmoid(math.fsum([intercept, *(t.weight for t in terms)])),
            level=self.level(own),
            lures=tuple(lures),
            terms=tuple(terms),
            intercept=intercept,
            language=decision.language,
            supported=decision.reason is None,
            reason=decision.reason,
            model_id=self.id,
            base_rate=prior,
            text=text,
            plea=decision.plea,
        )

    def level(self, log_odds: float) -> Level:
        """Return the level of a log-odds at the model's own base rate."""
        reached = [name for name in LEVELS[1:] if log_odds >= _log_odds(self.manifest["thresholds"][name]["risk"])]
        return reached[-1] if reached else "low"

    @property
    def languages(self) -> tuple[str, ...]:
        """BCP 47 tags of the languages the model was trained for."""
        return tuple(self.manifest["languages"])

    def _unsupported(self, folded: Folded, language: str | None) -> str | None:
        if letters(folded.text) < TOO_LITTLE:
            return "too little text to judge"
        if language is None:
            return "the language could not be recognized"
        if language not in self.languages:
            return f"the model was not trained for the language {language!r}"
        return None

    def score_many(self, texts: Iterable[str | None], *, n_jobs: int = 1, base_rate: float | None = None) -> list[Assessment]:
        """Score many texts, in order. What is not a text (None, NaN, blank) gives risk NaN and level None, the others go on.

        `n_jobs` processes share the work (joblib; -1 for one per core).
        """
        if isinstance(texts, str):
            raise InvalidTextError("expected several texts, got one str: use score, or put it into a list")
        prior = self.prior(base_rate)
        texts = list(texts)
        if n_jobs == 1 or len(texts) < 2 * _CHUNK:
            return [self.score_or_not(t, prior) for t in texts]
        from joblib import Parallel, delayed

        size = max(_CHUNK, min(4000, len(texts) // 8))
        chunks = [texts[i : i + size] for i in range(0, len(texts), size)]
        work = Parallel(n_jobs=n_jobs)(delayed(self.score_many)(chunk, base_rate=prior) for chunk in chunks)
        return [assessment for chunk in work for assessment in chunk]

    def score_or_not(self, text: object, prior: float) -> Assessment:
        """Score a text; what can't be scored gives an assessment that says so."""
        try:
            return self.score(text, base_rate=prior)  # type: ignore[arg-type]
        except InvalidTextError:
            return Assessment.unreadable(self.id, prior)

    def prior(self, base_rate: float | None) -> float:
        """Return the base rate to score for. Raises InvalidDataError when it is not between 0 and 1."""
        if base_rate is None:
            return float(self.manifest["base_rate"])
        if isinstance(base_rate, bool) or not isinstance(base_rate, int | float) or not 0 < base_rate < 1:
            raise InvalidDataError(f"expected a base_rate between 0 and 1, got {base_rate!r}")
        return float(base_rate)

    def to_sklearn(self) -> Pipeline:
        """Return a fitted scikit-learn pipeline with the same probabilities: `predict_proba(texts)[:, 1]` is the risk."""
        from scamrisk.estimator import pipeline_of

        return pipeline_of(self)

    # saving and loading

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the model as a folder, completely or not at all, and return its path.

        Raises InvalidModelError when something is there already and `overwrite` is False, or when it can't be written.
        """
        target = Path(path)
        if target.exists() and not overwrite:
            raise InvalidModelError(f"{target} exists already; choose another path or allow overwriting")
        fresh: Path | None = None
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
            self._write(fresh)
            old = fresh.with_name(fresh.name + "-old")
            if target.exists():
                target.rename(old)
            fresh.rename(target)
            shutil.rmtree(old, ignore_errors=True)
        except OSError as error:
            raise InvalidModelError(f"{target} can't be written: {error.strerror or error}") from None
        finally:
            if fresh is not None:
                shutil.rmtree(fresh, ignore_errors=True)
        return target

    def _write(self, folder: Path) -> None:
        folder.chmod(0o755)
        _write_gz(folder / "vocabulary.txt.gz", "\n".join(self.patterns) + "\n")
        _write_gz(folder / "concepts.json.gz", json.dumps(self.words, ensure_ascii=False, indent=0))
        kinds = [{"id": k.id, "title": k.title, "why": k.why, "harm": k.harm, "phrases": list(k.phrases)} for k in self.kinds]
        _write_gz(folder / "kinds.json.gz", json.dumps(kinds, ensure_ascii=False, indent=0))
        (folder / "MODEL_CARD.md").write_text(self.card or f"# {self.id}\n", encoding="utf-8")
        arrays: dict[str, Any] = {name: np.asarray(getattr(self.weights, name)) for name in _ARRAYS}
        np.savez_compressed(folder / "weights.npz", **arrays)
        manifest = {**self.manifest, "format": FORMAT, "sha256": {name: _sha256(folder / name) for name in _FILES}}
        (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def features_of(model: Model, text: str, language: str | None = None) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the features of a text as `to_sklearn` numbers them: patterns, lures, pairs, correction.

    `language` is what `identify` says of it, where that is known already.
    """
    decision = model._decide(text, language)
    kinds = {decision.found[i].kind for i in decision.inside}
    v, k = len(model.patterns), len(model.kinds)
    lures = [v + kind for kind in sorted(kinds)] + [v + k + pair for pair in model.active_pairs(kinds)]
    extra = sum(value for _, value in decision.correction)
    ids = np.concatenate([decision.bag.ids, np.array([*lures, v + k + len(model.weights.pairs)], np.int64)])
    return ids, np.concatenate([decision.bag.values, np.ones(len(lures)), [extra]])


def _dot(bag: Bag, weights: NDArray[np.float32]) -> float:
    """Return the sum of the weights of the patterns of a bag, each times its value."""
    return float(weights[bag.ids].astype(np.float64) @ bag.values)


def _best_run(gain: NDArray[np.float64]) -> tuple[int, int]:
    """Return the half-open stretch of the largest sum."""
    sums = np.concatenate([[0.0], np.cumsum(gain)])
    lowest = np.minimum.accumulate(sums)
    end = int(np.argmax(sums - lowest))
    return int(np.argmin(sums[: end + 1])), end


def _write_gz(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))


def _read_gz(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode("utf-8")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _log_odds(p: float) -> float:
    return math.log(p / (1 - p))


def shipped_path() -> Path:
    """Return the folder of the model that comes with the library: in the installed package, else in the repository."""
    here = Path(__file__).resolve().parent
    for root in (here / "models", here.parent / "models"):
        folders = sorted(p for p in root.glob("*") if (p / "manifest.json").is_file()) if root.is_dir() else []
        if folders:
            return folders[-1]
    raise InvalidModelError(f"no model found in {here / 'models'} or {here.parent / 'models'}: reinstall scamrisk")


@lru_cache(maxsize=4)
def _load(path: Path, _: int) -> Model:
    if not path.is_dir():
        raise InvalidModelError(f"{path} is not a model folder (expected a folder with a manifest.json)")
    try:
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
        number = manifest["format"]
        if number not in (1, FORMAT):
            raise InvalidModelError(f"{path} has model format {number}; this version of scamrisk reads formats 1 to {FORMAT}")
        for name in _FILES:
            if _sha256(path / name) != manifest["sha256"][name]:
                raise InvalidModelError(f"{path / name} is damaged or was changed: its checksum is not the one in manifest.json")
        patterns = _read_gz(path / "vocabulary.txt.gz").removesuffix("\n").split("\n")
        words = {str(w): [str(c) for c in cs] for w, cs in json.loads(_read_gz(path / "concepts.json.gz")).items()}
        kinds = tuple(
            Kind(k["id"], k["title"], k["why"], k["harm"], tuple(k["phrases"])) for k in json.loads(_read_gz(path / "kinds.json.gz"))
        )
        with np.load(path / "weights.npz", allow_pickle=False) as arrays:
            numbers: dict[str, Any] = {"ad_weight": np.zeros(len(patterns), np.float32), "ad_intercept": -1.0} if number == 1 else {}
            numbers |= {name: arrays[name] for name in _ARRAYS if name not in numbers}
        for name in ("intercept", "tone_weight", "plea_intercept", "ad_intercept"):
            numbers[name] = float(numbers[name])
        weights = Weights(**numbers)
        _check_shapes(weights, len(patterns), len(kinds))
        return Model(manifest, patterns, words, kinds, weights, (path / "MODEL_CARD.md").read_text(encoding="utf-8"))
    except InvalidModelError:
        raise
    except (OSError, EOFError, zlib.error, KeyError, TypeError, ValueError) as error:
        raise InvalidModelError(f"{path} can't be read as a model: {type(error).__name__}: {error}") from error


def _check_shapes(w: Weights, v: int, k: int) -> None:
    expected = {"idf": (v,), "weight": (v,), "plea_weight": (v,), "ad_weight": (v,), "lure_weight": (v, k), "kind_weight": (k,), "lure_scale": (k,), "lure_phrase": (k,),
                "lure_context": (k,), "lure_intercept": (k,), "lure_threshold": (k,)}  # fmt: skip
    for name, shape in expected.items():
        if getattr(w, name).shape != shape:
            raise InvalidModelError(f"{name} has shape {getattr(w, name).shape}, expected {shape}")


def load(path: str | os.PathLike[str] | None = None) -> Model:
    """Load a model folder; without `path` the one that comes with the library. Loaded models are kept.

    Raises InvalidModelError when the folder is missing, damaged, or of a format this version can't read.
    """
    folder = shipped_path() if path is None else Path(path)
    manifest = folder / "manifest.json"
    return _load(folder.resolve(), manifest.stat().st_mtime_ns if manifest.is_file() else 0)


def folded_phrases(phrases: Iterable[str]) -> tuple[str, ...]:
    """Fold phrases for a `Kind`, each once, without those that fold to nothing."""
    return tuple(sorted({f for f in map(fold_phrase, phrases) if f.strip()}))


def folded_words(words: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Fold the words of a concept dictionary for `Model.words`; a word that ends in "*" is open at its end."""
    folded: dict[str, set[str]] = {}
    for word, concepts in words.items():
        plain = fold_phrase(word.rstrip("*"))
        plain = plain.rstrip(" ") if word.endswith("*") else plain
        if plain.strip():
            folded.setdefault(plain, set()).update(concepts)
    return {word: sorted(concepts) for word, concepts in sorted(folded.items())}
