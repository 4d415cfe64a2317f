"""The notebooks run from top to bottom, carry no outputs, and define nothing: they show the library."""

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))


def test_there_are_three() -> None:
    assert [p.name[:2] for p in NOTEBOOKS] == ["01", "02", "03"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_is_clean(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None
            lines = [line for line in cell.source.splitlines() if not line.startswith("%")]
            body = ast.parse("\n".join(lines)).body
            assert not any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in body)


@pytest.mark.filterwarnings("ignore")  # what Jupyter's own parts warn about says nothing of this library
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    NotebookClient(book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}).execute()
    outputs = [o for cell in book.cells if cell.cell_type == "code" for o in cell.outputs]
    assert len(outputs) >= 5
    assert not any(o.output_type == "stream" and o.name == "stderr" and "Warning" in o.text for o in outputs)
