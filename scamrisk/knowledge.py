"""Reads what people wrote down: lures, signs, concepts, places and advice, as TOML files that anyone can correct.

Every file goes through one checked reader; what is wrong is said with the file and the line.
"""

from __future__ import annotations

import datetime
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scamrisk.assessment import Contact
from scamrisk.errors import InvalidDataError

HARMS = ("body", "money", "legal")
STRENGTHS = ("weak", "medium", "strong", "critical")
TIERS = ("compound", "hub", "transit")
SITUATIONS = ("offer", "money", "travelling", "inside", "relative", "plea")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement comes from."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class LureEntry:
    """One lure file. `phrases[language]` holds its wordings, those in `attested` were seen in a cited source."""

    id: str
    taxonomy: tuple[str, ...]
    title: str
    why: str
    harm: str
    strength: str
    combines_with: tuple[str, ...]
    look_alikes: tuple[str, ...]
    sources: tuple[Source, ...]
    phrases: dict[str, tuple[str, ...]]
    attested: frozenset[str]


@dataclass(frozen=True, slots=True)
class SignEntry:
    """One sign file: wordings that say who speaks (police, press, a victim) or speak for honesty (a contract, a work visa)."""

    id: str
    title: str
    phrases: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Place:
    """A place known for scam compounds or for the routes to them. A place name alone means nothing."""

    id: str
    name: str
    tier: str
    country: tuple[str, ...]
    spellings: dict[str, tuple[str, ...]]
    disguised: tuple[str, ...]
    collisions: tuple[str, ...]


class _File:
    """A TOML file being checked: knows how to say where something stands."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.source = path.read_text(encoding="utf-8")
            self.data: dict[str, Any] = tomllib.loads(self.source)
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidDataError(f"{path}: can't be read: {error}") from error
        except tomllib.TOMLDecodeError as error:
            raise InvalidDataError(f"{path}: not valid TOML: {error}") from error

    def line(self, *needles: str) -> int:
        """Return the number of the first line that contains a needle, 1 when there is none."""
        for needle in needles:
            for number, line in enumerate(self.source.splitlines(), 1):
                if needle in line:
                    return number
        return 1

    def fail(self, what: str, *needles: str) -> InvalidDataError:
        return InvalidDataError(f"{self.path}:{self.line(*needles)}: {what}")

    def text(self, table: dict[str, Any], key: str, choices: tuple[str, ...] = ()) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.fail(f"{key!r} must be a text, got {value!r}", f"{key} =", str(table.get("id", "")))
        if choices and value not in choices:
            raise self.fail(f"{key!r} must be one of {', '.join(choices)}, got {value!r}", f'"{value}"')
        return value

    def texts(self, table: dict[str, Any], key: str, *, required: bool = True) -> tuple[str, ...]:
        value = table.get(key, None if required else [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            raise self.fail(f"{key!r} must be a list of texts, got {value!r:.80}", f"{key} =")
        twice = {v for v in value if value.count(v) > 1}
        if twice:
            raise self.fail(f"{key!r} lists {sorted(twice)[0]!r} twice", f'"{sorted(twice)[0]}"')
        return tuple(value)


def data_path() -> Path:
    """Return the folder `data/`: in the repository, else the part of it that travels in the package."""
    here = Path(__file__).resolve().parent
    for folder in (here.parent / "data", here / "data"):
        if (folder / "advice").is_dir():
            return folder
    raise InvalidDataError(f"no data folder found beside {here}: reinstall scamrisk")


def _identity(file: _File) -> str:
    identity = file.text(file.data, "id")
    if identity != file.path.stem:
        raise file.fail(f"the id {identity!r} must be the name of the file", "id =")
    return identity


def _phrases(file: _File, known: set[str]) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    """Return the phrases by language, and those that are attested; refuse keys that are not `known`."""
    if extra := sorted(set(file.data) - known - {"id", "title", "phrases"}):
        raise file.fail(f"unknown key {extra[0]!r}", extra[0])
    phrases: dict[str, tuple[str, ...]] = {}
    attested: set[str] = set()
    for language, table in file.data.get("phrases", {}).items():
        if not isinstance(table, dict) or set(table) - {"attested", "composed"}:
            raise file.fail(f"[phrases.{language}] takes the lists 'attested' and 'composed' only", f"[phrases.{language}]")
        seen = file.texts(table, "attested", required=False)
        phrases[language] = (*seen, *file.texts(table, "composed", required=False))
        attested.update(seen)
    if not phrases:
        raise file.fail("phrases are needed in at least one language", "phrases")
    return phrases, frozenset(attested)


def read_lure(path: str | os.PathLike[str]) -> LureEntry:
    """Read and check one lure file. Raises InvalidDataError with the file and line of what is wrong."""
    file = _File(Path(path))
    data = file.data
    sources = []
    for source in data.get("sources", []):
        if not isinstance(source, dict):
            raise file.fail("each source needs a title and a url", "sources")
        sources.append(Source(file.text(source, "title"), str(source.get("url", ""))))
    phrases, attested = _phrases(file, {"taxonomy", "why", "harm", "strength", "combines_with", "look_alikes", "sources"})
    return LureEntry(
        id=_identity(file),
        taxonomy=file.texts(data, "taxonomy"),
        title=file.text(data, "title"),
        why=file.text(data, "why"),
        harm=file.text(data, "harm", HARMS),
        strength=file.text(data, "strength", STRENGTHS),
        combines_with=file.texts(data, "combines_with"),
        look_alikes=file.texts(data, "look_alikes"),
        sources=tuple(sources),
        phrases=phrases,
        attested=attested,
    )


def read_signs(folder: str | os.PathLike[str] | None = None) -> tuple[SignEntry, ...]:
    """Read every sign file of a folder (default: `data/signs`), by id."""
    root = data_path() / "signs" if folder is None else Path(folder)
    entries = []
    for path in sorted(root.glob("*.toml")):
        file = _File(path)
        entries.append(SignEntry(_identity(file), file.text(file.data, "title"), _phrases(file, set())[0]))
    return tuple(entries)


def read_lures(folder: str | os.PathLike[str] | None = None) -> tuple[LureEntry, ...]:
    """Read every lure file of a folder (default: `data/lures`), by id."""
    root = data_path() / "lures" if folder is None else Path(folder)
    entries = tuple(read_lure(path) for path in sorted(root.glob("*.toml")))
    if not entries:
        raise InvalidDataError(f"{root}: no lure files (*.toml) found")
    known = {entry.id for entry in entries}
    for entry in entries:
        if missing := sorted(set(entry.combines_with) - known):
            file = _File(root / f"{entry.id}.toml")
            raise file.fail(f"combines_with names {missing[0]!r}, which is no lure", f'"{missing[0]}"')
    return entries


def read_concepts(folder: str | os.PathLike[str] | None = None) -> dict[str, list[str]]:
    """Read the concept dictionaries (default: `data/concepts`): for each word of any language, the concepts it stands for.

    `concepts.toml` names the concepts; every other file holds the words of a language. A trailing "*" stands for any ending.
    """
    root = data_path() / "concepts" if folder is None else Path(folder)
    known = _File(root / "concepts.toml").data
    words: dict[str, list[str]] = {}
    for path in sorted(p for p in root.glob("*.toml") if p.name != "concepts.toml"):
        file = _File(path)
        for concept in file.data:
            if concept not in known:
                raise file.fail(f"unknown concept {concept!r}: concepts.toml does not name it", f"{concept} =")
            for word in file.texts(file.data, concept):
                if concept not in words.setdefault(word, []):
                    words[word].append(concept)
    return words


def read_places(path: str | os.PathLike[str] | None = None) -> tuple[Place, ...]:
    """Read the places (default: `data/places/places.toml`)."""
    file = _File(data_path() / "places" / "places.toml" if path is None else Path(path))
    places = []
    for table in file.data.get("place", []):
        spellings = {language: file.texts(table["spellings"], language) for language in table.get("spellings", {})}
        places.append(
            Place(
                file.text(table, "id"),
                file.text(table, "name"),
                file.text(table, "tier", TIERS),
                file.texts(table, "country"),
                spellings,
                file.texts(table, "disguised", required=False),
                file.texts(table, "collisions", required=False),
            )
        )
    return tuple(places)


def read_advice(path: str | os.PathLike[str] | None = None) -> tuple[dict[str, tuple[str, ...]], tuple[Contact, ...]]:
    """Read what to do by situation, and the official contacts (default: `data/advice/advice.toml`)."""
    file = _File(data_path() / "advice" / "advice.toml" if path is None else Path(path))
    steps = {s: file.texts(file.data["steps"].get(s, {}), "steps") for s in SITUATIONS}
    contacts = []
    for table in file.data.get("contact", []):
        checked = file.text(table, "checked")
        try:
            datetime.date.fromisoformat(checked)
        except ValueError:
            raise file.fail(f"'checked' must be a date such as 2026-01-31, got {checked!r}", f'"{checked}"') from None
        contacts.append(Contact(**{key: file.text(table, key) for key in ("country", "name", "value", "what", "source")}, checked=checked))
    return steps, tuple(contacts)
