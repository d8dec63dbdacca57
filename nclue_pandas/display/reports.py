"""What reports and checks show of themselves."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from nclue_pandas.display import formats
from nclue_pandas.display.cards import Card, Table, html, text

if TYPE_CHECKING:
    from nclue_pandas.frames.checks import CheckReport
    from nclue_pandas.frames.reports import Report


def report_card(report: Report) -> Card:
    """Describe a report: every field by its name."""
    facts = [
        (each.name.replace("_", " "), _shown(getattr(report, each.name))) for each in fields(report)
    ]
    return Card(type(report).__name__, facts=facts)


def report_text(report: Report) -> str:
    """Return a report's text repr; see :func:`report_card`."""
    return text(report_card(report))


def report_html(report: Report) -> str:
    """Return a report's HTML repr; see :func:`report_card`."""
    return html(report_card(report))


def check_card(report: CheckReport) -> Card:
    """Describe a check: what would be refused, what may be, and in which rows."""
    found = [("problem", each) for each in report.problems]
    found += [("warning", each) for each in report.warnings]
    rows = tuple((sort, each.code, str(each)) for sort, each in found)
    count, unsure = len(report.problems), len(report.warnings)
    state = formats.counted(count, "problem") if count else "ready"
    if unsure:
        state += f", {formats.counted(unsure, 'warning')}"
    return Card(
        f"Check of {report.kind}",
        state,
        "bad" if count else "good",
        [("rows", formats.count(report.size))],
        [Table(("", "code", "what is wrong"), rows, "<")] if rows else [],
    )


def check_html(report: CheckReport) -> str:
    """Return a check's HTML repr; see :func:`check_card`."""
    return html(check_card(report))


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(count)}" for key, count in value.items()) or "none"
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
