"""Which language a text is in: by script where a script says it, by py3langid where several languages share one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from scamrisk.chardata import SIMPLIFIED, TRADITIONAL

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_SCRIPTS = {
    "Han": r"\u3400-\u9fff",
    "Kana": r"\u3041-\u30ff",
    "Hangul": r"\uac00-\ud7af\u1100-\u11ff",
    "Thai": r"\u0e01-\u0e5b",
    "Lao": r"\u0e81-\u0eff",
    "Myanmar": r"\u1000-\u109f",
    "Khmer": r"\u1780-\u17ff",
    "Devanagari": r"\u0900-\u097f",
    "Cyrillic": r"\u0400-\u04ff",
    "Latin": r"A-Za-z\u00c0-\u024f\u1e00-\u1eff",
    "other": r"\u0530-\u08ff\u0980-\u0dff\u0f00-\u0fff\u10a0-\u10ff\u1200-\u177f\u1800-\u18af",
}
_COUNTERS = {name: re.compile(f"[{span}]") for name, span in _SCRIPTS.items()}
_ONE_LANGUAGE = {"Hangul": "ko", "Thai": "th", "Lao": "lo", "Myanmar": "my", "Khmer": "km", "Kana": "ja"}
_WEIGHT = {"Han": 3, "Kana": 2, "Hangul": 2}
"""A Han character stands for about a word, so a few English letters among them do not make the text English."""
_HANT = set(TRADITIONAL)
_HANS = set(SIMPLIFIED) - _HANT
_NAMES = {"tl": "fil"}
SURE, LIKELY = 0.6, 0.2
"""The probability (py3langid, normalized over languages) from which a guess is believed: a language that recruitment
messages are expected in needs less of it than any other."""
_EXPECTED = {"en", "vi", "id", "ms", "tl", "sw", "es"}


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def letters(text: str) -> int:
    """Count letters, each Han character as three: how much there is to read."""
    return sum(len(c.findall(text)) * _WEIGHT.get(name, 1) for name, c in _COUNTERS.items())


def identify(text: str) -> str | None:
    """Return the BCP 47 tag of the main language of `text`, None when there is too little to tell.

    Chinese is told apart by its characters as "zh-Hans" or "zh-Hant".
    """
    text = text[:4000]
    counts = {name: len(c.findall(text)) * _WEIGHT.get(name, 1) for name, c in _COUNTERS.items()}
    if not any(counts.values()):
        return None
    if counts["Kana"] and counts["Kana"] * 8 >= counts["Han"] and counts["Kana"] + counts["Han"] >= counts["Latin"]:
        return "ja"
    main = max(counts, key=lambda name: counts[name])
    if main == "Han":
        traditional = sum(c in _HANT for c in text)
        return "zh-Hant" if traditional > sum(c in _HANS for c in text) else "zh-Hans"
    if main in _ONE_LANGUAGE:
        return _ONE_LANGUAGE[main]
    tag, probability = _identifier().classify(text.lower() if text.isupper() else text)
    tag = str(tag)
    if main == "Devanagari" and counts[main] < 60:
        return "hi"
    if main == "Cyrillic" and counts[main] < 60:
        return "ru"
    if probability >= (LIKELY if tag in _EXPECTED else SURE) and counts[main] >= 8:
        return _NAMES.get(tag, tag)
    return "en" if main == "Latin" and text.isascii() and counts[main] >= 4 else None
