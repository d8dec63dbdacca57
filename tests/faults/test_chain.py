"""Every fault at every step of the chain: the scores come, and each job is there once."""

from __future__ import annotations

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas.sandbox.ncp_layer import Refusal

FAULTS = (
    *("drop_before", "drop_after_acting", "error_500", "error_503", "error_500_after_acting"),
    *("error_504_after_acting", "throttle", "quota", "redirect", "garbage", "html", "empty_body"),
    *("truncated", "deep_json", "wrong_types", "slow"),
)
STEPS = (
    *("list_runs", "list_tasks", "list_features", "create_feature", "get_feature"),
    *("create_task", "get_task", "create_run", "get_run"),
)
FAILURES = (
    *("DISK_SPACE_SHORTAGE", "NOT_EXIST_FILE", "OBS_DOWNLOAD_FAILED", "OBS_UPLOAD_FAILED"),
    "OBS_USER_FILE_ACCESS_ERROR",
)
OBJECTS = ("sequences/.csv", "sequences/.json", "answers/.csv", "results/")


@pytest.fixture
def chain(service):
    """Start with nothing; at the end look at what is there."""
    service.sandbox.reset()
    yield service
    for kind in ("feature", "task", "run"):
        assert len(service.jobs(kind)) == 1, kind
    kinds = sorted(key.split("/")[1] for key in service.sandbox.objects())
    assert kinds == ["answers", "results", "sequences", "sequences"]
    assert service.sandbox.storage.uploads(service.sandbox.bucket) == 0
    service.sandbox.storage.on_request = service.sandbox.storage.on_answer = None


@pytest.fixture
def predict(chain):
    def call():
        scores = nclue.predict(chain.sequences, chain.answers, name="tea", client=chain.client)
        by_user = scores.sort_values("user_id", ignore_index=True)
        assert by_user["user_id"].tolist() == chain.sequences["user_id"].tolist()
        tea = pd.Series(range(200)) % 2 == 1
        assert by_user["score"][tea].min() > by_user["score"][~tea].max()

    return call


@pytest.mark.matrix("step", STEPS, "fault", FAULTS)
def test_a_fault_at_a_step(chain, predict, outcome, settled, told, step, fault):
    chain.sandbox.inject(fault, operation=step)
    text = outcome(predict)
    settled(step, 2 if fault == "slow" else 1)
    told("Steps of `predict`", step, fault, text)


@pytest.mark.matrix("step", ("create_feature", "create_task", "create_run"), "code", FAILURES)
def test_a_job_that_fails_in_passing(chain, predict, outcome, told, step, code):
    chain.sandbox.inject(code, operation=step)
    told("Jobs of `predict` that fail for a passing cause", step, code, outcome(predict))


def strikes(environ, where, methods):
    folder, _, ending = where.partition("/")
    path = environ["PATH_INFO"]
    return environ["REQUEST_METHOD"] in methods and f"/{folder}/" in path and path.endswith(ending)


def once(storage, hook, where, methods, act):
    """Let a fault strike the first matching request of the store."""

    def strike(environ):
        if strikes(environ, where, methods):
            setattr(storage, hook, None)
            return act()
        return None

    setattr(storage, hook, strike)


def drop():
    raise ConnectionResetError


def internal():
    return Refusal("500 Internal Server Error", "InternalError", "We encountered an error.")


def slow_down():
    return Refusal("503 Slow Down", "SlowDown", "Please reduce your request rate.")


def forbidden():
    return Refusal("403 Forbidden", "AccessDenied", "Access denied.")


STRIKES = {
    "drop_before": ("on_request", drop),
    "drop_after_acting": ("on_answer", drop),
    "error_500": ("on_request", internal),
    "error_503": ("on_request", slow_down),
    "error_403": ("on_request", forbidden),
}


REQUESTS = (
    *(f"{method} {where}" for method in ("PUT", "HEAD") for where in OBJECTS[:3]),
    "GET results/",
)


@pytest.mark.matrix("request_of", REQUESTS, "fault", tuple(STRIKES))
def test_a_fault_of_the_store(chain, predict, outcome, told, request_of, fault):
    hook, act = STRIKES[fault]
    method, where = request_of.split(" ")
    methods = ("GET", "HEAD") if method == "GET" else (method,)
    once(chain.sandbox.storage, hook, where, methods, act)
    told("Requests of `predict` to Object Storage", f"`{request_of}`", fault, outcome(predict))
