"""The object store that publishing is measured against: OpenStack Swift, or the embedded moto."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from benchmarks.digests import bytes_digest
from benchmarks.environments import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "benchmarks"
_BLOCK = 8 << 20


@dataclass(frozen=True)
class Access:
    """Where a store is and how it is entered.

    Parameters
    ----------
    endpoint, region, access_key, secret_key, bucket : str
        Of a store on loopback.
    """

    endpoint: str
    region: str
    access_key: str
    secret_key: str
    bucket: str = BUCKET

    def client(self) -> Any:
        """Return a client of boto3's, with the settings that S3-compatible stores need."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(
                proxies={},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path"},
            ),
        )


class Store:
    """A running store, looked at from outside the measuring processes.

    Parameters
    ----------
    access : Access
        Where it is.
    """

    def __init__(self, access: Access) -> None:
        self._told = access
        self.access = asdict(access)

    @cached_property
    def _client(self) -> Any:
        return self._told.client()

    def create_bucket(self) -> None:
        """Create the bucket that all methods write to."""
        self._client.create_bucket(
            Bucket=self._told.bucket,
            CreateBucketConfiguration={"LocationConstraint": self._told.region},
        )

    def keys(self) -> list[str]:
        """Return the keys of all objects, in order."""
        found = self._client.list_objects(Bucket=self._told.bucket).get("Contents", [])
        return sorted(each["Key"] for each in found)

    def digest(self) -> str:
        """Digest the data files one after another; the manifest is none."""
        return bytes_digest(
            block
            for key in self.keys()
            if key.endswith(".csv") and "warm-up" not in key
            for block in self._client.get_object(Bucket=self._told.bucket, Key=key)[
                "Body"
            ].iter_chunks(_BLOCK)
        )

    def clear(self) -> None:
        """Delete all objects."""
        for key in self.keys():
            self._client.delete_object(Bucket=self._told.bucket, Key=key)


@contextmanager
def serve(kind: str) -> Iterator[Store]:
    """Start a store and create the bucket.

    Parameters
    ----------
    kind : {"swift", "moto"}
        Which one.
    """
    with {"swift": swift, "moto": moto}[kind]() as access:
        store = Store(access)
        store.create_bucket()
        yield store


@contextmanager
def moto() -> Iterator[Access]:
    """Serve moto from this process."""
    from nclue_pandas.sandbox.object_storage import ObjectStorage

    with ObjectStorage("BENCH", "bench", strict=False) as running:
        yield Access(running.endpoint, running.region, "BENCH", "bench")


@contextmanager
def swift() -> Iterator[Access]:
    """Serve Swift by the launcher of the tests, until its standard input is closed."""
    with subprocess.Popen(
        [sys.executable, "-m", "stores.swift"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
    ) as server:
        assert server.stdout is not None
        told = server.stdout.readline()
        if not told:
            raise RuntimeError("OpenStack Swift did not start; --store moto does without it.")
        fields = {name: told for name, told in json.loads(told).items() if name in _FIELDS}
        yield Access(**{**fields, "bucket": BUCKET})


_FIELDS = ("endpoint", "region", "access_key", "secret_key")
