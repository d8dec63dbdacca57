"""The same file gives the same dataset, or the same error, by every way in."""

from __future__ import annotations

import csv
import gzip
import zipfile

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.cli.log_files import read_log
from nclue_pandas.deadline import NEVER
from nclue_pandas.streaming import sequences, text_files
from nclue_pandas.streaming.text_files import TextForm

COLUMNS = {"user": "user", "time": "time", "behavior": "item"}
ROWS = 40


def lines(times, *, items=("tea", "jam", "녹차"), sep=",", users=7, quote="", end="\n"):
    """Write rows; times and items come round."""
    rows = [
        sep.join(
            (f"00{n % users}", times[n % len(times)], f"{quote}{items[n % len(items)]}{quote}")
        )
        for n in range(ROWS)
    ]
    return end.join([sep.join(("user", "time", "item")), *rows, ""])


DAYS = [f"2026-01-{day:02d}" for day in range(1, 29)]
SECONDS = [str(1_700_000_000 + 7 * n) for n in range(ROWS)]
#: Name of a file -> its text, and how it is written.
FILES = {
    "dates.csv": (lines(DAYS), {}),
    "dates in windows.csv": (lines(DAYS, end="\r\n"), {}),
    "times with T.csv": (lines([f"{day}T10:00:00" for day in DAYS]), {}),
    "fractions late.csv": (lines([*(f"{d} 10:00:00" for d in DAYS), f"{DAYS[0]} 10:00:00.5"]), {}),
    "days late.csv": (lines([*(f"{day} 10:00:00" for day in DAYS), "2026-02-01"]), {}),
    "offsets.csv": (lines([f"{d}T10:00:00{z}" for d in DAYS for z in ("Z", "+09:00")]), {}),
    "offset late.csv": (lines([*DAYS, "2026-02-01T00:00:00Z"]), {}),
    "basic dates.csv": (lines([day.replace("-", "") for day in DAYS]), {}),
    "seconds.csv": (lines(SECONDS), {}),
    "seconds with a point.csv": (lines([f"{each}.0" for each in SECONDS]), {}),
    "a point late.csv": (lines([*SECONDS[:-1], f"{SECONDS[-1]}.0"]), {}),
    "nanoseconds.csv": (lines([f"{each}000000001" for each in SECONDS]), {}),
    "day numbers.csv": (lines([str(n) for n in range(2000, 2000 + ROWS)] + ["5"]), {}),
    "one unreadable.csv": (lines([*DAYS, "soon"]), {}),
    "an unreadable number.csv": (lines([*SECONDS[:-1], "soon"]), {}),
    "a number among dates.csv": (lines([*DAYS, "0"]), {}),
    "all unreadable.csv": (lines(["01/02/2026", "13.01.2026"]), {}),
    "empty times first.csv": (lines(["", "", *DAYS]), {}),
    "NA for times.csv": (lines(["NA", *DAYS]), {}),
    "codes.csv": (lines(DAYS, items=("0012", "1e5", "NA", "None", "12345678901234567")), {}),
    "codes and empty cells.csv": (lines(DAYS, items=("1", "12345678901234567", "")), {}),
    "quotes.csv": (lines(DAYS, items=("a, b", 'say ""hi""', "x"), quote='"'), {}),
    "line breaks.csv": (lines(DAYS, items=("a\nb", "c\n\nd, e", "x"), quote='"'), {}),
    "inches.csv": (lines(DAYS, items=('5" pipe', "tea", 'say "hi"')), {}),
    "quotes.tsv": (lines(DAYS, items=('"best', 'worst"', '"'), sep="\t"), {}),
    "semicolons.csv": (lines(DAYS, sep=";", items=("a, b", "c")), {"sep": ";"}),
    "bars and BOM.csv": (lines(DAYS, sep="|"), {"sep": "|", "write": "utf-8-sig"}),
    "cp949.csv": (lines(DAYS), {"encoding": "cp949"}),
    "utf-16.tsv": (lines(DAYS, sep="\t"), {"encoding": "utf-16"}),
    "spaces.txt": (lines(DAYS, sep="   ", items=('"green tea"', "jam")), {"sep": r"\s+"}),
    "blank lines.csv": (lines(DAYS).replace("\n003", "\n\n   \n003"), {}),
    "packed.csv.gz": (lines(DAYS), {}),
    "packed.zip": (lines(DAYS), {}),
    "row names.txt": (
        "user time item\n" + "".join(f'"{n}" "u{n}" "{DAYS[n]}" "tea"\n' for n in range(9)),
        {"sep": r"\s+"},
    ),
}


@pytest.fixture(autouse=True, scope="module")
def _small_pieces():
    """Let pieces of the text and runs on disk end everywhere."""
    with pytest.MonkeyPatch.context() as patch:
        decoded = text_files._Text._decoded
        patch.setattr(text_files, "_SAMPLE", 200)
        patch.setattr(text_files._Text, "_decoded", lambda self, _: decoded(self, 61))
        patch.setattr(text_files, "_FIRST_ROWS", 3)
        patch.setattr(text_files, "_ROWS", 5)
        patch.setattr(sequences, "_BUILD_SHARE", 1 << 17)
        yield


def write(path, text, form):
    body = text.encode(form.get("write", form.get("encoding", "utf-8")))
    if path.suffix == ".gz":
        body = gzip.compress(body)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("log.csv", body)
        return
    path.write_bytes(body)


def in_memory(path, form, options):
    """Read a file as the documentation says."""
    read = {
        "sep": form.get("sep") or ("\t" if path.suffix == ".tsv" else ","),
        "quoting": csv.QUOTE_NONE if path.suffix == ".tsv" else csv.QUOTE_MINIMAL,
        "encoding": form.get("encoding", "utf-8"),
    }
    events = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""], **read)
    return nclue.to_sequences(events.reset_index(drop=True), **options)


def by_demo(path, form, options):
    named = {"encoding": form.get("encoding", "utf-8"), "sep": form.get("sep")}
    events = read_log(str(path), None, TextForm(**named), None, NEVER)
    return nclue.to_sequences(events, **options)


def streamed(memory):
    def read(path, form, options):
        given = {name: each for name, each in form.items() if name in {"encoding", "sep"}}
        with nclue.stream_sequences(path, **options, **given, memory=memory) as store:
            return store.to_frame()

    return read


WAYS = {
    "memory": in_memory,
    "demo": by_demo,
    "small stream": streamed(sequences.LEAST_MEMORY),
    "large stream": streamed(1 << 30),
}


def outcome(way, *what):
    try:
        made = way(*what)
    except errors.InvalidDataError as error:
        return type(error), str(error), [(p.code, p.rows) for p in error.problems]
    return made.to_numpy().tolist(), nclue.report(made)


@pytest.mark.filterwarnings("ignore::nclue_pandas.NclueDataWarning")
@pytest.mark.matrix("name", list(FILES), "on_invalid", ["raise", "drop"])
def test_every_way_in_gives_the_same(name, on_invalid, tmp_path):
    text, form = FILES[name]
    write(tmp_path / name, text, form)
    options = {**COLUMNS, "on_invalid": on_invalid}
    found = {way: outcome(read, tmp_path / name, form, options) for way, read in WAYS.items()}
    assert len(FILES) >= 30
    for way, made in found.items():
        assert made == found["memory"], way
    if on_invalid == "drop" and name not in {"offset late.csv", "all unreadable.csv"}:
        assert found["memory"][0]
        assert found["memory"][1].rows == (9 if name == "row names.txt" else ROWS)


@pytest.mark.filterwarnings("ignore:20 of 20 events have the user and time of another")
@pytest.mark.parametrize("ties", [["9", "10", "8"], ["1.5", "", "0.25"], ["b", "10", "9"]])
def test_ties_are_broken_by_numbers_as_numbers(ties, tmp_path):
    rows = "".join(f"u{n % 2},2026-01-01,x{n % 5},{ties[n % 3]}\n" for n in range(20))
    (tmp_path / "log.csv").write_text(f"user,time,item,seq\n{rows}", "utf-8")
    options = {**COLUMNS, "tie_break": "seq"}
    found = [outcome(way, tmp_path / "log.csv", {}, options)[0] for way in WAYS.values()]
    assert found == found[:1] * len(WAYS)
    if ties[0] != "b":
        inferred = pd.read_csv(tmp_path / "log.csv")
        assert found[0] == nclue.to_sequences(inferred, **options).to_numpy().tolist()
