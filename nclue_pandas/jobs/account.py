"""What an account holds: jobs of one kind and of all, what they take, files that none needs."""

from __future__ import annotations

import dataclasses
import warnings
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from nclue_pandas.contract import STORAGE_BYTES
from nclue_pandas.errors import ConfigurationError
from nclue_pandas.service.operations import KINDS
from nclue_pandas.storage import layout

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    import pandas as pd

    from nclue_pandas.jobs.reference import ClientLike
    from nclue_pandas.service.records import Record
    from nclue_pandas.storage.bucket import ObjectInfo


def as_row(record: Record) -> dict[str, Any]:
    """Return the typed fields of `record` by name, without the raw answer."""
    return {
        field.name: getattr(record, field.name)
        for field in dataclasses.fields(record)
        if field.name != "raw"
    }


def as_frame(records: Iterable[Record], record_type: type[Record]) -> pd.DataFrame:
    """Return one row per job; an empty list keeps its columns."""
    import pandas as pd
    import pyarrow as pa

    fields = [field for field in dataclasses.fields(record_type) if field.name != "raw"]
    rows = [as_row(record) for record in records]
    columns = {}
    for field in fields:
        kind = _arrow_type(str(field.type))
        values = [row[field.name] for row in rows]
        if pa.types.is_string(kind):
            values = [None if v is None else _text(v) for v in values]
        columns[field.name] = pd.Series(
            pd.arrays.ArrowExtensionArray(pa.array(values, type=kind)), name=field.name
        )
    return pd.DataFrame(columns)


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _arrow_type(annotation: str) -> Any:
    import pyarrow as pa

    if annotation.startswith(datetime.__name__):
        return pa.timestamp("us", tz="UTC")
    if annotation.startswith("int"):
        return pa.int64()
    if annotation.startswith("float"):
        return pa.float64()
    return pa.string()


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

    That is one request for every 100 jobs of a kind, five at least.
    """
    table = _all(client)[list(_JOB)]
    return table.sort_values("created_at", ascending=False, kind="stable", ignore_index=True)


def usage_table(client: ClientLike) -> pd.DataFrame:
    """Return what each job takes of the account, the largest on disk first."""
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


#: What can be cleaned up, as the folders below the prefix are called.
FOLDERS: Final = ("sequences", "answers", "results")
#: Fields of jobs that name files, and the field beside each that names the bucket.
_PLACES: Final = {
    "source_file_path": "source_bucket",
    "train_file_path": "train_bucket",
    "test_file_path": "test_bucket",
    "result_file_path": "result_bucket",
}
_UNCERTAIN: Final = (
    "The lists of jobs changed each time they were read, so that a job may be missing whose files "
    "would seem not to be needed. Nothing is removed. Call cleanup() again when fewer jobs are "
    "being made and deleted."
)


@dataclass(frozen=True)
class Group:
    """Objects that belong together: a dataset with its manifest, or a result directory."""

    folder: str
    path: str
    objects: tuple[ObjectInfo, ...]

    def is_younger(self, limit: datetime) -> bool:
        """Return whether any of it was written since `limit`, as far as the store tells."""
        return any(each.modified is None or each.modified > limit for each in self.objects)

    def is_needed(self, places: Collection[str]) -> bool:
        """Return whether a job names it, something in it, or a directory that it is in."""
        own = self.path.strip("/")
        return any(
            not place or own == place or own.startswith(f"{place}/") or place.startswith(f"{own}/")
            for place in places
        )


def cleanup(
    client: ClientLike, *, dry_run: bool, min_age: timedelta, folders: Collection[str]
) -> pd.DataFrame:
    """List, and remove on request, what no job needs; see :meth:`nclue_pandas.Client.cleanup`."""
    if not isinstance(min_age, timedelta):
        raise ConfigurationError(
            f"min_age={min_age!r} is no datetime.timedelta: write timedelta(days=3)."
        )
    folders = (folders,) if isinstance(folders, str) else folders
    unknown = set(folders) - set(FOLDERS)
    if unknown:
        raise ConfigurationError(f"There is no {sorted(unknown)}: folders are among {FOLDERS}.")
    limit = datetime.now(UTC) - min_age
    found = list(groups(client, folders))
    places, certain = _named_by_jobs(client) if found else (set(), True)
    if not certain:
        warnings.warn(_UNCERTAIN, RuntimeWarning, stacklevel=3)
        dry_run = True
    rows = []
    for group in found:
        if group.is_younger(limit) or group.is_needed(places):
            continue
        for info in group.objects:
            if is_ours(client, group, info):
                if not dry_run:
                    client.storage.delete(info.key)
                size, moment = info.size, info.modified
                rows.append((group.folder, group.path, info.key, size, moment, not dry_run))
    return _frame(rows)


def groups(client: ClientLike, folders: Collection[str]) -> Iterator[Group]:
    """Find what has the grammar of this library's keys below the client's own prefix."""
    prefix = client.ref.prefix
    for folder in folders:
        found: dict[str, list[ObjectInfo]] = defaultdict(list)
        for info in client.storage.list(layout.folder(prefix, folder)):
            path = layout.path_of(info.key, prefix)
            if path is not None:
                found[path].append(info)
        for path, objects in sorted(found.items()):
            # The manifest says that all parts are there: it goes first.
            yield Group(folder, path, tuple(sorted(objects, key=lambda each: each.key[::-1])))


def _named_by_jobs(client: ClientLike) -> tuple[set[str], bool]:
    """Return the paths in the client's bucket that any job names, without slashes around them.

    And whether it is certain that these are all.
    """
    bucket = client.storage.name
    listed = [kind.everything(client.service) for kind in KINDS]
    places = {
        place for records, _ in listed for record in records for place in places_of(record, bucket)
    }
    return places, all(certain for _, certain in listed)


def places_of(record: Record, bucket: str) -> set[str]:
    """Return the paths in a bucket that a job names, without slashes around them."""
    return {
        (getattr(record, path) or "").strip("/")
        for path, beside in _PLACES.items()
        if getattr(record, beside, None) == bucket
    }


def is_ours(client: ClientLike, group: Group, info: ObjectInfo) -> bool:
    """Return whether this library wrote the object, or asked the service to."""
    if group.folder == "results":
        return True
    found = client.storage.head(info.key)
    return found is not None and layout.is_ours(info.key, found.metadata)


def _frame(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa

    types = {
        "kind": pa.string(),
        "path": pa.string(),
        "key": pa.string(),
        "bytes": pa.int64(),
        "modified": pa.timestamp("us", tz="UTC"),
        "removed": pa.bool_(),
    }
    columns = list(zip(*rows, strict=True)) or [()] * len(types)
    return pd.DataFrame(
        {
            name: pd.arrays.ArrowExtensionArray(pa.array(values, type=kind))
            for (name, kind), values in zip(types.items(), columns, strict=True)
        }
    )
