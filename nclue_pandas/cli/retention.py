"""``prune``, ``cleanup``, ``delete``: what is no longer needed, listed, and deleted on request."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from nclue_pandas import display
from nclue_pandas.cli.account import account_of, add_account_arguments
from nclue_pandas.client import Client

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

    import pandas as pd

_KINDS: Final = ("feature", "task", "run", "shopping-intent", "custom-attributes")
_PRUNED: Final[Mapping[str, Callable[[Any], str]]] = {
    "kind": str,
    "name": str,
    "key": str,
    "bytes": display.size,
    "created_at": display.moment,
}
_CLEANED: Final[Mapping[str, Callable[[Any], str]]] = {
    "kind": str,
    "key": str,
    "bytes": display.size,
    "modified": display.moment,
}


def add_commands(commands: Any) -> None:
    """Declare the commands and their arguments."""
    pruned = commands.add_parser(
        "prune", help="list the older jobs and files of a chain; delete them with --delete"
    )
    pruned.add_argument("name", help="of the chain, as it was given to predict")
    pruned.add_argument(
        "--keep", type=int, required=True, help="how many of the newest completed runs stay"
    )
    cleaned = commands.add_parser(
        "cleanup", help="list the files that no job needs; delete them with --delete"
    )
    cleaned.add_argument(
        "--days", type=float, default=1.0, help="leave what was written since (default: 1)"
    )
    deleted = commands.add_parser("delete", help="show one job; delete it with --delete")
    deleted.add_argument("kind", choices=_KINDS)
    deleted.add_argument("name", help="id or name of the job")
    for parser in (pruned, cleaned, deleted):
        parser.add_argument("--delete", action="store_true", help="delete what is listed")
        parser.add_argument(
            "--prefix", default="nclue", help="where in the bucket (default: nclue)"
        )
        add_account_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """List what is asked for, and delete it where that is asked for too.

    Parameters
    ----------
    options : argparse.Namespace
        The command, its arguments and its account.

    Returns
    -------
    int
        Exit status.
    """
    account = account_of(options)
    with Client(
        account.credentials, account.service, account.storage, prefix=options.prefix
    ) as client:
        sys.stdout.write(f"{_done(client, options)}\n")
    return 0


def _done(client: Client, options: argparse.Namespace) -> str:
    listed_only = not options.delete
    if options.command == "prune":
        frame = client.prune(name=options.name, keep=options.keep, dry_run=listed_only)
        return _shown(f"Older than the last {options.keep} of {options.name!r}", frame, _PRUNED)
    if options.command == "cleanup":
        age = timedelta(days=options.days)
        frame = client.cleanup(min_age=age, dry_run=listed_only)
        return _shown("Files that no job needs", frame, _CLEANED)
    job = getattr(client, f"get_{options.kind.replace('-', '_')}")(options.name)
    if listed_only:
        return f"{job}\n\nAdd --delete to delete it."
    job.delete()
    return f"{job}\n\nDeleted."


def _shown(title: str, frame: pd.DataFrame, formats: Mapping[str, Callable[[Any], str]]) -> str:
    """Show a table of what is or was there, and what became of it."""
    removed = int(frame["removed"].sum())
    facts = [("Size", display.size(int(frame["bytes"].sum())))]
    state, notes = "nothing", []
    if removed:
        state = f"{removed:,} deleted"
        if removed < len(frame):
            notes = [f"{len(frame) - removed:,} stay: they are used by now. Call it again later."]
    elif len(frame):
        state, notes = f"{len(frame):,} listed", ["Add --delete to delete them."]
    tables = [display.Table.of(frame, formats)] if len(frame) else []
    return display.text(display.Card(title, state, None, facts, tables, notes))
