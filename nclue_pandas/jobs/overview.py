"""All jobs of an account in one table, and what they take of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nclue_pandas.contract import STORAGE_BYTES
from nclue_pandas.jobs.kinds import KINDS
from nclue_pandas.jobs.listing import as_frame

if TYPE_CHECKING:
    import pandas as pd

    from nclue_pandas.jobs.reference import ClientLike

_JOB: Final = ("kind", "name", "status", "created_at", "completed_at", "fail_message", "id")
#: Column -> the column of a kind's own table.
_FIGURES: Final = {
    "users": "user_count",
    "tokens": "token_count",
    "lines": "line_count",
    "disk_bytes": "disk_usage",
}


def jobs_table(client: ClientLike) -> pd.DataFrame:
    """Return one row for each job of all five kinds, the newest first.

    Parameters
    ----------
    client : Client
        Whose account is asked: one request for every 100 jobs of a kind, five at least.

    Returns
    -------
    pandas.DataFrame
        ``kind``, ``name``, ``status``, ``created_at``, ``completed_at``, ``fail_message`` and
        ``id``, with Arrow types; times in UTC.
    """
    table = _all(client)[list(_JOB)]
    return table.sort_values("created_at", ascending=False, kind="stable", ignore_index=True)


def usage_table(client: ClientLike) -> pd.DataFrame:
    """Return what each job takes of the account, the largest on disk first.

    Parameters
    ----------
    client : Client
        Whose account is asked, as in :func:`jobs_table`.

    Returns
    -------
    pandas.DataFrame
        ``kind``, ``name``, ``users``, ``tokens``, ``lines``, ``disk_bytes``, ``disk_share`` (of
        the account's 5 TB), ``created_at`` and ``id``, with Arrow types; null where the service
        tells nothing.
    """
    table = _all(client)
    table["disk_share"] = table["disk_bytes"] / STORAGE_BYTES
    table = table[["kind", "name", *_FIGURES, "disk_share", "created_at", "id"]]
    return table.sort_values(
        "disk_bytes", ascending=False, kind="stable", na_position="last", ignore_index=True
    )


def _all(client: ClientLike) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa

    count = pd.ArrowDtype(pa.int64())
    tables = []
    for kind in KINDS:
        table = as_frame(kind.iterate(client.service), kind.record_type)
        figures = {
            name: table[source] if source in table else pd.Series(pd.NA, table.index, dtype=count)
            for name, source in _FIGURES.items()
        }
        title = pd.Series(kind.title, table.index, dtype=pd.ArrowDtype(pa.string()))
        tables.append(table.assign(kind=title, **figures)[[*_JOB, *_FIGURES]])
    return pd.concat(tables, ignore_index=True)
