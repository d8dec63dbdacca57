"""Text files against Python's own reader of CSV, whatever is in the cells and wherever pieces end."""

from __future__ import annotations

import csv
import io
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nclue_pandas.errors import InvalidDataError
from nclue_pandas.streaming import text_files
from nclue_pandas.streaming.records import RecordCounter
from nclue_pandas.streaming.text_files import TextForm, read_text_file

pytestmark = pytest.mark.property

CELLS = st.text(st.sampled_from('a,";\n\t 가1'), max_size=6) | st.sampled_from(
    ["NA", "None", "0012", "1e5", '"', '""', '"\n"', "", "12345678901234567", "nan"]
)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=12)
HEADER = ("user", "time", "item")


def written(rows, **how):
    file = io.StringIO()
    csv.writer(file, lineterminator="\n", **how).writerows([HEADER, *rows])
    return file.getvalue()


def read(text, form, size, batch_bytes=1 << 20, encoding="utf-8"):
    with pytest.MonkeyPatch.context() as patch:
        decoded = text_files._Text._decoded
        patch.setattr(text_files, "_SAMPLE", size)
        patch.setattr(text_files._Text, "_decoded", lambda self, _: decoded(self, size))
        file = io.BytesIO(text.encode(encoding))
        frames = [*read_text_file(file, "log.csv", form, None, batch_bytes)]
    return [
        tuple("" if cell is None else cell for cell in row)
        for frame in frames
        for row in frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
    ]


#: Of 40 characters each, a piece of this text ends with the space that begins a line.
SPACE_AT_AN_END = [
    ("", "", "11111;"),
    ("", "11", "1e5"),
    ("11", "12345678901234567", "12345678901234567"),
    ("1;", "111", "11;"),
    ('""', '1""', "111;가"),
    ("11;", '11111"', "None"),
    ('11111"', '11111"', "None"),
    (" ", "", ""),
]


@given(ROWS, st.integers(40, 90), st.sampled_from([",", ";", "\t"]), st.integers(1, 600))
@example([("a", '"\n', '""\n"'), ("b", "", "")], 41, ",", 1)
@example(SPACE_AT_AN_END, 40, ";", 1)
def test_cells_with_anything_in_them(rows, size, sep, batch):
    form = TextForm(sep=sep, quotes=True)
    assert read(written(rows, delimiter=sep), form, size, batch) == rows


@given(st.lists(st.tuples(*[st.sampled_from(["a", '"b', 'c"', '5" x', "NA"])] * 3), min_size=1))
def test_without_quotes_every_line_is_a_row(rows):
    text = "".join("\t".join(row) + "\n" for row in [HEADER, *rows])
    assert read(text, TextForm(sep="\t"), 50) == rows


def slow_count(text, sep):
    """Count records one character after another; None when a quote is not closed."""
    records, inside, begins, blank = 0, False, True, True
    characters = iter(range(len(text)))
    for at in characters:
        here = text[at]
        if inside:
            if here == '"' and text[at + 1 : at + 2] == '"':
                next(characters)
            elif here == '"':
                inside = False
        elif here == "\n":
            records += not blank
            begins = blank = True
        else:
            inside = here == '"' and begins
            blank &= here in " \t"
            begins = here == sep
    return None if inside else records + (not blank)


@given(st.text(st.sampled_from('a,"\n '), max_size=40), st.lists(st.integers(0, 40), max_size=6))
@example('"a""', [4])
@example('a,"b\n"",\n"\n\n c', [])
def test_records_are_counted_wherever_pieces_end(text, cuts):
    counter = RecordCounter("log.csv", ",", True)
    ends = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    for start, end in pairwise(ends):
        counter.feed(text[start:end])
    records, wanted = counter.end(), slow_count(text, ",")
    assert wanted in {records, None}


@pytest.mark.parametrize("sep", [",", ";", "|"])
@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ('"best tea\nu1{s}2026-01-02{s}jam\nu2{s}2026-01-03{s}"worst tea', "midst of a cell"),
        ('"best tea\nu1{s}2026-01-02{s}jam\nu2{s}2026-01-03{s}tea"', "look like rows"),
        ('"best tea\nu1{s}2026-01-02{s}jam"', "look like rows"),
        ('"best tea', "not closed"),
    ],
)
def test_a_quote_that_is_none_hides_no_rows(cell, said, sep):
    text = f"user{sep}time{sep}item\nu0{sep}2026-01-01{sep}{cell.format(s=sep)}\n"
    with pytest.raises(InvalidDataError, match=rf"(?s){said}.*quotes=False"):
        read(text, TextForm(sep=sep), 1000)
    lines = text.count("\n") - 1
    assert len(read(text, TextForm(sep=sep, quotes=False), 1000)) == lines


@pytest.mark.parametrize("cell", ["great, cheap\nand good", "a\nb\nc", "2026-01-01\nu,2", "\n"])
def test_prose_of_several_lines_is_a_cell(cell):
    assert read(written([("u", "2026-01-01", cell)]), TextForm(), 50) == [("u", "2026-01-01", cell)]
