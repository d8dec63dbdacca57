"""Errors of Object Storage and of the files on it."""

from __future__ import annotations

from nclue_pandas.errors.base import NclueError


class StorageError(NclueError, OSError):
    """Object Storage refused, failed or could not be reached.

    Attributes
    ----------
    status : int or None
        HTTP status, where the store answered.
    code, detail : str or None, str
        The store's own code, such as ``"AccessDenied"``, and its message.
    """

    status: int | None = None
    code: str | None = None
    detail: str = ""
    remedy = "Try again; if it stays, check the endpoint, the region and a proxy in between."


class StorageTimeoutError(StorageError, TimeoutError):
    """Object Storage did not answer before the deadline of the call."""

    remedy = "Make the same call again: what is on the store already is not sent twice."


class BucketNotFoundError(StorageError, FileNotFoundError):
    """The bucket does not exist at this endpoint."""

    remedy = (
        "Check the bucket's name, the endpoint and the region; create the bucket in the NCP "
        "console."
    )


class ObjectNotFoundError(StorageError, FileNotFoundError):
    """The object does not exist."""

    remedy = "Check the path; the file may have been deleted, or be in another bucket."


class StorageAccessError(StorageError, PermissionError):
    """The key pair is wrong or has no right to the bucket."""

    remedy = "Check both keys, and give the sub account rights to the bucket in the NCP console."


class ForeignObjectError(StorageError, FileExistsError):
    """An object that this library did not write stands where it would write."""

    remedy = "Move that object away, or give connect() another prefix=."


class IncompleteUploadError(StorageError):
    """An object on the store does not have the size that was sent."""

    remedy = "Repeat the call: what is missing is sent again."


class ObjectChangedError(StorageError):
    """An object was replaced while it was read, or its blocks are not those that were asked for."""

    remedy = "Read it again when nothing writes to it; if it stays, look at a proxy in between."


class ResultNotFoundError(StorageError, FileNotFoundError):
    """A completed job's result file is not where the service says."""

    remedy = (
        "See in the bucket whether the file was moved or deleted; if so, run the task again "
        "under another name."
    )


class ResultFormatError(StorageError, ValueError):
    """A result file is empty or not TAB-separated text."""

    remedy = (
        "Look at the file in the bucket; if something else wrote it, run the task again under "
        "another name."
    )
