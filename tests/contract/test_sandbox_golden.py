"""The sandbox against golden exchanges: the same requests, sent without the client.

The exchanges are replayed in one order that makes their state true. Ids are bound as the sandbox
gives them out; what it generates (times, sizes, AUROC, result names) is compared by type and
pattern; everything else has to be equal.
"""

from __future__ import annotations

import json
import re
import time
from datetime import datetime
from pathlib import Path

import pytest
import requests

from nclue_pandas.sandbox import Sandbox, SandboxSettings

GOLDEN = Path(__file__).parent / "golden"
OPERATIONS = {path.stem: json.loads(path.read_text()) for path in GOLDEN.glob("operations/*.json")}
VARIANTS = {path.stem: json.loads(path.read_text()) for path in GOLDEN.glob("variants/*.json")}
#: In this order every exchange finds the state that it supposes.
ORDER = (
    "create_feature",
    "create_feature_duplicate_ids",
    "get_feature",
    "list_features",
    "create_task",
    "get_task",
    "list_tasks",
    "create_task_without_test",
    "create_run",
    "get_run",
    "list_runs",
    "create_shopping_intent",
    "get_shopping_intent",
    "list_shopping_intents",
    "download_shopping_intent",
    "create_custom_attributes",
    "get_custom_attributes",
    "list_custom_attributes",
    "delete_custom_attributes",
    "delete_shopping_intent",
    "delete_run",
    "delete_task",
)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


class Replay:
    """Golden requests, sent to a sandbox with its own ids."""

    def __init__(self, sandbox, signature):
        self.sandbox = sandbox
        self.signature = signature
        self.bound = {}
        self.answers = {}

    def send(self, method, target, body=None):
        timestamp = str(time.time_ns() // 1_000_000)
        headers = {
            "x-ncp-apigw-timestamp": timestamp,
            "x-ncp-iam-access-key": self.sandbox.access_key,
            "x-ncp-apigw-signature-v2": self.signature(
                method, target, timestamp, self.sandbox.access_key, self.sandbox.secret_key
            ),
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        url = self.sandbox.api_url.removesuffix("/api/v1") + target
        return requests.request(
            method,
            url,
            headers=headers,
            data=None if body is None else json.dumps(body).encode(),
            timeout=30,
            allow_redirects=False,
        )

    def own_ids(self, text):
        for golden, own in self.bound.items():
            text = text.replace(golden, own)
        return text

    def golden_ids(self, text):
        for golden, own in self.bound.items():
            text = text.replace(own, golden)
        return text

    def play(self, name):
        exchange = {**OPERATIONS, **VARIANTS}[name]
        golden = exchange["request"]
        body = golden.get("json")
        if body is not None:
            body = json.loads(self.own_ids(json.dumps(body, ensure_ascii=False)))
        answer = self.send(golden["method"], self.own_ids(golden["target"]), body)
        if exchange["operation"].startswith("create_") and answer.ok:
            self._bind(exchange, answer.json())
        self.answers[name] = answer

    def _bind(self, exchange, answered):
        own_field = next(field for field in exchange["answer"]["json"] if field.endswith("_id"))
        golden_id = exchange["answer"]["json"][own_field]
        self.bound[golden_id] = answered[own_field]
        self._wait(exchange["request"]["target"], answered[own_field])

    def _wait(self, collection, job_id):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            state = self.send("GET", f"{collection}/{job_id}").json()
            if state["status"] in {"completed", "failed"}:
                return
            time.sleep(0.02)
        pytest.fail(f"{collection} {job_id} did not end: {state}")


def dataset():
    """480 users of two tastes; the label follows the taste, with some noise."""
    goods = (["lunch bag red", "런치백 소형", "jam jar"], ["running shoes", "마라톤 양말", "tent"])
    users = [f"u{number:04d}" for number in range(480)]
    taste = [number % 2 for number in range(480)]
    lines = [
        f"{user}\t{'->'.join(goods[t][(n + k) % 3] for k in range(2 + n % 3))}\n"
        for n, (user, t) in enumerate(zip(users, taste, strict=True))
    ]
    labels = [
        f"{user}\t{t if n % 15 else 1 - t}\n"
        for n, (user, t) in enumerate(zip(users, taste, strict=True))
    ]
    return lines, labels


@pytest.fixture(scope="module")
def replay(signature):
    lines, labels = dataset()
    with Sandbox(SandboxSettings(rate_limit=False, job_seconds=0.0)) as sandbox:
        for key, rows in {
            "golden/sequences/part-00000.csv": lines[:240],
            "golden/sequences/part-00001.csv": lines[240:],
            "golden/duplicate-ids.csv": [*lines[:5], lines[3]],
            "golden/answers/train.csv": labels[:240],
            "golden/answers/test.csv": labels[240:],
        }.items():
            sandbox.put_object(key, "".join(rows).encode("utf-8"))
        replay = Replay(sandbox, signature)
        for name in ORDER:
            replay.play(name)
            if name in {"create_run", "create_custom_attributes"}:
                replay.objects = sandbox.objects("golden/results/")
            if name == "get_run":
                replay.run_result = sandbox.read_object(
                    replay.answers[name].json()["result_file_path"]
                )
        # The task of the variant has no golden delete of its own, and stands in the way.
        other = replay.bound[VARIANTS["create_task_without_test"]["answer"]["json"]["task_id"]]
        assert replay.send("DELETE", f"/api/v1/tasks/{other}").status_code == 200
        replay.play("delete_feature")
        yield replay


def assert_generated(value, rule) -> None:
    """A generated value has the type and the pattern of its rule."""
    if rule.endswith(" or null"):
        if value is None:
            return
        rule = rule.removesuffix(" or null")
        if rule == "count":
            assert type(value) is int
            assert value >= 0
            return
    if rule == "timestamp":
        assert datetime.fromisoformat(value).year >= 2026
    elif rule == "count":
        assert type(value) is int
        assert value > 0
    elif rule == "auroc":
        assert type(value) is str
        assert 0.5 < float(value) <= 1
    elif rule == "fail message":
        assert "DUPLICATE_USERID" in value
    else:
        where, path = rule.removeprefix("result ").split(" ")
        stem = path + "nclue" if where == "in" else path
        assert re.fullmatch(rf"{re.escape(stem)}_[A-Za-z0-9]+_\d{{10}}\.tsv", value)


def assert_like(actual, golden, generated) -> None:
    """The same fields, and in each the golden value or what its rule allows."""
    assert set(actual) == set(golden)
    for field, value in golden.items():
        if isinstance(value, list):
            key = next(name for name in value[0] if name.endswith("_id"))
            assert {item[key] for item in actual[field]} == {item[key] for item in value}
            by_id = {item[key]: item for item in actual[field]}
            for item in value:
                assert_like(by_id[item[key]], item, generated)
        elif field in generated:
            assert_generated(actual[field], generated[field])
        else:
            assert (type(actual[field]), actual[field]) == (type(value), value), field


JSON_NAMES = [*(name for name in ORDER if name != "download_shopping_intent"), "delete_feature"]


@pytest.mark.parametrize("name", JSON_NAMES)
def test_answer(name, replay):
    exchange = {**OPERATIONS, **VARIANTS}[name]
    answer = replay.answers[name]
    assert answer.status_code == exchange["answer"]["status"], answer.text
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"
    actual = json.loads(replay.golden_ids(answer.content.decode("utf-8")))
    assert_like(actual, exchange["answer"]["json"], exchange["generated"])


def test_every_operation_is_replayed(replay):
    assert set(OPERATIONS) <= set(replay.answers)


def test_ids_are_uuids(replay):
    assert len(replay.bound) == 7
    assert all(UUID.match(own) for own in replay.bound.values())


def test_failed_and_completed_features_are_told_apart(replay):
    good, bad = OPERATIONS["list_features"]["answer"]["json"]["features"]
    listed = json.loads(replay.golden_ids(replay.answers["list_features"].text))["features"]
    by_id = {item["feature_id"]: item for item in listed}
    assert by_id[good["feature_id"]]["fail_message"] is None
    assert by_id[good["feature_id"]]["user_count"] == 480
    assert "DUPLICATE_USERID" in by_id[bad["feature_id"]]["fail_message"]


def test_download_is_the_tsv_itself(replay):
    answer = replay.answers["download_shopping_intent"]
    assert answer.status_code == 200
    profile_id = answer.request.path_url.rpartition("/")[2]
    assert f"{profile_id}.tsv" in answer.headers["Content-Disposition"]
    text = answer.content.decode("utf-8")
    assert not text.startswith(("{", "http"))
    lines = text.splitlines()
    assert len(lines) > 1
    assert len({line.count("\t") for line in lines}) == 1
    assert "\t" in lines[0]


def test_run_result_has_one_score_per_user(replay):
    rows = [line.split("\t") for line in replay.run_result.decode("utf-8").splitlines()]
    assert sorted(user for user, _ in rows) == [f"u{number:04d}" for number in range(480)]
    scores = {user: float(score) for user, score in rows}
    _, labels = dataset()
    hits = [scores[line[:5]] for line in labels if line.endswith("\t1\n")]
    rest = [scores[line[:5]] for line in labels if line.endswith("\t0\n")]
    assert sum(hits) / len(hits) > sum(rest) / len(rest) + 0.1


def test_result_files_are_where_the_answers_say(replay):
    for name in ("get_run", "get_custom_attributes"):
        assert replay.answers[name].json()["result_file_path"] in replay.objects


def test_deleted_jobs_are_gone(replay):
    for golden in ("get_feature", "get_task", "get_run"):
        target = replay.own_ids(OPERATIONS[golden]["request"]["target"])
        assert replay.send("GET", target).status_code == 404


def test_name_of_a_deleted_feature_is_free_again(replay):
    body = OPERATIONS["create_feature"]["request"]["json"]
    answer = replay.send("POST", "/api/v1/features", body)
    assert answer.status_code == 200
    assert answer.json()["feature_id"] not in replay.bound.values()
