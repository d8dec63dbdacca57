"""Text and HTML reprs: pure functions from an object to a string.

What is shown is described once as a :class:`Card` and rendered twice. HTML is escaped, holds no
script, and takes its colors from the page, so that dark and light themes both work.
"""

from nclue_pandas.display.cards import Card, Table, html, text
from nclue_pandas.display.comparisons import comparison_card, comparison_html, comparison_text
from nclue_pandas.display.evaluations import evaluation_card, evaluation_html, evaluation_text
from nclue_pandas.display.jobs import job_card, job_html, job_text
from nclue_pandas.display.plans import plan_card, plan_html, plan_text
from nclue_pandas.display.reports import (
    check_card,
    check_html,
    report_card,
    report_html,
    report_text,
)

__all__ = [
    "Card",
    "Table",
    "check_card",
    "check_html",
    "comparison_card",
    "comparison_html",
    "comparison_text",
    "evaluation_card",
    "evaluation_html",
    "evaluation_text",
    "html",
    "job_card",
    "job_html",
    "job_text",
    "plan_card",
    "plan_html",
    "plan_text",
    "report_card",
    "report_html",
    "report_text",
    "text",
]
