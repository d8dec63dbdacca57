"""Warnings about data, told at the line of the user that led to them."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Final

from nclue_pandas.frames.reports import NclueDataWarning

if TYPE_CHECKING:
    from collections.abc import Iterable

_MANY: Final = 10
_PACKAGE: Final = __name__.partition(".")[0]


def tell(message: str) -> None:
    """Warn, and name the nearest line outside this package: accessor and functions alike.

    Parameters
    ----------
    message : str
        What happened, in a sentence.
    """
    level, frame = 1, sys._getframe()  # noqa: SLF001 - the documented way to one's callers
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, NclueDataWarning, stacklevel=level)


def tell_all(found: Iterable[str]) -> None:
    """Warn once of everything that was found, each a sentence without its full stop."""
    told = [f"{each[0].upper()}{each[1:]}." for each in found]
    if told:
        tell(" ".join(told))


def is_many(part: int, whole: int) -> bool:
    """Tell whether a part of the whole is too large to say nothing of it: a tenth or more.

    Examples
    --------
    >>> is_many(1, 10), is_many(1, 11), is_many(0, 0)
    (True, False, False)
    """
    return part > 0 and part * _MANY >= whole


def _is_ours(module: str) -> bool:
    return module == _PACKAGE or module.startswith(f"{_PACKAGE}.")
