"""Errors in a notebook: the caller's line, the message, the first rows; none of our frames."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors

COLUMNS = {"user": "user_id", "time": "ts", "behavior": "what"}
LOG = pd.DataFrame(
    {
        "user_id": ["a", None, *"cdefgh"],
        "ts": ["2026-01-01", "soon", *["later"] * 6],
        "what": ["tea", "a \x1b[2J", *["milk"] * 6],
    }
)


def shown(call):
    with pytest.raises(errors.NclueError) as caught:
        call()
    return "\n".join(caught.value._render_traceback_())


def test_the_line_the_message_and_the_first_rows():
    text = shown(lambda: LOG.nclue.to_sequences(**COLUMNS))
    line, _, rest = text.partition("\n\n")
    assert line.startswith("line ")
    assert line.endswith("text = shown(lambda: LOG.nclue.to_sequences(**COLUMNS))")
    assert rest.startswith("InvalidDataError: ")
    assert "The first 5 of 7:" in rest
    assert "later" in rest.partition("The first 5")[2]
    assert "\x1b" not in text
    assert "nclue_pandas/frames" not in text


def test_personal_data_stay_out_of_notebooks_that_are_passed_on():
    texts = LOG.head(1).assign(what="call 010-1234-5678")
    text = shown(lambda: texts.nclue.to_sequences(**COLUMNS))
    assert text.splitlines()[2].startswith("PersonalDataError: ")
    assert "1234" not in text


def test_the_line_is_the_callers_where_our_threads_failed():
    with ThreadPoolExecutor(1) as pool:
        text = shown(lambda: pool.submit(LOG.nclue.to_sequences, **COLUMNS).result())
    assert text.splitlines()[0].endswith("pool.submit(LOG.nclue.to_sequences, **COLUMNS).result())")


def test_notes_come_last_and_other_errors_have_no_table():
    error = errors.ConfigurationError("The setting x= is unknown.")
    error.add_note("This is about the frame that was given as answers.")
    assert error._render_traceback_() == [
        "ConfigurationError: The setting x= is unknown.",
        "This is about the frame that was given as answers.",
    ]


def test_a_notebook_shows_it(monkeypatch):
    shells = pytest.importorskip("IPython.core.interactiveshell")
    shell = shells.InteractiveShell()
    drawn = []
    monkeypatch.setattr(shell, "_showtraceback", lambda kind, value, lines: drawn.extend(lines))
    shell.user_ns |= {"log": LOG, "columns": COLUMNS}
    shell.run_cell("before = 1\nlog.nclue.to_sequences(**columns)")
    assert drawn[0] == "line 2: log.nclue.to_sequences(**columns)"
    assert drawn[2].startswith("InvalidDataError: ")
    assert nclue.errors.InvalidDataError.__name__ in drawn[2]
