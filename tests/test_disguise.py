"""The ten attacks: each changes a text, is repeatable, and folding undoes those that only change its looks."""

from random import Random

import pytest

from scamrisk.disguise import ATTACKS
from scamrisk.normalize import fold

EN = "High-paying job abroad: we pay the flight and your phone, message me on Telegram for money every day"
ZH = "海外高薪工作，包吃住，包机票，加我微信，工资日结，銀行卡也收"


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_an_attack_changes_the_text_and_can_be_repeated(name: str) -> None:
    changed = [ATTACKS[name](text, Random(seed)) for text in (EN, ZH) for seed in range(5)]
    assert any(c not in (EN, ZH) for c in changed)
    assert changed == [ATTACKS[name](text, Random(seed)) for text in (EN, ZH) for seed in range(5)]


@pytest.mark.parametrize("name", ["homoglyphs", "full_width", "invisible"])
@pytest.mark.parametrize("text", [EN, ZH])
def test_folding_undoes_what_only_changes_the_looks(name: str, text: str) -> None:
    for seed in range(10):
        assert fold(ATTACKS[name](text, Random(seed))).text == fold(text).text


def test_mixed_chinese_folds_to_one_form() -> None:
    for seed in range(10):
        assert fold(ATTACKS["mixed_chinese"](ZH, Random(seed))).text == fold(ZH).text


def test_padding_keeps_the_offer_whole() -> None:
    padded = ATTACKS["padding"](EN, Random(0))
    assert EN in padded
    assert len(padded) > 20_000
