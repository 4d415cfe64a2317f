"""Folding: disguises are undone, and every folded character knows where it came from."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scamrisk.chardata import CONFUSABLE, LATIN, SIMPLIFIED, TRADITIONAL
from scamrisk.normalize import EMAIL, HANDLE, MESSENGER, PHONE, URL, fold, fold_phrase

SCRIPTS = [
    st.characters(min_codepoint=a, max_codepoint=b)
    for a, b in [
        (0x20, 0x7E), (0xC0, 0x24F), (0x370, 0x3FF), (0x400, 0x4FF), (0x590, 0x6FF), (0x900, 0x97F), (0xE00, 0xEFF), (0x1000, 0x109F),
        (0x1780, 0x17FF), (0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7AF), (0x1100, 0x11FF), (0x300, 0x36F), (0x1F300, 0x1FAFF),
        (0x1D400, 0x1D7FF), (0xD800, 0xDFFF), (0x2000, 0x206F), (0xFE00, 0xFEFF), (0xE000, 0xE010), (0, 0x1F),
    ]
]  # fmt: skip
WORDS = [
    "free travel ",
    "高薪",
    "t.me/x ",
    "0812-555-0134 ",
    "W h a t s a p p ",
    "s@lary ",
    "งาน",
    "។",
    "۱۲۳",
    "\u200b",
    "e\u0301",
    "10,000 ",
]
TEXTS = st.lists(st.one_of(*SCRIPTS, st.sampled_from(WORDS)), max_size=60).map("".join)


@given(TEXTS)
def test_the_map_is_whole_and_in_order(text: str) -> None:
    """Each folded character stands for a range of the text, ranges never go back, and folding has no private state."""
    folded = fold(text)
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert all(0 <= a <= b <= len(text) for a, b in zip(folded.starts, folded.ends, strict=True))
    assert folded.starts == sorted(folded.starts)
    assert folded.ends == sorted(folded.ends)
    assert folded == fold(text)
    assert all(0 < b < len(folded.text) for b in folded.breaks)


@given(TEXTS)
def test_case_and_composition_do_not_matter(text: str) -> None:
    """Decomposed and composed Latin text fold alike."""
    latin = "".join(c for c in text if ord(c) < 0x250)
    assert fold(unicodedata.normalize("NFD", latin)).text == fold(unicodedata.normalize("NFC", latin)).text


PLAIN = " free whatsapp "


@pytest.mark.parametrize(
    "disguised",
    [
        "Frее WhаtsАрр", "ＦＲＥＥ ｗｈａｔｓａｐｐ", "𝗙𝗿𝗲𝗲 𝓦𝓱𝓪𝓽𝓼𝓪𝓹𝓹", "f\u200bre\u2060e What\u00adsApp", "free W.h.a.t.s.A.p.p",
        "f r e e   w h a t s a p p", "fr3e wh@tsapp", "🅕🅡🅔🅔 ⓌⓗⓐⓣⓢⒶⓟⓟ", "free w_h_a_t_s_a_p_p", "FREE  WHATSAPP", "f̶r̶e̶e̶ whatsapp",
    ],
)  # fmt: skip
def test_disguises_fold_to_the_plain_words(disguised: str) -> None:
    assert fold(disguised).text == PLAIN


@pytest.mark.parametrize("disguised", ["高 薪 工 作", "高.薪.工.作", "高\u200b薪工作", "高薪_工作", "高*薪*工*作"])
def test_split_characters_are_joined(disguised: str) -> None:
    assert fold(disguised).text == " 高薪工作 "


def test_traditional_becomes_simplified() -> None:
    assert fold("緬甸園區").text == " 缅甸园区 "


def test_real_words_of_other_scripts_stay() -> None:
    """Russian, Greek and mixed honest words are not turned into Latin ones."""
    assert fold("работа в порту").text == " работа в порту "
    assert fold("καλή δουλειά").text == " καλη δουλεια "


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("hr@example.com", EMAIL), ("https://example.com/a?b=1", URL), ("t.me/example_hr", MESSENGER), ("@example_hr", HANDLE),
        ("+1 (555) 010-0199", PHONE), ("0812-555-0134", PHONE), ("138 0000 5550", PHONE),
    ],
)  # fmt: skip
def test_contacts_become_one_character(text: str, token: str) -> None:
    assert fold(f"call {text} now").text == f" call {token} now "


def test_numbers_keep_their_magnitude_only() -> None:
    assert fold("5,000 USD").text == fold("9000 usd").text == " 0000 usd "
    assert fold("15.000.000 đ").text == " 00000000 d "
    assert fold("๑๒๓").text == fold("१२३").text == " 000 "


def test_phrases_are_bounded_where_words_are_spaced() -> None:
    assert fold_phrase("Free-Travel") == " free travel "
    assert fold_phrase("高薪") == "高薪"
    assert fold_phrase("加V信") == "加v信"


def test_the_simplified_table_agrees_with_opencc() -> None:
    """The table is what OpenCC says of every character in it."""
    opencc = pytest.importorskip("opencc")
    convert = opencc.OpenCC("t2s").convert
    wrong = [t for t, s in zip(TRADITIONAL, SIMPLIFIED, strict=True) if convert(t) != s]
    assert len(wrong) <= len(TRADITIONAL) // 100
    assert len(TRADITIONAL) > 2500


def test_look_alikes_are_letters() -> None:
    assert all("a" <= c <= "z" for c in LATIN)
    assert not any(c.isascii() for c in CONFUSABLE)
