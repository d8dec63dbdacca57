"""What an upload leaves that is interrupted or killed after any byte: whole parts, or nothing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from jupyter_client.manager import start_new_kernel
from stores.publisher import prepared
from stores.relay import Relay

from nclue_pandas.storage import publish

TESTS = Path(__file__).parent.parent
ROWS, PART_BYTES = 3_000, 2**19
#: What passes between two processes when everything is sent.
TOTAL = 3_300_000

both = pytest.mark.parametrize("store", ["moto_http", "swift"], indirect=True)


@pytest.fixture(scope="module")
def dataset():
    return prepared(ROWS, PART_BYTES)


@pytest.fixture(scope="module")
def whole(dataset):
    """Every part's bytes by its key."""
    parts = dataset.dataset("bucket").parts
    assert len(parts) == 8
    return {part.key: dataset.body(part.number).read() for part in parts}


@pytest.fixture
def relay(store):
    with Relay(store.endpoint) as relay:
        if hasattr(store, "storage"):
            store.storage.hosts.add(urlsplit(relay.endpoint).netloc)
        yield relay


def asked(store, relay):
    told = store.through(relay.endpoint).to_dict()
    return {"store": told, "rows": ROWS, "part_bytes": PART_BYTES}


@contextmanager
def publishing(store, relay):
    """Publish in a process of its own, through the relay."""
    process = subprocess.Popen(
        [sys.executable, "-m", "stores.publisher"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=TESTS,
    )
    try:
        json.dump(asked(store, relay), process.stdin)
        process.stdin.close()
        yield process
    finally:
        process.kill()
        process.wait(60)
        process.stdout.close()


def assert_parts_are_whole(store, whole):
    """Assert that what can be seen are parts of the dataset, each with all its bytes."""
    seen = store.objects()
    manifest = {key for key in seen if key.endswith(".json")}
    assert seen.keys() - manifest <= whole.keys()
    assert all(seen[key] == whole[key] for key in seen.keys() - manifest)
    assert not manifest or seen.keys() - manifest == whole.keys()
    return seen


def assert_it_ends_well(store, dataset, whole):
    """Publish once more, to the end: what was there is kept, and nothing is left over."""
    before = assert_parts_are_whole(store, whole)
    made = publish.publish(dataset, store.open())
    assert set(made.sent) == {*whole, made.path.rstrip("/") + ".json"} - set(before)
    assert len(assert_parts_are_whole(store, whole)) == len(whole) + 1
    assert store.uploads() == []


def kill_after(count, store, relay):
    """Kill the publishing process when so many bytes have passed; let late ones pass too.

    Return whether it came to that: a process that has less to send ends by itself.
    """
    relay.hold(after=count)
    with publishing(store, relay) as process:
        while process.poll() is None and not relay.held.wait(0.05):
            pass
        killed = relay.held.is_set()
        process.kill()
        process.wait(60)
    relay.drain()
    return killed


@both
@pytest.mark.parametrize("share", [0.2, 0.7])
def test_a_killed_process_leaves_whole_parts(store, relay, dataset, whole, share):
    count = int(TOTAL * share) + random.randrange(TOTAL // 25)
    print(f"killed after {count:,} bytes")
    assert kill_after(count, store, relay)
    assert_it_ends_well(store, dataset, whole)


@pytest.mark.slow
@both
def test_kills_at_many_random_bytes(store, relay, dataset, whole):
    """Kill one process after another, all publishing the same dataset, until one ends by itself."""
    kills = 0
    while kill_after(random.randrange(4_000, 400_000), store, relay):
        kills += 1
        assert_parts_are_whole(store, whole)
    assert kills
    print(f"{kills} kills")
    assert_it_ends_well(store, dataset, whole)


@both
def test_control_c_cancels_what_is_on_its_way(store, relay, dataset, whole):
    relay.hold(after=TOTAL // 2)
    with publishing(store, relay) as process:
        assert relay.held.wait(60)
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted\n"  # while nothing can pass
        process.wait(60)
    before = assert_parts_are_whole(store, whole)
    relay.drain()
    after = assert_parts_are_whole(store, whole)
    assert before.items() <= after.items()
    assert_it_ends_well(store, dataset, whole)


CELL = """
import json, sys
sys.path.insert(0, {tests!r})
from stores.base import Access
from stores.publisher import prepared
from nclue_pandas.storage import publish
asked = json.loads({asked!r})
bucket = Access(**asked["store"]).open()
dataset = prepared(asked["rows"], asked["part_bytes"])
publish.publish(dataset, bucket)
"""


@pytest.fixture
def kernel(monkeypatch):
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def reply(client, message):
    """Wait for the end of a cell."""
    while True:
        answer = client.get_shell_msg(timeout=90)
        if answer["parent_header"].get("msg_id") == message:
            return answer["content"]


@pytest.mark.parametrize("store", ["swift"], indirect=True)
def test_control_c_in_a_kernel_that_lives_on(store, relay, dataset, whole, kernel):
    manager, client = kernel
    relay.hold(after=TOTAL // 2)
    told = json.dumps(asked(store, relay))
    message = client.execute(CELL.format(tests=str(TESTS), asked=told))
    assert relay.held.wait(90)
    os.kill(manager.provisioner.pid, signal.SIGINT)
    assert reply(client, message)["ename"] == "KeyboardInterrupt"
    relay.release()
    assert_parts_are_whole(store, whole)
    again = client.execute("made = publish.publish(dataset, bucket)\nassert made.sent")
    assert reply(client, again)["status"] == "ok"
    assert_it_ends_well(store, dataset, whole)
