"""Questions about a log against a slow reference that looks at one user after another."""

from __future__ import annotations

import warnings
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nclue_pandas as nclue

pytestmark = pytest.mark.property

DAYS = st.integers(0, 40)
AMOUNTS = {
    int: st.integers(-(2**60), 2**60),
    Decimal: st.decimals(-1000, 1000, places=2),
    float: st.one_of(st.just(0.0), st.floats(1e-20, 1e6), st.floats(-1e6, -1e-20)),
}
EVENTS = st.lists(st.tuples(st.sampled_from("abcde"), DAYS, st.booleans()), min_size=1, max_size=40)
DURATIONS = st.one_of(st.none(), st.integers(1, 20))


@st.composite
def logs(draw):
    """A log whose amounts are all of one type, as columns are."""
    events = draw(EVENTS)
    kind = draw(st.sampled_from([int, float, Decimal]))
    amounts = [draw(st.none() | AMOUNTS[kind]) for _ in events]
    column = pd.Series(amounts, dtype="Int64" if kind is int else float if kind is float else None)
    log = pd.DataFrame(events, columns=["user", "day", "good"]).assign(amount=column)
    return log.assign(ts=pd.Timestamp("2026-01-01") + pd.to_timedelta(log["day"], unit="D"))


QUESTIONS = st.fixed_dictionaries(
    {
        "cutoff": st.integers(1, 25),
        "horizon": st.integers(1, 15),
        "gap": st.one_of(st.none(), st.integers(0, 10)),
        "active_since": DURATIONS,
        "min_events": st.one_of(st.none(), st.integers(1, 4)),
        "absent": st.booleans(),
    }
)
LEAST = st.one_of(
    st.none(), st.integers(1, 4), st.decimals("0.01", 1000, places=2), st.floats(1e-6, 1e6)
)


def exactly(amount):
    """Read a number as the decimal that it is shown as."""
    return Decimal(0) if amount is None or pd.isna(amount) else Decimal(repr(amount))


def reference(log, *, summed, positive, at_least, **asked):
    """Return the labels of one user after another."""
    cutoff, start = asked["cutoff"], asked["cutoff"] + (asked["gap"] or 0)
    found = {}
    for user, own in log.groupby("user"):
        before = own[own["day"] < cutoff]
        recent = before[before["day"] >= cutoff - (asked["active_since"] or 10**6)]
        if len(recent) < (asked["min_events"] or 1):
            continue
        later = own[(own["day"] >= start) & (own["day"] < start + asked["horizon"])]
        if positive:
            later = later[later["good"]]
        amounts = [a if isinstance(a, Decimal) else exactly(a) for a in later["amount"].tolist()]
        reached = sum(amounts) if summed else len(later)
        enough = reached >= (Decimal(1) if at_least is None else Decimal(str(at_least)))
        found[user] = int(enough != asked["absent"])
    return found


def options_of(asked, at_least, *, days, summed, positive):
    """Return the same as options, in days or as plain numbers."""
    options = dict(asked)
    if days:
        for name in ("horizon", "gap", "active_since"):
            options[name] = None if asked[name] is None else f"{asked[name]}D"
        options["cutoff"] = pd.Timestamp("2026-01-01") + pd.Timedelta(days=asked["cutoff"])
    return options | {
        "user": "user",
        "time": "ts" if days else "day",
        "observed_until": "2099-01-01" if days else 10**6,
        "positive": "good" if positive else None,
        "at_least": at_least,
        "value": "amount" if summed else None,
    }


@given(log=logs(), asked=QUESTIONS, least=LEAST, days=st.booleans(), positive=st.booleans())
def test_answers_to_any_question(log, asked, least, days, positive):
    summed = least is not None and not isinstance(least, int)
    options = options_of(asked, least, days=days, summed=summed, positive=positive)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nclue.NclueDataWarning)
        made = nclue.to_answers(log, **options)
        again = nclue.to_answers(log.sample(frac=1, random_state=1), **options)
    expected = reference(log, summed=summed, positive=positive, at_least=least, **asked)
    assert dict(zip(made["user_id"], made["label"], strict=True)) == expected
    pd.testing.assert_frame_equal(made, again)
    told = nclue.report(made)
    before = set(log.loc[log["day"] < asked["cutoff"], "user"])
    assert told.users + told.users_inactive + told.users_with_few_events == len(before)
    assert told.users_after_cutoff == len(
        set(log.loc[log["day"] < asked["cutoff"] + (asked["gap"] or 0) + asked["horizon"], "user"])
        - before
    )


@pytest.mark.filterwarnings("ignore::nclue_pandas.NclueDataWarning")
@given(log=logs(), asked=QUESTIONS)
def test_what_is_after_the_horizon_or_in_the_gap_makes_no_difference(log, asked):
    start = asked["cutoff"] + (asked["gap"] or 0)
    options = options_of(asked, None, days=False, summed=False, positive=False)
    made = nclue.to_answers(log, **options)
    in_gap = (log["day"] >= asked["cutoff"]) & (log["day"] < start)
    without = log[~in_gap & (log["day"] < start + asked["horizon"])]
    pd.testing.assert_frame_equal(made, nclue.to_answers(without, **options))
