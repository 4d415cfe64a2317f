"""Folding: one plain form for the many ways a text can be written, with a map back to the text as given.

Folding undoes disguises (look-alike letters, full-width and styled letters, invisible characters, separators inside
words, leetspeak), unifies what carries no risk by itself (case, diacritics of Latin letters, Traditional and Simplified
characters, digits, contacts) and marks where clauses end. Every folded character knows the half-open range of original
characters it stands for, so whatever is found in the folded text can be quoted from the original.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace

from scamrisk.amounts import Amount, find_amounts
from scamrisk.chardata import CONFUSABLE, LATIN, SIMPLIFIED, TRADITIONAL

URL, MESSENGER, EMAIL, HANDLE, PHONE, IDENTIFIER = "\ue000\ue001\ue002\ue003\ue004\ue005"
"""Private-use characters that stand for a contact in the folded text, so that no contact is ever learned by heart."""

BREAK = "\n"

CJK = "\u3400-\u4dbf\u4e00-\u9fff\u3041-\u30ff\uf900-\ufaff々"
UNSPACED = CJK + "\u0e01-\u0e5b\u0e81-\u0eff\u1000-\u109f\u1780-\u17ff"
"""Character classes of the scripts that put no spaces between words (Han, kana, Thai, Lao, Burmese, Khmer)."""

_T2S = dict(zip(TRADITIONAL, SIMPLIFIED, strict=True))
_CONFUSABLE = dict(zip(CONFUSABLE, LATIN, strict=True))
_STROKED = {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "ƀ": "b", "ɨ": "i"}
_QUOTES = "\"'`´“”„‟‘’‚‛«»‹›「」『』〝〞＂"
_SENTENCE_END = "\n\r\v\f\x85\u2028\u2029。！？；…।။၊៕។・•●◆■★☆▪◾►▶➤➜→✅✔☑❗❓✨🔥📌👉💥⭐🌟🔴🔹🔸|｜"
_CLAUSE_END = "，、："
_KEPT = set("%+/$€£¥₱฿₫₹₩₽₭៛&#")
_MARKS = ((0x0300, 0x036F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20F0), (0xFE20, 0xFE2F))
_VARIATION = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF), (0x1F3FB, 0x1F3FF), (0x180B, 0x180F))


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text and its map: `text[i]` stands for the original characters `starts[i]:ends[i]`.

    `breaks` are the positions in `text`, ascending, at which a clause ends; `disguised` the half-open ranges of `text`
    whose spelling hid the words: look-alike letters, invisible characters or separators inside a word, digits for letters.
    `amounts` are the amounts of money, with their place in `text`, where their digits read 0.
    """

    text: str
    starts: list[int]
    ends: list[int]
    breaks: list[int]
    disguised: list[tuple[int, int]]
    amounts: list[Amount]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original half-open range of the folded range `start:end`, without white space at its edges."""
        while start < end and self.text[start] == " ":
            start += 1
        while end > start and self.text[end - 1] == " ":
            end -= 1
        if start >= end:
            at = self.starts[min(start, len(self.starts) - 1)]
            return at, at
        return self.starts[start], self.ends[end - 1]


def _in(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= code <= high for low, high in ranges)


def _styled(code: int) -> str | None:
    """Return the letter of a squared or circled capital that NFKC leaves alone."""
    for first in (0x1F150, 0x1F170):
        if first <= code < first + 26:
            return chr(ord("a") + code - first)
    return None


def _fold_character(char: str) -> str:
    """Fold one character without looking at its neighbors: "" when it is invisible, " " when it only separates."""
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF or 0xE000 <= code <= 0xF8FF:
        return "\ufffd"
    if char in _SENTENCE_END or char in _CLAUSE_END:
        return BREAK
    if char in _QUOTES:
        return '"'
    if char in _KEPT or (char.isascii() and char.isalnum()):
        return char.lower()
    if _in(code, _MARKS) or _in(code, _VARIATION):
        return ""
    category = unicodedata.category(char)
    if category == "Cf" or char in "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0":
        return ""
    if category == "Cc" or category.startswith("Z"):
        return " "
    if letter := _styled(code):
        return letter
    if category == "Nd":
        return str(unicodedata.decimal(char))
    plain = unicodedata.normalize("NFKC", char)
    if plain != char:
        return "".join(_CHARACTERS.fold(c) for c in plain) if len(plain) > 1 or plain not in _CHARACTERS else _CHARACTERS[plain]
    if category in ("Lu", "Lt"):
        return "".join(_fold_character(c) if c != char else c for c in char.casefold())
    if char in _STROKED:
        return _STROKED[char]
    base = unicodedata.normalize("NFD", char)
    if len(base) > 1 and _in(ord(base[1]), _MARKS):
        return _CHARACTERS.fold(base[0])
    if category[0] == "P":
        return char if char == "@" else " "
    if category[0] == "S":
        return " " if code < 0x2000 else f" {char} "
    return _T2S.get(char, char)


class _Characters(dict[str, str]):
    """Remembers what each character folds to; there are as many entries as distinct characters seen."""

    def fold(self, char: str) -> str:
        return self[char]

    def __missing__(self, char: str) -> str:
        folded = _fold_character(char)
        self[char] = folded
        return folded


_CHARACTERS = _Characters()
_CHARACTERS.update({c: c for c in ".-_*~@'!?,;:="})
_CHARACTERS["’"] = "'"


class _Mapped:
    """A text being folded, with its map, and the ranges of the original that were found to be disguised."""

    __slots__ = ("disguised", "ends", "starts", "text")

    def __init__(self, text: str, starts: list[int], ends: list[int]) -> None:
        self.text, self.starts, self.ends = text, starts, ends
        self.disguised: list[tuple[int, int]] = []

    def sub(self, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str], *, undo: bool = False) -> None:
        """Replace each match; a replacement of equal length keeps its map, another stands for the whole match.

        `undo` says that a change undoes a disguise.
        """
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for match in pattern.finditer(self.text):
            new, (a, b) = replace(match), match.span()
            if new == match[0]:
                continue
            if undo:
                self.disguised.append((self.starts[a], self.ends[b - 1]))
            pieces += (self.text[done:a], new)
            starts += self.starts[done:a]
            ends += self.ends[done:a]
            if len(new) == b - a:
                starts += self.starts[a:b]
                ends += self.ends[a:b]
            else:
                starts += [self.starts[a]] * len(new)
                ends += [self.ends[b - 1] if b > a else self.starts[a]] * len(new)
            done = b
        if pieces:
            self.text = "".join([*pieces, self.text[done:]])
            self.starts = starts + self.starts[done:]
            self.ends = ends + self.ends[done:]

    def drop(self, pattern: re.Pattern[str], inside: re.Pattern[str] | None = None, *, undo: bool = False) -> None:
        """Delete what `pattern` matches, or only what `inside` matches within it, and keep the map of the rest."""
        gone: set[int] = set()
        for match in pattern.finditer(self.text):
            if undo:
                self.disguised.append((self.starts[match.start()], self.ends[match.end() - 1]))
            for part in [match] if inside is None else inside.finditer(self.text, *match.span()):
                gone.update(range(*part.span()))
        if gone:
            kept = [i for i in range(len(self.text)) if i not in gone]
            self.text = "".join(self.text[i] for i in kept)
            self.starts = [self.starts[i] for i in kept]
            self.ends = [self.ends[i] for i in kept]


_WORD = re.compile(r"[^\W\d_]+")
_IS_LATIN = re.compile(r"[a-z]")
_IS_OTHER = re.compile(
    r"[\u0370-\u03ff\u0400-\u04ff\u0530-\u058f\u13a0-\u13ff\ua4d0-\ua4ff\u2c80-\u2cff\u0180-\u024f\u0250-\u02af\u1d00-\u1dbf\ua720-\ua7ff\uab30-\uabbf]"
)
_SPLIT_LATIN = re.compile(r"(?<![^\W\d_])(?!.\n)[a-z]([ .\-_*~'/]{1,2})[a-z](?:\1[a-z]){2,}(?!\w)")
_SPLIT_CJK = re.compile(rf"(?<=[{CJK}])[ .\-_*~'/]+(?=[{CJK}])")
_SPLIT_SINGLES = re.compile(rf"(?<![{CJK}])[{CJK}]([ .\-_*~'/]{{1,2}})[{CJK}](?:\1[{CJK}]){{2,}}(?![{CJK}])")
_SPLIT_MARKED = re.compile(
    r"(?:(?<![\u0e01-\u0e5b])[\u0e01-\u0e5b][\u0e31-\u0e3a\u0e47-\u0e4e]*([ .\-_*~])(?:[\u0e01-\u0e5b][\u0e31-\u0e3a\u0e47-\u0e4e]*\1){2,}[\u0e01-\u0e5b][\u0e31-\u0e3a\u0e47-\u0e4e]*(?![\u0e01-\u0e5b]))"
    r"|(?:(?<![\u0e81-\u109f\u1780-\u17ff\u0900-\u097f])[\u0e81-\u109f\u1780-\u17ff\u0900-\u097f]{1,3}([.\-_*~])(?:[\u0e81-\u109f\u1780-\u17ff\u0900-\u097f]{1,3}\2){4,}[\u0e81-\u109f\u1780-\u17ff\u0900-\u097f]{1,3}(?![\u0e81-\u109f\u1780-\u17ff\u0900-\u097f]))"
)
_INVISIBLE_INSIDE = re.compile(
    r"(?<=[A-Za-z\u00c0-\u024f\u0400-\u04ff\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af])[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]+\w"
)
_SEPARATOR = re.compile(r"[ .\-_*~'/]+")
_LEET = re.compile(
    r"(?<![a-z0-9@$])(?:0(?=[a-z]{3})|[a-z])(?:[a-z]|[013457@$](?=[a-z])|(?<=[a-z][a-z])[013@$](?![a-z0-9@$.]))+(?![a-z0-9@$])"
)
_LEET_LETTERS = str.maketrans("013457@$", "oieastas")
_URL = re.compile(
    r"(?:https?\s?:?\s?//|www\.)[^\s]+|\b[a-z0-9][a-z0-9\-]*(?:\.[a-z0-9\-]+)*\.(?:com|net|org|cn|me|ly|io|co|info|top|xyz|vip|club|app|link|site|online|shop|cc|gg|in|ph|my|id|vn|th|hk|tw|sg|uk|us|ru)\b(?:/[^\s]*)?"
)
_MESSENGER = re.compile(
    r"^(?:https?\W+)?(?:www\.)?(?:t\.me|wa\.me|telegram\.me|line\.me|lin\.ee|zalo\.me|m\.me|chat\.whatsapp\.com|signal\.me|discord\.gg)\b"
)
_EMAIL = re.compile(r"[a-z0-9][\w.+\-]*@[a-z0-9\-]+(?:\.[a-z0-9\-]+)+")
_HANDLE = re.compile(r"(?<![\w@])@\s?[a-z0-9_][\w.]*")
_PHONE = re.compile(r"(?<![\w$¥€£₱฿₫₹₩₽/])\+?\d(?:[ .,\-]{0,2}\d){7,16}(?![\w%])")
_MONEY_LIKE = re.compile(
    r"^\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?$|^(?:19|20)\d\d[ .\-]\d\d?[ .\-]\d\d?$|^\d{2,6} ?- ?\d{2,6}$|^\d{1,3}(?:[.,]\d{3})* ?- ?\d{1,3}(?:[.,]\d{3})+$|^\d{2,5}(?: \d{2,5}){1}$"
)
_CODES = "rm|rp|rs|php|usd|usdt|sgd|myr|idr|inr|vnd|thb|hkd|twd|nt|ntd|aed|eur|gbp|cny|rmb|jpy|krw|ksh|kes|tsh|tzs|mmk|khr|lak|btc"
_UNITS = f"{_CODES}|k|jt|rb|tr|trieu|ribu|juta|baht|won|yen|pesos?|hrs?|days?"
_AMOUNT = re.compile(rf"(?<![a-z0-9@_])(?:{_CODES}|p(?=\d[\d.,]{{2}}))(?=\d)|(?<=\d)(?=(?:{_UNITS})(?![a-z0-9_]))")
_IDENTIFIER = re.compile(r"(?<!\w)(?=[a-z_.\-]*\d[a-z_.\-]*\d|[a-z]+[_][a-z])[a-z][a-z0-9_.\-]{4,}(?<![.\-])(?!\w)")
_THOUSANDS = re.compile(r"(?<=\d)[.,](?=\d{3}(?!\d))|(?<=\d) (?=000(?!\d))")
_DECIMAL = re.compile(r"(?<=\d)\.\d+")
_DIGITS = re.compile(r"\d+")
_APOSTROPHE = re.compile(r"(?<=[a-z])['\"](?=[a-z])")
_CLAUSE = re.compile(r"[!?;:,]+|\.(?= |$|\n)")
_PUNCTUATION = re.compile(r"[.\-_*~'@=]+")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_SPACES = re.compile(r"[ \n]*\n[ \n]*| {2,}")
_EDGES = re.compile(r"\A[ \n]+|[ \n]+\Z")
_CJK_SPACE = re.compile(rf"(?<=[{CJK}]) (?=[{CJK}])")


def _latin_look(word: str) -> str | None:
    """Return `word` with its look-alike letters as ASCII letters, None when a letter looks like none."""
    letters = [c if "a" <= c <= "z" else _CONFUSABLE.get(c) for c in word]
    return None if None in letters else "".join(c for c in letters if c)


def _undo_homoglyphs(text: _Mapped, original: str) -> None:
    """Write words in look-alike letters of another script in Latin letters, where Latin is what the text is in."""
    if not _IS_OTHER.search(text.text):
        return
    latin, other = len(_IS_LATIN.findall(text.text)), len(_IS_OTHER.findall(text.text))

    def replace(match: re.Match[str]) -> str:
        word = match[0]
        foreign = _IS_OTHER.findall(word)
        if not foreign or (not _IS_LATIN.search(word) and latin < other):
            return word
        upper = [original[text.starts[match.start() + i]] for i in range(len(word))]
        looked = [u if u in _CONFUSABLE and _IS_OTHER.match(u) else c for u, c in zip(upper, word, strict=True)]
        return _latin_look("".join(looked)) or word

    text.sub(_WORD, replace, undo=True)


def _characters(text: str) -> _Mapped:
    """Fold character by character; where the text is not composed, cluster by cluster."""
    folds = _CHARACTERS
    pieces = [folds[c] for c in text]
    composed = unicodedata.is_normalized("NFC", text)
    if not composed:
        at = 0
        size = len(text)
        while at < size:
            end = at + 1
            while end < size and (unicodedata.combining(text[end]) or "\u1160" <= text[end] <= "\u11ff"):
                end += 1
            if end - at > 1:
                cluster = unicodedata.normalize("NFC", text[at:end])
                if cluster != text[at:end]:
                    pieces[at] = "".join(folds[c] for c in cluster)
                    pieces[at + 1 : end] = [""] * (end - at - 1)
            at = end
    if set(map(len, pieces)) == {1}:
        return _Mapped("".join(pieces), list(range(len(pieces))), list(range(1, len(pieces) + 1)))
    starts: list[int] = []
    ends: list[int] = []
    for i, piece in enumerate(pieces):
        if len(piece) == 1:
            starts.append(i)
            ends.append(i + 1)
        elif piece:
            starts += [i] * len(piece)
            ends += [i + 1] * len(piece)
    return _Mapped("".join(pieces), starts, ends)


def _mask_phone(match: re.Match[str]) -> str:
    number = match[0]
    return number if _MONEY_LIKE.match(number) else f" {PHONE} "


def fold(text: str) -> Folded:
    """Fold `text` (any `str`, lone surrogates included) in time linear in its length.

    The result begins and ends with a space, so that a word at an edge has the same surroundings as any other.
    """
    m = _characters(text)
    m.disguised += [match.span() for match in _INVISIBLE_INSIDE.finditer(text)]
    _undo_homoglyphs(m, text)
    m.drop(_SPLIT_LATIN, _SEPARATOR, undo=True)
    m.drop(_SPLIT_SINGLES, _SEPARATOR, undo=True)
    m.drop(_SPLIT_CJK)
    m.drop(_SPLIT_MARKED, _SEPARATOR, undo=True)
    m.sub(_EMAIL, lambda _: f" {EMAIL} ")
    m.sub(_URL, lambda k: f" {MESSENGER if _MESSENGER.match(k[0]) else URL} ")
    m.sub(_HANDLE, lambda _: f" {HANDLE} ")
    m.sub(_AMOUNT, lambda k: f"{k[0]} ")
    m.sub(_LEET, lambda k: k[0].translate(_LEET_LETTERS), undo=True)
    m.sub(_PHONE, _mask_phone)
    m.sub(_IDENTIFIER, lambda _: f" {IDENTIFIER} ")
    amounts = [(m.starts[a.start], m.ends[a.end - 1], a) for a in find_amounts(m.text)]
    m.drop(_THOUSANDS)
    m.drop(_DECIMAL)
    m.sub(_DIGITS, lambda k: "0" * min(len(k[0]), 9))
    m.drop(_APOSTROPHE)
    m.sub(_CLAUSE, lambda _: BREAK)
    m.sub(_PUNCTUATION, lambda _: " ")
    m.sub(_REPEATED, lambda k: k[1] * 2)
    m.sub(_SPACES, lambda k: BREAK if BREAK in k[0] else " ")
    m.drop(_CJK_SPACE)
    m.drop(_EDGES)
    breaks = [i + 1 for i, c in enumerate(m.text) if c == BREAK]
    size = len(text)
    starts = [0, *m.starts, size]

    def place(a: int, b: int) -> tuple[int, int]:
        return bisect_left(starts, a, 1), bisect_left(starts, b, 1)

    hidden = [(a, b) for a, b in (place(*span) for span in sorted(m.disguised)) if a < b]
    paid = [replace(amount, start=a, end=b) for a, b, amount in ((*place(a, b), amount) for a, b, amount in amounts) if a < b]
    return Folded(f" {m.text.replace(BREAK, ' ')} ", starts, [0, *m.ends, size], breaks, hidden, paid)


def fold_phrase(phrase: str) -> str:
    """Fold a phrase for searching: bounded by spaces where its script writes them, bare elsewhere."""
    folded = re.sub(" +", " ", fold(phrase).text)
    bare = folded.strip()
    if not bare:
        return ""
    left = "" if re.match(f"[{UNSPACED}]", bare[0]) else " "
    right = "" if re.match(f"[{UNSPACED}]", bare[-1]) else " "
    return f"{left}{bare}{right}"
