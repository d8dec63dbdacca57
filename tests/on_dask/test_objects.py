"""Columns of objects give on Dask what they give on pandas, whatever Dask makes of them."""

from __future__ import annotations

import datetime as dt
import enum
import warnings
from decimal import Decimal
from itertools import pairwise

import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nclue_pandas as nclue
import nclue_pandas.dask

COLUMNS = {"user": "u", "time": "t", "behavior": "b"}
DAY = pd.Timestamp("2026-01-01")


def outcome(frame, verb, options):
    """What a verb makes, or what it refuses."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            made = getattr(frame.nclue, verb)(**options)
        except nclue.NclueError as error:
            problems = getattr(error, "problems", ())
            return type(error), [(p.code, p.message, p.rows) for p in problems]
    said = [str(each.message) for each in told if each.category is nclue.NclueDataWarning]
    report = made.nclue.report()
    made = made.compute() if isinstance(made, dd.DataFrame) else made
    return made.reset_index(drop=True).to_dict("list"), report, said


def assert_alike(frame, verb="to_sequences", *, cuts=(2,), **options):
    """Compare pandas and Dask, with and without the conversion, over several partitions."""
    options = options or COLUMNS
    expected = outcome(frame, verb, options)
    for convert in (True, False):
        with dask.config.set({"dataframe.convert-string": convert}):
            for npartitions in cuts:
                many = dd.from_pandas(frame, npartitions=npartitions, sort=False)
                assert outcome(many, verb, options) == expected, (convert, npartitions)
            bounds = [0, 0, len(frame) // 2, len(frame)]
            pieces = [frame.iloc[a:b] for a, b in pairwise(bounds)]
            mapped = dd.from_map(lambda each: each, pieces, meta=frame.iloc[:0])
            assert not mapped.known_divisions
            assert outcome(mapped, verb, options) == expected, convert
    return expected


def log(**columns):
    size = max(len(values) for values in columns.values())
    plain = {"u": ["a", "b"] * size, "t": [DAY] * size, "b": ["x", "y"] * size}
    chosen = {name: values[:size] for name, values in plain.items()} | {
        name: pd.Series(values, dtype=object) for name, values in columns.items()
    }
    return pd.DataFrame(chosen)


VALUES = [
    [12, 12.0, "12", "a"],
    [12, 12.0, 13.0, None],
    [12.0, 7.0, 12.0, 3.0],
    [1.5, 2.0, 2.0, 3.0],
    [1.5, "a", 2, "b"],
    [2**53 + 1, 2.5, 1, 1],
    [Decimal("1.50"), Decimal(2), Decimal("2.255"), Decimal("1.5")],
    [Decimal("1.50"), "1.5", "a", Decimal(7)],
    [Decimal(9), 9, 9.0, "9"],
    [Decimal("1e3"), Decimal(1000), Decimal("0.1"), None],
    [True, False, True, True],
    [True, "a", "b", "true"],
    [b"ab", "ab", "a", "b"],
    [b"ab", b"cd", b"ab", b"ab"],
    [["a"], ["b"], ["a"], ["c"]],
    [{"a": 1}, "a", "b", "c"],
    [(1, 2), "a", "b", "c"],
    [np.float32(1.5), np.int64(2), 2.0, 3],
    ["a", None, float("nan"), "b"],
    ["a", "\ud800", "\x00s", None],
    ["1.5", "\ud800", 1.5, 2.0**60],
    [dt.date(2026, 1, 1), dt.date(2026, 1, 2), None, dt.date(2026, 1, 1)],
    ["a", "b", dt.date(2026, 1, 1), "c"],
    [None, None, None, None],
]


#: Each list of values as ids or as behaviors in every run, as both in ``make verify``.
PLACES = [
    pytest.param(name, values, id=f"{name}-{values!r}", marks=pytest.mark.slow if odd else [])
    for number, values in enumerate(VALUES)
    for odd, name in enumerate(["u", "b"] if number % 2 else ["b", "u"])
]


@pytest.mark.parametrize(("name", "values"), PLACES)
def test_ids_and_behaviors_that_are_objects(name, values):
    assert_alike(log(**{name: values}))


@pytest.mark.parametrize(
    "values",
    [
        [Decimal(9), Decimal(10), Decimal(8), Decimal("9.5")],
        [9, 10, 8, 100],
        [9.5, 10, 8, None],
        ["9", "10", "8", None],
        [True, False, True, None],
        [dt.date(2026, 1, day) for day in (9, 10, 8, 30)],
        [dt.datetime(2026, 1, day) for day in (9, 10, 8, 30)],
    ],
    ids=repr,
)
def test_a_tie_break_of_objects(values):
    frame = log(seq=values).assign(u="a", b=["nine", "ten", "eight", "other"])
    made, *_ = assert_alike(frame, **COLUMNS, tie_break="seq")
    assert made["user_id"] == ["a"]


@pytest.mark.parametrize("values", [[1, "a", 2, 3], [b"a", "a", 1, 1], [[1], [2], [3], 4]])
def test_a_tie_break_without_a_common_type_is_refused(values):
    for convert in (True, False):
        with dask.config.set({"dataframe.convert-string": convert}):
            many = dd.from_pandas(log(seq=values), npartitions=2)
            with pytest.raises(nclue.errors.InvalidDataError, match=r"order|type"):
                many.nclue.to_sequences(**COLUMNS, tie_break="seq")


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 3, 4],
        [1.0, 2.0, None, 3.0],
        [1, 2.5, 3, 4],
        [True, False, True, True],
        [Decimal(1), Decimal(2), Decimal(3), Decimal(4)],
        ["2026-01-01", "2026-01-02", "yesterday", None],
        ["2026-01-01", 1, 2, 3],
        [dt.date(2026, 1, 1), dt.date(2026, 1, 2), None, dt.date(2026, 1, 1)],
        [dt.datetime(2026, 1, 1, 5), DAY.to_pydatetime(), None, DAY.to_pydatetime()],
        [dt.datetime(2026, 1, 1, tzinfo=dt.UTC), DAY.to_pydatetime(), None, None],
        [dt.datetime(2026, 1, day, tzinfo=dt.UTC) for day in (4, 3, 2, 1)],
        [b"2026-01-01", b"2026-01-01", None, None],
    ],
    ids=repr,
)
def test_times_that_are_objects(values):
    assert_alike(log(t=values))


@pytest.mark.parametrize(
    "values",
    [
        [True, False, True, False],
        [1, 0.0, "1", "0"],
        ["1", "0", "true", "false"],
        [1, 0, 1, None],
        [Decimal(1), Decimal(0), Decimal(1), Decimal(2)],
        [b"1", b"0", b"1", b"0"],
        [[1], [0], [1], [0]],
    ],
    ids=repr,
)
def test_labels_and_positives_that_are_objects(values):
    frame = log(y=values).assign(u=["a", "b", "c", "d"])
    assert_alike(frame, "to_answers", user="u", label="y")
    frame["t"] = DAY + pd.to_timedelta([0, 5, 0, 5], "D")
    options = {"user": "u", "time": "t", "cutoff": "2026-01-03", "horizon": "2D"}
    assert_alike(frame, "to_answers", **options, positive="y", observed_until="2026-02-01")


@pytest.mark.parametrize("categories", [[12, "12", "a"], [Decimal(1), Decimal(2), Decimal("1.5")]])
def test_categories_of_objects(categories):
    kind = pd.CategoricalDtype(pd.Index(categories, dtype=object))
    values = pd.Categorical(categories + categories[:1], dtype=kind)
    for name in ("u", "b"):
        assert_alike(log(**{name: [0] * 4}).assign(**{name: values}))


def test_the_same_user_in_frames_of_several_types():
    parts = [
        pd.DataFrame({"u": [12, 7], "t": DAY, "b": "x"}),
        pd.DataFrame({"u": [12.0, None], "t": DAY, "b": "y"}),
    ]
    expected = outcome(
        pd.concat(parts, ignore_index=True), "to_sequences", COLUMNS | {"on_invalid": "drop"}
    )
    many = dd.concat([dd.from_pandas(part, npartitions=1) for part in parts])
    assert outcome(many, "to_sequences", COLUMNS | {"on_invalid": "drop"}) == expected
    assert "12" in expected[0]["user_id"]


def test_a_partition_of_another_type_than_the_pattern():
    parts = [
        pd.DataFrame({"u": [1], "t": DAY, "b": "x"}),
        pd.DataFrame({"u": ["z"], "t": DAY, "b": "y"}),
    ]
    many = dd.from_map(lambda each: each, parts, meta=parts[0].iloc[:0])
    with pytest.raises(nclue.errors.InvalidDataError, match="by the pattern of the frame"):
        many.nclue.to_sequences(**COLUMNS)


@pytest.mark.parametrize(
    ("argument", "values"),
    [
        ("user", ["12", "12.0"]),
        ("behavior", ["1.50", "tea"]),
        ("behavior", ["b'tea'", "tea"]),
        ("user", ["True", "a"]),
        ("behavior", ["['tea', 'jam']", "tea"]),
        ("tie_break", ["9", "10"]),
        ("tie_break", ["9.5", "x"]),
        ("time", ["20260101", "20260102"]),
    ],
)
def test_objects_out_of_sight_are_refused(argument, values):
    name = (COLUMNS | {"tie_break": "seq"})[argument]
    frame = log(seq=["x", "y"]).assign(**{name: values})
    hidden = dd.from_pandas(frame, npartitions=1).persist()
    options = COLUMNS | ({"tie_break": "seq"} if argument == "tie_break" else {})
    with pytest.raises(nclue.errors.InvalidDataError, match=r"convert-string.* persist") as caught:
        hidden.nclue.to_sequences(**options)
    assert len(caught.value.rows) >= 1
    if argument != "time":
        said = frame.astype({name: pd.ArrowDtype(pa.string())})
        many = dd.from_pandas(said, npartitions=1).persist()
        assert outcome(many, "to_sequences", options) == outcome(frame, "to_sequences", options)


def test_texts_that_were_persisted_are_taken():
    frame = log(b=["tea", "[1+1] jam", "2026", "3.5 inch"]).assign(u=["0012", "NA", "1e5", "7"])
    many = dd.from_pandas(frame, npartitions=2).persist()
    assert outcome(many, "to_sequences", COLUMNS) == outcome(frame, "to_sequences", COLUMNS)


def test_rows_of_an_error_are_those_of_the_log():
    values = [12, None, Decimal("1.5"), "x"]
    frame = log(u=values).assign(n=range(4))
    many = dd.from_pandas(frame, npartitions=2)
    expected = refused(lambda: frame.nclue.to_sequences(**COLUMNS))
    told = refused(lambda: many.nclue.to_sequences(**COLUMNS))
    pd.testing.assert_frame_equal(told.rows, expected.rows)
    options = {"user": "u", "time": "t", "cutoff": "2026-01-02", "horizon": "1D"}
    options |= {"observed_until": "2027-01-01", "positive": many["n"] > 1}
    told = refused(lambda: many.nclue.to_answers(**options))
    pd.testing.assert_frame_equal(told.rows, expected.rows)


def refused(call):
    with pytest.raises(nclue.errors.InvalidDataError) as caught:
        call()
    return caught.value


class Color(enum.Enum):
    RED = 1


@pytest.mark.parametrize(
    "labels",
    [
        (0, 1, 2, 3),
        (("a", 1), ("a", 2), ("b", 1), ("b", 2)),
        (None, 1.5, Color.RED, "s"),
        (DAY, dt.date(2026, 1, 1), True, "s"),
        ("가", "b c", "", "{}"),
    ],
    ids=repr,
)
def test_labels_of_columns_of_any_type(labels):
    values = ["a", "b", "a"], [DAY] * 3, ["x", "y", "z"], [2, 1, 1]
    frame = pd.DataFrame(dict(enumerate(values)))
    frame.columns = pd.Index(list(labels), dtype=object, tupleize_cols=False)
    options = dict(zip(("user", "time", "behavior", "tie_break"), labels, strict=True))
    assert_alike(frame, **options)
    span = {"cutoff": "2026-01-02", "horizon": "1D", "observed_until": "2027-01-01"}
    user, time, _, number = labels
    assert_alike(frame, "to_answers", user=user, time=time, **span)
    if number != "s":  # Dask itself sorts labels when it selects some of them
        span["positive"] = lambda e: e[number] > 1
        assert_alike(frame, "to_answers", user=user, time=time, **span)


def test_columns_of_several_levels():
    columns = pd.MultiIndex.from_tuples([("id", "u"), ("id", "t"), ("x", "b"), ("x", "n")])
    frame = pd.DataFrame([["a", DAY, "x", 1], ["b", DAY, "y", 0]], columns=columns)
    options = {"user": ("id", "u"), "time": ("id", "t"), "behavior": ("x", "b")}
    assert_alike(frame, cuts=(1,), **options)


MIXED = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([1.0, 1.5, 2.0**60, Decimal(1), Decimal("1.50"), Decimal("0.123"), None, True]),
    st.sampled_from(["a", "1", "1.0", "가", b"a", ("t",), np.int64(2), np.float32(0.5)]),
)


@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_a_few_objects(data):
    compare_any(data)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=60)
@given(data=st.data())
def test_any_objects(data):
    compare_any(data)


def compare_any(data):
    size = data.draw(st.integers(1, 7))
    pool = data.draw(st.lists(MIXED, min_size=1, max_size=3))
    column = st.lists(st.sampled_from(pool), min_size=size, max_size=size)
    frame = log(u=data.draw(column), b=data.draw(column))
    assert_alike(frame)
    assert_alike(frame, cuts=(2,), **COLUMNS, on_invalid="drop")
