"""Services and stores that accept and never answer: a call ends at its deadline and loses nothing."""

from __future__ import annotations

import re
import time
import warnings
from types import SimpleNamespace

import pandas as pd
import pytest
from stores.freezer import Freezer

import nclue_pandas as nclue
from nclue_pandas.client import Client
from nclue_pandas.config import ServiceSettings, StorageSettings
from nclue_pandas.credentials import resolve_credentials
from nclue_pandas.errors import JobTimeout
from nclue_pandas.sandbox import Sandbox

slow = pytest.mark.slow
#: Seconds after the deadline within which a call has ended on a machine that is not busy.
LATE = 2.0
#: Where: server, beginning of the request, side of the wire, bytes that still pass there.
POINTS = {
    "service, before the first byte": ("api", "GET /api/v1/task-runs", "request", 0),
    "service, inside a create request": ("api", "POST /api/v1/tasks", "request", 40),
    "service, a create carried out": ("api", "POST /api/v1/features", "answer", 0),
    "service, inside the head of an answer": ("api", "GET /api/v1/features/", "answer", 60),
    "store, before the first byte": ("store", "HEAD /nclue-sandbox/nclue/sequences", "request", 0),
    "store, inside an upload": ("store", "PUT /nclue-sandbox/nclue/sequences", "request", 700),
    "store, an upload carried out": ("store", "PUT /nclue-sandbox/nclue/answers", "answer", 0),
    "store, inside a result": ("store", "GET /nclue-sandbox/nclue/results", "answer", 400),
}
TIMES = [1, pytest.param(5, marks=slow), pytest.param(25, marks=slow)]
#: One of each server in every run.
ALWAYS = ("service, a create carried out", "store, inside a result")


@pytest.fixture(scope="module")
def place():
    """A sandbox behind wires that freeze, and a client that knows only these."""
    users = pd.Series([f"u{number:03d}" for number in range(240)])
    tea = pd.Series(range(240)) % 2
    with (
        Sandbox() as sandbox,
        Freezer(sandbox.api_url) as api,
        Freezer(sandbox.endpoint) as store,
    ):
        sandbox._hosts.add(api.host)
        sandbox.storage.hosts.add(store.host)
        client = Client(
            resolve_credentials(access_key=sandbox.access_key, secret_key=sandbox.secret_key),
            ServiceSettings(api.endpoint, requests_per_second=None),
            StorageSettings(sandbox.bucket, endpoint=store.endpoint, region=sandbox.region),
        )
        place = SimpleNamespace(
            sandbox=sandbox,
            client=client,
            api=api,
            store=store,
            sequences=pd.DataFrame(
                {"user_id": users, "sequence": tea.map({0: "milk", 1: "green tea"})}
            ),
            answers=pd.DataFrame({"user_id": users, "label": tea}),
        )
        predict(place)  # what is imported once is not part of any deadline
        sandbox.reset()
        started = time.monotonic()
        predict(place)
        #: What the whole chain takes undisturbed: a second, or more on a busy machine.
        place.busy = max(0.0, time.monotonic() - started - 1)
        yield place


@pytest.fixture(autouse=True)
def anew(place):
    place.sandbox.reset()
    with nclue.option_context(poll_first=0.1, poll_longest=0.3), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    place.api.thaw()
    place.store.thaw()


def predict(place, timeout=None):
    return nclue.predict(
        place.sequences, place.answers, name="tea", client=place.client, timeout=timeout
    )


def ends_in_time(place, call, timeout):
    """Call; return the error, whose message tells the true time."""
    started = time.monotonic()
    with pytest.raises(JobTimeout) as caught:
        call()
    seconds = time.monotonic() - started
    assert timeout - 0.1 <= seconds <= timeout + LATE + place.busy
    told = re.match(r"After ([0-9.]+) s, of ([0-9.]+) s", str(caught.value))
    assert float(told[1]) == pytest.approx(seconds, abs=0.5 + place.busy)
    assert float(told[2]) == timeout
    return caught.value


def jobs(place):
    registry = place.sandbox._account.registry
    return {kind: len(registry._jobs[kind]) for kind in ("feature", "task", "run")}


@pytest.mark.parametrize("timeout", TIMES)
@pytest.mark.parametrize(
    "point", [each if each in ALWAYS else pytest.param(each, marks=slow) for each in POINTS]
)
def test_predict_ends_in_time_and_goes_on_where_it_stopped(place, point, timeout):
    server, *where = POINTS[point]
    getattr(place, server).freeze(*where)
    error = ends_in_time(place, lambda: predict(place, timeout), timeout)
    assert getattr(place, server).struck.is_set() or place.busy, "the call came to the point"
    assert "Make the same call of predict() again" in str(error)
    getattr(place, server).thaw()
    scores = predict(place)
    assert sorted(scores["user_id"]) == place.sequences["user_id"].tolist()
    assert jobs(place) == {"feature": 1, "task": 1, "run": 1}


@pytest.mark.parametrize("timeout", TIMES)
@pytest.mark.parametrize(
    ("server", "line"),
    [
        ("api", "GET /api/v1/task-runs/"),
        pytest.param("store", "GET /nclue-sandbox/nclue/results", marks=slow),
    ],
)
def test_an_answer_that_comes_byte_by_byte_is_not_waited_for(place, server, line, timeout):
    getattr(place, server).freeze(line, "answer", 10, drip=True)
    ends_in_time(place, lambda: predict(place, timeout), timeout)
    getattr(place, server).thaw()
    assert len(predict(place)) == 240


@pytest.mark.parametrize("timeout", TIMES)
@pytest.mark.parametrize("after", [0, pytest.param(30, marks=slow)])
def test_a_wait_ends_in_time(place, after, timeout):
    feature = place.client.create_feature("f", place.sequences)
    place.api.freeze("GET /api/v1/features/", "answer", after)
    error = ends_in_time(place, lambda: feature.wait(timeout), timeout)
    assert "get_feature('f')" in str(error)
    place.api.thaw()
    assert feature.wait(30).completed


@pytest.mark.parametrize("timeout", [0, 0.5])
def test_a_short_wait_is_a_look(place, timeout):
    feature = place.client.create_feature("f", place.sequences)
    assert feature.wait(timeout).completed
    place.sandbox.configure(job_seconds=3600)
    try:
        other = place.client.create_feature("g", place.sequences.head(200))
        error = ends_in_time(place, lambda: other.wait(timeout), timeout)
    finally:
        place.sandbox.configure(job_seconds=0)
    assert "Feature 'g' is registered" in str(error)


@pytest.mark.parametrize("timeout", TIMES)
@pytest.mark.parametrize(
    ("kind", "server", "line"),
    [
        ("run", "store", "HEAD /nclue-sandbox/nclue/results"),
        pytest.param("run", "store", "GET /nclue-sandbox/nclue/results", marks=slow),
        ("shopping_intent", "api", "GET /api/v1/profile/shopping-intents-download"),
    ],
)
def test_a_result_ends_in_time(place, kind, server, line, timeout):
    feature = place.client.create_feature("f", place.sequences)
    task = place.client.create_task("t", feature, place.answers)
    job = task.run(feature) if kind == "run" else task.shopping_intent("s")
    job.wait()
    getattr(place, server).freeze(line, "answer", 30)
    error = ends_in_time(place, lambda: job.result(timeout), timeout)
    assert f"get_{kind}(" in str(error)
    getattr(place, server).thaw()
    assert len(job.result(30)) > 0


def test_each_retry_is_a_warning_and_what_travels_is_told(place, caplog):
    caplog.set_level("INFO", logger="nclue_pandas")
    place.sandbox.inject("error_503", operation="get_feature", times=2)
    drops = iter([ConnectionResetError, ConnectionResetError])

    def drop(environ):
        if environ["REQUEST_METHOD"] == "PUT" and (error := next(drops, None)):
            raise error

    place.sandbox.storage.on_request = drop
    predict(place)
    place.sandbox.storage.on_request = None
    warned = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert sum("is sent again" in text for text in warned) == 2
    assert any("PutObject is sent to Object Storage again" in text for text in warned)
    told = [each.getMessage() for each in caplog.records if each.levelname == "INFO"]
    sent = [" ".join(text.split()[:3]) for text in told if text.startswith("uploaded")]
    assert sent == ["uploaded tea sequences:", "uploaded tea answers:"]
    assert sum(text.startswith("downloaded nclue_") for text in told) == 1
    secrets = place.sandbox.access_key, place.sandbox.secret_key
    assert not any(secret in caplog.text for secret in secrets)
