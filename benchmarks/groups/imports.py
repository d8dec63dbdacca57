"""Importing the package, beside pandas alone."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from benchmarks.methods import OURS, Group, Job, Method, Workload

if TYPE_CHECKING:
    from pathlib import Path


def nothing(job: Job) -> None:
    """Load nothing; the process has imported the standard library only."""
    del job


def import_ours(_: None) -> Any:
    return importlib.import_module("nclue_pandas")


def import_pandas(_: None) -> Any:
    return importlib.import_module("pandas")


def touch(path: Path, rows: int) -> None:
    """Make the file of an input that has no content."""
    path.write_text(f"{rows}\n")


GROUP = Group(
    key="imports",
    title="Import time",
    unit="import",
    about=(
        "`import nclue_pandas`, which imports pandas, beside `import pandas`, each in a fresh "
        "interpreter whose files the system has read before."
    ),
    methods=(
        Method(OURS, "`import nclue_pandas`", nothing, import_ours),
        Method("pandas", "`import pandas`", nothing, import_pandas),
    ),
    workloads=(Workload("import", "one import", touch, (1,), suffix=".txt", warm_up=False),),
    repeats=21,
)
