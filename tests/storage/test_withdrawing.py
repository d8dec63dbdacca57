"""What is taken back, and in which order."""

from __future__ import annotations

import pandas as pd
import pytest

from nclue_pandas.config import Credentials, StorageSettings
from nclue_pandas.sandbox.object_storage import ObjectStorage
from nclue_pandas.storage import publish
from nclue_pandas.storage.bucket import Bucket
from nclue_pandas.storage.content import FrameContent

KEYS = Credentials("ACCESS", "SECRET/secret+")


@pytest.fixture
def store():
    with ObjectStorage(KEYS.access_key, KEYS.secret_key) as store:
        store.create_bucket("shop-data")
        yield store


def test_the_manifest_goes_first_and_nothing_of_others_goes(store):
    bucket = Bucket(StorageSettings("shop-data", endpoint=store.endpoint), lambda: KEYS)
    frame = pd.DataFrame({"user_id": [f"u{n:04d}" for n in range(200)], "sequence": "tea->milk"})
    content = FrameContent.of_sequences(frame, "user_id", "sequence")
    made = publish.publish(publish.prepare(content, "sequences", "s", "nclue", 1_000), bucket)
    assert len(made.parts) > 1
    taken = made.parts[0].key
    store.put("shop-data", taken, b"somebody else's")
    publish.withdraw(made, bucket)
    assert list(store.list("shop-data")) == [taken]
    deleted = [request.path for request in store.requests if request.method == "DELETE"]
    assert deleted[0].endswith(".json")
    assert len(deleted) == len(made.parts)
