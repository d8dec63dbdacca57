"""What every store of the tests offers: where it is, its keys, a bucket, a look inside."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from nclue_pandas.config import Credentials, StorageSettings
from nclue_pandas.storage.bucket import Bucket


class StoreUnavailableError(Exception):
    """The store cannot be started on this machine, and why: tests skip with the text."""


@dataclass(frozen=True)
class Access:
    """Where a store is and how it is entered; what another process needs to know of it."""

    endpoint: str
    region: str
    access_key: str
    secret_key: str
    bucket: str
    ca_bundle: str | None = None

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
        from botocore.session import Session

        return Session().create_client(
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
        client = self.boto()
        client.create_bucket(Bucket=self.bucket)
        client.close()
