"""A store that sends anything: our errors, no other host, bounded memory, no key in any frame."""

from __future__ import annotations

import contextlib
import gc
import io
import random
import resource
import sys
import tracemalloc
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
from stores.hostile import Hostile, http

from nclue_pandas import errors
from nclue_pandas.config import Credentials, StorageSettings
from nclue_pandas.deadline import Deadline
from nclue_pandas.jobs.reference import Clock
from nclue_pandas.storage import bucket as storage
from nclue_pandas.storage import connection
from nclue_pandas.storage.results import read_result, result_spans

KEYS = Credentials("HostileTestAccess", "Hostile/Test+Secret")
ONCE = {"config_kwargs": {"retries": {"max_attempts": 1}, "read_timeout": 20}}
MEBI = 2**20


@pytest.fixture(scope="module")
def server():
    server = Hostile()
    yield server
    server.close()


@pytest.fixture(scope="module")
def bucket(server):
    """A bucket on the hostile server, which is asked once."""
    from s3fs import S3FileSystem

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(S3FileSystem, "retries", 1)
        patch.setattr(storage, "_PAUSES", ())
        yield bucket_at(server, ONCE)


@pytest.fixture
def hostile(server):
    server.requests.clear()
    return server


def bucket_at(server, options):
    endpoint = server.url.removesuffix("/api/v1")
    return storage.Bucket(StorageSettings("shop", endpoint=endpoint, options=options), lambda: KEYS)


ASKED = {
    "head": lambda bucket: bucket.head("a.csv"),
    "get": lambda bucket: bucket.get("a.csv"),
    "range": lambda bucket: bucket.get("a.csv", 0, 4),
    "list": lambda bucket: list(bucket.list("a")),
    "put": lambda bucket: bucket.put("a.csv", io.BytesIO(b"u\tx\n"), {}),
    "delete": lambda bucket: bucket.delete("a.csv"),
    "check": lambda bucket: bucket.check(),
    "cancellable": lambda bucket: bucket.cancellable().get("a.csv", 0, 4),
}


def assert_shows_no_key(error, own=__file__):
    """Assert that no frame of an error of ours shows a key."""
    told, frame = [str(error), repr(vars(error))], error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename != own:
            told.append(repr(frame.tb_frame.f_locals))
        frame = frame.tb_next
    assert not [text for text in told if KEYS.secret_key in text or KEYS.access_key in text]


def assert_ours(error, own=__file__):
    """Assert that an error is ours, and that no frame of it shows a key."""
    assert isinstance(error, errors.StorageError), repr(error)
    assert error.__cause__ is error.__context__ is None
    assert_shows_no_key(error, own)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("asked", ASKED)
def test_redirects_of_the_store_are_refused(hostile, bucket, asked, status):
    other = Hostile()
    locations = [other.url, hostile.url, "http://169.254.169.254/latest", "/elsewhere", ""]
    try:
        for place in locations[: None if status == 307 else 1]:
            headers = [f"Location: {place}", "x-amz-bucket-region: elsewhere-1"]
            hostile.answer = lambda line, headers=headers: http(b"", *headers, status=status)
            with pytest.raises(errors.StorageError, match=f"{status}, which leads elsewhere") as e:
                ASKED[asked](bucket)
            assert_ours(e.value)
    finally:
        other.close()
    assert other.requests == []
    assert {line.split()[1].partition("?")[0] for line in hostile.requests} <= {
        "/shop",
        "/shop/a.csv",
    }


def endless(*headers, status=200):
    """Yield an answer of 300 MiB; the client closes long before."""
    lines = [f"HTTP/1.1 {status} X", "Connection: close", *headers]
    yield "\r\n".join(lines).encode() + b"\r\n\r\n"
    for _ in range(300):
        yield b"<Contents>" * (MEBI // 10)


@pytest.mark.parametrize("status", [200, 403, 500])
@pytest.mark.parametrize("asked", [name for name in ASKED if name != "get"])
def test_what_a_store_sends_is_bounded(hostile, bucket, asked, status):
    hostile.answer = lambda line: endless(status=status)
    tracemalloc.start()
    try:
        with pytest.raises(errors.StorageError) as caught:
            ASKED[asked](bucket)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert_ours(caught.value)
    assert peak < 32 * MEBI


@pytest.mark.filterwarnings("ignore:Unclosed connection:ResourceWarning")  # aiohttp's own
@pytest.mark.parametrize("status", [403, 416, 999])
def test_a_body_that_cannot_be_decoded_is_not_waited_for_without_end(server, status, monkeypatch):
    """It says that it comes in chunks, and none is one; then the connection is gone."""
    options = {"config_kwargs": {"retries": {"max_attempts": 0}, "read_timeout": 2}}
    bucket = bucket_at(server, options)
    monkeypatch.setattr(connection.S3FileSystem, "retries", 1)
    server.answer = lambda line: endless("Transfer-Encoding: chunked", status=status)
    deadline = Deadline.of(Clock(), 60.0, "")
    for _ in range(4):
        with pytest.raises(errors.StorageError) as caught:
            bucket.within(deadline).delete("a.csv")
        assert_ours(caught.value)
    gc.collect()  # here, where aiohttp's warning is known
    assert deadline.left() > 20


def test_an_object_that_is_read_whole_is_bounded(hostile, bucket, monkeypatch):
    monkeypatch.setattr(storage, "OBJECT_LIMIT", 2 * MEBI)
    hostile.answer = lambda line: endless()
    with pytest.raises(errors.StorageError, match="more came"):
        bucket.get("a.csv")


@pytest.mark.parametrize(
    ("body", "length", "says"),
    [
        (b"u1\t0.5\nu2", None, "more came"),
        (b"u1\t", None, "3 came"),
        (b"", None, "0 came"),
        (b"u1\t", 4, "cannot be reached or failed"),
    ],
)
@pytest.mark.parametrize("status", [200, 206])
def test_a_block_has_the_length_that_was_asked_for(hostile, bucket, body, length, says, status):
    hostile.answer = lambda line: http(body, status=status, length=length)
    with pytest.raises(errors.StorageError, match=says) as caught:
        bucket.get("a.csv", 2, 6)
    assert_ours(caught.value)


def page(line):
    """Answer a page of keys that were never seen before, and announce more."""
    page.number += 1
    key = f"a{page.number:09d}"
    return http(
        f"<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>{key}</Key>"
        "<Size>1</Size></Contents></ListBucketResult>".encode()
    )


def test_a_listing_without_an_end_is_given_up(hostile, bucket, monkeypatch):
    monkeypatch.setattr(storage, "PAGE_LIMIT", 20)
    page.number, hostile.answer = 0, page
    with pytest.raises(errors.StorageError, match="does not end after 20 pages"):
        list(bucket.list("a"))
    assert len(hostile.requests) == 20


def test_a_listing_that_repeats_itself_ends(hostile, bucket):
    body = page("").partition(b"\r\n\r\n")[2]
    hostile.answer = lambda line: http(body)
    assert len(list(bucket.list("a"))) == 2
    assert len(hostile.requests) == 2


LISTED = (
    b"<ListBucketResult><Contents><Key>out/nclue_a_2026010100.tsv</Key><Size>8</Size>"
    b"</Contents></ListBucketResult>"
)


def random_answer(rng):
    """Return the bytes of an answer of any status, headers, length and body."""
    status = rng.choice([100, 200, 200, 200, 204, 206, 301, 304, 400, 403, 404, 416, 500, 503, 999])
    texts = [
        "Contents",
        "Key",
        "Size",
        "IsTruncated",
        "Error",
        "Code",
        "Message",
        "Region",
        "a.csv",
    ]
    xml = "".join(
        rng.choice([f"<{t}>", f"</{t}>", t, "1", "&#0;", "true", "\x1b"])
        for t in rng.choices(texts, k=20)
    )
    body = rng.choice(
        [
            b"",
            rng.randbytes(rng.randrange(300)),
            xml.encode(),
            f"<Error>{xml}</Error>".encode(),
            f"<ListBucketResult><Contents><{rng.choice(texts)}>x</Contents>".encode(),
            LISTED,
            b"u1\t0.5\n" * rng.randrange(2_000),
        ]
    )
    headers = rng.sample(
        [
            "ETag: x",
            "Last-Modified: never",
            "Last-Modified: Wed, 21 Oct 2026 07:28:00 GMT",
            "Content-Range: bytes 9-3/2",
            "x-amz-meta-nclue: \x07",
            "Location: http://evil.example/",
            "Content-Encoding: gzip",
            "Date: tomorrow",
            "x-amz-bucket-region: ' or 1",
            "Transfer-Encoding: chunked",
        ],
        k=rng.randrange(4),
    )
    length = rng.choice([None, None, None, 0, len(body) + 1, 10**15, -1])
    if rng.random() < 0.01:
        return endless(*headers, status=status)
    return http(body, *headers, status=status, length=length)


def resident():
    """Return the resident memory of this process; 0 where nothing tells it."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * resource.getpagesize() if status.exists() else 0


class Contacted:
    """Whom this process connects to or looks up while a block runs, as Python's audits tell."""

    _open: ClassVar[list[set]] = []
    _hooked = False

    def __enter__(self):
        self.hosts = set()
        self._open.append(self.hosts)
        if not Contacted._hooked:  # hooks are never taken away
            sys.addaudithook(self._hear)
            Contacted._hooked = True
        return self.hosts

    def __exit__(self, *error):
        self._open.remove(self.hosts)

    @classmethod
    def _hear(cls, event, arguments):
        if event == "socket.connect" and isinstance(arguments[1], tuple):
            for hosts in cls._open:
                hosts.add(arguments[1][:2])
        elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
            for hosts in cls._open:
                hosts.add((arguments[0], arguments[1] if len(arguments) > 1 else None))


#: Whole reads, beside the single requests.
READ = {
    "result": lambda bucket: read_result(bucket, "out/", sleep=lambda _: None),
    "result by name": lambda bucket: read_result(bucket, "out/a.tsv", sleep=lambda _: None),
    "spans": lambda bucket: [
        span.read(bucket) for span in result_spans(bucket, "out/", sleep=lambda _: None)[:3]
    ],
}


@pytest.mark.filterwarnings("ignore:Unclosed connection:ResourceWarning")  # aiohttp's own
@pytest.mark.timeout(3_000)
@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.slow)])
def test_random_answers_are_an_answer_or_our_error(hostile, bucket, count):
    rng = random.Random(5)
    hostile.answer = lambda line: random_answer(rng)
    asked = list((ASKED | READ).values())
    for ask in asked:  # what libraries take once
        with contextlib.suppress(errors.NclueError):
            ask(bucket)
    gc.collect()
    failed, before, most = 0, resident(), 0
    with Contacted() as contacted:
        for number in range(count):
            try:
                asked[number % len(asked)](bucket)
            except errors.StorageError as error:
                failed += 1
                assert_ours(error)
            except errors.ResultFormatError as error:
                failed += 1
                assert_shows_no_key(error)
            most = max(most, resident())
    print(f"{failed} of {count} failed, {(most - before) / MEBI:.1f} MiB more")
    assert failed > count / 4
    assert most - before < 64 * MEBI
    assert contacted == {("127.0.0.1", urlsplit(hostile.url).port)}
    assert not [line for line in hostile.requests if "/shop" not in line]


def no_files(*_, **__):
    """Fail as s3fs' constructor does when no file can be opened; keys are among its arguments."""
    raise OSError(24, "Too many open files")


@pytest.mark.parametrize("asked", ASKED)
def test_no_key_is_in_the_frames_of_a_constructor_that_fails(hostile, monkeypatch, asked):
    monkeypatch.setattr(connection.S3FileSystem, "__init__", no_files)
    with pytest.raises(errors.StorageError, match="Too many open files") as caught:
        ASKED[asked](bucket_at(hostile, ONCE))
    assert_ours(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"max_concurrency": 0},
        {"config_kwargs": {"s3": 7}},
        {"client_kwargs": {"bogus": 1}},
        {"config_kwargs": {"bogus": 1}},
        {"session": object()},
    ],
    ids=["concurrency", "s3", "client", "config", "session"],
)
def test_no_key_is_in_the_frames_of_an_option_that_is_bad(hostile, options):
    for ask in ASKED.values():
        with pytest.raises(errors.StorageError) as caught:
            ask(bucket_at(hostile, options))
        assert_ours(caught.value)
