"""Names in pictures are shown as they are written: dollar signs, backslashes, underscores."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import nclue_pandas as nclue

USERS = [f"u{number}" for number in range(60)]
ANSWERS = pd.DataFrame({"user_id": USERS, "label": [0, 1] * 30})
SCORES = pd.DataFrame({"user_id": USERS, "score": np.linspace(0, 1, 60)})
#: A formula that is none, one that cannot be read, one that would be read, and a hidden label.
NAMES = ["$5 off", r"cost $\frac{$ of $x_", "from $10 to $20", "_tea_", "a^b_c", "^_$", "%d {x}"]
CURVES = ["plot_lift", "plot_gain", "plot_roc", "plot_calibration"]


def drawn(ax):
    """Render, which is when formulas are read; return all that is written."""
    ax.figure.savefig(io.BytesIO(), format="svg")
    legend = ax.get_legend()
    texts = [] if legend is None else legend.get_texts()
    return [text.get_text().strip() for text in [*texts, *ax.get_yticklabels()]]


@pytest.mark.parametrize("plot", CURVES)
def test_names_of_curves(plot):
    ax = Figure().subplots()
    for name in NAMES:
        getattr(nclue, plot)(SCORES, ANSWERS, ax=ax, name=name)
    texts = drawn(ax)
    for name in NAMES:
        assert any(text.startswith(f"{name}: ") for text in texts), name
    assert not any(text.get_parse_math() for text in ax.get_legend().get_texts())


def test_names_of_scores_and_of_jobs():
    table = nclue.compare(dict.fromkeys(NAMES, SCORES), ANSWERS)
    assert set(NAMES) <= set(drawn(nclue.plot_comparison(table, ax=Figure().subplots())))
    made = pd.Timestamp("2026-05-01", tz="Asia/Seoul")
    jobs = pd.DataFrame(
        {
            "name": NAMES,
            "status": "completed",
            "created_at": made,
            "completed_at": made + pd.Timedelta("1h"),
        }
    )
    shown = drawn(nclue.plot_timeline(jobs, ax=Figure().subplots()))
    assert {name.strip() for name in NAMES} <= set(shown)
