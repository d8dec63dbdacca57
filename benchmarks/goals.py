"""The figures to reach, and how each follows from what was measured."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.comparisons import Cells, Value, best, growth, lightness, slowdown
from benchmarks.methods import OURS
from benchmarks.statistics import Spread, ratios

ENGINES = ("polars", "polars_stable", "polars_inside", "duckdb")
MILLION = 1_000_000


@dataclass(frozen=True)
class Goal:
    """A figure to reach.

    Parameters
    ----------
    label : str
        What it is.
    value : callable
        Takes all cells, returns what was measured, or None.
    at_least : float, optional
        Reached from here on up.
    at_most : float, optional
        Reached up to here.
    """

    label: str
    value: Value
    at_least: float | None = None
    at_most: float | None = None

    @property
    def wanted(self) -> str:
        """The limit as people read it."""
        return f"≥ {self.at_least:g}" if self.at_most is None else f"≤ {self.at_most:g}"

    def reached(self, measured: Spread) -> bool:
        """Tell whether the median is within the limit."""
        if self.at_most is None:
            return measured.median >= (self.at_least or 0)
        return measured.median <= self.at_most


def times_faster(group: str, workload: str, rows: int, *peers: str) -> Value:
    """Return the time of the fastest of some peers over ours."""

    def value(cells: Cells) -> Spread | None:
        cell = cells.get((group, workload, rows))
        peer = best(cell, peers) if cell else None
        return slowdown(cell, peer) if cell and peer else None

    return value


def times_the_time(group: str, workload: str, rows: int, *peers: str) -> Value:
    """Return our time over that of the fastest of some peers."""

    def value(cells: Cells) -> Spread | None:
        cell = cells.get((group, workload, rows))
        peer = best(cell, peers) if cell else None
        return slowdown(cell, OURS, peer) if cell and peer else None

    return value


def memory_over_lightest(group: str, workload: str, rows: int, *peers: str) -> Value:
    """Return our extra memory over that of the lightest of some peers."""

    def value(cells: Cells) -> Spread | None:
        cell = cells.get((group, workload, rows))
        peer = best(cell, peers, "extra_mb") if cell else None
        return lightness(cell, peer) if cell and peer else None

    return value


def extra_memory(group: str, workload: str, rows: int) -> Value:
    """Return our peak memory above the loaded data, in MB."""

    def value(cells: Cells) -> Spread | None:
        cell = cells.get((group, workload, rows))
        return Spread.of(cell.methods[OURS].extra_mb) if cell else None

    return value


def memory_growth(group: str, workload: str, small: int, large: int) -> Value:
    """Return our extra memory on a large input over that on a small one."""

    def value(cells: Cells) -> Spread | None:
        both = [cells.get((group, workload, rows)) for rows in (large, small)]
        if None in both:
            return None
        above, below = (cell.methods[OURS].extra_mb for cell in both if cell)
        return Spread.of(ratios(above, below))

    return value


def time_growth(group: str, workload: str, small: int, large: int) -> Value:
    """Return by how much our median time grows per decade of rows."""

    def value(cells: Cells) -> Spread | None:
        own = [cells[key] for rows in (small, large) if (key := (group, workload, rows)) in cells]
        for _, _, times in growth(own, OURS):
            repeats = min(len(cell.methods[OURS].seconds) for cell in own)
            return Spread(times, times, times, repeats)
        return None

    return value


def memory_over_budget(group: str, workload: str, rows: int, budget: int) -> Value:
    """Return our peak memory over a budget in bytes."""

    def value(cells: Cells) -> Spread | None:
        cell = cells.get((group, workload, rows))
        if cell is None:
            return None
        return Spread.of({n: mb * 1e6 / budget for n, mb in cell.methods[OURS].extra_mb.items()})

    return value


GOALS = (
    Goal(
        "sequences, 10^7 events, int ids: fastest form of polars or DuckDB / ours",
        times_faster("sequences", "int", 10 * MILLION, *ENGINES),
        at_least=1.5,
    ),
    Goal(
        "the same with text ids",
        times_faster("sequences", "text", 10 * MILLION, *ENGINES),
        at_least=1.2,
    ),
    Goal(
        "pandas sorted groupby-join / ours",
        times_faster("sequences", "int", 10 * MILLION, "pandas"),
        at_least=12,
    ),
    Goal(
        "extra memory: ours / the lightest of polars, DuckDB and pandas",
        memory_over_lightest("sequences", "int", 10 * MILLION, *ENGINES, "pandas"),
        at_most=0.5,
    ),
    Goal(
        "growth of our time from 10^6 to 10^7 events",
        time_growth("sequences", "int", MILLION, 10 * MILLION),
        at_most=12,
    ),
    Goal(
        "encode and publish 10^6 sequences / s3fs `put_file` of the same bytes on disk",
        times_the_time("publish", "frame", MILLION, "put_file", "put_file_8"),
        at_most=1.25,
    ),
    Goal(
        '`DataFrame.to_csv("s3://...")` / ours',
        times_faster("publish", "frame", MILLION, "to_csv"),
        at_least=3,
    ),
    Goal(
        "awswrangler `to_csv` / ours",
        times_faster("publish", "frame", MILLION, "wrangler"),
        at_least=3,
    ),
    Goal(
        "publish: peak memory above the frame, MB",
        extra_memory("publish", "frame", MILLION),
        at_most=200,
    ),
    Goal(
        "publish: peak memory with a frame twice as large, MB",
        extra_memory("publish", "frame", 2 * MILLION),
        at_most=200,
    ),
    Goal(
        "read 10^7 results: ours / `pyarrow.csv` with its best block size",
        times_the_time("results", "scores", 10 * MILLION, "pyarrow_8", "pyarrow"),
        at_most=1.15,
    ),
    Goal(
        "fastest form of `pandas.read_csv` / ours",
        times_faster(
            "results",
            "scores",
            10 * MILLION,
            "pandas",
            "pandas_default",
            "pandas_pyarrow",
            "pandas_backend",
        ),
        at_least=1.3,
    ),
    Goal(
        "a log of three times the budget: peak memory above the import / budget",
        memory_over_budget("streams", "parquet", 20 * MILLION, 15 * 20 * MILLION),
        at_most=1,
    ),
    Goal(
        "`import nclue_pandas` / `import pandas`",
        times_the_time("imports", "import", 1, "pandas"),
        at_most=1.15,
    ),
)
