"""Tables in and out: frames scored, CSV, JSONL and Parquet read and written, completely or not at all."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pandas as pd

from scamrisk.errors import InvalidDataError
from scamrisk.model import Model

FORMATS = (".csv", ".jsonl", ".parquet")
_COMPRESSED = (".gz", ".bz2", ".xz")
_LONG_WORK = 2_000


def check_column(frame: pd.DataFrame, column: str) -> None:
    """Raise InvalidDataError unless the frame has the column, once."""
    if not isinstance(frame, pd.DataFrame):
        raise InvalidDataError(f"expected a pandas DataFrame, got {type(frame).__name__}")
    if list(frame.columns).count(column) != 1:
        have = ", ".join(map(str, list(frame.columns)[:12])) or "none"
        raise InvalidDataError(f"expected one column {column!r}; the columns are: {have}")


def score_table(
    model: Model, frame: pd.DataFrame, text: str, *, n_jobs: int = 1, base_rate: float | None = None, progress: bool = False
) -> pd.DataFrame:
    """Return a copy of the frame with `risk`, `level` and `lures`; see `scamrisk.score_frame`."""
    check_column(frame, text)
    if taken := [name for name in ("risk", "level", "lures") if name in frame.columns]:
        raise InvalidDataError(f"the frame has a column {taken[0]!r} already: rename it first, nothing is overwritten")
    prior = model.prior(base_rate)
    texts = frame[text].tolist()
    size = 500 if n_jobs == 1 else max(1000, len(texts) // 20)
    assessments: list[Any] = []
    for start in _bar(range(0, len(texts), size), len(texts), size, progress):
        assessments += model.score_many(texts[start : start + size], n_jobs=n_jobs, base_rate=prior)
    out = frame.copy()
    out["risk"] = pd.Series([a.risk for a in assessments], index=frame.index, dtype=float)
    out["level"] = pd.Series([a.level for a in assessments], index=frame.index, dtype=object)
    out["lures"] = pd.Series([a.lures for a in assessments], index=frame.index, dtype=object)
    return out


def _bar(steps: range, total: int, size: int, progress: bool) -> Iterator[int]:
    """Yield the steps; with a progress bar on a terminal when there is much to do."""
    if not progress or total < _LONG_WORK or not sys.stderr.isatty():
        yield from steps
        return
    from tqdm import tqdm

    with tqdm(total=total, unit="msg", desc="scoring") as bar:
        for step in steps:
            yield step
            bar.update(min(size, total - step))


def table_format(path: str) -> str:
    """Return the format that a file name ends in ("-" means CSV). Raises InvalidDataError for an unknown one."""
    suffixes = [s.lower() for s in Path(path).suffixes]
    if path == "-":
        return ".csv"
    if suffixes and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    if not suffixes or suffixes[-1] not in (*FORMATS, ".json", ".tsv"):
        raise InvalidDataError(f"{path}: expected a file that ends in .csv, .jsonl or .parquet")
    return {".json": ".jsonl"}.get(suffixes[-1], suffixes[-1])


def read_table(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a CSV, TSV, JSONL or Parquet file, compressed or not; "-" reads CSV from standard input.

    CSV cells stay the text they are: nothing is taken for a number, a date or a missing value. Raises InvalidDataError
    that says what is wrong and where.
    """
    name = os.fspath(path)
    kind = table_format(name)
    if name != "-" and not Path(name).is_file():
        raise InvalidDataError(f"{name}: no such file")
    try:
        if kind == ".parquet":
            return pd.read_parquet(name)
        if kind == ".jsonl":
            return _read_jsonl(name)
        source: str | IO[str] = sys.stdin if name == "-" else name
        return pd.read_csv(
            source, dtype=str, keep_default_na=False, sep="\t" if kind == ".tsv" else ",", encoding="utf-8-sig" if name != "-" else None
        )
    except UnicodeDecodeError as error:
        raise InvalidDataError(f"{name}: not UTF-8 at byte {error.start}: save it as UTF-8 first") from None
    except pd.errors.EmptyDataError:
        raise InvalidDataError(f"{name}: the file is empty") from None
    except (pd.errors.ParserError, ValueError) as error:
        raise InvalidDataError(f"{name}: can't be read as {kind[1:].upper()}: {_first_line(error)}") from None
    except OSError as error:
        raise InvalidDataError(f"{name}: can't be read: {error.strerror or error}") from None


def _read_jsonl(name: str) -> pd.DataFrame:
    """Read one JSON object a line; values stay as they are. Raises InvalidDataError with the line that is no object."""
    openers: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
    opener = openers.get(Path(name).suffix.lower(), open)
    rows = []
    with opener(name, "rt", encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise InvalidDataError(f"{name}:{number}: not valid JSON: {error.msg} at column {error.colno}") from None
            if not isinstance(row, dict):
                raise InvalidDataError(f"{name}:{number}: expected a JSON object, got {type(row).__name__}")
            rows.append(row)
    if not rows:
        raise InvalidDataError(f"{name}: the file is empty")
    return pd.DataFrame(rows)


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]


def for_file(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a scored frame with `lures` as the kinds joined by ";", as files hold it."""
    kinds = frame["lures"].map(lambda lures: ";".join(dict.fromkeys(lure.kind for lure in lures)))
    return frame.assign(lures=kinds)


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path to write to; what was written takes the place of `path` only when the block ends without an error."""
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}-", suffix="".join(target.suffixes), dir=target.parent)
    except OSError as error:
        raise InvalidDataError(f"{target}: can't be written: {error.strerror or error}") from None
    os.close(handle)
    fresh = Path(name)
    try:
        yield fresh
        fresh.chmod(0o644)
        fresh.replace(target)
    except OSError as error:
        raise InvalidDataError(f"{target}: can't be written: {error.strerror or error}") from None
    finally:
        fresh.unlink(missing_ok=True)


def write_table(frame: pd.DataFrame, path: str) -> None:
    """Write a frame as CSV, TSV, JSONL or Parquet, by the name of the file; "-" writes CSV to standard output.

    The file is complete or absent. Raises InvalidDataError when it can't be written.
    """
    kind = table_format(path)
    if path == "-":
        try:
            frame.to_csv(sys.stdout, index=False)
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise InvalidDataError(f"standard output can't be written: {error.strerror or error}") from None
        return
    with whole_file(path) as fresh:
        if kind == ".parquet":
            frame.to_parquet(fresh, index=False)
        elif kind == ".jsonl":
            frame.to_json(fresh, orient="records", lines=True, force_ascii=False)
        else:
            frame.to_csv(fresh, index=False, sep="\t" if kind == ".tsv" else ",")
