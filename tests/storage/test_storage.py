"""Object Storage as NCP has it: what is written, what is left alone, what is found again."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import pickle
import ssl
from io import BytesIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from nclue_pandas import errors
from nclue_pandas.config import Credentials, StorageSettings
from nclue_pandas.sandbox.object_storage import ObjectStorage
from nclue_pandas.storage import layout, publish
from nclue_pandas.storage.bucket import Bucket
from nclue_pandas.storage.content import FrameContent
from nclue_pandas.storage.results import find_result, iter_result, read_result

KEYS = Credentials("ACCESS", "SECRET/secret+")
NAME = "shop-data"


def certificate(folder):
    """Make a certificate for 127.0.0.1 that nobody else trusts."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@pytest.fixture(scope="module", params=["http", "https"])
def served(request, tmp_path_factory):
    """A store, and the certificates to trust for it."""
    context, bundle = None, None
    if request.param == "https":
        cert, key = certificate(tmp_path_factory.mktemp("tls"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        bundle = str(cert)
    with ObjectStorage(KEYS.access_key, KEYS.secret_key, ssl=context) as store:
        yield store, bundle


@pytest.fixture
def store(served):
    store, _ = served
    store.create_bucket(NAME)
    yield store
    for key in store.list(NAME):
        store.delete(NAME, key)
    store.on_request = None
    store._backend.delete_bucket(NAME)


@pytest.fixture
def bucket(served, store):
    return connected(store, bundle=served[1])


def connected(store, *, keys=KEYS, name=NAME, bundle=None, **settings):
    made = StorageSettings(name, endpoint=store.endpoint, ca_bundle=bundle, **settings)
    return Bucket(made, lambda: keys)


def prepared(frame, name="s"):
    content = FrameContent.of_sequences(frame, "user_id", "sequence")
    return publish.prepare(content, "sequences", name, "nclue")


def sequences(count=200, seed=0):
    rng = np.random.default_rng(seed)
    users = [f"u{n:04d}" for n in rng.permutation(count)]
    texts = ["->".join(["녹차", "green tea", 'a "b"'][: 1 + n % 3]) for n in range(count)]
    return pd.DataFrame({"user_id": users, "sequence": texts})


@pytest.fixture
def small_parts(monkeypatch):
    """Parts of about a kilobyte."""
    monkeypatch.setattr(publish.prepare, "__defaults__", (1_000,))


def test_parts_hold_every_line_once(store, bucket, small_parts):
    frame = sequences()
    made = publish.publish(prepared(frame, "Shop 5월"), bucket)
    assert len(made.parts) > 3
    assert made.path.startswith("nclue/sequences/shop-5-")
    assert made.rows == 200
    lines = []
    for part in made.parts:
        body = store.get(NAME, part.key)
        assert len(body) == part.size
        lines += body.decode().splitlines()
        assert layout.is_ours(part.key, store.metadata(NAME, part.key))
    assert sorted(lines) == sorted(f"{u}\t{t}" for u, t in frame.itertuples(index=False))
    inside = [key for key in store.list(NAME) if key.startswith(made.path)]
    assert inside == [part.key for part in made.parts]
    assert set(store.list(NAME)) - set(inside) == {made.path.rstrip("/") + ".json"}
    assert store.uploads(NAME) == 0


def test_the_same_content_is_sent_once(store, bucket, small_parts):
    first = publish.publish(prepared(sequences()), bucket)
    puts = [r for r in store.requests if r.method == "PUT"]
    again = publish.publish(prepared(sequences().sample(frac=1, random_state=5)), bucket)
    assert (again.path, again.fingerprint) == (first.path, first.fingerprint)
    assert again.sent == ()
    assert [r for r in store.requests if r.method == "PUT"] == puts


def test_an_interrupted_upload_goes_on(store, bucket, small_parts):
    planned = publish.preview(prepared(sequences()), bucket)
    victim = planned.parts[2].key

    def refuse(environ):
        if environ["REQUEST_METHOD"] == "PUT" and victim in environ["PATH_INFO"]:
            raise ConnectionResetError

    store.on_request = refuse
    with pytest.raises(errors.StorageError, match="not sent twice"):
        publish.publish(prepared(sequences()), bucket)
    assert victim not in store.list(NAME)
    assert not any(key.endswith(".json") for key in store.list(NAME))
    there = set(store.list(NAME))
    store.on_request = None
    left = publish.preview(prepared(sequences()), bucket)
    assert set(left.sent) == {part.key for part in left.parts} - there != set()
    made = publish.publish(prepared(sequences()), bucket)
    assert set(made.sent) == {part.key for part in made.parts} - there | {
        made.path.rstrip("/") + ".json"
    }


def test_what_is_not_ours_is_left_alone(store, bucket):
    planned = publish.preview(prepared(sequences()), bucket)
    key = planned.parts[0].key
    store.put(NAME, key, b"somebody else's")
    with pytest.raises(errors.ForeignObjectError, match="prefix="):
        publish.publish(prepared(sequences()), bucket)
    assert store.get(NAME, key) == b"somebody else's"


def test_a_store_that_changes_uploads_is_noticed(store, bucket):
    answers = pd.DataFrame({"user_id": ["a", "b"], "label": [0, 1]})

    def shorten(environ):
        if environ["REQUEST_METHOD"] == "PUT":
            store.put(NAME, environ["PATH_INFO"].split("/", 2)[2], b"a\t0\n")
            return lambda environ, start: (start("200 OK", [("ETag", '"x"')]) and b"") or [b""]
        return None

    store.on_request = shorten
    content = FrameContent.of_answers(answers, "user_id", "label")
    with pytest.raises(errors.IncompleteUploadError, match="4 bytes"):
        publish.publish(publish.prepare(content, "answers", "s", "nclue"), bucket)


def test_the_requests_are_those_that_ncp_takes(store, bucket, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    before = len(store.requests)
    publish.publish(prepared(sequences()), bucket)
    made = store.requests[before:]
    assert {request.method for request in made} == {"HEAD", "PUT"}
    assert all(request.status in {200, 404} for request in made)
    assert not any("list-type" in r.query or "uploads" in r.query for r in made)


def test_wrong_keys_are_told_apart(store, served):
    wrong_key = connected(store, keys=Credentials("NOBODY", "x"), bundle=served[1])
    with pytest.raises(errors.StorageAccessError, match="access key is unknown"):
        wrong_key.head("a")
    wrong_secret = connected(store, keys=Credentials("ACCESS", "not-it"), bundle=served[1])
    with pytest.raises(errors.StorageAccessError, match="secret key is wrong") as caught:
        wrong_secret.put("a", BytesIO(b"x"), {})
    assert "not-it" not in str(caught.value) + repr(caught.value.__context__)


def test_a_missing_bucket_names_the_other_product(store, served):
    with pytest.raises(errors.BucketNotFoundError, match="two products"):
        connected(store, name="no-such-bucket", bundle=served[1]).check()


@pytest.mark.parametrize("served", ["https"], indirect=True)
def test_an_untrusted_certificate_is_refused(store):
    with pytest.raises(errors.StorageError, match="cannot be reached"):
        connected(store, options={"client_kwargs": {"region_name": "kr-standard"}}).check()


def test_a_bucket_has_no_secret_to_show(bucket):
    bucket.check()
    assert KEYS.secret_key not in repr(bucket)
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)) as caught:
        pickle.dumps(bucket)
    assert KEYS.secret_key not in str(caught.value)


def test_listing_goes_on_after_a_thousand_keys(store, bucket):
    for number in range(1_203):
        store.put(NAME, f"many/{number:05d}", b"")
    assert len({info.key for info in bucket.list("many/")}) == 1_203


RESULT = 'u1\t0.5\nNA\t0.25\n00123\t1e-3\n"q\t1\n'


@pytest.mark.parametrize("told", ["out/dir/", "out/dir/nclue_abc_2026010100.tsv", "out/dir/nclue"])
def test_results_are_found_by_final_name_directory_and_stem(store, bucket, told):
    store.put(NAME, "out/dir/nclue_abc_2026010100.tsv", RESULT.encode())
    store.put(NAME, "out/dir/readme.txt", b"no")
    store.put(NAME, "out/dir2/nclue_x_2026010100.tsv", b"other\t1\n")
    assert find_result(bucket, told).key == "out/dir/nclue_abc_2026010100.tsv"
    frame = read_result(bucket, told)
    assert frame["user_id"].tolist() == ["u1", "NA", "00123", '"q']
    assert frame["score"].tolist() == [0.5, 0.25, 0.001, 1.0]
    assert frame["score"].dtype == pd.ArrowDtype(pa.float64())


@pytest.mark.parametrize("told", [None, "", "../secret", "nowhere/", "nowhere/file.tsv"])
def test_a_result_that_is_not_there(bucket, told):
    paused = []
    with pytest.raises(errors.ResultNotFoundError):
        find_result(bucket, told, sleep=paused.append)
    assert sum(paused) in (0, pytest.approx(10, abs=1))


def test_extra_columns_and_headers_are_kept(store, bucket):
    store.put(NAME, "r/a.tsv", b"mid\tprob\tgrade\nu1\t0.5\tA\n")
    frame = read_result(bucket, "r/a.tsv")
    assert frame.columns.tolist() == ["user_id", "score", "grade"]
    store.put(NAME, "r/b.tsv", b"\xef\xbb\xbfu1\t0.5\tA\r\nu2\t0.1\tB\r\n")
    frame = read_result(bucket, "r/b.tsv")
    assert frame.columns.tolist() == ["user_id", "score", "col_3"]
    assert frame["col_3"].tolist() == ["A", "B"]
    assert frame["user_id"].tolist() == ["u1", "u2"]


@pytest.mark.parametrize("header", ["", "user_id\tscore\n"])
@pytest.mark.parametrize("block", [7, 64, 10_000])
def test_batches_are_the_whole(store, bucket, block, header):
    lines = "".join(f"u{n:03d}\t{n / 100}\n" for n in range(100))
    store.put(NAME, "r/c.tsv", (header + lines).encode())
    whole = read_result(bucket, "r/c.tsv")
    parts = list(iter_result(bucket, "r/c.tsv", block_bytes=block))
    joined = pd.concat(parts, ignore_index=True)
    pd.testing.assert_frame_equal(joined, whole)
    assert len(whole) == 100


def test_the_file_system_is_not_inherited(bucket, monkeypatch):
    first = bucket._filesystem
    assert bucket._filesystem is first
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert bucket._filesystem is not first
