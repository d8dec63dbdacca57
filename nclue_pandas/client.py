"""Client: one account, its service and its bucket; makes and finds jobs."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from nclue_pandas.deadline import Deadline
from nclue_pandas.errors import ConfigurationError
from nclue_pandas.inventory import Inventory
from nclue_pandas.jobs import reference
from nclue_pandas.jobs.reference import ClientRef, Clock
from nclue_pandas.signatures import named_options, no_attribute

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from nclue_pandas.config import CredentialsProvider, ServiceSettings, StorageSettings
    from nclue_pandas.jobs.handles import (
        CustomAttributes,
        Feature,
        Run,
        ShoppingIntent,
        Task,
    )
    from nclue_pandas.jobs.refused import RefusedSearch
    from nclue_pandas.service.operations import Service
    from nclue_pandas.storage.bucket import Bucket


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
                "This client has no bucket, and this needs one. Give it to connect(bucket=...) "
                "or set NCLUE_BUCKET."
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
        from nclue_pandas.jobs.making import make_feature
        from nclue_pandas.jobs.sources import Columns, source_of

        columns = Columns(user=user, sequence=sequence)
        return make_feature(self, name, source_of(sequences, "sequences", columns))

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
        from nclue_pandas.jobs.refused import find_refused
        from nclue_pandas.jobs.sources import Columns

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
        from nclue_pandas.jobs.making import make_feature_from_path

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
        from nclue_pandas.jobs.creating import check_name
        from nclue_pandas.jobs.making import Answers, check_test_feature, make_task
        from nclue_pandas.jobs.sources import Columns, source_of

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
        from nclue_pandas.jobs.making import AnswerPath, check_test_feature, make_task_from_paths

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
        from nclue_pandas.jobs.making import make_run

        return make_run(self, name, self._task(task), self._feature(feature))

    @named_options
    def create_shopping_intent(self, name: str, task: Task | str) -> ShoppingIntent:
        """Profile a Task's target group; see :meth:`Task.shopping_intent`."""
        from nclue_pandas.jobs.making import make_shopping_intent

        return make_shopping_intent(self, name, self._task(task))

    @named_options
    def create_custom_attributes(
        self, name: str, feature: Feature | str, keywords: Sequence[str]
    ) -> CustomAttributes:
        """Score users by likeness to keywords; see :meth:`Feature.custom_attributes`."""
        from nclue_pandas.jobs.making import make_custom_attributes

        return make_custom_attributes(self, name, self._feature(feature), keywords)

    def get_feature(self, id_or_name: str) -> Feature:
        """Return the Feature of this id or name: one request for an id, list pages for a name."""
        from nclue_pandas.jobs.finding import find_job
        from nclue_pandas.jobs.handles import Feature

        return find_job(self, Feature, id_or_name)

    def get_task(self, id_or_name: str) -> Task:
        """Return the Task of this id or name."""
        from nclue_pandas.jobs.finding import find_job
        from nclue_pandas.jobs.handles import Task

        return find_job(self, Task, id_or_name)

    def get_run(self, id_or_name: str) -> Run:
        """Return the Run of this id or name."""
        from nclue_pandas.jobs.finding import find_job
        from nclue_pandas.jobs.handles import Run

        return find_job(self, Run, id_or_name)

    def get_shopping_intent(self, id_or_name: str) -> ShoppingIntent:
        """Return the Shopping Intent profile of this id or name."""
        from nclue_pandas.jobs.finding import find_job
        from nclue_pandas.jobs.handles import ShoppingIntent

        return find_job(self, ShoppingIntent, id_or_name)

    def get_custom_attributes(self, id_or_name: str) -> CustomAttributes:
        """Return the Custom Attributes profile of this id or name."""
        from nclue_pandas.jobs.finding import find_job
        from nclue_pandas.jobs.handles import CustomAttributes

        return find_job(self, CustomAttributes, id_or_name)

    def __enter__(self) -> Self:
        from nclue_pandas.default import enter

        enter(self)
        return self

    def __exit__(self, *exception: object) -> None:
        from nclue_pandas.default import leave

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
        from nclue_pandas.jobs.finding import as_job
        from nclue_pandas.jobs.handles import Feature

        return as_job(self, Feature, feature)

    def _task(self, task: Task | str) -> Task:
        from nclue_pandas.jobs.finding import as_job
        from nclue_pandas.jobs.handles import Task

        return as_job(self, Task, task)
