"""Which of several files is the result, and that a listing ends."""

from __future__ import annotations

import datetime as dt

from nclue_pandas.config import StorageSettings
from nclue_pandas.storage.bucket import Bucket, ObjectInfo
from nclue_pandas.storage.results import find_result


class Listed:
    """A bucket that has these files, none of them under the very name that is asked for."""

    name = "b"

    def __init__(self, *files):
        self.files = files

    def head(self, key):
        return None

    def list(self, prefix):
        return [file for file in self.files if file.key.startswith(prefix)]


def file(key, day):
    return ObjectInfo(key, 1, dt.datetime(2026, 1, day, tzinfo=dt.UTC))


def test_the_newest_of_several_results():
    old, new = file("out/nclue_b_2026010100.tsv", 1), file("out/nclue_a_2026010200.tsv", 2)
    assert find_result(Listed(old, new), "out/").key == new.key
    assert find_result(Listed(new, old), "out/").key == new.key


def test_a_stem_is_not_that_of_a_longer_name():
    own, other = file("out/nclue_a_2026010100.tsv", 1), file("out/nclue2_a_2026010200.tsv", 2)
    assert find_result(Listed(own, other), "out/nclue").key == own.key


def test_a_listing_that_repeats_itself_ends(monkeypatch):
    bucket = Bucket(StorageSettings("bucket", endpoint="http://127.0.0.1:1"), lambda: None)
    asked = []

    def call(operation, key, **arguments):
        asked.append(arguments["Marker"])
        assert len(asked) < 5
        return {"Contents": [{"Key": "a", "Size": 1}], "IsTruncated": True}

    monkeypatch.setattr(bucket, "_call", call)
    assert [info.key for info in bucket.list()] == ["a", "a"]
