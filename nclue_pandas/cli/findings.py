"""What the doctor finds: a line each, with a remedy where there is something to mend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Level = Literal["OK", "WARN", "FAIL"]
_COLORS: Final[dict[Level, str]] = {"OK": "32", "WARN": "33", "FAIL": "31"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    level : {"OK", "WARN", "FAIL"}
        How it is.
    what : str
        What was looked at, in a word or two.
    said : str
        What was found; never a key.
    remedy : str
        What to do about it; empty when it is OK.
    """

    level: Level
    what: str
    said: str
    remedy: str = ""

    def line(self, *, color: bool = False) -> str:
        """Write the finding for a terminal, its remedy below it.

        Examples
        --------
        >>> print(Finding("FAIL", "bucket", "There is none.", "Give --bucket.").line())
        FAIL  bucket         There is none.
                             -> Give --bucket.
        """
        level = f"{self.level:<4}"
        if color:
            level = f"\x1b[{_COLORS[self.level]}m{level}\x1b[0m"
        remedy = f"\n{'':21}-> {self.remedy}" if self.remedy else ""
        return f"{level}  {self.what:<13}  {self.said}{remedy}"


def failed(findings: Iterable[Finding]) -> bool:
    """Return whether something must be mended."""
    return any(finding.level == "FAIL" for finding in findings)
