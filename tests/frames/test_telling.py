"""A warning about data names the line of the user that led to it, by whatever way."""

from __future__ import annotations

import pandas as pd
import pytest

import nclue_pandas as nclue

LOG = pd.DataFrame(
    {"user": [1.0, None, 2.0], "ts": ["2026-01-01", "2026-01-02", "2026-02-01"], "item": "tea"}
)
COLUMNS = {"user": "user", "time": "ts", "on_invalid": "drop"}


@pytest.mark.parametrize(
    "verb",
    [
        lambda: nclue.to_sequences(LOG, **COLUMNS, behavior="item"),
        lambda: LOG.nclue.to_sequences(**COLUMNS, behavior="item"),
        lambda: LOG.nclue.to_answers(**COLUMNS, cutoff="2026-01-15", horizon="5D"),
    ],
    ids=["function", "accessor", "answers"],
)
def test_the_line_is_the_users(verb):
    with pytest.warns(nclue.NclueDataWarning, match="null_id 1") as told:
        verb()
    assert [warning.filename for warning in told] == [__file__]
