"""What a campaign brought: users matched, groups counted, and what is said of it."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nclue_pandas as nclue
from nclue_pandas.errors import ConfigurationError, InvalidDataError, MissingColumnError


def chosen(treated, control):
    groups = ["treatment"] * treated + ["control"] * control
    return pd.DataFrame({"user_id": [f"u{n}" for n in range(len(groups))], "group": groups})


@given(st.data())
@pytest.mark.filterwarnings("ignore::nclue_pandas.NclueDataWarning")
def test_groups_are_counted_as_the_slow_way_counts_them(data):
    sizes = data.draw(st.tuples(st.integers(1, 12), st.integers(1, 12)))
    audience = chosen(*sizes)
    users = audience["user_id"].tolist()
    group = dict(zip(users, audience["group"], strict=True))
    others = [f"other {n}" for n in range(3)]
    did = set(data.draw(st.lists(st.sampled_from(users + others), min_size=0)))
    known = [*{users[0], users[-1]}, *data.draw(st.lists(st.sampled_from(users + others)))]
    known = list(dict.fromkeys(known))

    def counts(among):
        return tuple(
            (
                sum(group.get(user) == name for user in among),
                sum(group.get(user) == name and user in did for user in among),
            )
            for name in ("treatment", "control")
        )

    order = data.draw(st.permutations(range(len(users))))
    answers = pd.DataFrame({"user_id": known, "label": [user in did for user in known]})
    for outcomes, among, outside in (
        (list(did), users, len(did - set(users))),
        (answers, known, len(set(known) - set(users))),
    ):
        found = nclue.measure(audience.iloc[order], outcomes)
        (treated, hits), (control, control_hits) = counts(among)
        assert (found.users, found.positives) == ((treated, control), (hits, control_hits))
        assert found.outside == outside
        assert found.unanswered == len(users) - treated - control


def test_those_who_did_it_come_in_any_form_and_any_number_of_times():
    audience = chosen(900, 100)
    bought = [f"u{n}" for n in [*range(180), *range(900, 910)]]
    expected = audience.nclue.measure(bought)
    for form in (
        pd.Series(bought * 2),
        pd.Index(bought),
        np.array(bought, dtype=object),
        pa.array(bought),
        tuple(bought),
        pd.DataFrame({"user_id": audience["user_id"], "label": audience["user_id"].isin(bought)}),
    ):
        assert audience.nclue.measure(form) == expected
    numbers = pd.DataFrame({"user_id": [7.0, 8.0], "group": ["treatment", "control"]})
    assert numbers.nclue.measure(["7"]).positives == (1, 0)


def test_it_shows_itself_and_says_what_it_comes_to():
    found = chosen(900, 100).nclue.measure([f"u{n}" for n in [*range(180), *range(900, 910)]])
    assert repr(found).splitlines()[:4] == [
        "Result of a campaign",
        "  Difference         +10.00 points (95 % interval +2.16 to +15.25, Newcombe)",
        "  P value            0.016 (score test)",
        "  Positives brought  90.0",
    ]
    assert found.sentence.startswith("The campaign worked: +10.00 percentage points")
    assert found.sentence in repr(found)
    assert "<table" in found._repr_html_()
    assert pickle.loads(pickle.dumps(found)) == found
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["difference"] == pytest.approx(0.1)
    assert plain["sentence"] == found.sentence


def test_what_cannot_be_told_says_how_many_users_would_tell_it():
    found = chosen(90, 10).nclue.measure([f"u{n}" for n in [*range(18), 90]])
    assert found.difference == pytest.approx(0.1)
    assert found.difference_interval[0] < 0 < found.difference_interval[1]
    assert "cannot be told" in found.sentence
    assert f"{found.users_needed:,} users" in found.sentence
    assert found.test == "Fisher's exact test"
    worse = chosen(900, 100).nclue.measure([f"u{n}" for n in [*range(9), *range(900, 950)]])
    assert "did harm" in worse.sentence
    same = chosen(90, 10).nclue.measure([f"u{n}" for n in [*range(9), 90]])
    assert (same.users_needed, same.p_value) == (None, 1)
    none = chosen(90, 10).nclue.measure([])
    assert (none.rates, none.p_value) == ((0, 0), 1)


def test_answers_that_are_missing_are_told():
    audience = chosen(50, 50)
    answers = pd.DataFrame({"user_id": audience["user_id"][10:], "label": 1})
    with pytest.warns(nclue.NclueDataWarning, match="10 of the 100 users") as told:
        found = audience.nclue.measure(answers)
    assert len(told) == 1
    assert (found.unanswered, found.users) == (10, (40, 50))
    assert "10 users without an answer" in repr(found)


def test_ids_of_another_kind():
    audience = chosen(5, 5)
    with pytest.warns(nclue.NclueDataWarning, match="None of the 2 users"):
        assert audience.nclue.measure([1, 2]).positives == (0, 0)
    with pytest.raises(InvalidDataError, match="None of the 1 users"):
        audience.nclue.measure(pd.DataFrame({"user_id": [1], "label": [1]}))


def test_what_is_no_audience_or_no_outcome():
    audience = chosen(2, 2)
    with pytest.raises(ConfigurationError, match="power=80"):
        nclue.measure(object(), [], power=80)
    with pytest.raises(ConfigurationError, match=r"0\.95"):
        nclue.measure(object(), [], confidence=95)
    with pytest.raises(MissingColumnError, match="group="):
        audience.drop(columns="group").nclue.measure([])
    with pytest.raises(InvalidDataError, match="control group"):
        chosen(3, 0).nclue.measure(["u0"])
    with pytest.raises(InvalidDataError, match="neither 'treatment' nor") as raised:
        audience.assign(group=["treatment", "control", "Control", None]).nclue.measure([])
    assert raised.value.problems[0].rows == (2, 3)
    with pytest.raises(InvalidDataError, match="null") as raised:
        audience.nclue.measure(pd.Series(["u0", None]))
    assert len(raised.value.rows) == 1
    with pytest.raises(InvalidDataError, match="neither 0 nor 1"):
        audience.nclue.measure(pd.DataFrame({"user_id": ["u0"], "label": [2]}))
    with pytest.raises(InvalidDataError, match="outcomes must be a pandas DataFrame"):
        audience.nclue.measure({"u0"})


def test_the_picture_shows_both_rates_and_the_difference():
    from matplotlib.figure import Figure

    found = chosen(900, 100).nclue.measure([f"u{n}" for n in [*range(180), *range(900, 910)]])
    ax = found.plot(ax=Figure().subplots())
    points = [float(line.get_ydata()[0]) for line in ax.lines[:2]]
    assert points == [0.2, 0.1]
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == [
        "treatment: 20.0 % of 900 users",
        "control: 10.0 % of 100 users",
        "difference +10.00 points (+2.16 to +15.25)",
    ]
