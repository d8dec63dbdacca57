"""What a killed process does: connect, predict, say what came of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import import_module

import pandas as pd

import nclue_pandas as nclue
from nclue_pandas.client import Client
from nclue_pandas.config import ServiceSettings, StorageSettings, options
from nclue_pandas.credentials import resolve_credentials
from nclue_pandas.errors import NclueError

#: Loaded before the fork, so that a run is short.
LAZY = (
    *("requests", "s3fs", "aiohttp", "aiobotocore.session", "botocore.signers"),
    *("nclue_pandas.service.operations", "nclue_pandas.service.transport"),
    *("nclue_pandas.storage.publish", "nclue_pandas.storage.results"),
    *("nclue_pandas.jobs.predict", "nclue_pandas.jobs.results", "nclue_pandas.frames.checks"),
    *("nclue_pandas.frames.cross_checks", "nclue_pandas.kernels.scan"),
)
for module in LAZY:
    import_module(module)

#: How what is said of an error begins.
ERROR = "error "
#: Users of the chain: 100 of each label is what the service asks for.
USERS = 240


@dataclass(frozen=True)
class Place:
    """Where a run goes: the service, the store, and the keys of both."""

    api_url: str
    endpoint: str
    region: str
    bucket: str
    access_key: str
    secret_key: str

    def connect(self):
        """Return a client without a pace: the soak is about what survives, not about waiting."""
        return Client(
            resolve_credentials(access_key=self.access_key, secret_key=self.secret_key),
            ServiceSettings(self.api_url, requests_per_second=None),
            StorageSettings(self.bucket, endpoint=self.endpoint, region=self.region),
        )


def frames():
    """Half of the users like tea."""
    users = pd.Series([f"u{number:03d}" for number in range(USERS)])
    tea = pd.Series(range(USERS)) % 2
    sequences = pd.DataFrame(
        {"user_id": users, "sequence": tea.map({0: "milk->bread", 1: "green tea 녹차->milk"})}
    )
    return sequences, pd.DataFrame({"user_id": users, "label": tea})


def run(place, name, said):
    """Predict, and say the digest of the scores by user, or the error of ours."""
    options.poll_first, options.poll_longest, options.progress = 0.05, 0.1, False
    try:
        scores = nclue.predict(*frames(), name=name, client=place.connect())
    except NclueError as error:
        said.send(f"{ERROR}{type(error).__name__}: {error}")
        return
    text = scores.sort_values("user_id").to_csv(index=False)
    said.send(hashlib.sha256(text.encode()).hexdigest())
