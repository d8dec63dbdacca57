"""Errors of Object Storage and of the files on it."""

from __future__ import annotations

from nclue_pandas.errors.base import NclueError


class StorageError(NclueError, OSError):
    """Object Storage refused, failed or could not be reached."""


class BucketNotFoundError(StorageError, FileNotFoundError):
    """The bucket does not exist at this endpoint."""


class ObjectNotFoundError(StorageError, FileNotFoundError):
    """The object does not exist."""


class StorageAccessError(StorageError, PermissionError):
    """The key pair is wrong or has no right to the bucket."""


class ForeignObjectError(StorageError, FileExistsError):
    """An object that this library did not write stands where it would write."""


class IncompleteUploadError(StorageError):
    """An object on the store does not have the size that was sent."""


class ResultNotFoundError(StorageError, FileNotFoundError):
    """A completed job's result file is not where the service says."""


class ResultFormatError(StorageError, ValueError):
    """A result file is empty or not TAB-separated text."""
