"""Datasets that other programs wrote, as the guide for Spark describes them."""

from __future__ import annotations

import io

import pytest

import nclue_pandas as nclue

PARTS = {
    "part-00000-3f0c9a5e-8a0e-4f0b-9d53-6d1a2f7a9c11-c000.csv": "0012\tgreen tea->러닝화\n",
    "part-00001-3f0c9a5e-8a0e-4f0b-9d53-6d1a2f7a9c11-c000.csv": 'u7\tsay "hi"->bread\nu8\ttea\n',
}


def write(client, files):
    for name, text in files.items():
        client.storage.put(f"spark/sequences/{name}", io.BytesIO(text.encode()), {})


def test_a_directory_of_part_files_becomes_a_feature(client):
    write(client, PARTS)
    feature = client.create_feature_from_path("spark", "spark/sequences/").wait()
    assert feature.record.user_count == 3


def test_a_user_in_two_part_files_is_refused_by_the_service(client):
    write(client, PARTS | {"part-00002-c000.csv": "u7\ttea\n"})
    with pytest.raises(nclue.errors.JobFailed) as caught:
        client.create_feature_from_path("twice", "spark/sequences/").wait()
    assert caught.value.fail_code == "DUPLICATE_USERID"


def test_a_marker_file_is_of_another_type(client):
    write(client, PARTS | {"_SUCCESS": ""})
    with pytest.raises(nclue.errors.JobFailed) as caught:
        client.create_feature_from_path("marked", "spark/sequences/").wait()
    assert caught.value.fail_code == "UNEXPECTED_FILE_TYPE"
