"""The README is run: its Python as it stands, its command lines as far as a test may."""

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

import scamrisk
from scamrisk.__main__ import main

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_python_runs() -> None:
    for code in blocks("python"):
        exec(code, {"frame": pd.DataFrame({"message": ["We need a cook in Leeds, permanent contract"]})})


def test_the_first_command_scores_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    command = next(line for line in blocks("sh")[0].splitlines() if "scamrisk score" in line)
    arguments = shlex.split(command.split("&&")[1])
    assert arguments[0] == "scamrisk"
    assert main(arguments[1:]) == 0
    assert scamrisk.score(arguments[2]).level in capsys.readouterr().out.lower()


def test_the_links_lead_somewhere() -> None:
    root = Path(__file__).resolve().parent.parent
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (root / target).exists(), target
