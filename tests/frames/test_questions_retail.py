"""Thirty questions to a real event log, answered by plain pandas too, and the page that has them."""

from __future__ import annotations

import re
from itertools import product

import pandas as pd
import pytest

import nclue_pandas as nclue
from tests.conftest import ROOT

CUTOFF, HORIZON = pd.Timestamp("2011-09-01"), "75D"
WHO = {
    "all": {},
    '`gap="14D"`': {"gap": "14D"},
    '`active_since="90D"`': {"active_since": "90D"},
    "`min_events=30`": {"min_events": 30},
    "all three": {"gap": "14D", "active_since": "90D", "min_events": 30},
}
WHAT = {
    "any purchase": {},
    "`absent=True`": {"absent": True},
    "a LUNCH BAG": {"word": "LUNCH BAG"},
    "`at_least=50` purchases": {"at_least": 50},
    '`value="UnitPrice", at_least=100`': {"value": "UnitPrice", "at_least": 100},
    "the same, of a LUNCH BAG, from 5.1 on": {
        "word": "LUNCH BAG",
        "value": "UnitPrice",
        "at_least": 5.1,
    },
}


@pytest.fixture(scope="module")
def purchases(online_retail):
    log = online_retail.assign(InvoiceDate=pd.to_datetime(online_retail["InvoiceDate"]))
    kept = log["CustomerID"].notna() & ~log["InvoiceNo"].astype(str).str.startswith("C")
    return log[kept].reset_index(drop=True)


def by_pandas(log, *, word=None, gap="0D", active_since=None, min_events=1, at_least=1, **options):
    """Return the label of each customer, with nothing but pandas."""
    past = log[log["InvoiceDate"] < CUTOFF]
    if active_since:
        past = past[past["InvoiceDate"] >= CUTOFF - pd.Timedelta(active_since)]
    counts = past["CustomerID"].value_counts()
    customers = counts[counts >= min_events].index
    start = CUTOFF + pd.Timedelta(gap)
    end = start + pd.Timedelta(HORIZON)
    later = log[(log["InvoiceDate"] >= start) & (log["InvoiceDate"] < end)]
    if word:
        later = later[later["Description"].str.contains(word)]
    if "value" in options:  # prices have three decimals at most
        found = (later[options["value"]] * 1_000).round().astype(int)
        reached = found.groupby(later["CustomerID"]).sum() >= round(at_least * 1_000)
    else:
        reached = later["CustomerID"].value_counts() >= at_least
    label = reached.reindex(customers, fill_value=False)
    return (~label if options.get("absent") else label).astype(int).sort_index()


@pytest.mark.retail
@pytest.mark.parametrize(("who", "what"), list(product(WHO, WHAT)))
def test_questions(purchases, who, what):
    options = WHO[who] | WHAT[what]
    expected = by_pandas(purchases, **options)
    word = options.pop("word", None)
    made = nclue.to_answers(
        purchases,
        user="CustomerID",
        time="InvoiceDate",
        cutoff=CUTOFF,
        horizon=HORIZON,
        positive=purchases["Description"].str.contains(word) if word else None,
        **options,
    )
    found = made.set_index(made["user_id"].astype(int))["label"].sort_index()
    assert found.index.tolist() == expected.index.astype(int).tolist()
    assert found.tolist() == expected.tolist()
    assert numbers_of_the_page()[who, what] == (len(expected), expected.sum())


def numbers_of_the_page():
    """Read users and positives from the table of the documentation."""
    page = (ROOT / "docs" / "data_preparation.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    start = next(place for place, row in enumerate(cells) if row[0] == "label 1 for")
    heads = [re.fullmatch(r"(.*): ([0-9,]+) users", head) for head in cells[start][1:]]
    table = {}
    for row in cells[start + 1 : start + 1 + len(WHAT)]:
        for head, cell in zip(heads, row[1:], strict=True):
            table[head[1], row[0]] = tuple(int(text.replace(",", "")) for text in (head[2], cell))
    return table
