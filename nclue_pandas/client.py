"""Client: one account, its service and its bucket; makes and finds jobs.

What an account holds: its jobs as frames, what they take, and files that none of them needs.

The default client: what the accessor's verbs use when none is given. It is one for the whole
process, like pandas' options: threads and tasks that work for several accounts at a time pass
``client=``. Blocks of several threads may overlap; each takes its own client away again when it
ends, whatever the others do.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from nclue_pandas.config import ServiceSettings, StorageSettings
from nclue_pandas.credentials import resolve_credentials
from nclue_pandas.deadline import Deadline
from nclue_pandas.errors import ConfigurationError, NotConnectedError
from nclue_pandas.jobs import reference
from nclue_pandas.jobs.reference import ClientRef, Clock
from nclue_pandas.signatures import named_options, no_attribute
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pandas as pd

    from nclue_pandas.config import CredentialsProvider
    from nclue_pandas.jobs.handles import (
        CustomAttributes,
        Feature,
        Run,
        ShoppingIntent,
        Task,
    )
    from nclue_pandas.jobs.reference import ClientLike
    from nclue_pandas.jobs.refused import RefusedSearch
    from nclue_pandas.service.operations import Kind, Service
    from nclue_pandas.storage.bucket import Bucket


class Inventory:
    """The part of a client that looks at the account as a whole."""

    def list_features(self: ClientLike) -> pd.DataFrame:
        """Return all Features, one row each, with Arrow types."""
        from nclue_pandas.service import operations

        return _table(self, operations.FEATURE)

    def list_tasks(self: ClientLike) -> pd.DataFrame:
        """Return all Tasks, one row each, with Arrow types."""
        from nclue_pandas.service import operations

        return _table(self, operations.TASK)

    def list_runs(self: ClientLike) -> pd.DataFrame:
        """Return all Runs, one row each, with Arrow types."""
        from nclue_pandas.service import operations

        return _table(self, operations.RUN)

    def list_shopping_intents(self: ClientLike) -> pd.DataFrame:
        """Return all Shopping Intent profiles, one row each, with Arrow types."""
        from nclue_pandas.service import operations

        return _table(self, operations.SHOPPING_INTENT)

    def list_custom_attributes(self: ClientLike) -> pd.DataFrame:
        """Return all Custom Attributes profiles, one row each, with Arrow types."""
        from nclue_pandas.service import operations

        return _table(self, operations.CUSTOM_ATTRIBUTES)

    def list_jobs(self: ClientLike) -> pd.DataFrame:
        """Return the jobs of all kinds, one row each, the newest first."""
        from nclue_pandas.jobs.account import jobs_table

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
        from nclue_pandas.jobs.account import usage_table

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
        from nclue_pandas.jobs.account import cleanup

        return cleanup(self, dry_run=dry_run, min_age=min_age, folders=folders)

    def prune(self: ClientLike, *, name: str, keep: int, dry_run: bool = True) -> pd.DataFrame:
        """List the older jobs and files of a chain, and delete them on request.

        A chain is what :func:`nclue_pandas.predict` and :func:`nclue_pandas.out_of_fold` made
        under one name. The newest completed runs stay, with their tasks and features; so do jobs
        that are newer than the oldest of them, unfinished ones, and those that any other job of
        the account uses. Of the others runs go first, then tasks, then features, each after the
        files that no other job needs. Interrupted, the same call goes on. Prune a chain after
        its run, not while another process runs it.

        Parameters
        ----------
        name : str
            As it was given to the chain.
        keep : int
            How many of the newest completed runs stay, 1 or more. An :func:`out_of_fold` has a
            run for each fold.
        dry_run : bool, default True
            Only list.

        Returns
        -------
        pandas.DataFrame
            A row for each job and file in the order of deletion, with Arrow types: ``kind``
            (``"Run"``, ``"Task"``, ``"Feature"`` or ``"file"``), ``name`` of the job, ``id``
            (null for a file), ``key`` (null for a job), ``bytes`` (a job's disk usage, null where
            it has none), ``created_at`` and ``removed`` (false when only listed, or when the job
            is used by another by now).

        Raises
        ------
        InvalidDataError
            When `name` is no name of a job.
        ConfigurationError
            When `keep` is no whole number of 1 or more, or the client has no bucket.

        Warns
        -----
        RuntimeWarning
            When the lists of jobs changed each time they were read: nothing is deleted then.

        Examples
        --------
        >>> import nclue_pandas as nclue
        >>> with nclue.connect("sandbox") as client:
        ...     len(client.prune(name="tea-30d", keep=7))
        0
        """
        from nclue_pandas.jobs.retention import prune

        return prune(self, name=name, keep=keep, dry_run=dry_run)


def _table(client: ClientLike, kind: Kind[Any]) -> pd.DataFrame:
    from nclue_pandas.jobs.account import as_frame

    return as_frame(kind.iterate(client.service), kind.record_type)


class Client(Inventory):
    """One account: keys, service and storage.

    Make it with :func:`nclue_pandas.connect`. As a context manager (``with client:``) it is the
    default client inside the block.

    Parameters
    ----------
    credentials : callable
        Gives the key pair whenever one is needed.
    service : ServiceSettings
        Where the service is and how it is asked.
    storage : StorageSettings, optional
        The bucket of datasets and results. Without it jobs can be listed and waited for, but
        nothing can be uploaded or read.
    prefix : str, default "nclue"
        Where in the bucket this library writes.
    clock : Clock, optional
        The time that waiting goes by.

    Raises
    ------
    ConfigurationError
        When the service would refuse paths under `prefix`.
    """

    def __init__(
        self,
        credentials: CredentialsProvider,
        service: ServiceSettings,
        storage: StorageSettings | None = None,
        *,
        prefix: str = "nclue",
        clock: Clock | None = None,
    ) -> None:
        from nclue_pandas.storage.layout import check_prefix

        check_prefix(prefix)
        self._credentials = credentials
        self._service_settings = service
        self._storage_settings = storage
        self.clock = clock or Clock()
        self.ref = ClientRef(
            account=credentials().account,
            api_url=service.api_url,
            endpoint=storage.endpoint if storage else "",
            region=storage.region if storage else "",
            bucket=storage.bucket if storage else None,
            prefix=prefix,
            rate_scope=service.rate_scope,
            build=client_of,
        )
        reference.register(self)

    @property
    def deadline(self) -> Deadline:
        """None: calls that have one use a client of their own."""
        return Deadline(self.clock, None, 0.0)

    @cached_property
    def service(self) -> Service:
        """The 21 operations of the service, as documented and nothing more."""
        from nclue_pandas.service.operations import Service
        from nclue_pandas.service.transport import Transport

        return Service(Transport(self._service_settings, self._credentials, sleep=self.clock.sleep))

    @cached_property
    def storage(self) -> Bucket:
        """The bucket of datasets and results."""
        from nclue_pandas.storage.bucket import Bucket

        if self._storage_settings is None:
            raise ConfigurationError(
                _(
                    "This client has no bucket, and this needs one. Give it to "
                    "connect(bucket=...) or set NCLUE_BUCKET."
                )
            )
        return Bucket(self._storage_settings, self._credentials)

    @named_options
    def create_feature(
        self,
        name: str,
        sequences: pd.DataFrame,
        *,
        user: str = "user_id",
        sequence: str = "sequence",
    ) -> Feature:
        """Publish a sequence frame and create a Feature from it.

        Parameters
        ----------
        name : str
            Unique name, 1 to 100 characters. A Feature of this name made from the same sequences
            is picked up instead.
        sequences : pandas.DataFrame
            One row per user, as :func:`nclue_pandas.to_sequences` makes it.
        user, sequence : str
            Names of its columns.

        Returns
        -------
        Feature
            Created, not waited for.

        Raises
        ------
        InvalidDataError
            When the frame holds what the service would refuse; nothing is sent then.
        DuplicateNameError
            When the name belongs to a Feature made from other sequences.
        """
        from nclue_pandas.jobs.create import make_feature
        from nclue_pandas.jobs.datasets import Columns

        return make_feature(self, name, sequences, Columns(user=user, sequence=sequence))

    @named_options
    def find_refused(
        self,
        frame: pd.DataFrame,
        *,
        most: int = 1,
        user: str = "user_id",
        sequence: str = "sequence",
        label: str = "label",
    ) -> RefusedSearch:
        """Plan a search for rows that the service refuses though ``check()`` passed them.

        The service does not tell which rows it refused as personal data (10109, 10110, 10111).
        The search sends halves of the rows as Features, halves what is refused again, and
        deletes every file and Feature that it made.

        Parameters
        ----------
        frame : pandas.DataFrame
            The sequences or answers that were refused. Of answers the ids are sent.
        most : int, default 1
            Refused rows after which the search ends.
        user, sequence, label : str
            Names of the columns.

        Returns
        -------
        RefusedSearch
            What the search costs; its ``run()`` makes it and returns the refused rows.

        Raises
        ------
        InvalidDataError
            When the check finds problems; mend them first.
        ConfigurationError
            When `most` is no whole number of 1 or more.

        Examples
        --------
        >>> import pandas as pd
        >>> import nclue_pandas as nclue
        >>> frame = pd.DataFrame({"user_id": ["a", "b", "c"], "sequence": ["tea", "milk", "jam"]})
        >>> with nclue.connect("sandbox") as client:
        ...     search = client.find_refused(frame)
        ...     (search.requests, len(search.run()))
        (10, 0)
        """
        from nclue_pandas.jobs.datasets import Columns
        from nclue_pandas.jobs.refused import find_refused

        columns = Columns(user=user, sequence=sequence, label=label)
        return find_refused(self, frame, columns=columns, most=most)

    @named_options
    def create_feature_from_path(
        self, name: str, path: str, *, bucket: str | None = None
    ) -> Feature:
        """Create a Feature from what is on Object Storage already.

        Parameters
        ----------
        name : str
            Unique name, 1 to 100 characters.
        path : str
            Key of a ``.csv`` file, or of a directory (ending in ``/``) of such part files.
        bucket : str, optional
            By default the client's.

        Returns
        -------
        Feature
            Created, not waited for.
        """
        from nclue_pandas.jobs.create import make_feature_from_path

        return make_feature_from_path(self, name, path, bucket)

    @named_options
    def create_task(
        self,
        name: str,
        feature: Feature | str,
        train: pd.DataFrame,
        *,
        test: pd.DataFrame | None = None,
        test_feature: Feature | str | None = None,
        user: str = "user_id",
        label: str = "label",
    ) -> Task:
        """Publish answers and create a Task from them.

        Waits for the Feature first: the service refuses one that is not completed.

        Parameters
        ----------
        name : str
            Unique name, 1 to 100 characters. A Task of this name made from the same answers on
            the same Feature is picked up instead.
        feature : Feature or str
            Holds the users of `train`; a handle, an id or a name.
        train : pandas.DataFrame
            One row per user with a 0/1 label, at least 100 of each.
        test : pandas.DataFrame, optional
            Answers to test on; without them the service splits by itself.
        test_feature : Feature or str, optional
            Holds the users of `test`; by default `feature`.
        user, label : str
            Names of the columns.

        Returns
        -------
        Task
            Created, not waited for.

        Raises
        ------
        InvalidDataError
            When the frames hold what the service would refuse; nothing is sent then.
        DuplicateNameError
            When the name belongs to a Task made from other inputs.
        """
        from nclue_pandas.jobs.create import Answers, check_test_feature, make_task
        from nclue_pandas.jobs.datasets import Columns, source_of
        from nclue_pandas.jobs.exactly_once import check_name

        check_name(name)
        check_test_feature(test_feature, test, "test")
        columns = Columns(user=user, label=label)
        trained = Answers(self._feature(feature), source_of(train, "answers", columns))
        tested = None
        if test is not None:
            tested = Answers(
                self._feature(test_feature or trained.feature),
                source_of(test, "answers", columns),
            )
        return make_task(self, name, trained, tested)

    @named_options
    def create_task_from_path(
        self,
        name: str,
        feature: Feature | str,
        train_path: str,
        *,
        test_path: str | None = None,
        test_feature: Feature | str | None = None,
        bucket: str | None = None,
    ) -> Task:
        """Create a Task from answer files on Object Storage.

        Parameters
        ----------
        name : str
            Unique name, 1 to 100 characters.
        feature : Feature or str
            Holds the users of the train file; a handle, an id or a name.
        train_path, test_path : str
            Keys of ``.csv`` files.
        test_feature : Feature or str, optional
            Holds the users of the test file; by default `feature`.
        bucket : str, optional
            By default the client's.

        Returns
        -------
        Task
            Created, not waited for.
        """
        from nclue_pandas.jobs.create import AnswerPath, check_test_feature, make_task_from_paths

        check_test_feature(test_feature, test_path, "test_path")
        train_on = self._feature(feature)
        test = None
        if test_path is not None:
            test = AnswerPath(self._feature(test_feature or train_on), test_path, bucket)
        return make_task_from_paths(self, name, AnswerPath(train_on, train_path, bucket), test)

    @named_options
    def create_run(
        self, task: Task | str, feature: Feature | str, *, name: str | None = None
    ) -> Run:
        """Score every user of a Feature by a Task.

        Parameters
        ----------
        task : Task or str
            A handle, an id or a name.
        feature : Feature or str
            Whose users are scored: the Task's own Feature or another one.
        name : str, optional
            Unique name; by default made from the names of task and feature.

        Returns
        -------
        Run
            Created, not waited for.
        """
        from nclue_pandas.jobs.create import make_run

        return make_run(self, name, self._task(task), self._feature(feature))

    @named_options
    def create_shopping_intent(self, name: str, task: Task | str) -> ShoppingIntent:
        """Profile a Task's target group; see :meth:`Task.shopping_intent`."""
        from nclue_pandas.jobs.create import make_shopping_intent

        return make_shopping_intent(self, name, self._task(task))

    @named_options
    def create_custom_attributes(
        self, name: str, feature: Feature | str, keywords: Sequence[str]
    ) -> CustomAttributes:
        """Score users by likeness to keywords; see :meth:`Feature.custom_attributes`."""
        from nclue_pandas.jobs.create import make_custom_attributes

        return make_custom_attributes(self, name, self._feature(feature), keywords)

    def get_feature(self, id_or_name: str) -> Feature:
        """Return the Feature of this id or name: one request for an id, list pages for a name."""
        from nclue_pandas.jobs.handles import Feature, find_job

        return find_job(self, Feature, id_or_name)

    def get_task(self, id_or_name: str) -> Task:
        """Return the Task of this id or name."""
        from nclue_pandas.jobs.handles import Task, find_job

        return find_job(self, Task, id_or_name)

    def get_run(self, id_or_name: str) -> Run:
        """Return the Run of this id or name."""
        from nclue_pandas.jobs.handles import Run, find_job

        return find_job(self, Run, id_or_name)

    def get_shopping_intent(self, id_or_name: str) -> ShoppingIntent:
        """Return the Shopping Intent profile of this id or name."""
        from nclue_pandas.jobs.handles import ShoppingIntent, find_job

        return find_job(self, ShoppingIntent, id_or_name)

    def get_custom_attributes(self, id_or_name: str) -> CustomAttributes:
        """Return the Custom Attributes profile of this id or name."""
        from nclue_pandas.jobs.handles import CustomAttributes, find_job

        return find_job(self, CustomAttributes, id_or_name)

    def __enter__(self) -> Self:

        enter(self)
        return self

    def __exit__(self, *exception: object) -> None:

        leave(self)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise no_attribute("The client", name, dir(type(self)))

    def __repr__(self) -> str:
        bucket = self.ref.bucket or "no bucket"
        return f"<Client of account {self.ref.account} at {self.ref.api_url}, {bucket}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return reference.resolve, (self.ref,)

    def _feature(self, feature: Feature | str) -> Feature:
        from nclue_pandas.jobs.handles import Feature, as_job

        return as_job(self, Feature, feature)

    def _task(self, task: Task | str) -> Task:
        from nclue_pandas.jobs.handles import Task, as_job

        return as_job(self, Task, task)


def client_of(ref: ClientRef) -> Client:
    """Make a client for a handle from another process, from this one's key sources."""
    storage = None
    if ref.bucket is not None:
        storage = StorageSettings(bucket=ref.bucket, endpoint=ref.endpoint, region=ref.region)
    service = ServiceSettings(ref.api_url, rate_scope=ref.rate_scope)
    return Client(resolve_credentials(), service, storage, prefix=ref.prefix)


@dataclass
class _Level:
    """What is in force in a block, or outside of any.

    `replaced` is the default before, in case `client` was connected for a block of its own.
    """

    block: Client | None = None
    client: Client | None = None
    replaced: Client | None = None


_lock = threading.Lock()
_levels = [_Level()]


def default_client() -> Client:
    """Return the default client.

    Raises
    ------
    NotConnectedError
        Before the first ``connect``.
    """
    client = _levels[-1].client
    if client is None:
        raise NotConnectedError(
            _(
                "No account is connected. Call nclue_pandas.connect(bucket='my-bucket') first, "
                "with keys in the environment (NCLOUD_ACCESS_KEY_ID, NCLOUD_SECRET_ACCESS_KEY) or "
                "in ~/.ncloud/configure; or nclue_pandas.connect('sandbox') to try without an "
                "account; or pass client=."
            )
        )
    return client


def set_default(client: Client) -> None:
    """Make `client` the default until the block ends that this is called in."""
    with _lock:
        level = _levels[-1]
        level.replaced, level.client = level.client, client


def enter(client: Client) -> None:
    """Begin a block in which `client` is the default.

    One that ``connect`` has just made the default is it in the block only.
    """
    with _lock:
        level = _levels[-1]
        if level.client is client:
            level.client = level.replaced
        _levels.append(_Level(client, client, client))


def leave(client: Client) -> None:
    """End the last block of `client`."""
    with _lock:
        for number in range(len(_levels) - 1, 0, -1):
            if _levels[number].block is client:
                del _levels[number]
                return
