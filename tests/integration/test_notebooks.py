"""Every notebook runs from its first cell to its last."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs(path):
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs for cell in code), "notebooks are stored without outputs"
    NotebookClient(notebook, timeout=240, kernel_name="python3").execute()
    assert all(cell.execution_count for cell in code)
    assert not any(
        output.get("name") == "stderr" and "Traceback" in output.get("text", "")
        for cell in code
        for output in cell.outputs
    )
