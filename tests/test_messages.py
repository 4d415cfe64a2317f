"""Messages that no model was trained on, by intent: what must be flagged, what must not, and what is known to go wrong.

Each line of the files is language, TAB, message. A known failure that is cured breaks the build until it is moved.
"""

from pathlib import Path

import pytest

import scamrisk

FOLDER = Path(__file__).resolve().parent / "messages"


def lines(name: str) -> list[tuple[str, str]]:
    rows = (FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [(language, text) for language, _, text in (row.partition("\t") for row in rows)]


@pytest.mark.parametrize(("language", "text"), lines("risky"))
def test_a_lure_is_flagged(language: str, text: str) -> None:
    a = scamrisk.score(text)
    assert a.level in ("high", "critical")
    assert a.lures
    assert a.supported


@pytest.mark.parametrize(("language", "text"), lines("honest"))
def test_honest_words_are_not_flagged(language: str, text: str) -> None:
    assert scamrisk.score(text).level == "low"


@pytest.mark.xfail(strict=True, reason="known failure")
@pytest.mark.parametrize(("language", "text"), lines("missed"))
def test_a_missed_lure_is_flagged(language: str, text: str) -> None:
    assert scamrisk.score(text).level in ("high", "critical")


@pytest.mark.xfail(strict=True, reason="known failure")
@pytest.mark.parametrize(("language", "text"), lines("false_alarms"))
def test_a_false_alarm_is_low(language: str, text: str) -> None:
    assert scamrisk.score(text).level == "low"
