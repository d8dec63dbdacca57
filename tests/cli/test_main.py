"""What becomes of a command's errors: a message and a status, never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

import nclue_pandas
from nclue_pandas import errors
from nclue_pandas.cli import main


@pytest.fixture
def told(monkeypatch, capsys):
    """Let a command end in an error; return the status and what was said."""

    def end_in(error):
        def run(_):
            raise error

        monkeypatch.setattr("nclue_pandas.cli.tables.run", run)
        return main(["jobs"]), capsys.readouterr().err

    return end_in


def test_errors(told):
    assert told(OSError("the disk is full")) == (2, "Stopped: the disk is full\n")
    status, said = told(KeyboardInterrupt())
    assert (status, said) == (130, "\nStopped by Ctrl-C.\n")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.ConfigurationError("no keys"), 2),
        (errors.JobNotFoundError("no run of that name"), 2),
        (errors.AuthenticationError("who", status=401), 3),
        (errors.BucketNotFoundError("none"), 3),
        (errors.BackendError("busy", status=503), 4),
        (errors.JobTimeout("late"), 4),
    ],
)
def test_errors_end_every_command_as_they_end_predict(told, error, status):
    found, said = told(error)
    assert found == status
    assert said.startswith(f"Stopped: {str(error).splitlines()[0]}")


def test_a_missing_extra_is_named(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "nclue_pandas.sandbox.__main__", None)
    assert main(["sandbox"]) == 2
    assert "pip install 'nclue-pandas[sandbox]'" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["doctor", "demo"])
def test_a_reader_that_goes_away_is_no_error(command):
    command = [sys.executable, "-m", "nclue_pandas", command]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.wait(120) == 2
        assert process.stderr.read() == b""


def test_a_terminal_that_cannot_show_korean_is_shown_the_rest():
    command = [sys.executable, "-m", "nclue_pandas", "demo"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "[9]" in done.stdout
    assert "\\uac15" in done.stdout


PROGRAM = """
import os, signal, sys, threading
import nclue_pandas.__main__ as started

started.main = lambda: print("done", flush=True) or 0
threading._register_atexit(os.kill, os.getpid(), signal.SIGINT)
started.program()
"""


def test_ctrl_c_while_a_finished_command_is_tidied_up_shows_nothing():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("done\n", "")
    assert done.returncode == -signal.SIGINT


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"nclue_pandas {nclue_pandas.__version__}\n"


def test_help_lists_the_commands(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    for command in ("demo", "doctor", "jobs", "usage", "sandbox"):
        assert command in shown
