"""One request per second for several processes with several threads, as the server sees it."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from contextlib import ExitStack

import pytest

pytestmark = pytest.mark.usefixtures("no_pauses")

PROCESSES, THREADS = 4, 3
PROGRAM = """
import sys, threading, time
import nclue_pandas as nclue

rate, seconds, threads = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
client = nclue.connect(
    bucket="nclue-sandbox",
    service=nclue.ServiceSettings.from_environment(requests_per_second=rate),
)
client.service
print("ready", flush=True)
sys.stdin.readline()
end = time.monotonic() + seconds


def ask():
    while time.monotonic() < end:
        client.service.list_tasks()


asking = [threading.Thread(target=ask) for _ in range(threads)]
for thread in asking:
    thread.start()
for thread in asking:
    thread.join()
"""


def ask_from_processes(sandbox, tmp_path, rate, seconds):
    """Let all ask for as long as that; return the requests in the order of their arrival."""
    environment = {
        **os.environ,
        "XDG_CACHE_HOME": str(tmp_path),
        "NCLOUD_ACCESS_KEY_ID": sandbox.access_key,
        "NCLOUD_SECRET_ACCESS_KEY": sandbox.secret_key,
        "NCLUE_API_URL": sandbox.api_url,
    }
    command = [sys.executable, "-c", PROGRAM, str(rate), str(seconds), str(THREADS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with ExitStack() as stack:
        processes = [
            stack.enter_context(subprocess.Popen(command, env=environment, **pipes))
            for _ in range(PROCESSES)
        ]
        for process in processes:
            stack.callback(process.kill)
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in processes:
            process.communicate(timeout=seconds + 60)
            assert process.returncode == 0
    return sorted(sandbox.requests, key=lambda request: request.arrived)


def apart(requests):
    return [b.arrived - a.arrived for a, b in itertools.pairwise(requests)]


def throughput(requests):
    return (len(requests) - 1) / (requests[-1].arrived - requests[0].arrived)


def test_a_fast_pace_for_a_short_while(sandbox, tmp_path):
    rate = 10
    requests = ask_from_processes(sandbox, tmp_path, rate, 2)
    assert {request.status for request in requests} == {200}
    assert len(requests) >= PROCESSES * THREADS
    in_a_second = zip(requests, requests[rate:], strict=False)
    assert all(after.arrived - first.arrived >= 1 for first, after in in_a_second)


@pytest.mark.slow
def test_one_request_per_second_for_a_minute(sandbox, tmp_path):
    sandbox.configure(rate_limit=True)
    requests = ask_from_processes(sandbox, tmp_path, 1, 60)
    print(
        f"\n{PROCESSES} processes of {THREADS} threads: {len(requests)} requests, "
        f"{throughput(requests):.4f} per second; at least {min(apart(requests)):.4f} s and at "
        f"most {max(apart(requests)):.4f} s apart; none refused"
    )
    assert {request.status for request in requests} == {200}
    assert min(apart(requests)) >= 1
