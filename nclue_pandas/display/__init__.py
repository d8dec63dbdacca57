"""Text and HTML reprs: pure functions from an object to a string.

What is shown is described once as a :class:`Card` and rendered twice. HTML is escaped, holds no
script, and takes its colors from the page, so that dark and light themes both work.
"""

from nclue_pandas.display.cards import Card, Table, html, text
from nclue_pandas.display.evaluations import evaluation_card, evaluation_html, evaluation_text
from nclue_pandas.display.jobs import job_card, job_html, job_text
from nclue_pandas.display.plans import plan_card, plan_html, plan_text

__all__ = [
    "Card",
    "Table",
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
    "text",
]
