"""Whether streams keep their budget: 12 shapes of logs by 3 budgets.

Every cell is a process of its own that streams one log and tells the peak of its resident memory
above what it held with everything imported. The table goes into docs/large_logs.md, the picture
beside it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from benchmarks import logs
from benchmarks.environments import ROOT
from benchmarks.memory import Peak
from benchmarks.plots import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MIB: Final = 1 << 20
BUDGETS: Final = (96 * MIB, 128 * MIB, 192 * MIB)
PAGE: Final = ROOT / "docs" / "large_logs.md"
PICTURE: Final = ROOT / "docs" / "benchmarks" / "budgets.svg"
DATA: Final = ROOT / "build" / "benchmarks" / "budgets"
#: Where the page has the table.
PLACE: Final = re.compile(r"(?s)(<!-- python -m benchmarks\.budgets -->\n).*?(<!-- end -->)")
COLUMNS: Final = {"user": "user", "time": "time", "behavior": "item"}
EVENTS: Final = 1_000_000
#: Bytes of a long text.
LONG: Final = 4_096


def log(events: int, users: Any = None) -> pa.Table:
    """Make a log of short events, Zipf's users and unsorted times."""
    rng = np.random.default_rng(1)
    users = logs.zipf_users(events, rng) if users is None else users
    items = rng.integers(0, 5_000, events)
    item = pc.binary_join_element_wise("item", pa.array(items).cast(pa.string()), " ")
    moments = pa.array(logs.random_times(events, rng), pa.timestamp("us"))
    return pa.table({"user": pa.array(users), "time": moments, "item": item})


def with_texts(texts: pa.Array) -> pa.Table:
    """Make a log whose behaviors are these."""
    return log(len(texts)).set_column(2, "item", texts)


def long_texts(rows: int, *, distinct: int) -> pa.Array:
    """Make texts of 4 KiB, so many of them distinct."""
    names = pc.utf8_rpad(pa.array(np.arange(rows) % distinct).cast(pa.string()), 12, " ")
    return pc.binary_join_element_wise(names, "x" * (LONG - 12), "")


def growing(distinct: int) -> pa.Table:
    """Make a log of 1,000 short rows, and then of rows of 4 KiB."""
    short = pc.binary_join_element_wise("item", pa.array(np.arange(1_000)).cast(pa.string()), " ")
    return with_texts(pa.concat_arrays([short, long_texts(25_000, distinct=distinct)]))


def as_parquet(path: Path, table: pa.Table) -> None:
    parquet.write_table(table, path, row_group_size=len(table))


def as_text(path: Path, table: pa.Table, sep: str = ",") -> None:
    quotes = "none" if sep == "\t" else "needed"
    options = csv.WriteOptions(delimiter=sep, quoting_style=quotes, quoting_header=quotes)
    csv.write_csv(table, path, options)


def as_gzip(path: Path, table: pa.Table) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        csv.write_csv(table, file)


def with_lines(rows: int) -> pa.Table:
    """Make a log whose behaviors have quotes, separators and line breaks in them."""
    number = pa.array(np.arange(rows) % 1_000).cast(pa.string())
    return with_texts(pc.binary_join_element_wise('say "tea",\nthen', number, " "))


def with_more(table: pa.Table) -> pa.Table:
    """Add columns that nobody asks for."""
    rng = np.random.default_rng(2)
    for number in range(8):
        table = table.append_column(f"more{number}", pa.array(rng.random(len(table))))
    return table


def one_user() -> Any:
    """Give a tenth of the events to one user."""
    rng = np.random.default_rng(3)
    return np.where(rng.integers(0, 10, EVENTS) == 0, 7, rng.integers(0, 200_000, EVENTS))


#: Shape -> ending of its file, and what writes it.
SHAPES: Final[dict[str, tuple[str, Callable[[Path], None]]]] = {
    "Parquet, short events": ("parquet", lambda path: as_parquet(path, log(2 * EVENTS))),
    "Parquet, millions of users": (
        "parquet",
        lambda path: as_parquet(path, log(2 * EVENTS, users=np.arange(2 * EVENTS) * 7_919)),
    ),
    "Parquet, a tenth of one user": (
        "parquet",
        lambda path: as_parquet(path, log(EVENTS, users=one_user())),
    ),
    "Parquet, columns not needed": (
        "parquet",
        lambda path: as_parquet(path, with_more(log(EVENTS))),
    ),
    "Parquet, texts of 4 KiB": (
        "parquet",
        lambda path: as_parquet(path, with_texts(long_texts(25_000, distinct=25_000))),
    ),
    "Parquet, rows grow late": ("parquet", lambda path: as_parquet(path, growing(25_000))),
    "Parquet, rows grow late, repeated": ("parquet", lambda path: as_parquet(path, growing(50))),
    "CSV, short events": ("csv", lambda path: as_text(path, log(EVENTS))),
    "CSV, line breaks in cells": ("csv", lambda path: as_text(path, with_lines(EVENTS))),
    "CSV, rows grow late": ("csv", lambda path: as_text(path, growing(25_000))),
    "TSV, short events": ("tsv", lambda path: as_text(path, log(EVENTS), "\t")),
    "CSV in gzip, rows grow late": ("csv.gz", lambda path: as_gzip(path, growing(25_000))),
}


def measure(path: str, memory: int) -> float:
    """Stream a log in this process; return the peak in bytes."""
    import nclue_pandas as nclue
    from nclue_pandas.storage import content
    from nclue_pandas.streaming import sequences

    del sequences, content
    quotes = True if path.endswith(".csv") else None
    peak = Peak()
    with nclue.stream_sequences(path, **COLUMNS, memory=memory, quotes=quotes) as store:
        assert len(store)
    return (peak.extra_mb() or 0) * 1e6


def cells(shapes: list[str]) -> Iterator[tuple[str, int, float]]:
    """Measure shapes by budgets, each in a process of its own."""
    DATA.mkdir(parents=True, exist_ok=True)
    for number, shape in enumerate(shapes):
        ending, write = SHAPES[shape]
        path = DATA / f"{number}.{ending}"
        write(path)
        for memory in BUDGETS:
            command = [sys.executable, "-W", "ignore", "-m", "benchmarks.budgets", "--one"]
            done = subprocess.run(
                [*command, str(path), str(memory)],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise SystemExit(done.stderr)
            yield shape, memory, json.loads(done.stdout)
        path.unlink()


def table(found: dict[str, dict[int, float]]) -> str:
    """Write peaks in MiB, a row for each shape."""
    head = " | ".join(f"budget {memory >> 20} MiB" for memory in BUDGETS)
    lines = [f"| log | {head} |", f"|{'---|' * (len(BUDGETS) + 1)}"]
    for shape, peaks in found.items():
        row = " | ".join(f"{peaks[memory] / MIB:.0f} MiB" for memory in BUDGETS)
        lines.append(f"| {shape} | {row} |")
    return "\n".join(lines)


def draw(found: dict[str, dict[int, float]], path: Path) -> None:
    """Draw the peaks as shares of their budgets, and the line that none may pass."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(8, 4), layout="constrained")
        axes = figure.subplots()
        for memory, marker in zip(BUDGETS, "os^", strict=True):
            shares = [peaks[memory] / memory for peaks in found.values()]
            axes.plot(shares, range(len(found)), marker, label=f"{memory >> 20} MiB")
        axes.axvline(1, color="black", linestyle="--", label="the budget")
        axes.set_yticks(range(len(found)), list(found))
        axes.invert_yaxis()
        axes.set(xlim=(0, 1.1), xlabel="Peak of resident memory, as a share of the budget")
        axes.legend(fontsize=8, loc="lower left")
        figure.savefig(path, metadata={"Date": None})


def main(given: list[str] | None = None) -> None:
    """Measure all cells, write the page and the picture; fail when a budget is passed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.budgets", description=__doc__)
    parser.add_argument("--one", nargs=2, metavar=("LOG", "BYTES"), help="one cell, as JSON")
    parser.add_argument(
        "--shapes", nargs="+", choices=SHAPES, help="only these; nothing is written"
    )
    options = parser.parse_args(given)
    if options.one:
        print(json.dumps(measure(options.one[0], int(options.one[1]))))
        return
    found: dict[str, dict[int, float]] = {}
    for shape, memory, peak in cells(options.shapes or list(SHAPES)):
        print(f"{shape}: {peak / MIB:.0f} of {memory >> 20} MiB", file=sys.stderr, flush=True)
        found.setdefault(shape, {})[memory] = peak
    if not options.shapes:
        page = PAGE.read_text("utf-8")
        PAGE.write_text(PLACE.sub(rf"\1\n{table(found)}\n\n\2", page), "utf-8")
        draw(found, PICTURE)
    passed = [shape for shape, peaks in found.items() if any(p > m for m, p in peaks.items())]
    if passed:
        raise SystemExit(f"above the budget: {', '.join(passed)}")


if __name__ == "__main__":
    main()
