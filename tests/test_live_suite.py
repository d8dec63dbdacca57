"""The live suite itself: it runs on request only, finds what is there, and clears up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nclue_pandas.assumptions import ASSUMPTIONS
from nclue_pandas.sandbox import Sandbox, SandboxSettings

pytestmark = pytest.mark.usefixtures("no_pauses")

ROOT = Path(__file__).parent.parent
PREFIXES = ("NCLUE_", "NCLOUD_", "AWS_", "COV_", "PYTEST_")


def run(home, **environment):
    """Run the live suite in a process of its own; return its exit status and output."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIXES)}
    command = [sys.executable, "-m", "pytest", "tests/live", "-p", "no:cacheprovider", "-s"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**kept, "HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def keys(sandbox):
    return {
        "NCLOUD_ACCESS_KEY_ID": sandbox.access_key,
        "NCLOUD_SECRET_ACCESS_KEY": sandbox.secret_key,
        "NCLUE_LIVE_BUCKET": sandbox.bucket,
        "NCLUE_API_URL": sandbox.api_url,
        "NCLUE_STORAGE_ENDPOINT": sandbox.endpoint,
        "NCLUE_STORAGE_REGION": sandbox.region,
        "NCLUE_LIVE_RATE": "none",
    }


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The suite's run against a sandbox, and what it left there."""
    with Sandbox(SandboxSettings()) as sandbox:
        sandbox.put_object("somebody/else.csv", b"not the suite's")
        status, output = run(tmp_path_factory.mktemp("home"), NCLUE_LIVE="1", **keys(sandbox))
        yield status, output, sandbox


def test_passes_against_the_sandbox(played):
    status, output, _ = played
    assert status == 0, output
    assert " passed" in output
    assert "skipped" not in output


def test_tells_what_it_saw_of_every_assumption_it_can_settle(played):
    _, output, _ = played
    shown = {line[1:].split("]")[0] for line in output.splitlines() if line.startswith("[")}
    assert len(shown) >= 20
    assert shown <= {entry.key for entry in ASSUMPTIONS}
    assert "what the service showed" in output


def test_leaves_nothing_behind_and_touches_nothing_else(played):
    _, _, sandbox = played
    assert list(sandbox.objects()) == ["somebody/else.csv"]
    made = [r for r in sandbox.requests if r.method == "POST" and r.status == 200]
    deleted = [r for r in sandbox.requests if r.method == "DELETE" and r.status == 200]
    assert len(made) == len(deleted) > 10


def test_does_not_show_the_keys(played):
    _, output, sandbox = played
    assert sandbox.secret_key not in output
    assert sandbox.access_key not in output


def test_is_skipped_unless_it_is_asked_for(played, tmp_path):
    _, _, sandbox = played
    before = len(sandbox.requests)
    status, output = run(tmp_path, **keys(sandbox))
    assert status == 0
    assert "make live" in output
    assert " passed" not in output
    assert len(sandbox.requests) == before


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, "NCLUE_LIVE_BUCKET"),
        pytest.param({"NCLUE_LIVE_BUCKET": "shop"}, "NCLOUD_ACCESS_KEY_ID", marks=pytest.mark.slow),
        pytest.param(
            {"NCLUE_LIVE_BUCKET": "shop", "NCLOUD_ACCESS_KEY": "half"},
            "SECRET",
            marks=pytest.mark.slow,
        ),
    ],
    ids=["no bucket", "no keys", "half a pair"],
)
def test_refuses_to_run_without_what_it_needs(environment, says, tmp_path):
    status, output = run(tmp_path, NCLUE_LIVE="1", **environment)
    assert status not in {0, 5}
    assert says in output
    assert "does not run" in output
