"""Amounts of money in a text: how much each is, against what people usually earn in a month.

A number counts as an amount when a currency or a unit such as "k", "juta" or "万" stands beside it, or when, without one, it is
written as amounts are in a script that tells the currency. What is usual is a round figure for each currency, from general
knowledge as of 2025 and not from a table of statistics; only the order of the ratio matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_HAN_NUMBERS = dict(zip("一二三四五六七八九两", (1, 2, 3, 4, 5, 6, 7, 8, 9, 2), strict=True))

USUAL: dict[str, tuple[float, float]] = {
    "cny": (0.14, 900), "twd": (0.031, 1400), "hkd": (0.128, 2400), "jpy": (0.0067, 2100), "krw": (0.00072, 2400), "thb": (0.029, 450),
    "vnd": (0.00004, 320), "idr": (0.000062, 210), "myr": (0.23, 750), "php": (0.0175, 350), "mmk": (0.00035, 130), "khr": (0.00025, 280),
    "lak": (0.000046, 190), "inr": (0.012, 240), "kes": (0.0077, 300), "tzs": (0.0004, 200), "rub": (0.012, 850), "kzt": (0.002, 750),
    "uzs": (0.00008, 400), "mxn": (0.055, 550), "cop": (0.00025, 450), "pen": (0.27, 480), "eur": (1.1, 2500), "gbp": (1.3, 3300),
    "aed": (0.27, 1350), "sgd": (0.76, 3800), "aud": (0.65, 3900), "cad": (0.72, 3600), "ngn": (0.00065, 80), "zar": (0.055, 1100),
    "pkr": (0.0036, 150), "lkr": (0.0033, 200), "bdt": (0.0083, 210), "usd": (1.0, 1000),
}  # fmt: skip
"""Of each currency: what one unit is in US dollars, and the usual monthly wage, in US dollars, where it is at home. The dollar, which is
quoted everywhere, has a wage between those of the countries that use English; in a script that tells the country, that of the country."""

_NAMES = {
    "usd": "usdt|usd|us\\$|\\$|u|美金|美元|刀|dollars?|dolares|dolar|dola|do|ดอลลาร์|ดอลลา|เหรียญ|ဒေါ်လာ|ដុល្លារ|ដុល្លា|ໂດລາ|달러|불|ドル|डॉलर|долларов|долл",
    "cny": "人民币|rmb|cny|元|块|¥|หยวน|юаней",
    "twd": "台币|nt\\$|ntd|nt|twd",
    "hkd": "港币|港元|hk\\$|hkd",
    "jpy": "日元|日币|円|jpy|yen",
    "krw": "韩元|韩币|원|₩|krw|won",
    "thb": "泰铢|铢|บาท|฿|thb|baht|ဘတ်|បាត|ບາດ",
    "vnd": "越南盾|vnd|₫|dong|d|cu",
    "idr": "印尼盾|idr|rp|rupiah",
    "myr": "马币|令吉|rm|myr|ringgit",
    "php": "比索|php|₱|p|pesos?|piso",
    "mmk": "缅币|ကျပ်|mmk|kyats?|ks",
    "khr": "រៀល|៛|khr|riels?",
    "lak": "ກີບ|₭|lak|kip",
    "inr": "₹|rs|inr|rupees?|rupaye|रुपये|रुपए|रु",
    "kes": "ksh|kes|kshs|sh|shilingi|bob",
    "tzs": "tsh|tzs|tshs",
    "rub": "рублей|рубля|руб|р|₽",
    "kzt": "тенге|тг|₸",
    "uzs": "сумов|сум",
    "pen": "soles|s/",
    "eur": "欧元|eur|€|euros?|евро|ยูโร|유로",
    "gbp": "英镑|gbp|£|pounds?|quid",
    "aed": "aed|dhs?|dirhams?|迪拉姆",
    "sgd": "新币|坡币|sgd|s\\$",
    "aud": "澳币|澳元|aud|a\\$",
    "cad": "cad|c\\$",
    "ngn": "₦|ngn|naira",
    "zar": "zar|rand",
    "pkr": "pkr",
    "lkr": "lkr",
    "bdt": "bdt|taka|৳",
    "mxn": "mxn",
    "cop": "cop",
}
_UNITS: dict[str, tuple[float, str]] = {
    "k": (1e3, ""), "к": (1e3, ""), "grand": (1e3, ""), "mil": (1e3, ""), "lakhs": (1e5, "inr"), "lakh": (1e5, "inr"), "hazar": (1e3, "inr"),
    "हजार": (1e3, "inr"), "हज़ार": (1e3, "inr"), "लाख": (1e5, "inr"), "juta": (1e6, "idr"), "jt": (1e6, "idr"), "ribu": (1e3, ""), "rb": (1e3, "idr"),
    "trieu": (1e6, "vnd"), "tr": (1e6, "vnd"), "cu": (1e6, "vnd"), "nghin": (1e3, "vnd"), "ngan": (1e3, "vnd"), "libo": (1e3, "php"),
    "тысяч": (1e3, ""), "тыс": (1e3, ""), "พัน": (1e3, ""), "หมื่น": (1e4, ""), "แสน": (1e5, ""), "ล้าน": (1e6, ""), "ພັນ": (1e3, ""), "ແສນ": (1e5, ""),
    "ລ້ານ": (1e6, ""), "သောင်း": (1e4, ""), "သိန်း": (1e5, ""), "ពាន់": (1e3, ""), "ម៉ឺន": (1e4, ""), "លាន": (1e6, ""), "百": (1e2, ""),
    "千": (1e3, ""), "万": (1e4, ""), "w": (1e4, "cny"), "만": (1e4, "krw"), "천": (1e3, "krw"), "억": (1e8, "krw"), "elfu": (1e3, ""), "laki": (1e5, ""),
}  # fmt: skip
_CURRENCY = {re.sub(r"\\", "", name): code for code, names in _NAMES.items() for name in names.split("|")}
_HOMES = (
    ("thb", "\u0e01-\u0e5b"), ("lak", "\u0e81-\u0eff"), ("mmk", "\u1000-\u109f"), ("khr", "\u1780-\u17ff"), ("krw", "\uac00-\ud7af"),
    ("jpy", "\u3041-\u30ff"), ("inr", "\u0900-\u097f"), ("rub", "\u0400-\u04ff"), ("cny", "\u4e00-\u9fff"),
)  # fmt: skip
_HOME = [(code, re.compile(f"[{span}]")) for code, span in _HOMES]
_BARE = {"thb", "lak", "mmk", "krw", "jpy", "inr", "rub", "cny"}
"""Homes in which a number with a period of pay but without a currency is read as an amount of the home's currency."""


def _any(words: Iterable[str]) -> str:
    """Return a pattern for any of the words, the longest first; a Latin or Cyrillic one must end there."""
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(w) + (r"(?![a-zа-я])" if re.match("[a-zа-я]", w[-1]) else "") for w in ordered)


_NUMBER = r"\d{1,3}(?:[.,' ]\d{3})+(?!\d)|\d+(?:[.,]\d{1,2}(?!\d))?"
_ONLY_AFTER = {"u", "d", "do", "cu", "р", "p", "块", "元", "刀"}
_NAME, _UNIT = _any(_CURRENCY), _any(_UNITS)
_BEFORE = _any(set(_CURRENCY) - _ONLY_AFTER) + r"|p(?= ?\d[\d,]{2})"
_AMOUNT = re.compile(
    rf"(?:(?<![a-zа-я])(?P<before>{_BEFORE}) ?)?(?P<swahili>(?:elfu|laki) )?(?<![\d.,])(?:(?P<number>{_NUMBER})(?: ?(?:-|~|/|to|den|sampai|hingga|a|至|到|から|до| ) ?(?P<upper>{_NUMBER}))?"
    rf"|(?P<han>[一二三四五六七八九两](?=[千万])))"
    rf"(?: ?(?P<unit>{_UNIT})(?P<rest>[\d一二三四五六七八九](?!\d))?)? ?(?P<after>{_NAME})?"
)
_YEAR = re.compile(r"(?:19|20)\d\d$")
_NOT_MONEY = re.compile(
    r" ?(?:%|岁|人|名|年|号|天|小时|分|个|位|楼|ปี|คน|ชม|วัน|ชั่วโมง|살|명|년|시간|歳|名|年|時|日|月|ຄົນ|ປີ|နှစ်|ယောက်|साल|घंटे|लोग|лет|час|дн)"
)

LOCAL_DOLLARS = 2_500.0
"""The usual monthly wage where people write "$" in Latin letters for what they earn: at home in it, unlike in "USD" or "USDT"."""
LEAST = 0.3
"""What is worth less than this, in US dollars, is no pay: "3 p" is a page or an hour."""
DOLLARS = 10_000
"""A "$" before more than this may as well mean pesos or another dollar: such an amount is left out."""


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money at `start:end`: its `value` in usual monthly wages; `sure` when a currency or a unit says that it is one."""

    start: int
    end: int
    value: float
    sure: bool


def _number(text: str) -> float:
    if re.fullmatch(r"\d{1,3}(?:[.,' ]\d{3})+", text):
        return float(re.sub(r"\D", "", text))
    return float(text.replace(",", "."))


def _home(text: str) -> str | None:
    """Return the currency at home where the script of most letters is written; None for Latin letters."""
    if text.isascii():
        return None
    counts = {code: len(pattern.findall(text)) for code, pattern in _HOME}
    best = max(counts, key=lambda code: counts[code])
    if not counts[best]:
        return None
    if best == "cny" and counts["jpy"] * 8 >= counts["cny"]:
        return "jpy"
    return best if counts[best] * 4 >= len(re.findall("[a-z]", text)) else None


def find_amounts(text: str) -> list[Amount]:
    """Return the amounts of money in a text in lower case, by place. `text` has ASCII digits and simplified characters."""
    if not re.search(r"\d|[一二三四五六七八九两][千万]", text):
        return []
    home = _home(text)
    out = []
    for match in _AMOUNT.finditer(text):
        unit, before, after = match["unit"], match["before"], match["after"]
        factor, known = _UNITS[unit] if unit else (1.0, "")
        if match["swahili"]:
            factor, known = _UNITS[match["swahili"].strip()][0], "kes"
        code = _CURRENCY[before] if before else _CURRENCY[after] if after else known or home
        sure = bool(before or after or known or (unit and home))
        digits = match["upper"] or match["number"]
        if match["han"]:
            amount = float(_HAN_NUMBERS[match["han"]])
        elif sure or (home in _BARE and not _YEAR.match(digits) and not _NOT_MONEY.match(text, match.end())):
            amount = _number(digits)
        else:
            continue
        if rest := match["rest"]:
            amount += float(_HAN_NUMBERS.get(rest, rest)) / 10
        amount *= factor
        if code is None or amount <= 0 or (not sure and amount < 50):
            continue
        if code == "usd" and amount >= DOLLARS and "$" in (before, after):
            continue
        if code == "php" and amount >= 200_000:
            code = "cop"
        rate, wage = USUAL[code]
        if amount * rate < LEAST:
            continue
        if code == "usd" and home is not None:
            wage = USUAL[home][1]
        elif "$" in (before, after):
            wage = LOCAL_DOLLARS
        out.append(Amount(match.start(), match.start() + len(match[0].rstrip()), amount * rate / wage, sure))
    return out


PERIODS = {"per_hour": 176.0, "per_day": 24.0, "per_week": 4.3, "per_month": 1.0, "salary": 1.0}
"""How many times a month pay of each period comes, by the concept that names the period; a salary is monthly unless it says otherwise."""
_STEPS = ((0.5, "low"), (1.5, "usual"), (3.0, "good"), (6.0, "high"))


def concept_of(amount: Amount, period: str | None) -> str | None:
    """Return the concept that an amount stands for: pay for a period against what is usual, or a sum; None when it says nothing."""
    if period is None and not amount.sure:
        return None
    value = amount.value * PERIODS.get(period or "", 1.0)
    step = next((name for limit, name in _STEPS if value < limit), "huge")
    return f"{'sum' if period is None else 'pay'}_{step}"
