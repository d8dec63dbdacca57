"""Comparisons of methods in measured cells: who is faster, who is lighter, how time grows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

from benchmarks.figures import Cell, Measured
from benchmarks.methods import OURS
from benchmarks.statistics import Rounds, Spread, growth_per_decade, ratios

#: (group, workload, rows) -> what was measured.
Cells = Mapping[tuple[str, str, int], Cell]
Value = Callable[[Cells], Spread | None]

#: Peaks below this are no need of the method's own.
LEAST_MB = 1.0


def same_result(ours: Measured, peer: Measured) -> bool | None:
    """Tell whether two methods gave the same result; None when one of them cannot tell."""
    if ours.digest is None or peer.digest is None:
        return None
    return ours.digest == peer.digest


def slowdown(cell: Cell, peer: str, ours: str = OURS) -> Spread | None:
    """Return the time of a peer over ours, round by round."""
    return _ratio(cell, peer, ours, "seconds")


def lightness(cell: Cell, peer: str, ours: str = OURS) -> Spread | None:
    """Return our extra memory over a peer's, round by round; None when the peer needs none."""
    needed = Spread.of(cell.methods[peer].extra_mb) if peer in cell.methods else None
    if needed is None or needed.median < LEAST_MB:
        return None
    return _ratio(cell, ours, peer, "extra_mb")


def _ratio(cell: Cell, above: str, below: str, what: str) -> Spread | None:
    if not {above, below} <= set(cell.methods):
        return None
    sides: list[Rounds] = [getattr(cell.methods[key], what) for key in (above, below)]
    return Spread.of(ratios(*sides))


def best(cell: Cell, peers: Iterable[str], what: str = "seconds") -> str | None:
    """Return the peer with the smallest median, of those whose result is ours."""
    ours = cell.methods.get(OURS)
    medians = {}
    for key in peers:
        measured = cell.methods.get(key)
        if ours is None or measured is None or same_result(ours, measured) is False:
            continue
        spread = Spread.of(getattr(measured, what))
        if spread is not None:
            medians[key] = spread.median
    return min(medians, key=lambda key: medians[key], default=None)


def growth(cells: Iterable[Cell], key: str) -> list[tuple[int, int, float]]:
    """Return (rows, more rows, growth of the median per decade) between neighboring sizes."""
    medians = []
    for cell in sorted(cells, key=lambda cell: cell.rows):
        spread = Spread.of(cell.methods[key].seconds) if key in cell.methods else None
        if spread is not None:
            medians.append((cell.rows, spread.median))
    return [(a[0], b[0], growth_per_decade(a, b)) for a, b in pairwise(medians)]
