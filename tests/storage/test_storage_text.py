"""The encoder, the keys and the reader against slow and obvious references."""

from __future__ import annotations

import hashlib
from unittest.mock import patch

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nclue_pandas.errors import ResultFormatError
from nclue_pandas.kernels.hash import hash_ids
from nclue_pandas.storage import content, layout
from nclue_pandas.storage.content import FrameContent
from nclue_pandas.storage.lines import encode, line_lengths
from nclue_pandas.storage.publish import prepare
from nclue_pandas.storage.result_lines import read_tsv

pytestmark = pytest.mark.property

CLEAN = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\x85"),
    max_size=12,
)
ID = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs"]), min_size=1, max_size=12)
ROWS = st.dictionaries(ID, CLEAN, max_size=40)


def table(rows):
    ids, texts = list(rows), list(rows.values())
    return pa.table(
        {"user_id": pa.array(ids, pa.string()), "sequence": pa.array(texts, pa.string())}
    )


@given(ROWS, st.integers(1, 200))
def test_lines_are_the_joined_fields(rows, batch_bytes):
    batches = [bytes(batch) for batch in encode(table(rows), batch_bytes=batch_bytes)]
    assert b"".join(batches).decode() == "".join(f"{u}\t{t}\n" for u, t in rows.items())
    assert all(batch.endswith(b"\n") for batch in batches)


@given(ROWS)
def test_lengths_are_those_of_the_lines(rows):
    wanted = [len(f"{u}\t{t}\n".encode()) for u, t in rows.items()]
    assert line_lengths(table(rows)).tolist() == wanted


def reference_parts(rows, parts):
    """Return part number -> lines, by loops over users."""
    found = {}
    hashes = dict(zip(rows, hash_ids(pa.array(list(rows), pa.string())).tolist(), strict=True))
    for user in sorted(rows, key=hashes.get):
        bucket = hashes[user] >> 54
        number = next(n for n in range(parts) if bucket in layout.part_buckets(n, parts))
        found.setdefault(number, []).append(f"{user}\t{rows[user]}\n")
    return {number: "".join(lines) for number, lines in found.items()}


@given(ROWS, st.integers(1, 300), st.randoms(use_true_random=False))
def test_parts_depend_on_the_content_alone(rows, part_bytes, random):
    prepared = prepare(FrameContent(table(rows)), "sequences", "n", "p", part_bytes)
    shuffled = list(rows.items())
    random.shuffle(shuffled)
    again = prepare(FrameContent(table(dict(shuffled))), "sequences", "n", "p", part_bytes)
    assert again.place == prepared.place

    parts = prepared.place.parts
    made = {}
    for number in range(parts):
        lines = prepared.body(number).read().decode()
        if lines:
            made[number] = lines
            assert lines == again.body(number).read().decode()
    assert made == reference_parts(rows, parts)


@given(ROWS, st.integers(1, 5), st.randoms(use_true_random=False))
def test_rows_that_are_gathered_some_at_a_time_are_all_rows(rows, together, random):
    ordered = FrameContent(table(dict(sorted(rows.items(), key=hash_of))))
    shuffled = list(rows.items())
    random.shuffle(shuffled)
    with patch.object(content, "_GATHERED_ROWS", together):
        found = FrameContent(table(dict(shuffled)))
        pieces = [*found.tables(range(layout.BUCKETS))]
    assert found.digests == ordered.digests
    gathered = pa.concat_tables([table({}), *pieces])
    assert gathered.equals(pa.concat_tables([table({}), *ordered.tables(range(layout.BUCKETS))]))
    if shuffled != sorted(shuffled, key=hash_of):
        most = max(digest.rows for digest in found.digests)
        assert all(piece.num_rows < together + most for piece in pieces)


def test_a_small_frame_in_another_order_is_gathered_at_once():
    rows = {f"user {number}": "tea" for number in range(400)}
    found = FrameContent(table(rows))
    assert len([*found.tables(range(layout.BUCKETS))]) == 1


def hash_of(row):
    return int(hash_ids(pa.array([row[0]], pa.string()))[0])


@given(ROWS.filter(bool), st.data())
def test_another_content_is_another_fingerprint(rows, data):
    user = data.draw(st.sampled_from(sorted(rows)))
    other = {**rows, user: rows[user] + "x"}
    one, two = (
        prepare(FrameContent(table(r)), "sequences", "n", "p").place.fingerprint
        for r in (rows, other)
    )
    assert one != two


def test_the_fingerprint_is_what_it_says():
    rows = {"a": "tea", "b": "jam"}
    hashes = hash_ids(pa.array(list(rows)))
    joined = hashlib.blake2b(digest_size=12)
    for user, value in sorted(zip(rows, hashes.tolist(), strict=True), key=lambda pair: pair[1]):
        line = hashlib.blake2b(f"{user}\t{rows[user]}\n".encode(), digest_size=16).digest()
        joined.update((value >> 54).to_bytes(2, "big") + line)
    assert (
        prepare(FrameContent(table(rows)), "answers", "n", "p").place.fingerprint
        == joined.hexdigest()
    )


@given(st.text(max_size=60))
def test_a_slug_obeys_the_rule_of_paths(name):
    slug = layout.slug(name)
    assert 1 <= len(slug) <= 40
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    place = layout.Place("answers", "p", name, "0" * 24, 1)
    assert layout.is_ours(place.path, layout.metadata("0" * 24, 0))
    assert not layout.is_ours(place.path, layout.metadata("1" * 24, 0))


SCORES = st.lists(st.tuples(ID, st.floats(allow_nan=False, allow_infinity=False)), min_size=2)


@given(SCORES, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_what_was_written_is_read(rows, end, header, last_end):
    lines = [f"{user}\t{score!r}" for user, score in rows]
    text = end.join((["user_id\tscore"] if header else []) + lines) + (end if last_end else "")
    frame = read_tsv(text.encode())
    assert frame.iloc[:, 0].tolist() == [user for user, _ in rows]
    assert np.array_equal(frame.iloc[:, 1].to_numpy(dtype=float), [score for _, score in rows])
    assert all(isinstance(dtype, pd.ArrowDtype) for dtype in frame.dtypes)


FIELDS = st.sampled_from(["", "NULL", "n/a", "0.3", "7", "-1e3", "tea", "20-24", "score", "label"])
PROFILES = (
    st.integers(2, 4)
    .flatmap(lambda width: st.lists(st.lists(FIELDS, min_size=width, max_size=width), min_size=1))
    .filter(lambda rows: any(map(any, rows)))
)


def is_header(first, rest):
    """Return whether the first row names the columns, by looking at each value."""
    gaps, words = {"", "NULL", "n/a"}, {"score", "label"}
    numbers = {"0.3", "7", "-1e3"}
    if gaps & set(first) or len(set(first)) < len(first):
        return False
    if words & set(first) and not numbers & set(first):
        return True
    for name, *values in list(zip(first, *rest, strict=True))[1:]:
        told = [value for value in values if value not in gaps]
        if told and name not in numbers and all(value in numbers for value in told):
            return True
    return False


@given(PROFILES)
def test_a_profile_keeps_every_row_and_knows_its_header(rows):
    first, *rest = rows
    frame = read_tsv("".join("\t".join(row) + "\n" for row in rows).encode())
    if is_header(first, rest):
        assert frame.columns.tolist() == first
        rows = rest
    else:
        assert frame.columns.tolist() == [f"col_{n}" for n in range(1, len(first) + 1)]
    assert frame.iloc[:, 0].tolist() == [row[0] for row in rows]
    for number in range(1, len(first)):
        column, texts = frame.iloc[:, number], [row[number] for row in rows]
        is_text = column.dtype == pd.ArrowDtype(pa.string())
        assert column.tolist() == (texts if is_text else [float(text) for text in texts])


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body):
    try:
        frame = read_tsv(body)
    except ResultFormatError:
        return
    assert frame.shape[1] >= 2


@pytest.mark.parametrize("bits", [np.uint64(0), np.uint64(2**64 - 1)])
def test_every_bucket_is_in_one_part(bits):
    bucket = int(bits >> np.uint64(54))
    for parts in (1, 2, 64, 1024):
        assert sum(bucket in layout.part_buckets(n, parts) for n in range(parts)) == 1
