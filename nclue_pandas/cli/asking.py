"""What is asked for a record: reads alone, chosen for what the documentation leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nclue_pandas.cli import redaction
from nclue_pandas.contract import COMPLETED_SPELLINGS
from nclue_pandas.errors import NclueError
from nclue_pandas.jobs.kinds import KINDS, SHOPPING_INTENT
from nclue_pandas.storage.results import find_result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nclue_pandas.jobs.kinds import Kind
    from nclue_pandas.service.operations import Service
    from nclue_pandas.storage.bucket import Bucket

#: An id that no job has: how is an unknown one refused?
_NO_ID: Final = "00000000-0000-4000-8000-000000000000"
#: Of a result file the first bytes are read, for the form of its lines.
_BYTES: Final = 2048


def ask(service: Service, bucket: Bucket | None) -> Iterator[dict[str, Any]]:
    """Read lists in two ways, a job of each kind with its result, and what is refused.

    Parameters
    ----------
    service : Service
        Listened to, so that its answers need no handing back.
    bucket : Bucket or None
        Where results are.

    Yields
    ------
    dict
        What result files look like.
    """
    for kind in KINDS:
        yield from _ask_kind(kind, service, bucket)
    _try(service.list_features, index=0, limit=0)


def _ask_kind(kind: Kind[Any], service: Service, bucket: Bucket | None) -> Iterator[dict[str, Any]]:
    pages = getattr(service, f"list_{kind.plural}")
    get = getattr(service, f"get_{kind.name}")
    _try(pages, index=1, limit=2)
    page = _try(pages, index=0, limit=2)
    _try(get, _NO_ID)
    record = _try(get, page.items[0].id) if page and page.items else None
    if record is None or record.status not in COMPLETED_SPELLINGS:
        return
    if kind is SHOPPING_INTENT:
        _try(service.download_shopping_intent, record.id)
    elif bucket is not None and getattr(record, "result_bucket", None) == bucket.name:
        yield from _result(bucket, kind.name, record.result_file_path)


def _result(bucket: Bucket, kind: str, told: str) -> Iterator[dict[str, Any]]:
    try:
        found = find_result(bucket, told)
        head = bucket.get(found.key, 0, min(_BYTES, found.size))
    except NclueError:
        return
    yield {
        "result of": kind,
        "told": redaction.shape(told),
        "found": redaction.shape(found.key),
        "first lines": redaction.body(head, "text/plain"),
    }


def _try(ask: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Ask, and be content with a refusal: it is in the record, which is what it is for."""
    try:
        return ask(*arguments, **options)
    except NclueError:
        return None
