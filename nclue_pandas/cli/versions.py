"""Versions of the libraries, and the combinations that are known not to work."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.version import Version

import nclue_pandas
from nclue_pandas.cli.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN: Final = ("pandas", "pyarrow", "requests", "s3fs", "fsspec", "aiobotocore", "botocore")
#: Oldest version that works, and why.
_OLDEST: Final = {
    "botocore": ("1.36", "older ones know no when_required for checksums and raise TypeError"),
    "s3fs": ("2026.6", "older ones have no local_expiry_check and send If-Match on reads"),
    "pandas": ("2.2.3", "older ones were never tested"),
    "pyarrow": ("18", "older ones were never tested"),
}
#: Libraries that pin others narrowly: whoever is installed alone breaks its partner.
_COUPLED: Final = {
    "s3fs": ("fsspec", "aiobotocore"),
    "aiobotocore": ("botocore",),
    "boto3": ("botocore", "s3transfer"),
}


def version_findings() -> Iterator[Finding]:
    """Yield one line of versions, and a line for everything that is wrong with them."""
    shown = ", ".join(f"{name} {_version(name) or 'missing'}" for name in _SHOWN)
    python = platform.python_version()
    yield Finding(
        "OK", "versions", f"nclue_pandas {nclue_pandas.__version__}, Python {python}, {shown}"
    )
    for name, (oldest, why) in _OLDEST.items():
        found = _version(name)
        if found is None or Version(found) < Version(oldest):
            yield Finding(
                "FAIL",
                "versions",
                f"{name} {found or 'is missing'}; {oldest} is the oldest that works: {why}.",
                f"pip install --upgrade '{name}>={oldest}' s3fs",
            )
    for name, partners in _COUPLED.items():
        yield from _mismatches(name, partners)


def _mismatches(name: str, partners: tuple[str, ...]) -> Iterator[Finding]:
    for requirement in _requirements(name):
        found = _version(requirement.name)
        if requirement.name not in partners or (found and found in requirement.specifier):
            continue
        yield Finding(
            "FAIL",
            "versions",
            f"{name} {_version(name)} needs {requirement}, but {found or 'none'} is installed.",
            f"Install them in one step: pip install --upgrade {name} {requirement.name} s3fs",
        )


def _requirements(name: str) -> list[Requirement]:
    """Return what a library needs here, its extras aside."""
    try:
        needed = map(Requirement, requires(name) or [])
    except PackageNotFoundError:
        return []
    return [each for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
