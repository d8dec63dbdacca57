"""``jobs`` and ``usage``: the account's jobs, and what they take of it, as tables."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from nclue_pandas import display
from nclue_pandas.cli.account import account_of

if TYPE_CHECKING:
    import argparse

    import pandas as pd

_NAME_SHOWN: Final = 40
_FIGURES: Final = frozenset({"users", "tokens", "lines", "disk"})


def run(options: argparse.Namespace) -> int:
    """Print the table that is asked for.

    Parameters
    ----------
    options : argparse.Namespace
        The command and its account.

    Returns
    -------
    int
        Exit status.
    """
    with account_of(options).client() as client:
        text = _jobs(client.list_jobs()) if options.command == "jobs" else _usage(client.usage())
    sys.stdout.write(f"{text}\n")
    return 0


def _jobs(table: pd.DataFrame) -> str:
    if table.empty:
        return "The account has no jobs."
    counts = table["kind"].value_counts()
    summary = ", ".join(f"{kind} {count:,}" for kind, count in counts.items())
    shown = _columns(table, "kind", "name", "status")
    shown["created (UTC)"] = _times(table["created_at"])
    shown["completed (UTC)"] = _times(table["completed_at"])
    shown["id"] = table["id"]
    return f"{_table(shown)}\n\n{len(table):,} jobs: {summary}"


def _usage(table: pd.DataFrame) -> str:
    if table.empty:
        return "The account has no jobs, so it uses nothing."
    shown = _columns(table, "kind", "name")
    for name in ("users", "tokens", "lines"):
        shown[name] = [_count(value) for value in table[name]]
    shown["disk"] = [_size(value) for value in table["disk_bytes"]]
    shown["created (UTC)"] = _times(table["created_at"])
    totals = (
        f"In all: {_count(table['tokens'].sum())} tokens, {_count(table['lines'].sum())} lines, "
        f"{_size(table['disk_bytes'].sum())} on disk, {_share(table['disk_share'].sum())} of the "
        "account's 5 TB."
    )
    return (
        f"{_table(shown)}\n\n{totals}\nFeatures, Tasks and Shopping Intents take NCLUE storage "
        "until they are deleted: client.get_feature(name).delete(), and so on."
    )


def _columns(table: pd.DataFrame, *names: str) -> pd.DataFrame:
    shown = table[list(names)].astype(object).where(table[list(names)].notna(), "-")
    shown["name"] = [_short(str(name)) for name in shown["name"]]
    return shown


def _table(shown: pd.DataFrame) -> str:
    """Align columns at the left, figures at the right, wide letters counted as two.

    Examples
    --------
    >>> import pandas as pd
    >>> print(_table(pd.DataFrame({"name": ["러닝", "tea"], "lines": ["7", "1,200"]})))
    name  lines
    러닝      7
    tea   1,200
    """
    align = "".join(">" if name in _FIGURES else "<" for name in shown)
    rows = [[str(name) for name in shown], *shown.astype(str).to_numpy().tolist()]
    return "\n".join(display.columns(rows, align))


def _short(name: str) -> str:
    return name if len(name) <= _NAME_SHOWN else f"{name[: _NAME_SHOWN - 1]}…"


def _times(column: pd.Series[Any]) -> list[str]:
    import pandas as pd

    return ["-" if pd.isna(time) else f"{time:%Y-%m-%d %H:%M}" for time in column]


def _count(value: Any) -> str:
    import pandas as pd

    return "-" if pd.isna(value) else f"{value:,}"


def _share(value: float) -> str:
    """Write a share for people.

    Examples
    --------
    >>> _share(0.0), _share(1e-9), _share(0.4567)
    ('0.0%', 'less than 0.1%', '45.7%')
    """
    return "less than 0.1%" if 0 < value < 0.001 else f"{value:.1%}"  # noqa: PLR2004


def _size(value: Any) -> str:
    import pandas as pd

    return "-" if pd.isna(value) else display.size(int(value))
