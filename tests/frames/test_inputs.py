"""What frames may be given as: every kind of column, cutoff, label and key, or a clear error."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import nclue_pandas as nclue
from nclue_pandas import NclueDataWarning
from nclue_pandas.errors import ConfigurationError, InvalidDataError, MissingColumnError

# These logs are too small to be of both labels, or to have no ties.
pytestmark = pytest.mark.filterwarnings("ignore::nclue_pandas.NclueDataWarning")
SEOUL = ZoneInfo("Asia/Seoul")
_SECONDS = [1_700_000_003, 1_700_000_001, 1_700_000_002]


def log(times, **columns):
    size = len(times)
    return pd.DataFrame(
        {"u": columns.pop("u", ["a"] * size), "t": times, "b": [f"x{n}" for n in range(size)]}
        | columns
    )


def sequence_of(events, **options):
    options = {"user": "u", "time": "t", "behavior": "b"} | options
    return nclue.to_sequences(events, **options)["sequence"].tolist()


def answers_of(events, **options):
    options = {"user": "u", "time": "t", "cutoff": "2026-01-02", "horizon": "1D"} | options
    return nclue.to_answers(events, **options)


# Times.


@pytest.mark.parametrize(
    "times",
    [
        pd.to_datetime(["2026-01-03", "2026-01-01", "2026-01-02"]),
        pd.to_datetime(["2026-01-03", "2026-01-01", "2026-01-02"]).tz_localize("Asia/Seoul"),
        pd.Categorical(["2026-01-03", "2026-01-01", "2026-01-02"]),
        pd.Categorical(pd.to_datetime(["2026-01-03", "2026-01-01", "2026-01-02"])),
        ["2026-01-03", "2026-01-01", "2026-01-02"],
        [dt.date(2026, 1, 3), dt.date(2026, 1, 1), dt.date(2026, 1, 2)],
        [dt.datetime(2026, 1, 3), dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 2)],
        [
            dt.datetime(2026, 1, 3, tzinfo=SEOUL),
            dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
            dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
        ],
        [3, 1, 2],
        [3.0, 1.0, 2.0],
        pd.array([3, 1, 2], dtype="Int64"),
        pd.array(["2026-01-03", "2026-01-01", "2026-01-02"], dtype=pd.ArrowDtype(pa.string())),
        pd.arrays.ArrowExtensionArray(pa.array(_SECONDS).cast(pa.timestamp("s"))),
        pd.arrays.ArrowExtensionArray(pa.array([3, 1, 2]).dictionary_encode()),
        pd.arrays.ArrowExtensionArray(
            pa.array([20003, 20001, 20002], pa.int32()).cast(pa.date32())
        ),
        [Decimal(3), Decimal("1.00"), Decimal(2)],
        pd.arrays.ArrowExtensionArray(pa.array(map(Decimal, [3, 1, 2]), pa.decimal128(20, 3))),
        pd.array(["2026-01-03", "2026-01-01", "2026-01-02"], dtype=pd.ArrowDtype(pa.string_view())),
        pd.arrays.SparseArray([3, 1, 2]),
        pd.arrays.SparseArray([3.0, 1.0, 2.0]),
        pd.arrays.SparseArray(
            pd.to_datetime(["2026-01-03", "2026-01-01", "2026-01-02"]).to_numpy()
        ),
    ],
    ids=lambda times: str(getattr(times, "dtype", type(times[0]).__name__)),
)
def test_every_kind_of_time_column(times):
    assert sequence_of(log(times)) == ["x1->x2->x0"]


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([True, False], "bool"),
        ([1 + 2j, 1j], "complex"),
        ([b"2026", b"2027"], "binary|bytes"),
        ([dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 1, tzinfo=SEOUL)], "with and without"),
        (["2026-01-01", "yesterday"], "time"),
        (["2026-01-01", "now"], "unreadable_time"),
        (["2026-01-01T00:00Z", "today"], "unreadable_time"),
        ([1.5, 2.0], "time"),
        ([Decimal("1.5"), Decimal(2)], "such as '1.5'"),
        ([Decimal(10) ** 30, Decimal(2)], "unreadable_time"),
        ([Decimal("Infinity"), Decimal(2)], "which is no time"),
        ([2**70, 1], "which is no time"),
        ([{"a": 1}, {"a": 2}], "time"),
    ],
)
def test_times_that_cannot_be_read(times, message):
    with pytest.raises(InvalidDataError, match=message):
        sequence_of(log(times))


@pytest.mark.parametrize("kind", [str, object, "category", pd.ArrowDtype(pa.string())])
@pytest.mark.parametrize("on_invalid", ["raise", "drop"])
def test_texts_of_which_some_have_a_time_zone(kind, on_invalid):
    texts = ["2026-01-01 10:00", "2026-01-01T10:00+09:00", "2026-01-02 10:00", "soon"]
    events = log(pd.Series(texts).astype(kind))
    with pytest.raises(InvalidDataError, match="2 rows have none .row positions 0, 2") as caught:
        sequence_of(events, on_invalid=on_invalid)
    assert [problem.code for problem in caught.value.problems] == ["mixed_time_zones"]


# Cutoffs and horizons.


@pytest.mark.parametrize(
    "horizon",
    [
        pd.offsets.Day(2),
        pd.offsets.Hour(48),
        pd.DateOffset(days=2),
        pd.offsets.BDay(1),
        pd.offsets.MonthEnd(1),
        pd.Timedelta(days=2),
        "2D",
    ],
)
def test_every_kind_of_duration_is_a_horizon(horizon):
    events = log(pd.date_range("2026-01-01", periods=40))
    assert answers_of(events, horizon=horizon)["label"].tolist() == [1]
    naught = events.assign(t=events["t"].dt.tz_localize("Asia/Seoul"))
    assert answers_of(naught, horizon=horizon, timezone="UTC")["label"].tolist() == [1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cutoff": "soon"}, "cutoff='soon' cannot be read as a time"),
        ({"cutoff": 5}, "cutoff=5 cannot be read as a time"),
        ({"cutoff": "03/04/2026"}, "ISO 8601"),
        ({"cutoff": "2026-13-01"}, "ISO 8601"),
        ({"cutoff": "now"}, "ISO 8601"),
        ({"cutoff": " today"}, "ISO 8601"),
        ({"cutoff": ""}, "ISO 8601"),
        ({"cutoff": pd.NaT}, "cannot be read"),
        ({"horizon": "a while"}, "horizon='a while'"),
        ({"horizon": 3}, "horizon=3"),
        ({"horizon": "-1D"}, "positive"),
        ({"horizon": "0D"}, "positive"),
        ({"horizon": dt.timedelta.max}, "horizon"),
        ({"horizon": None}, "horizon"),
        ({"timezone": "Asia/Soul"}, "'Asia/Soul' is not known"),
        ({"cutoff": "2026-01-02T00:00+09:00"}, "time zone"),
        ({"label": "b"}, "label= does not go with time, cutoff, horizon="),
    ],
)
def test_moments_that_make_no_sense(options, message):
    events = log(pd.date_range("2026-01-01", periods=5))
    with pytest.raises(ConfigurationError, match=message):
        answers_of(events, **options)


def test_a_cutoff_in_the_hour_that_a_clock_change_repeats():
    events = log(pd.date_range("2026-10-20", periods=30, tz="UTC"))
    with pytest.raises(ConfigurationError, match="no single instant"):
        answers_of(events, cutoff="2026-10-25T02:30", timezone="Europe/Berlin")


@pytest.mark.parametrize(
    "horizon", ["1D", dt.timedelta(days=1), np.timedelta64(1, "D"), pd.DateOffset(days=1)]
)
def test_a_horizon_in_every_form(horizon):
    events = log(pd.date_range("2026-01-01", periods=3))
    found = answers_of(events, cutoff=dt.datetime(2026, 1, 2), horizon=horizon)
    assert found["label"].tolist() == [1]


def test_the_log_in_one_zone_and_the_cutoff_in_none_or_another():
    naive = log(pd.to_datetime(["2026-01-01T00", "2026-01-01T20", "2026-01-03T00"]))
    aware = naive.assign(t=naive["t"].dt.tz_localize("Asia/Seoul"))
    expected = answers_of(naive, cutoff="2026-01-01 10:00")
    for events, cutoff in ((aware, "2026-01-01 10:00"), (naive, "2026-01-01T01:00Z")):
        found = answers_of(events, cutoff=cutoff, timezone=SEOUL)
        pd.testing.assert_frame_equal(found, expected)


def test_plain_numbers_as_times_want_plain_numbers_as_cutoffs():
    events = log([1, 5, 9], u=["a", "b", "a"])
    found = answers_of(events, cutoff=6, horizon=3)
    assert dict(zip(found["user_id"], found["label"], strict=True)) == {"a": 0, "b": 0}
    with pytest.raises(ConfigurationError, match="plain numbers"):
        answers_of(events, cutoff="2026-01-01", horizon=3)
    with pytest.raises(ConfigurationError, match="plain numbers"):
        answers_of(events, cutoff=6, horizon="3D")


@pytest.mark.parametrize(
    ("until", "kept"),
    [("2026-01-02", 1), ("2026-01-02 12:00", 2), ("20260103", 2), ("9999-12-31", 3), ("0001", 0)],
)
def test_bounds_are_texts_in_iso_8601(until, kept):
    events = log(pd.date_range("2026-01-01", periods=3), u=["a", "b", "c"])
    assert len(sequence_of(events, until=until)) == kept


@pytest.mark.parametrize("cutoff", [2**70, -(2**70)])
def test_a_cutoff_beyond_every_time(cutoff):
    events = log([1, 5, 9], u=["a", "b", "a"])
    kept = nclue.to_sequences(events, user="u", time="t", behavior="b", until=cutoff)
    assert len(kept) == (2 if cutoff > 0 else 0)


# Positives and labels.


@pytest.mark.parametrize(
    "positive",
    [
        "buys",
        lambda events: events["b"].eq("x2"),
        np.array([False, False, True]),
        [0, 0, 1],
        (False, False, True),
        pd.Index([False, False, True]),
        pa.array([False, False, True]),
        pa.chunked_array([[False], [False, True]]),
        pd.array([0, 0, 1], dtype="Int8"),
        pd.Series([0.0, 0.0, 1.0]),
        pd.Series(["0", "false", "true"]),
        pd.Series(pd.Categorical(["0", "0", "1"])),
        pd.Series([False, 0, True], dtype=object),
        pd.Series([Decimal(0), Decimal(0), Decimal(1)]),
    ],
)
def test_positive_in_every_form(positive):
    times = pd.to_datetime(["2026-01-01", "2026-01-01", "2026-01-03"])
    events = log(times, u=["a", "b", "a"], buys=[False, False, True])
    found = answers_of(events, positive=positive, observed_until="2026-01-04", horizon="2D")
    assert dict(zip(found["user_id"], found["label"], strict=True)) == {"a": 1, "b": 0}


@pytest.mark.parametrize(
    ("positive", "message"),
    [
        ([True], "1 values for 3 rows"),
        (pd.Series([True] * 3, index=[5, 6, 7]), "another index"),
        (["yes", "no", "no"], "0"),
        ([None, True, False], "null"),
        (pd.date_range("2026-01-01", periods=3).array, "not 0 and 1"),
        (pd.Series(["\ud800", "0", "1"], dtype=object), "0"),
        ([2, 0, 1], "0"),
    ],
)
def test_positive_that_is_not_0_or_1(positive, message):
    events = log(pd.date_range("2026-01-01", periods=3))
    with pytest.raises(InvalidDataError, match=message):
        answers_of(events, positive=positive)


# Columns, behaviors, texts.


def test_a_column_name_that_is_there_twice_or_cannot_be_one():
    events = log([1, 2])
    twice = pd.concat([events, events[["b"]]], axis=1)
    with pytest.raises(InvalidDataError, match="2 columns are named 'b'"):
        sequence_of(twice)
    with pytest.raises(MissingColumnError, match="There is no column .*'u', 't', 'b'"):
        sequence_of(events, user={"not": "hashable"})


def test_columns_of_several_levels():
    labels = {"u": ("u", ""), "t": ("t", "q"), "b": ("i", "n")}
    events = log([2, 1]).set_axis(pd.MultiIndex.from_tuples(labels.values()), axis=1)
    named = {"user": labels["u"], "time": labels["t"], "behavior": labels["b"]}
    assert sequence_of(events, **named) == ["x1->x0"]
    assert sequence_of(events, **named | {"behavior": [labels["b"], "u"]}) == ["x1 a->x0 a"]
    with pytest.raises(InvalidDataError, match=r"'t' .* group of columns.* such as \('t', 'q'\)"):
        sequence_of(events, **named | {"time": "t"})


def test_chunked_and_empty_columns():
    chunks = pa.chunked_array([["a", "b"], ["a"]])
    categories = pa.chunked_array([pa.array(["a", "b"]), pa.array(["a"])]).dictionary_encode()
    none = pa.chunked_array([], pa.string())
    both = {"x0->x2", "x1"}
    for users, expected in ((chunks, both), (categories, both), (none, set())):
        size = len(users)
        events = log(list(range(size)), u=pd.Series(pd.arrays.ArrowExtensionArray(users)))
        assert set(sequence_of(events)) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"behavior": []}, "names no column"),
        *(
            ({"max_tokens": value}, f"max_tokens={value!r}: give a whole number")
            for value in (float("nan"), 2.5, "5", True, 0)
        ),
        ({"template": "{c}"}, "none of the columns"),
        ({"template": "{b!r}"}, "none of the columns"),
        ({"template": "{b:>3}"}, "none of the columns"),
        ({"template": "{b"}, "cannot be read"),
        ({"template": "plain"}, "names no column in braces"),
        ({"token_estimator": lambda texts: [0.5] * len(texts)}, "whole number"),
        ({"token_estimator": lambda texts: [-1] * len(texts)}, "whole number"),
    ],
)
def test_behaviors_that_make_no_sense(options, message):
    with pytest.raises(ConfigurationError, match=message):
        sequence_of(log([1, 2]), **options)


def test_behaviors_of_several_columns():
    events = log([1, 2], c=["{", None])
    both = [{"behavior": ["c", "b"]}, {"behavior": ("c", "b"), "template": "{b}{{{c}"}]
    for options, expected in zip(both, ("{ x0", "x0{{"), strict=True):
        with pytest.warns(NclueDataWarning, match="1 of 2 rows"):
            assert sequence_of(events, on_invalid="drop", **options) == [expected]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([Decimal("1.50"), Decimal(2)], "1.50->2"),
        ([np.int64(1), np.float32(2.5)], "1->2.5"),
        ([type("Text", (str,), {})("a"), "b"], "a->b"),
        ([1, "b"], "1->b"),
        ([True, False], "True->False"),
    ],
)
def test_behaviors_of_other_types_become_text(values, expected):
    events = log([1, 2]).assign(b=pd.Series(values, dtype=object))
    assert sequence_of(events)[0].lower() == expected.lower()


@pytest.mark.parametrize("value", [[1], {"a": 1}, b"raw", object()])
def test_behaviors_that_are_no_text(value):
    events = log([1]).assign(b=pd.Series([value], dtype=object))
    with pytest.raises(InvalidDataError, match="behavior"):
        sequence_of(events)


def test_times_spread_too_far_for_one_sort_key():
    times = [2**62, -(2**62), 0, 1]
    assert sequence_of(log(times, u=["a", "b", "a", "b"])) == ["x1->x3", "x2->x0"]


# Checks and pseudonyms.


def test_what_a_check_says():
    frame = pd.DataFrame({"user_id": ["a", "a", "b.c"], "sequence": ["x", "y", "z"]})
    report = nclue.check(frame)
    assert not report.ok
    head, *rows = repr(report).splitlines()
    assert head == "Check of sequences: 1 problem, 1 warning"
    assert rows[0].split() == ["rows", "3"]
    assert any(row.split()[:2] == ["problem", "duplicate_id"] for row in rows)
    assert any(row.split()[:2] == ["warning", "id_characters"] for row in rows)
    with pytest.raises(InvalidDataError, match="more than once"):
        report.raise_if_any()
    assert report.rows["user_id"].tolist() == ["a", "a"]
    nclue.check(frame.tail(1)).raise_if_any()


def test_a_check_of_an_unknown_kind_of_frame():
    frame = pd.DataFrame({"user_id": ["a"], "text": ["x"]})
    with pytest.raises(ConfigurationError, match="'sequences' or 'answers'"):
        nclue.check(frame, kind="scores")
    with pytest.raises(MissingColumnError, match="text"):
        nclue.check(frame)
    assert nclue.check(frame, sequence="text").ok
    surrogate = pd.DataFrame({"user_id": ["a"], "sequence": pd.Series(["\ud800"], dtype=object)})
    with pytest.raises(InvalidDataError, match="surrogate"):
        nclue.check(surrogate)


@pytest.mark.parametrize("label", [0, ("a", "id"), "user_id"])
def test_pseudonyms_under_any_label_and_null_ids(label):
    frame = pd.DataFrame({label: ["a", None, "b"], "score": [1, 2, 3]})
    before, key = frame.copy(deep=True), "k" * 16
    hidden = nclue.pseudonymize(frame, key, user=label)
    pd.testing.assert_frame_equal(frame, before)
    assert hidden[label].isna().tolist() == [False, True, False]
    forms = (["a", "b"], ("a", "b"), frame[label], pd.Index(["a", "b"]), pa.array(["a", "b"]))
    for ids in forms:
        back = nclue.restore_ids(hidden, key, ids=ids, user=label)
        assert back[label].dropna().tolist() == ["a", "b"]
        assert back[label].isna().tolist() == [False, True, False]
        assert back["score"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("ids", ["ab", {"a"}, {"a": 1}, 5, None, pd.DataFrame({"a": ["a"]})])
def test_ids_that_are_no_column(ids):
    with pytest.raises(ConfigurationError, match="a Series, an array or a list"):
        nclue.restore_ids(pd.DataFrame({"user_id": ["x"]}), "k" * 16, ids=ids)


@pytest.mark.parametrize("kind", ["int64", "int32", "uint64", "Int64", "int64[pyarrow]", "object"])
def test_whole_numbers_come_back_exactly_beside_a_null(kind):
    log = pd.Series([2**53 + 1, 7] if kind != "int32" else [2**24 + 1, 7]).astype(kind)
    for key in (None, "k" * 16):
        scores = pd.DataFrame({"user_id": [str(log[0]), None, "7"], "score": [0.1, 0.2, 0.3]})
        if key is not None:
            scores = nclue.pseudonymize(scores, key)
        back = nclue.restore_ids(scores, key, ids=log)["user_id"]
        assert [back[0], back[2]] == [log[0], 7]
        assert not isinstance(back[0], float)
        assert back.isna().tolist() == [False, True, False]
        assert back.dropna().astype(log.dtype).tolist() == log.tolist()
        whole = nclue.restore_ids(scores.dropna(), key, ids=log)["user_id"]
        assert whole.dtype == log.dtype


def test_pseudonyms_that_nobody_has():
    frame = pd.DataFrame({"user_id": ["010-1234-5678", "b"], "score": [0.1, 0.2]})
    key = b"k" * 32
    hidden = nclue.pseudonymize(frame, key)
    back = nclue.restore_ids(hidden, key, ids=["b", "010-1234-5678", "c"])
    assert back["user_id"].tolist() == frame["user_id"].tolist()
    with pytest.raises(InvalidDataError, match="1 of 2 pseudonyms"):
        nclue.restore_ids(hidden, key, ids=["b"])
    for bad, message in ((5, "str or bytes"), ("short", "give at least")):
        with pytest.raises(ConfigurationError, match=message):
            nclue.pseudonymize(frame, bad)


def test_ids_that_are_fractions_alone_are_named():
    fractions = log(["2026-01-01"], u=[Decimal("0.123")])
    with pytest.raises(InvalidDataError, match="fractional_id"):
        fractions.nclue.to_sequences(user="u", time="t", behavior="b")
