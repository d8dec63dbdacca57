"""What is on the store of the tests, and what their requests and answers are made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pytest

from nclue_pandas import errors
from nclue_pandas.contract import ERROR_CODES

NO_ID = "00000000-0000-4000-8000-000000000000"
LONG = "n" * 101
STRING = pd.ArrowDtype(pa.string())
DOUBLE = pd.ArrowDtype(pa.float64())
PATHS = {
    "ok": "data/sequences.csv",
    "answers": "data/answers.csv",
    "empty": "data/empty.csv",
    "personal": "data/personal.csv",
    "personal answers": "data/personal-answers.csv",
    "absent": "data/nothing.csv",
    "forbidden": "data/a b.csv",
}


def frames():
    """240 users, half of whom like tea."""
    users = pd.Series([f"u{number:03d}" for number in range(240)])
    tea = pd.Series(range(240)) % 2
    sequences = pd.DataFrame(
        {
            "user_id": users,
            "sequence": tea.map({0: "black coffee->milk", 1: "green tea 녹차->milk"}),
        }
    )
    return sequences, pd.DataFrame({"user_id": users, "label": tea})


def upload(sandbox) -> None:
    sequences, answers = frames()
    lines = "".join(f"{user}\t{text}\n" for user, text in sequences.itertuples(index=False))
    labels = "".join(f"{user}\t{label}\n" for user, label in answers.itertuples(index=False))
    sandbox.put_object(PATHS["ok"], lines.encode("utf-8"))
    sandbox.put_object(PATHS["answers"], labels.encode("utf-8"))
    sandbox.put_object(PATHS["empty"], b"")
    sandbox.put_object(PATHS["personal"], b"u000\tmail to someone@example.com\n")
    sandbox.put_object(PATHS["personal answers"], b"010-1234-5678\t1\n")


def assert_refused(code, action) -> None:
    """The action ends in the typed error of `code`, with everything a user needs."""
    status, name = ERROR_CODES[code]
    with pytest.raises(errors.ApiError) as caught:
        action()
    error = caught.value
    assert type(error).__name__.lower().removesuffix("error") == name.replace("_", "").lower()
    assert (error.status, error.code) == (status, code)
    assert error.trace_id
    text = str(error)
    for part in (str(code), error.cause, error.remedy, error.trace_id):
        assert part
        assert part in text
    assert f"docs/errors.md#code-{code}" in text


def assert_not_found(action) -> None:
    """An unknown id has no code of its own: HTTP 404, and a LookupError."""
    with pytest.raises(errors.NotFoundError) as caught:
        action()
    assert caught.value.status == 404
    assert caught.value.trace_id
    assert isinstance(caught.value, LookupError)


def assert_recent(*times) -> None:
    for time in times:
        assert abs(datetime.now(UTC) - time) < timedelta(minutes=5)


def source(shop, path="ok", **changes):
    return {"source_bucket": shop.sandbox.bucket, "source_file_path": PATHS[path], **changes}


def train(shop, path="answers", **changes):
    side = {
        "train_feature_id": shop.feature.id,
        "train_bucket": shop.sandbox.bucket,
        "train_file_path": PATHS[path],
    }
    return {**side, **changes}


def train_and_test(shop, path="answers", **changes):
    side = {
        "test_feature_id": shop.feature.id,
        "test_bucket": shop.sandbox.bucket,
        "test_file_path": PATHS[path],
    }
    return {**train(shop), **side, **changes}


def place(shop, path="results/", **changes):
    return {"result_bucket": shop.sandbox.bucket, "result_file_path": path, **changes}


def run_of(shop, **changes):
    body = {"task_id": shop.task.id, "feature_id": shop.feature.id, **place(shop)}
    return {**body, **changes}


def likeness_of(shop, **changes):
    return {"feature_id": shop.feature.id, "keywords": ["tea"], **place(shop), **changes}


def assert_listed(frame, job) -> None:
    """The list shows the job as its own get operation does, with Arrow types."""
    row = frame.set_index("id").loc[job.id]
    record = job.refresh().record
    assert row["name"] == record.name
    assert row["status"] == record.status
    assert row["created_at"] == record.created_at
    assert all(isinstance(dtype, pd.ArrowDtype) for dtype in frame.dtypes)
