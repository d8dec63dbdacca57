"""Variables of the environment: which are refused at once, which have no say, and none at home."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import nclue_pandas as nclue
from nclue_pandas.cli import main

pytestmark = pytest.mark.usefixtures("no_pauses")

#: No account and no server can be reached through these.
REFUSED = {
    "REQUESTS_CA_BUNDLE": "/nowhere/ca.pem",
    "CURL_CA_BUNDLE": "/nowhere/ca.pem",
    "AWS_CA_BUNDLE": "/nowhere/ca.pem",
    "HTTPS_PROXY": "socks5://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:port",
    "ALL_PROXY": "socks5h://127.0.0.1:9",
    "NCLOUD_SITE": "gov",
    "NCLOUD_API_GW": "https://ncloud.apigw.fin-ntruss.com",
}
#: These mean other programs.
NO_SAY = {
    "HTTP_PROXY": "http://127.0.0.1:9",
    "SSL_CERT_FILE": "/nowhere/ca.pem",
    "FSSPEC_S3_ANON": "true",
    "FSSPEC_S3_KEY": "somebody-elses",
    "FSSPEC_S3_ENDPOINT_URL": "http://127.0.0.1:9",
    "FSSPEC_S3": '{"requester_pays": true, "version_aware": true, "max_concurrency": 0}',
    "FSSPEC_S3A_TOKEN": "somebody-elses",
    "AWS_PROFILE": "nobody",
    "AWS_ACCESS_KEY_ID": "somebody-elses",
    "AWS_SESSION_TOKEN": "somebody-elses",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_REQUEST_CHECKSUM_CALCULATION": "when_supported",
    "AWS_RESPONSE_CHECKSUM_VALIDATION": "bogus",
    "AWS_MAX_ATTEMPTS": "many",
    "AWS_RETRY_MODE": "bogus",
    "AWS_CONFIG_FILE": "/nowhere/config",
    "AWS_DATA_PATH": "/nowhere",
}
KEYS = {"NCLOUD_ACCESS_KEY_ID": "A" * 20, "NCLOUD_SECRET_ACCESS_KEY": "S" * 40}

JOB = """
import sys
import pandas as pd
import nclue_pandas as nclue
from nclue_pandas.cli import main
frame = pd.DataFrame({"user_id": ["u1", "u2"], "sequence": ["tea->cup", "coffee"]})
with nclue.connect("sandbox"):
    job = frame.nclue.create_feature("logs").custom_attributes("tea", ["tea"])
    print(len(job.result()), "scores")
    from nclue_pandas.connecting import _Embedded
    from nclue_pandas.sandbox.__main__ import exports
    import os
    for line in exports(_Embedded.sandbox).splitlines():
        name, equals, value = line.removeprefix("export ").partition("=")
        if equals:
            os.environ[name] = value
    os.environ.pop("NCLOUD_SITE", None)
    os.environ.pop("NCLOUD_API_GW", None)
    sys.exit(main(["doctor"]))
"""


@pytest.fixture(autouse=True)
def clean(nothing_set, monkeypatch):
    """An environment that says nothing of what is tried here."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "FSSPEC_")) or name in {*REFUSED, *NO_SAY}:
            monkeypatch.delenv(name)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("name", REFUSED)
def test_a_variable_that_cannot_serve_is_told_at_once(monkeypatch, capsys, name):
    monkeypatch.setenv(name, REFUSED[name])
    with pytest.raises(nclue.errors.ConfigurationError, match=name):
        nclue.connect(bucket="my-bucket")
    assert main(["doctor", "--bucket", "my-bucket"]) == 1
    shown = capsys.readouterr().out
    failed = [line for line in shown.splitlines() if line.startswith("FAIL")]
    assert len(failed) == 1
    assert name in failed[0]


@pytest.mark.parametrize("name", NO_SAY)
def test_a_variable_of_others_has_no_say_in_settings(monkeypatch, name):
    before = nclue.connect(bucket="my-bucket").ref
    monkeypatch.setenv(name, NO_SAY[name])
    client = nclue.connect(bucket="my-bucket")
    assert client.ref == before
    for settings in (client._service_settings, client._storage_settings):
        assert (settings.verify, settings.proxies) == (True, {})
    made = client.storage._filesystem
    assert (made.key, made.secret, made.token, made.anon) == (*KEYS.values(), None, False)


def job(changes):
    """Do a job on the sandbox, and let the doctor look at it, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", JOB], capture_output=True, text=True, env=os.environ | changes
    )
    assert "2 scores" in done.stdout, done.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAIL" not in done.stdout


def test_nothing_of_the_environment_touches_the_sandbox():
    job(REFUSED | NO_SAY)


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED | NO_SAY)
def test_no_single_variable_touches_the_sandbox(name):
    job({name: (REFUSED | NO_SAY)[name]})


def test_files_of_fsspec_have_no_say(tmp_path):
    (tmp_path / "conf.json").write_text('{"s3": {"anon": true, "endpoint_url": "http://nowhere"}}')
    job({"FSSPEC_CONFIG_DIR": str(tmp_path)})


def test_descriptions_of_services_have_no_say(tmp_path):
    described = tmp_path / ".aws" / "models" / "s3" / "2006-03-01" / "service-2.json"
    described.parent.mkdir(parents=True)
    described.write_text("{}")
    read = """
from nclue_pandas.storage.connection import plain_session
loaders = [plain_session().get_component("data_loader") for _ in range(2)]
assert loaders[0] is loaders[1], "read once"
print(loaders[0].load_service_model("s3", "service-2")["metadata"]["serviceId"])
"""
    done = subprocess.run(
        [sys.executable, "-c", read],
        capture_output=True,
        text=True,
        env=os.environ | {"HOME": str(tmp_path), "AWS_DATA_PATH": str(described.parents[2])},
    )
    assert done.stdout == "S3\n", done.stderr
