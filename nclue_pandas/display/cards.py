"""A card: one description of an object, rendered as text or as HTML."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final, Literal

from nclue_pandas.errors.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

Mood = Literal["good", "bad", "busy"]

#: Middle tones, readable on white and on black.
_COLORS: Final[Mapping[Mood, str]] = {"good": "#2f9e5b", "bad": "#d9534f", "busy": "#c78a1b"}
_LINE: Final = "1px solid rgba(128,128,128,.35)"
_CELL: Final = "padding:.15em .7em;border:none;background:none;color:inherit"


@dataclass(frozen=True)
class Table:
    """Cells that are formatted already.

    Parameters
    ----------
    columns : tuple of str
        The header.
    rows : tuple of tuple of str
        As many cells each as there are columns.
    align : str
        ``<`` (left) or ``>`` (right) for each column; the last counts for all that follow.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    align: str = ">"

    @classmethod
    def of(cls, frame: pd.DataFrame, formats: Mapping[str, Callable[[Any], str]]) -> Table:
        """Take the columns of `frame` that `formats` names; a null shows as nothing.

        Numbers stand on the right, all else on the left.
        """
        import pandas as pd

        columns = [
            ["" if pd.isna(value) else show(value) for value in frame[name].tolist()]
            for name, show in formats.items()
        ]
        header = tuple(name.replace("_", " ") for name in formats)
        numeric = (pd.api.types.is_numeric_dtype(frame[name].dtype) for name in formats)
        align = "".join(">" if each else "<" for each in numeric)
        return cls(header, tuple(zip(*columns, strict=True)), align)


@dataclass(frozen=True)
class Card:
    """What a person should see of an object.

    Parameters
    ----------
    title : str
        What it is.
    state : str
        One word after the title, such as a job's status.
    mood : {"good", "bad", "busy"}, optional
        How the state is colored in HTML.
    facts : sequence of (str, str)
        Labels and values.
    tables : sequence of Table
        Shown under the facts.
    notes : sequence of str
        Sentences at the end.
    """

    title: str
    state: str = ""
    mood: Mood | None = None
    facts: Sequence[tuple[str, str]] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()


def text(card: Card) -> str:
    """Render `card` for a terminal.

    Examples
    --------
    >>> print(text(Card("Feature 'logs'", state="completed", facts=[("Users", "3,317")])))
    Feature 'logs': completed
      Users  3,317
    """
    lines = [printable(f"{card.title}: {card.state}" if card.state else card.title)]
    lines += ["  " + line for line in _columns(card.facts, "<")]
    for table in card.tables:
        lines.append("")
        lines += ["  " + line for line in _columns([table.columns, *table.rows], table.align)]
    lines += ["  " + printable(note) for note in card.notes]
    return "\n".join(lines)


def html(card: Card) -> str:
    """Render `card` for a notebook.

    Examples
    --------
    >>> "<script>" in html(Card("<script>alert(1)</script>"))
    False
    """
    color = f"color:{_COLORS[card.mood]}" if card.mood else "opacity:.6"
    state = f' <span style="{color}">&#9679;</span> {_safe(card.state)}' if card.state else ""
    parts = [f"<div><strong>{_safe(card.title)}</strong>{state}</div>"]
    if card.facts:
        parts.append(_html_table(Table((), tuple(card.facts), "<"), faint_first=True))
    parts += [_html_table(table) for table in card.tables]
    parts += [f'<div style="opacity:.75">{_safe(note)}</div>' for note in card.notes]
    return f'<div style="overflow-x:auto;max-width:100%">{"".join(parts)}</div>'


def _html_table(table: Table, *, faint_first: bool = False) -> str:
    def row(tag: str, cells: tuple[str, ...], extra: str = "") -> str:
        styles = [
            f"{_CELL};text-align:{'left' if side == '<' else 'right'}{extra}"
            for side in _sides(table.align, len(cells))
        ]
        if faint_first:
            styles[0] += ";opacity:.7"
        inner = "".join(
            f'<{tag} style="{style}">{_safe(cell)}</{tag}>'
            for style, cell in zip(styles, cells, strict=True)
        )
        return f"<tr>{inner}</tr>"

    head = row("th", table.columns, f";border-bottom:{_LINE}") if table.columns else ""
    body = "".join(row("td", cells) for cells in table.rows)
    style = "border-collapse:collapse;border:none;margin:.3em 0;font-variant-numeric:tabular-nums"
    return f'<table style="{style}"><thead>{head}</thead><tbody>{body}</tbody></table>'


def _sides(align: str, columns: int) -> str:
    return align.ljust(columns, align[-1])


def _columns(rows: Sequence[Sequence[str]], align: str) -> list[str]:
    """Lay `rows` out in columns."""
    if not rows:
        return []
    cells = [[printable(value) for value in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    sides = _sides(align, len(widths))
    return [
        "  ".join(_pad(*each) for each in zip(row, widths, sides, strict=True)).rstrip()
        for row in cells
    ]


def _safe(value: str) -> str:
    """Escape what HTML or a terminal would not show as it is."""
    return escape(printable(value))


def _width(value: str) -> int:
    """Return how many cells of a terminal `value` takes: Korean takes two each."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in value)


def _pad(value: str, width: int, side: str) -> str:
    space = " " * (width - _width(value))
    return value + space if side == "<" else space + value
