"""Every notebook runs from its first cell to its last."""

from __future__ import annotations

import re
import subprocess
import tomllib
import venv
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.usefixtures("no_pauses")

PROJECT = Path(__file__).parents[2]
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
RUN = """
import sys, nbformat
from nbclient import NotebookClient
NotebookClient(nbformat.read(sys.argv[1], as_version=4), timeout=240, kernel_name="own").execute()
"""
#: What is looked at while a notebook runs: tables whose figures are all the same tell nothing.
LOOK = """
import pandas as pd

constant = []

def look(done):
    found = done.result
    if isinstance(found, pd.DataFrame):
        figures = {name: column.dropna() for name, column in found.select_dtypes("float").items()}
        constant.extend(name for name, each in figures.items() if len(each) > 1 == each.nunique())

get_ipython().events.register("post_run_cell", look)
"""
LOOKED = "assert not constant, constant"


def extras_of(path):
    """Return the extras that a notebook names in its first cell."""
    first = nbformat.read(path, as_version=4).cells[0].source
    return re.search(r'pip install "nclue-pandas\[([a-z,]+)\]"', first)[1].split(",")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_names_the_extras_that_it_needs(path):
    known = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(extras_of(path)) <= {"sandbox", "plot", "dask"}
    assert set(extras_of(path)) <= set(known["optional-dependencies"])


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """Return what makes an environment with some extras and Jupyter's kernel, each once."""
    made = {}

    def make(extras):
        if extras not in made:
            home = tmp_path_factory.mktemp("fresh")
            venv.create(home, with_pip=True)
            python = home / "bin" / "python"
            wanted = [f"{PROJECT}[{extras}]", "ipykernel", "nbclient"]
            constraints = PROJECT / "constraints.txt"
            pip = [python, "-m", "pip", "install", "-q", "-c", constraints, *wanted]
            subprocess.run(pip, check=True)
            own = [python, "-m", "ipykernel", "install", "--prefix", home, "--name", "own"]
            subprocess.run(own, check=True, capture_output=True)
            made[extras] = python
        return made[extras]

    return make


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_in_a_fresh_environment_with_the_extras_that_it_names(path, fresh):
    python = fresh(",".join(extras_of(path)))
    done = subprocess.run([python, "-c", RUN, path], cwd=python.parent, check=False)
    assert done.returncode == 0


@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs(path):
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs for cell in code), "notebooks are stored without outputs"
    first, last = map(nbformat.v4.new_code_cell, (LOOK, LOOKED))
    notebook.cells = [first, *notebook.cells, last]
    NotebookClient(notebook, timeout=240, kernel_name="python3").execute()
    assert all(cell.execution_count for cell in code)
    assert not any(
        output.get("name") == "stderr" and "Traceback" in output.get("text", "")
        for cell in code
        for output in cell.outputs
    )
