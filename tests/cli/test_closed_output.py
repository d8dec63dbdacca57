"""Who reads no further ends the command: without a traceback, whatever was being written."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = [sys.executable, "-m", "nclue_pandas"]


def unread(*arguments, **more):
    """Run with an output that nobody reads any more; return the status and what was said."""
    reads, writes = os.pipe()
    os.close(reads)
    try:
        found = subprocess.run(
            [*PROGRAM, *arguments], stdout=writes, stderr=subprocess.PIPE, text=True, **more
        )
    finally:
        os.close(writes)
    return found.returncode, found.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        pytest.param(("doctor",), marks=pytest.mark.slow),
        pytest.param(("demo",), marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_an_output_that_nobody_reads_ends_the_command(arguments):
    status, said = unread(*arguments)
    assert status == (0 if arguments == ("--help",) else 2)
    assert "Traceback" not in said
    assert "BrokenPipeError" not in said


def test_a_plan_that_nobody_reads_is_no_error_of_the_input(named_by_environment, settings, folder):
    status, said = unread("predict", "settings.toml", "--plan", "--as-of", "2026-06-24", cwd=folder)
    assert status == 2
    assert "Traceback" not in said
    assert "Stopped" not in said


@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_a_stream_that_was_closed_before(closed, tmp_path):
    line = f'exec "$0" -m nclue_pandas predict {tmp_path}/none.toml {closed}'
    found = subprocess.run(["/bin/sh", "-c", line, sys.executable], capture_output=True, text=True)
    assert found.returncode == 2
    assert "Traceback" not in found.stderr + found.stdout
