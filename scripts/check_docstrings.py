"""Check the docstrings of every public name by numpydoc's rules."""

from __future__ import annotations

import inspect
import sys

from numpydoc.validate import validate

import nclue_pandas
import nclue_pandas.dask

#: Code -> why it is not asked for.
IGNORED = {
    "ES01": "a summary can say it all",
    "EX01": "examples stand where they help; all of them run as doctests",
    "GL08": "a property inherited from a base of another library",
    "RT02": "several values are returned under their names",
    "RT03": "the type and the summary say it",
    "SA01": "the reference links related names",
    "SS06": "a summary may take two lines",
    "PR01": "class parameters are documented in the class",
    "PR02": "keyword options are documented under their own names",
    "YD01": "generators say what they yield",
    "RT01": "methods of one line say what they return in their summary",
    "GL01": "the summary stands on the first line",
    "SS05": "a summary may be a noun phrase",
}


def public_objects() -> list[str]:
    """Return dotted names of the public functions, classes and methods."""
    names = []
    for name in nclue_pandas.__all__:
        value = getattr(nclue_pandas, name)
        if inspect.isfunction(value) or inspect.isclass(value):
            names.append(f"{value.__module__}.{value.__qualname__}")
        if inspect.isclass(value):
            names += _methods(value)
    for name in (
        *("inspect", "to_sequences", "to_answers", "to_snapshots", "baselines"),
        *("changed", "check", "report", "read_parquet"),
    ):
        names.append(f"nclue_pandas.dask.{name}")
    return names  # the accessors' methods have the docstrings of these functions


def _methods(cls: type) -> list[str]:
    return [
        f"{cls.__module__}.{cls.__qualname__}.{name}"
        for each in cls.__mro__
        if each.__module__.partition(".")[0] == nclue_pandas.__name__
        for name, member in vars(each).items()
        if not name.startswith("_") and inspect.isfunction(member)
    ]


def main() -> int:
    """Print what is wrong; return the exit status."""
    wrong = [
        f"{name}: {code} {text}"
        for name in public_objects()
        for code, text in validate(name)["errors"]
        if code not in IGNORED
    ]
    print("\n".join(wrong) or "docstrings: complete")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
