"""Logs in batches against the same log in memory, whatever the cuts."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nclue_pandas as nclue
from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.reports import NclueDataWarning
from nclue_pandas.storage.content import FrameContent, fingerprint
from nclue_pandas.streaming import sequences

# These logs are too small to be of both labels, or to have no ties.
pytestmark = [
    pytest.mark.property,
    pytest.mark.filterwarnings("ignore::nclue_pandas.NclueDataWarning"),
]
COLUMNS = {"user": "user", "time": "time", "behavior": "what"}
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "0012", "NA", "가", None]),
        st.integers(0, 6) | st.none(),
        st.sampled_from(["tea", "a->b", "녹차", "שלום", 'say "hi"', "\t", None]),
        st.integers(0, 3) | st.none(),
    ),
    max_size=40,
)


def log_of(events):
    times = [
        None if hour is None else datetime(2026, 1, 1) + timedelta(hours=hour)
        for _, hour, _, _ in events
    ]
    return pd.DataFrame(
        {
            "user": pd.Series([e[0] for e in events], dtype=object),
            "time": pd.Series(times, dtype="datetime64[us]"),
            "what": pd.Series([e[2] for e in events], dtype=object),
            "order": pd.Series([e[3] for e in events], dtype="Int64"),
        }
    )


def cut(frame, bounds):
    ends = sorted({0, len(frame), *(bound % (len(frame) + 1) for bound in bounds)})
    return [frame.iloc[start:stop] for start, stop in pairwise(ends)]


@pytest.fixture(autouse=True, scope="module")
def _small_runs():
    """Sort a few rows at a time, and build one range of users after the other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sequences, "_RUN_SHARE", 1 << 17)
        patch.setattr(sequences, "_BUILD_SHARE", 1 << 17)
        yield


def outcome_of(call):
    """What a call returns, and the lines of its error."""
    try:
        return call(), None
    except InvalidDataError as error:  # streams find problems user by user
        return None, sorted(str(error).splitlines())


def as_table(frame):
    return pa.Table.from_pandas(frame, preserve_index=False).combine_chunks()


@given(EVENTS, st.lists(st.integers(0, 40), max_size=5), st.booleans(), st.booleans())
@pytest.mark.filterwarnings("ignore::nclue_pandas.NclueDataWarning")
def test_batches_give_what_the_whole_gives(events, bounds, arrow, ties):
    log = log_of(events)
    options = {**COLUMNS, "on_invalid": "drop", "max_tokens": 12}
    if ties:
        options["tie_break"] = "order"
    batches = cut(log, bounds)
    if arrow:
        batches = [pa.Table.from_pandas(batch, preserve_index=False) for batch in batches]
    whole, refused = outcome_of(lambda: nclue.to_sequences(log, **options))
    if refused:  # no row would be left
        stream = lambda: nclue.stream_sequences(batches or [log], **options, memory=96 << 20)  # noqa: E731
        assert outcome_of(stream) == (None, refused)
        return
    with nclue.stream_sequences(batches or [log], **options, memory=96 << 20) as store:
        assert as_table(store.to_frame()).equals(as_table(whole))
        assert len(store) == len(whole)
        frames = [*store]
        if frames:
            joined = pd.concat(frames, ignore_index=True)
            assert as_table(joined).equals(as_table(whole))
        told, wanted = nclue.report(store), nclue.report(whole)
        assert told == wanted
        content = FrameContent.of_sequences(whole, "user_id", "sequence")
        assert store.digests == content.digests
        assert fingerprint(store) == fingerprint(content)


TYPES = {
    "int": lambda log: log.assign(user=np.arange(len(log)) % 3),
    "float": lambda log: log.assign(user=(np.arange(len(log)) % 3).astype(float)),
    "category": lambda log: log.astype({"user": "category", "what": "category"}),
    "nullable": lambda log: log.assign(user=pd.array(np.arange(len(log)) % 3, dtype="Int64")),
    "arrow": lambda log: log.assign(
        user=log["user"].astype(pd.ArrowDtype(pa.large_string())),
        what=log["what"].astype(pd.ArrowDtype(pa.string())),
    ),
    "mixed": lambda log: log.assign(
        user=pd.Series([n % 3 if n % 2 else f"{n % 3}" for n in range(len(log))], dtype=object)
    ),
    "zoned": lambda log: log.assign(time=log["time"].dt.tz_localize("Asia/Seoul")),
    "seconds": lambda log: log.assign(time=log["time"].astype("datetime64[s]")),
    "nanoseconds": lambda log: log.assign(time=log["time"].astype("datetime64[ns]")),
    "date": lambda log: log.assign(time=log["time"].dt.date),
    "arrow time": lambda log: log.assign(
        time=log["time"].astype(pd.ArrowDtype(pa.timestamp("ms")))
    ),
    "text": lambda log: log.assign(time=[time.isoformat() for time in log["time"]]),
    "plain": lambda log: log.assign(time=np.arange(len(log))[::-1].copy()),
    "ordered ties": lambda log: log.assign(
        order=pd.Categorical(log["order"].astype(str), categories=["3", "1", "2", "0"])
    ),
}


@pytest.mark.parametrize("name", TYPES)
def test_every_type_of_column_travels(name):
    rng = np.random.default_rng(4)
    rows = [
        (f"u{rng.integers(4)}", int(rng.integers(5)), f"x{n}", int(rng.integers(4)))
        for n in range(60)
    ]
    log = TYPES[name](log_of(rows))
    options = {**COLUMNS, "tie_break": "order"}
    whole = nclue.to_sequences(log, **options)
    for bounds in ((), (1, 17, 30)):
        with nclue.stream_sequences(cut(log, bounds), **options) as store:
            assert as_table(store.to_frame()).equals(as_table(whole))


def test_everything_that_is_wrong_is_told_with_rows_of_the_whole_log():
    log = log_of([("a", 1, "x", 0)] * 10 + [(None, 1, "x", 0), ("b", None, "x", 0)] * 3)
    with pytest.raises(nclue.errors.InvalidDataError) as whole:
        nclue.to_sequences(log, **COLUMNS)
    with pytest.raises(nclue.errors.InvalidDataError) as streamed:
        nclue.stream_sequences(cut(log, (3, 12)), **COLUMNS)
    found, wanted = (
        {problem.code: problem.rows for problem in caught.value.problems}
        for caught in (streamed, whole)
    )
    assert found == wanted
    assert streamed.value.rows.index.tolist() == whole.value.rows.index.tolist()
    with pytest.warns(NclueDataWarning, match="6 of 16"):
        nclue.stream_sequences(cut(log, (3, 12)), **COLUMNS, on_invalid="drop").close()
