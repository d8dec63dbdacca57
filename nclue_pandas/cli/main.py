"""Which command is meant, and what becomes of its errors: a message, never a traceback."""

from __future__ import annotations

import argparse
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nclue_pandas
from nclue_pandas.errors import MissingExtraError, NclueError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Exit statuses beside those of errors: whoever read the output went away; Ctrl-C.
STOPPED, INTERRUPTED = 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the command line.

    Returns
    -------
    int
        Exit status: 0; 1 when the doctor found a failure; 2, 3 or 4 for an error, as
        :func:`~nclue_pandas.cli.predict.exit_status` says; 130 after Ctrl-C.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed before the process began
            nothing = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for good
            setattr(sys, name, nothing)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # Korean on a terminal that cannot show it
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            status = _run(arguments)
        finally:  # also after --help
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left goes nowhere
        return STOPPED
    except (NclueError, OSError) as error:
        from nclue_pandas.cli.predict import exit_status

        sys.stderr.write(f"Stopped: {error}\n")
        return exit_status(error)
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped by Ctrl-C.\n")
        return INTERRUPTED
    return status


def _run(arguments: Sequence[str]) -> int:  # noqa: PLR0911 - one for each command
    if arguments and arguments[0] == "sandbox":
        return _sandbox(arguments[1:])
    options = _parser().parse_args(arguments)
    if options.command == "demo":
        from nclue_pandas.cli import demo

        return demo.run(options)
    if options.command == "doctor":
        from nclue_pandas.cli.doctor import run

        return run(options)
    if options.command in {"predict", "plan"}:
        from nclue_pandas.cli import predict

        return predict.run(options)
    if options.command in {"prune", "cleanup", "delete"}:
        from nclue_pandas.cli import retention

        return retention.run(options)
    if options.command == "explain":
        sys.stdout.write(f"{nclue_pandas.explain(options.error)}\n")
        return 0
    from nclue_pandas.cli import tables

    return tables.run(options)


def _sandbox(arguments: Sequence[str]) -> int:
    try:
        from nclue_pandas.sandbox.__main__ import main as serve
    except ImportError as error:
        raise MissingExtraError.of(error.name or "a library", "sandbox", "The sandbox") from error
    return serve(arguments)


def _parser() -> argparse.ArgumentParser:
    from nclue_pandas.cli import predict, retention
    from nclue_pandas.cli.account import add_account_arguments
    from nclue_pandas.cli.demo import add_arguments
    from nclue_pandas.cli.settings import SAMPLE

    parser = argparse.ArgumentParser(
        prog="python -m nclue_pandas", description="NCLUE from the command line."
    )
    version = f"nclue_pandas {nclue_pandas.__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(dest="command", required=True)
    add_arguments(commands.add_parser("demo", help="run the main job, step by step"))
    predict.add_arguments(
        commands.add_parser(
            "predict",
            help="run the chain of a file of settings, unwatched",
            epilog=f"A file of settings:\n\n{SAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    planned = commands.add_parser("plan", help="tell what predict would do and cost")
    predict.add_arguments(planned)
    planned.set_defaults(plan=True)
    doctor = commands.add_parser(
        "doctor", help="check keys, clock, gateway, bucket rights and versions"
    )
    add_account_arguments(doctor)
    doctor.add_argument(
        "--record",
        metavar="FILE_OR_DIR",
        help="write a sanitized capture of real exchanges, to settle what is undocumented",
    )
    add_account_arguments(commands.add_parser("jobs", help="list the account's jobs of all kinds"))
    add_account_arguments(
        commands.add_parser("usage", help="tokens, lines and disk per job, for STORAGE_FULL")
    )
    retention.add_commands(commands)
    explained = commands.add_parser("explain", help="cause and remedy of an error, offline")
    explained.add_argument("error", help="a code (10109), a fail code, or the name of an error")
    commands.add_parser("sandbox", help="serve the embedded service for other processes")
    return parser
