"""Lures, places and advice: every file is read by one checked reader, whose errors name file and line."""

import shutil
from pathlib import Path

import pytest

from scamrisk.errors import InvalidDataError
from scamrisk.knowledge import HARMS, data_path, read_advice, read_lure, read_lures, read_places

LURES = data_path() / "lures"


def test_every_lure_says_what_a_reader_needs() -> None:
    for entry in read_lures():
        assert entry.harm in HARMS
        assert entry.why.endswith(".")
        assert len(entry.why) < 220, entry.id
        assert entry.look_alikes, entry.id
        assert entry.phrases, entry.id
        assert {"en", "zh-Hans"} <= set(entry.phrases), entry.id
        for source in entry.sources:
            assert source.url == "" or source.url.startswith("http"), entry.id


def test_every_lure_of_the_taxonomy_has_a_home() -> None:
    """The 35 lures and 5 context signals of the sourced taxonomy, by their ids there."""
    homes = [t for entry in read_lures() for t in entry.taxonomy]
    assert len(homes) == len(set(homes))
    assert len(homes) >= 40


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('harm = "body"', 'harm = "soul"', "harm"),
        ('strength = "strong"', 'strength = "huge"', "strength"),
        ('id = "free_trip_or_visit"', 'id = "another"', "name of the file"),
        ("composed = [", "invented = [", "takes the lists"),
        ('"free travel abroad",', '"free travel abroad", "free travel abroad",', "twice"),
        ('title = "Free trip, tour or business visit"', "title = 7", "title"),
        ('combines_with = ["romance_or_friend_referral"', 'combines_with = ["no_such_lure"', "no_such_lure"),
    ],
)
def test_a_wrong_entry_is_named_with_file_and_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    shutil.copytree(LURES, tmp_path / "lures")
    path = tmp_path / "lures" / "free_trip_or_visit.toml"
    source = path.read_text(encoding="utf-8")
    assert old in source
    path.write_text(source.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidDataError, match=says) as error:
        read_lures(tmp_path / "lures")
    assert "free_trip_or_visit.toml:" in str(error.value)


def test_broken_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text('id = "x', encoding="utf-8")
    with pytest.raises(InvalidDataError, match="not valid TOML"):
        read_lure(path)
    with pytest.raises(InvalidDataError, match="no lure files"):
        read_lures(tmp_path / "nowhere")


def test_places_name_their_collisions() -> None:
    places = {p.id: p for p in read_places()}
    assert any("Hubei" in c for c in places["tangyan"].collisions)
    assert any("Kota Kinabalu" in c for c in places["kk-park"].collisions)
    assert {"Myawaddy"} <= set(places["myawaddy"].spellings["en"])


def test_contacts_are_sourced_and_dated(tmp_path: Path) -> None:
    steps, contacts = read_advice()
    assert all(steps.values())
    assert all(c.source.startswith("http") and c.checked >= "2026" for c in contacts)
    source = (data_path() / "advice" / "advice.toml").read_text(encoding="utf-8")
    path = tmp_path / "advice.toml"
    path.write_text(source.replace('checked = "2026', 'checked = "yesterday 2026', 1), encoding="utf-8")
    with pytest.raises(InvalidDataError, match=r"advice\.toml:\d+: 'checked' must be a date"):
        read_advice(path)


def test_steps_never_blame() -> None:
    steps, _ = read_advice()
    text = " ".join(s.lower() for group in steps.values() for s in group)
    for word in ("your fault", "you should have", "careless", "stupid", "naive"):
        assert word not in text
