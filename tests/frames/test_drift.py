"""How far two runs differ: each figure against SciPy or a slow way, and what is said of it."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from scipy import special, stats

import nclue_pandas as nclue
from nclue_pandas.errors import ConfigurationError, InvalidDataError
from nclue_pandas.frames import drift as module

SCORES = st.lists(
    st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(-5, 5, width=16)), min_size=2, max_size=60
)


def frame_of(values, first=0):
    return pd.DataFrame({"user_id": np.arange(first, first + len(values)), "score": values})


def slow_stability(before, after, bins):
    """Go through the users one by one."""
    edges = sorted(set(np.percentile(before, np.linspace(0, 100, bins + 1))[1:-1]))
    counts = [[0] * (len(edges) + 1) for _ in range(2)]
    for side, values in enumerate((before, after)):
        for value in values:
            counts[side][sum(value > edge for edge in edges)] += 1
    total = 0.0
    for one, other in zip(*counts, strict=True):
        if one or other:
            p, q = max(one, 0.5) / len(before), max(other, 0.5) / len(after)
            total += (q - p) * math.log(q / p)
    return total


@given(SCORES, SCORES, st.integers(2, 12))
def test_figures_are_those_of_scipy_and_of_the_slow_way(before, after, bins):
    found = nclue.drift(frame_of(before), frame_of(after), bins=bins)
    both = min(len(before), len(after))
    assert found.both == both
    assert found.psi == pytest.approx(slow_stability(before, after, bins), abs=1e-9)
    assert found.ks == pytest.approx(stats.ks_2samp(before, after, method="asymp").statistic)
    scaled = found.ks * math.sqrt(len(before) * len(after) / (len(before) + len(after)))
    assert found.ks_p_value == pytest.approx(special.kolmogorov(scaled), abs=1e-9)
    old, new = before[:both], after[:both]
    if len(set(old)) > 1 and len(set(new)) > 1:
        expected = stats.spearmanr(old, new).statistic
        assert found.rank_correlation == pytest.approx(expected, abs=1e-9)
    else:
        assert found.rank_correlation is None
    moved = found.moved.set_index("user_id").loc[[str(n) for n in range(both)]]
    expected = (stats.rankdata(new) - stats.rankdata(old)) / both
    np.testing.assert_allclose(moved["change"].to_numpy(), expected, atol=1e-9)
    np.testing.assert_array_equal(moved["score_after"].to_numpy(), np.array(new))
    assert (np.diff(found.moved["change"].abs().to_numpy()) <= 1e-9).all(), "farthest first"
    assert found.bins[["before", "after"]].sum().tolist() == [len(before), len(after)]


@given(st.floats(0, 4))
def test_the_limiting_distribution_is_that_of_scipy(scaled):
    assert module.kolmogorov(scaled) == pytest.approx(special.kolmogorov(scaled), abs=1e-12)


@pytest.mark.parametrize("freedom", range(1, 30))
def test_what_chance_reaches_is_the_quantile_of_chi_squared(freedom):
    assert module._chi_squared(freedom) == pytest.approx(stats.chi2.ppf(0.95, freedom), rel=0.03)


@pytest.mark.slow
def test_chance_alone_exceeds_what_is_said_of_it_five_times_of_a_hundred():
    random = np.random.default_rng(4)
    above = []
    for _ in range(4_000):
        before, after = random.normal(size=400), random.normal(size=300)
        table = module.stability(before, after, 10)
        reach = module._chi_squared(9) * (1 / 400 + 1 / 300)
        above.append(table["psi"].sum() > reach)
    print(f"\nPSI above its chance level: {np.mean(above):.4f}")
    assert 0.03 <= np.mean(above) <= 0.07


@pytest.fixture(scope="module")
def before():
    return frame_of(np.random.default_rng(2).beta(2, 6, 5_000))


def noisy(frame, by):
    random = np.random.default_rng(3)
    return frame.assign(score=frame["score"] + random.normal(0, by, len(frame)))


@pytest.mark.parametrize(
    ("newer", "verdict", "said"),
    [
        (lambda frame: frame, "stable", "below 0.10 (Siddiqi, Credit Risk Scorecards, 2006)"),
        (lambda frame: noisy(frame, 0.02), "stable", "below 0.10"),
        (lambda frame: frame.assign(score=frame["score"] + 0.04), "moved", "from 0.10 to 0.25"),
        (lambda frame: frame.assign(score=frame["score"] * 2), "wrong", "0.25 or more"),
        (
            lambda frame: frame.assign(score=frame["score"].sample(frac=1, random_state=0).values),
            "wrong",
            "nothing in common",
        ),
        (lambda frame: frame.assign(score=-frame["score"]), "wrong", "nothing in common"),
        (lambda frame: frame.assign(score=0.5), "wrong", "0.25 or more"),
    ],
)
def test_the_sentence_says_whether_something_is_wrong_and_who_says_so(before, newer, verdict, said):
    found = before.nclue.drift(newer(before))
    assert found.verdict == verdict
    assert said in found.sentence
    assert found.sentence in repr(found)
    assert repr(found).startswith(f"Drift of scores: {verdict}")
    assert "<table" in found._repr_html_()
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert (plain["verdict"], plain["sentence"]) == (verdict, found.sentence)
    assert len(plain["bins"]) == 10


def test_few_users_cannot_show_a_drift():
    random = np.random.default_rng(1)
    found = frame_of(random.random(40)).nclue.drift(frame_of(random.random(40), first=20))
    assert 0.1 < found.psi < found.psi_chance
    assert found.verdict == "stable"
    assert "as so few users can show" in found.sentence


def test_users_who_came_went_and_moved():
    before, after = frame_of(np.arange(100.0)), frame_of(np.arange(10.0, 110.0), first=10)
    after.loc[after["user_id"] == 20, "score"] = 500.0
    found = before.nclue.drift(after)
    assert (found.users, found.both) == ((100, 100), 90)
    assert "(10 gone, 10 new)" in repr(found)
    first = found.moved.iloc[0]
    assert (first["user_id"], first["score_before"], first["score_after"]) == ("20", 20, 500)
    assert first["percentile_after"] == 1
    assert found.kept == pytest.approx(8 / 9)
    assert before.nclue.drift(before).kept == 1


def test_the_picture_shows_the_bins(before):
    found = before.nclue.drift(before.assign(score=before["score"] * 2).iloc[:4_000])
    ax = found.plot(ax=Figure().subplots())
    for patch, side in zip(ax.patches, ("before", "after"), strict=True):
        heights, edges, _ = patch.get_data()
        np.testing.assert_allclose(heights, found.bins[f"share_{side}"].to_numpy())
        assert edges.tolist() == [n + 0.5 for n in range(11)]
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts[:2] == ["before: 5,000 users", "after: 4,000 users"]
    assert texts[2].endswith(": wrong")


def test_what_cannot_be_compared(before):
    for options, named in (
        ({"bins": 1}, "bins=1"),
        ({"bins": 2.5}, r"bins=2\.5"),
        ({"share": 0}, "share=0"),
        ({"share": True}, "share=True"),
    ):
        with pytest.raises(ConfigurationError, match=named):
            nclue.drift(object(), object(), **options)
    with pytest.raises(InvalidDataError, match="None of the 5,000 users is among the 5,000"):
        before.nclue.drift(before.assign(user_id="x" + before["user_id"].astype(str)))
    with pytest.raises(InvalidDataError, match="newer scores cannot be used") as raised:
        before.nclue.drift(frame_of([0.1, np.nan, np.inf]))
    assert len(raised.value.rows) == 2
    with pytest.raises(InvalidDataError, match="newer must be a pandas DataFrame"):
        before.nclue.drift([1])
