"""The shape of the house: what imports what, what loads when, what the project says of itself."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "scamrisk"
ORDER = [
    "errors", "chardata", "amounts", "assessment", "normalize", "language", "features", "knowledge", "advice", "model", "labels", "tables",
    "api", "corpus", "disguise", "evaluation", "training", "updating", "estimator", "examination", "card", "retraining", "release", "__main__",
]  # fmt: skip
"""Modules from the ground up: each imports only from those before it, at the top of the file."""
HEAVY = ("sklearn", "pandas", "scipy", "joblib", "nltk", "matplotlib", "pyarrow")


def top_level_imports(path: Path) -> set[str]:
    """Return the scamrisk modules that a module imports when it is imported itself."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("scamrisk"):
            names = [node.module.partition(".")[2]] if "." in node.module else [a.name for a in node.names]
            found.update(names)
    return found


def modules() -> list[str]:
    return sorted(p.stem for p in PACKAGE.glob("*.py") if p.stem != "__init__")


def test_every_module_has_its_place_in_the_order() -> None:
    assert set(modules()) <= set(ORDER)


@pytest.mark.parametrize("name", modules())
def test_arrows_point_one_way(name: str) -> None:
    """A module imports, at the top of its file, only what comes before it."""
    later = {m for m in top_level_imports(PACKAGE / f"{name}.py") if m in ORDER and ORDER.index(m) >= ORDER.index(name)}
    assert not later


@pytest.mark.parametrize("code", ["import scamrisk", "import scamrisk; scamrisk.score('We need a cook, call the shop')"])
def test_importing_and_scoring_load_nothing_heavy(code: str) -> None:
    """Neither the import nor the scoring of one message loads scikit-learn, pandas, scipy, joblib or nltk."""
    check = f"{code}\nimport sys\nprint([m for m in {HEAVY!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.strip() == "[]"


def test_every_public_name_exists_and_is_documented() -> None:
    import scamrisk

    for name in scamrisk.__all__:
        assert getattr(scamrisk, name).__doc__, name


def test_the_top_level_is_as_agreed() -> None:
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT)
    if tracked.returncode or not tracked.stdout:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in tracked.stdout.splitlines()}
    assert top == {
        ".ci", ".gitignore", "CHANGELOG.md", "LICENSE", "README.md", "benchmarks", "data", "models", "notebooks", "pyproject.toml",
        "scamrisk", "tests",
    }  # fmt: skip


def test_the_readme_names_every_command() -> None:
    """A command that the README does not show is a command nobody finds."""
    from scamrisk.__main__ import build_parser

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    text = build_parser().format_help()
    commands = re.findall(r"^    (\w+) ", text, re.MULTILINE)
    assert len(commands) == 5
    for command in commands:
        assert f"scamrisk {command}" in readme, command
