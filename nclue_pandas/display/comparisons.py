"""What a comparison of scores shows of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from nclue_pandas.display import formats
from nclue_pandas.display.cards import Card, Table, html, text

if TYPE_CHECKING:
    from collections.abc import Mapping

_COLUMNS = (
    "name",
    "users",
    "positives",
    "AUROC",
    "average precision",
    "top decile lift",
    "difference",
    "p adjusted",
)


def comparison_card(table: pd.DataFrame) -> Card:
    """Describe a comparison: one row for each score, the figures rounded."""
    rows = [
        _row(str(name), row)
        for name, row in zip(table.index, table.to_dict("records"), strict=True)
    ]
    notes = []
    if len(rows) > 1:
        first = str(table.index[0])
        notes = [
            f"Differences are against {first!r}, tested by DeLong's paired test, corrected by Holm."
        ]
    return Card("Comparison of scores", tables=[Table(_COLUMNS, tuple(rows), "<>")], notes=notes)


def comparison_text(table: pd.DataFrame) -> str:
    """Return a comparison's text repr; see :func:`comparison_card`."""
    return text(comparison_card(table))


def comparison_html(table: pd.DataFrame) -> str:
    """Return a comparison's HTML repr; see :func:`comparison_card`."""
    return html(comparison_card(table))


def _row(name: str, row: Mapping[Any, Any]) -> tuple[str, ...]:
    return (
        name,
        formats.count(row["users"]),
        formats.count(row["positives"]),
        _with_interval(row, "auroc"),
        formats.decimal(row["average_precision"]),
        f"{row['top_decile_lift']:.2f}",
        _with_interval(row, "difference", sign="+"),
        "" if pd.isna(row["p_adjusted"]) else formats.p_value(row["p_adjusted"]),
    )


def _with_interval(row: Mapping[Any, Any], name: str, sign: str = "") -> str:
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if pd.isna(value):
        return ""
    shown = f"{value:{sign}.3f}"
    return shown if pd.isna(low) else f"{shown} ({low:{sign}.3f} to {high:{sign}.3f})"
