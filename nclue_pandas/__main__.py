"""``python -m nclue_pandas``: demo, jobs, sandbox."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the command line.

    Returns
    -------
    int
        Exit status.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] == "sandbox":
        from nclue_pandas.sandbox.__main__ import main as serve

        return serve(arguments[1:])
    options = _parser().parse_args(arguments)
    if options.command == "demo":
        from nclue_pandas.demo import command

        return command.run(options)
    return _jobs(options)


def _parser() -> argparse.ArgumentParser:
    from nclue_pandas.demo.command import add_arguments

    parser = argparse.ArgumentParser(prog="python -m nclue_pandas", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    add_arguments(commands.add_parser("demo", help="run the main job, step by step"))
    commands.add_parser("sandbox", help="serve the embedded service for other processes")
    jobs = commands.add_parser("jobs", help="list the account's jobs")
    jobs.add_argument("--profile", help="profile of ~/.ncloud/configure")
    return parser


def _jobs(options: argparse.Namespace) -> int:
    import nclue_pandas as nclue
    from nclue_pandas.errors import NclueError
    from nclue_pandas.jobs.kinds import KINDS

    try:
        client = nclue.connect(profile=options.profile)
        for kind in KINDS:
            table = getattr(client, f"list_{kind.plural}")()
            print(f"\n{kind.title}: {len(table):,}")
            if len(table):
                shown = ["id", "name", "status", "created_at", "completed_at"]
                print(table[shown].to_string(index=False))
    except NclueError as error:
        sys.stderr.write(f"Stopped: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
