"""Bars: shown where somebody sees them, one for each thing that moves on."""

from __future__ import annotations

import io
import sys
import types

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import progress, screen
from nclue_pandas.config import options
from nclue_pandas.frames.sequences import LogColumns, SequenceOptions, build


class Terminal(io.StringIO):
    """A stream that says it is a terminal, and what was written on it."""

    def isatty(self):
        return True


@pytest.fixture
def on(monkeypatch):
    """Return a function that puts a stream in the place of standard error.

    Called in the test itself, because pytest sets its own stream after the fixtures have run.
    """

    def replace(stream):
        monkeypatch.setattr(sys, "stderr", stream)
        return stream

    return replace


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Show bars from the start, however quick the test is."""
    monkeypatch.setattr(screen, "_DELAY", 0)


@pytest.fixture
def switch(monkeypatch):
    return lambda value: monkeypatch.setattr(options, "progress", value)


def upload():
    with progress.track(progress.UploadProgress, "로그", total=2_048) as advance:
        advance(1_024)
        advance(1_024)


def wait(status, in_state=0.0, elapsed=0.0, **more):
    progress.emit(
        progress.WaitProgress(
            kind="Task",
            name="runners",
            status=status,
            seconds_in_state=in_state,
            elapsed=elapsed,
            **more,
        )
    )


def test_a_terminal_shows_a_bar_to_its_end(on):
    stream = on(Terminal())
    upload()
    shown = stream.getvalue()
    assert "Uploading 로그" in shown
    assert "2.00k/2.00k" in shown.split("\r")[-1]
    assert shown.endswith("\n")


def test_a_script_without_a_terminal_is_silent(on):
    pipe = on(io.StringIO())
    upload()
    wait("pending")
    wait("completed")
    assert pipe.getvalue() == ""


def test_the_option_turns_bars_on_and_off(on, switch):
    pipe = on(io.StringIO())
    switch(True)
    upload()
    assert "Uploading" in pipe.getvalue()


def test_the_option_silences_a_terminal(on, switch):
    stream = on(Terminal())
    switch(False)
    upload()
    assert stream.getvalue() == ""


def test_a_wait_shows_state_time_in_state_and_position(on):
    stream = on(Terminal())
    wait("pending", position=2)
    wait("pending", in_state=75, elapsed=80, position=1)
    wait("in_progress", elapsed=90)
    wait("completed", elapsed=120)
    shown = stream.getvalue()
    assert "Task 'runners': pending for 1 min 15 s, 1 job before it (1 min 20 s in all)" in shown
    assert "Task 'runners': in_progress for 0.0 s (1 min 30 s in all)" in shown
    assert shown.rstrip().endswith("Task 'runners': completed after 2 min 0 s")


def test_a_wait_that_is_given_up_closes_its_bar(on):
    stream = on(Terminal())
    wait("pending", in_state=1, elapsed=1)
    wait("pending", in_state=2, elapsed=2, stopped=True)
    assert stream.getvalue().endswith("\n")
    assert screen._terminal._open == {}


def test_a_job_that_is_finished_at_the_first_look_needs_no_bar(on):
    stream = on(Terminal())
    wait("completed")
    assert stream.getvalue() == ""


def test_things_that_move_at_the_same_time_have_a_bar_each(on):
    on(Terminal())
    with (
        progress.track(progress.UploadProgress, "one", total=2) as one,
        progress.track(progress.UploadProgress, "two", total=2) as two,
    ):
        one(1)
        two(1)
        assert len(screen._terminal._open) == 2
    assert screen._terminal._open == {}


def test_rows_are_counted_in_thousands_and_bytes_in_1024(on):
    stream = on(Terminal())
    with progress.track(progress.BuildProgress, "log", total=4_000, unit="rows") as advance:
        advance(4_000)
    assert "4.00k/4.00k" in stream.getvalue()
    assert "rows/s" in stream.getvalue()


def test_what_is_done_soon_needs_no_bar(on, monkeypatch):
    stream = on(Terminal())
    monkeypatch.setattr(screen, "_DELAY", 3_600)
    upload()
    assert stream.getvalue() == ""
    assert screen._terminal._open == {}


def test_sequences_are_built_in_steps(on):
    stream = on(Terminal())
    seen = []
    log = pd.DataFrame({"user_id": [1, 1], "day": ["2026-01-01", "2026-01-02"], "item": "tea"})
    with progress.subscribe(seen.append):
        nclue.to_sequences(log, user="user_id", time="day", behavior="item")
    assert "Building sequences: 100%" in stream.getvalue()
    assert "4/4" in stream.getvalue()
    assert [(event.name, event.done, event.total) for event in seen] == [
        *(("sequences", done, 4) for done in range(5)),
        ("sequences", 4, 4),
    ]


def test_a_part_of_a_log_is_not_told(on):
    stream = on(Terminal())
    log = pd.DataFrame({"user_id": [1], "day": ["2026-01-01"], "item": "tea"})
    asked = SequenceOptions(user="user_id", time="day", behavior="item")
    assert build(LogColumns.of(log, asked), asked).report.events == 1
    assert stream.getvalue() == ""


def test_a_step_that_fails_closes_its_bar(on):
    on(Terminal())
    log = pd.DataFrame({"user_id": [1], "day": [None], "item": "tea"})
    with pytest.raises(nclue.NclueError):
        nclue.to_sequences(log, user="user_id", time="day", behavior="item")
    assert screen._terminal._open == {}


def test_requests_draw_nothing(on):
    stream = on(Terminal())
    progress.emit(progress.RequestSent(method="GET", path="/api/v1/features"))
    assert stream.getvalue() == ""


def in_a_notebook(monkeypatch, shell):
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))


def test_a_notebook_is_known_by_its_kernel(monkeypatch, on):
    on(io.StringIO())
    in_a_notebook(monkeypatch, types.SimpleNamespace(kernel=object()))
    assert screen.in_notebook()
    assert screen.enabled()


@pytest.mark.parametrize("shell", [None, types.SimpleNamespace()])
def test_ipython_in_a_terminal_is_no_notebook(monkeypatch, on, shell):
    on(io.StringIO())
    in_a_notebook(monkeypatch, shell)
    assert not screen.in_notebook()
    assert not screen.enabled()
