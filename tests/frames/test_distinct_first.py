"""Repeated behaviors by their distinct texts: the same as by the text of each row, in all that shows."""

from __future__ import annotations

import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nclue_pandas as nclue
from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.tokens import estimate_tokens
from nclue_pandas.kernels import distinct, encode, group_join

pytestmark = pytest.mark.property

COLUMNS = {"user": "who", "time": "when", "behavior": "what"}
TEXTS = st.sampled_from(
    [
        *("tea", " tea", "tea ", "jam", "tea pot", "러닝화", "러닝화 검정 사이즈 270"),
        *("a->b", "a\tb", "a b", "e\u0301", "\u00e9", "", " ", "\u3000"),
        *("010-1234-5678", "call 010-1234-5678 now", "kim@example.com", "***"),
        *("the same beginning, then a", "the same beginning, then b", "the same beginning"),
    ]
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["u1", "u2", "u3", "", None]),
        st.integers(0, 3) | st.none(),
        TEXTS | st.none(),
        st.sampled_from(["x", "y", None]),
    ),
    max_size=30,
)
OPTIONS = st.fixed_dictionaries(
    {
        "max_tokens": st.sampled_from([None, 1, 3, 8, 2048]),
        "tie_break": st.sampled_from([None, "tie"]),
        "on_invalid": st.sampled_from(["raise", "drop"]),
        "personal_data": st.sampled_from(["raise", "mask", "mask"]),
        "until": st.sampled_from([None, 2]),
        "token_estimator": st.sampled_from([None, lambda texts: estimate_tokens(texts) * 2]),
    }
)
KINDS = st.sampled_from(["str", "object", "category", "dictionary", "chunks"])


@contextmanager
def way(*, repeated):
    """Let texts be taken for repeated, or not; in both, several slices and partitions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encode, "repeats", lambda _: repeated)
        patch.setattr(encode, "_REPEATED_ROWS", 4)
        patch.setitem(group_join.join_groups.__kwdefaults__, "partition_rows", 5)
        yield


def column(texts, kind):
    """Return texts as a column of some kind; a dictionary with entries that no row has."""
    if kind in {"str", "object", "category"}:
        made = pd.Series(texts, dtype=object if kind == "object" else "str")
        return made.astype("category") if kind == "category" else made
    if kind == "chunks":
        return pd.Series(
            pd.arrays.ArrowExtensionArray(
                pa.chunked_array(
                    [pa.array(texts[:7], pa.string()), pa.array(texts[7:], pa.string())]
                )
            )
        )
    entries = pa.array(["unused", "", None, *texts[::-1]], pa.string())
    codes = pa.array(range(len(entries) - 1, 2, -1), pa.int16())
    return pd.Series(
        pd.arrays.ArrowExtensionArray(
            pa.chunked_array([pa.DictionaryArray.from_arrays(codes, entries)])
        )
    )


def log_of(rows, kind):
    who, when, what, tie = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pd.DataFrame(
        {
            "who": pd.Series(who, dtype="str"),
            "when": pd.Series(when, dtype="Int64"),
            "what": column(list(what), kind),
            "tie": pd.Series(tie, dtype="str"),
        }
    )


def outcome(log, options):
    """Return all that a user sees: the frame and its report, or the problems; and warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            made = nclue.to_sequences(log, **COLUMNS, **options)
        except InvalidDataError as error:
            seen = str(error), error.problems, error.rows.astype(str).to_csv()
        else:
            table = pa.Table.from_pandas(made)
            seen = table.to_pydict(), str(table.schema), nclue.report(made).to_json()
    return seen, [str(each.message) for each in caught]


@given(ROWS, KINDS, OPTIONS)
def test_both_ways_show_the_same(rows, kind, options):
    log = log_of(rows, kind)
    with way(repeated=False):
        expected = outcome(log_of(rows, "str"), options)
        plain = outcome(log, options)
    with way(repeated=True):
        assert outcome(log, options) == plain
    assert plain[0][0] == expected[0][0]


@given(st.lists(st.tuples(st.integers(0, 2), st.text(st.sampled_from("ab\0가"), max_size=20))))
def test_ranks_are_in_the_order_of_bytes(rows):
    rows.sort(key=lambda row: row[0])
    keys = [(run, text.encode()) for run, text in rows]
    runs = np.array([run for run, _ in rows], dtype=np.int64)
    ranks = distinct.text_ranks(runs, pa.array([text for _, text in rows], pa.string()))
    assert ranks.tolist() == [sorted(keys).index(key) for key in keys]


@pytest.mark.parametrize(("limit", "wide"), [(10, True), (10_000, False)])
def test_long_joined_texts_come_in_chunks(monkeypatch, limit, wide):
    monkeypatch.setattr(distinct, "TEXT_LIMIT", limit)
    texts = distinct.DistinctTexts(
        np.array([0, 1, 0, 1], np.int32), pa.array(["tea", "러닝화"]), "->"
    )
    joined = texts.take(np.array([0, 1, 2, 3])).join(np.array([0, 3, 4]))
    assert joined.to_pylist() == ["tea->러닝화->tea", "러닝화"]
    assert pa.types.is_large_string(joined.type) is wide


def test_a_sample_tells_whether_texts_repeat():
    random = np.random.default_rng(0)
    few = pa.array(random.integers(0, 500, 50_000).astype(str))
    many = pa.array(np.arange(50_000).astype(str))
    assert encode.repeats(few)
    assert not encode.repeats(many)
    assert not encode.repeats(pa.array([], pa.string()))


def test_an_estimator_sees_no_text_that_no_used_row_has():
    seen = []

    def estimate(texts):
        seen.extend(texts.to_pylist())
        return estimate_tokens(texts)

    log = log_of([("u1", 1, "tea", None), ("u1", 2, "", None), ("u1", 3, None, None)], "dictionary")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nclue.to_sequences(log, **COLUMNS, on_invalid="drop", token_estimator=estimate)
    assert set(seen) == {"tea"}
