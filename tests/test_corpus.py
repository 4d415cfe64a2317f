"""The corpus: read from one marked text, complete, alike in style on both sides, and free of what must not be in it."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scamrisk.corpus import main, near_duplicates, parse_marks, problems, read_corpus, read_exam, real_contacts, shortfalls, to_frame
from scamrisk.errors import InvalidDataError
from scamrisk.examination import style_auc

DEV = Path(__file__).resolve().parents[2] / "shared" / "datasets" / "dev"
LINE = {"id": "en-1", "text": "Come [[free_trip_or_visit|for free]]", "label": 1, "kind": "trip", "register": "chat", "family": "f"}


@pytest.fixture(scope="module")
def messages() -> list:  # type: ignore[type-arg]
    return read_corpus()


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write lines as an English corpus and return its folder."""

    def write(*lines: object) -> Path:
        rows = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
        (tmp_path / "en.jsonl").write_text("\n".join(rows), encoding="utf-8")
        return tmp_path

    return write


def test_marks_become_text_and_places() -> None:
    text, marks = parse_marks("a [[free_trip_or_visit+paid_flights_and_visa|free 旅]] b [[~no_experience_needed|c]]")
    assert text == "a free 旅 b c"
    assert [(m.kind, text[m.start : m.end], m.near_miss) for m in marks] == [
        ("free_trip_or_visit", "free 旅", False), ("paid_flights_and_visa", "free 旅", False), ("no_experience_needed", "c", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{not json", "not valid JSON"),
        ({**LINE, "text": "a [[free_trip_or_visit|b"}, "unbalanced"),
        ({**LINE, "text": "a [[no_such_lure|b]]"}, "unknown lure"),
        ({**LINE, "label": 2}, "label"),
        ({**LINE, "kind": "news"}, "does not go with label"),
        ({**LINE, "register": "song"}, "register"),
        ({**LINE, "family": ""}, "family"),
        ({**LINE, "disguise": ["hat"]}, "unknown disguise"),
        ({"id": "en-1"}, "'text'"),
    ],
)
def test_a_bad_line_is_named_with_its_place(written: Callable[..., Path], line: object, says: str) -> None:
    folder = written(LINE, line)
    with pytest.raises(InvalidDataError, match=says) as error:
        read_corpus(folder)
    assert "en.jsonl:2" in str(error.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Call me on 0812 3456 7890 now", "long number"),
        ("Write to @real_person now", "handle"),
        ("Look at https://scamsite.com/x", "link"),
        ("Write to me@company.com", "mail"),
    ],
)
def test_what_looks_real_is_found(written: Callable[..., Path], text: str, says: str) -> None:
    found = list(problems(read_corpus(written({**LINE, "text": text}))))
    assert len(found) == 1
    assert says in found[0]
    made_up = "Call 0812 555 7890, @example_hr, https://x.example.com/y, a@b.example.org, 15.000.000 VND, 2026-01-31"
    assert not list(problems(read_corpus(written({**LINE, "text": made_up}))))


def test_doubles_and_broken_pairs_are_found(written: Callable[..., Path]) -> None:
    long = "Our company invites you to a week at the seaside with everything paid and a look at the office"
    two = [{**LINE, "text": long}, {**LINE, "id": "en-2", "text": long + "!", "family": "other"}]
    assert any("another family" in p for p in problems(read_corpus(written(*two))))
    assert any("stands also" in p for p in problems(read_corpus(written(LINE, LINE))))
    assert any("pair" in p for p in problems(read_corpus(written({**LINE, "pair": "p"}))))


def test_nothing_is_wrong_and_every_minimum_is_met(messages: list) -> None:  # type: ignore[type-arg]
    assert list(problems(messages)) == []
    assert list(shortfalls(messages)) == []


def test_the_command_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    assert "every minimum is met" in out
    assert "pay_far_above_market" in out


def test_what_is_missing_is_said(written: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(written(LINE))]) == 1
    assert "at least 4000" in capsys.readouterr().out


def test_style_alone_does_not_give_the_label_away(messages: list) -> None:  # type: ignore[type-arg]
    """Length, lines, capitals, digits, punctuation, emoji and contacts: below an AUC of 0.65, as the corpus promises."""
    frame = to_frame(messages)
    assert style_auc(frame["text"].tolist(), frame["label"].to_numpy()) < 0.65


def test_the_style_check_can_fail() -> None:
    texts = ["CALL NOW!!! 0812 555 0000 💰💰" + "!" * i for i in range(30)] + [
        "we meet at the usual place tomorrow " * (i + 1) for i in range(30)
    ]
    assert style_auc(texts, np.repeat([1, 0], 30)) > 0.9


def test_families_do_not_cross_the_split(messages: list) -> None:  # type: ignore[type-arg]
    sides: dict[str, set[bool]] = {}
    for m in messages:
        sides.setdefault(m.group, set()).add(m.is_test)
    assert all(len(s) == 1 for s in sides.values())


def test_no_message_stands_in_the_public_messages(messages: list) -> None:  # type: ignore[type-arg]
    """Nothing is near-identical to a public message kept for measuring, where those are at hand."""
    if not DEV.is_dir():
        pytest.skip("the public messages are not here")
    public = pd.concat([pd.read_csv(f, dtype=str, keep_default_na=False) for f in sorted(DEV.glob("*.csv.gz"))])
    texts = [t[:2000] for t in public["text"] if len(t) > 30]
    assert list(near_duplicates([m.text for m in messages], texts)) == []


def test_the_exam_is_balanced_and_shares_nothing_with_the_corpus() -> None:
    exam, messages = read_exam(), read_corpus()
    assert exam["id"].is_unique
    counts = exam.groupby(["language", "label"]).size()
    assert set(counts.index.get_level_values("language")) == {m.language for m in messages}
    assert counts.min() == counts.max() >= 10
    texts = exam["text"].tolist()
    assert not [f"{exam['id'][i]}: {what}" for i, text in enumerate(texts) for what in real_contacts(text)]
    assert not list(near_duplicates(texts, [m.text for m in messages]))
