"""Rounds: every method once, in turn, each in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from benchmarks.environments import ROOT, interpreter, missing
from benchmarks.figures import Cell, Measured

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.methods import Group, Job, Method, Workload
    from benchmarks.stores import Store

WARM_UP_ROWS = 1_000
#: Slow methods run in the first rounds only.
SLOW_ROUNDS = 2


class MeasurementError(Exception):
    """A measuring process failed; the text is what it said."""


def input_of(workload: Workload, rows: int, folder: Path) -> Path:
    """Return the input of a workload, made when it is not there yet."""
    path = folder / f"{workload.key}-{rows}{workload.suffix}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"unfinished-{path.name}")
        workload.make(unfinished, rows)
        unfinished.rename(path)
    return path


def available(group: Group, wanted: Sequence[str]) -> list[Method]:
    """Return the methods that can run here, and tell of the others."""
    methods = []
    for method in group.methods:
        if wanted and method.key not in {*wanted, group.methods[0].key}:
            continue
        lacks = missing(method)
        if lacks:
            print(f"  without {method.label}: {lacks}", file=sys.stderr)
        else:
            methods.append(method)
    return methods


def run_round(methods: Sequence[Method], cell: Cell, job: Job, store: Store | None = None) -> None:
    """Measure every method once more.

    Parameters
    ----------
    methods : sequence of Method
        What takes its turn.
    cell : Cell
        Where the figures go.
    job : Job
        Input and store, the same for all methods.
    store : Store, optional
        Emptied after every measurement.
    """
    number = cell.rounds
    for method in _in_turn(methods, number):
        if method.slow_from and cell.rows >= method.slow_from and number >= SLOW_ROUNDS:
            continue
        measured = cell.methods.setdefault(method.key, Measured())
        digest = measured.digest is None
        asked = replace(job, method=method.key, digest=digest, name=f"bench-{number}")
        told = run(asked, method)
        if store is not None:
            told["digest"] = store.digest() if digest else None
            store.clear()
        measured.add(number, told)
        print(f"    {number} {method.key:15} {told['seconds']:9.3f} s", file=sys.stderr)


def _in_turn(methods: Sequence[Method], number: int) -> Iterator[Method]:
    """Yield the methods, another one first in each round."""
    first = number % len(methods)
    yield from (*methods[first:], *methods[:first])


def run(job: Job, method: Method) -> dict[str, Any]:
    """Make one measurement in a process of its own."""
    done = subprocess.run(
        [interpreter(method), "-m", "benchmarks.worker"],
        input=json.dumps(job.to_dict()),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    if done.returncode:
        raise MeasurementError(f"{method.label}: {done.stderr[-2000:] or done.returncode}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told
