"""Any log, in any partitioning, on any number of workers: the same files and reports."""

from __future__ import annotations

from itertools import pairwise

import dask
import dask.dataframe as dd
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nclue_pandas as nclue
from nclue_pandas.dask import datasets
from nclue_pandas.jobs.datasets import Columns
from nclue_pandas.storage.content import FrameContent
from nclue_pandas.storage.publish import place_of, prepare

pytestmark = pytest.mark.property

COLUMNS = {"user": "who", "time": "ts", "behavior": "item"}
IDS = st.sampled_from(["0012", "12", "NA", "가나", "u1", "u2", "u3", "1e5", "x-y", '"q"'])
ITEMS = st.sampled_from(["tea", "러닝화", "a->b", " x ", 'say "hi"', "t\tb", "@", "x" * 300])
DAYS = st.integers(0, 3)
ROWS = st.tuples(IDS, DAYS, ITEMS, st.integers(0, 2))
FAULTY = st.tuples(
    st.one_of(IDS, st.none(), st.just("y" * 101)),
    st.one_of(DAYS, st.none()),
    st.one_of(ITEMS, st.none(), st.just(" "), st.just("a@b.com")),
    st.just(0),
)


def frame_of(rows):
    frame = pd.DataFrame(rows, columns=["who", "day", "item", "rank"])
    days = pd.to_timedelta(frame["day"].astype("Float64").astype("float64"), unit="D")
    return pd.DataFrame(
        {
            "who": frame["who"].astype("string[pyarrow]"),
            "ts": (pd.Timestamp("2026-01-01") + days).astype("datetime64[us]"),
            "item": frame["item"].astype("string[pyarrow]"),
            "rank": frame["rank"].astype("int64"),
        }
    )


def in_partitions(frame, cuts):
    """Cut a frame anywhere; some partitions may be empty."""
    bounds = [0, *sorted(min(cut, len(frame)) for cut in cuts), len(frame)]
    pieces = [frame.iloc[start:stop] for start, stop in pairwise(bounds)]
    return dd.from_map(lambda piece: piece, pieces, meta=frame.iloc[:0])


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(ROWS, max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=6),
    workers=st.integers(1, 4),
    tokens=st.sampled_from([None, 4, 2048]),
    tie_break=st.sampled_from([None, "rank"]),
    seed=st.integers(0, 99),
)
def test_any_order_and_partitioning_gives_the_same_files_and_report(
    service, told, rows, cuts, workers, tokens, tie_break, seed
):
    frame = frame_of(rows)
    options = {**COLUMNS, "tie_break": tie_break, "until": "2026-01-04", "max_tokens": tokens}
    expected, said = told(lambda: frame.nclue.to_sequences(**options))
    mixed = in_partitions(frame.sample(frac=1, random_state=seed), cuts)
    with dask.config.set(num_workers=workers):
        made, said_on_dask = told(lambda: mixed.nclue.to_sequences(**options))
    assert said_on_dask == said
    assert len(said) <= 1
    assert made.nclue.report() == expected.nclue.report()
    pd.testing.assert_frame_equal(made.compute().reset_index(drop=True), expected)

    content = FrameContent.of_sequences(expected, "user_id", "sequence")
    source = datasets.make_source(made, "sequences", Columns())
    assert source.digests == content.digests
    client = nclue.connect(service)
    place = place_of(source, "sequences", "any", "any", part_bytes=400)
    dataset = datasets.write(source, client, place)
    wanted = prepare(content, "sequences", "any", "any", part_bytes=400)
    assert wanted.dataset(service.bucket).parts == dataset.parts
    for part in dataset.parts:
        assert client.storage.get(part.key) == wanted.body(part.number).read()


@settings(max_examples=15)
@given(
    rows=st.lists(st.one_of(ROWS, FAULTY), min_size=1, max_size=30),
    cuts=st.lists(st.integers(0, 30), max_size=5),
)
def test_any_partitioning_raises_the_same_problems(told, rows, cuts):
    frame = frame_of(rows)

    def outcome(each):
        try:
            made, said = told(lambda: each.nclue.to_sequences(**COLUMNS, max_tokens=None))
        except nclue.errors.InvalidDataError as error:
            return type(error), str(error), error.problems, list(error.rows.index)
        return made.nclue.report(), said

    assert outcome(in_partitions(frame, cuts)) == outcome(frame)
