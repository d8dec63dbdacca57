"""Check that every public name is documented where a user looks for it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nclue_pandas
from nclue_pandas import dask, demo, errors, sandbox
from nclue_pandas.accessor import NclueAccessor
from nclue_pandas.cli.main import _parser

DOCS = Path(__file__).parent.parent / "docs"
#: Names that are documented in prose on the page of the reference, not by an entry.
IN_PROSE = {"errors", "options", "progress", "__version__"}


def expected() -> set[str]:
    """Return the entries that the reference must have."""
    verbs = {
        name
        for name in dir(NclueAccessor)
        if not name.startswith("_") and callable(getattr(NclueAccessor, name))
    }
    names = set(nclue_pandas.__all__) - IN_PROSE
    names |= {f"DataFrame.nclue.{verb}" for verb in verbs}
    names |= {f"sandbox.{name}" for name in sandbox.__all__}
    names |= {f"dask.{name}" for name in dask.__all__}
    return names | {f"demo.{name}" for name in demo.__all__}


def entries() -> set[str]:
    """Return the entries that it has."""
    page = (DOCS / "reference.md").read_text("utf-8")
    return set(re.findall(r"^   ([\w.]+)$", page, re.MULTILINE))


def raised() -> set[str]:
    """Return the classes that are raised."""
    return {name for name in errors.__all__ if issubclass(getattr(errors, name), Exception)}


def commands() -> set[str]:
    """Return the commands of the command line."""
    usage = re.search(r"\{([\w,]+)\}", _parser().format_usage())
    return set(usage[1].split(",")) if usage else set()


def main() -> int:
    """Print what is missing; return the exit status."""
    missing = [f"docs/reference.md: {name}" for name in sorted(expected() - entries())]
    page = (DOCS / "errors.md").read_text("utf-8")
    missing += [f"docs/errors.md: {name}" for name in raised() if name not in page]
    page = (DOCS / "command_line.md").read_text("utf-8")
    missing += [f"docs/command_line.md: {name}" for name in commands() if f"`{name}" not in page]
    print("\n".join(missing) or "reference: complete")
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main())
