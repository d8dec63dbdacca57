"""Warnings about data, told at the line of the user that led to them."""

from __future__ import annotations

import sys
import warnings
from typing import Final

from nclue_pandas.frames.reports import NclueDataWarning

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


def _is_ours(module: str) -> bool:
    return module == _PACKAGE or module.startswith(f"{_PACKAGE}.")
