"""Options of s3fs over https on a store that refuses what NCP refuses: all that it needs is kept."""

from __future__ import annotations

import copy
import io

import pytest
from stores.publisher import prepared

from nclue_pandas import errors
from nclue_pandas.storage import publish

OPTIONS = {
    "none": {},
    "read timeout": {"config_kwargs": {"read_timeout": 600}},
    "retries": {"config_kwargs": {"retries": {"max_attempts": 2}}},
    "s3": {"config_kwargs": {"s3": {"payload_signing_enabled": True}}},
    "pool": {"config_kwargs": {"max_pool_connections": 2}, "max_concurrency": 1},
    "region again": {"client_kwargs": {"region_name": "kr-standard"}},
    "verify": {"client_kwargs": {"verify": True}},
    "empty": {"config_kwargs": {}, "client_kwargs": {}},
    "user agent": {"config_kwargs": {"user_agent_extra": "shop/1"}},
    "both": {"config_kwargs": {"connect_timeout": 60}, "client_kwargs": {"use_ssl": True}},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_options_keep_what_the_store_needs(moto_https, name, monkeypatch):
    options = copy.deepcopy(OPTIONS[name])
    settings = {"options": options}
    if name == "verify":  # certificates of the environment serve then
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", moto_https.ca_bundle)
        settings = {
            "options": {"client_kwargs": {"verify": moto_https.ca_bundle}},
            "ca_bundle": None,
        }
    bucket = moto_https.open(**settings)
    made = publish.publish(prepared(3, 2**16, seed=sorted(OPTIONS).index(name)), bucket)
    part = made.parts[0]
    assert len(bucket.get(part.key)) == len(bucket.get(part.key, 0, part.size)) == part.size
    assert [info.key for info in bucket.list(part.key)] == [part.key]
    bucket.delete(part.key)
    assert bucket.head(part.key) is None
    assert options == OPTIONS[name]


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE"])
def test_certificates_of_the_environment_serve(moto_https, monkeypatch, variable):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, moto_https.ca_bundle)
    moto_https.open(ca_bundle=None).put("env/a.txt", io.BytesIO(b"x"), {})


def test_an_option_that_asks_for_checksums_is_told_in_the_stores_words(moto_https):
    """The user's own word goes through, and what NCP says to it is told."""
    options = {"config_kwargs": {"request_checksum_calculation": "when_supported"}}
    with pytest.raises(errors.StorageAccessError, match="signed chunks are not supported"):
        moto_https.open(options=options).put("a", io.BytesIO(b"x"), {})
