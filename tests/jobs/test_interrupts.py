"""A process that is interrupted or killed while it waits, and what goes on after it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from nclue_pandas.sandbox import Sandbox, SandboxSettings

PROGRAM = """
import nclue_pandas as nclue
from nclue_pandas.progress import WaitProgress, subscribe

client = nclue.connect(
    bucket="nclue-sandbox",
    service=nclue.ServiceSettings.from_environment(requests_per_second=None),
)


def tell(event):
    if isinstance(event, WaitProgress):
        print("waiting", flush=True)


with subscribe(tell):
    print(client.get_feature("f").wait().status)
"""


@pytest.fixture
def environment(sandbox):
    return {
        **os.environ,
        "NCLOUD_ACCESS_KEY_ID": sandbox.access_key,
        "NCLOUD_SECRET_ACCESS_KEY": sandbox.secret_key,
        "NCLUE_API_URL": sandbox.api_url,
        "NCLUE_STORAGE_ENDPOINT": sandbox.endpoint,
        "NCLUE_STORAGE_REGION": sandbox.region,
    }


@pytest.fixture
def running(sandbox, client):
    """A job that goes on for as long as the test wants."""
    sandbox.configure(job_seconds=3600)
    sandbox.put_object("own/data.csv", b"u1\ttea\n")
    return client.create_feature_from_path("f", "own/data.csv")


def test_ctrl_c_leaves_the_job_and_says_how_to_resume(sandbox, running, environment):
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "the jobs go on" in err
    assert "client.get_feature('f')" in err
    assert sandbox.secret_key not in err
    assert running.refresh().status == "registered"

    sandbox.configure(job_seconds=0)
    again = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, text=True, capture_output=True
    )
    assert again.stdout.splitlines()[-1] == "completed", again.stderr


CELL = """
import nclue_pandas as nclue
client = nclue.connect(
    bucket="nclue-sandbox",
    service=nclue.ServiceSettings.from_environment(requests_per_second=None),
)
feature = client.create_feature_from_path("f", "own/data.csv")
feature.id
"""


def test_a_wait_goes_on_after_the_kernel_was_killed(environment, monkeypatch):
    """Run a cell in a real kernel, kill the kernel while it waits, run the cell again."""
    from jupyter_client.manager import start_new_kernel

    with Sandbox(SandboxSettings(job_seconds=3600)) as sandbox:
        sandbox.put_object("own/data.csv", b"u1\ttea\n")
        for name, value in {
            "NCLOUD_ACCESS_KEY_ID": sandbox.access_key,
            "NCLOUD_SECRET_ACCESS_KEY": sandbox.secret_key,
            "NCLUE_API_URL": sandbox.api_url,
            "NCLUE_STORAGE_ENDPOINT": sandbox.endpoint,
        }.items():
            monkeypatch.setenv(name, value)
        manager, kernel = start_new_kernel(startup_timeout=90)
        try:
            shown = run(kernel, CELL)
            kernel.execute("print('waiting', flush=True); feature.wait()")
            until_waiting(kernel)
            manager.restart_kernel(now=True)
            kernel.wait_for_ready(timeout=90)
            assert run(kernel, CELL) == shown
            sandbox.configure(job_seconds=0)
            assert run(kernel, "feature.wait().status") == "'completed'"
            assert run(kernel, "len(client.list_features())") == "1"
        finally:
            kernel.stop_channels()
            manager.shutdown_kernel(now=True)


def run(kernel, code):
    """Run a cell and return what it shows."""
    shown = []

    def look(message):
        if message["msg_type"] == "execute_result":
            shown.append(message["content"]["data"]["text/plain"])

    reply = kernel.execute_interactive(code, timeout=90, output_hook=look)
    assert reply["content"]["status"] == "ok", reply["content"]
    return shown[0]


def until_waiting(kernel):
    while True:
        message = kernel.get_iopub_msg(timeout=60)
        if message["msg_type"] == "stream" and "waiting" in message["content"]["text"]:
            return
