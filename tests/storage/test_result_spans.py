"""A result read in ranges or in blocks is the result read whole, wherever they end."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nclue_pandas.errors import ResultFormatError
from nclue_pandas.storage.bucket import ObjectInfo
from nclue_pandas.storage.results import iter_result, read_result, result_spans

pytestmark = pytest.mark.property

IDS = st.sampled_from(["0012", "NA", "가나다", '"q"', "u" * 30, "1e5", "user_id"])
MORE = st.sampled_from(["", "x", "러닝", "7", "null", "label"])
LINES = st.lists(st.tuples(IDS, st.floats(0, 1), MORE), min_size=1)
HEADERS = st.sampled_from(["", "user_id\tscore\tmore\n", "고객\t점수\t\n", "1\tprob\t2\n"])


class Stored:
    """One object, as a bucket would give it."""

    name = "bucket"

    def __init__(self, body):
        self.body = body

    def head(self, key):
        return ObjectInfo(key, len(self.body))

    def get(self, key, start=None, end=None):
        return self.body[start:end]

    def get_state(self, key, start, end):
        return self.body[start:end], "etag"


@st.composite
def files(draw):
    """Draw a result file and its rows."""
    lines = draw(LINES)
    text = "\n".join(f"{user}\t{score!r}\t{more}" for user, score, more in lines)
    text = f"{draw(HEADERS)}{text}{draw(st.sampled_from(['', chr(10)]))}"
    return Stored(draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode()), lines


@given(files(), st.integers(1, 60))
def test_blocks_of_any_size_hold_every_line_in_order(file, size):
    stored, lines = file
    frame = pd.concat(iter_result(stored, "result.tsv", block_bytes=size), ignore_index=True)
    assert list(frame.itertuples(index=False, name=None)) == lines
    pd.testing.assert_frame_equal(frame, read_result(stored, "result.tsv"))


@given(files(), st.integers(1, 60))
def test_ranges_of_any_size_hold_every_line_once(file, size):
    stored, _ = file
    whole = read_result(stored, "result.tsv")
    spans = result_spans(stored, "result.tsv", span_bytes=size)
    parts = [span.read(stored) for span in spans]
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)
    assert all(part.dtypes.equals(whole.dtypes) for part in parts)


NO_SCORES = st.sampled_from(["", " ", "null", "NULL", "None", "N/A", "na", r"\N", "-", "1,5"])


@given(files(), IDS, NO_SCORES, MORE)
def test_a_first_user_without_a_score_is_told_and_not_taken_for_a_header(file, user, score, more):
    _, lines = file
    rest = "".join(f"{user}\t{score!r}\t{more}\n" for user, score, more in lines)
    stored = Stored(f"{user}\t{score}\t{more}\n{rest}".encode())
    for read in (read_result, result_spans, lambda *where: list(iter_result(*where))):
        with pytest.raises(ResultFormatError, match="not a number in every line"):
            read(stored, "result.tsv")
