"""What an account holds: its jobs as frames, what they take, and files that none of them needs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from nclue_pandas.jobs.kinds import Kind
    from nclue_pandas.jobs.reference import ClientLike


class Inventory:
    """The part of a client that looks at the account as a whole."""

    def list_features(self: ClientLike) -> pd.DataFrame:
        """Return all Features, one row each, with Arrow types."""
        from nclue_pandas.jobs import kinds

        return _table(self, kinds.FEATURE)

    def list_tasks(self: ClientLike) -> pd.DataFrame:
        """Return all Tasks, one row each, with Arrow types."""
        from nclue_pandas.jobs import kinds

        return _table(self, kinds.TASK)

    def list_runs(self: ClientLike) -> pd.DataFrame:
        """Return all Runs, one row each, with Arrow types."""
        from nclue_pandas.jobs import kinds

        return _table(self, kinds.RUN)

    def list_shopping_intents(self: ClientLike) -> pd.DataFrame:
        """Return all Shopping Intent profiles, one row each, with Arrow types."""
        from nclue_pandas.jobs import kinds

        return _table(self, kinds.SHOPPING_INTENT)

    def list_custom_attributes(self: ClientLike) -> pd.DataFrame:
        """Return all Custom Attributes profiles, one row each, with Arrow types."""
        from nclue_pandas.jobs import kinds

        return _table(self, kinds.CUSTOM_ATTRIBUTES)

    def list_jobs(self: ClientLike) -> pd.DataFrame:
        """Return the jobs of all kinds, one row each, the newest first."""
        from nclue_pandas.jobs.overview import jobs_table

        return jobs_table(self)

    def usage(self: ClientLike) -> pd.DataFrame:
        """Return users, tokens, lines and bytes on disk of each job, the largest first.

        What to look at when the service says STORAGE_FULL: features, tasks and Shopping Intent
        profiles live in the account's NCLUE storage, 5 TB in all, until they are deleted.

        Returns
        -------
        pandas.DataFrame
            ``kind``, ``name`` (string), ``users``, ``tokens``, ``lines``, ``disk_bytes``
            (int64, null where the service tells nothing), ``disk_share`` (double, of the 5 TB),
            ``created_at`` (UTC) and ``id``, all Arrow-backed. Lines are those of the Feature
            that a job works on.

        Examples
        --------
        >>> import nclue_pandas as nclue
        >>> with nclue.connect("sandbox") as client:
        ...     list(client.usage().columns)[:7]
        ['kind', 'name', 'users', 'tokens', 'lines', 'disk_bytes', 'disk_share']
        """
        from nclue_pandas.jobs.overview import usage_table

        return usage_table(self)

    def cleanup(
        self: ClientLike,
        *,
        dry_run: bool = True,
        min_age: timedelta = timedelta(days=1),
        folders: Collection[str] = ("sequences", "answers", "results"),
    ) -> pd.DataFrame:
        """List the files of this library that no job needs, and remove them on request.

        They stem from uploads that broke off, refused create calls and deleted jobs. Every job
        that exists needs the files it names, a failed one too. Jobs are never deleted.

        Parameters
        ----------
        dry_run : bool, default True
            Only list.
        min_age : datetime.timedelta, default one day
            What was written since is left alone: let it be longer than an upload takes.
        folders : str or collection of str
            Where to look; without ``"results"`` the scores of deleted runs are kept.

        Returns
        -------
        pandas.DataFrame
            A row per object, with Arrow types, and whether it was removed.

        Raises
        ------
        ConfigurationError
            When there is no such folder, or `min_age` is no timedelta.

        Warns
        -----
        RuntimeWarning
            When the lists of jobs changed each time they were read: nothing is removed then.
        """
        from nclue_pandas.jobs.cleanup import cleanup

        return cleanup(self, dry_run=dry_run, min_age=min_age, folders=folders)


def _table(client: ClientLike, kind: Kind[Any]) -> pd.DataFrame:
    from nclue_pandas.jobs.listing import as_frame

    return as_frame(kind.iterate(client.service), kind.record_type)
