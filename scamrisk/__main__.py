"""The command `scamrisk`: score, explain, train, evaluate, suggest."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scamrisk import __version__
from scamrisk.errors import RefusedError, ScamRiskError

if TYPE_CHECKING:
    from scamrisk.assessment import Assessment
    from scamrisk.model import Model

FINE, NOT_BETTER, BAD_INPUT = 0, 1, 2
_ANSI = {"low": "32", "elevated": "33", "high": "31", "critical": "35"}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    parser = argparse.ArgumentParser(
        prog="scamrisk",
        description="Scores recruitment messages for the risk of being a scam or a trafficking lure. Works offline.",
        epilog="Exit codes: 0 fine, 1 a stated guard failed (train --require-better), 2 bad input.",
    )
    parser.add_argument("--version", action="version", version=f"scamrisk {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    score = commands.add_parser("score", help="score one message, or every row of a file")
    score.add_argument("message", nargs="?", metavar="TEXT", help="the message; - reads it from standard input")
    score.add_argument("--input", metavar="FILE", help="score a .csv, .jsonl or .parquet file; - reads CSV from standard input")
    score.add_argument("--text", default="text", metavar="COLUMN", help="the column of the messages (default: text)")
    score.add_argument("--output", default="-", metavar="FILE", help="where the scored rows go; - is CSV on standard output")
    score.add_argument("--jobs", type=int, default=1, metavar="N", help="processes to use for a file; -1 for one per core")
    score.add_argument("--country", metavar="CC", help="show the official contacts of a country, such as CN")
    _common(score)

    explain = commands.add_parser("explain", help="show every term that adds up to the risk of a message")
    explain.add_argument("message", metavar="TEXT", help="the message; - reads it from standard input")
    explain.add_argument("--terms", type=int, default=30, metavar="N", help="how many terms to list (default: 30)")
    _common(explain)

    train = commands.add_parser("train", help="train on new labelled messages and compare with the model they start from")
    train.add_argument("files", nargs="+", metavar="FILE", help="labelled messages: .csv, .jsonl or .parquet, or corpus files")
    train.add_argument("--output", required=True, metavar="DIR", help="the model folder to write")
    train.add_argument("--base", default="shipped", metavar="MODEL", help="start from: shipped (default), none, or a model folder")
    train.add_argument("--corpus", action="store_true", help="train together with the corpus in data/")
    train.add_argument("--lures", metavar="DIR", help="use these lure files instead of the shipped ones")
    train.add_argument("--text", default="text", metavar="COLUMN")
    train.add_argument("--label", default="label", metavar="COLUMN")
    train.add_argument("--group", metavar="COLUMN", help="rows that belong together (a campaign, a sender) and must not be split")
    train.add_argument("--language", metavar="COLUMN")
    train.add_argument("--risky", metavar="LABEL", help="the label that means risky, when it is not one of the usual ones")
    train.add_argument("--report", metavar="DIR", help="write the report, suspected label errors and new phrases; they quote messages")
    train.add_argument("--curve", action="store_true", help="also measure how recall grows with the number of messages")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--jobs", type=int, default=1, metavar="N")
    train.add_argument("--force", action="store_true", help="replace an existing output folder")
    train.add_argument("--require-better", action="store_true", help="keep nothing, and exit with 1, when a guard fails")

    evaluate = commands.add_parser("evaluate", help="measure a model on labelled messages")
    evaluate.add_argument("file", metavar="FILE")
    evaluate.add_argument("--text", default="text", metavar="COLUMN")
    evaluate.add_argument("--label", default="label", metavar="COLUMN")
    evaluate.add_argument("--slice", metavar="COLUMN", help="also report by the values of this column")
    evaluate.add_argument("--language", metavar="COLUMN", help="also report by language")
    evaluate.add_argument("--figures", metavar="DIR", help="write the curves as PNG files (needs matplotlib)")
    evaluate.add_argument("--jobs", type=int, default=1, metavar="N")
    _common(evaluate)

    suggest = commands.add_parser("suggest", help="pick the unlabelled messages whose label would teach most")
    suggest.add_argument("file", metavar="FILE")
    suggest.add_argument("-n", type=int, default=100, metavar="N", help="how many (default: 100)")
    suggest.add_argument("--text", default="text", metavar="COLUMN")
    suggest.add_argument("--output", default="-", metavar="FILE")
    suggest.add_argument("--model", metavar="DIR")
    return parser


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="DIR", help="a model folder (default: the shipped model)")
    parser.add_argument("--base-rate", type=float, metavar="P", help="share of risky messages in your stream (default: 0.5)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _is_color() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _show(assessment: Assessment) -> str:
    text = str(assessment)
    if not _is_color() or assessment.level is None:
        return text
    head, _, rest = text.partition("  ")
    return f"\x1b[1;{_ANSI[assessment.level]}m{head}\x1b[0m  {rest}"


def _message(argument: str) -> str:
    return sys.stdin.read() if argument == "-" else argument


def _load(path: str | None) -> Model:
    from scamrisk.model import load

    return load(path)


def _score(o: argparse.Namespace) -> int:
    from scamrisk.errors import InvalidDataError

    if (o.message is None) == (o.input is None):
        raise InvalidDataError("give a message to score, or a file with --input, not both")
    if o.message is not None:
        assessment = _load(o.model).score(_message(o.message), base_rate=o.base_rate)
        advice = assessment.advice(o.country) if o.country or assessment.level in ("high", "critical") or assessment.plea else None
        if o.json:
            print(json.dumps(assessment.to_dict(), ensure_ascii=False))
        else:
            print(_show(assessment))
            if advice is not None:
                print(f"\nWhat to do:\n{advice}")
        return FINE
    from scamrisk.tables import for_file, read_table, score_table, table_format, write_table

    table_format(o.output)
    if o.output != "-" and not Path(o.output).absolute().parent.is_dir():
        raise InvalidDataError(f"{o.output}: the folder does not exist")
    frame = read_table(o.input)
    scored = score_table(_load(o.model), frame, o.text, n_jobs=o.jobs, base_rate=o.base_rate, progress=True)
    write_table(for_file(scored), o.output)
    return FINE


def _explain(o: argparse.Namespace) -> int:
    a = _load(o.model).score(_message(o.message), base_rate=o.base_rate)
    if o.json:
        print(json.dumps(a.to_dict(), ensure_ascii=False))
        return FINE
    print(_show(a))
    print(f"\n{'weight':>8}  {'place':>11}  feature")
    print(f"{a.intercept:+8.3f}  {'':>11}  intercept")
    for term in a.terms[: o.terms]:
        print(f"{term.weight:+8.3f}  {term.start:>5}-{term.end:<5}  {term.feature}")
    rest = a.terms[o.terms :]
    if rest:
        print(f"{sum(t.weight for t in rest):+8.3f}  {'':>11}  {len(rest)} smaller terms")
    print(f"{a.log_odds:+8.3f}  {'':>11}  log-odds of the risk {a.risk:.4f}")
    return FINE


def _evaluate(o: argparse.Namespace) -> int:
    from scamrisk.evaluation import evaluate
    from scamrisk.tables import read_table

    result = evaluate(_load(o.model), read_table(o.file), text=o.text, label=o.label, slice=o.slice, language=o.language,
                      n_jobs=o.jobs, base_rate=o.base_rate)  # fmt: skip
    print(json.dumps(result.to_dict(), ensure_ascii=False) if o.json else result)
    if o.figures:
        for path in result.save_figures(o.figures):
            print(path, file=sys.stderr)
    return FINE


def _train(o: argparse.Namespace) -> int:
    from scamrisk.retraining import check_folder, check_output, read_labelled, train

    check_output(o.output, overwrite=o.force)
    if o.report:
        check_folder(o.report)
    frame = read_labelled(o.files, o.text, o.label)
    result = train(
        frame, text=o.text, label=o.label, group=o.group, language=o.language, slice="source" if len(o.files) > 1 else None,
        base=None if o.base == "none" else o.base, corpus=o.corpus, lures=o.lures, risky=o.risky, curve=o.curve, output=o.output,
        overwrite=o.force, require_better=o.require_better, seed=o.seed, n_jobs=o.jobs, progress=sys.stderr.isatty(),
    )  # fmt: skip
    print(result)
    if o.report:
        for path in result.report.save(o.report):
            print(path, file=sys.stderr)
    return FINE


def _suggest(o: argparse.Namespace) -> int:
    from scamrisk.retraining import suggest
    from scamrisk.tables import read_table, write_table

    write_table(suggest(_load(o.model), read_table(o.file), n=o.n, text=o.text), o.output)
    return FINE


def _drop_output(*, broken: bool = False) -> None:
    """Let go of what standard output could not take, so that the interpreter does not complain of it when it ends."""
    try:
        if broken:
            raise BrokenPipeError
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = build_parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    work = {"score": _score, "explain": _explain, "evaluate": _evaluate, "train": _train, "suggest": _suggest}[options.command]
    try:
        return work(options)
    except RefusedError as error:
        print(f"scamrisk: {error}", file=sys.stderr)
        return NOT_BETTER
    except ScamRiskError as error:
        print(f"scamrisk: {error}", file=sys.stderr)
        _drop_output()
        return BAD_INPUT
    except KeyboardInterrupt:
        print("scamrisk: interrupted, nothing was written", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        _drop_output(broken=True)
        return FINE


if __name__ == "__main__":
    raise SystemExit(main())
