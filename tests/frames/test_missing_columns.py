"""What is told of a column that is not there."""

from __future__ import annotations

import pandas as pd
import pytest

from nclue_pandas.errors import MissingColumnError
from nclue_pandas.frames.columns import find_column


@pytest.mark.parametrize(
    ("columns", "name", "guess"),
    [
        (["customer_id", "ts"], "custmer_id", "Did you mean 'customer_id'?"),
        (["CUSTOMER_ID", "ts"], "customer_id", "Did you mean 'CUSTOMER_ID'?"),
        (["customer_id", "ts"], "cust", "Did you mean 'customer_id'?"),
        (["customer_id", 501], 502, "Did you mean '501'?"),
        (["user_id", "sequence"], "label", "These look like sequences, not answers"),
        (["user_id", "label"], "sequence", "These look like answers, not sequences"),
        (["customer_id", "ts", "item"], "user_id", "If this is an event log"),
        (["customer_id", "label"], "user_id", "Did you mean 'customer_id'?"),
    ],
)
def test_what_was_probably_meant(columns, name, guess):
    frame = pd.DataFrame(columns=columns)
    with pytest.raises(MissingColumnError) as caught:
        find_column(frame, name, "user")
    assert guess in str(caught.value)
    assert f"{columns[0]!r}, {str(columns[1])!r}" in str(caught.value)


def test_a_guess_is_not_made_of_nothing():
    for name in ("", "xyz", None):
        with pytest.raises(MissingColumnError) as caught:
            find_column(pd.DataFrame(columns=["customer_id"]), name, "user")
        assert "Did you mean" not in str(caught.value)


def test_a_column_that_became_the_index():
    frame = pd.DataFrame({"customer_id": [1], "ts": [2]}).set_index("customer_id")
    with pytest.raises(MissingColumnError, match=r"reset_index\(\)"):
        find_column(frame, "customer_id", "user")
