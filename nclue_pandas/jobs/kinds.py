"""The five kinds of job: which operations serve them, and what identifies a job."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from nclue_pandas.errors import NotFoundError
from nclue_pandas.service.paging import everything, iterate, pages
from nclue_pandas.service.records import (
    CustomAttributesRecord,
    FeatureRecord,
    Record,
    RunRecord,
    ShoppingIntentRecord,
    TaskRecord,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from nclue_pandas.service.operations import Service

#: Fields whose value is a path: a trailing slash makes no difference to what they name.
_PATHS = frozenset({"source_file_path", "train_file_path", "test_file_path"})


R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Kind(Generic[R]):
    """One kind of job.

    Parameters
    ----------
    name : str
        As in the operations of the service: ``get_feature``, ``delete_feature``.
    plural : str
        As in ``list_features``.
    title : str
        For people.
    record_type : type
        The class of its records.
    identity : tuple of str
        The request fields that, with the name, make two jobs the same. Result paths are not
        among them.
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
    queued: bool = False
    counts_users: str | None = None

    def create(self, service: Service, name: str, fields: Mapping[str, Any]) -> R:
        """Send the create request."""
        record: R = getattr(service, f"create_{self.name}")(name=name, **fields)
        return record

    def get(self, service: Service, job_id: str) -> R:
        """Fetch the job's present record."""
        record: R = getattr(service, f"get_{self.name}")(job_id)
        return record

    def delete(self, service: Service, job_id: str) -> None:
        """Delete the job."""
        getattr(service, f"delete_{self.name}")(job_id)

    def iterate(self, service: Service) -> Iterator[R]:
        """Walk through all jobs of this kind."""
        found: Iterator[R] = iterate(getattr(service, f"list_{self.plural}"))
        return found

    def everything(self, service: Service) -> tuple[list[R], bool]:
        """Return all jobs of this kind, and whether it is certain that none is missing."""
        found: tuple[list[R], bool] = everything(getattr(service, f"list_{self.plural}"))
        return found

    def pages(self, service: Service) -> Iterator[Sequence[R]]:
        """Walk through the list page by page, one request each, as large as a page can be."""
        found: Iterator[Sequence[R]] = pages(getattr(service, f"list_{self.plural}"))
        return found

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

        Parameters
        ----------
        fields : mapping
            What the job is to be made from.
        record : Record
            What is there.
        over : collection of str, optional
            Which fields count; by default the kind's identity.
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
    queued=True,
)
RUN = Kind("run", "runs", "Run", RunRecord, ("task_id", "feature_id"), counts_users="line_count")
SHOPPING_INTENT = Kind(
    "shopping_intent", "shopping_intents", "Shopping Intent", ShoppingIntentRecord, ("task_id",)
)
CUSTOM_ATTRIBUTES = Kind(
    "custom_attributes",
    "custom_attributes",
    "Custom Attributes",
    CustomAttributesRecord,
    ("feature_id", "keywords"),
    counts_users="line_count",
)
KINDS = (FEATURE, TASK, RUN, SHOPPING_INTENT, CUSTOM_ATTRIBUTES)
