"""``doctor --record``: a sanitized capture of real exchanges.

What the service's documentation leaves open shows in its answers. The record holds requests and
answers in the shape that :mod:`nclue_pandas.cli.redaction` leaves them, and is searched for
everything secret or personal that was heard before it is written. Only reads of the service are
made for it.

What is asked for a record: reads alone, chosen for what the documentation leaves open.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import nclue_pandas
from nclue_pandas.cli import redaction
from nclue_pandas.cli.findings import Finding
from nclue_pandas.contract import COMPLETED_SPELLINGS
from nclue_pandas.errors import ConfigurationError, NclueError
from nclue_pandas.service.operations import KINDS, SHOPPING_INTENT
from nclue_pandas.storage.results import find_result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from requests import Response

    from nclue_pandas.cli.account import Account
    from nclue_pandas.config import StorageSettings
    from nclue_pandas.service.operations import Kind, Service
    from nclue_pandas.service.transport import Transport
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
    _try(kind.page, service, index=1, limit=2)
    page = _try(kind.page, service, index=0, limit=2)
    _try(kind.get, service, _NO_ID)
    record = _try(kind.get, service, page.items[0].id) if page and page.items else None
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


#: A longer body is not looked into.
_BODY_LIMIT: Final = 2**20
#: Without a letter or six digits a name occurs by chance.
_TELLING: Final = re.compile(r"[^\W\d_]|\d{6}")
_ABOUT: Final = (
    "Exchanges with the service as nclue_pandas heard them. Words are replaced by their shape: "
    "a letter by a, a digit by 0. Look through it before you send it to anybody."
)


class Record:
    """Exchanges, redacted as they are heard, and what must not be in them.

    Parameters
    ----------
    path : Path
        The file to write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._exchanges: list[dict[str, Any]] = []
        self._heard: set[str] = set()

    @classmethod
    def at(cls, place: str) -> Self:
        """Make a record for a file, or for a new file in a directory.

        Raises
        ------
        ConfigurationError
            When the file exists, or the directory does not.
        """
        path = Path(place)
        if path.is_dir():
            path /= f"nclue-record-{time.strftime('%Y%m%d-%H%M%S')}.json"
        if path.exists():
            raise ConfigurationError(f"{path} exists; name another file for the record.")
        if not path.parent.is_dir():
            raise ConfigurationError(f"There is no directory {path.parent} for the record.")
        return cls(path)

    def listen(self, transport: Transport) -> None:
        """Hear what the service answers."""
        transport.watch(self._hear_service)

    def overheard(self, storage: StorageSettings) -> StorageSettings:
        """Return settings under which what Object Storage answers is heard too."""
        from nclue_pandas.storage.connection import plain_session

        session = plain_session()
        events = session.get_component("event_emitter")
        events.register("before-send.s3", self._hear_storage_request)
        events.register("response-received.s3", self._hear_storage)
        return replace(storage, options={**storage.options, "session": session})

    def write(self, account: Account, service: Service, bucket: Bucket | None) -> Finding:
        """Ask for what is undocumented, then write the record, searched for secrets."""
        results = list(ask(service, bucket))
        if found := self._leaks(results, account):
            said = f"Not written: {found} names or keys are in it, which must not be."
            return Finding("FAIL", "record", said, "Report this; send nothing.")
        text = json.dumps(
            {
                "about": _ABOUT,
                "nclue_pandas": nclue_pandas.__version__,
                "exchanges": self._exchanges,
                "results": results,
            },
            ensure_ascii=False,
            indent=1,
        )
        self._path.write_text(text + "\n", "utf-8")
        said = f"{len(self._exchanges)} exchanges in {self._path}, without keys, ids and names."
        return Finding("OK", "record", said, "Look through it, then send it with your report.")

    def _hear_service(self, response: Response, **_: Any) -> None:
        declared = response.headers.get("Content-Length", "0")
        too_long = re.fullmatch("[0-9]{1,18}", declared) and int(declared) > _BODY_LIMIT
        content = b"" if too_long else response.content
        self._remember(content)
        request = response.request
        self._exchanges.append(
            {
                "to": "service",
                "method": request.method,
                "target": redaction.target(request.url or ""),
                "sent_headers": redaction.headers(request.headers),
                "status": response.status_code,
                "headers": redaction.headers(response.headers),
                "body": "too long"
                if too_long
                else redaction.body(content, response.headers.get("Content-Type", "")),
            }
        )

    def _hear_storage_request(self, request: Any, **_: Any) -> None:
        self._exchanges.append(
            {
                "to": "storage",
                "method": request.method,
                "target": redaction.target(request.url, segments=frozenset()),
                "sent_headers": redaction.headers(
                    {name: _as_text(value) for name, value in request.headers.items()}
                ),
            }
        )

    def _hear_storage(self, response_dict: Any, **_: Any) -> None:
        if response_dict is None:
            return
        answer = {name: _as_text(value) for name, value in response_dict["headers"].items()}
        content = response_dict.get("body")
        content = content if isinstance(content, bytes) else b""
        self._remember(content)
        self._exchanges.append(
            {
                "to": "storage",
                "status": response_dict["status_code"],
                "headers": redaction.headers(answer),
                "body": redaction.body(content, answer.get("content-type", "")),
            }
        )

    def _remember(self, content: bytes) -> None:
        """Keep the texts of an answer, to search the record for them at the end."""
        try:
            _texts(json.loads(content), "", self._heard)
        except (ValueError, RecursionError):
            self._heard.update(re.split(r"[\s<>]+", content.decode("utf-8", "replace")))

    def _leaks(self, results: list[dict[str, Any]], account: Account) -> int:
        """Count the secrets, ids, names and paths that the record holds after all.

        They are searched inside longer texts too, beside the words that every record may hold:
        a bucket called ``status`` is not found in a field of that name.
        """
        keys = account.credentials()
        searched = {keys.access_key, keys.secret_key, keys.account} | self._heard
        if account.storage is not None:
            searched.add(account.storage.bucket)
        texts = [
            (text, rest)
            for text, rest in redaction.unlisted([self._exchanges, results])
            if _TELLING.search(rest)
        ]
        return sum(
            any(
                _TELLING.search(rest, *found.span())
                for text, rest in texts
                for found in re.finditer(re.escape(each), text, re.IGNORECASE)
            )
            for each in searched
        )


def _texts(answer: Any, field: str, into: set[str]) -> None:
    """Collect the values of ids, names, buckets and paths."""
    if isinstance(answer, dict):
        for name, inner in answer.items():
            _texts(inner, name, into)
    elif isinstance(answer, list):
        for inner in answer:
            _texts(inner, field, into)
    elif isinstance(answer, str) and field.endswith(("_id", "_name", "_bucket", "_path", "_set")):
        into.add(answer)


def _as_text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
