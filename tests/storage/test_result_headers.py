"""The first line of a result: a header, a user, or an error; never one taken for another."""

from __future__ import annotations

import pytest

from nclue_pandas.errors import ResultFormatError
from nclue_pandas.storage.result_lines import result_names

COLUMNS = ("user_id", "score")
REST = "\na\t0.5\nb\t0.75\n"


@pytest.mark.parametrize(
    "first",
    [
        "user_id\tscore",
        "mid\tprob",
        "회원\t점수",
        "customer\tprediction",
        "\ufeffid\tscore",
        "1\tprob",
        # Names that read like a number, as pandas writes columns without names.
        *("user_id\t0", "user_id\t1", "mid\tinf", "id\tNaN"),
    ],
)
def test_a_header_is_never_a_user(first):
    assert result_names((first + REST).encode(), COLUMNS, "file")[1]


@pytest.mark.parametrize("first", ["u1\t0.5", "0012\t1", "NA\t0", "user_id\t0.25", "u1\t1e-3"])
def test_a_user_is_never_a_header(first):
    assert not result_names((first + REST).encode(), COLUMNS, "file")[1]


@pytest.mark.parametrize(
    "score", ["0.5x", "0,5", "bad", "NA", "", "--", "1.2.3", "error", "score9"]
)
def test_a_first_line_with_a_bad_score_is_an_error_with_its_row(score):
    with pytest.raises(ResultFormatError, match="the first line, of 'u1', has"):
        result_names(f"u1\t{score}{REST}".encode(), COLUMNS, "file")
