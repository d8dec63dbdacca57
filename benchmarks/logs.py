"""Event logs with columns ``user``, ``time`` and ``item``, and the files that hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from benchmarks.arrow_files import write_table
from benchmarks.texts import MIXED, draw

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

EVENTS_A_USER = 10
#: Exponent of the skewed logs: of 10^7 events the busiest of 10^6 users has about 10^5.
ZIPF = 0.8
HEAVY_EVENTS = 100_000
PRODUCTS = 20_000
_SEED = 20_260_101
_START = 1_735_689_600_000_000  # 2025-01-01, microseconds
_YEAR = 365 * 86_400 * 1_000_000
_SPREAD_IDS = 7_919  # ids are neither dense nor in the order of activity
_ID_SPACE = 100_000_007


def zipf_users(rows: int, rng: np.random.Generator) -> Integers:
    """Draw users by Zipf's law, by the inverse of its cumulative distribution."""
    users = max(rows // EVENTS_A_USER, 1)
    power = 1 - ZIPF
    ranks = (((users**power - 1) * rng.random(rows) + 1) ** (1 / power)).astype(np.int64) - 1
    return ranks * _SPREAD_IDS % _ID_SPACE


def heavy_users(rows: int, rng: np.random.Generator) -> Integers:
    """Draw users evenly, but give one of them 10^5 events (half of a small log)."""
    users = rng.integers(1, max(rows // EVENTS_A_USER, 2), rows)
    users[rng.choice(rows, min(HEAVY_EVENTS, rows // 2), replace=False)] = 0
    return users * _SPREAD_IDS % _ID_SPACE


def int_ids(users: Integers) -> pa.Array:
    return pa.array(users)


def text_ids(users: Integers) -> pa.Array:
    digits = pc.utf8_lpad(pa.array(users).cast(pa.string()), 9, padding="0")
    return pc.binary_join_element_wise("u", digits, "")


def random_times(rows: int, rng: np.random.Generator) -> Integers:
    return rng.integers(_START, _START + _YEAR, rows)


def sorted_times(rows: int, rng: np.random.Generator) -> Integers:
    return np.sort(random_times(rows, rng))


def products(rows: int, rng: np.random.Generator) -> pa.Array:
    """Draw from 20,000 products by Zipf's law, as the logs of shops repeat theirs."""
    numbers = pa.array(np.minimum(rng.zipf(1.3, rows) - 1, PRODUCTS - 1))
    return pc.binary_join_element_wise("상품", numbers.cast(pa.string()), "item", " ")


def order_numbers(rows: int, rng: np.random.Generator) -> pa.Array:
    """Draw texts full of digits: an order number, a date and a count, nearly all distinct."""
    days = pa.array(rng.integers(20_089, 20_454, rows).astype("datetime64[D]"))
    numbers = pa.array(rng.integers(10**9, 10**10, rows)), pa.array(rng.integers(1, 99, rows))
    parts = (numbers[0], days, numbers[1])
    return pc.binary_join_element_wise(*(part.cast(pa.string()) for part in parts), " ")


def log_maker(
    *,
    users: Callable[[int, np.random.Generator], Integers] = zipf_users,
    ids: Callable[[Integers], pa.Array] = int_ids,
    times: Callable[[int, np.random.Generator], Integers] = random_times,
    words: tuple[str, ...] = MIXED,
    items: Callable[[int, np.random.Generator], pa.Array] | None = None,
) -> Callable[[Path, int], None]:
    """Return what writes a log of these users, ids, times and texts."""

    def make(path: Path, rows: int) -> None:
        rng = np.random.default_rng(_SEED)
        columns = {
            "user": ids(users(rows, rng)),
            "time": pa.array(times(rows, rng)).cast(pa.timestamp("us")),
            "item": draw(words, rows, rng) if items is None else items(rows, rng),
        }
        write_table(path, pa.table(columns))

    return make


def retail_maker(source: Path) -> Callable[[Path, int], None]:
    """Return what repeats the real log, with other customers each time, to so many rows.

    Rows without customer or description are left out and edge spaces are removed, so that all
    methods have the same to do.
    """

    def make(path: Path, rows: int) -> None:
        if not source.exists():
            raise FileNotFoundError(f"the real event log {source.name} is not beside the project")
        once = _read_retail(source)
        repeats = -(-rows // once.num_rows)
        copies = [_with_users(once, number) for number in range(repeats)]
        write_table(path, pa.concat_tables(copies).slice(0, rows).combine_chunks())

    return make


def _read_retail(source: Path) -> pa.Table:
    kinds = {"InvoiceDate": pa.timestamp("us"), "CustomerID": pa.float64()}
    options = csv.ConvertOptions(
        column_types=kinds, include_columns=["CustomerID", "InvoiceDate", "Description"]
    )
    table = csv.read_csv(source, convert_options=options).rename_columns(["user", "time", "item"])
    items = pc.utf8_trim_whitespace(table["item"])
    table = table.set_column(2, "item", items).set_column(0, "user", table["user"].cast(pa.int64()))
    return table.filter(pc.and_(pc.is_valid(table["user"]), pc.greater(pc.utf8_length(items), 0)))


def _with_users(log: pa.Table, number: int) -> pa.Table:
    """Give each repetition customers of its own, so that sequences keep their real lengths."""
    return log.set_column(0, "user", pc.add(log["user"], number * 100_000))
