"""The 21 operations, one method each, with the service's own fields."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, TypeVar
from urllib.parse import quote

from nclue_pandas.contract import LIST_LIMIT_DEFAULT
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
    from collections.abc import Sequence

    from nclue_pandas.deadline import Deadline
    from nclue_pandas.service.transport import Transport

R = TypeVar("R", bound=Record)

_FEATURES, _TASKS, _RUNS = "/features", "/tasks", "/task-runs"
_SHOPPING_INTENTS = "/profile/shopping-intents"
_DOWNLOADS = "/profile/shopping-intents-download"
_CUSTOM_ATTRIBUTES = "/profile/custom-attributes"


class Service:
    """The service's operations over one transport.

    Parameters
    ----------
    transport : Transport
        Paces, signs, sends and decodes.
    """

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
        self._transport.delete(Request("DELETE", _item(_FEATURES, feature_id)))
        return feature_id

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
        self._transport.delete(Request("DELETE", _item(_TASKS, task_id)))
        return task_id

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
        self._transport.delete(Request("DELETE", _item(_RUNS, run_id)))
        return run_id

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
        self._transport.delete(Request("DELETE", _item(_SHOPPING_INTENTS, profile_id)))
        return profile_id

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
        self._transport.delete(Request("DELETE", _item(_CUSTOM_ATTRIBUTES, profile_id)))
        return profile_id

    def _page(self, path: str, array: str, record: type[R], index: int, limit: int) -> Page[R]:
        query = {"index": index, "limit": limit}
        return self._transport.call(
            Request("GET", path, query), lambda answer: Page.read(answer, array, record)
        )


def _item(path: str, job_id: str) -> str:
    return f"{path}/{quote(job_id, safe='')}"
