"""The corpus: messages written for this project, one language a file, lures marked in the text itself.

`python -m scamrisk.corpus` prints what is there, by language, label, kind, lure and family, and what is missing;
`--check` also reads every message for what must not be there, `--agreement` shows how far a second reader agrees.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scamrisk.errors import InvalidDataError
from scamrisk.knowledge import data_path, read_lures

if TYPE_CHECKING:
    import pandas as pd

RISKY_KINDS = ("compound", "trip", "casting", "border", "task", "fee", "mule", "courier", "reshipping", "cheque", "intimate",
               "crypto", "identity", "impersonation", "debt")  # fmt: skip
HONEST_KINDS = ("overseas_offer", "local_offer", "high_pay_offer", "part_time", "recruiter_mail", "referral", "urgent_shift",
                "police_warning", "news", "plea", "company_notice", "fiction_joke", "chat", "travel_ad", "slang_collision",
                "service_sms")  # fmt: skip
OFFER_KINDS = ("overseas_offer", "local_offer", "high_pay_offer", "part_time", "recruiter_mail", "referral", "urgent_shift")
"""The honest kinds that recruit: false alarms are counted on these."""
REGISTERS = ("chat", "sms", "telegram", "ad", "email", "social", "voice", "dialogue", "press")
DISGUISES = ("homoglyph", "invisible", "split", "fullwidth", "leet", "emoji", "homophone", "initials", "mixed", "typo")
MINIMUM = {"en": 900, "zh-Hans": 900, "zh-Hant": 400, "th": 250, "vi": 250, "id": 250, "ms": 250, "fil": 250, "my": 60, "km": 60,
           "lo": 60, "hi": 60, "sw": 60, "es": 60, "ru": 60, "ko": 60, "ja": 60}  # fmt: skip
"""The least number of messages in each language."""
TEST_SHARE = 5
"""One family in so many is kept for testing."""

_MARK = re.compile(r"\[\[(~?)([a-z_+]+)\|(.*?)\]\]", re.DOTALL)
_NUMBER = re.compile(r"\+?\d(?:[ \-.()]*\d){8,}")
_NOT_A_PHONE = re.compile(
    r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d+)?|.*(?:19|20)\d\d.*|.*\d\.\d{3}\.\d{3}.*|.*\d{3,} ?- ?\d{3,}.*|.*\d{2,3} \d{3}\b.*"
)
_HANDLE = re.compile(r"(?<![\w.])@([A-Za-z][\w.]{3,})")
_LINK = re.compile(r"(?:https?://|www\.)\S+|[\w.]+@[\w.]+")


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked stretch of a message: `kind`, its half-open place in the plain text, and whether it is a near miss."""

    kind: str
    start: int
    end: int
    near_miss: bool


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the corpus. `label` is 1 for a risky offer to the reader; `where` is its file and line."""

    id: str
    language: str
    text: str
    marks: tuple[Mark, ...]
    label: int
    kind: str
    register: str
    family: str
    pair: str | None
    disguise: tuple[str, ...]
    note: str | None
    where: str

    @property
    def lures(self) -> frozenset[str]:
        """The lures that the message offers to its reader."""
        return frozenset(m.kind for m in self.marks if not m.near_miss)

    @property
    def group(self) -> str:
        """The family with its language: what must never stand on both sides of a split."""
        return f"{self.language}/{self.family}"

    @property
    def is_test(self) -> bool:
        """Whether its family belongs to the frozen corpus test set, which no model is trained on."""
        return int(hashlib.sha256(self.group.encode()).hexdigest(), 16) % TEST_SHARE == 0


def parse_marks(marked: str) -> tuple[str, tuple[Mark, ...]]:
    """Split a marked text into the plain text and its marks: `[[kind|words]]`, or `[[~kind|words]]` for a near miss.

    Raises InvalidDataError for brackets that do not match.
    """
    plain: list[str] = []
    marks: list[Mark] = []
    at = size = 0
    for match in _MARK.finditer(marked):
        before = marked[at : match.start()]
        plain += (before, match[3])
        start = size + len(before)
        size = start + len(match[3])
        marks += [Mark(kind, start, size, match[1] == "~") for kind in match[2].split("+")]
        at = match.end()
    plain.append(marked[at:])
    text = "".join(plain)
    if "[[" in text or "]]" in text:
        raise InvalidDataError("unbalanced or nested [[marks]]")
    return text, tuple(marks)


def _read_line(path: Path, number: int, line: str, language: str, known: frozenset[str]) -> Message:
    where = f"{path}:{number}"
    try:
        row: dict[str, Any] = json.loads(line)
        text, marks = parse_marks(row["text"])
    except json.JSONDecodeError as error:
        raise InvalidDataError(f"{where}: not valid JSON: {error.msg} at column {error.colno}") from None
    except (KeyError, TypeError):
        raise InvalidDataError(f"{where}: a message is an object with at least the key 'text'") from None
    except InvalidDataError as error:
        raise InvalidDataError(f"{where}: {error}") from None
    label = row.get("label")
    if label not in (0, 1):
        raise InvalidDataError(f"{where}: label must be 0 or 1, got {label!r}")
    if row.get("kind") not in (RISKY_KINDS if label else HONEST_KINDS):
        raise InvalidDataError(f"{where}: kind {row.get('kind')!r} does not go with label {label}")
    if row.get("register") not in REGISTERS:
        raise InvalidDataError(f"{where}: register must be one of {', '.join(REGISTERS)}, got {row.get('register')!r}")
    for mark in marks:
        if mark.kind not in known:
            raise InvalidDataError(f"{where}: unknown lure {mark.kind!r}")
    if missing := [key for key in ("id", "family") if not row.get(key)]:
        raise InvalidDataError(f"{where}: {missing[0]!r} is missing")
    disguise = tuple(row.get("disguise", ()))
    if wrong := [d for d in disguise if d not in DISGUISES]:
        raise InvalidDataError(f"{where}: unknown disguise {wrong[0]!r}")
    return Message(
        row["id"], language, text, marks, label, row["kind"], row["register"], row["family"], row.get("pair"), disguise,
        row.get("note"), where,
    )  # fmt: skip


def read_corpus(folder: str | os.PathLike[str] | None = None) -> list[Message]:
    """Read every message of a corpus folder (default: `data/corpus`); the file name is the language.

    Raises InvalidDataError with the file and line of the first thing that is wrong.
    """
    root = data_path() / "corpus" if folder is None else Path(folder)
    known = frozenset(entry.id for entry in read_lures())
    messages: list[Message] = []
    for path in sorted(root.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip():
                messages.append(_read_line(path, number, line, path.stem, known))
    if not messages:
        raise InvalidDataError(f"{root}: no messages (*.jsonl) found")
    return messages


def to_frame(messages: Iterable[Message]) -> pd.DataFrame:
    """Return the messages as a frame: id, text, label, language, kind, register, group, pair, disguise, lures, test."""
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "id": m.id, "text": m.text, "label": m.label, "language": m.language, "kind": m.kind, "register": m.register,
                "group": m.group, "pair": m.pair, "disguise": m.disguise, "lures": m.lures, "test": m.is_test,
            }
            for m in messages
        ]
    )  # fmt: skip


def shingles(text: str, size: int = 6) -> set[str]:
    """Return the overlapping pieces of `size` letters of a text, without anything but letters: its fingerprint."""
    letters = re.sub(r"[\W\d_]+", "", text.casefold())
    return {letters[i : i + size] for i in range(max(1, len(letters) - size + 1))}


def near_duplicates(left: Sequence[str], right: Sequence[str] | None = None, *, share: float = 0.8) -> Iterator[tuple[int, int]]:
    """Yield the pairs whose fingerprints share at least `share` of the smaller; within `left` when there is no `right`."""
    index: dict[str, list[int]] = defaultdict(list)
    sets = [shingles(t) for t in (left if right is None else right)]
    for j, pieces in enumerate(sets):
        for piece in pieces:
            index[piece].append(j)
    for i, text in enumerate(left):
        pieces = sets[i] if right is None else shingles(text)
        if len(pieces) < 8:
            continue
        common = Counter(j for piece in pieces if len(index[piece]) < 200 for j in index[piece])
        for j, count in common.items():
            if (right is not None or j < i) and len(sets[j]) >= 8 and count >= share * min(len(pieces), len(sets[j])):
                yield i, j


def real_contacts(text: str) -> Iterator[str]:
    """Yield what in a text could be a real contact: a phone number, a handle, a link or a mail address."""
    for match in _NUMBER.finditer(text):
        if "555" not in re.sub(r"\D", "", match[0]) and not _NOT_A_PHONE.fullmatch(match[0]):
            yield "a long number without 555"
    for match in _HANDLE.finditer(text):
        if "example" not in match[1].lower() and "555" not in match[1]:
            yield "a handle without 'example' or 555"
    for match in _LINK.finditer(text):
        if "example" not in match[0].lower() and "555" not in match[0]:
            yield "a link or mail address that is not an example"


def problems(messages: Sequence[Message]) -> Iterator[str]:
    """Yield what is wrong with the corpus, each with its file and line."""
    seen: dict[str, str] = {}
    pairs: dict[str, list[Message]] = defaultdict(list)
    for m in messages:
        if m.id in seen:
            yield f"{m.where}: the id {m.id!r} stands also at {seen[m.id]}"
        seen[m.id] = m.where
        if not m.text.strip():
            yield f"{m.where}: empty text"
        if m.pair:
            pairs[f"{m.language}/{m.pair}"].append(m)
        yield from (f"{m.where}: {what}" for what in real_contacts(m.text))
    for name, group in pairs.items():
        if sorted(m.label for m in group) != [0, 1] or len({m.family for m in group}) != 1:
            yield f"{group[0].where}: the pair {name!r} must be one message of each label, in one family"
    for i, j in near_duplicates([m.text for m in messages]):
        if messages[i].group != messages[j].group:
            yield f"{messages[i].where}: nearly the same as {messages[j].where}, but in another family"


def shortfalls(messages: Sequence[Message]) -> Iterator[str]:
    """Yield which minimum of the corpus is not met."""
    languages = Counter(m.language for m in messages)
    for language, least in MINIMUM.items():
        if languages[language] < least:
            yield f"{language}: {languages[language]} messages of at least {least}"
        share = sum(m.label for m in messages if m.language == language) / max(1, languages[language])
        if not 0.42 <= share <= 0.58:
            yield f"{language}: {share:.0%} risky, expected about half"
        groups = {m.group: m.is_test for m in messages if m.language == language}
        if groups and not 0.1 <= sum(groups.values()) / len(groups) <= 0.32:
            yield f"{language}: {sum(groups.values())} of {len(groups)} families are test families, expected about a fifth"
    if len(messages) < 4000:
        yield f"{len(messages)} messages of at least 4000"
    count = sum(bool(m.pair) for m in messages) // 2
    if count < 500:
        yield f"{count} contrast pairs of at least 500"
    disguised = [m for m in messages if m.disguise]
    if len(disguised) < 300:
        yield f"{len(disguised)} disguised messages of at least 300"
    if sum(m.label == 0 for m in disguised) * 4 < len(disguised):
        yield f"{sum(m.label == 0 for m in disguised)} of {len(disguised)} disguised messages are honest, expected a quarter"
    for entry in read_lures():
        marked = [m for m in messages if entry.id in m.lures]
        near = sum(any(k.kind == entry.id and k.near_miss for k in m.marks) for m in messages)
        tongues = {m.language for m in marked}
        if len(marked) < 30 or len(tongues) < 4 or near < 15:
            yield f"{entry.id}: {len(marked)} messages (30) in {len(tongues)} languages (4), {near} near misses (15)"


def summary(messages: Sequence[Message]) -> str:
    """Return the counts of the corpus as text tables."""
    import pandas as pd

    frame = to_frame(messages)
    by_language = frame.groupby("language").agg(
        messages=("id", "size"), risky=("label", "sum"), families=("group", "nunique"), pairs=("pair", "nunique"),
        disguised=("disguise", lambda d: sum(bool(x) for x in d)), test=("test", "sum"),
    )  # fmt: skip
    by_language.loc["all"] = by_language.sum()
    kinds = frame.groupby(["label", "kind"]).size().rename("messages").reset_index()
    registers = frame.pivot_table(index="register", columns="label", values="id", aggfunc="size", fill_value=0)
    rows = []
    for entry in read_lures():
        offered = [m for m in messages if entry.id in m.lures]
        near = [m for m in messages if any(k.kind == entry.id and k.near_miss for k in m.marks)]
        rows.append((entry.id, len(offered), sum(m.label for m in offered), len({m.language for m in offered}), len(near)))
    lures = pd.DataFrame(rows, columns=["lure", "messages", "of them risky", "languages", "near misses"])
    return "\n\n".join([by_language.to_string(), kinds.to_string(index=False), registers.to_string(), lures.to_string(index=False)])


def read_second(path: str | os.PathLike[str] | None = None) -> dict[str, tuple[int, frozenset[str]]]:
    """Read the labels of the second reader (default: `data/second_reading.csv`): label and lures by message id."""
    import csv

    source = data_path() / "second_reading.csv" if path is None else Path(path)
    with source.open(encoding="utf-8", newline="") as file:
        return {row["id"]: (int(row["label"]), frozenset(row["lures"].split()) - {""}) for row in csv.DictReader(file)}


def read_exam() -> pd.DataFrame:
    """Read the exam: messages by writers who knew neither code nor corpus, never trained on.

    Columns: id, examiner ("first" or "second"), language, label, kind (in the examiner's words), text.
    """
    import pandas as pd

    return pd.read_csv(data_path() / "exam.csv", encoding="utf-8")


def agreement(messages: Sequence[Message], second: dict[str, tuple[int, frozenset[str]]]) -> pd.DataFrame:
    """Return how far two readers agree, by language: messages, and Krippendorff's alpha for the label and for the lures.

    Alpha is nltk's; sets of lures are compared by the MASI distance (Passonneau 2006). 1 is full agreement, 0 that of chance.
    """
    import pandas as pd
    from nltk.metrics import binary_distance, masi_distance
    from nltk.metrics.agreement import AnnotationTask

    read = [m for m in messages if m.id in second]
    rows = []
    for language in [*sorted({m.language for m in read}), "all"]:
        part = [m for m in read if language in (m.language, "all")]
        labels = [(who, m.id, value) for m in part for who, value in (("first", m.label), ("second", second[m.id][0]))]
        none = frozenset(["none"])
        lures = [(who, m.id, value or none) for m in part for who, value in (("first", m.lures), ("second", second[m.id][1]))]
        same = sum(m.label == second[m.id][0] for m in part) / len(part)
        rows.append(
            (language, len(part), same, AnnotationTask(labels, binary_distance).alpha(), AnnotationTask(lures, masi_distance).alpha())
        )
    return pd.DataFrame(rows, columns=["language", "messages", "same label", "alpha, label", "alpha, lures"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the counts, and the problems with `--check`; the exit code is 1 when a minimum is missed or a check fails."""
    import argparse

    parser = argparse.ArgumentParser(prog="python -m scamrisk.corpus", description="Count and check the corpus.")
    parser.add_argument("folder", nargs="?", help="a corpus folder (default: data/corpus)")
    parser.add_argument("--check", action="store_true", help="also look for what must not be there")
    parser.add_argument("--agreement", action="store_true", help="show how far the second reader agrees")
    options = parser.parse_args(arguments)
    messages = read_corpus(options.folder)
    if options.agreement:
        print(agreement(messages, read_second()).round(3).to_string(index=False))
        return 0
    print(summary(messages))
    wrong = list(shortfalls(messages)) + (list(problems(messages)) if options.check else [])
    print("\n" + ("\n".join(wrong) if wrong else "every minimum is met"))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
