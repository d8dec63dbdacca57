"""What the figures were measured with: cores, memory, versions."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

LIBRARIES = (
    "nclue-pandas",
    "pandas",
    "pyarrow",
    "numpy",
    "polars",
    "duckdb",
    "s3fs",
    "boto3",
)


def describe() -> dict[str, str | int]:
    """Return the versions that are installed, and the machine's size."""
    told: dict[str, str | int] = {
        "cores": os.cpu_count() or 1,
        "memory_gb": round(_memory() / 1e9),
        "system": platform.system(),
        "python": platform.python_version(),
    }
    for name in LIBRARIES:
        try:
            told[name] = version(name)
        except PackageNotFoundError:
            continue
    return told


def _memory() -> int:
    names = os.sysconf_names if hasattr(os, "sysconf_names") else {}
    if "SC_PHYS_PAGES" not in names:
        return 0
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
