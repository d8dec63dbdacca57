"""``doctor`` over real HTTP: what stands in the way is named, with a remedy, and no key shown."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from nclue_pandas.cli import main
from nclue_pandas.errors import IncompleteUploadError
from nclue_pandas.storage.bucket import Bucket


@pytest.fixture
def examined(capsys):
    """Run the doctor; its exit status, and its findings by what was looked at."""

    def run(*arguments):
        status = main(["doctor", *arguments])
        shown = capsys.readouterr().out
        assert "Traceback" not in shown
        findings = {}
        for line in shown.splitlines():
            if line[:4].strip() in {"OK", "WARN", "FAIL"}:
                what = line[6:19].strip()
                findings[what] = [line[:4].strip(), line[21:]]
            elif line.startswith(f"{'':21}-> "):
                findings[what].append(line[24:])
        return status, findings, shown

    return run


def test_all_is_well(named, examined):
    status, findings, shown = examined()
    assert status == 0
    assert {level for level, *_ in findings.values()} == {"OK"}
    assert list(findings) == [
        *("versions", "keys", "gateway", "clock", "signature"),
        *("bucket list", "bucket put", "bucket head", "bucket get", "bucket delete"),
    ]
    assert "NCLOUD_ACCESS_KEY_ID" in findings["keys"][1]
    assert named.access_key not in shown
    assert named.secret_key not in shown
    assert named.objects() == {}


def test_arguments_name_the_places(named, examined, monkeypatch):
    places = {
        "--api-url": named.api_url,
        "--bucket": named.bucket,
        "--storage-endpoint": named.endpoint,
        "--storage-region": named.region,
    }
    for name in ("NCLUE_API_URL", "NCLUE_BUCKET", "NCLUE_STORAGE_ENDPOINT"):
        monkeypatch.delenv(name)
    assert examined(*(word for pair in places.items() for word in pair))[0] == 0


def test_keys_of_a_profile(named, examined, monkeypatch, tmp_path):
    folder = tmp_path / ".ncloud"
    folder.mkdir()
    (folder / "configure").write_text(
        f"[team]\nncloud_access_key_id={named.access_key}\n"
        f"ncloud_secret_access_key={named.secret_key}\n",
        "utf-8",
    )
    monkeypatch.setenv("NCLOUD_SECRET_ACCESS_KEY", "of another account")
    status, findings, _ = examined("--profile", "team")
    assert (status, findings["keys"][0]) == (0, "OK")
    assert "configure [team]" in findings["keys"][1]
    status, findings, _ = examined("--profile", "tema")
    assert status == 1
    assert "'team'" in findings["keys"][1]


@pytest.mark.parametrize("name", ["NCLOUD_ACCESS_KEY_ID", "NCLOUD_SECRET_ACCESS_KEY"])
def test_a_wrong_key(named, examined, monkeypatch, name):
    monkeypatch.setenv(name, "WRONGKEY1234567")
    status, findings, shown = examined()
    assert status == 1
    assert findings["clock"][0] == "OK"
    level, said, remedy = findings["signature"]
    assert level == "FAIL"
    assert "HTTP 401" in said
    assert "clock is right" in remedy
    assert "both keys" in remedy
    assert findings["bucket list"][0] == "FAIL"
    assert "key" in findings["bucket list"][1]
    assert "WRONGKEY1234567" not in shown


@pytest.mark.parametrize(("offset", "side"), [(400.0, "behind"), (-400.0, "ahead of")])
def test_a_clock_that_is_off(named, examined, offset, side):
    named.configure(clock_offset=offset)
    status, findings, _ = examined()
    assert status == 1
    level, said, remedy = findings["clock"]
    assert level == "FAIL"
    assert side in said
    assert "NTP" in remedy
    assert "clock first" in findings["signature"][2]


def test_a_clock_that_is_a_little_off_is_a_warning(named, examined):
    named.configure(clock_offset=120.0)
    status, findings, _ = examined()
    assert status == 0
    assert findings["clock"][0] == "WARN"


@pytest.mark.parametrize(
    ("rights", "says"), [("denied", "NCP_VPC_NCLUE_MANAGER"), ("not_subscribed", "Subscribe")]
)
def test_an_account_without_the_right(named, examined, rights, says):
    named.configure(account=rights)
    status, findings, _ = examined()
    assert (status, findings["signature"][0]) == (1, "FAIL")
    assert says in findings["signature"][2]


def test_no_network(named, examined, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("NCLUE_API_URL", f"http://127.0.0.1:{unused.getsockname()[1]}/api/v1")
        monkeypatch.delenv("NCLUE_BUCKET")
        status, findings, _ = examined()
    assert status == 1
    level, said, remedy = findings["gateway"]
    assert level == "FAIL"
    assert "cannot be reached" in said
    assert "HTTPS_PROXY" in remedy
    assert findings["bucket"][0] == "WARN"


def test_a_bucket_that_is_not_there(named, examined):
    status, findings, _ = examined("--bucket", "no-such-bucket")
    assert status == 1
    assert findings["bucket list"][0] == "FAIL"
    assert "no bucket 'no-such-bucket'" in findings["bucket list"][1]
    assert "Check the bucket's name" in findings["bucket list"][2]
    assert "bucket put" not in findings


def test_a_write_that_arrives_otherwise_leaves_nothing(named, examined, monkeypatch):
    write = Bucket.put

    def put(self, key, body, metadata):
        write(self, key, body, metadata)
        assert named.objects()
        raise IncompleteUploadError("It has 3 bytes on the store instead of 22.")

    monkeypatch.setattr(Bucket, "put", put)
    status, findings, _ = examined()
    assert (status, findings["bucket put"][0]) == (1, "FAIL")
    assert "bucket get" not in findings
    assert named.objects() == {}


def test_no_credentials(nothing_set, examined):
    status, findings, _ = examined()
    assert status == 1
    assert "NCLOUD_ACCESS_KEY_ID" in findings["keys"][1]
    assert list(findings) == ["versions", "keys"]


def test_an_impossible_address_is_a_finding_too(named, examined):
    status, findings, _ = examined("--api-url", "http://far.example/api/v1")
    assert status == 1
    assert "loopback" in findings["settings"][1]


def test_the_module_runs_as_a_program(named):
    command = [sys.executable, "-m", "nclue_pandas", "doctor"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "All that is needed works." in done.stdout
