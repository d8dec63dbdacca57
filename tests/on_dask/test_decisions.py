"""What comes before a decision, on Dask: the same as on pandas, however the log is cut."""

from __future__ import annotations

from itertools import pairwise

import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nclue_pandas as nclue
import nclue_pandas.dask

COLUMNS = {"user": "who", "time": "ts", "behavior": "item"}
CUTOFFS = ["2026-01-04", "2026-01-09", "2026-01-12"]
IDS = st.sampled_from(["7", "07", "7.0", "NA", "가나", "u1", "u2", "u3", "é", "e\u0301"])
ITEMS = st.sampled_from(["tea", "jam", "러닝화", "a->b", "x" * 90])
ROWS = st.tuples(IDS, st.integers(0, 15), ITEMS, st.integers(0, 4))
FAULTY = st.tuples(
    st.one_of(IDS, st.none(), st.just("y" * 101), st.just("z" * 95), st.just("a@b.co")),
    st.one_of(st.integers(0, 15), st.none()),
    st.one_of(ITEMS, st.none(), st.just(" "), st.just("010-1234-5678")),
    st.just(0),
)
LOGS = st.lists(st.one_of(ROWS, FAULTY), max_size=40) | st.lists(ROWS, max_size=40)
#: How the times of a log may be held.
FORMS = {
    "datetimes": lambda days: days,
    "zoned": lambda days: days.dt.tz_localize("Asia/Seoul"),
    "texts": lambda days: days.astype("string[pyarrow]"),
    "texts with a zone": lambda days: days.astype("string[pyarrow]") + "T01:00:00+09:00",
    "objects": lambda days: days.astype(object),
    "numbers": lambda days: (days - pd.Timestamp("2026-01-01")).dt.days.astype("Int64"),
    "dates as numbers": lambda days: days.dt.strftime("%Y%m%d").astype("Int64"),
}
NO_ZONE = {"texts with a zone": "Asia/Seoul", "zoned": "Asia/Seoul"}


def log_of(rows, form="datetimes"):
    frame = pd.DataFrame(rows, columns=["who", "day", "item", "price"])
    days = pd.to_timedelta(frame["day"].astype("Float64").astype("float64"), unit="D")
    times = (pd.Timestamp("2026-01-01") + days).astype("datetime64[us]")
    return pd.DataFrame(
        {
            "who": frame["who"].astype("string[pyarrow]"),
            "ts": FORMS[form](times),
            "item": frame["item"].astype("string[pyarrow]"),
            "price": frame["price"].astype("int64"),
            "hit": frame["item"].astype("string[pyarrow]").eq("tea").fillna(False).astype(bool),
        }
    )


def in_partitions(frame, cuts):
    """Cut a frame anywhere; some partitions may be empty."""
    bounds = [0, *sorted(min(cut, len(frame)) for cut in cuts), len(frame)]
    pieces = [frame.iloc[start:stop] for start, stop in pairwise(bounds)]
    return dd.from_map(lambda piece: piece, pieces, meta=frame.iloc[:0])


def plain(made):
    """A frame of a verb in memory, as values and types, and its report."""
    report = made.nclue.report()
    made = made.compute() if isinstance(made, dd.DataFrame) else made
    return made.reset_index(drop=True).to_dict("list"), made.dtypes.astype(str).tolist(), report


def outcome(frame, verb, options, told):
    """What a verb makes, reports and warns of, or what it refuses, with the rows."""
    try:
        made, said = told(lambda: getattr(frame.nclue, verb)(**options))
    except nclue.NclueError as error:
        rows = getattr(error, "rows", None)
        return type(error), str(error), None if rows is None else rows.index.tolist()
    frames = made if isinstance(made, tuple) else (made,)
    return [plain(each) for each in frames], said


QUESTIONS = st.fixed_dictionaries(
    {"horizon": st.sampled_from(["2D", "3D"])},
    optional={
        "positive": st.just("hit"),
        "gap": st.just("1D"),
        "active_since": st.just("5D"),
        "min_events": st.just(2),
        "absent": st.just(True),
    },
)
CUTS = st.lists(st.integers(0, 40), max_size=4)


@pytest.mark.property
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=LOGS,
    cuts=CUTS,
    form=st.sampled_from([*FORMS]),
    question=QUESTIONS,
    invalid=st.sampled_from(["raise", "drop"]),
    text=st.sampled_from([{}, {"max_tokens": 4}, {"personal_data": "mask", "tie_break": "price"}]),
)
def test_snapshots(told, rows, cuts, form, question, invalid, text):
    frame = log_of(rows, form)
    numbers = {"cutoffs": [3, 8, 11], **question, "horizon": 2}
    numbers |= {name: 1 for name in ("gap", "active_since") if name in question}
    asked = numbers if form == "numbers" else {"cutoffs": CUTOFFS, **question}
    options = {**COLUMNS, **asked, **text, "on_invalid": invalid, "timezone": NO_ZONE.get(form)}
    expected = outcome(frame, "to_snapshots", options, told)
    assert outcome(in_partitions(frame, cuts), "to_snapshots", options, told) == expected


@pytest.mark.property
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=LOGS,
    cuts=CUTS,
    form=st.sampled_from([*FORMS]),
    positive=st.sampled_from([None, "hit", lambda log: log["item"] == "tea"]),
    invalid=st.sampled_from(["raise", "drop"]),
)
def test_baselines(told, rows, cuts, form, positive, invalid):
    frame = log_of(rows, form)
    options = {
        "user": "who",
        "time": "ts",
        "cutoff": 8 if form == "numbers" else CUTOFFS[1],
        "positive": positive,
        "on_invalid": invalid,
        "timezone": NO_ZONE.get(form),
    }
    expected = outcome(frame, "baselines", options, told)
    assert outcome(in_partitions(frame, cuts), "baselines", options, told) == expected


@pytest.mark.property
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(ROWS | FAULTY, max_size=60).map(lambda rows: rows * 2) | LOGS,
    cuts=CUTS,
    form=st.sampled_from([*FORMS]),
    spread=st.integers(1, 12),
    named=st.booleans(),
)
def test_inspect(rows, cuts, form, spread, named):
    rows = [(who, day if day is None else day * spread, *rest) for who, day, *rest in rows]
    frame = log_of(rows, form).rename(columns={"who": "customer"})
    if form == "texts" and rows:
        frame.loc[frame.index[-1], "ts"] = "soon"
    options = {"user": "customer", "time": "ts", "behavior": "item"} if named else {}

    def looked(log):
        try:
            found = log.nclue.inspect(**options)
        except nclue.NclueError as error:
            return type(error), str(error)
        return found.to_dict(), repr(found)

    assert looked(in_partitions(frame, cuts)) == looked(frame)


@pytest.fixture(scope="module")
def shop():
    """400 users, half of whom like tea, over 84 days."""
    random = np.random.default_rng(3)
    who = np.repeat(np.arange(400), 15)
    tea = random.random(who.size) < np.where(who % 2, 0.6, 0.1)
    days = pd.to_timedelta(random.integers(0, 84 * 24, who.size), unit="h")
    return pd.DataFrame(
        {
            "customer": who,
            "ts": pd.Timestamp("2026-01-01") + days,
            "item": np.where(tea, "green tea", "coffee"),
            "hit": tea,
        }
    )


BACKTEST = {
    "user": "customer",
    "time": "ts",
    "behavior": "item",
    "name": "tea",
    "positive": "hit",
    "cutoffs": ["2026-02-10", "2026-03-02"],
    "horizon": "20D",
}


def test_a_backtest_goes_on_with_the_jobs_of_pandas(service, told, shop):
    """The same content has the same names, so that nothing is created twice."""
    texts = shop.assign(ts=shop["ts"].astype("string[pyarrow]"))
    mixed, as_texts = (
        in_partitions(log.sample(frac=1, random_state=1), [900, 900, 4_000])
        for log in (shop, texts)
    )
    with nclue.option_context(poll_first=0.05, poll_longest=0.2, progress=False):
        expected, said = told(lambda: shop.nclue.backtest(**BACKTEST))
        plan = as_texts.nclue.plan_backtest(**BACKTEST)
        found, said_on_dask = told(lambda: mixed.nclue.backtest(**BACKTEST))
    assert set(plan.jobs["action"]) <= {"reuse", "not needed"}
    assert said_on_dask == said
    pd.testing.assert_frame_equal(found.table, expected.table)
    pd.testing.assert_frame_equal(found.scores, expected.scores)
    assert found.to_dict() == expected.to_dict()


def test_a_backtest_refuses_the_same(service, shop):
    few = shop[shop["customer"] < 150]
    told = []
    for log in (few, in_partitions(few, [500])):
        with pytest.raises(nclue.errors.InvalidDataError, match="cutoff 2026-02-10") as caught:
            log.nclue.backtest(**BACKTEST)
        told.append(str(caught.value))
    assert told[0] == told[1]


def test_scores_without_leakage_are_those_of_pandas(service, shop):
    """The sequences stay on the workers; the jobs of pandas are picked up."""
    options = {"user": "customer", "time": "ts"}
    cut = {"cutoff": "2026-03-02", "horizon": "20D", "positive": "hit"}
    frames = []
    for log in (shop, in_partitions(shop, [900, 4_000])):
        sequences = log.nclue.to_sequences(**options, behavior="item", until="2026-03-02")
        frames.append((sequences, log.nclue.to_answers(**options, **cut)))
    with nclue.option_context(poll_first=0.05, poll_longest=0.2, progress=False):
        expected, found = (
            sequences.nclue.out_of_fold(answers, name="folds", folds=4)
            for sequences, answers in frames
        )
        plan = frames[1][0].nclue.plan_out_of_fold(frames[1][1], name="folds", folds=4)
    pd.testing.assert_frame_equal(found, expected)
    assert found.nclue.report() == expected.nclue.report()
    assert set(plan.jobs["action"]) <= {"reuse", "not needed"}


ZONED = pd.Timestamp("2026-01-05", tz="Asia/Seoul")
BOXED = {
    "naive": [pd.Timestamp("2026-01-05"), pd.Timestamp("2026-01-02").to_pydatetime()],
    "zoned": [ZONED, ZONED.to_pydatetime() + pd.Timedelta("2D"), ZONED.tz_convert("UTC")],
    "none": [None, pd.NaT],
}


@pytest.mark.property
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.lists(
        st.sampled_from([*BOXED]).flatmap(
            lambda kind: st.lists(st.sampled_from(BOXED[kind]), max_size=4)
        ),
        min_size=1,
        max_size=4,
    ),
    verb=st.sampled_from(["to_sequences", "to_answers", "to_snapshots", "baselines", "inspect"]),
    zone=st.sampled_from([None, "Asia/Seoul"]),
    invalid=st.sampled_from(["raise", "drop"]),
)
def test_a_zone_in_some_pieces_only(told, pieces, verb, zone, invalid):
    """Boxed datetimes: whether they have a zone, the whole log says."""
    frame = pd.DataFrame(
        {"ts": pd.Series([each for piece in pieces for each in piece], dtype=object)}
    )
    frame = frame.assign(who=[f"u{row % 3}" for row in range(len(frame))], item="tea")
    bounds = np.cumsum([0, *map(len, pieces)]).tolist()
    cut = [frame.iloc[start:stop] for start, stop in pairwise(bounds)]
    shared = {"user": "who", "time": "ts", "timezone": zone, "on_invalid": invalid}
    span = {"horizon": "1D", "observed_until": "2026-02-01"}
    options = {
        "to_sequences": {**shared, "behavior": "item", "until": "2026-01-06"},
        "to_answers": {**shared, **span, "cutoff": "2026-01-06"},
        "to_snapshots": {**shared, **span, "behavior": "item", "cutoffs": ["2026-01-06"]},
        "baselines": {**shared, "cutoff": "2026-01-06"},
        "inspect": COLUMNS,
    }[verb]

    def found(log):
        if verb == "inspect":
            return log.nclue.inspect(**options).to_dict()
        return outcome(log, verb, options, told)

    expected = found(frame)
    for convert in (True, False):
        with dask.config.set({"dataframe.convert-string": convert}):
            many = dd.from_map(lambda piece: piece, cut, meta=frame.iloc[:0])
            assert found(many) == expected


TEXTS = st.sampled_from(["tea", "tea->jam", "", None])
USERS = st.dictionaries(st.sampled_from("abcdefgh"), TEXTS, max_size=8)


@pytest.mark.property
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(today=USERS, before=USERS, cuts=CUTS, again=st.sampled_from([None, "a", ""]))
def test_changed(told, today, before, cuts, again):
    """Also with an id that is there twice, or that is none."""
    frames = []
    for users in (today, before):
        frame = pd.DataFrame({"user_id": [*users], "sequence": [*users.values()], "age": 7})
        frames.append(frame.astype({"user_id": "string[pyarrow]", "sequence": "string[pyarrow]"}))
    if again is not None:
        frames[0].loc[len(frames[0])] = [again or None, "tea", 8]
    many = [in_partitions(frame, [each % 9 for each in cuts]) for frame in frames]
    expected = outcome(frames[0], "changed", {"before": frames[1]}, told)
    assert outcome(many[0], "changed", {"before": many[1]}, told) == expected
    assert outcome(many[0], "changed", {"before": frames[1]}, told) == expected
