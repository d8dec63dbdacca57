"""Orders and hashes made of whole numbers against those of NumPy, pandas and Python."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nclue_pandas.kernels.hash import DEFAULT_KEY, WORD, TextWords, canonical_order, hash_ids
from nclue_pandas.kernels.order import is_ascending, stable_order

pytestmark = pytest.mark.property

EXTREMES = [-(2**63), -(2**63) + 1, -1, 0, 1, 2**62, 2**63 - 2, 2**63 - 1]
NEAR = st.builds(
    lambda base, step: min(base + step, 2**63 - 1), st.sampled_from([0, 2**62]), st.integers(0, 40)
)
TICKS = st.sampled_from(EXTREMES) | NEAR
ROWS = st.lists(st.tuples(st.integers(0, 3), TICKS), max_size=40)
TEXT = st.text(max_size=40) | st.text(st.sampled_from("ab"), max_size=3)


@given(ROWS)
@example([(0, 2**63 - 1), (0, 1), (0, 0), (0, 1), (1, -(2**63))])
def test_rows_are_sorted_as_numpy_sorts_them(rows):
    groups = np.array([group for group, _ in rows], dtype=np.int32)
    ticks = np.array([tick for _, tick in rows], dtype=np.int64)
    expected = np.lexsort((ticks, groups))
    assert stable_order(groups, ticks, None).tolist() == expected.tolist()


def test_many_rows_of_one_moment_and_of_moments_close_to_each_other():
    random = np.random.default_rng(0)
    groups = random.integers(0, 50, 20_000, dtype=np.int32)
    ticks = random.integers(0, 30, 20_000) + random.choice([0, 2**60], 20_000)
    assert stable_order(groups, ticks, None).tolist() == np.lexsort((ticks, groups)).tolist()


@given(st.lists(TEXT, max_size=20), st.sampled_from([DEFAULT_KEY, "0123456789abcdef"]))
def test_hashes_are_those_of_pandas(texts, key):
    values = np.array(texts, dtype=object)
    expected = pd.util.hash_array(values, hash_key=key, categorize=False)
    for kind in (pa.string(), pa.large_string()):
        ids = pa.array(["before", *texts], kind)[1:]
        assert hash_ids(ids, key=key).tolist() == expected.tolist()
        assert hash_ids(pa.chunked_array([ids[:3], ids[3:]]), key=key).tolist() == expected.tolist()


@given(st.lists(st.text(max_size=3), unique=True, max_size=20), st.data())
def test_users_are_in_the_order_of_hash_and_bytes(texts, data):
    hashes = data.draw(
        st.lists(
            st.sampled_from([0, 1, 2**63, 2**64 - 1]), min_size=len(texts), max_size=len(texts)
        )
    )
    order = canonical_order(pa.array(texts, pa.string()), np.array(hashes, dtype=np.uint64))
    expected = sorted(range(len(texts)), key=lambda row: (hashes[row], texts[row].encode()))
    assert order.tolist() == expected


@given(st.lists(TEXT, min_size=1, max_size=8), st.integers(0, 20))
def test_words_end_with_their_text(texts, skip):
    longest = [text for text in texts if len(text.encode()) >= skip] or ["x" * skip]
    expected = [int.from_bytes(text.encode()[skip : skip + WORD], "little") for text in longest]
    assert TextWords.of(pa.array(longest)).read(skip).tolist() == expected


@pytest.mark.parametrize("place", [1, 999, 1_000, 1_999])
def test_a_row_out_of_time_order_is_noticed_wherever_it_is(place):
    ticks = np.arange(2_000)
    assert is_ascending(ticks)
    ticks[place] = -1
    assert not is_ascending(ticks)
