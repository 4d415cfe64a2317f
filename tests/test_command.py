"""The command: what it prints, what it writes, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from scamrisk.__main__ import main

TEXT = "High-paying job abroad, flights paid, no experience, message me on Telegram"


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    path = tmp_path / "messages.csv"
    pd.DataFrame({"id": ["007", "008", "009"], "message": [TEXT, "", "hello, how are you today"], "note": ["a,b", 'q"x"', "NA"]}).to_csv(
        path, index=False
    )
    return path


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(arguments)
    out = capsys.readouterr()
    return code, out.out, out.err


def test_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run("score", TEXT, capsys=capsys)
    assert code == 0
    assert "risk" in out
    assert "What to do" in out
    code, out, _ = run("score", TEXT, "--json", capsys=capsys)
    assert 0 < json.loads(out)["risk"] < 1


def test_explain_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    """The weights shown, the rest included, sum to the log-odds shown in the last line."""
    code, out, _ = run("explain", TEXT, "--terms", "5", capsys=capsys)
    assert code == 0
    *weights, total = [float(line.split()[0]) for line in out[out.index("feature") :].splitlines()[1:]]
    assert len(weights) == 7
    assert sum(weights) == pytest.approx(total, abs=0.01)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".tsv", ".jsonl", ".parquet"])
def test_files_keep_rows_columns_and_order(messages: Path, tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    from scamrisk.tables import read_table

    output = tmp_path / f"scored{suffix}"
    code, out, err = run("score", "--input", str(messages), "--text", "message", "--output", str(output), capsys=capsys)
    assert (code, out, err) == (0, "", "")
    scored = read_table(output)
    assert list(scored.columns) == ["id", "message", "note", "risk", "level", "lures"]
    assert list(scored["id"]) == ["007", "008", "009"]
    assert list(scored["note"]) == ["a,b", 'q"x"', "NA"]
    assert "no_experience_needed" in scored["lures"].iloc[0].split(";")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["messages.csv", output.name]


def test_standard_input_and_output(messages: Path) -> None:
    command = [sys.executable, "-m", "scamrisk", "score", "--input", "-", "--text", "message", "--output", "-"]
    done = subprocess.run(command, input=messages.read_text(), capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == "id,message,note,risk,level,lures"
    assert len(done.stdout.splitlines()) == 4


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["score"], "give a message"),
        (["score", "   "], "empty or blank"),
        (["score", "x", "--input", "y.csv"], "not both"),
        (["score", "--input", "nowhere.csv"], "no such file"),
        (["score", "--input", "{}/messages.csv", "--text", "nope"], "'nope'"),
        (["score", "--input", "{}/messages.csv", "--text", "message", "--output", "{}/no/where.csv"], "folder does not exist"),
        (["score", "--input", "{}/messages.csv", "--text", "message", "--output", "{}/x.pdf"], "ends in"),
        (["score", "--input", "{}/messages.pdf"], "ends in"),
        (["score", TEXT, "--model", "nowhere"], "not a model folder"),
        (["score", TEXT, "--base-rate", "7"], "between 0 and 1"),
        (["score", TEXT, "--country", "Spain"], "two letters"),
        (["evaluate", "{}/messages.csv", "--text", "message"], "'label'"),
        (["evaluate", "{}/messages.csv", "--text", "message", "--label", "note"], "not understood"),
        (["suggest", "{}/messages.csv"], "'text'"),
        (["suggest", "{}/messages.csv", "--text", "message", "-n", "0"], "at least one"),
    ],
)
def test_bad_input_ends_with_one_line_and_2(messages: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(messages.parent.iterdir())
    code, out, err = run(*[a.replace("{}", str(messages.parent)) for a in arguments], capsys=capsys)
    assert code == 2
    assert says in err
    assert len(err.splitlines()) == 1
    assert out == ""
    assert sorted(messages.parent.iterdir()) == before


def test_latin_1_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "old.csv"
    path.write_bytes("text\ncafé\n".encode("latin-1"))
    code, _, err = run("score", "--input", str(path), capsys=capsys)
    assert code == 2
    assert "UTF-8" in err


def test_a_full_disk_leaves_nothing(messages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not os.path.exists("/dev/full"):  # noqa: PTH110  the test is about the device
        pytest.skip("no /dev/full here")
    command = [sys.executable, "-m", "scamrisk", "score", "--input", str(messages), "--text", "message"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_evaluate_prints_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "labelled.csv"
    rows = [(TEXT, "scam"), ("hello, how are you today", "legit"), ("We need a cook in Leeds, permanent contract", "legit")] * 4
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(path, index=False)
    code, out, _ = run("evaluate", str(path), "--figures", str(tmp_path / "figures"), capsys=capsys)
    assert code == 0
    assert "roc_auc" in out
    assert sorted(p.name for p in (tmp_path / "figures").iterdir()) == ["calibration.png", "recall.png"]


def test_suggest_picks_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "unlabelled.csv"
    texts = [TEXT, TEXT + "!", "hello, how are you today", "We need a cook in Leeds, permanent contract", ""]
    pd.DataFrame({"id": range(5), "text": texts}).to_csv(path, index=False)
    code, out, _ = run("suggest", str(path), "-n", "3", capsys=capsys)
    assert code == 0
    assert out.splitlines()[0] == "id,text,risk,teaches"
    assert len(out.splitlines()) == 4
