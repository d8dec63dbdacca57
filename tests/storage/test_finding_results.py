"""Which of several files is the result, and that a listing ends."""

from __future__ import annotations

import datetime as dt

import pytest

from nclue_pandas.config import StorageSettings
from nclue_pandas.errors import ResultNotFoundError
from nclue_pandas.storage.bucket import Bucket, ObjectInfo
from nclue_pandas.storage.results import find_result


class Listed:
    """A bucket that has these files, none of them under the very name that is asked for."""

    name = "b"

    def __init__(self, *files):
        self.files = files

    def head(self, key):
        return next((file for file in self.files if file.key == key), None)

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


@pytest.mark.parametrize("told", ["out/", "out/nclue", "out/nclue_b_2026010100.tsv"])
@pytest.mark.parametrize("late", [0.0, 0.4, 3.0, 10.0])
def test_a_result_that_becomes_visible_late(told, late):
    bucket, waited = Listed(), [0.0]

    def sleep(seconds):
        waited[0] += seconds
        if waited[0] >= late:
            bucket.files = (file("out/nclue_b_2026010100.tsv", 1),)

    if not late:
        sleep(0)
    assert find_result(bucket, told, sleep=sleep).key == "out/nclue_b_2026010100.tsv"
    assert waited[0] <= late + 4


def test_what_stays_invisible_is_missing_after_ten_seconds():
    waited = []
    with pytest.raises(ResultNotFoundError, match=r"looked for over 10\.5 seconds"):
        find_result(Listed(), "out/", sleep=waited.append)
    assert 10 <= sum(waited) <= 11


def test_a_listing_that_repeats_itself_ends(monkeypatch):
    bucket = Bucket(StorageSettings("bucket", endpoint="http://127.0.0.1:1"), lambda: None)
    asked = []

    def call(operation, key, read, **arguments):
        asked.append(arguments["Marker"])
        assert len(asked) < 5
        return read({"Contents": [{"Key": "a", "Size": 1}], "IsTruncated": True})

    monkeypatch.setattr(bucket, "_call", call)
    assert [info.key for info in bucket.list()] == ["a", "a"]
