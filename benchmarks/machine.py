"""What the figures were measured with: cores, memory, versions."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version

from benchmarks.environments import OWN, own_interpreter

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
    return told | _own_versions()


def _own_versions() -> dict[str, str]:
    """Return the versions of libraries that have an environment of their own."""
    code = "from importlib.metadata import version; import sys; print(version(sys.argv[1]))"
    told = {}
    for name in OWN:
        python = own_interpreter(name)
        for library in (name, "pyarrow"):
            if python.exists():
                asked = [python, "-c", code, library]
                done = subprocess.run(asked, capture_output=True, text=True, check=True)
                told[library if library == name else f"{library} beside it"] = done.stdout.strip()
    return told


def _memory() -> int:
    names = os.sysconf_names if hasattr(os, "sysconf_names") else {}
    if "SC_PHYS_PAGES" not in names:
        return 0
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
