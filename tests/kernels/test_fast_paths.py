"""The fast first looks, gathers and readers against slow and obvious references."""

from __future__ import annotations

import re
from io import SEEK_CUR, SEEK_END
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyarrow import csv

from nclue_pandas.frames import personal_data
from nclue_pandas.frames.columns import to_chunks
from nclue_pandas.frames.ids import encode_ids
from nclue_pandas.kernels import encode
from nclue_pandas.kernels.arrays import take_rows
from nclue_pandas.kernels.scan import count_separators, sequence_suspects, unclean_suspects
from nclue_pandas.storage.lines import PartBody
from nclue_pandas.storage.result_lines import scores_of

pytestmark = pytest.mark.property

#: White space of RE2: ASCII alone.
LOOSE = re.compile(r"(^|->)\s*(->|$)|\s->|->\s", re.ASCII)
NUMBERS = st.sampled_from(
    [
        "010-1234-5678",
        "(010) - 1234 - 5678",
        "+82 (0) 10 1234 5678",
        "900101-1234568",
        "4111 1111 1111 1111",
        "4111\u2010 1111 \u2011 1111\u20131111",
        "11 - 22 - 123456 - 78",
        "M123A4567",
        "M - 12345678",
        "kim@example.com",
    ]
)
PIECE = NUMBERS | st.text(st.sampled_from("019 -.>@aM가\t\u2028"), max_size=12)
TEXTS = st.lists(st.lists(PIECE, max_size=4).map("".join) | st.none(), max_size=12)


def chunked(values, cuts, kind=None):
    """Return the values as an Arrow column in several chunks."""
    kind = kind or pa.string()
    ends = sorted({0, len(values), *(cut % (len(values) + 1) for cut in cuts)})
    chunks = [pa.array(values[a:b], kind) for a, b in pairwise(ends)]
    return pa.chunked_array(chunks, kind)


CUTS = st.lists(st.integers(0, 12), max_size=3)


@given(TEXTS, CUTS)
@example([">-"], [])
@example(["a-", ">b", "-", ">"], [])
def test_a_first_look_misses_no_text(values, cuts):
    texts = chunked(values, cuts)
    unclean = set(unclean_suspects(texts).tolist())
    loose = set(sequence_suspects(texts).loose.tolist())
    for row, text in enumerate(values):
        if text is None:
            continue
        if not text.strip() or text != text.strip() or re.search("->|[\x00-\x1f\u2028]", text):
            assert row in unclean
        if not text.strip() or LOOSE.search(text):
            assert row in loose
    for kind in personal_data.KINDS:
        matches = pc.match_substring_regex(texts, kind.pattern).to_pylist()
        rows = {row for row, matched in enumerate(matches) if matched}
        assert rows <= set(personal_data.suspects(texts).tolist()), kind.name
    assert count_separators(texts).tolist() == [(text or "").count("->") for text in values]


@given(st.lists(st.text(max_size=3) | st.none(), min_size=1, max_size=12), CUTS, st.data())
def test_rows_are_gathered_from_chunks(values, cuts, data):
    texts = chunked(values, cuts)
    rows = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=20))
    assert take_rows(texts, np.array(rows, dtype=np.int64)).to_pylist() == [values[r] for r in rows]
    column = pd.Series(pd.arrays.ArrowExtensionArray(texts))
    assert to_chunks(column).to_pylist() == values


@pytest.fixture
def _small_parts(monkeypatch):
    for name in ("PART_ROWS", "_SPLIT_TEXTS", "_SPLIT_INTEGERS", "_REPEATED_ROWS"):
        monkeypatch.setattr(encode, name, 3)
    monkeypatch.setattr(encode, "_MOST_WINDOW_BITS", 2)
    monkeypatch.setattr(encode, "_SLICE_ROWS", 2)


INTEGERS = st.lists(st.integers(-(2**63), 2**63 - 1) | st.none(), max_size=30)
WORDS = st.lists(st.text(max_size=9) | st.none(), max_size=30)


@st.composite
def windows(draw):
    """Whole numbers close to each other, at the ends of a type as well."""
    kind = draw(st.sampled_from([pa.int8(), pa.uint8(), pa.int32(), pa.int64(), pa.uint64()]))
    ends = np.iinfo(kind.to_pandas_dtype())
    low = draw(st.sampled_from([ends.min, ends.max - 60]))
    steps = draw(st.lists(st.integers(0, 60), max_size=30))
    return [int(low) + step for step in steps], kind


@pytest.mark.usefixtures("_small_parts")
def test_codes_and_values_are_the_column():
    words = st.tuples(WORDS | st.just(["same"] * 20), st.just(pa.string()))
    integers = st.tuples(INTEGERS, st.just(pa.int64()))

    @given(words | integers | windows(), CUTS)
    def check(column, cuts):
        values, kind = column
        texts = chunked(values, cuts, kind)
        encoded = encode.encode_values(texts)
        distinct = [*encoded.distinct.to_pylist(), None]
        assert [distinct[code] for code in encoded.codes] == values
        assert len(set(distinct)) == len(distinct)

    check()


@given(
    st.lists(st.tuples(st.text("ab가", min_size=1), st.text("xyz 책")), max_size=8),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 25)), max_size=6),
)
def test_a_body_reads_like_the_file(rows, reads):
    whole = "".join(f"{user}\t{text}\n" for user, text in rows).encode()
    tables = [
        pa.table({"user_id": pa.array([u], pa.string()), "sequence": pa.array([t], pa.string())})
        for u, t in rows
    ]
    body = PartBody(lambda: iter(tables), len(whole))
    for start, size in reads:
        assert body.seek(start) == body.tell() == start
        assert body.read(size) == whole[start : start + size]
    body.seek(0)
    assert body.read() == whole
    assert body.seek(-len(whole), SEEK_END) == 0
    assert body.seek(1, SEEK_CUR) == 1


def test_the_buffers_of_a_result_are_those_of_the_reader(monkeypatch):
    made = []
    real = csv.read_csv
    monkeypatch.setattr(csv, "read_csv", lambda *a, **k: made.append(real(*a, **k)) or made[-1])
    frame = scores_of(b"a\t0.5\nb\t1\n", ("user_id", "score"), "file")
    for number, name in enumerate(("user_id", "score")):
        shown = pa.array(frame[name])
        read = made[-1].column(number).chunk(0)
        assert [b and b.address for b in shown.buffers()] == [
            b and b.address for b in read.buffers()
        ]


INTEGER_TYPES = [f"{sign}{size}" for sign in ("int", "uint") for size in (8, 16, 32, 64)]


@given(st.sampled_from(INTEGER_TYPES), st.data())
def test_whole_numbers_of_every_type_are_ids(kind, data):
    limits = np.iinfo(kind)
    edges = st.sampled_from([limits.min, limits.max])
    start = data.draw(edges | st.integers(limits.min, limits.max))
    near = st.integers(max(limits.min, start - 300), min(limits.max, start + 300))
    drawn = data.draw(st.lists(near | edges, max_size=20))
    # Many rows, so that ranges as wide as those of the narrow types are dense.
    values = [*drawn, *range(max(limits.min, start - 300), min(limits.max, start + 300))]
    encoded = encode_ids(pd.Series(np.array(values, dtype=kind)))
    texts = encoded.texts.to_pylist()
    assert [texts[code] for code in encoded.codes] == [str(value) for value in values]
    assert len(set(texts)) == len(texts)


def test_users_of_all_numbers_of_a_narrow_type_stay_apart():
    numbers = np.arange(-20_000, 20_001).astype("int16")
    encoded = encode_ids(pd.Series(numbers))
    assert encoded.texts.take(pa.array(encoded.codes)).to_pylist() == [str(n) for n in numbers]
