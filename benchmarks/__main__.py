"""Run benchmarks and write their tables: ``python -m benchmarks [group ...] [options]``."""

from __future__ import annotations

import argparse
import importlib
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import figures, report
from benchmarks.environments import ROOT
from benchmarks.figures import Cell
from benchmarks.machine import describe
from benchmarks.methods import Group, Job
from benchmarks.rounds import WARM_UP_ROWS, available, input_of, run_round

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.methods import Workload
    from benchmarks.stores import Store

GROUPS = ("sequences", "publish", "results", "streams", "checks", "imports")
DOCS = ROOT / "docs" / "benchmarks"
DATA = ROOT / "build" / "benchmarks"


def rows(text: str) -> int:
    """Read a size such as ``1e6``."""
    return int(float(text))


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="group", help=", ".join(GROUPS))
    parser.add_argument("--sizes", nargs="+", type=rows, help="rows, such as 1e5 1e6 1e7 5e7")
    parser.add_argument("--workloads", nargs="+", default=[], help="only these")
    parser.add_argument("--methods", nargs="+", default=[], help="only these, and ours")
    parser.add_argument("--repeats", type=int, help="rounds; 5 in most groups")
    parser.add_argument(
        "--add",
        action="store_true",
        help="add rounds to those measured before with the same versions",
    )
    parser.add_argument("--out", type=Path, default=DOCS, help="where figures and tables go")
    parser.add_argument("--data", type=Path, default=DATA, help="where inputs are kept")
    parser.add_argument("--store", choices=("swift", "moto"), default="swift")
    options = parser.parse_args(given)
    unknown = set(options.groups) - set(GROUPS)
    if unknown:
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    return options


def load_group(key: str) -> Group:
    """Import the module of a group."""
    group: Group = importlib.import_module(f"benchmarks.groups.{key}").GROUP
    return group


def run_group(group: Group, options: argparse.Namespace) -> None:
    """Measure a group on its inputs."""
    print(group.title, file=sys.stderr)
    with group.serve(options.store) if group.serve else nullcontext() as store:
        for workload in group.workloads:
            if options.workloads and workload.key not in options.workloads:
                continue
            for size in options.sizes or workload.sizes:
                run_cell(group, workload, size, options, store)


def run_cell(
    group: Group, workload: Workload, size: int, options: argparse.Namespace, store: Store | None
) -> None:
    """Measure a group on one input; its figures are written after every round."""
    print(f"  {workload.label}, {size:,} {group.unit}", file=sys.stderr)
    try:
        folder = options.data / group.key
        path = input_of(workload, size, folder)
        warm_up = input_of(workload, WARM_UP_ROWS, folder) if workload.warm_up else ""
    except FileNotFoundError as error:
        print(f"    skipped: {error}", file=sys.stderr)
        return
    cells = {(cell.workload, cell.rows): cell for cell in figures.load(options.out, group.key)}
    cell = Cell(workload.key, size, describe())
    if options.add:
        before = cells.get((workload.key, size), cell)
        cell = before if before.machine == cell.machine else cell
    job = Job(group.key, "", str(path), str(warm_up), store=getattr(store, "access", None))
    methods = available(group, options.methods)
    cells[workload.key, size] = cell
    for _ in range(options.repeats or group.repeats):
        run_round(methods, cell, job, store)
        figures.save(options.out, group.key, cells.values())


def main(given: Sequence[str] | None = None) -> None:
    """Run what the command line asks for."""
    options = arguments(given)
    for key in options.groups or GROUPS:
        run_group(load_group(key), options)
    report.write(options.out, [load_group(key) for key in GROUPS])


if __name__ == "__main__":
    main()
