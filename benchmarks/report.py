"""The page of figures: goals, a table for each input, growth, versions."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from benchmarks import figures
from benchmarks.comparisons import growth, lightness, same_result, slowdown
from benchmarks.goals import GOALS
from benchmarks.methods import OURS
from benchmarks.plots import draw
from benchmarks.statistics import Spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.comparisons import Cells
    from benchmarks.figures import Cell
    from benchmarks.methods import Group, Method

INTRODUCTION = """\
<!-- made by `make bench` from the figures beside it -->

# Benchmarks

Made by `make bench`. Every measurement is a fresh process: it loads its input, works once on a
tiny one, then is measured once. In a round all methods take their turn, another one first each
time; a ratio compares what two methods took in the same round. Shown are medians, and in brackets
the least and the greatest of all rounds. Trust ratios, not seconds: other programs share the
machine. *CPU seconds* are those of all threads. *Extra memory* is the peak of resident memory
above what is held when the clock starts, the result included. *Same result* is verified by a
digest once for each input.
"""

#: Another page includes what stands between.
GOALS_BEGIN, GOALS_END = "<!-- goals -->", "<!-- end of goals -->"


def write(folder: Path, groups: Sequence[Group]) -> None:
    """Write the page and its pictures from all figures in a folder."""
    own = {group.key: figures.load(folder, group.key) for group in groups}
    cells = {(key, c.workload, c.rows): c for key, measured in own.items() for c in measured}
    lines = [INTRODUCTION, *goal_lines(cells)]
    for group in groups:
        if own[group.key]:
            lines += group_lines(group, own[group.key])
            draw(folder / f"{group.key}.svg", group, own[group.key])
    (folder / "index.md").write_text("\n".join(lines) + "\n", "utf-8")


def goal_lines(cells: Cells) -> Iterator[str]:
    """Yield the table of figures to reach."""
    yield from ("## Figures to reach", "", GOALS_BEGIN, "")
    yield "| figure | reach | measured | rounds | reached |"
    yield "|---|---|---|---|---|"
    for goal in GOALS:
        measured = goal.value(cells)
        if measured is None:
            yield f"| {goal.label} | {goal.wanted} | not measured | | |"
            continue
        told = "yes" if goal.reached(measured) else "**no**"
        yield f"| {goal.label} | {goal.wanted} | {measured.show()} | {measured.repeats} | {told} |"
    yield from ("", GOALS_END, "")


def group_lines(group: Group, cells: Sequence[Cell]) -> Iterator[str]:
    """Yield the section of a group."""
    yield from (f"## {group.title}", "", group.about, "", *versions(cells))
    yield from (f"![{group.title}]({group.key}.svg)", "")
    for workload in group.workloads:
        own = sorted((c for c in cells if c.workload == workload.key), key=lambda c: c.rows)
        for cell in own:
            yield from (f"### {workload.label}: {cell.rows:,} {group.unit}", "")
            yield from (*cell_lines(group, cell), "")
        if len(own) > 1:
            yield from (*growth_lines(group, own), "")


def versions(cells: Sequence[Cell]) -> Iterator[str]:
    """Yield one line for each machine and set of versions that the cells were measured with."""
    for told in dict.fromkeys(_machine(**cell.machine) for cell in cells):
        yield from (f"Measured on {told}.", "")


def _machine(*, cores: int, memory_gb: int, system: str, **libraries: str) -> str:
    named = ", ".join(f"{name} {version}" for name, version in libraries.items())
    return f"{cores} cores with {memory_gb} GB, {system}, {named}"


def cell_lines(group: Group, cell: Cell) -> Iterator[str]:
    """Yield the table of one input."""
    yield (
        "| method | seconds | time / ours | CPU seconds | extra MB | ours / its memory "
        "| same result | rounds |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for method in group.methods:
        if method.key in cell.methods:
            yield f"| {' | '.join(fields(cell, method))} |"


def fields(cell: Cell, method: Method) -> Iterator[str]:
    """Yield the fields of a method's line."""
    own = cell.methods[method.key]
    yield method.label + (f" ({method.note})" if method.note else "")
    yield show(Spread.of(own.seconds), 3)
    yield "" if method.key == OURS else show(slowdown(cell, method.key))
    processor = Spread.of(own.cpu_seconds)
    yield f"{processor.median:.3f}" if processor else ""
    memory = Spread.of(own.extra_mb)
    yield f"{memory.median:,.0f}" if memory else ""
    yield "" if method.key == OURS else show(lightness(cell, method.key))
    told = same_result(cell.methods[OURS], own)
    yield {True: "yes", False: "no", None: ""}[told]
    yield str(len(own.seconds))


def growth_lines(group: Group, cells: Sequence[Cell]) -> Iterator[str]:
    """Yield the table of growth per decade of rows."""
    sizes = [f"{small.rows:,} to {large.rows:,}" for small, large in pairwise(cells)]
    yield f"| growth of time per decade | {' | '.join(sizes)} |"
    yield "|---" * (len(sizes) + 1) + "|"
    for method in group.methods:
        found = {f"{small:,} to {large:,}": x for small, large, x in growth(cells, method.key)}
        if found:
            values = [f"{found[size]:.1f}x" if size in found else "" for size in sizes]
            yield f"| {method.label} | {' | '.join(values)} |"


def show(spread: Spread | None, digits: int = 2) -> str:
    """Return a spread as text, nothing for None."""
    return spread.show(digits) if spread else ""
