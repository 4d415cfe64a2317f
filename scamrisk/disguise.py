"""The ways senders disguise a text, as functions: to vary what the model is trained on and to measure what it withstands.

Each takes a text and a `random.Random` and returns a text that a person reads the same way.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from random import Random

from scamrisk.chardata import SIMPLIFIED, TRADITIONAL

_HOMOGLYPHS = {"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "x": "х", "y": "у", "i": "і", "s": "ѕ", "A": "А", "E": "Е", "O": "О",
               "P": "Р", "C": "С", "T": "Т", "H": "Н", "K": "К", "M": "М", "B": "В"}  # fmt: skip
_LEET = {"a": "@", "e": "3", "i": "1", "o": "0", "s": "$"}
_INVISIBLE = "\u200b\u200c\u200d\u2060\u00ad"
_TO_TRADITIONAL = dict(zip(SIMPLIFIED, TRADITIONAL, strict=True))
_TO_SIMPLIFIED = dict(zip(TRADITIONAL, SIMPLIFIED, strict=True))
EMOJI_WORDS = {
    "money": "💰", "salary": "💰", "pay": "💵", "flight": "✈️", "flights": "✈️", "hotel": "🏨", "food": "🍚", "meals": "🍚", "phone": "📱", "call": "📞",
    "home": "🏠", "house": "🏠", "job": "💼", "work": "💼", "earn": "💰", "gaji": "💰", "uang": "💰", "kerja": "💼", "sahod": "💰", "trabaho": "💼",
    "lương": "💰", "việc": "💼", "机票": "✈️", "機票": "✈️", "飞机": "✈️", "工资": "💰", "高薪": "💰高", "吃住": "🍚🏠", "电话": "📞", "工作": "💼", "เงิน": "💰", "งาน": "💼",
}  # fmt: skip
HOMOPHONES = {
    "微信": "薇信", "加我": "➕我", "电报": "电抱", "柬埔寨": "柬铺寨", "缅北": "面北", "缅甸": "免甸", "高薪": "高心", "博彩": "菠菜", "兼职": "兼zhi", "日结": "rj",
    "刷单": "刷dan", "银行卡": "银行咔", "工资": "工zi", "包吃住": "包c住", "机票": "机piao", "赚钱": "赚米", "佣金": "佣jin", "押金": "丫金", "微信号": "VX号",
    "telegram": "tele gram", "whatsapp": "wassap", "money": "mo ney", "cambodia": "c4mb0dia",
}  # fmt: skip
PADDING = {
    "en": "The weather was mild and the market opened at eight. Children walked to school along the river, and the bus came on time. ",
    "zh": "今天天气很好，市场早上八点开门，孩子们沿着河边走去上学，公交车也准时到站，大家照常买菜做饭。",
    "th": "วันนี้อากาศดี ตลาดเปิดแปดโมงเช้า เด็กๆ เดินไปโรงเรียนริมแม่น้ำ รถเมล์มาตรงเวลา ทุกคนทำกับข้าวตามปกติ ",
}


def _some(text: str, table: dict[str, str], share: float, random: Random) -> str:
    return "".join(table[c] if c in table and random.random() < share else c for c in text)


def homoglyphs(text: str, random: Random) -> str:
    """Write about half of the Latin letters that have one as a look-alike letter of the Cyrillic script."""
    return _some(text, _HOMOGLYPHS, 0.5, random)


def full_width(text: str, random: Random) -> str:
    """Write ASCII letters and digits in full width, or in a mathematical bold."""
    bold = random.random() < 0.5

    def change(c: str) -> str:
        if bold and c.isascii() and c.isalpha():
            return chr(0x1D5D4 + ord(c) - 65) if c.isupper() else chr(0x1D5EE + ord(c) - 97)
        return chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c

    return re.sub(r"(?<![\w./@])[A-Za-z0-9]+(?![\w./@])", lambda m: "".join(map(change, m[0])), text)


def invisible(text: str, random: Random) -> str:
    """Put an invisible character behind about every third character."""
    return "".join(c + (random.choice(_INVISIBLE) if random.random() < 0.33 and c != "\n" else "") for c in text)


def split_letters(text: str, random: Random) -> str:
    """Pull about a third of the words, or of the runs of Han characters, apart with dots, spaces or dashes."""
    mark = random.choice([" ", ".", "-", "_", "*"])

    def apart(m: re.Match[str]) -> str:
        return mark.join(m[0]) if random.random() < 0.33 else m[0]

    text = re.sub(r"(?<![\w@./])[A-Za-z]{4,}(?![\w@/])", apart, text)
    return re.sub(r"[\u4e00-\u9fff]{2,6}", apart, text)


def leetspeak(text: str, random: Random) -> str:
    """Write letters inside about half of the Latin words as digits and signs."""

    def swap(m: re.Match[str]) -> str:
        word = m[0]
        return word[0] + _some(word[1:-1], _LEET, 0.6, random) + word[-1] if random.random() < 0.5 else word

    return re.sub(r"(?<![\w@./])[A-Za-z]{4,}(?![\w@/])", swap, text)


def _maybe(match: re.Match[str], other: str, share: float, random: Random) -> str:
    return other if random.random() < share else match[0]


def _replace(text: str, table: dict[str, str], share: float, random: Random) -> str:
    for word, other in table.items():
        bounded = rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word)
        text = re.sub(bounded, partial(_maybe, other=other, share=share, random=random), text, flags=re.IGNORECASE)
    return text


def emoji_words(text: str, random: Random) -> str:
    """Write words such as money, flight and job as emoji."""
    return _replace(text, EMOJI_WORDS, 0.7, random)


def homophones(text: str, random: Random) -> str:
    """Write the words that filters look for by sound (谐音), by pinyin, or by initials."""
    return _replace(text, HOMOPHONES, 0.7, random)


def mixed_chinese(text: str, random: Random) -> str:
    """Write about half of the characters that have one in their other form, Traditional or Simplified."""
    table = {**_TO_TRADITIONAL, **_TO_SIMPLIFIED}
    return _some(text, table, 0.5, random)


def typos(text: str, random: Random) -> str:
    """Drop, double or swap a letter in about one of eight words of Latin script, and a character in one of 40 elsewhere."""

    def slip(m: re.Match[str]) -> str:
        word = m[0]
        if random.random() > 0.125:
            return word
        at = random.randrange(1, len(word) - 1)
        how = random.randrange(3)
        if how == 0:
            return word[:at] + word[at + 1 :]
        if how == 1:
            return word[:at] + word[at] + word[at:]
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]

    text = re.sub(r"(?<![\w@./])[^\W\d_\u0e00-\uffff]{4,}(?![\w@/])", slip, text)
    return re.sub(r"[\u4e00-\u9fff\u0e01-\u0e2e\u1000-\u1021\u1780-\u17a2]", lambda m: "" if random.random() < 0.025 else m[0], text)


def padding(text: str, random: Random, *, size: int = 20_000) -> str:
    """Put `size` harmless characters before or behind the text, or half on either side."""
    kind = "zh" if re.search("[\u4e00-\u9fff]", text) else "th" if re.search("[\u0e01-\u0e5b]", text) else "en"
    filler = (PADDING[kind] * (size // len(PADDING[kind]) + 1))[:size]
    where = random.randrange(3)
    if where == 2:
        return f"{filler[: size // 2]}\n{text}\n{filler[size // 2 :]}"
    return f"{filler}\n{text}" if where else f"{text}\n{filler}"


ATTACKS: dict[str, Callable[[str, Random], str]] = {
    "homoglyphs": homoglyphs, "full_width": full_width, "invisible": invisible, "split_letters": split_letters, "leetspeak": leetspeak,
    "emoji_words": emoji_words, "homophones": homophones, "mixed_chinese": mixed_chinese, "typos": typos, "padding": padding,
}  # fmt: skip
"""The ten attacks, by name."""
