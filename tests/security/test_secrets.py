"""Keys appear in nothing that leaves the library: every channel is searched, and planted in."""

from __future__ import annotations

import base64
import io
import logging
import pickle
import traceback
import warnings
from contextlib import redirect_stderr, redirect_stdout
from urllib.parse import quote

import pandas as pd
import pytest
import requests

import nclue_pandas as nclue
from nclue_pandas import credentials, errors
from nclue_pandas.client import Client
from nclue_pandas.config import Credentials, ServiceSettings, StorageSettings
from nclue_pandas.jobs import results
from nclue_pandas.jobs.handles import CustomAttributes
from nclue_pandas.progress import RequestSent, emit, subscribe
from nclue_pandas.sandbox import openapi
from nclue_pandas.service import transport
from nclue_pandas.storage.bucket import Bucket

#: Wrong ones, which no message may repeat either.
WRONG_ACCESS, WRONG_SECRET = "WRONGaccessWRONG", "wrong/SECRET+wrong"


class Channels(dict):
    """What came out, by channel."""

    def __repr__(self):
        return f"<Channels {list(self)}>"

    def add(self, channel, *told):
        """Add what came out of a channel."""
        self[channel] = self.get(channel, "") + "\n".join(map(str, told)) + "\n"

    def leaking(self, *keys):
        """Return the channels in which a key is, plain or encoded."""
        forms = {form for key in keys for form in spellings(key)}
        return {name for name, text in self.items() if any(form in text for form in forms)}


def spellings(key):
    """Return how a key may be written."""
    raw = key.encode()
    encoded = base64.b64encode(raw).decode().rstrip("=")
    return {key, quote(key, safe=""), encoded, raw.hex(), key[::-1], repr(key)[1:-1]}


def chain_of(error):
    """Yield an error and all that it is linked to, shown or not."""
    seen, waiting = set(), [error]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__cause__, each.__context__]


def caught(call):
    """Return the error of a call, or None."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever it is
        return error
    return None


def shown_as(value):
    """Return what a report of an error shows of a variable."""
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - a half-made object of a library
        return type(error).__name__


def add_error(channels, error):
    """Add messages, links, fields and pickles of an error, and every frame with its variables."""
    for each in chain_of(error):
        channels.add("error", each, repr(each), each.args, each.__dict__)
        for frame, _ in traceback.walk_tb(each.__traceback__):
            if frame.f_code.co_filename != __file__:  # not the caller's own
                shown = [f"{name}={shown_as(value)}" for name, value in frame.f_locals.items()]
                channels.add("traceback", frame.f_code.co_name, *shown)
    channels.add("pickle", pickle.dumps(error).decode("latin-1"))


class Collected(logging.Handler):
    """Keeps records as text."""

    def __init__(self, channels):
        super().__init__(logging.DEBUG)
        self._channels = channels

    def emit(self, record):
        own = record.name.startswith("nclue_pandas")
        self._channels.add("log" if own else "log of libraries", self.format(record))


def rejected(sandbox, **storage):
    """Return a client whose keys are wrong."""
    return Client(
        credentials.resolve_credentials(access_key=WRONG_ACCESS, secret_key=WRONG_SECRET),
        ServiceSettings(sandbox.api_url, requests_per_second=None, retries=0),
        StorageSettings(sandbox.bucket, sandbox.endpoint, sandbox.region, **storage),
    )


def rightful(sandbox, **storage):
    """Return a client whose keys are right."""
    keys = {"access_key": sandbox.access_key, "secret_key": sandbox.secret_key}
    return Client(
        credentials.resolve_credentials(**keys),
        ServiceSettings(sandbox.api_url, requests_per_second=None, retries=1),
        StorageSettings(sandbox.bucket, sandbox.endpoint, sandbox.region, **storage),
    )


def failures(sandbox, environ, home):
    """Yield what fails, each in its own way, with keys at hand."""
    client, wrong = rightful(sandbox), rejected(sandbox)
    yield wrong.service.list_features
    yield lambda: wrong.storage.put("a", io.BytesIO(b"x"), {})
    yield rightful(sandbox, options={"config_kwargs": {"s3": 7}}).storage.check
    yield lambda: rightful(sandbox, options={"client_kwargs": {"bogus": 1}}).storage.head("a")
    for fault in (
        "garbage",
        "drop_after_acting",
        "error_504_after_acting",
        "redirect",
        "deep_json",
    ):
        yield lambda fault=fault: (
            sandbox.inject(fault),
            client.service.create_feature(
                name=fault, source_bucket=sandbox.bucket, source_file_path="a.csv"
            ),
        )
    yield lambda: credentials.resolve_credentials(environ=environ, home=home)
    yield lambda: credentials.resolve_credentials(environ={}, home=home, profile="typo")
    yield lambda: credentials.resolve_credentials(environ={}, home=home, profile="half")
    yield lambda: pickle.dumps(client.storage)


def connect_failures():
    """Yield calls of connect that fail; the keys are not in the caller's frame."""
    keys = {"access_key": WRONG_ACCESS, "secret_key": WRONG_SECRET}
    half, odd = {"secret_key": WRONG_SECRET}, {**keys, "access_key": f"{WRONG_ACCESS}\n:"}
    yield lambda: nclue.connect(**half)
    yield lambda: nclue.connect(**odd)
    yield lambda: nclue.connect(role=True, **keys)
    yield lambda: nclue.connect(bucket="b-1", storage={"unknown": 1}, **keys)
    yield lambda: nclue.connect(bucket="Not A Bucket", **keys)
    yield lambda: nclue.connect("unknown", **keys)


def work(sandbox, channels):
    """Do what users do, and add all that they get to see."""
    client = rightful(sandbox)
    frame = pd.DataFrame({"user_id": ["u1", "u2"], "sequence": ["tea->cup", "coffee"]})
    feature = client.create_feature("logs", frame).wait()
    profile = feature.custom_attributes("tea", ["tea"])
    scores = profile.result()
    plan = client.storage.cancellable()
    for shown in (client, feature, profile, client.storage, client.service, plan, client.ref):
        channels.add("repr", repr(shown), str(shown))
    channels.add("repr", client.ref.__dict__, vars(feature), vars(profile))
    channels.add("html", feature._repr_html_(), profile._repr_html_(), scores._repr_html_())
    channels.add("attrs", scores.attrs, pickle.dumps(scores).decode("latin-1"))
    channels.add("pickle", *(pickle.dumps(x).decode("latin-1") for x in (feature, profile, client)))
    for path in ("api/v1/openapi.json", "_sandbox/settings", "_sandbox/requests"):
        channels.add(
            "sandbox", requests.get(sandbox.api_url.replace("api/v1", path), timeout=30).text
        )
    channels.add("sandbox", sandbox, sandbox.storage, sandbox.requests, sandbox.storage.requests)
    for key in sandbox.objects():
        channels.add("objects", key, sandbox.read_object(key).decode("latin-1"))


def all_channels(sandbox, home):
    """Work and fail, and return everything that came out anywhere."""
    channels, root = Channels(), logging.getLogger()
    handler, level, out = Collected(channels), root.level, io.StringIO()
    environ = {"NCLOUD_SECRET_ACCESS_KEY": sandbox.secret_key}
    (home / ".ncloud").mkdir(exist_ok=True)
    (home / ".ncloud" / "configure").write_text(
        f"[DEFAULT]\nncloud_secret_access_key={sandbox.secret_key}\n"
        f"[half]\nncloud_access_key_id={sandbox.access_key}\n"
    )
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with (
            redirect_stdout(out),
            redirect_stderr(out),
            warnings.catch_warnings(record=True) as warned,
            subscribe(lambda event: channels.add("event", event)),
        ):
            work(sandbox, channels)
            failed = 0
            for call in (*failures(sandbox, environ, home), *connect_failures()):
                if (error := caught(call)) is not None:
                    failed += 1
                    add_error(channels, error)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    channels.add("output", out.getvalue(), *(each.message for each in warned))
    channels.add("calls", failed)
    return channels


@pytest.fixture
def channels(sandbox, tmp_path):
    return all_channels(sandbox, tmp_path)


def test_no_key_comes_out_anywhere(sandbox, channels):
    wanted = {"repr", "html", "attrs", "pickle", "error", "traceback", "log", "event", "sandbox"}
    assert wanted | {"objects", "output", "log of libraries"} <= channels.keys()
    assert all(len(channels[name]) > 100 for name in wanted)
    assert channels["calls"].strip() == "19"
    assert channels.leaking(sandbox.secret_key, WRONG_SECRET) == set()
    accounts = channels.leaking(sandbox.access_key, WRONG_ACCESS)
    assert accounts <= {"log of libraries"}, "botocore logs the headers that it sends"


def secret_of(thing):
    account = getattr(thing, "client", thing)  # of a client that a deadline bounds
    return account._credentials().secret_key


def in_log(name):
    def plant(monkeypatch):
        sign = transport.sign

        def telling(*arguments):
            logging.getLogger(name).debug("signing with %s", arguments)
            return sign(*arguments)

        monkeypatch.setattr(transport, "sign", telling)

    return plant


def in_method(owner, name, told):
    """Let a method add the secret to what it returns."""

    def plant(monkeypatch):
        method = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda self, *a: told(self, method(self, *a)))

    return plant


def in_event(monkeypatch):
    sign = transport.sign

    def telling(*arguments):
        emit(RequestSent(method="GET", path=arguments[-1]))
        return sign(*arguments)

    monkeypatch.setattr(transport, "sign", telling)


def in_output(monkeypatch):
    sign = transport.sign

    def telling(*arguments):
        print(arguments)
        return sign(*arguments)

    monkeypatch.setattr(transport, "sign", telling)


def in_attrs(monkeypatch):
    def signed(frame, job):
        frame.attrs["key"] = base64.b64encode(secret_of(job.client).encode()).decode()
        return frame

    monkeypatch.setattr(results, "_signed", signed)


def in_error(monkeypatch):
    translate = Bucket._translation

    def refused(self, operation, key, error):
        if isinstance(error, FileNotFoundError):
            return translate(self, operation, key, error)
        return errors.StorageAccessError(f"{key} refused for {self._credentials().secret_key}")

    monkeypatch.setattr(Bucket, "_translation", refused)


def in_cause(monkeypatch):
    """Link our error to that of the libraries, whose frames hold keys in plain."""

    def guarded(self, operation, key, work):
        try:
            return work()
        except errors.NclueError:
            raise
        except Exception as error:  # noqa: BLE001 - as before
            raise self._translation(operation, key, error) from None

    monkeypatch.setattr(Bucket, "_guarded", guarded)


def in_frames(monkeypatch):
    monkeypatch.setattr(nclue, "connect", nclue.connect.__wrapped__)


def in_openapi(monkeypatch):
    describe = openapi.description
    monkeypatch.setattr(openapi, "description", lambda url: describe(url) | {"x-key": WRONG_SECRET})


def in_objects(monkeypatch):
    put = Bucket.put

    def telling(self, key, body, marks, *md5):
        secret = self._credentials().secret_key.encode()
        put(self, f"elsewhere/{key}", io.BytesIO(secret), marks)
        put(self, key, body, marks, *md5)

    monkeypatch.setattr(Bucket, "put", telling)


PLANTS = {
    "log": in_log("nclue_pandas"),
    "log of libraries": in_log("botocore.auth"),
    "repr": in_method(Client, "__repr__", lambda client, text: text + secret_of(client)),
    "html": in_method(
        CustomAttributes, "_repr_html_", lambda job, text: text + quote(secret_of(job.client))
    ),
    "pickle": in_method(
        CustomAttributes, "__reduce__", lambda job, _: (str, (secret_of(job.client),))
    ),
    "event": in_event,
    "output": in_output,
    "attrs": in_attrs,
    "error": in_error,
    "traceback": in_cause,
    "sandbox": in_openapi,
    "objects": in_objects,
}


@pytest.mark.parametrize("channel", PLANTS)
def test_a_planted_key_is_found(sandbox, tmp_path, monkeypatch, channel):
    PLANTS[channel](monkeypatch)
    planted = all_channels(sandbox, tmp_path)
    assert channel in planted.leaking(sandbox.secret_key, WRONG_SECRET)


def test_a_planted_frame_of_connect_is_found(sandbox, tmp_path, monkeypatch):
    in_frames(monkeypatch)
    planted = all_channels(sandbox, tmp_path)
    assert planted.leaking(WRONG_SECRET) == {"traceback"}


def public_calls(client, feature, profile, run):
    """Yield every call of the public surface that touches the store, by name."""
    import dask.dataframe as dd

    import nclue_pandas.dask

    frame = pd.DataFrame({"user_id": [f"u{n}" for n in range(400)], "sequence": "tea->cup"})
    answers = pd.DataFrame({"user_id": frame["user_id"], "label": [0, 1] * 200})
    pieces = dd.from_pandas(frame, npartitions=2)
    chain = {"name": "chain", "client": client}
    yield "create_feature", lambda: nclue.create_feature(frame, "again", client=client)
    yield "accessor", lambda: frame.nclue.create_feature("accessor", client=client)
    yield "create_task", lambda: client.create_task("task", feature, answers)
    yield "predict", lambda: frame.nclue.predict(answers, **chain)
    yield "plan", lambda: frame.nclue.plan(answers, **chain)
    yield "result", profile.result
    yield "run's result", run.result
    yield "iter_result", lambda: list(profile.iter_result())
    yield "result on Dask", lambda: run.result(engine="dask")
    yield "create_feature on Dask", lambda: pieces.nclue.create_feature("dask", client=client)
    yield "read_parquet", lambda: nclue_pandas.dask.read_parquet("parts/", client=client)
    yield "cleanup", client.cleanup
    yield "head", lambda: client.storage.head("a")
    yield "check", client.storage.check


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_no_key_is_in_a_frame_when_the_store_cannot_be_connected(sandbox, monkeypatch):
    from nclue_pandas.storage import connection

    client = rightful(sandbox)
    frame = pd.DataFrame({"user_id": [f"u{n}" for n in range(400)], "sequence": "tea->cup"})
    answers = pd.DataFrame({"user_id": frame["user_id"], "label": [0, 1] * 200})
    feature = client.create_feature("logs", frame).wait()
    profile = feature.custom_attributes("tea", ["tea"]).wait()
    run = client.create_task("task-1", feature, answers).wait().run(feature).wait()
    client.storage._connected = None

    def no_files(self, *_, **__):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(connection.S3FileSystem, "__init__", no_files)
    for name, call in public_calls(client, feature, profile, run):
        channels, error = Channels(), caught(call)
        assert isinstance(error, errors.StorageError), (name, error)
        assert "Too many open files" in str(error), name
        add_error(channels, error)
        assert channels.leaking(sandbox.access_key, sandbox.secret_key) == set(), name


@pytest.mark.parametrize("which", ["access_key", "secret_key"])
@pytest.mark.parametrize(
    "key", ["", "SECRET\nHost: evil", "SECRET키", "SECRET\x00", 1234567, b"SECRET"]
)
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(which, key):
    keys = {"access_key": "access", "secret_key": "secret"} | {which: key}
    with pytest.raises(errors.CredentialsError, match="printable ASCII") as caught:
        Credentials(**keys)
    with pytest.raises(errors.CredentialsError) as connecting:
        nclue.connect(bucket="shop", **keys)
    for error in (caught.value, connecting.value):
        assert not key or str(key) not in f"{error!r} {error}"
