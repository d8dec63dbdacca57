"""The Python that a method runs in: most share one, some need an environment of their own."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.methods import Method

ROOT = Path(__file__).parent.parent
#: Environment -> its folder; ``make bench`` makes them.
OWN = {"awswrangler": ".venv-bench-wrangler"}


def own_interpreter(environment: str) -> Path:
    """Return the Python of an environment of its own."""
    return ROOT / OWN[environment] / "bin" / "python"


def interpreter(method: Method) -> Path:
    """Return the Python that runs a method."""
    if method.environment in OWN:
        return own_interpreter(method.environment)
    return Path(sys.executable)


def missing(method: Method) -> str | None:
    """Tell what a method lacks to run here, or None."""
    if method.environment in OWN:
        return None if interpreter(method).exists() else f"there is no {OWN[method.environment]}"
    absent = [name for name in method.needs if importlib.util.find_spec(name) is None]
    return f"{', '.join(absent)} not installed" if absent else None
