"""Who counts as a user, when the horizon begins, and how much makes a 1."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import nclue_pandas as nclue

pytestmark = pytest.mark.filterwarnings("ignore:No user has the label")  # logs of a few users

SPAN = {"user": "user", "time": "ts", "cutoff": "2026-02-01", "horizon": "10D"}
LOG = pd.DataFrame(
    [
        ("early", "2026-01-30", 9.0),
        ("early", "2026-02-03", 1.0),
        ("late", "2026-01-10", 9.0),
        ("late", "2026-01-11", 9.0),
        ("late", "2026-02-12", 0.7),
        ("late", "2026-02-12", 0.1),
        ("never", "2026-01-31", 2.0),
        ("never", "2026-01-30", None),
        ("new", "2026-02-11", 5.0),
        ("end", "2026-02-28", 0.0),
    ],
    columns=["user", "ts", "price"],
).assign(ts=lambda log: pd.to_datetime(log["ts"]))


def labels(**options):
    made = nclue.to_answers(LOG, **(SPAN | options))
    return dict(zip(made["user_id"], made["label"], strict=True))


def test_a_gap_moves_the_horizon_and_nothing_else():
    assert labels() == {"early": 1, "late": 0, "never": 0}
    assert labels(gap="0D") == labels()
    assert labels(gap="7D") == {"early": 0, "late": 1, "never": 0}
    told = nclue.report(nclue.to_answers(LOG, **SPAN, gap="7D"))
    assert told.cutoff == "2026-02-01 00:00:00"
    assert (told.horizon_start, told.horizon_end) == ("2026-02-08 00:00:00", "2026-02-18 00:00:00")
    assert (told.events_in_gap, told.events_in_horizon, told.events_after_horizon) == (1, 3, 1)
    assert told.users_after_cutoff == 1


def test_a_gap_of_months_comes_before_the_horizon():
    made = nclue.to_answers(
        LOG,
        **(SPAN | {"cutoff": "2026-01-31", "horizon": "1D"}),
        gap=pd.DateOffset(months=1),
        observed_until="2026-03-05",
    )
    told = nclue.report(made)
    assert (told.horizon_start, told.horizon_end) == ("2026-02-28 00:00:00", "2026-03-01 00:00:00")


def test_the_log_must_reach_the_end_of_a_horizon_that_a_gap_moved():
    labels(gap="17D")
    with pytest.raises(nclue.errors.InvalidDataError, match="2026-03-01 00:00:00, after the last"):
        labels(gap="18D")


def test_users_who_left_and_users_with_few_events():
    assert labels(active_since="20D") == {"early": 1, "never": 0}
    assert labels(min_events=2) == {"late": 0, "never": 0}
    assert labels(active_since="20D", min_events=2) == {"never": 0}
    made = nclue.to_answers(LOG, **SPAN, active_since="20D", min_events=2, absent=True)
    told = nclue.report(made)
    assert (told.users, told.users_inactive, told.users_with_few_events) == (1, 1, 1)
    assert "users inactive" in repr(told)


def test_no_user_left():
    with pytest.warns(nclue.NclueDataWarning, match="of those .* 2 have .* 1 have fewer") as said:
        made = nclue.to_answers(LOG, **SPAN, active_since="1D", min_events=2)
    assert made.empty
    assert len(said) == 1


def test_how_much_makes_a_one():
    assert labels(gap="7D", at_least=2) == {"early": 0, "late": 1, "never": 0}
    assert labels(gap="7D", at_least=2, absent=True) == {"early": 1, "late": 0, "never": 1}
    assert labels(gap="7D", at_least=3)["late"] == 0
    positive = LOG["price"] < 0.5
    assert labels(gap="7D", at_least=1, positive=positive)["late"] == 1
    assert labels(gap="7D", at_least=2, positive=positive)["late"] == 0


@pytest.mark.parametrize(
    "prices",
    [
        LOG["price"],
        LOG["price"].astype(pd.ArrowDtype(pa.float64())),
        LOG["price"].astype("float32"),
        LOG["price"].map(lambda price: Decimal(str(price)), na_action="ignore").astype(object),
        LOG["price"].astype("category"),
        LOG["price"].map(" +{:.1f}".format, na_action="ignore"),
        LOG["price"].map("{:.1f}".format, na_action="ignore").astype("category"),
    ],
    ids=["float64", "arrow", "float32", "decimal", "category", "text", "category of text"],
)
def test_sums_are_those_of_the_numbers_as_they_are_shown(prices):
    log = LOG.assign(price=prices)
    assert sum([0.7, 0.1]) < float("0.8")  # what floats make of it
    for at_least, label in ((0.8, 1), (Decimal("0.8"), 1), (0.8000001, 0), (1, 0)):
        made = nclue.to_answers(log, **SPAN, gap="7D", value="price", at_least=at_least)
        assert made.set_index("user_id")["label"]["late"] == label


def test_whole_numbers_add_up_without_limit():
    large = 2**62
    log = pd.DataFrame({"user": "a", "ts": [1, 5, 6, 7, 9], "n": [1, large, large, large, 0]})
    options = {"user": "user", "time": "ts", "cutoff": 5, "horizon": 4, "value": "n"}
    assert nclue.to_answers(log, **options, at_least=3 * large)["label"].tolist() == [1]
    assert nclue.to_answers(log, **options, at_least=3 * large + 1)["label"].tolist() == [0]


def test_a_null_value_adds_nothing_and_is_counted():
    log = LOG.assign(price=LOG["price"].where(LOG["price"] != 0.7))
    with pytest.warns(nclue.NclueDataWarning, match="1 of 3 events that count have no value="):
        made = nclue.to_answers(log, **SPAN, gap="7D", value="price", at_least=0.1)
    told = nclue.report(made)
    assert (told.positives, told.positive_events, told.positive_events_without_value) == (1, 3, 1)


def test_values_from_a_function_or_a_series():
    expected = nclue.to_answers(LOG, **SPAN, gap="7D", value="price", at_least=0.8)
    for value in (lambda log: log["price"] * 1, LOG["price"], LOG["price"].to_numpy()):
        made = nclue.to_answers(LOG, **SPAN, gap="7D", value=value, at_least=0.8)
        pd.testing.assert_frame_equal(made, expected)


def test_values_that_cannot_be_added():
    for wrong in (np.inf, 1e30, 1e-30):
        log = LOG.assign(price=LOG["price"].where(LOG["price"] != 0.7, wrong))
        with pytest.raises(nclue.errors.InvalidDataError, match="added exactly") as caught:
            nclue.to_answers(log, **SPAN, gap="7D", value="price", at_least=1)
        assert caught.value.problems[0].rows == (4,)
        nclue.to_answers(log, **SPAN, value="price", at_least=1)  # it is not in this horizon
    with pytest.raises(nclue.errors.InvalidDataError, match="cannot be added exactly"):
        nclue.to_answers(LOG, **SPAN, value="user", at_least=1)
    for column in (LOG["ts"], LOG["price"] > 1, [[1]] * len(LOG)):
        with pytest.raises(nclue.errors.InvalidDataError, match="no number"):
            nclue.to_answers(LOG, **SPAN, value=column, at_least=1)
    with pytest.raises(nclue.errors.MissingColumnError, match="'cost'"):
        nclue.to_answers(LOG, **SPAN, value="cost", at_least=1)


WRONG = {
    "gap='-1D'": {"gap": "-1D"},
    "gap=-1": {"gap": -1},
    "gap='soon'": {"gap": "soon"},
    "gap='7'": {"gap": "7"},
    "gap=True": {"gap": True},
    "active_since='0D'": {"active_since": "0D"},
    "active_since='2026-01-01'": {"active_since": "2026-01-01"},
    "active_since=Timedelta": {"active_since": pd.Timedelta(days=-2)},
    "horizon='-10D'": {"horizon": "-10D"},
    "horizon=0": {"horizon": 0},
    "cutoff='never'": {"cutoff": "never"},
    "observed_until='never'": {"observed_until": "never"},
    "min_events=0": {"min_events": 0},
    "min_events=True": {"min_events": True},
    "min_events=1.5": {"min_events": 1.5},
    "at_least=0": {"at_least": 0},
    "at_least=2.5": {"at_least": 2.5},
    "at_least=-1": {"value": "price", "at_least": -1},
    "at_least=nan": {"value": "price", "at_least": float("nan")},
    "at_least=inf": {"value": "price", "at_least": float("inf")},
    "at_least='1'": {"value": "price", "at_least": "1"},
    "at_least=True": {"value": "price", "at_least": True},
    "at_least=1e[+]30": {"value": "price", "at_least": 1e30},
    "value= needs at_least=": {"value": "price"},
    "absent=1": {"absent": 1},
}


@pytest.mark.parametrize("message", WRONG)
def test_options_are_refused_before_anything_is_read(message):
    nothing_to_read = pd.DataFrame({"other": ["a column that was not named"]})
    with pytest.raises(nclue.errors.ConfigurationError, match=message):
        nclue.to_answers(nothing_to_read, **(SPAN | WRONG[message]))


def test_durations_are_of_the_kind_that_the_times_are():
    numbers = LOG.assign(ts=range(len(LOG)))
    options = {"user": "user", "time": "ts", "cutoff": 2, "horizon": 3}
    made = nclue.to_answers(numbers, **options, gap=2, active_since=2)
    told = nclue.report(made)
    assert (told.horizon_start, told.horizon_end) == ("4", "7")
    with pytest.raises(nclue.errors.ConfigurationError, match="gap='7D'"):
        nclue.to_answers(numbers, **options, gap="7D")
    with pytest.raises(nclue.errors.ConfigurationError, match="active_since=7"):
        labels(active_since=7)


@pytest.mark.parametrize(
    "option", ["gap", "active_since", "min_events", "at_least", "value", "absent"]
)
def test_a_frame_with_labels_has_no_question(option):
    frame = pd.DataFrame({"user_id": ["a", "b"], "bought": [0, 1]})
    value = {"value": "bought", "absent": True}.get(option, 1)
    with pytest.raises(nclue.errors.ConfigurationError, match=f"does not go with {option}="):
        nclue.to_answers(frame, label="bought", **{option: value})
