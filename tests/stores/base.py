"""What every store of the tests offers: where it is, its keys, a bucket, a look inside."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import cache

from nclue_pandas.config import Credentials, StorageSettings
from nclue_pandas.storage.bucket import Bucket


class StoreUnavailableError(Exception):
    """The store cannot be started on this machine, and why: tests skip with the text."""


@cache
def session():
    """Return the one session whose data files every client reads."""
    from botocore.session import Session

    return Session()


@dataclass(frozen=True)
class Access:
    """Where a store is and how it is entered; what another process needs to know of it."""

    endpoint: str
    region: str
    access_key: str
    secret_key: str
    bucket: str
    ca_bundle: str | None = None
    #: Keys that it lists at a time.
    page: int = 1_000

    def to_dict(self):
        """Return the fields by name."""
        return asdict(self)

    def settings(self, **changes):
        """Return the settings that ``connect`` and ``Bucket`` take."""
        told = {
            "bucket": self.bucket,
            "endpoint": self.endpoint,
            "region": self.region,
            "ca_bundle": self.ca_bundle,
        }
        return StorageSettings(**told | changes)

    def open(self, *, access_key=None, secret_key=None, **changes):
        """Return the library's bucket, with other keys or settings where given."""
        keys = Credentials(access_key or self.access_key, secret_key or self.secret_key)
        return Bucket(self.settings(**changes), lambda: keys)

    def boto(self):
        """Return a client that shares nothing with the library: it sees what is there."""
        from botocore.config import Config

        return session().create_client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            verify=self.ca_bundle,
            config=Config(
                proxies={},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path"},
            ),
        )

    def create_bucket(self):
        """Create the bucket."""
        with closing(self.boto()) as client:
            client.create_bucket(Bucket=self.bucket, **self._location())

    def _location(self):
        if self.region == "us-east-1":
            return {}
        return {"CreateBucketConfiguration": {"LocationConstraint": self.region}}

    def beside(self, bucket):
        """Create another bucket there, and return the access to it."""
        other = replace(self, bucket=bucket)
        other.create_bucket()
        return other

    def through(self, endpoint):
        """Return the same access by another way, such as a relay's."""
        return replace(self, endpoint=endpoint)

    def objects(self):
        """Return the bodies of all objects by key, seen from outside (1,000 at most)."""
        with closing(self.boto()) as client:
            listed = client.list_objects(Bucket=self.bucket).get("Contents", [])
            return {
                item["Key"]: client.get_object(Bucket=self.bucket, Key=item["Key"])["Body"].read()
                for item in listed
            }

    def put(self, key, body):
        """Write an object from outside."""
        with closing(self.boto()) as client:
            client.put_object(Bucket=self.bucket, Key=key, Body=body)

    def uploads(self):
        """Return the multipart uploads that are neither completed nor aborted."""
        with closing(self.boto()) as client:
            return client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])
