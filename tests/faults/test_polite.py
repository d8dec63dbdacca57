"""Faults that answer politely: rows lost, doubled or mixed, and nothing says so but their number."""

from __future__ import annotations

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas.errors import JobError, NclueError
from nclue_pandas.storage import layout, results

TABLE = "What a store does without a word"


@pytest.fixture
def store(service, monkeypatch):
    """Start with nothing; parts and blocks are small."""
    service.sandbox.reset()
    monkeypatch.setattr(layout, "part_count", lambda *_: 8)
    monkeypatch.setattr(results, "BLOCK", 1_000)
    yield service.sandbox.storage
    service.sandbox.storage.on_request = service.sandbox.storage.on_answer = None


def lost_part(service, store):
    def lose(environ):
        if environ["REQUEST_METHOD"] == "PUT" and environ["PATH_INFO"].endswith(".json"):
            store.on_answer = None
            keys = [key for key in service.sandbox.objects() if key.endswith("part-00003.csv")]
            store.delete(service.sandbox.bucket, keys[0])

    store.on_answer = lose


def changed_result(change):
    """Change the lines of a result before it is read for the first time."""

    def inject(service, store):
        def strike(environ):
            path = environ["PATH_INFO"]
            if environ["REQUEST_METHOD"] in {"GET", "HEAD"} and path.endswith(".tsv"):
                store.on_request = None
                key = path.removeprefix(f"/{service.sandbox.bucket}/")
                lines = store.get(service.sandbox.bucket, key).splitlines(keepends=True)
                store.put(service.sandbox.bucket, key, b"".join(change(lines)))

        store.on_request = strike

    return inject


def spoiled_block(block, spoil):
    """Do something else when one block of a result is asked for, the first or a later one."""

    def inject(service, store):
        def strike(environ):
            wanted = environ.get("HTTP_RANGE", "")
            if environ["PATH_INFO"].endswith(".tsv") and wanted.startswith(block):
                store.on_request = None
                return spoil(service, store, environ)
            return None

        store.on_request = strike

    return inject


def ignore_range(service, store, environ):
    body = store.get(
        service.sandbox.bucket, environ["PATH_INFO"].removeprefix(f"/{service.sandbox.bucket}/")
    )

    def answer(environ, start_response):
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    return answer


def replace(service, store, environ):
    key = environ["PATH_INFO"].removeprefix(f"/{service.sandbox.bucket}/")
    body = store.get(service.sandbox.bucket, key)
    store.put(service.sandbox.bucket, key, body.replace(b"u0", b"v0"))


FAULTS = {
    "lost part": lost_part,
    "half-written result": changed_result(lambda lines: lines[: len(lines) // 2]),
    "doubled lines": changed_result(lambda lines: lines * 2),
    "an id twice": changed_result(lambda lines: [*lines[:-1], lines[0]]),
    "cut line": changed_result(lambda lines: [*lines[:-1], lines[-1][:3]]),
    "Range ignored": spoiled_block("bytes=2000-", ignore_range),
    "object replaced before its first block": spoiled_block("bytes=0-", replace),
    "object replaced before another block": spoiled_block("bytes=2000-", replace),
}
#: What is gone when a block is read again.
IN_PASSING = {"Range ignored"}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_polite_fault(service, store, told, fault):
    """The error comes every time, whoever reads; when the job is deleted the same call is right."""

    def predict():
        return nclue.predict(service.sequences, service.answers, name="tea", client=service.client)

    FAULTS[fault](service, store)
    with pytest.raises(NclueError) as caught:
        predict()
    text = f"`{type(caught.value).__name__}`"
    if fault not in IN_PASSING:
        for kind in ("run", "task", "feature"):
            for job in service.jobs(kind):
                handle = getattr(service.client, f"get_{kind}")(job.id)
                if kind == "run" and "replaced" not in fault:
                    with pytest.raises(NclueError):
                        pd.concat(handle.iter_result())
                handle.delete()
    scores = predict().sort_values("user_id", ignore_index=True)
    assert scores["user_id"].tolist() == service.sequences["user_id"].tolist()
    assert [len(service.jobs(kind)) for kind in ("feature", "task", "run")] == [1, 1, 1]
    if isinstance(caught.value, JobError):
        assert caught.value.job_id
    told(TABLE, fault, "`predict`", text)
