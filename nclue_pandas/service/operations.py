"""The 21 operations, one method each, with the service's own fields.

The five kinds of job: which operations serve them, and what identifies a job.
"""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, TypeVar
from urllib.parse import quote

from nclue_pandas.contract import LIST_LIMIT_DEFAULT
from nclue_pandas.errors import NotFoundError
from nclue_pandas.service.paging import everything, iterate, pages
from nclue_pandas.service.records import (
    CustomAttributesRecord,
    FeatureRecord,
    Page,
    Record,
    RunRecord,
    ShoppingIntentRecord,
    TaskRecord,
)
from nclue_pandas.service.transport import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from nclue_pandas.deadline import Deadline
    from nclue_pandas.service.transport import Transport

R = TypeVar("R", bound=Record)
_FEATURES, _TASKS, _RUNS = "/features", "/tasks", "/task-runs"
_SHOPPING_INTENTS = "/profile/shopping-intents"
_DOWNLOADS = "/profile/shopping-intents-download"
_CUSTOM_ATTRIBUTES = "/profile/custom-attributes"


class Service:
    """The service's operations over one transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def within(self, deadline: Deadline) -> Service:
        """Return the same operations, whose every request ends by a deadline."""
        return Service(self._transport.within(deadline))

    def list_features(
        self, *, index: int = 0, limit: int = LIST_LIMIT_DEFAULT
    ) -> Page[FeatureRecord]:
        """GET /features: one page of the Features."""
        return self._page(_FEATURES, "features", FeatureRecord, index, limit)

    def create_feature(
        self, *, name: str, source_bucket: str, source_file_path: str
    ) -> FeatureRecord:
        """POST /features: create a Feature.

        The path names a file, or a directory that holds several part files.
        """
        body = {
            "name": name,
            "source_bucket": source_bucket,
            "source_file_path": source_file_path,
        }
        return self._transport.call(Request("POST", _FEATURES, body=body), FeatureRecord.read)

    def get_feature(self, feature_id: str) -> FeatureRecord:
        """GET /features/{feature_id}: what the service says of a Feature."""
        return self._transport.call(
            Request("GET", _item(_FEATURES, feature_id)), FeatureRecord.read
        )

    def delete_feature(self, feature_id: str) -> str:
        """DELETE /features/{feature_id}: delete a Feature; returns its id."""
        return self._transport.call(
            Request("DELETE", _item(_FEATURES, feature_id)), lambda _: feature_id
        )

    def list_tasks(self, *, index: int = 0, limit: int = LIST_LIMIT_DEFAULT) -> Page[TaskRecord]:
        """GET /tasks: one page of the Tasks."""
        return self._page(_TASKS, "tasks", TaskRecord, index, limit)

    def create_task(
        self,
        *,
        name: str,
        train_feature_id: str,
        train_bucket: str,
        train_file_path: str,
        test_feature_id: str | None = None,
        test_bucket: str | None = None,
        test_file_path: str | None = None,
    ) -> TaskRecord:
        """POST /tasks: create a Task.

        The three test fields are given together, or none of them.
        """
        body = {
            "name": name,
            "train_feature_id": train_feature_id,
            "train_bucket": train_bucket,
            "train_file_path": train_file_path,
        }
        test = {
            "test_feature_id": test_feature_id,
            "test_bucket": test_bucket,
            "test_file_path": test_file_path,
        }
        body |= {field: value for field, value in test.items() if value is not None}
        return self._transport.call(Request("POST", _TASKS, body=body), TaskRecord.read)

    def get_task(self, task_id: str) -> TaskRecord:
        """GET /tasks/{task_id}: what the service says of a Task."""
        return self._transport.call(Request("GET", _item(_TASKS, task_id)), TaskRecord.read)

    def delete_task(self, task_id: str) -> str:
        """DELETE /tasks/{task_id}: delete a Task; returns its id."""
        return self._transport.call(Request("DELETE", _item(_TASKS, task_id)), lambda _: task_id)

    def list_runs(self, *, index: int = 0, limit: int = LIST_LIMIT_DEFAULT) -> Page[RunRecord]:
        """GET /task-runs: one page of the Runs."""
        return self._page(_RUNS, "runs", RunRecord, index, limit)

    def create_run(
        self, *, name: str, task_id: str, feature_id: str, result_bucket: str, result_file_path: str
    ) -> RunRecord:
        """POST /task-runs: create a Run.

        A result path that ends in ``/`` is a directory, otherwise the stem of a file name.
        """
        body = {
            "name": name,
            "task_id": task_id,
            "feature_id": feature_id,
            "result_bucket": result_bucket,
            "result_file_path": result_file_path,
        }
        return self._transport.call(Request("POST", _RUNS, body=body), RunRecord.read)

    def get_run(self, run_id: str) -> RunRecord:
        """GET /task-runs/{run_id}: what the service says of a Run."""
        return self._transport.call(Request("GET", _item(_RUNS, run_id)), RunRecord.read)

    def delete_run(self, run_id: str) -> str:
        """DELETE /task-runs/{run_id}: delete a Run; returns its id."""
        return self._transport.call(Request("DELETE", _item(_RUNS, run_id)), lambda _: run_id)

    def list_shopping_intents(
        self, *, index: int = 0, limit: int = LIST_LIMIT_DEFAULT
    ) -> Page[ShoppingIntentRecord]:
        """GET /profile/shopping-intents: one page of the Shopping Intent profiles."""
        return self._page(_SHOPPING_INTENTS, "profiles", ShoppingIntentRecord, index, limit)

    def create_shopping_intent(self, *, name: str, task_id: str) -> ShoppingIntentRecord:
        """POST /profile/shopping-intents: create a Shopping Intent profile.

        The profile stays in the service: :meth:`download_shopping_intent`.
        """
        body = {"name": name, "task_id": task_id}
        return self._transport.call(
            Request("POST", _SHOPPING_INTENTS, body=body), ShoppingIntentRecord.read
        )

    def get_shopping_intent(self, profile_id: str) -> ShoppingIntentRecord:
        """GET /profile/shopping-intents/{profile_id}: what is said of a Shopping Intent profile."""
        return self._transport.call(
            Request("GET", _item(_SHOPPING_INTENTS, profile_id)), ShoppingIntentRecord.read
        )

    def delete_shopping_intent(self, profile_id: str) -> str:
        """DELETE /profile/shopping-intents/{profile_id}: delete a profile; returns its id."""
        return self._transport.call(
            Request("DELETE", _item(_SHOPPING_INTENTS, profile_id)), lambda _: profile_id
        )

    def download_shopping_intent(self, profile_id: str, into: BinaryIO | None = None) -> bytes:
        """GET /profile/shopping-intents-download/{profile_id}: the profile itself.

        Parameters
        ----------
        profile_id : str
            Of a completed profile.
        into : binary file, optional
            Where the TSV is written as it comes; by default it is returned.

        Returns
        -------
        bytes
            The TSV; empty when `into` was given.
        """
        memory = io.BytesIO()
        self._transport.download(Request("GET", _item(_DOWNLOADS, profile_id)), into or memory)
        return memory.getvalue()

    def list_custom_attributes(
        self, *, index: int = 0, limit: int = LIST_LIMIT_DEFAULT
    ) -> Page[CustomAttributesRecord]:
        """GET /profile/custom-attributes: one page of the Custom Attributes profiles."""
        return self._page(_CUSTOM_ATTRIBUTES, "profiles", CustomAttributesRecord, index, limit)

    def create_custom_attributes(
        self,
        *,
        name: str,
        feature_id: str,
        keywords: Sequence[str],
        result_bucket: str,
        result_file_path: str,
    ) -> CustomAttributesRecord:
        """POST /profile/custom-attributes: create a Custom Attributes profile.

        The keywords are sent as one text, separated by newlines.
        """
        body = {
            "name": name,
            "feature_id": feature_id,
            "keyword_set": "\n".join(keywords),
            "result_bucket": result_bucket,
            "result_file_path": result_file_path,
        }
        return self._transport.call(
            Request("POST", _CUSTOM_ATTRIBUTES, body=body), CustomAttributesRecord.read
        )

    def get_custom_attributes(self, profile_id: str) -> CustomAttributesRecord:
        """GET /profile/custom-attributes/{profile_id}: what is said of a profile."""
        return self._transport.call(
            Request("GET", _item(_CUSTOM_ATTRIBUTES, profile_id)), CustomAttributesRecord.read
        )

    def delete_custom_attributes(self, profile_id: str) -> str:
        """DELETE /profile/custom-attributes/{profile_id}: delete a profile; returns its id."""
        return self._transport.call(
            Request("DELETE", _item(_CUSTOM_ATTRIBUTES, profile_id)), lambda _: profile_id
        )

    def _page(self, path: str, array: str, record: type[R], index: int, limit: int) -> Page[R]:
        query = {"index": index, "limit": limit}
        return self._transport.call(
            Request("GET", path, query), lambda answer: Page.read(answer, array, record)
        )


def _item(path: str, job_id: str) -> str:
    return f"{path}/{quote(job_id, safe='')}"


#: Fields whose value is a path: a trailing slash makes no difference to what they name.
_PATHS = frozenset({"source_file_path", "train_file_path", "test_file_path"})


@dataclass(frozen=True)
class Kind(Generic[R]):
    """One kind of job.

    Parameters
    ----------
    name, plural : str
        As in the methods of a client: ``get_feature``, ``list_features``.
    title : str
        For people.
    record_type : type
        The class of its records.
    identity : tuple of str
        The request fields that, with the name, make two jobs the same. Result paths are not
        among them.
    create, get, delete, page : callable
        Its operations, as functions of a :class:`Service`.
    queued : bool
        Whether the service does one at a time, in the order of the requests.
    counts_users : str or None
        The field of a record that counts the users that the job is about, each once.
    """

    name: str
    plural: str
    title: str
    record_type: type[R]
    identity: tuple[str, ...]
    create: Callable[..., R] = field(repr=False, compare=False)
    get: Callable[[Service, str], R] = field(repr=False, compare=False)
    delete: Callable[[Service, str], str] = field(repr=False, compare=False)
    page: Callable[..., Page[R]] = field(repr=False, compare=False)
    queued: bool = False
    counts_users: str | None = None

    def __reduce__(self) -> str:
        """Pickle a kind as the constant that it is."""
        return self.name.upper()

    def iterate(self, service: Service) -> Iterator[R]:
        """Walk through all jobs of this kind."""
        return iterate(partial(self.page, service))

    def everything(self, service: Service) -> tuple[list[R], bool]:
        """Return all jobs of this kind, and whether it is certain that none is missing."""
        return everything(partial(self.page, service))

    def pages(self, service: Service) -> Iterator[Sequence[R]]:
        """Walk through the list page by page, one request each, as large as a page can be."""
        return pages(partial(self.page, service))

    def find(self, service: Service, name: str) -> R | None:
        """Return the job of this name, or None. Names are unique per kind.

        It is asked for by its id before it is believed: a list that lags shows jobs that were
        deleted, and another may have the name by now.
        """
        for job in self.iterate(service):
            if job.name == name:
                with suppress(NotFoundError):
                    return self.get(service, job.id)
        return None

    def listed(self, service: Service, names: Collection[str]) -> dict[str, R]:
        """Return the jobs of these names, as far as a list shows any, in one walk of it."""
        found: dict[str, R] = {}
        for job in self.iterate(service):
            if job.name is not None and job.name in names:
                found[job.name] = job
                if len(found) == len(names):
                    break
        return found

    def differences(
        self, fields: Mapping[str, Any], record: R, over: Collection[str] | None = None
    ) -> list[str]:
        """Return the fields in which `record` is another job than `fields` ask for.

        Those of the kind's identity count, or those of `over`.
        """
        return [
            field
            for field in (self.identity if over is None else over)
            if _comparable(field, fields.get(field)) != _comparable(field, getattr(record, field))
        ]


def _comparable(field: str, value: Any) -> Any:
    if value is None or value == "":
        return None
    if field in _PATHS:
        return str(value).strip("/")
    if field == "keywords":
        return tuple(keyword.strip() for keyword in value)
    return value


FEATURE = Kind(
    "feature",
    "features",
    "Feature",
    FeatureRecord,
    ("source_bucket", "source_file_path"),
    create=Service.create_feature,
    get=Service.get_feature,
    delete=Service.delete_feature,
    page=Service.list_features,
    counts_users="user_count",
)
TASK = Kind(
    "task",
    "tasks",
    "Task",
    TaskRecord,
    (
        "train_feature_id",
        "train_bucket",
        "train_file_path",
        "test_feature_id",
        "test_bucket",
        "test_file_path",
    ),
    create=Service.create_task,
    get=Service.get_task,
    delete=Service.delete_task,
    page=Service.list_tasks,
    queued=True,
)
RUN = Kind(
    "run",
    "runs",
    "Run",
    RunRecord,
    ("task_id", "feature_id"),
    create=Service.create_run,
    get=Service.get_run,
    delete=Service.delete_run,
    page=Service.list_runs,
    counts_users="line_count",
)
SHOPPING_INTENT = Kind(
    "shopping_intent",
    "shopping_intents",
    "Shopping Intent",
    ShoppingIntentRecord,
    ("task_id",),
    create=Service.create_shopping_intent,
    get=Service.get_shopping_intent,
    delete=Service.delete_shopping_intent,
    page=Service.list_shopping_intents,
)
CUSTOM_ATTRIBUTES = Kind(
    "custom_attributes",
    "custom_attributes",
    "Custom Attributes",
    CustomAttributesRecord,
    ("feature_id", "keywords"),
    create=Service.create_custom_attributes,
    get=Service.get_custom_attributes,
    delete=Service.delete_custom_attributes,
    page=Service.list_custom_attributes,
    counts_users="line_count",
)
KINDS = (FEATURE, TASK, RUN, SHOPPING_INTENT, CUSTOM_ATTRIBUTES)
