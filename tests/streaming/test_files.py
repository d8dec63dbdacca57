"""Files as they come: their forms are told with the option for them, options before anything."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors

COLUMNS = {"user": "user", "time": "time", "behavior": "item"}
HEADER = "user,time,item\n"
ROW = "u1,2026-01-01,녹차\n"


@pytest.fixture
def read(tmp_path):
    """Write a file and make sequences of it; the texts of the first user."""

    def run(text, name="log.csv", write="utf-8", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(write))
        with nclue.stream_sequences(path, **(COLUMNS | options)) as store:
            return store.to_frame()["sequence"].tolist()

    return run


@pytest.mark.parametrize("encoding", ["cp949", "utf-16", "utf-16-le", "utf-16-be"])
def test_an_encoding_is_told_and_taken(read, encoding):
    with pytest.raises(errors.InvalidDataError, match=f"ive encoding='{encoding}'"):
        read(HEADER + ROW, write=encoding)
    assert read(HEADER + ROW, write=encoding, encoding=encoding) == ["녹차"]


def test_an_encoding_that_shows_late_is_told_too(read):
    late = (HEADER + "u1,2026-01-01,tea\n" * 20_000 + ROW).encode("cp949")
    with pytest.raises(errors.InvalidDataError, match="give encoding='cp949'"):
        read(late)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_marks_are_no_part_of_a_name(read, encoding):
    text = HEADER + ROW
    write = {"utf-8": "utf-8-sig"}.get(encoding, encoding)
    text = f"\ufeff{text}" if encoding == "utf-16-le" else text
    assert read(text, write=write, encoding=encoding) == ["녹차"]


@pytest.mark.parametrize(
    ("sep", "given"), [(";", "';'"), ("\t", r"'\\t'"), ("|", r"'\|'"), (" ", r"'\\s\+'")]
)
def test_a_separator_is_told_and_taken(read, sep, given):
    text = (HEADER + ROW).replace(",", sep)
    with pytest.raises(errors.InvalidDataError, match=f"single column.*sep={given}"):
        read(text)
    assert read(text, sep=sep if sep != " " else r"\s+") == ["녹차"]
    with pytest.raises(errors.InvalidDataError, match="sep=','"):
        read(HEADER + ROW, name="log.tsv")


def test_files_without_a_header(read):
    with pytest.raises(errors.MissingColumnError, match="'2026-01-01' looks like data.*header=Fal"):
        read(ROW * 2)
    numbered = {"user": 0, "time": 1, "behavior": 2}
    with pytest.warns(nclue.NclueDataWarning, match="exact repeats"):
        assert read(ROW * 2, header=False, **numbered) == ["녹차->녹차"]
    with pytest.raises(errors.MissingColumnError, match="named by numbers"):
        read(ROW, header=False)


def test_cells_beyond_the_header(read):
    assert sorted(read(HEADER + "u1,2026-01-01,tea,\nu2,2026-01-01,jam,\n")) == ["jam", "tea"]
    with pytest.raises(errors.InvalidDataError, match="line 3, saw 4.*needs quotes"):
        read(HEADER + ROW + "u2,2026-01-01,tea, hot\n")
    with pytest.raises(errors.InvalidDataError, match="names 3 columns.*has 4 cells"):
        read(HEADER + "u2,2026-01-01,tea, hot\n" + ROW)


@pytest.mark.parametrize(
    ("body", "name", "said"),
    [
        (b"", "log.csv", "empty"),
        (gzip.compress(HEADER.encode() * 99, mtime=0)[:-12], "log.csv.gz", "cannot be read"),
        (b"PK\x03\x04 no", "log.zip", "cannot be read"),
        (b"PAR1 no", "log.csv", "cannot be read"),
        (b"\xd0\xcf\x11\xe0 old", "log.xls", "Excel workbook"),
        (b"user,time,item\nu1,2026-01-01,a\0b\n", "log.csv", "NUL"),
    ],
)
def test_files_that_are_broken(read, body, name, said):
    with pytest.raises(errors.InvalidDataError, match=said):
        read(body, name=name)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (["a.csv", "b.csv"], "2 files"),
        (["[Content_Types].xml", "xl/workbook.xml"], "Excel workbook"),
        (["__MACOSX/._a.csv"], "0 files"),
    ],
)
def test_archives_of_something_else(tmp_path, members, said):
    with zipfile.ZipFile(tmp_path / "log.zip", "w") as archive:
        for member in members:
            archive.writestr(member, HEADER + ROW)
    with pytest.raises(errors.InvalidDataError, match=said):
        nclue.stream_sequences(tmp_path / "log.zip", **COLUMNS)


def test_a_folder_of_parts(tmp_path):
    for number, text in enumerate(["u1,2026-01-01,a\n", "u1,2026-01-02,b\n", "u1,2026-01-03,c\n"]):
        body = (HEADER + text).encode()
        name = f"part-{number}.csv"
        Path(tmp_path, f"{name}.gz" if number else name).write_bytes(
            gzip.compress(body, mtime=0) if number else body
        )
    (tmp_path / "_metadata.csv").write_text("no", "utf-8")
    with nclue.stream_sequences(tmp_path, **COLUMNS) as store:
        assert store.to_frame()["sequence"].tolist() == ["a->b->c"]


@pytest.mark.parametrize(
    "options",
    [
        {"encoding": "cp494"},
        {"encoding": None},
        {"sep": ";;"},
        {"sep": 3},
        {"header": None},
        {"header": 3},
        {"quotes": "no"},
        {"on_invalid": "ignore"},
        {"personal_data": "no"},
        {"timezone": "Asia/Soul"},
        {"until": "soon"},
        {"since": "now"},
        {"template": "{other}"},
        {"memory": 5},
    ],
)
def test_options_are_checked_before_the_log_is_read(options):
    def untouched():
        pytest.fail("the log was read")
        yield

    (name,) = options
    with pytest.raises(errors.ConfigurationError, match=name):
        nclue.stream_sequences(untouched(), **COLUMNS, **options)


@pytest.mark.parametrize("log", ["none.csv", Path("none"), ["none.parquet"], "no folder/"])
def test_a_missing_file_is_told(log):
    with pytest.raises(errors.InvalidDataError, match="There is no file 'no"):
        nclue.stream_sequences(log, **COLUMNS)


def test_of_several_files_a_missing_one_is_told_before_the_first_is_read(tmp_path):
    (tmp_path / "a.csv").write_text("broken", "utf-8")
    with pytest.raises(errors.InvalidDataError, match=r"There is no file .*b\.csv"):
        nclue.stream_sequences([tmp_path / "a.csv", tmp_path / "b.csv"], **COLUMNS)


class Exported:
    """A table of a library that exports Arrow data and nothing else."""

    def __init__(self, table):
        self._table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


@pytest.mark.filterwarnings("ignore:2 of 4 events are exact repeats")
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
@pytest.mark.parametrize("several", [False, True])
def test_arrow_data_of_any_library(kind, several):
    texts = {"user": ["a", "a"], "time": ["2026-01-02", "2026-01-01"], "item": ["녹차", "jam"]}
    table = Exported(pa.table({name: pa.array(column, kind) for name, column in texts.items()}))
    with nclue.stream_sequences([table, table] if several else table, **COLUMNS) as store:
        joined = "jam->jam->녹차->녹차" if several else "jam->녹차"
        assert store.to_frame()["sequence"].tolist() == [joined]


@pytest.mark.parametrize("values", [pd.Series(["a"]), pa.array(["a"]), pd.DataFrame({"a": [1]})])
@pytest.mark.parametrize("argument", ["user", "time", "behavior", "tie_break"])
def test_data_where_a_name_belongs(values, argument):
    with pytest.raises(errors.MissingColumnError, match=f"give {argument}= the name"):
        nclue.stream_sequences("none.csv", **COLUMNS | {argument: values})
    with pytest.raises(errors.MissingColumnError, match="give behavior= the name"):
        nclue.stream_sequences("none.csv", **COLUMNS | {"behavior": ["item", values]})
