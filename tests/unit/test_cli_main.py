"""What becomes of a command's errors: a message and a status, never a traceback."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
    assert status == 130
    assert "go on" in said


def test_a_missing_extra_is_named(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "nclue_pandas.sandbox.__main__", None)
    assert main(["sandbox"]) == 2
    assert "pip install 'nclue-pandas[sandbox]'" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error():
    code = "import sys; from nclue_pandas.cli import main; sys.exit(main(['doctor']))"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.wait(60) == 2
        assert b"Traceback" not in process.stderr.read()


def test_help_lists_the_commands(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    for command in ("demo", "doctor", "jobs", "usage", "sandbox"):
        assert command in shown
