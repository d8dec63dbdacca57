"""The core beneath the verbs: options that check themselves, problems that are told and not raised."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas.errors import ConfigurationError, InvalidDataError
from nclue_pandas.frames.answers import AnswerOptions
from nclue_pandas.frames.partitions import merge_problems, merge_reports, numbered
from nclue_pandas.frames.sequences import LogColumns, SequenceOptions, build
from nclue_pandas.frames.splitting import SplitOptions, divide

COLUMNS = {"user": "u", "time": "t", "behavior": "b"}
LOG = pd.DataFrame(
    {
        "u": ["a", None, "b", "a", "c"],
        "t": ["2026-01-01", "2026-01-02", "soon", "2026-01-03", "2026-01-04"],
        "b": ["tea", "jam", "mug", "", "pot"],
    }
)


class Unread:
    """A log that must not be looked at."""

    def __getattr__(self, name):
        pytest.fail(f"{name} was asked for before the options were checked")


@pytest.mark.parametrize(
    "options",
    [
        {"until": "soon"},
        {"since": "soon"},
        {"timezone": "Mars/Olympus"},
        {"max_tokens": 0},
        {"on_invalid": "keep"},
        {"personal_data": "hide"},
    ],
)
def test_options_are_refused_before_a_log_is_looked_at(options):
    name = next(iter(options))
    for verb in (nclue.to_sequences, nclue.stream_sequences):
        with pytest.raises(ConfigurationError, match=name):
            verb(Unread(), **COLUMNS, **options)
    if name in {"timezone", "on_invalid", "personal_data"}:
        with pytest.raises(ConfigurationError, match=name):
            AnswerOptions(time="t", cutoff=1, horizon=1, **options)


def parts(options, cuts):
    """Build the rows between some cuts as parts of one log."""
    asked = SequenceOptions(**COLUMNS, **options)
    for rows in np.split(np.arange(len(LOG)), cuts):
        yield build(LogColumns.of(LOG.iloc[rows], asked), asked), rows


def test_problems_of_parts_are_those_of_the_whole():
    told = [p for built, rows in parts({}, [2, 3]) for p in numbered(built.problems, rows)]
    with pytest.raises(InvalidDataError) as caught:
        LOG.nclue.to_sequences(**COLUMNS)
    whole = {each.code: each.rows for each in caught.value.problems}
    assert {each.code: each.rows for each in merge_problems(told)} == whole
    assert whole == {"unreadable_time": (2,), "null_id": (1,), "blank_behavior": (3,)}


def test_reports_of_parts_add_up_to_that_of_the_whole():
    built = [built for built, _ in parts({"on_invalid": "drop"}, [1, 4])]
    with pytest.warns(nclue.NclueDataWarning, match="3 of 5 rows were dropped"):
        whole = LOG.nclue.to_sequences(**COLUMNS, on_invalid="drop")
    merged = merge_reports([report for each in built for report in each.reports])
    assert merged.rows_dropped == nclue.report(whole).rows_dropped
    assert list(merged.rows_dropped) == list(nclue.report(whole).rows_dropped)
    assert (merged.events, merged.users) == (2, 2)


def test_rows_that_are_all_lost_are_told_and_not_raised():
    built = [built for built, _ in parts({"on_invalid": "drop"}, [1, 4])]
    assert [len(each.lost) for each in built] == [0, 3, 0]
    assert not any(each.problems for each in built)
    assert built[1].table.num_rows == 0


def test_a_core_leaves_the_frame_as_it_is():
    before = LOG.copy(deep=True)
    list(parts({"on_invalid": "drop"}, [2]))
    pd.testing.assert_frame_equal(LOG, before)


def test_shares_of_a_split_are_of_all_parts():
    answers = pd.DataFrame({"user_id": range(400), "label": [0, 1, 1, 1] * 100})
    options = SplitOptions(test=0.3, seed=7, user="user_id", label="label")
    cut = [divide(part, options).report for part in (answers[:50], answers[50:])]
    train, test = answers.nclue.split(test=0.3, seed=7)
    merged = merge_reports(cut)
    assert merged == nclue.report(train)
    assert merged.test_share == len(test) / 400
    assert merged.train_positive_share == train["label"].mean()
    assert merged.test_positive_share == test["label"].mean()
