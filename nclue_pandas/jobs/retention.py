"""What chains leave behind every night: older runs, tasks, features and files, listed and deleted.

What is a chain's is told by its content, not by its name alone: the names of its jobs are made of
the user's name and of the fingerprints of its files, which the paths of the files hold too. So a
job that was named alike by hand is not taken for one. Runs go before tasks and these before
features, each after the files that only it needs: whenever this is interrupted, what is left is
still listed the next time, and no file is without its job.
"""

from __future__ import annotations

import logging
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from nclue_pandas.contract import COMPLETED_SPELLINGS, FAILED
from nclue_pandas.errors import ApiError, ConfigurationError, NotFoundError
from nclue_pandas.jobs.account import FOLDERS, groups, is_ours, places_of
from nclue_pandas.jobs.exactly_once import check_name
from nclue_pandas.jobs.predict import named
from nclue_pandas.service.operations import FEATURE, KINDS, RUN, TASK
from nclue_pandas.storage import layout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from nclue_pandas.jobs.account import Group
    from nclue_pandas.jobs.reference import ClientLike
    from nclue_pandas.service.operations import Kind
    from nclue_pandas.service.records import FeatureRecord, Record, RunRecord, TaskRecord
    from nclue_pandas.storage.bucket import ObjectInfo

_log = logging.getLogger("nclue_pandas")

_FINISHED: Final = frozenset({*COMPLETED_SPELLINGS, FAILED})
_UNCERTAIN: Final = (
    "The lists of jobs changed each time they were read, so that a job may be missing that uses "
    "others. Nothing is deleted. Call prune() again when fewer jobs are being made and deleted."
)
Listed = dict["Kind[Any]", list[Any]]


@dataclass(frozen=True)
class Chain:
    """The jobs of one chain, told by their content.

    Parameters
    ----------
    name : str
        Where the names of the jobs begin.
    prefix, bucket : str
        Where the client writes.
    features : dict of str to str
        Name of a Feature of the chain -> fingerprint of its sequences.
    tasks : dict of str to tuple of str
        Name of a Task of the chain -> fingerprints of what it was made of.
    """

    name: str
    prefix: str
    bucket: str
    features: dict[str | None, str] = field(default_factory=dict)
    tasks: dict[str | None, tuple[str, ...]] = field(default_factory=dict)

    def jobs(self, listed: Mapping[Kind[Any], Sequence[Any]]) -> Listed:
        """Return the runs, tasks and features that are the chain's."""
        features = [each for each in listed[FEATURE] if self._has_feature(each)]
        tasks = [each for each in listed[TASK] if self._has_task(each)]
        runs = [each for each in listed[RUN] if self._has_run(each)]
        return {RUN: runs, TASK: tasks, FEATURE: features}

    def _has_feature(self, record: FeatureRecord) -> bool:
        content = self._content("sequences", record.source_bucket, record.source_file_path)
        if content is None or named(self.name, content) != record.name:
            return False
        self.features[record.name] = content
        return True

    def _has_task(self, record: TaskRecord) -> bool:
        content = [
            self.features.get(record.train_feature_name),
            self._content("answers", record.train_bucket, record.train_file_path),
        ]
        if record.test_file_path:
            content.append(self._content("answers", record.test_bucket, record.test_file_path))
        known = tuple(each for each in content if each is not None)
        if len(known) < len(content) or named(self.name, *known) != record.name:
            return False
        self.tasks[record.name] = known
        return True

    def _has_run(self, record: RunRecord) -> bool:
        trained = self.tasks.get(record.task_name)
        scored = self.features.get(record.feature_name)
        if trained is None or scored is None or record.result_bucket != self.bucket:
            return False
        name = named(self.name, *trained, scored)
        path = record.result_file_path or ""
        return record.name == name and layout.is_result_of(path, self.prefix, name)

    def _content(self, kind: layout.Kind, bucket: str | None, path: str | None) -> str | None:
        """Return the fingerprint of a dataset that was written for the chain."""
        if bucket != self.bucket or path is None:
            return None
        return layout.fingerprint_in(path, kind, self.prefix, self.name)


def prune(client: ClientLike, *, name: str, keep: int, dry_run: bool) -> pd.DataFrame:
    """List, and delete on request, what a chain has left; see :meth:`nclue_pandas.Client.prune`."""
    check_name(name)
    given: object = keep
    if not isinstance(given, int) or isinstance(given, bool) or given < 1:
        raise ConfigurationError(
            f"keep={keep!r}: give how many of the chain's newest completed runs stay, 1 or more."
        )
    objects = list(groups(client, FOLDERS))
    walks = {kind: kind.everything(client.service) for kind in KINDS}
    listed: Listed = {kind: records for kind, (records, _) in walks.items()}
    if not all(certain for _, certain in walks.values()):
        warnings.warn(_UNCERTAIN, RuntimeWarning, stacklevel=3)
        dry_run = True
    chain = Chain(name, client.ref.prefix, client.storage.name)
    old = older(listed, chain.jobs(listed), keep)
    files = files_of(client, old, listed, objects)
    rows: list[dict[str, Any]] = []
    for kind, records in old.items():
        for record in records:
            rows += _deleted(client, kind, record, files[record.id], dry_run=dry_run)
    return _frame(rows)


def older(listed: Listed, own: Listed, keep: int) -> Listed:
    """Return what is older than the runs that stay, and used by none of the jobs that do.

    Of runs, tasks and features, in this order, the finished ones alone, the oldest first.
    """
    moments = sorted(
        each.created_at
        for each in own[RUN]
        if each.created_at and each.status in COMPLETED_SPELLINGS
    )
    if len(moments) < keep:
        return {kind: [] for kind in own}
    limit = moments[-keep]
    old: Listed = {}
    gone: set[str] = set()
    for kind, records in own.items():
        used = _used(listed, gone)
        found = [
            each
            for each in records
            if each.status in _FINISHED
            and each.created_at
            and each.created_at < limit
            and each.id not in used
        ]
        old[kind] = sorted(found, key=lambda each: each.created_at)
        gone |= {each.id for each in found}
    return old


def files_of(
    client: ClientLike, old: Listed, listed: Listed, objects: Sequence[Group]
) -> dict[str, list[ObjectInfo]]:
    """Return the files that go with each job: those that it names and no other job needs."""
    bucket = client.storage.name
    gone = {each.id for records in old.values() for each in records}
    needed = {
        place
        for records in listed.values()
        for each in records
        if each.id not in gone
        for place in places_of(each, bucket)
    }
    last = {
        place: each.id
        for records in old.values()
        for each in records
        for place in places_of(each, bucket)
        if place
    }
    files: dict[str, list[ObjectInfo]] = {each: [] for each in gone}
    for group in objects:
        owner = next((job for place, job in last.items() if group.is_needed([place])), None)
        if owner is not None and not group.is_needed(needed):
            files[owner] += [info for info in group.objects if is_ours(client, group, info)]
    return files


def _used(listed: Listed, gone: set[str]) -> set[str | None]:
    """Return the ids of what the jobs use that stay."""
    fields = ("task_id", "feature_id", "train_feature_id", "test_feature_id")
    return {
        getattr(each, name, None)
        for records in listed.values()
        for each in records
        if each.id not in gone
        for name in fields
    }


def _deleted(
    client: ClientLike,
    kind: Kind[Any],
    record: Record,
    files: Sequence[ObjectInfo],
    *,
    dry_run: bool,
) -> list[dict[str, Any]]:
    """Delete the files that go with a job, then the job; return a row for each."""
    for info in () if dry_run else files:
        client.storage.delete(info.key)
    removed = not dry_run and _delete(client, kind, record)
    rows = [
        {
            "kind": "file",
            "name": record.name,
            "key": info.key,
            "bytes": info.size,
            "created_at": info.modified,
            "removed": not dry_run,
        }
        for info in files
    ]
    job = {
        "kind": kind.title,
        "name": record.name,
        "id": record.id,
        "bytes": getattr(record, "disk_usage", None),
        "created_at": record.created_at,
        "removed": removed,
    }
    return [*rows, job]


def _delete(client: ClientLike, kind: Kind[Any], record: Record) -> bool:
    """Delete a job; one that another call has deleted is gone, one that is used by now stays."""
    try:
        with suppress(NotFoundError):
            kind.delete(client.service, record.id)
    except ApiError as error:
        if error.status != HTTPStatus.CONFLICT:
            raise
        _log.warning("%s %r stays: %s", kind.title, record.name, error)
        return False
    return True


def _frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa

    schema = pa.schema(
        {
            "kind": pa.string(),
            "name": pa.string(),
            "id": pa.string(),
            "key": pa.string(),
            "bytes": pa.int64(),
            "created_at": pa.timestamp("us", tz="UTC"),
            "removed": pa.bool_(),
        }
    )
    table: pd.DataFrame = pa.Table.from_pylist(rows, schema=schema).to_pandas(
        types_mapper=pd.ArrowDtype
    )
    return table
