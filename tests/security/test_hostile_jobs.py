"""Names, paths and messages of a hostile server: where they lead, and what is shown of them."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from stores.hostile import http
from stores.moto import MotoStore

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.config import ServiceSettings
from nclue_pandas.storage.result_lines import read_tsv
from nclue_pandas.storage.results import find_result, iter_result, read_result

RUN_ID = "00000000-0000-4000-8000-000000000001"
RUN = {"run_id": RUN_ID, "run_name": "scores", "status": "completed"}
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
NASTY = "\x1b]0;owned\x07<script>alert('x')</script><img src=x onerror=alert(1)>\u202etxt.exe\ud800\r\n\x9b2J"


@pytest.fixture(scope="module")
def store():
    with MotoStore.start() as store:
        store.put("results/a/nclue_x_2026010100.tsv", b"u1\t0.5\n")
        yield store


@pytest.fixture
def client(hostile, store):
    storage = {"endpoint": store.endpoint, "region": store.region}
    with nclue.connect(
        bucket=store.bucket,
        access_key=store.access_key,
        secret_key=store.secret_key,
        service=ServiceSettings(hostile.url, requests_per_second=None, retries=0),
        storage=storage,
    ) as connected:
        yield connected


def run_with(hostile, client, **changes):
    answer = json.dumps({**RUN, "result_bucket": "nclue-moto", **changes}).encode()
    hostile.answer = lambda line: http(answer)
    return client.get_run(RUN_ID)


OUTSIDE = [
    "../other/secret.tsv",
    "results/../../other/x.tsv",
    "results/a/../b.tsv",
    "..",
    "/../../etc/passwd",
    "results/%2e%2e/x.tsv",
    "results\\..\\x.tsv",
    "s3://other/x.tsv",
    "\x00",
    "results/\ud800",
    "a" * 5_000,
    "?prefix=&max-keys=1",
    "",
    None,
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_result_path_leads_nowhere_else(hostile, client, store, sleeper, path):
    asked = len(store.storage.requests)
    with pytest.raises((errors.ResultNotFoundError, errors.StorageError)) as caught:
        run_with(hostile, client, result_file_path=path).result()
    assert not STEERING.search(str(caught.value))
    for request in store.storage.requests[asked:]:
        assert request.method in {"GET", "HEAD"}
        assert request.path.startswith(f"/{store.bucket}")
        assert "/../" not in request.path


def test_a_result_in_another_bucket_is_refused_and_the_way_is_told(hostile, client, store):
    run = run_with(hostile, client, result_bucket="others", result_file_path="results/a/")
    asked = len(store.storage.requests)
    with pytest.raises(errors.ConfigurationError, match=r"connect\(bucket='others'\)"):
        run.result()
    assert len(store.storage.requests) == asked
    own = run_with(hostile, client, result_file_path="results/a/")
    assert own.result()["user_id"].tolist() == ["u1"]


class Page(HTMLParser):
    """Collects tags and attributes."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.attributes = set(), set()
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize(
    "status", ["completed", "failed", NASTY], ids=["completed", "failed", "nasty"]
)
def test_what_is_shown_of_a_job_can_do_nothing(hostile, client, status):
    run = run_with(
        hostile,
        client,
        run_name=NASTY,
        status=status,
        task_name=NASTY,
        feature_name=NASTY,
        fail_message=NASTY,
        result_file_path=NASTY,
    )
    shown = run._repr_html_()
    page = Page(shown)
    assert page.tags <= {"div", "strong", "span", "table", "thead", "tbody", "tr", "th", "td"}
    assert page.attributes <= {"style"}
    assert "&lt;script&gt;" in shown
    for text in (shown, repr(run), str(run)):
        assert not STEERING.search(text)
        assert text.encode("utf-8")


def test_what_a_failed_job_says_can_do_nothing(hostile, client):
    failed = {"run_name": NASTY, "status": "failed", "fail_message": f"COMMON_ERROR {NASTY}"}
    run = run_with(hostile, client, **failed)
    with pytest.raises(errors.JobFailed) as caught:
        run.wait()
    assert not STEERING.search(str(caught.value))
    assert caught.value.fail_code == "COMMON_ERROR"


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 429, 500, 503])
def test_what_a_refusal_says_can_do_nothing(hostile, client, status):
    body = {"error": {"errorCode": NASTY, "message": NASTY * 100, "details": NASTY}}
    header = f"x-ncp-trace-id: \x1b[31m{'t' * 5_000}"
    hostile.answer = lambda line: http(json.dumps(body).encode(), header, status=status)
    with pytest.raises(errors.NclueError) as caught:
        client.get_run(RUN_ID)
    shown = str(caught.value)
    assert not STEERING.search(shown)
    assert len(shown) < 2_000


def test_a_job_with_an_id_that_is_none_is_refused(hostile, client):
    for wrong in (NASTY, "a b", "", "한글", "x" * 500):
        with pytest.raises(errors.InvalidAnswerError, match="not an id"):
            run_with(hostile, client, run_id=wrong)


RESULTS = {
    "no TAB": b"<html>sign in</html>",
    "nothing": b"",
    "only line ends": b"\n\n\r\n",
    "no numbers": b"u1\tmany\nu2\tfew\n",
    "no UTF-8": b"u1\t0.5\n\xff\xfe\t0.1\n",
    "other widths": b"u1\t0.5\nu2\n",
    "zeros": b"\x00" * 1_000,
    "a million columns": b"\t" * 1_000_000 + b"x\n",
    "one endless line": b"u" * 3_000_000,
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_file_that_is_none(store, name):
    bucket = store.open()
    key = f"hostile/{name.replace(' ', '-')}.tsv"
    store.put(key, RESULTS[name])
    assert find_result(bucket, key).key == key
    with pytest.raises(errors.ResultFormatError):
        read_result(bucket, key)
    with pytest.raises(errors.ResultFormatError):
        list(iter_result(bucket, key, block_bytes=2**16))
    if name != "no numbers":
        with pytest.raises(errors.ResultFormatError):
            read_tsv(RESULTS[name])
