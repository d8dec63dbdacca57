"""Every error code that a request can cause, provoked at the sandbox without the client."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import requests

from nclue_pandas.sandbox import Sandbox, SandboxSettings

CODES = json.loads((Path(__file__).parent / "golden" / "errors" / "codes.json").read_text())
STATUS = {entry["code"]: entry["status"] for entry in CODES}
NO_ID = "00000000-0000-4000-8000-000000000000"
DONE = {"completed", "failed"}


class Api:
    """Signed requests to a sandbox, each by hand."""

    def __init__(self, sandbox, signature):
        self.sandbox = sandbox
        self.signature = signature
        self.names = 0

    def send(self, method, path, body=None, **changes):
        """Send a request; `changes` may hold keys, `clock` (seconds off) and `drop` (a header)."""
        target = f"/api/v1{path}"
        access_key = changes.get("access_key", self.sandbox.access_key)
        secret_key = changes.get("secret_key", self.sandbox.secret_key)
        timestamp = str(int((time.time() + changes.get("clock", 0)) * 1000))
        headers = {
            "x-ncp-apigw-timestamp": timestamp,
            "x-ncp-iam-access-key": access_key,
            "x-ncp-apigw-signature-v2": self.signature(
                method, target, timestamp, access_key, secret_key
            ),
            "Content-Type": "application/json",
        }
        headers.pop(changes.get("drop", ""), None)
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        url = self.sandbox.api_url.removesuffix("/api/v1") + target
        return requests.request(method, url, headers=headers, data=data, timeout=30)

    def name(self):
        """Return a name that is free."""
        self.names += 1
        return f"job {self.names}"

    def make(self, path, body, *, wait=True):
        """Create a job and return its id."""
        answer = self.send("POST", path, {"name": self.name(), **body})
        assert answer.status_code == 200, answer.text
        made = answer.json()
        own = {"/features": "feature_id", "/tasks": "task_id", "/task-runs": "run_id"}
        job_id = made[own.get(path, "profile_id")]
        if wait:
            self.wait(path, job_id, DONE)
        return job_id

    def wait(self, path, job_id, states):
        """Ask until the job is in one of `states`; return its answer."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            job = self.send("GET", f"{path}/{job_id}").json()
            if job["status"] in states:
                return job
            time.sleep(0.02)
        return pytest.fail(f"{path}/{job_id} is {job['status']}")

    def feature(self, path="errors/sequences.csv", **options):
        body = {"source_bucket": self.sandbox.bucket, "source_file_path": path}
        return self.make("/features", body, **options)

    def task_body(self, feature_id, **changes):
        train = {
            "train_feature_id": feature_id,
            "train_bucket": self.sandbox.bucket,
            "train_file_path": "errors/answers.csv",
        }
        return {**train, **changes}

    def test_body(self, feature_id, path):
        return {
            "test_feature_id": feature_id,
            "test_bucket": self.sandbox.bucket,
            "test_file_path": path,
        }

    def result_body(self, path="errors/results/"):
        return {"result_bucket": self.sandbox.bucket, "result_file_path": path}


def refusal(answer):
    """Return status and code of an answer in the sandbox's default body shape."""
    return answer.status_code, int(answer.json()["error"]["errorCode"])


def assert_refused(answer, code) -> None:
    assert refusal(answer) == (STATUS[code], code), answer.text
    assert answer.headers["x-ncp-trace-id"]
    assert answer.json()["error"]["message"]


def upload(sandbox):
    """Put a good dataset and every kind of bad one."""
    users = [f"u{number:03d}" for number in range(220)]
    words = ("jam", "running shoes")
    lines = "".join(f"{u}\t{words[n % 2]}->tea\n" for n, u in enumerate(users))
    labels = "".join(f"{u}\t{n % 2}\n" for n, u in enumerate(users))
    mail = f"{users[0]}\tsend to someone@example.com->tea\n"
    for key, text in {
        "sequences.csv": lines,
        "answers.csv": labels,
        "empty.csv": "",
        "personal.csv": lines + mail.replace("u000", "x000"),
        "personal-answers.csv": labels + "010-1234-5678\t1\n",
        "few.csv": "".join(labels.splitlines(keepends=True)[:150]),
        "label.csv": labels + "x001\t2\n",
        "columns.csv": labels + "x001 1\n",
        "sequence-columns.csv": lines + "x001 tea\n",
        "duplicates.csv": lines + lines[:20].split("\n")[0] + "\n",
        "long-id.csv": lines + "x" * 101 + "\ttea\n",
        "sequences.txt": lines,
    }.items():
        sandbox.put_object(f"errors/{key}", text.encode("utf-8"))


@pytest.fixture(scope="module")
def api(signature):
    with Sandbox(SandboxSettings(rate_limit=False, job_seconds=0.0)) as sandbox:
        upload(sandbox)
        yield Api(sandbox, signature)


@pytest.fixture(scope="module")
def feature(api):
    return api.feature()


@pytest.fixture(scope="module")
def task(api, feature):
    return api.make("/tasks", api.task_body(feature))


@pytest.fixture
def slow(api):
    """While it is asked for, jobs do not end by themselves."""
    before = api.sandbox.settings
    api.sandbox.configure(job_seconds=3600.0)
    yield api
    api.sandbox.configure(job_seconds=before.job_seconds)


# The gateway.


@pytest.mark.parametrize(
    "header", ["x-ncp-apigw-timestamp", "x-ncp-iam-access-key", "x-ncp-apigw-signature-v2"]
)
def test_header_missing(header, api):
    answer = api.send("GET", "/features", drop=header)
    assert refusal(answer) == (401, 200)


@pytest.mark.parametrize("changes", [{"secret_key": "wrong"}, {"access_key": "wrong"}])
def test_wrong_key(changes, api):
    assert refusal(api.send("GET", "/features", **changes)) == (401, 200)


@pytest.mark.parametrize("clock", [-600, -301, 301, 600])
def test_clock_off(clock, api):
    assert refusal(api.send("GET", "/features", clock=clock)) == (401, 200)


@pytest.mark.parametrize("clock", [-290, 290])
def test_clock_nearly_right(clock, api):
    assert api.send("GET", "/features", clock=clock).status_code == 200


def test_signature_covers_the_query(api):
    timestamp = str(time.time_ns() // 1_000_000)
    keys = api.sandbox.access_key, api.sandbox.secret_key
    headers = {
        "x-ncp-apigw-timestamp": timestamp,
        "x-ncp-iam-access-key": keys[0],
        "x-ncp-apigw-signature-v2": api.signature("GET", "/api/v1/features", timestamp, *keys),
    }
    url = f"{api.sandbox.api_url}/features?index=0"
    assert refusal(requests.get(url, headers=headers, timeout=30)) == (401, 200)


def test_unknown_api(api):
    assert refusal(api.send("GET", "/nothing")) == (404, 300)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", {"name": 5}])
def test_bad_request(body, api):
    assert refusal(api.send("POST", "/features", body))[0] == 400


def test_more_than_one_request_per_second(signature):
    with Sandbox(SandboxSettings(rate_limit=True)) as sandbox:
        api = Api(sandbox, signature)
        answers = [api.send("GET", "/features") for _ in range(3)]
        assert answers[0].status_code == 200
        assert {answer.status_code for answer in answers[1:]} == {429}
        assert refusal(answers[1])[1] in {410, 420}


# Names, limits, ids.


@pytest.mark.parametrize("path", ["/features", "/tasks", "/task-runs"])
@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten"])
def test_10133_invalid_limit(path, limit, api):
    answer = api.send("GET", f"{path}?index=0&limit={limit}")
    if limit == "ten":
        assert refusal(answer) in {(422, 10133), (400, 100)}
    else:
        assert_refused(answer, 10133)


@pytest.mark.parametrize("profile", ["shopping-intents", "custom-attributes"])
def test_10133_invalid_limit_of_profiles(profile, api):
    assert_refused(api.send("GET", f"/profile/{profile}?limit=101"), 10133)


def creates(api, feature, task):
    """Return a create body, without its name, for each kind."""
    source = {"source_bucket": api.sandbox.bucket, "source_file_path": "errors/sequences.csv"}
    return {
        "/features": source,
        "/tasks": api.task_body(feature),
        "/task-runs": {"task_id": task, "feature_id": feature, **api.result_body()},
        "/profile/shopping-intents": {"task_id": task},
        "/profile/custom-attributes": {
            "feature_id": feature,
            "keyword_set": "tea",
            **api.result_body(),
        },
    }


COLLECTIONS = [
    "/features",
    "/tasks",
    "/task-runs",
    "/profile/shopping-intents",
    "/profile/custom-attributes",
]


@pytest.mark.parametrize("path", COLLECTIONS)
def test_10101_name_too_long(path, api, feature, task):
    body = creates(api, feature, task)[path]
    assert_refused(api.send("POST", path, {"name": "n" * 101, **body}), 10101)
    assert api.send("POST", path, {"name": "가" * 100, **body}).status_code == 200


@pytest.mark.parametrize("path", COLLECTIONS)
def test_10102_duplicate_name(path, api, feature, task):
    body = {"name": f"twice {path}", **creates(api, feature, task)[path]}
    assert api.send("POST", path, body).status_code == 200
    assert_refused(api.send("POST", path, body), 10102)


def test_name_is_unique_per_kind_only(api, feature, task):
    for path, body in creates(api, feature, task).items():
        answer = api.send("POST", path, {"name": "the same everywhere", **body})
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("path", ["/features", "/tasks", "/task-runs"])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_unknown_id(method, path, api):
    assert api.send(method, f"{path}/{NO_ID}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/profile/shopping-intents/{NO_ID}"),
        ("DELETE", f"/profile/shopping-intents/{NO_ID}"),
        ("GET", f"/profile/shopping-intents-download/{NO_ID}"),
        ("GET", f"/profile/custom-attributes/{NO_ID}"),
        ("DELETE", f"/profile/custom-attributes/{NO_ID}"),
    ],
)
def test_10124_profile_not_found(method, path, api):
    assert_refused(api.send(method, path), 10124)


def test_unknown_id_in_a_body(api, feature, task):
    bodies = creates(api, feature, task)
    for path, field in [
        ("/tasks", "train_feature_id"),
        ("/task-runs", "task_id"),
        ("/task-runs", "feature_id"),
        ("/profile/shopping-intents", "task_id"),
        ("/profile/custom-attributes", "feature_id"),
    ]:
        body = {**bodies[path], "name": api.name(), field: NO_ID}
        assert api.send("POST", path, body).status_code == 404, (path, field)


# Paths and what is there.


@pytest.mark.parametrize("path", ["errors/a b.csv", "errors/a:b.csv", "오류.csv", "errors/a\t.csv"])
def test_10103_10104_10105_invalid_path_character(path, api, feature):
    source = {"source_bucket": api.sandbox.bucket, "source_file_path": path}
    assert_refused(api.send("POST", "/features", {"name": api.name(), **source}), 10103)
    body = {"name": api.name(), **api.task_body(feature, train_file_path=path)}
    assert_refused(api.send("POST", "/tasks", body), 10104)
    body = {"name": api.name(), **api.task_body(feature, **api.test_body(feature, path))}
    assert_refused(api.send("POST", "/tasks", body), 10105)


def test_10103_10130_result_path(api, feature, task):
    body = {"name": api.name(), "task_id": task, "feature_id": feature}
    answer = api.send("POST", "/task-runs", {**body, **api.result_body("errors/a b/")})
    assert refusal(answer) in {(422, 10103), (422, 10130)}


def test_10130_invalid_result_file_path(api, feature, task):
    run = {"name": api.name(), "task_id": task, "feature_id": feature}
    assert_refused(api.send("POST", "/task-runs", {**run, **api.result_body("")}), 10130)
    profile = {"name": api.name(), "feature_id": feature, "keyword_set": "tea"}
    answer = api.send("POST", "/profile/custom-attributes", {**profile, **api.result_body("")})
    assert_refused(answer, 10130)


@pytest.mark.parametrize("path", ["errors/nothing.csv", "errors/nothing/"])
def test_10106_10107_10108_path_not_found(path, api, feature):
    source = {"source_bucket": api.sandbox.bucket, "source_file_path": path}
    assert_refused(api.send("POST", "/features", {"name": api.name(), **source}), 10106)
    body = {"name": api.name(), **api.task_body(feature, train_file_path=path)}
    assert_refused(api.send("POST", "/tasks", body), 10107)
    body = {"name": api.name(), **api.task_body(feature, **api.test_body(feature, path))}
    assert_refused(api.send("POST", "/tasks", body), 10108)


def test_10121_10122_10123_empty_content(api, feature):
    path = "errors/empty.csv"
    source = {"source_bucket": api.sandbox.bucket, "source_file_path": path}
    assert_refused(api.send("POST", "/features", {"name": api.name(), **source}), 10121)
    body = {"name": api.name(), **api.task_body(feature, train_file_path=path)}
    assert_refused(api.send("POST", "/tasks", body), 10122)
    body = {"name": api.name(), **api.task_body(feature, **api.test_body(feature, path))}
    assert_refused(api.send("POST", "/tasks", body), 10123)


def test_10109_10110_10111_personal_data(api, feature):
    source = {"source_bucket": api.sandbox.bucket, "source_file_path": "errors/personal.csv"}
    assert_refused(api.send("POST", "/features", {"name": api.name(), **source}), 10109)
    path = "errors/personal-answers.csv"
    body = {"name": api.name(), **api.task_body(feature, train_file_path=path)}
    assert_refused(api.send("POST", "/tasks", body), 10110)
    body = {"name": api.name(), **api.task_body(feature, **api.test_body(feature, path))}
    assert_refused(api.send("POST", "/tasks", body), 10111)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/features", "source_bucket"),
        ("/tasks", "train_bucket"),
        ("/task-runs", "result_bucket"),
        ("/profile/custom-attributes", "result_bucket"),
    ],
)
def test_10136_bucket_not_found(path, field, api, feature, task):
    body = {**creates(api, feature, task)[path], "name": api.name(), field: "no-such-bucket"}
    assert_refused(api.send("POST", path, body), 10136)


def test_10136_bucket_of_the_test_file_not_found(api, feature):
    test = {**api.test_body(feature, "errors/answers.csv"), "test_bucket": "no-such-bucket"}
    body = {"name": api.name(), **api.task_body(feature, **test)}
    assert_refused(api.send("POST", "/tasks", body), 10136)


# Keywords.


@pytest.mark.parametrize("keywords", ["", "\n", " \n "])
def test_10118_keyword_required(keywords, api, feature):
    body = {"name": api.name(), "feature_id": feature, "keyword_set": keywords}
    answer = api.send("POST", "/profile/custom-attributes", {**body, **api.result_body()})
    assert_refused(answer, 10118)


def test_10112_too_many_keywords(api, feature):
    body = {"feature_id": feature, **api.result_body()}
    most = "\n".join(["k" * 9] * 100) + "k"
    assert len(most) == 1000
    answer = api.send(
        "POST", "/profile/custom-attributes", {"name": api.name(), "keyword_set": most, **body}
    )
    assert answer.status_code == 200, answer.text
    answer = api.send(
        "POST",
        "/profile/custom-attributes",
        {"name": api.name(), "keyword_set": most + "k", **body},
    )
    assert_refused(answer, 10112)


# States.


def test_10113_incompatible_model(api, feature, task):
    other = api.feature()
    body = {"task_id": task, "feature_id": other, **api.result_body()}
    api.sandbox.configure(other_feature="refuse")
    try:
        answer = api.send("POST", "/task-runs", {"name": api.name(), **body})
    finally:
        api.sandbox.configure(other_feature="accept")
    assert_refused(answer, 10113)
    assert api.send("POST", "/task-runs", {"name": api.name(), **body}).status_code == 200


def test_10114_feature_processing(slow):
    unfinished = slow.feature(wait=False)
    body = {"name": slow.name(), **slow.task_body(unfinished)}
    assert_refused(slow.send("POST", "/tasks", body), 10114)
    body = {"feature_id": unfinished, "keyword_set": "tea", **slow.result_body()}
    answer = slow.send("POST", "/profile/custom-attributes", {"name": slow.name(), **body})
    assert_refused(answer, 10114)


def test_10115_task_processing(slow, feature):
    unfinished = slow.make("/tasks", slow.task_body(feature), wait=False)
    body = {"task_id": unfinished, "feature_id": feature, **slow.result_body()}
    assert_refused(slow.send("POST", "/task-runs", {"name": slow.name(), **body}), 10115)
    body = {"name": slow.name(), "task_id": unfinished}
    assert_refused(slow.send("POST", "/profile/shopping-intents", body), 10115)
    slow.send("DELETE", f"/tasks/{unfinished}")


def test_10117_download_of_an_unfinished_profile(slow, task):
    profile = slow.make("/profile/shopping-intents", {"task_id": task}, wait=False)
    assert_refused(slow.send("GET", f"/profile/shopping-intents-download/{profile}"), 10117)
