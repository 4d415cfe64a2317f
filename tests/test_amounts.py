"""Amounts of money: which numbers are one, and what each is beside usual pay."""

import pytest

from scamrisk.amounts import Amount, concept_of, find_amounts
from scamrisk.features import Concepts
from scamrisk.knowledge import read_concepts
from scamrisk.model import folded_words
from scamrisk.normalize import fold

CONCEPTS = Concepts(folded_words(read_concepts()))


def money(text: str) -> list[str]:
    """Return the names of the amounts in a text, in order."""
    names = [name[1:-1] for name, _, _ in CONCEPTS.find(fold(text)) if "+" not in name]
    return [n for n in names if n.startswith(("pay_", "sum_")) and n != "pay_debt"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Typing job, $8,500 a month, flight paid", ["pay_high"]),
        ("Typing job, 3,500 USDT a month, flight paid", ["pay_high"]),
        ("Barista, $1,800 a month", ["pay_usual"]),
        ("Kitchen hand, £12.50 per hour", ["pay_usual"]),
        ("Salary USD 900 per month", ["pay_usual"]),
        ("RM 3,300 per month, EPF and SOCSO", ["pay_usual"]),
        ("Gaji 12 juta per bulan", ["pay_high"]),
        ("Gaji Rp3.200.000 per bulan", ["pay_usual"]),
        ("Lương 25-30 triệu mỗi tháng", ["pay_high"]),
        ("Sahod 20k per month, PHP", []),
        ("Sahod P20,000 per month", ["pay_usual"]),
        ("月薪16000，包吃住", ["pay_good"]),
        ("月薪1.2万，包吃住", ["pay_good"]),
        ("月薪一万五", ["pay_good"]),
        ("日薪200元", ["pay_usual"]),
        ("เงินเดือน 15,000 บาท", ["pay_usual"]),
        ("เงินเดือน 90,000 บาท", ["pay_high"]),
        ("월급 300만원", ["pay_usual"]),
        ("月給25万円", ["pay_usual"]),
        ("зарплата 70 тыс руб в месяц", ["pay_usual"]),
        ("वेतन 18,000 रुपये प्रति माह", ["pay_usual"]),
        ("mshahara KSh 35,000 kwa mwezi", ["pay_usual"]),
        ("registration fee is KES 1500 only", ["sum_low"]),
        ("I owe him €40", ["sum_low"]),
        ("Call 555 010 2233 before 18:00, we are 25 people, room 301", []),
        ("I was born in 1994 and moved in 2019", []),
        ("他2019年来的，今年35岁，三个人住301", []),
        ("cuota de $400.000 al mes", []),
    ],
)
def test_an_amount_is_read_and_judged(text: str, names: list[str]) -> None:
    assert money(text) == names


def test_an_amount_has_its_place_in_the_text_as_given() -> None:
    text = "Ｗｅ pay  ＄３５００ monthly"
    folded = fold(text)
    (amount,) = folded.amounts
    assert text[slice(*folded.span(amount.start, amount.end))] == "＄３５００"
    assert amount.value == pytest.approx(1.4)


def test_the_same_number_is_judged_by_its_currency() -> None:
    values = {code: find_amounts(f"{code} 3000 a month")[0].value for code in ("usd", "rm", "aed", "php")}
    assert values["usd"] > values["rm"] > values["aed"] > values["php"]


def test_dollars_are_judged_by_the_country_of_the_script() -> None:
    assert find_amounts("เงินเดือน 1500 ดอลลาร์")[0].value > 2 * find_amounts("1500 usd")[0].value


def test_a_bare_number_without_a_period_says_nothing() -> None:
    assert concept_of(Amount(0, 4, 2.0, sure=False), None) is None
    assert concept_of(Amount(0, 4, 2.0, sure=True), None) == "sum_good"
