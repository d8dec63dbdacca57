"""Characters that the user's font lacks: another installed font, or boxes and one hint."""

from __future__ import annotations

import warnings

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import nclue_pandas as nclue
from nclue_pandas import plotting
from nclue_pandas.plotting import canvas as fonts
from nclue_pandas.plotting.canvas import MissingFontWarning

KOREAN = "러닝화 model"


@pytest.fixture
def ax():
    return Figure().subplots()


@pytest.fixture(autouse=True)
def _fresh():
    fonts._tell.cache_clear()


@pytest.fixture
def without_korean(monkeypatch):
    monkeypatch.setattr(fonts, "_KOREAN", ("No Such Font",))


@pytest.fixture
def other_script(monkeypatch):
    """Let a font that matplotlib brings be the Korean one; return a character only it has."""
    monkeypatch.setattr(fonts, "_KOREAN", ("No Such Font", "STIXGeneral"))
    own, other = fonts._characters("DejaVu Sans"), fonts._characters("STIXGeneral")
    return next(chr(point) for point in sorted(other - own) if chr(point).isprintable())


def draw(ax, name):
    ids = np.arange(40)
    scores = pd.DataFrame({"user_id": ids, "score": ids / 40})
    answers = pd.DataFrame({"user_id": ids, "label": ids % 3 == 0})
    plotting.plot_gain(scores, answers, ax=ax, name=name)
    return ax.get_legend().get_texts()[0]


def drawn(ax):
    canvas = FigureCanvasAgg(ax.figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def test_without_a_korean_font_boxes_stand_and_the_hint_comes_once(ax, without_korean):
    with pytest.warns(MissingFontWarning, match="fonts-nanum") as told:
        text = draw(ax, KOREAN)
    assert text.get_text().startswith("□□□ model: first 10 %")
    assert len(told) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn(ax)
        draw(Figure().subplots(), KOREAN)


def test_job_names_are_ticks_and_stay_readable_when_drawn(ax, without_korean):
    table = pd.DataFrame(
        {
            "name": ["러닝화"],
            "status": ["completed"],
            "created_at": pd.to_datetime(["2026-01-01"], utc=True),
            "completed_at": pd.to_datetime(["2026-01-02"], utc=True),
        }
    )
    with pytest.warns(MissingFontWarning):
        plotting.plot_timeline(table, ax=ax)
    drawn(ax)
    assert ax.get_yticklabels()[0].get_text() == "□□□"


def test_behaviors_and_names_of_scores_are_ticks_and_stay_readable_when_drawn(without_korean):
    users = pd.DataFrame({"user_id": range(40), "score": np.arange(40) / 40})
    found = nclue.behaviors(users, users.assign(sequence="러닝화"), min_users=1)
    answers = users.assign(label=users["user_id"] % 3 == 0)
    with pytest.warns(MissingFontWarning):
        pictures = [
            found.plot(ax=Figure().subplots()),
            plotting.plot_comparison(
                nclue.compare({"러닝화": users}, answers), ax=Figure().subplots()
            ),
        ]
    for ax in pictures:
        drawn(ax)
        assert ax.get_yticklabels()[0].get_text() == "□□□"


def test_an_installed_font_helps_out_beside_the_user_s_own(ax, other_script):
    text = draw(ax, other_script)
    assert text.get_text().startswith(other_script)
    assert text.get_fontfamily() == ["sans-serif", "STIXGeneral"]
    drawn(ax)


def test_what_no_font_has_is_a_box_beside_what_one_has(ax, other_script):
    with pytest.warns(MissingFontWarning):
        text = draw(ax, f"{other_script}\U000f1234한")
    assert text.get_text().startswith(f"{other_script}\U000f1234□")


def test_a_font_of_the_user_that_has_the_characters_is_left_alone(other_script):
    with mpl.rc_context({"font.family": ["STIXGeneral"]}):
        text = draw(Figure().subplots(), other_script)
    assert text.get_fontfamily() == ["STIXGeneral"]


def test_no_setting_of_matplotlib_is_changed(ax, other_script):
    before = dict(mpl.rcParams)
    draw(ax, other_script)
    assert dict(mpl.rcParams) == before


def test_hangul_is_drawn_where_a_korean_font_is_installed(ax):
    if fonts.korean_font() is None:
        pytest.skip("no Korean font is installed")
    text = draw(ax, KOREAN)
    assert text.get_text().startswith(KOREAN)
    drawn(ax)


def test_a_font_that_was_just_installed_is_found(ax, other_script, monkeypatch):
    """matplotlib's list of fonts was made before it was there."""
    manager = font_manager.fontManager
    path = next(font.fname for font in manager.ttflist if font.name == "STIXGeneral")
    before = [font for font in manager.ttflist if font.name != "STIXGeneral"]
    monkeypatch.setattr(manager, "ttflist", before)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [path, "/no/such/font.ttf"])
    text = draw(ax, other_script)
    assert text.get_text().startswith(other_script)
    assert "STIXGeneral" in {font.name for font in manager.ttflist}


def test_the_hint_names_the_line_that_drew(without_korean):
    frame = pd.DataFrame({"user_id": range(40), "score": np.arange(40) / 40})
    answers = frame.assign(label=frame["user_id"] % 3 == 0)
    with pytest.warns(MissingFontWarning) as told:
        frame.nclue.plot_gain(answers, ax=Figure().subplots(), name=KOREAN)
    assert told[0].filename == __file__
