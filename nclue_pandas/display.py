"""What people see of an object: a card, made into text and HTML; numbers as people read them.

What is shown is described once as a :class:`Card`, by the object itself, and rendered twice. HTML
is escaped, holds no script, and takes its colors from the page, so that dark and light themes both
work.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final, Literal

from nclue_pandas.errors.base import printable
from nclue_pandas.translation import gettext as _
from nclue_pandas.translation import ngettext

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import pandas as pd

Mood = Literal["good", "bad", "busy"]

#: Middle tones, readable on white and on black.
_COLORS: Final[Mapping[Mood, str]] = {"good": "#2f9e5b", "bad": "#d9534f", "busy": "#c78a1b"}
_LINE: Final = "1px solid rgba(128,128,128,.35)"
_CELL: Final = "padding:.15em .7em;border:none;background:none;color:inherit"

_MINUTE: Final = 60
_HOUR: Final = 3_600
_DAY: Final = 86_400
_SMALLEST_P: Final = 0.001
_KIBI: Final = 1_024
_SECONDS_WITH_FRACTION: Final = 10


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
        header = tuple(map(titled, formats))
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


class Shown:
    """Shows itself by its card, in a terminal and in a notebook alike."""

    def _card(self) -> Card:
        """Describe what a person should see."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return text(self._card())

    def _repr_html_(self) -> str | None:
        return html(self._card())


def text(card: Card) -> str:
    """Render `card` for a terminal.

    Examples
    --------
    >>> print(text(Card("Feature 'logs'", state="completed", facts=[("Users", "3,317")])))
    Feature 'logs': completed
      Users  3,317
    """
    lines = [printable(f"{card.title}: {card.state}" if card.state else card.title)]
    lines += ["  " + line for line in columns(card.facts, "<")]
    for table in card.tables:
        lines.append("")
        lines += ["  " + line for line in columns([table.columns, *table.rows], table.align)]
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


def columns(rows: Sequence[Sequence[str]], align: str) -> list[str]:
    """Lay `rows` out in columns, one line for each; `align` as in :class:`Table`."""
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


def count(number: int) -> str:
    """Return `number` with separators between the thousands.

    Examples
    --------
    >>> count(541909)
    '541,909'
    """
    return f"{number:,}"


def titled(name: str) -> str:
    """Return the name of a column or field as people read it.

    Examples
    --------
    >>> titled("top_decile_lift")
    'top decile lift'
    """
    return _(name).replace("_", " ")


def users(number: int) -> str:
    """Return a number of users.

    Examples
    --------
    >>> users(1), users(2000)
    ('1 user', '2,000 users')
    """
    return ngettext("{count} user", "{count} users", number).format(count=count(number))


def counted(number: int, noun: str) -> str:
    """Return `number` and its noun, in the plural where it must be.

    Examples
    --------
    >>> counted(1, "user"), counted(2000, "user")
    ('1 user', '2,000 users')
    """
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """Return a span of time in its two largest units.

    Examples
    --------
    >>> [duration(s) for s in (0.42, 12.3, 75, 7380, 273600)]
    ['0.4 s', '12 s', '1 min 15 s', '2 h 3 min', '3 d 4 h']
    """
    if round(seconds, 1) < _SECONDS_WITH_FRACTION:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def size(number: int) -> str:
    """Return a number of bytes in binary units.

    Examples
    --------
    >>> [size(n) for n in (0, 1023, 1536, 48 * 2**20, 2**41)]
    ['0 B', '1,023 B', '1.5 KiB', '48.0 MiB', '2.0 TiB']
    """
    if number < _KIBI:
        return f"{number:,} B"
    value = float(number)
    for unit in ("KiB", "MiB", "GiB"):
        value /= _KIBI
        # 1023.95 and above would round to 1024.0.
        if round(value, 1) < _KIBI:
            return f"{value:.1f} {unit}"
    return f"{value / _KIBI:,.1f} TiB"


def percent(share: float) -> str:
    """Return a share (0 to 1) in percent.

    Examples
    --------
    >>> percent(0.1486)
    '14.9 %'
    """
    return f"{100 * share:.1f} %"


def decimal(number: float) -> str:
    """Return `number` with three decimals.

    Examples
    --------
    >>> decimal(0.87449)
    '0.874'
    """
    return f"{number:.3f}"


def p_value(probability: float) -> str:
    """Return the probability of a test; very small ones as a bound.

    Examples
    --------
    >>> p_value(0.0312), p_value(2e-9)
    ('0.031', '< 0.001')
    """
    return f"{probability:.3f}" if probability >= _SMALLEST_P else f"< {_SMALLEST_P}"


def moment(time: datetime) -> str:
    """Return date, time and offset, to the second.

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> moment(datetime(2026, 1, 5, 14, 3, 22, 120000, tzinfo=timezone.utc))
    '2026-01-05 14:03:22+00:00'
    """
    return time.isoformat(sep=" ", timespec="seconds")
