"""A frame that gives other rows when it is computed again: noticed between any two passes."""

from __future__ import annotations

import dask.dataframe as dd
import pandas as pd
import pytest

import nclue_pandas as nclue
import nclue_pandas.dask
from nclue_pandas.dask import pieces
from nclue_pandas.dask.pieces import SEQUENCES, as_before, content_mark

COLUMNS = {"user": "u", "time": "t", "behavior": "b"}


def changing(make):
    """A frame of two partitions, each of which is made anew, with the number of the time."""
    calls = []

    def partition(number):
        calls.append(number)
        return make(number, calls.count(number))

    return dd.from_map(partition, [0, 1], meta=make(0, 1).iloc[:0])


def rows(number, time, *, ids=None, length=2):
    values = [f"u{number}", f"v{number}"] if ids is None else ids
    return pd.DataFrame(
        {"u": values * (length // 2), "t": pd.Timestamp("2026"), "b": f"tea {time}"}
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda number, time: rows(number, time, ids=["a", None]),
        lambda number, time: rows(number, 1, ids=["a", None], length=2 * time),
        lambda number, time: rows(number, 1, ids=["a", None if time == 1 else "b"]),
        lambda number, time: rows(number, 1, ids=["x" * (100 + time), "y"]),
        lambda number, time: rows(number, 1).astype(object).assign(b=[time, "tea"]),
        lambda number, time: rows(number, 1).assign(u=pd.Series([time, "x"], dtype=object)),
    ],
)
def test_between_the_rows_of_a_verb_and_those_of_its_error(make):
    log = changing(make)
    with pytest.raises(nclue.errors.InvalidDataError, match="other rows"):
        log.nclue.to_sequences(**COLUMNS)


def test_between_the_rows_of_a_check_and_those_it_tells():
    frame = changing(lambda number, time: rows(number, time, ids=["a", None]))
    with pytest.raises(nclue.errors.InvalidDataError, match="other rows"):
        frame.nclue.check(user="u", sequence="b")


def test_pieces_that_are_made_anew_hold_the_same_or_are_refused():
    frame = pd.DataFrame({"user_id": ["a", "b"], "sequence": ["tea", "jam"]}).astype(
        SEQUENCES.dtypes
    )
    mark = content_mark(frame)
    assert as_before(frame.copy(), mark).equals(frame)
    halves = pd.concat([frame.iloc[:1], frame.iloc[1:]], ignore_index=True)
    assert as_before(halves, mark).equals(frame), "the same rows in other chunks"
    for other in (frame.iloc[::-1], frame.iloc[:1], frame.assign(sequence="tea")):
        with pytest.raises(nclue.errors.InvalidDataError, match="other rows"):
            as_before(other, mark)


def test_sequences_made_anew_after_they_were_told(monkeypatch):
    kept = {}

    def forget(*parts):
        kept["times"] = kept.get("times", 0) + 1
        return parts  # as when every worker that held a piece is lost

    monkeypatch.setattr(pieces, "persist", forget)
    log = changing(rows)
    made = log.nclue.to_sequences(**COLUMNS)
    with nclue.connect("sandbox") as client:
        before = client.list_features()  # the account is the session's: others have used it
        for use in (made.compute, lambda: made.nclue.create_feature("f"), made.nclue.check):
            with pytest.raises(nclue.errors.InvalidDataError, match="other rows"):
                use()
        assert client.list_features().equals(before)
