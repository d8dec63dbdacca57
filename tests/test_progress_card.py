"""The card of a notebook: one for what runs at a time, drawn in its place, without widgets."""

from __future__ import annotations

import sys
import types
from contextlib import suppress

import pytest

from nclue_pandas import progress, screen
from nclue_pandas.config import option_context


class Display:
    """What a notebook shows: one text for each card, the newest."""

    def __init__(self):
        self.shown, self.drawn = [], 0

    def display(self, data, *, raw, display_id):
        assert raw
        assert display_id
        self.drawn += 1
        self.shown.append(data)
        place = len(self.shown) - 1
        return types.SimpleNamespace(update=lambda data, raw: self.update(place, data))

    def update(self, place, data):
        self.drawn += 1
        self.shown[place] = data

    @property
    def texts(self):
        return [each["text/plain"].splitlines() for each in self.shown]


@pytest.fixture
def notebook(monkeypatch):
    """A kernel that shows, at once."""
    shell = types.SimpleNamespace(kernel=object())
    seen = Display()
    ipython = types.SimpleNamespace(get_ipython=lambda: shell, display=seen)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", seen)
    monkeypatch.setattr(screen, "_DELAY", 0)
    monkeypatch.setattr(screen, "_BETWEEN", 0)
    monkeypatch.setattr(screen.display, "duration", lambda seconds: f"{seconds:.0f} s")
    return seen


def wait(kind, name, status, step=None, **more):
    progress.emit(
        progress.WaitProgress(
            kind=kind,
            name=name,
            status=status,
            step=step,
            steps=step and 3,
            **{"seconds_in_state": 0, "elapsed": 0} | more,
        )
    )


def chain():
    """Go the way of predict(), and give the card after each step."""
    with progress.step("predict", "tea") as made:
        with progress.track(progress.UploadProgress, "tea sequences", total=2_048) as advance:
            advance(2_048)
        for step, kind in enumerate(("Feature", "Task", "Run"), 1):
            wait(kind, "tea-1", "pending", step, position=2 if kind == "Task" else None)
            yield
            wait(kind, "tea-1", "completed", step, elapsed=5)
        made["user"] = 7


def test_a_chain_is_one_card_that_tells_its_step(notebook):
    states = [notebook.texts[0][0] for _ in chain()]
    assert states == [f"predict 'tea': step {step} of 3" for step in (1, 2, 3)]
    assert notebook.texts == [
        [
            "predict 'tea': done after 0 s",
            "  Uploading tea sequences  2.0 KiB",
            "  Feature 'tea-1'          completed after 5 s",
            "  Task 'tea-1'             completed after 5 s",
            "  Run 'tea-1'              completed after 5 s",
        ]
    ]
    assert "<script" not in notebook.shown[0]["text/html"]


def test_a_task_in_a_queue_says_so(notebook):
    for step, _ in enumerate(chain(), 1):
        if step == 2:
            assert notebook.texts[0][-1].endswith("pending for 0 s, 2 jobs before it (0 s in all)")


def test_the_next_call_has_a_card_of_its_own(notebook):
    for _ in range(2):
        wait("Feature", "f", "pending")
        wait("Feature", "f", "completed")
    assert [text[0] for text in notebook.texts] == ["Feature 'f': done after 0 s"] * 2


def test_what_stops_is_told(notebook):
    with suppress(KeyboardInterrupt), progress.step("predict", "tea"):
        wait("Feature", "f", "pending", 1)
        wait("Feature", "f", "pending", 1, stopped=True)
        raise KeyboardInterrupt
    assert notebook.texts[0][0] == "predict 'tea': stopped after 0 s"
    with progress.step("predict", "tea"):
        wait("Feature", "f", "pending", 1)
        wait("Feature", "f", "completed", 1)
    assert notebook.texts[1][0] == "predict 'tea': done after 0 s"


def test_what_is_done_soon_needs_no_card(notebook, monkeypatch):
    monkeypatch.setattr(screen, "_DELAY", 3_600)
    with (
        progress.step("create feature", "f"),
        progress.track(progress.UploadProgress, "f", total=1) as advance,
    ):
        advance(1)
    wait("Feature", "f", "completed")
    assert notebook.shown == []


def test_numbers_alone_are_not_drawn_each_time(notebook, monkeypatch):
    monkeypatch.setattr(screen, "_BETWEEN", 3_600)
    with progress.track(progress.BuildProgress, "log", unit="rows") as advance:
        for _ in range(1_000):
            advance(10)
    assert notebook.drawn <= 3
    assert notebook.texts == [["Building log: done after 0 s", "  Building log  10,000 rows"]]


def test_many_lines_are_cut_and_those_that_move_stay(notebook):
    with progress.step("backtest", "tea"):
        for number in range(40):
            with progress.track(progress.DownloadProgress, f"part-{number}", total=1) as advance:
                if number == 20:
                    wait("Run", "slow", "pending")
                advance(1)
        (text,) = notebook.texts
        assert len(text) == screen._LINES + 2
        assert any("Run 'slow'" in line for line in text)
        assert text[-1] == "  29 more are done"
        wait("Run", "slow", "completed")


def test_it_is_korean_where_that_is_asked(notebook):
    with option_context(language="ko"):
        for _ in chain():
            pass
    assert notebook.texts[0][0] == "예측 'tea': 완료(0 s)"


@pytest.mark.parametrize("widgets", [True, False])
def test_a_real_notebook_keeps_one_card_and_no_red_text(widgets):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    there = "types.ModuleType('ipywidgets')" if widgets else "None"
    lines = [
        "import sys, types",
        f"sys.modules['ipywidgets'] = {there}",
        "from nclue_pandas import progress, screen",
        "screen._DELAY = 0",
        "with progress.step('predict', '<tea>'):",
        "    with progress.track(progress.UploadProgress, 'log', total=2) as advance:",
        "        advance(1)",
        "        advance(1)",
    ]
    cell = nbformat.v4.new_code_cell("\n".join(lines))
    nbclient.execute(nbformat.v4.new_notebook(cells=[cell]), kernel_name="python3")
    (shown,) = cell["outputs"]
    assert shown["output_type"] == "display_data"
    assert shown["data"]["text/plain"].startswith("predict '<tea>': done after")
    assert "&lt;tea&gt;" in shown["data"]["text/html"]
