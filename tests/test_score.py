"""What scoring promises: the sum, the spans, the levels, the errors, for any text in any script."""

import json
import math
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scamrisk
from scamrisk.disguise import ATTACKS
from scamrisk.normalize import fold

MESSAGES = {
    "en": "Free travel abroad! High-paying jobs in Thailand, flights and visa paid, no experience needed, message me on Telegram",
    "zh-Hans": "免费出国旅游，高薪工作，包机票包签证，无需经验，加我微信",
}
WARNING = {
    "en": (
        "Police warning: criminal groups post offers of free travel abroad and high-paying jobs in order to lure people to scam "
        "compounds on the Myanmar border. Do not go. If you were contacted, report it to the police on 96110."
    ),
    "zh-Hans": "警方提醒：境外诈骗团伙以“免费出国旅游”“高薪工作”为诱饵，诱骗群众前往缅北从事电信诈骗，请勿轻信，如遇此类情况请立即拨打96110或110报警。",
}
SCRIPTS = [
    "abcdefghijklmnopqrstuvwxyzABCDEFG0123456789 .,!?@:/-+'", "àéîõüđơưạảấầ çñ ", "的一是在不了有和人这中大为上个国我以要他",
    "國際機場簽證薪資體驗電話門號", "งานรายได้ดีทำที่บ้านสมัครเลยวันนี้", "အလုပ်ရှင်လစာမြန်မာ", "ការងារប្រាក់ខែខ្ពស់", "नौकरीवेतनविदेशकाम", "работазарплатабезопыта",
    "仕事高収入アルバイト募集", "해외취업고수익모집", "\u0301\u200b\u200d\u00ad\u2060\ufe0f\u202e", "😀✈️💰📱👨‍👩‍👧‍👦🇹🇭", "ｆｒｅｅ𝗳𝗿𝗲𝗲", "аеорсхіѕАЕОРСНКМВТ", "\ud800\udfff\udc00", "\n\t \r\u00a0\u3000",
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_the_phrases_this_project_began_with_are_found(language: str) -> None:
    a = scamrisk.score(MESSAGES[language])
    assert {"free_trip_or_visit", "pay_far_above_market"} <= {lure.kind for lure in a.lures}
    assert a.level in ("high", "critical")
    assert a.language == language
    assert a.supported


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("free travel abroad", "free_trip_or_visit"), ("high-paying jobs", "pay_far_above_market"),
        ("免费出国旅游", "free_trip_or_visit"), ("高薪工作", "pay_far_above_market"),
    ],
)  # fmt: skip
def test_each_phrase_alone_is_found(text: str, kind: str) -> None:
    assert kind in {lure.kind for lure in scamrisk.score(text).lures}


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_a_police_warning_that_quotes_them_is_low(language: str) -> None:
    assert scamrisk.score(WARNING[language]).level == "low"


def holds(text: str) -> None:
    """Check the sum and the spans of an assessment."""
    a = scamrisk.score(text)
    total = math.fsum([a.intercept, *(t.weight for t in a.terms)])
    assert abs(total - math.log(a.risk / (1 - a.risk))) < 1e-9
    assert a.level in ("low", "elevated", "high", "critical")
    for lure in a.lures:
        assert 0 <= lure.start < lure.end <= len(text)
        assert text[lure.start : lure.end] == lure.text
    assert [lure.start for lure in a.lures] == sorted(lure.start for lure in a.lures)
    for term in a.terms:
        assert 0 <= term.start <= term.end <= len(text)
    json.dumps(a.to_dict())
    a._repr_html_().encode("utf-8")
    str(a)


pieces = st.one_of(
    *(st.text(alphabet=script, min_size=1, max_size=12) for script in SCRIPTS),
    st.sampled_from(
        [
            "free travel abroad",
            "high-paying job",
            "免费出国旅游",
            "高薪工作",
            "包吃住",
            "f\u200br\u200be\u200be",
            "ｖｉｓａ",
            "T.e.l.e.g.r.a.m",
            "งานสบาย",
            "việc nhẹ lương cao",
        ]
    ),
    st.characters(),
)


@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(st.lists(pieces, min_size=1, max_size=12).map("".join))
def test_terms_sum_and_spans_quote_for_any_text(text: str) -> None:
    if not fold(text).text.strip():
        with pytest.raises(scamrisk.InvalidTextError):
            scamrisk.score(text)
    else:
        holds(text)


def test_long_texts_hold_too() -> None:
    for text in (MESSAGES["en"] * 300, MESSAGES["zh-Hans"] * 500, "a" * 30_000, "งาน" * 9_000, "x\n" * 10_000):
        holds(text)


@pytest.mark.parametrize("text", [None, 5, b"bytes", ["a"], float("nan"), "", "  \n", "\u200b\u2060"])
def test_what_is_no_text_is_refused(text: object) -> None:
    with pytest.raises(scamrisk.InvalidTextError) as error:
        scamrisk.score(text)  # type: ignore[arg-type]
    assert isinstance(error.value, scamrisk.ScamRiskError)


def test_errors_do_not_quote_the_message() -> None:
    with pytest.raises(scamrisk.ScamRiskError) as error:
        scamrisk.score_many("a secret message")
    assert "secret" not in str(error.value)


def test_many_go_on_after_a_bad_one() -> None:
    texts = [MESSAGES["en"], None, "", float("nan"), "We are hiring a cook for our restaurant in Leeds"]
    scored = scamrisk.score_many(texts)  # type: ignore[arg-type]
    assert [a.level is None for a in scored] == [False, True, True, True, False]
    assert math.isnan(scored[1].risk)
    assert scored[1].lures == ()
    assert scored[0].risk == scamrisk.score(MESSAGES["en"]).risk


def test_processes_change_nothing() -> None:
    texts = [f"{MESSAGES['en']} {i}" for i in range(520)] + [None]
    assert [a.risk for a in scamrisk.score_many(texts)][:-1] == [a.risk for a in scamrisk.score_many(texts, n_jobs=2)][:-1]


def test_a_frame_keeps_its_index_and_its_columns() -> None:
    frame = pd.DataFrame({"id": [1, 2, 3], "message": [MESSAGES["en"], None, "hello there, how are you today"]}, index=[9, 9, 4])
    out = scamrisk.score_frame(frame, text="message")
    assert list(out.columns) == ["id", "message", "risk", "level", "lures"]
    assert list(out.index) == [9, 9, 4]
    assert list(frame.columns) == ["id", "message"]
    assert np.isnan(out["risk"].iloc[1])
    assert out["level"].iloc[1] is None
    assert out["lures"].iloc[1] == ()
    with pytest.raises(scamrisk.InvalidDataError, match="'text'"):
        scamrisk.score_frame(frame)
    with pytest.raises(scamrisk.InvalidDataError, match="risk"):
        scamrisk.score_frame(out, text="message")


def test_the_base_rate_moves_the_risk_and_not_the_level() -> None:
    text = MESSAGES["en"]
    half, rare = scamrisk.score(text), scamrisk.score(text, base_rate=0.01)
    assert rare.risk < half.risk
    assert rare.level == half.level
    shift = math.log(0.01 / 0.99)
    assert abs(rare.log_odds - half.log_odds - shift) < 1e-9
    for wrong in (0, 1, -1, "x", True, float("nan")):
        with pytest.raises(scamrisk.InvalidDataError):
            scamrisk.score(text, base_rate=wrong)  # type: ignore[arg-type]


def test_what_it_was_not_trained_for_is_said() -> None:
    a = scamrisk.score("Vi søger en venlig og erfaren kok til vores restaurant i København, god løn og faste arbejdstider")
    assert not a.supported
    assert a.reason
    assert a.level != "low"
    short = scamrisk.score("ok")
    assert not short.supported
    assert "too little" in (short.reason or "")
    assert short.risk >= 0.25


def test_html_escapes_the_message() -> None:
    a = scamrisk.score("<script>alert(1)</script> free travel abroad & high-paying job")
    page = a._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_advice_is_kind_and_sourced() -> None:
    a = scamrisk.score(MESSAGES["en"])
    advice = a.advice(country="CN")
    assert advice.steps
    assert all(c.source.startswith("http") and c.checked for c in advice.contacts)
    assert any(c.country == "CN" for c in advice.contacts)
    assert "1." in str(advice)
    with pytest.raises(scamrisk.InvalidDataError):
        a.advice(country="China")


def test_a_plea_gets_help_first() -> None:
    text = "Please help me, I am locked in a compound in Myawaddy, they took my passport and beat me, I want to go home"
    a = scamrisk.score(text)
    assert a.plea
    offer = scamrisk.score(MESSAGES["en"])
    assert not offer.plea
    assert a.advice().steps[0] != offer.advice().steps[0]


def test_scikit_learn_says_the_same() -> None:
    texts = [*MESSAGES.values(), *WARNING.values(), "hello there, how are you today", "ok", MESSAGES["en"] * 40]
    pipeline = scamrisk.load().to_sklearn()
    expected = [scamrisk.score(t).risk for t in texts]
    assert np.allclose(pipeline.predict_proba(texts)[:, 1], expected, atol=1e-6)


def test_print_says_level_lures_and_harm() -> None:
    shown = str(scamrisk.score(MESSAGES["en"]))
    assert "risk" in shown
    assert "free travel abroad" in shown.lower()
    assert "Possible harm" in shown


OFFER = (
    "Hi dear, our company near Mae Sot needs people who can type. 1500 USD, visa and flight by us, room inside the campus. No interview, "
    "bring only your passport and come this week."
)


@pytest.mark.parametrize("seed", range(6))
def test_an_offer_in_a_long_harmless_text_scores_like_the_offer_alone(seed: int) -> None:
    alone = scamrisk.score(OFFER)
    padded = scamrisk.score(ATTACKS["padding"](OFFER, Random(seed)))
    assert padded.level == alone.level
    assert abs(padded.log_odds - alone.log_odds) < 1
    assert {lure.kind for lure in alone.lures} <= {lure.kind for lure in padded.lures}


NURSES = """Staff nurses, medical ward, Galway. Our hospital is hiring twenty nurses for the wards and theatres of its main site.
You hold a nursing degree and registration, or a decision letter from the Nursing and Midwifery Board, and at least one year on a ward.
The salary follows the public scale, point one to eleven, with allowances for nights and Sundays and a pension.
We pay the flight, six weeks of housing near the hospital, the work permit and the adaptation course; nothing is deducted later.
Interviews are held by video with the ward manager and a member of the personnel office; please have your certificates at hand.
On your first days you are met at the airport, shown the wards, and given a mentor who works the same shifts.
You may join a union from the first day. The notice period is four weeks for either side, and your documents stay with you.
The hospital serves the whole of the west and trains students of the university; each ward keeps places for teaching.
Applications go through the careers page of the hospital, with a curriculum vitae and the names of two referees.
Questions are answered by the nurse recruitment office, Monday to Friday from nine to five."""


def test_a_long_honest_advertisement_does_not_score_higher_for_its_length() -> None:
    lines = NURSES.splitlines()
    short, whole = scamrisk.score(" ".join(lines[:3])), scamrisk.score(NURSES * 4)
    assert whole.level == short.level == "low"
    assert whole.log_odds < short.log_odds + 1
