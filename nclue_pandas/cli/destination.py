"""Where scores and reports go: a file or an object, there as a whole or as it was before."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast
from urllib.parse import urlsplit

from nclue_pandas.errors import ConfigurationError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    import pandas as pd

    from nclue_pandas.cli.account import Account
    from nclue_pandas.deadline import Deadline
    from nclue_pandas.storage.bucket import Bucket

#: Ends of names that say how scores are written.
FORMS: Final = (".parquet", ".csv")


def add_destinations(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that say where scores and a page about them go."""
    add = parser.add_argument
    add("--out", metavar="FILE", help="scores: .parquet or .csv, a path or s3://bucket/path")
    add("--report", metavar="FILE", help="a page about the run: .html, a path or s3://bucket/path")


def destinations(
    options: argparse.Namespace, account: Account | None, owner: str
) -> dict[str, Destination]:
    """Return where ``out`` and ``report`` go, as far as they are asked for.

    Parameters
    ----------
    options : argparse.Namespace
        See :func:`add_destinations`.
    account, owner
        As for :class:`Destination`.

    Raises
    ------
    ConfigurationError, MissingExtraError
        When nothing could be written there, or drawn: before anything is billed.
    """
    from nclue_pandas.cli.page import require_drawing

    places = {}
    for name, forms in (("out", FORMS), ("report", (".html",))):
        if (place := getattr(options, name)) is not None:
            places[name] = Destination(place, account, owner)
            places[name].check(forms)
    if "report" in places:
        require_drawing()
    return places


@dataclass(frozen=True)
class Destination:
    """A file on disk, or an object ``s3://bucket/key``.

    Parameters
    ----------
    place : str
        As the user gave it.
    account : Account or None
        Whose keys write an object.
    owner : str
        Stands in the name of the temporary file, so that no two writers share one; what a killed
        one left behind is overwritten by the next of the same name.
    """

    place: str
    account: Account | None = None
    owner: str = ""

    @property
    def is_object(self) -> bool:
        """Whether it is on Object Storage."""
        return "://" in self.place

    def check(self, forms: tuple[str, ...]) -> None:
        """Refuse what nothing could be written to, before anything is billed.

        Raises
        ------
        ConfigurationError
            For another suffix, another store, or a directory that is not there or not writable.
        """
        if not self.place.lower().endswith(forms):
            raise ConfigurationError(
                f"{self.place!r}: the end of the name says what is written. Give a name that ends "
                f"in {' or '.join(forms)}."
            )
        if not self.is_object:
            self._check_directory()
        elif not self.place.startswith("s3://") or not self._key or self.account is None:
            raise ConfigurationError(
                f"{self.place!r} is no place to write to. Give a path, or s3://bucket/path of the "
                "account's Object Storage."
            )

    def _check_directory(self) -> None:
        folder = Path(self.place).absolute().parent
        if not folder.is_dir():
            raise ConfigurationError(
                f"{self.place!r} cannot be written: there is no directory {folder}. Make it first."
            )
        if Path(self.place).is_dir() or not os.access(folder, os.W_OK):
            raise ConfigurationError(
                f"{self.place!r} cannot be written by this user. Give another path, or the right "
                f"to write in {folder}."
            )

    @property
    def _key(self) -> str:
        return urlsplit(self.place).path.removeprefix("/")

    def write_frame(self, frame: pd.DataFrame, deadline: Deadline) -> int:
        """Write scores as Parquet or CSV, and return the bytes."""
        with self._whole(deadline) as body:
            if self.place.lower().endswith(".csv"):
                frame.to_csv(body, index=False, mode="wb", lineterminator="\n")
            else:
                frame.to_parquet(body, index=False)
            return body.seek(0, os.SEEK_END)

    def write_text(self, text: str, deadline: Deadline) -> int:
        """Write a page, and return the bytes."""
        with self._whole(deadline) as body:
            body.write(text.encode())
            return body.seek(0, os.SEEK_END)

    @contextmanager
    def _whole(self, deadline: Deadline) -> Iterator[BinaryIO]:
        """Open a temporary file that becomes the destination at the end of the block."""
        if self.is_object:
            with tempfile.TemporaryFile() as file:
                yield cast("BinaryIO", file)
                self._bucket().within(deadline).put(self._key, cast("BinaryIO", file), {})
            return
        path = Path(self.place).resolve()  # what a link leads to, not the link
        part = path.with_name(f".{path.name}.{self.owner}.part")
        try:
            with part.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def _bucket(self) -> Bucket:
        """Return the bucket of the object, which may be another than that of the datasets."""
        return bucket_of(self.place, self.account)


def bucket_of(url: str, account: Account | None) -> Bucket:
    """Return the bucket of an ``s3://`` URL, with the account's keys and places.

    Raises
    ------
    ConfigurationError
        When no account is known.
    """
    from nclue_pandas.storage.bucket import Bucket

    if account is None or account.storage is None:
        raise ConfigurationError(f"{url!r} needs an account with a bucket: set bucket.")
    name = urlsplit(url).netloc
    return Bucket(replace(account.storage, bucket=name), account.credentials)
