"""A result read in ranges is the result read whole, wherever the ranges end."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from nclue_pandas.storage.bucket import ObjectInfo
from nclue_pandas.storage.results import read_result
from nclue_pandas.storage.spans import result_spans

IDS = st.sampled_from(["0012", "NA", "가나다", '"q"', "u" * 30, "1e5"])
LINES = st.lists(st.tuples(IDS, st.floats(0, 1), st.sampled_from(["", "x", "러닝"])), min_size=1)


class Stored:
    """One object, as a bucket would give it."""

    name = "bucket"

    def __init__(self, body):
        self.body = body

    def head(self, key):
        return ObjectInfo(key, len(self.body))

    def get(self, key, start=None, end=None):
        return self.body[start:end]


@given(
    lines=LINES,
    header=st.booleans(),
    ended=st.booleans(),
    bom=st.booleans(),
    size=st.integers(1, 60),
)
def test_ranges_of_any_size_hold_every_line_once(lines, header, ended, bom, size):
    text = "\n".join(f"{user}\t{score!r}\t{more}" for user, score, more in lines)
    text = ("user_id\tscore\tmore\n" if header else "") + text + ("\n" if ended else "")
    stored = Stored((b"\xef\xbb\xbf" if bom else b"") + text.encode())
    whole = read_result(stored, "result.tsv")
    spans = result_spans(stored, "result.tsv", span_bytes=size)
    parts = [span.read(stored) for span in spans]
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)
    assert all(part.dtypes.equals(whole.dtypes) for part in parts)
