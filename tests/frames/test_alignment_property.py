"""Answers matched with users against sets of texts."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nclue_pandas.jobs.datasets import source_of

pytestmark = pytest.mark.property

IDS = st.one_of(
    st.integers(0, 30).map(str), st.integers(0, 30).map("{:03d}".format), st.text("가b")
)


@given(
    st.lists(IDS, unique=True), st.lists(st.tuples(IDS, st.booleans()), unique_by=lambda a: a[0])
)
def test_answers_are_matched_by_the_text_of_the_id(users, labeled):
    sequences = pd.DataFrame({"user_id": pd.Series(users, dtype=object), "sequence": "tea"})
    answers = pd.DataFrame(labeled, columns=["user_id", "label"]).astype({"label": "int64"})
    source, known = source_of(answers, "answers"), source_of(sequences, "sequences").users()
    match = source.match(known)
    problem, rows = source.unmatched(known)

    labels = [label for user, label in labeled if user in set(users)]
    others = [row for row, (user, _) in enumerate(labeled) if user not in set(users)]
    assert (match.size, match.ones, match.zeros) == (
        len(labeled),
        sum(labels),
        len(labels) - sum(labels),
    )
    assert list(problem.rows) == others
    assert rows.index.tolist() == others
