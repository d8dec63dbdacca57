"""Versions of the libraries, and the combinations that are known not to work."""

from __future__ import annotations

import platform
import re
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING, Final

import nclue_pandas
from nclue_pandas.cli.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN: Final = ("pandas", "pyarrow", "requests", "s3fs", "fsspec", "aiobotocore", "botocore")
#: Oldest version that works, and why.
_OLDEST: Final = {
    "botocore": ((1, 36), "older ones know no when_required for checksums and raise TypeError"),
    "s3fs": ((2026, 6), "older ones have no local_expiry_check and send If-Match on reads"),
    "pandas": ((2, 2, 3), "older ones were never tested"),
    "pyarrow": ((18,), "older ones were never tested"),
}
#: Libraries that pin others narrowly: whoever is installed alone breaks its partner.
_COUPLED: Final = {
    "s3fs": ("fsspec", "aiobotocore"),
    "aiobotocore": ("botocore",),
    "boto3": ("botocore", "s3transfer"),
}
_REQUIREMENT: Final = re.compile(r"^\s*([\w.-]+)\s*\(?([^;)\[]*)\)?\s*(?:;.*)?$")
_CLAUSE: Final = re.compile(r"(==|!=|<=|>=|<|>|~=)\s*([\w.*]+)")


def version_findings() -> Iterator[Finding]:
    """Yield one line of versions, and a line for everything that is wrong with them."""
    shown = ", ".join(f"{name} {_version(name) or 'missing'}" for name in _SHOWN)
    python = platform.python_version()
    yield Finding(
        "OK", "versions", f"nclue_pandas {nclue_pandas.__version__}, Python {python}, {shown}"
    )
    for name, (oldest, why) in _OLDEST.items():
        found = _version(name)
        if found is None or _numbers(found) < oldest:
            wanted = ".".join(map(str, oldest))
            yield Finding(
                "FAIL",
                "versions",
                f"{name} {found or 'is missing'}; {wanted} is the oldest that works: {why}.",
                f"pip install --upgrade '{name}>={wanted}' s3fs",
            )
    for name, partners in _COUPLED.items():
        yield from _mismatches(name, partners)


def _mismatches(name: str, partners: tuple[str, ...]) -> Iterator[Finding]:
    for requirement in _requirements(name):
        match = _REQUIREMENT.match(requirement)
        if match is None or match[1] not in partners:
            continue
        found = _version(match[1])
        if found is None or not satisfies(found, match[2]):
            yield Finding(
                "FAIL",
                "versions",
                f"{name} {_version(name)} needs {match[1]} {match[2].strip()}, but "
                f"{found or 'none'} is installed.",
                f"Install them in one step: pip install --upgrade {name} {match[1]} s3fs",
            )


def _requirements(name: str) -> list[str]:
    try:
        return [line for line in requires(name) or [] if "extra ==" not in line]
    except PackageNotFoundError:
        return []


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def satisfies(found: str, clauses: str) -> bool:
    """Return whether a version is within a requirement's clauses.

    Examples
    --------
    >>> satisfies("1.43.117", ">=1.43.0,<1.43.118"), satisfies("1.43.118", "<1.43.118")
    (True, False)
    >>> satisfies("2026.6.0", "==2026.6.0"), satisfies("2026.6.0", "==2026.9.0")
    (True, False)
    """
    have = _numbers(found)
    for relation, wanted in _CLAUSE.findall(clauses):
        want = _numbers(wanted)
        same = have[: len(want)] == want if "*" in wanted else _padded(have) == _padded(want)
        holds = {
            "==": same,
            "!=": not same,
            "<": _padded(have) < _padded(want),
            "<=": _padded(have) <= _padded(want),
            ">": _padded(have) > _padded(want),
            ">=": _padded(have) >= _padded(want),
            "~=": _padded(have) >= _padded(want) and have[: len(want) - 1] == want[:-1],
        }
        if not holds[relation]:
            return False
    return True


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.partition("+")[0]))


def _padded(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return (*numbers, 0, 0, 0, 0)[:5]
