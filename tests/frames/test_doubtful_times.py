"""Times that are doubtful are refused or told: dates as numbers, units, the future, the far past."""

from __future__ import annotations

import datetime as dt
import time
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nclue_pandas as nclue
from nclue_pandas.errors import ConfigurationError, InvalidDataError
from nclue_pandas.frames.doubtful_times import kinds_of_times, refuse_dates
from nclue_pandas.frames.reports import NclueDataWarning
from nclue_pandas.frames.times import read_times

NAMES = {"user": "u", "time": "t"}
DAYS = [20260228, 20260301, 20260405, 20261231]
NOW = int(time.time())


def log(times):
    size = len(times)
    return pd.DataFrame({"u": "a", "t": times, "b": [f"x{n}" for n in range(size)]})


def told(call):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        call()
    return [str(each.message) for each in seen if each.category is NclueDataWarning]


# Dates as numbers.


@pytest.mark.parametrize(
    ("times", "form"),
    [
        (DAYS, "%Y%m%d"),
        (pd.Series(DAYS, dtype="int32"), "%Y%m%d"),
        ([*map(float, DAYS), None], "%Y%m%d"),
        (pd.array([*DAYS, None], "Int64"), "%Y%m%d"),
        (pd.Series(DAYS, dtype=object), "%Y%m%d"),
        (pd.Categorical(DAYS), "%Y%m%d"),
        ([f"{day}.0" for day in DAYS], "%Y%m%d"),
        (pd.arrays.ArrowExtensionArray(pa.array(DAYS)), "%Y%m%d"),
        ([*DAYS, 99991231], "%Y%m%d"),
        ([*DAYS, 0], "%Y%m%d"),
        ([day * 10**6 + 235959 for day in DAYS], "%Y%m%d%H%M%S"),
        ([f"{day}120000" for day in DAYS], "%Y%m%d%H%M%S"),
        ([day * 10**4 for day in DAYS], "%Y%m%d%H%M"),
        ([19000101], "%Y%m%d"),
        ([21001231], "%Y%m%d"),
        ([20240229], "%Y%m%d"),
    ],
)
@pytest.mark.parametrize("on_invalid", ["raise", "drop"])
@pytest.mark.filterwarnings("ignore:Parsing integer or float values with a format")
def test_dates_as_numbers_are_refused_by_every_verb(times, form, on_invalid):
    events = log(times)
    for verb in (
        lambda: nclue.to_sequences(events, **NAMES, behavior="b", on_invalid=on_invalid),
        lambda: nclue.to_sequences(events, **NAMES, behavior="b", until=20260315),
        lambda: nclue.to_sequences(events, **NAMES, behavior="b", until="2026-03-15"),
        lambda: nclue.to_answers(
            events, **NAMES, cutoff=20260315, horizon=30, on_invalid=on_invalid
        ),
    ):
        with pytest.raises(InvalidDataError, match="read as dates") as caught:
            verb()
        assert f"pandas.to_datetime(column, format='{form}')" in str(caught.value)
        assert [problem.code for problem in caught.value.problems] == ["dates_as_numbers"]
    column = events["t"].dropna()
    if (
        form == "%Y%m%d"
        and column.dtype.kind in "if"
        and column.min() > 0
        and column.max() < 99991231
    ):
        assert pd.to_datetime(column, format=form).notna().all()  # the remedy works


@pytest.mark.parametrize(
    "times",
    [
        [1, 2, 3],
        [18991231, 21010101],
        [20260230, 20260431, 20261301, 20260100],
        [20230229, 19000229],
        [20260301246060],
        [202603, 202604],
        [1_700_000_000, 1_700_000_500],
        [1_700_000_000_000, 1_700_000_000_500],
        [1_700_000_000_000_000],
        [1_700_000_000_000_000_000],
        [-20260301, 5, 7],
        ["20260301", "20260405"],
        ["2026", "2025"],
    ],
)
def test_other_numbers_stay_as_they_are(times):
    assert told(lambda: nclue.to_sequences(log(times), **NAMES, behavior="b")) == []


@given(
    st.lists(st.integers(-(2**62), 2**62) | st.integers(19000000, 21010000)
             | st.integers(19000000 * 10**6, 21010000 * 10**6), min_size=1, max_size=20)
)  # fmt: skip
def test_what_is_a_date_says_the_calendar(numbers):
    def is_date(number):
        for form in ("%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S"):
            try:
                read = dt.datetime.strptime(str(number), form)  # noqa: DTZ007
            except ValueError:
                continue
            if read.strftime(form) == str(number) and 1900 <= read.year <= 2100:
                return True
        return False

    kinds = kinds_of_times(read_times(pd.Series(numbers, dtype="int64")))
    dates = sum(count for kind, count in kinds.items() if kind.startswith("YYYY"))
    assert dates == sum(map(is_date, numbers))


@given(
    st.sampled_from([1, 10**3, 10**6, 10**9]),
    st.lists(st.integers(631_152_000, NOW), min_size=1, max_size=50),
)
def test_epochs_of_every_unit_are_no_dates(scale, seconds):
    times = read_times(pd.Series([second * scale for second in seconds]))
    kinds = kinds_of_times(times)
    refuse_dates(kinds)
    assert list(kinds) == [{1: "s", 10**3: "ms", 10**6: "us", 10**9: "ns"}[scale]]


# What is told.


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([1_700_000_000, 1_700_000_001, 1_700_000_002_000], "unit .* changes .*2 in s, 1 in ms"),
        ([f"{1_700_000_000 + n}" for n in (0, 1)] + ["1700000000000"], "unit .* changes"),
        ([1_700_000_000, 1_700_000_001, 0], "1 of 3 times are no time from 1990"),
        ([1_700_000_000, 1_700_000_001, 9_999_999_999], "in the unit of the others, s"),
        (["2026-01-01", "2026-01-02", "9999-12-31"], "1 event is in the future .*9999-12-31"),
        (["2026-01-01T00:00Z", "2026-01-02T00:00Z", "2999-01-01T00:00Z"], "in the future"),
        (["2026-01-01", "1970-01-01"], "1 event is before 1990 .*1970-01-01"),
        (pd.to_datetime([1_700_000_000, 1_700_000_100], unit="ms"), "2 events are before 1990"),
        ([dt.date(2026, 1, 1), dt.date(1, 1, 1)], "before 1990"),
        (pd.Categorical(["2026-01-01", "9999-12-31"]), "in the future"),
    ],
)
def test_doubtful_times_are_told_once(times, message):
    events = log(times)
    assert len(found := told(lambda: nclue.to_sequences(events, **NAMES, behavior="b"))) == 1
    with pytest.warns(NclueDataWarning, match=message):
        made = nclue.to_sequences(events, **NAMES, behavior="b")
    assert sum(nclue.report(made).time_kinds.values()) >= 1, found


def test_events_out_of_the_window_are_not_told():
    events = log(["2026-01-01", "2026-01-02", "9999-12-31", "1970-01-01"])
    made = nclue.to_sequences(events, **NAMES, behavior="b", since="2025-01-01", until="2026-06-01")
    assert nclue.report(made).first_event == "2026-01-01 00:00:00"
    assert nclue.report(made).last_event == "2026-01-02 00:00:00"
    assert nclue.report(made).time_kinds == {}


def test_a_time_of_today_or_of_tomorrow_where_it_is_later_is_not_the_future():
    today = pd.Timestamp.now("UTC")
    for times in ([today], [today.tz_convert("Pacific/Kiritimati").tz_localize(None)], [NOW]):
        assert told(lambda times=times: nclue.to_sequences(log(times), **NAMES, behavior="b")) == []


@pytest.mark.parametrize(
    ("cutoff", "message"),
    [
        ("1970-01-01", "before the cutoff .*: the events are from 2026-01-01 .* to 2026-01-09"),
        ("2030-01-01", "[Nn]o event is in the horizon .*: the events are from 2026-01-01"),
    ],
)
def test_a_cutoff_far_from_all_times(cutoff, message):
    events = log(pd.date_range("2026-01-01", periods=9))
    with pytest.warns(NclueDataWarning, match=message):
        nclue.to_answers(events, **NAMES, cutoff=cutoff, horizon="1D", observed_until="2031-01-01")


def test_a_last_event_far_behind_that_alone_lets_a_horizon_pass():
    days = list(pd.date_range("2026-01-01", periods=60))
    span = NAMES | {"cutoff": "2026-02-15", "horizon": "90D"}
    with pytest.raises(InvalidDataError, match="after the last event"):
        nclue.to_answers(log(days), **span)
    for last in ("2026-06-30", "2026-10-01"):
        with pytest.warns(NclueDataWarning, match="by 1 of 61 events alone: .* at 2026-03-01"):
            nclue.to_answers(log([*days, pd.Timestamp(last)]), **span)
    with pytest.warns(NclueDataWarning, match="in the future .*by 1 of 61 events alone"):
        nclue.to_answers(log([*days, pd.Timestamp("9999-12-31")]), **span)
    events = log([*days, pd.Timestamp("2026-10-01")])
    near = log(pd.date_range("2026-01-01", "2026-05-16 00:00:01"))
    for seen in (
        told(lambda: nclue.to_answers(events, **span, observed_until="2026-06-01")),
        told(lambda: nclue.to_answers(near, **span)),
    ):  # the log has one user, who is told to have one label
        assert [text for text in seen if not text.startswith("No user has the label 0")] == []


def test_the_report_tells_the_first_event_and_what_is_in_the_horizon():
    events = log([*pd.date_range("2026-01-01", periods=9), None])
    with pytest.warns(NclueDataWarning, match="null_time 1"):
        made = nclue.to_answers(
            events, **NAMES, cutoff="2026-01-04", horizon="3D", on_invalid="drop"
        )
    report = nclue.report(made)
    assert report.first_event == "2026-01-01 00:00:00"
    assert report.last_event == "2026-01-09 00:00:00"
    assert report.last_event_in_horizon == "2026-01-06 00:00:00"
    assert (report.events_in_horizon, report.events_after_horizon) == (3, 3)
    with pytest.warns(NclueDataWarning, match="No user has the label 0"):
        none = nclue.to_answers(pd.DataFrame({"user_id": ["a"], "label": [1]}), label="label")
    assert nclue.report(none).first_event is None


# Values that cannot be read.


@pytest.mark.parametrize(
    ("times", "shown"),
    [
        (["2026-01-01", "01/02/2026", "2/3/26"], "such as '01/02/2026' and '2/3/26'; row"),
        (["2026-01-01", "soon", "soon"], r"such as 'soon'; row"),
        (["2026-01-01", "x" * 100], "such as 'x{40}\\.\\.\\.'"),
        (["2026-01-01", "010-1234-5678"], r"such as '\*\*\*'"),
        (pd.Series(["2026-01-01", "\ud800"], dtype=object), "ud800"),
        ([1.0, 2.5], "such as '2.5'"),
        (pd.Categorical(["2026-01-01", "soon"]), "such as 'soon'"),
        (pd.array(["2026-01-01", "soon"], pd.ArrowDtype(pa.string())), "such as 'soon'"),
    ],
)
def test_unreadable_times_are_shown_with_the_remedy(times, shown):
    with pytest.raises(InvalidDataError, match=shown) as caught:
        nclue.to_sequences(log(times), **NAMES, behavior="b")
    assert "pandas.to_datetime(column, format=" in str(caught.value)


@pytest.mark.parametrize(
    ("times", "shown"),
    [
        (["01/02/2026", "02/02/2026"], "unreadable_time.*'01/02/2026'"),
        ([None, "02/02/2026"], "null_time(.|\n)*unreadable_time.*'02/02/2026'"),
        (pd.Series([None, None], dtype="category"), "null_time"),
        ([2.5, 1.5], "unreadable_time.*'2.5'"),
    ],
)
def test_a_log_of_which_every_row_would_be_dropped_is_an_error(times, shown):
    events = log(times)
    for verb in (
        lambda: nclue.to_sequences(events, **NAMES, behavior="b", on_invalid="drop"),
        lambda: nclue.to_answers(events, **NAMES, cutoff=5, horizon=1, on_invalid="drop"),
    ):
        try:
            verb()
        except ConfigurationError:  # of bounds that are compared with no time
            continue
        except InvalidDataError as error:
            caught = error
        else:
            pytest.fail("every row was dropped without an error")
        assert str(caught).startswith("Every row would be dropped: ")
        assert caught.rows is not None
        with pytest.raises(InvalidDataError, match=shown):
            raise caught


def test_one_row_that_stays_is_enough():
    with pytest.warns(NclueDataWarning, match="2 of 3 rows were dropped"):
        made = nclue.to_sequences(
            log(["soon", "2026-01-01", None]), **NAMES, behavior="b", on_invalid="drop"
        )
    assert made["sequence"].tolist() == ["x1"]
    labels = pd.DataFrame({"user_id": ["a", "b"], "label": ["x", None]})
    with pytest.raises(InvalidDataError, match="Every row would be dropped"):
        nclue.to_answers(labels, label="label", on_invalid="drop")
    assert nclue.to_sequences(log([]), **NAMES, behavior="b", on_invalid="drop").empty


# The year 9999 beside nanoseconds.

FINE = "2026-01-01T00:00:00.123456789"


@pytest.mark.parametrize(
    ("far", "near"),
    [
        ("9999-12-31", "2026-01-01T00:00:00.123456000"),
        ("9999-12-31T23:59:59.999999", "2026-01-01"),
        ("0001-01-01", "2026-01-01T00:00:00.5"),
        ("9999-12-31T00:00:00+09:00", "2026-01-01T00:00:00.123456000Z"),
        (dt.datetime(9999, 12, 31), pd.Timestamp("2026-01-01").as_unit("ns")),
        (dt.date(9999, 12, 31), dt.date(2026, 1, 1)),
        (dt.datetime(9999, 12, 31, tzinfo=dt.UTC), pd.Timestamp("2026-01-01", tz="UTC")),
    ],
)
def test_far_years_beside_nanoseconds_are_exact(far, near):
    times = read_times(pd.Series([far, near, None], dtype=object))
    assert times.unreadable.size == 0
    exact = [pd.Timestamp(value) for value in (far, near)]
    utc = [each.tz_convert(None) if each.tz is not None else each for each in exact]
    ticks = [int(each.asm8.astype("M8[us]").astype(np.int64)) for each in utc]
    assert [int(tick) * times.step // 1000 for tick in times.ticks[:2]] == ticks


def test_far_years_beside_times_finer_than_a_microsecond_are_told():
    for column in (["9999-12-31", FINE], [dt.datetime(9999, 12, 31), pd.Timestamp(FINE)]):
        with pytest.raises(InvalidDataError, match="years from 1678 to 2261.*9999-12-31") as caught:
            nclue.to_sequences(log(pd.Series(column, dtype=object)), **NAMES, behavior="b")
        assert caught.value.problems[0].rows == (0,)


# What only the whole of a log can tell, in streams and on Dask too.


@pytest.mark.parametrize("times", [DAYS * 3, ["01/02/2026", None, "02/02/2026"] * 3])
@pytest.mark.parametrize("on_invalid", ["raise", "drop"])
def test_streams_and_dask_refuse_the_same_with_the_same_words(times, on_invalid):
    events = log(times).assign(u=[f"u{n}" for n in range(len(times))])
    options = NAMES | {"behavior": "b", "on_invalid": on_invalid}
    with pytest.raises(InvalidDataError) as caught:
        nclue.to_sequences(events, **options)
    with pytest.raises(InvalidDataError) as streamed:
        nclue.stream_sequences([events[:5], events[5:]], **options)
    assert str(streamed.value) == str(caught.value)
    if dd := pytest.importorskip("dask.dataframe"):
        from nclue_pandas import dask

        with pytest.raises(InvalidDataError) as spread:
            dask.to_sequences(dd.from_pandas(events, npartitions=3), **options)
        assert str(spread.value) == str(caught.value)
