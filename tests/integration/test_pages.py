"""The code on the project's own pages runs as it stands there, on the sandbox.

A block that begins with three backticks and ``python`` is run; what needs a real account is shown
in a ``{code-block}`` instead. Blocks of a page run one after another, as a reader goes through it.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

import nclue_pandas as nclue
from nclue_pandas.demo import make_log

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "docs" / "index.md",
    ROOT / "docs" / "ko" / "quick_start.md",
    *sorted((ROOT / "docs" / "how_to").glob("*.md")),
]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(path):
    return BLOCK.findall(path.read_text("utf-8"))


@pytest.fixture
def reader(sandbox, tmp_path, monkeypatch):
    """A reader with a log.csv, whose sandbox is of their own."""
    make_log(users=700, seed=1).to_csv(tmp_path / "log.csv", index=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nclue_pandas.connecting._Embedded.sandbox", sandbox)
    level = logging.getLogger("nclue_pandas").level
    with nclue.option_context(), nclue.connect(sandbox):
        yield tmp_path
    logging.getLogger("nclue_pandas").setLevel(level)


@pytest.mark.parametrize("path", [p for p in PAGES if blocks(p)], ids=lambda path: path.stem)
def test_its_code_runs(path, reader):
    namespace = {"__name__": "page"}
    for number, block in enumerate(blocks(path), 1):
        exec(compile(block, f"{path.name}, block {number}", "exec"), namespace)  # noqa: S102


def test_ten_lines_from_a_csv_to_scores(reader):
    code = blocks(ROOT / "docs" / "how_to" / "own_csv.md")[0]
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    exec(code, {})  # noqa: S102
    lines = (reader / "scores.csv").read_text("utf-8").splitlines()
    assert lines[0] == "user_id,score"
    assert len(lines) > 400


def test_the_readme_says_it_in_ten_lines():
    text = (ROOT / "README.md").read_text("utf-8")
    first = text.split("\n\n")[2]
    assert len(first.splitlines()) <= 10
