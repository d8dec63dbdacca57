"""What reports, checks and comparisons show of themselves, in a terminal and in a notebook."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas.frames.reports import AnswerReport

ATTACK = "<img src=x onerror=alert(1)>"


def test_a_report_shows_every_field_in_both_forms():
    report = AnswerReport(1_000, {"null_id": 2}, 998, 98, 0.0982, cutoff=ATTACK)
    assert [" ".join(line.split()) for line in repr(report).splitlines()[:4]] == [
        "AnswerReport",
        "rows 1,000",
        "rows dropped null_id 2",
        "users 998",
    ]
    shown = report._repr_html_()
    assert "<strong>AnswerReport</strong>" in shown
    assert ">null_id 2</td>" in shown
    assert ">0.0982</td>" in shown
    assert "<img" not in shown


def test_a_check_shows_what_is_wrong_and_where():
    frame = pd.DataFrame({"user_id": ["a", "a", "b c"], "sequence": ["x", "y", "z"]})
    shown = nclue.check(frame)._repr_html_()
    assert "1 problem, 1 warning" in shown
    assert ">duplicate_id</td>" in shown
    assert "row positions 0, 1" in shown
    fine = nclue.check(frame.iloc[[0]])._repr_html_()
    assert "ready" in fine
    assert "duplicate_id" not in fine


@pytest.fixture
def table():
    random = np.random.default_rng(0)
    ids = np.arange(500)
    labels = ids < 120
    base = random.normal(size=500) + labels
    scores = {
        "러닝화": base,
        ATTACK: base + 3 * random.normal(size=500),
        "same": 2 * base,
    }
    frames = {name: pd.DataFrame({"user_id": ids, "score": s}) for name, s in scores.items()}
    return nclue.compare(frames, pd.DataFrame({"user_id": ids, "label": labels}))


def test_a_comparison_shows_intervals_beside_their_figures(table):
    row = table.loc[ATTACK]
    lines = repr(table).splitlines()
    assert lines[0] == "Comparison of scores"
    for name in ("auroc", "difference"):
        sign = "+" if name == "difference" else ""
        figures = [f"{row[name + end]:{sign}.3f}" for end in ("", "_low", "_high")]
        assert "{} ({} to {})".format(*figures) in lines[4]
    assert lines[4].endswith("< 0.001")
    assert lines[5].split("  ")[-1].strip() == "1.000"
    assert "'러닝화'" in lines[-1]
    shown = table._repr_html_()
    assert "<img" not in shown
    assert shown.count("<tr>") == 4


def test_a_comparison_is_a_frame_and_what_is_made_from_it_a_plain_one(table):
    assert isinstance(table, pd.DataFrame)
    assert type(table[["auroc"]]) is type(table.reset_index()) is pd.DataFrame
    back = pickle.loads(pickle.dumps(table))
    assert repr(back) == repr(table)
    del table["auroc"]
    assert "Comparison of scores" not in repr(table)
    assert "average_precision" in table._repr_html_()


def test_one_score_alone_has_no_difference(table):
    ids = np.arange(10)
    scores = pd.DataFrame({"user_id": ids, "score": ids})
    alone = nclue.compare({"one": scores}, pd.DataFrame({"user_id": ids, "label": ids > 6}))
    assert "Differences" not in repr(alone)
    assert repr(alone).splitlines()[3].split()[:3] == ["one", "10", "3"]
