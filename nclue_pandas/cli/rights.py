"""Rights to the bucket: list it, and write, look at, read and delete a small object of ours."""

from __future__ import annotations

import io
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nclue_pandas.cli.findings import Finding
from nclue_pandas.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nclue_pandas.storage.bucket import Bucket

#: Below it the doctor writes its object, and nothing else does.
PLACE: Final = "nclue/doctor/"
_BODY: Final = b"nclue_pandas was here\n"
_WHERE_RIGHTS: Final = (
    "Give the sub account this right in the NCP console (Object Storage, access control of the "
    "bucket, or the policy of the sub account)."
)


def right_findings(bucket: Bucket) -> Iterator[Finding]:
    """Try every right that is needed, in order, and yield how it went.

    Parameters
    ----------
    bucket : Bucket
        Where; an object of a random name below :data:`PLACE` is written and deleted again.
    """
    trial = _Trial(bucket, f"{PLACE}{secrets.token_hex(8)}.txt")
    listed = _try("list", trial.list)
    yield listed
    if listed.level == "FAIL":
        return
    written = _try("put", trial.put)
    yield written
    if written.level == "FAIL":
        with suppress(StorageError):  # what failed may have left something
            bucket.delete(trial.key)
        return
    for name, action in {"head": trial.head, "get": trial.get, "delete": trial.delete}.items():
        yield _try(name, action)


@dataclass(frozen=True)
class _Trial:
    """One object, and what can be done with it; each says what was found."""

    bucket: Bucket
    key: str

    def list(self) -> str:
        self.bucket.check()
        return f"{self.bucket.name} can be listed."

    def put(self) -> str:
        self.bucket.put(self.key, io.BytesIO(_BODY), {"nclue-pandas": "doctor"})
        return f"{len(_BODY)} bytes written."

    def head(self) -> str:
        found = self.bucket.head(self.key)
        if found is None or found.size != len(_BODY):
            raise StorageError("The object that was written is not there as it was sent.")
        return "Its size is what was sent."

    def get(self) -> str:
        if self.bucket.get(self.key) != _BODY:
            raise StorageError("The object that was written reads otherwise.")
        return "It reads as it was written."

    def delete(self) -> str:
        self.bucket.delete(self.key)
        if self.bucket.head(self.key) is not None:
            raise StorageError(f"{self.key} is still there after it was deleted.")
        return "It is deleted again; nothing is left."


def _try(name: str, action: Callable[[], str]) -> Finding:
    what = f"bucket {name}"
    try:
        return Finding("OK", what, action())
    except StorageError as error:
        no_right = error.code == "AccessDenied"
        return Finding("FAIL", what, str(error), _WHERE_RIGHTS if no_right else error.remedy)
