"""How many records a text file has, counted beside the parser that reads them."""

from __future__ import annotations

import re
from typing import Final

from nclue_pandas.errors import InvalidDataError

#: Characters after which a quote that was opened is taken for none.
_LARGEST_CELL: Final = 8 << 20
_NUMBER_OR_DATE: Final = r"[0-9][0-9:TZ./ +-]{3,}"


class RecordCounter:
    r"""Counts the records of a text that comes in pieces; line ends are LF.

    A quote opens a cell at its beginning alone, and two inside of it are one, as for pandas. A
    cell of several lines that looks like rows of the log is refused: behind a quote that is none
    they would be lost.

    Parameters
    ----------
    path : str
        For messages.
    sep : str
        Between two cells; ``\s+`` for white space.
    quotes : bool or None
        Whether quotes have a meaning; True when cells of several lines are known to be right.

    Attributes
    ----------
    cells : int
        Of a row, once it is known.

    Examples
    --------
    >>> counter = RecordCounter("log.csv", ",", None)
    >>> for piece in ('user,item\na,"tea\n', 'pot"\n\nb,jam'):
    ...     counter.feed(piece)
    >>> counter.end()
    3
    """

    def __init__(self, path: str, sep: str, quotes: bool | None) -> None:  # noqa: FBT001 - as the option
        between = r"\s" if sep == r"\s+" else f"{re.escape(sep)}\n"
        self._path, self._quotes, self.cells = path, quotes, 0
        self._sep = re.compile(sep if sep == r"\s+" else re.escape(sep))
        self._quoted = re.compile(f'"(?<![^{between}].)[^"]*+(?:""[^"]*+)*+(?:(")|\\Z)', re.DOTALL)
        self._after = re.compile(f"[{between}]|\\Z")
        self._dated = re.compile(f"(?:^|[{between}]){_NUMBER_OR_DATE}(?:[{between}]|$)")
        begun = f"(?!{re.escape(sep)})" if sep != r"\s+" else ""
        self._blank = re.compile(rf"^{begun}[ \t]*\n", re.MULTILINE)
        self._rest, self._lines, self._records = "", 0, 0

    def feed(self, piece: str) -> None:
        """Take the next piece of the text."""
        text = self._rest + piece
        end = text.rfind("\n") + 1
        if end:
            end = self._count(text[:end])
        self._rest = text[end:]
        if len(self._rest) > _LARGEST_CELL:
            raise self._mistaken(0, f"is not closed within {_LARGEST_CELL:,} characters")

    def end(self) -> int:
        """Return the number of records, header included."""
        last, self._rest = self._rest, ""
        if last:
            self._count(last if last.endswith("\n") else f"{last}\n")
        return self._records

    def whole(self, text: str) -> str:
        """Return the records at the beginning of a text that end in it; all of it when none do."""
        end, _ = self._look(text[: text.rfind("\n") + 1])
        return text[:end] or text

    def _look(self, text: str) -> tuple[int, list[re.Match[str]]]:
        """Return where whole records end, and the cells of several lines before."""
        found: list[re.Match[str]] = []
        if self._quotes is False or '"' not in text:
            return len(text), found
        for cell in self._quoted.finditer(text):
            if cell[1] is None:
                return _begin_of_record(text, cell.start(), found), found
            if "\n" in cell[0]:
                found.append(cell)
        return len(text), found

    def _count(self, text: str) -> int:
        """Count the records of whole lines; return where those that are not whole begin."""
        end, cells = self._look(text)
        for cell in cells:
            self._check(text, cell)
        starts = [0, *(cell.end() for cell in cells)]
        stops = [*(cell.start() for cell in cells), end]
        whole = '""'.join(text[a:b] for a, b in zip(starts, stops, strict=True) if a <= b)
        self._records += whole.count("\n") - self._blank_lines(whole)
        self._lines += text.count("\n", 0, end)
        return end

    def _blank_lines(self, text: str) -> int:
        starts = ("\n", " ", "\t")
        if text.startswith(starts) or any(f"\n{start}" in text for start in starts):
            return len(self._blank.findall(text))
        return 0

    def _check(self, text: str, cell: re.Match[str]) -> None:
        """Refuse a cell of several lines that seems to have swallowed rows."""
        if self._quotes:
            return
        lines = cell[0].split("\n")[1:]
        inner = lines[:-1] or lines
        if not self._after.match(text, cell.end()):
            raise self._mistaken(
                text.count("\n", 0, cell.start()),
                f"is closed {len(lines):,} lines later in the midst of a cell",
            )
        if all(self._is_row(line) for line in inner):
            raise self._mistaken(
                text.count("\n", 0, cell.start()),
                f"is closed {len(lines):,} lines later, and the lines between look like rows",
            )

    def _is_row(self, line: str) -> bool:
        return (
            len(self._sep.split(line)) == self.cells
            and self._dated.search(line.rstrip('"')) is not None
        )

    def _mistaken(self, line: int, found: str) -> InvalidDataError:
        return InvalidDataError(
            f"{self._path}: a quote that opens a cell in line {self._lines + line + 1:,} {found}. "
            "If quotes have no meaning in this file, give quotes=False; if the cell is right so, "
            "quotes=True."
        )


def _begin_of_record(text: str, at: int, cells: list[re.Match[str]]) -> int:
    """Return where the record of a place begins; cells of several lines in it are taken out."""
    while True:
        begin = text.rfind("\n", 0, at) + 1
        if not cells or cells[-1].end() <= begin:
            return begin
        at = cells.pop().start()
