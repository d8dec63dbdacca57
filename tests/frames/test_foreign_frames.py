"""Frames of other libraries: Arrow data is taken, anything else is named with how to convert it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import nclue_pandas as nclue
from nclue_pandas.errors import InvalidDataError, MissingColumnError

LOG = pd.DataFrame(
    {
        "u": ["0012", "0012", "7"],
        "t": pd.to_datetime(["2026-01-02", "2026-01-01", "2026-01-01"]),
        "b": ["tea", "milk", "jam"],
    }
)
NAMES = {"user": "u", "time": "t", "behavior": "b"}
SEQUENCES = nclue.to_sequences(LOG, **NAMES)
ANSWERS = pd.DataFrame({"user_id": [f"u{n}" for n in range(400)], "label": [0, 1] * 200})
SCORES = pd.DataFrame({"user_id": ANSWERS["user_id"], "score": np.linspace(0, 1, 400)})


class Foreign:
    """A table of a library that is not installed: it exports Arrow data, once or often."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


def viewed(frame):
    """Text as views and categories of views, as polars exports it."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    for place, name in enumerate(table.column_names):
        column = table.column(name).combine_chunks()
        if pa.types.is_large_string(column.type) or pa.types.is_string(column.type):
            column = pa.array(column.to_pylist(), pa.string_view())
            if name == "b":
                codes = pa.array(range(len(column)), pa.uint32())
                column = pa.DictionaryArray.from_arrays(codes, column)
            table = table.set_column(place, name, pa.chunked_array([column]))
    return table


KINDS = {
    "table": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
    "views": viewed,
    "batch": lambda frame: pa.RecordBatch.from_pandas(frame, preserve_index=False),
    "reader": lambda frame: pa.Table.from_pandas(frame, preserve_index=False).to_reader(),
    "stream": lambda frame: Foreign(viewed(frame)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_verb_takes_arrow_data(kind):
    given = KINDS[kind]
    assert nclue.to_sequences(given(LOG), **NAMES).equals(SEQUENCES)
    cut = {"user": "u", "time": "t", "cutoff": "2026-01-02", "horizon": "1h"}
    with pytest.raises(InvalidDataError, match="after the last event"):
        nclue.to_answers(given(LOG), **cut)
    labels = nclue.to_answers(given(ANSWERS), label="label")
    assert labels.equals(nclue.to_answers(ANSWERS, label="label"))
    assert nclue.check(given(SEQUENCES)).ok
    assert len(nclue.split(given(ANSWERS))[1]) == len(nclue.split(ANSWERS)[1])
    hidden = nclue.pseudonymize(given(SCORES), "k" * 16)
    back = nclue.restore_ids(hidden, "k" * 16, ids=SCORES["user_id"])
    assert back["user_id"].tolist() == SCORES["user_id"].tolist()
    want = nclue.evaluate(SCORES, ANSWERS).auroc
    assert nclue.evaluate(given(SCORES), given(ANSWERS)).auroc == want
    assert nclue.compare({"a": given(SCORES)}, given(ANSWERS))["auroc"].tolist() == [want]


def test_ids_and_positive_of_other_libraries():
    values = pa.chunked_array([["0012"], ["7"]])
    scores = pd.DataFrame({"user_id": ["7"], "score": [0.5]})
    for ids in (values, values.chunk(1), Foreign(values)):
        assert nclue.restore_ids(scores, ids=ids)["user_id"].tolist() == ["7"]


class Convertible:
    """A frame of a library that converts its frames by a method."""

    def __init__(self, name):
        setattr(self, name, None)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            Convertible("to_pandas"),
            r"not .*test_foreign_frames.Convertible. .* its \.to_pandas\(\)",
        ),
        (Convertible("toPandas"), r"its \.toPandas\(\)"),
        (Convertible("collect"), r"its \.collect\(\)"),
        (LOG["u"], r"not pandas\..*Series\. Convert it with its \.to_frame\(\)"),
        (pa.chunked_array([["a"]]), r"not pyarrow\.lib\.ChunkedArray"),
        ({"u": ["a"]}, r"not dict\. Convert it with pandas\.DataFrame"),
        ([1], r"not list\. Convert it with pandas\.DataFrame"),
        (np.zeros((2, 2)), r"not numpy\.ndarray"),
        (None, "not NoneType"),
    ],
)
def test_other_frames_are_named_with_how_to_convert_them(frame, message):
    for verb in (
        lambda: nclue.to_sequences(frame, **NAMES),
        lambda: nclue.check(frame),
        lambda: nclue.evaluate(frame, ANSWERS),
        lambda: nclue.evaluate(SCORES, frame),
        lambda: nclue.split(frame),
    ):
        with pytest.raises(InvalidDataError, match=message):
            verb()


def test_a_frame_of_dask_is_named_with_its_verbs():
    dd = pytest.importorskip("dask.dataframe")
    with pytest.raises(InvalidDataError, match=r"\.compute\(\), or import nclue_pandas\.dask"):
        nclue.to_sequences(dd.from_pandas(LOG, npartitions=1), **NAMES)


DATA = {
    "Series": LOG["b"],
    "Index": pd.Index(["b"]),
    "ndarray": LOG["b"].to_numpy(),
    "DataFrame": LOG[["b"]],
    "array": pd.array(["b"]),
    "Array": pa.array(["b"]),
    "ChunkedArray": pa.chunked_array([["b"]]),
    "dict": {"b": 1},
    "set": {"b"},
}


@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
@pytest.mark.parametrize("argument", ["user", "time", "behavior", "tie_break"])
def test_data_where_the_name_of_a_column_belongs(data, argument):
    names = NAMES | {argument: data}
    with pytest.raises(MissingColumnError, match=f"column .* {argument}= the name") as caught:
        LOG.nclue.to_sequences(**names)
    assert "tea" not in str(caught.value)


def test_data_for_a_name_in_the_other_verbs():
    column = ANSWERS["user_id"]
    for verb, option in (
        (nclue.check, "user"),
        (nclue.split, "label"),
        (lambda frame, **given: nclue.to_answers(frame, label="label", **given), "user"),
        (lambda frame, **given: nclue.pseudonymize(frame, "k" * 16, **given), "user"),
        (lambda frame, **given: nclue.evaluate(SCORES, frame, **given), "label"),
        (lambda frame, **given: nclue.evaluate(SCORES, frame, **given), "score"),
    ):
        with pytest.raises(MissingColumnError, match="Did you mean 'user_id'"):
            verb(ANSWERS.assign(score=0.5), **{option: column})


def test_a_column_of_the_log_is_guessed_from_its_name():
    with pytest.raises(MissingColumnError, match="Did you mean 'b'"):
        LOG.nclue.to_sequences(**NAMES | {"behavior": LOG["b"]})
    with pytest.raises(MissingColumnError, match="Did you mean 'b'"):
        LOG.nclue.to_sequences(**NAMES | {"behavior": ["u", LOG["b"]]})
