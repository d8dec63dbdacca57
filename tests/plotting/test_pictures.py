"""Calibration, sequences and jobs: what each picture shows, and when there is nothing to draw."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from matplotlib.dates import num2date
from matplotlib.figure import Figure

from nclue_pandas import plotting
from nclue_pandas.errors.base import ConfigurationError, InvalidDataError, MissingColumnError
from nclue_pandas.frames.evaluation import evaluate
from nclue_pandas.frames.tokens import count_tokens

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
NOW = START + timedelta(hours=2)


@pytest.fixture
def ax():
    return Figure().subplots()


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


@pytest.fixture(scope="module")
def probabilities():
    random = np.random.default_rng(4)
    chance = random.beta(1, 5, 900)
    ids = np.arange(900)
    answers = pd.DataFrame({"user_id": ids, "label": random.random(900) < chance})
    return pd.DataFrame({"user_id": ids, "score": chance}), answers


def test_calibration_is_that_of_the_evaluation(probabilities, ax):
    plotting.plot_calibration(*probabilities, ax=ax, confidence=0.8)
    found = evaluate(*probabilities, confidence=0.8)
    x, y = ax.lines[0].get_data()
    np.testing.assert_allclose(x, found.calibration["mean_score"].to_numpy())
    np.testing.assert_allclose(y, found.calibration["rate"].to_numpy())
    bars = np.array(ax.collections[0].get_segments())
    np.testing.assert_allclose(bars[:, 0, 1], found.calibration["rate_low"].to_numpy())
    np.testing.assert_allclose(bars[:, 1, 1], found.calibration["rate_high"].to_numpy())
    assert legend(ax)[0] == f"Brier score {found.brier:.3f}"
    assert ax.get_xlim()[0] == ax.get_ylim()[0] == 0
    assert ax.get_ylim()[1] < 1, "rare positives fill the picture"


def test_scores_that_are_no_probabilities_have_no_calibration(probabilities, ax):
    scores, answers = probabilities
    with pytest.raises(InvalidDataError, match="between 0 and 1"):
        plotting.plot_calibration(scores.assign(score=scores["score"] - 1), answers, ax=ax)
    with pytest.raises(ConfigurationError, match=r"0\.95"):
        plotting.plot_calibration(*probabilities, ax=ax, confidence=95)


TYPES = {"object": object, "str": "str", "arrow": pd.ArrowDtype(pa.string())}


def sequences(lengths, dtype=object):
    texts = ["->".join(["tea"] * int(length)) for length in lengths]
    ids = [f"u{number}" for number in range(len(texts))]
    return pd.DataFrame({"user_id": ids, "sequence": pd.array(texts, dtype=dtype)})


@pytest.mark.parametrize("dtype", TYPES)
def test_every_user_is_counted_once_at_the_length_of_its_sequence(dtype, ax):
    lengths = np.random.default_rng(1).geometric(0.05, 700)
    plotting.plot_sequence_lengths(sequences(lengths, TYPES[dtype]), ax=ax)
    heights, edges, _ = ax.patches[0].get_data()
    assert heights.sum() == 700
    for height, low, high in zip(heights, edges[:-1], edges[1:], strict=True):
        assert height == ((lengths > low) & (lengths < high)).sum()
    median, most = (int(line.get_xdata()[0]) for line in ax.lines)
    assert (lengths <= median).mean() >= 0.5 > (lengths < median).mean()
    assert (lengths <= most).mean() >= 0.9 > (lengths < most).mean()
    assert legend(ax)[:2] == ["700 users", f"50 % of the users have at most {median}"]
    assert len({line.get_linestyle() for line in ax.lines}) == 2


def test_tokens_are_those_of_the_estimate_against_the_budget(ax):
    frame = sequences([1, 10, 200, 400])
    plotting.plot_token_use(frame, ax=ax, max_tokens=800)
    heights, edges, _ = ax.patches[0].get_data()
    assert heights.sum() == 4
    assert edges[-1] > count_tokens(frame["sequence"].iloc[[3]])
    assert ax.lines[0].get_xdata()[0] == 800
    share = count_tokens(frame["sequence"]) / 4 / 800
    assert legend(ax) == [
        f"4 users, {100 * share:.1f} % used on average",
        "budget of 800; 1 user above 90 % of it",
    ]


@pytest.mark.parametrize("plot", [plotting.plot_sequence_lengths, plotting.plot_token_use])
def test_sequences_that_are_none(plot, ax):
    assert plot(sequences([3]), ax=ax) is ax
    with pytest.raises(InvalidDataError, match="holds no sequence"):
        plot(sequences([]), ax=ax)
    with pytest.raises(InvalidDataError, match="not text"):
        plot(pd.DataFrame({"sequence": [1, 2]}), ax=ax)
    with pytest.raises(MissingColumnError, match="sequence="):
        plot(pd.DataFrame({"texts": ["a"]}), ax=ax)
    ax.set_ylim(0, 7)
    plot(sequences([3]).rename(columns={"sequence": "s"}), ax=ax, sequence="s")
    assert ax.get_ylim() == (0, 7), "the user's limits are kept"


def test_a_budget_is_at_least_one(ax):
    with pytest.raises(ConfigurationError, match="max_tokens=0"):
        plotting.plot_token_use(sequences([1]), ax=ax, max_tokens=0)


def record(name, status, created, took=None):
    begun = START + timedelta(minutes=created)
    ended = None if took is None else begun + timedelta(minutes=took)
    return SimpleNamespace(name=name, status=status, created_at=begun, completed_at=ended)


RECORDS = [
    ("Task", record("lunch-bag", "complete", 20, 30)),
    ("Feature", record("runners", "completed", 0, 15)),
    ("Task", record("christmas", "failed", 21, 5)),
    ("Run", record("today", "in_progress", 60)),
    ("Run", record("stuck", "failed", 70)),
    ("Run", record("new state", "resting", 80)),
]


def handles():
    return [SimpleNamespace(kind=SimpleNamespace(title=kind), record=rec) for kind, rec in RECORDS]


def table(dtype=None):
    rows = [{"kind": kind, **vars(rec)} for kind, rec in RECORDS]
    frame = pd.DataFrame(rows)
    if dtype == "arrow":
        frame = pa.Table.from_pylist(rows).to_pandas(types_mapper=pd.ArrowDtype)
    return frame


INPUTS = {
    "handles": handles,
    "table": table,
    "arrow table": lambda: table("arrow"),
    "both": lambda: [*handles()[:2], table().iloc[2:]],
}


@pytest.mark.parametrize("jobs", INPUTS)
def test_bars_are_the_lives_of_the_jobs_in_the_order_of_their_creation(jobs, ax):
    plotting.plot_timeline(INPUTS[jobs](), ax=ax, now=NOW)
    titles = [text.get_text() for text in ax.get_yticklabels()]
    assert titles == [
        "Feature runners",
        "Task lunch-bag",
        "Task christmas",
        "Run today",
        "Run stuck",
        "Run new state",
    ]
    spans = [(num2date(bar.get_x()), num2date(bar.get_x() + bar.get_width())) for bar in ax.patches]
    minutes = [
        tuple(round((moment - START).total_seconds() / 60) for moment in span) for span in spans
    ]
    assert minutes == [(0, 15), (20, 50), (21, 26), (60, 120), (70, 120), (80, 120)]
    assert legend(ax) == ["completed (2)", "failed (2)", "unfinished (2)"]
    assert ax.yaxis_inverted(), "the first created on top"
    looks = {(bar.get_hatch(), bar.get_linestyle(), bar.get_facecolor()[3]) for bar in ax.patches}
    assert len(looks) == 3, "states differ without color"


def test_a_table_of_one_kind_is_known_by_its_columns(ax):
    frame = table().drop(columns="kind").assign(user_count=1)
    plotting.plot_timeline(frame, ax=ax, now=NOW)
    assert ax.get_yticklabels()[0].get_text() == "Feature runners"


def test_an_unfinished_job_lasts_until_the_present_by_default(ax):
    plotting.plot_timeline(handles()[3:4], ax=ax)
    bar = ax.patches[0]
    passed = datetime.now(UTC) - num2date(bar.get_x() + bar.get_width())
    assert abs(passed) < timedelta(hours=1)


def test_no_jobs(ax):
    for nothing in ([], table().iloc[:0], table().assign(created_at=pd.NaT)):
        with pytest.raises(InvalidDataError, match="nothing to draw"):
            plotting.plot_timeline(nothing, ax=ax)
    with pytest.raises(MissingColumnError, match="'status'"):
        plotting.plot_timeline(table().drop(columns="status"), ax=ax)
