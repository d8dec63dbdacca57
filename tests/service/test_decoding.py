from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nclue_pandas.errors import InvalidAnswerError
from nclue_pandas.service.records import TaskRecord, parse_timestamp
from nclue_pandas.service.refusals import read_error

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T03:04:05Z",
        "2026-01-02T12:04:05+09:00",
        "2026-01-02T12:04:05+0900",
        "2026-01-02T12:04:05",
        "2026-01-02 12:04:05",
        "2026-01-02T03:04:05.000Z",
        "2026-01-02T12:04:05.000000000+0900",
    ],
)
def test_timestamp_layouts(text):
    assert parse_timestamp(text) == MOMENT


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z"])
def test_no_timestamp(text):
    with pytest.raises(ValueError, match=r".*"):
        parse_timestamp(text)


@pytest.mark.parametrize(
    ("sent", "read"),
    [(0.75, 0.75), ("0.75", 0.75), (1, 1.0), (None, None), ("", None), ("null", None)],
)
def test_auroc(sent, read):
    assert TaskRecord.read({"task_id": "t", "AUROC": sent}).auroc == read


@pytest.mark.parametrize("sent", [True, 1.5, -0.1, "good", [], "NaN", float("nan")])
def test_wrong_auroc(sent):
    with pytest.raises(InvalidAnswerError, match="AUROC"):
        TaskRecord.read({"task_id": "t", "AUROC": sent})


@pytest.mark.parametrize("sent", [True, 1.5, "many", [], 2**70, "1e3"])
def test_wrong_count(sent):
    with pytest.raises(InvalidAnswerError, match="line_count"):
        TaskRecord.read({"task_id": "t", "line_count": sent})


def test_unknown_states_and_fields_survive():
    record = TaskRecord.read({"task_id": "t", "status": "Queued", "new": [1]})
    assert record.status == "queued"
    assert record.raw["new"] == [1]


def test_a_timestamp_in_no_known_layout_stays_in_the_raw_answer():
    record = TaskRecord.read({"task_id": "t", "created_at": "2 Jan"})
    assert record.created_at is None
    assert record.raw["created_at"] == "2 Jan"


@given(st.binary(max_size=300))
def test_any_error_body_is_read(body):
    said = read_error(body, {})
    assert said.code is None or isinstance(said.code, int)
    assert len(said.message) <= 301


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["task_id", "task_name", "AUROC", "line_count", "status", "created_at"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_answer_is_read_or_refused(answer):
    try:
        record = TaskRecord.read(answer)
    except InvalidAnswerError:
        return
    assert record.id
