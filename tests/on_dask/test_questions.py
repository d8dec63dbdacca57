"""Questions about a log on Dask: the same answers, reports, warnings and errors as on pandas."""

from __future__ import annotations

from decimal import Decimal

import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import nclue_pandas as nclue
import nclue_pandas.dask

SPAN = {"user": "customer", "time": "ts", "cutoff": "2026-02-15", "horizon": "14D"}
PRICES = {
    "float": np.float64,
    "decimal": lambda prices: prices.map(lambda price: Decimal(str(price))).astype(object),
    "arrow": lambda prices: prices.astype(pd.ArrowDtype(pa.float32())),
    "int": lambda prices: (prices * 100).round().astype("int32"),
}
QUESTIONS = [
    {"gap": "7D"},
    {"gap": "7D", "active_since": "9D", "min_events": 3},
    {"at_least": 4, "absent": True},
    {"value": "price", "at_least": 6.3},
    {"value": "price", "at_least": Decimal("6.3"), "gap": "2D", "min_events": 10, "absent": True},
]


@pytest.fixture(scope="module")
def priced(events):
    """The log with prices, of which a tenth and more are null."""
    rng = np.random.default_rng(8)
    prices = pd.Series(rng.choice([0.1, 0.7, 2.55, 19.99], len(events)))
    return events.assign(price=prices, bought=rng.random(len(events)) < 0.5)


def on_dask(frame):
    return dd.from_pandas(frame, npartitions=5, sort=False)


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_the_same_answers(priced, told, question):
    log = priced.assign(price=priced["price"].where(priced["order"] > 0))
    made, said_on_dask = told(lambda: on_dask(log).nclue.to_answers(**SPAN, **question))
    expected, said = told(lambda: log.nclue.to_answers(**SPAN, **question))
    assert said_on_dask == said
    assert (len(said) == 1) == ("value" in question)
    pd.testing.assert_frame_equal(made.compute().reset_index(drop=True), expected)
    assert nclue_pandas.dask.report(made) == nclue.report(expected)


@pytest.mark.parametrize("kind", PRICES)
def test_sums_of_every_type(priced, kind):
    convert = PRICES[kind]
    log = priced.assign(price=convert(priced["price"]) if kind != "float" else priced["price"])
    question = {"value": "price", "at_least": 630 if kind == "int" else 6.3, "positive": "bought"}
    made = on_dask(log).nclue.to_answers(**SPAN, **question)
    expected = log.nclue.to_answers(**SPAN, **question)
    pd.testing.assert_frame_equal(made.compute().reset_index(drop=True), expected)
    assert 0.1 < expected["label"].mean() < 0.9


def test_values_that_are_in_no_column(priced):
    expected = priced.nclue.to_answers(
        **SPAN, value=priced["price"] * priced["order"], at_least=20, positive=priced["order"] > 1
    )
    many = on_dask(priced)
    given = {"value": many["price"] * many["order"], "positive": lambda log: log["order"] > 1}
    made = many.nclue.to_answers(**SPAN, **given, at_least=20)
    pd.testing.assert_frame_equal(made.compute().reset_index(drop=True), expected)
    with pytest.raises(nclue.errors.InvalidDataError, match="value= must be or give a Dask Series"):
        many.nclue.to_answers(**SPAN, value=priced["price"], at_least=20)


@pytest.mark.parametrize(
    "wrong", [{"gap": "-1D"}, {"value": "price"}, {"value": "cost", "at_least": 1}], ids=str
)
def test_options_are_refused_without_a_look_at_the_rows(wrong):
    def never(number):
        raise AssertionError(f"partition {number} was read")

    meta = pd.DataFrame({"customer": ["a"], "ts": ["2026-01-01"], "price": [1.0]})[:0]
    log = dd.from_map(never, [0, 1], meta=meta)
    with pytest.raises((nclue.errors.ConfigurationError, nclue.errors.MissingColumnError)):
        log.nclue.to_answers(**SPAN, **wrong)


def test_amounts_that_cannot_be_added(priced):
    log = priced.assign(price=priced["price"].where(priced.index != 4_321, np.inf))
    log.loc[4_321, "ts"] = pd.Timestamp("2026-02-20")
    raised = []
    for frame in (log, on_dask(log)):
        with pytest.raises(nclue.errors.InvalidDataError, match="added exactly") as caught:
            frame.nclue.to_answers(**SPAN, value="price", at_least=1)
        raised.append(caught.value)
    assert raised[0].problems == raised[1].problems
    assert str(raised[0]) == str(raised[1])
