"""The code on the project's own pages runs as it stands there, on the sandbox.

A block that begins with three backticks and ``python`` is run; what needs a real account is shown
in a ``{code-block}`` instead. Blocks of a page run one after another, as a reader goes through it.
"""

from __future__ import annotations

import logging
import re
import runpy
import shlex
from pathlib import Path

import pytest

import nclue_pandas as nclue
from nclue_pandas.__main__ import main
from nclue_pandas.cli.settings import read_settings

pytestmark = pytest.mark.usefixtures("no_pauses")

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "ko").glob("*.md")),
    *sorted((ROOT / "docs" / "how_to").glob("*.md")),
]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
DEMO = re.compile(r"^    python -m nclue_pandas (demo .*)$", re.MULTILINE)


def blocks(path):
    return BLOCK.findall(path.read_text("utf-8"))


@pytest.fixture
def reader(sandbox, tmp_path, monkeypatch):
    """A reader in an empty folder, whose sandbox is of their own."""
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


#: Pages that tell or list and have nothing to run, and those that lead to others.
WITHOUT_CODE = {
    *("architecture", "assumptions", "background", "changelog", "decisions", "fault_matrix"),
    *("how_to", "look_up", "operations", "performance", "reference", "reliability", "security"),
    "tutorials",
}
#: The first block of a page: fenced, or indented below a blank line.
FIRST = re.compile(r"^```(?P<kind>\S+)|(?<=\n\n)    (?P<line>\S.*)", re.MULTILINE)


@pytest.mark.parametrize(
    "path", [p for p in PAGES if p.stem not in WITHOUT_CODE or p.parent.name == "ko"], ids=str
)
def test_it_begins_with_code_that_runs(path):
    """What to install may stand before it; the other tests run it."""
    first = [(each["kind"], each["line"] or "") for each in FIRST.finditer(path.read_text("utf-8"))]
    kind, line = next(
        each
        for each in first
        if each[0] not in {"sh", "{index}"} and not each[1].startswith("pip install")
    )
    assert kind == "python" or line == "python -m nclue_pandas demo"


def test_ten_lines_from_a_csv_to_scores(reader):
    made, code, *_ = blocks(ROOT / "docs" / "how_to" / "own_csv.md")
    exec(made, {})  # noqa: S102
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    exec(code, {})  # noqa: S102
    lines = (reader / "scores.csv").read_text("utf-8").splitlines()
    assert lines[0] == "user_id,score"
    assert len(lines) > 400


def test_the_korean_page_scores_a_csv_without_code(reader):
    page = ROOT / "docs" / "ko" / "own_csv.md"
    exec(blocks(page)[0], {})  # noqa: S102 - makes log.csv
    commands = DEMO.findall(page.read_text("utf-8"))
    assert any("cp949" in command for command in commands)
    log = (reader / "log.csv").read_text("utf-8")
    (reader / "excel.csv").write_text(log, encoding="cp949")
    for command in commands:
        assert main(shlex.split(command)) == 0
        assert len((reader / "scores.csv").read_text("utf-8").splitlines()) > 400
        (reader / "scores.csv").unlink()


def test_the_settings_of_the_korean_page_are_those_of_the_english_one(tmp_path):
    read = []
    for page in ("ko", "how_to"):
        text = (ROOT / "docs" / page / "every_night.md").read_text("utf-8")
        (tmp_path / "tea.toml").write_text(
            re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1], "utf-8"
        )
        read.append(read_settings(tmp_path / "tea.toml"))
    assert read[0] == read[1]


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "ko").glob("*.md")), ids=lambda p: p.stem)
def test_every_korean_page_has_words_of_its_own(path):
    """What Korean analysts say, and no page that was left in English."""
    text = path.read_text("utf-8")
    assert len(re.findall(r"[가-힣]", text)) > len(text) / 10
    assert not re.findall("손님|열쇠|전자우편", text)


def test_the_readme_says_it_in_ten_lines():
    text = (ROOT / "README.md").read_text("utf-8")
    first = text.split("\n\n")[2]
    assert len(first.splitlines()) <= 10


@pytest.mark.parametrize("name", ["README.md", "docs/index.md"])
def test_the_start_prints_what_the_page_shows(name, reader, capsys):
    text = (ROOT / name).read_text("utf-8")
    exec(BLOCK.search(text)[1], {})  # noqa: S102
    shown = re.search(r"^```text\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[1].splitlines()
    printed = capsys.readouterr().out.splitlines()
    lines = [line for line in shown if line.strip() != "..."]
    assert len(lines) > 8
    assert [line for line in printed if line in lines] == lines


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs" / "plots").glob("*.py")), ids=lambda p: p.stem
)
def test_the_picture_of_a_page_is_drawn(path, reader):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.close("all")
    try:
        runpy.run_path(str(path))
        drawn = [ax for number in pyplot.get_fignums() for ax in pyplot.figure(number).axes]
        assert drawn
        assert all(ax.has_data() and ax.get_xlabel() + ax.get_ylabel() for ax in drawn)
    finally:
        pyplot.close("all")
