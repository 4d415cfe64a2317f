"""From a folded text to what the model adds up: every known pattern with its place, in windows and clauses."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

import ahocorasick_rs
import numpy as np

from scamrisk.amounts import PERIODS, concept_of
from scamrisk.normalize import CJK, UNSPACED, Folded

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW = 900
"""Width of a window, and of the longest run of clauses that is judged by itself in a long text."""
AD_WINDOW = 2 * WINDOW
"""Width of the windows in which a long advertisement is read: its parts say little by themselves."""
WHOLE = WINDOW * 4 // 3
"""A text of at most this width is read as a whole."""
LEAST = 120
"""Width of the shortest run of clauses that is judged by itself in a long text."""
CLAUSE = 160
"""Longest clause; without punctuation a clause ends at the next space, or here."""
DENSE = 3
"""A character of a script without spaces counts as this many, because it says about that much more."""

_DENSE = re.compile(f"[{UNSPACED}]")
_CJK = re.compile(f"[{CJK}]")


class Scanner:
    """Finds every occurrence of many patterns in one pass over a text."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._automaton = ahocorasick_rs.AhoCorasick(patterns, store_patterns=False) if len(patterns) else None

    def find(self, text: str) -> NDArray[np.int64]:
        """Return one row `pattern, start, end` for each occurrence, overlapping ones included, by end."""
        if self._automaton is None:
            return np.empty((0, 3), np.int64)
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        return np.fromiter(chain.from_iterable(found), np.int64, 3 * len(found)).reshape(-1, 3)


NEAR = 60
"""How far apart, in widths (see `DENSE`), two concepts may stand to count as a pair."""


class Concepts:
    """Finds words of many languages as the concepts they stand for, and the pairs of concepts that stand near each other.

    `words` gives, for each folded word, its concepts. A word within a longer one that was found is left out.
    """

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        self._scanner = Scanner(list(words))
        self._concepts = list(words.values())

    def find(self, folded: Folded) -> list[tuple[str, int, int]]:
        """Return name, start and end of each concept `<a>` and each pair `<a>+<b>` found in a folded text.

        Words that were written in disguise are the concept `<disguised>` as well, and amounts of money what they are beside
        usual pay: `<pay_high>` where a period stands near, else `<sum_high>`.
        """
        text = folded.text
        found = self._scanner.find(text)
        order = np.lexsort((-found[:, 2], found[:, 1]))
        hits: list[tuple[str, int, int]] = []
        reach = -1
        for word, start, end in found[order].tolist():
            if end <= reach:
                continue
            reach = end
            hits += [(concept, start, end) for concept in self._concepts[word]]
        near = NEAR // DENSE if _DENSE.search(text) else NEAR
        more = [("disguised", start, end) for start, end in folded.disguised]
        for amount in folded.amounts:
            named = [(c == "salary", max(start - amount.end, amount.start - end, 0), c) for c, start, end in hits if c in PERIODS]
            _, _, period = min((n for n in named if n[1] <= near // 3), default=(False, 0, None))
            if concept := concept_of(amount, period):
                more.append((concept, amount.start, amount.end))
        if more:
            hits = sorted([*hits, *more], key=itemgetter(1))
        out = [(f"<{concept}>", start, end) for concept, start, end in hits]
        for i, (a, start, end) in enumerate(hits):
            for b, other, last in hits[i + 1 :]:
                if other > end + near:
                    break
                if a != b:
                    out.append((f"<{a}>+<{b}>" if a < b else f"<{b}>+<{a}>", start, max(end, last)))
        return out


def _widths(text: str) -> list[int]:
    """Return how much each character counts towards the width of a window."""
    return [DENSE if _DENSE.match(c) else 1 for c in text] if _DENSE.search(text) else [1] * len(text)


def clauses(folded: Folded) -> list[tuple[int, int]]:
    """Cut the folded text at clause ends, and where a clause is longer than `CLAUSE`; the parts tile the text."""
    size = len(folded.text)
    cuts = [0, *(b for b in folded.breaks if 0 < b < size), size]
    parts: list[tuple[int, int]] = []
    for low, high in pairwise(cuts):
        at = low
        limit = CLAUSE // DENSE if _DENSE.search(folded.text, at, high) else CLAUSE
        while high - at > limit:
            space = folded.text.find(" ", at + limit // 2, at + limit)
            cut = space if space > 0 else at + limit
            parts.append((at, cut))
            at = cut
        if high > at:
            parts.append((at, high))
    return parts


def reach_of(folded: Folded, parts: Sequence[tuple[int, int]]) -> list[int]:
    """Return the width of the text up to the beginning of each clause, and of all of it: what `runs` and `windows` measure by."""
    widths = _widths(folded.text)
    reach = [0]
    for low, high in parts:
        reach.append(reach[-1] + sum(widths[low:high]))
    return reach


def runs(reach: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return which runs of clauses are judged: for each first clause the nearest and the farthest last one.

    Every run of clauses of a long text that is neither narrower than `LEAST` nor wider than `WINDOW` is judged, so a passage
    is read by itself, however long the text around it is.
    """
    out = []
    for first in range(len(reach) - 1):
        if first and reach[-1] - reach[first] < LEAST:
            break
        near = max(first, bisect_left(reach, reach[first] + LEAST) - 1)
        out.append((first, near, max(near, bisect_right(reach, reach[first] + WINDOW) - 2)))
    return out


def windows(reach: Sequence[int], width: int = WINDOW) -> list[tuple[int, int, int]]:
    """Return overlapping windows as runs of clauses (as `runs` does): one for a short text.

    Each is about `width` wide and shares about two thirds with the next.
    """
    end = len(reach) - 2
    if reach[-1] <= WHOLE:
        return [(0, end, end)]
    out: list[tuple[int, int, int]] = []
    next_start = 0
    for first in range(end + 1):
        if reach[first] < next_start:
            continue
        last = max(first, bisect_right(reach, reach[first] + width) - 2)
        out.append((first, last, last))
        if last == end:
            break
        next_start = reach[first] + width // 3
    return out


def is_concept(pattern: str) -> bool:
    """Return whether a pattern is a concept or a pair of concepts rather than a piece of text."""
    return pattern[0] == "<"


def candidates(folded: Folded, concepts: Concepts) -> set[str]:
    """Return the candidate patterns of a folded text: its n-grams, its concepts and their pairs."""
    return ngrams(folded.text) | {name for name, _, _ in concepts.find(folded)}


def ngrams(text: str) -> set[str]:
    """Return the n-grams of a folded text.

    Words and pairs of words (bounded by spaces) and pieces of words of 3 to 5 characters where words are spaced; runs of
    1 to 5 characters where they are not (2 to 7 in the scripts that build one syllable of several characters).
    """
    found: set[str] = set()
    tokens = text.split()
    previous = ""
    for token in tokens:
        if _DENSE.search(token):
            low, high = (1, 5) if _CJK.search(token) else (2, 7)
            for n in range(low, high + 1):
                found.update(token[i : i + n] for i in range(len(token) - n + 1))
            previous = ""
            continue
        padded = f" {token} "
        found.add(padded)
        if previous:
            found.add(f" {previous}{padded}")
        for n in (3, 4, 5):
            found.update(padded[i : i + n] for i in range(len(padded) - n + 1))
        previous = token
    return found
