"""One picture for each group: time over rows, and how many times our time the others take."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

from benchmarks.comparisons import slowdown
from benchmarks.methods import OURS
from benchmarks.statistics import Spread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.figures import Cell
    from benchmarks.methods import Group

_OURS_COLOR, _PEER_COLOR = "#03a94d", "#8a94a6"
_LINES = ("#1f4e9c", "#d9822b", "#8e44ad", "#c0392b", "#17a2b8", "#7f5539", "#6c757d", "#e377c2")
#: Without these the same figures would give another file each time.
SETTINGS = {"svg.hashsalt": "benchmarks", "svg.fonttype": "none", "font.size": 9}


def draw(path: Path, group: Group, cells: Sequence[Cell]) -> None:
    """Draw the group's first workload that was measured."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    key = next(w.key for w in group.workloads if any(c.workload == w.key for c in cells))
    own = sorted((cell for cell in cells if cell.workload == key), key=lambda cell: cell.rows)
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        draw_times(left, group, own)
        draw_ratios(right, group, own[-1])
        figure.savefig(path, metadata={"Date": None})


def draw_times(axes: Any, group: Group, cells: Sequence[Cell]) -> None:
    """Draw seconds over rows, with the least and the greatest of all rounds."""
    colors = cycle(_LINES)
    for method in group.methods:
        own = [
            (cell.rows, spread)
            for cell in cells
            if method.key in cell.methods
            and (spread := Spread.of(cell.methods[method.key].seconds)) is not None
        ]
        middle = [spread.median for _, spread in own]
        ends = [[s.median - s.low for _, s in own], [s.high - s.median for _, s in own]]
        is_ours = method.key == OURS
        axes.errorbar(
            [rows for rows, _ in own],
            middle,
            yerr=ends,
            marker="o",
            markersize=3,
            linewidth=2.5 if is_ours else 1,
            color=_OURS_COLOR if is_ours else next(colors),
            zorder=3 if is_ours else 2,
            label=method.key,
        )
    axes.set(xscale="log", yscale="log", xlabel=group.unit, ylabel="seconds")
    axes.legend(fontsize=7, frameon=False)


def draw_ratios(axes: Any, group: Group, cell: Cell) -> None:
    """Draw every method's time over ours."""
    keys = [method.key for method in group.methods if method.key in cell.methods]
    for place, key in enumerate(reversed(keys)):
        spread = slowdown(cell, key)
        if spread is None:
            continue
        ends = [[spread.median - spread.low], [spread.high - spread.median]]
        color = _OURS_COLOR if key == OURS else _PEER_COLOR
        axes.barh(place, spread.median, xerr=ends, color=color)
        axes.text(spread.high, place, f" {spread.median:.2f}", va="center", fontsize=8)
    axes.set_yticks(range(len(keys)), labels=list(reversed(keys)))
    axes.axvline(1, color="black", linewidth=0.6)
    axes.set(xlabel=f"time / ours, {cell.rows:,} {group.unit}")
    axes.spines[["top", "right"]].set_visible(False)
