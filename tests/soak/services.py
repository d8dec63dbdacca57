"""The service of a soak, with its Object Storage on moto or on Swift."""

from __future__ import annotations

from contextlib import closing, contextmanager
from unittest import mock

from nclue_pandas.sandbox import Sandbox, SandboxSettings
from nclue_pandas.sandbox.refusals import Gatekeeper
from soak.child import Place


class OutsideStorage:
    """A store that runs elsewhere, as the embedded service uses its own."""

    def __init__(self, access):
        self.endpoint = access.endpoint
        self.requests = []
        self._access = access
        self._client = access.boto()

    def start(self):
        """It runs already."""

    def stop(self):
        """Let go of it."""
        self._client.close()

    def create_bucket(self, name):
        """Make sure that the bucket is there."""
        self._access.beside(name)

    def has_bucket(self, name):
        return any(each["Name"] == name for each in self._client.list_buckets()["Buckets"])

    def put(self, bucket, key, body, metadata=None):
        self._client.put_object(Bucket=bucket, Key=key, Body=body, Metadata=metadata or {})

    def get(self, bucket, key):
        try:
            with closing(self._client.get_object(Bucket=bucket, Key=key)["Body"]) as body:
                return body.read()
        except self._client.exceptions.NoSuchKey:
            raise KeyError(key) from None

    def metadata(self, bucket, key):
        return self._client.head_object(Bucket=bucket, Key=key)["Metadata"]

    def list(self, bucket, prefix=""):
        found = self._client.list_objects(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return {each["Key"]: each["Size"] for each in found}

    def delete(self, bucket, key):
        self._client.delete_object(Bucket=bucket, Key=key)

    def uploads(self, bucket):
        return len(self._client.list_multipart_uploads(Bucket=bucket).get("Uploads", []))


def _place(sandbox, region):
    return Place(
        api_url=sandbox.api_url,
        endpoint=sandbox.endpoint,
        region=region,
        bucket=sandbox.bucket,
        access_key=sandbox.access_key,
        secret_key=sandbox.secret_key,
    )


@contextmanager
def on_moto(settings: SandboxSettings):
    """Start the service with its own store."""
    with Sandbox(settings) as sandbox:
        yield sandbox, _place(sandbox, sandbox.region)


@contextmanager
def on_swift(settings: SandboxSettings):
    """Start the service on OpenStack Swift, which runs in processes of its own."""
    from stores.swift import SwiftStore

    with SwiftStore.start() as access:
        store = OutsideStorage(access)
        with mock.patch("nclue_pandas.sandbox.server.ObjectStorage", return_value=store):
            sandbox = Sandbox(settings)
        sandbox.access_key, sandbox.secret_key = access.access_key, access.secret_key
        sandbox._account.gatekeeper = Gatekeeper({access.access_key: access.secret_key})
        with sandbox:
            yield sandbox, _place(sandbox, access.region)


SERVICES = {"moto": on_moto, "swift": on_swift}
