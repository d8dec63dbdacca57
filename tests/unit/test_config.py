from __future__ import annotations

import pytest

from nclue_pandas import connect
from nclue_pandas.config import ServiceSettings, StorageSettings, option_context, options
from nclue_pandas.errors import ConfigurationError


@pytest.mark.parametrize(
    "url",
    ["http://example.com/api", "ftp://x", "example.com", "https://user:secret@example.com", ""],
)
def test_only_https_or_loopback(url):
    with pytest.raises(ConfigurationError) as caught:
        ServiceSettings(api_url=url)
    assert "secret" not in str(caught.value)
    with pytest.raises(ConfigurationError):
        StorageSettings(bucket="abc", endpoint=url)


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost:1", "[::1]:1"])
def test_loopback_may_be_plain(host):
    assert ServiceSettings(api_url=f"http://{host}/api/v1/").api_url == f"http://{host}/api/v1"


@pytest.mark.parametrize("bucket", ["", "ab", "A-bucket", "s3://abc", "abc/def", "x" * 64, "-abc"])
def test_bucket_names(bucket):
    with pytest.raises(ConfigurationError, match="bucket"):
        StorageSettings(bucket=bucket)


def test_the_environment_sets_places(monkeypatch):
    monkeypatch.setenv("NCLUE_API_URL", "https://example.com/v9")
    monkeypatch.setenv("NCLUE_STORAGE_ENDPOINT", "https://store.example.com")
    monkeypatch.setenv("NCLUE_STORAGE_REGION", "")
    assert ServiceSettings.from_environment().api_url == "https://example.com/v9"
    storage = StorageSettings.from_environment(bucket="abc")
    assert (storage.endpoint, storage.region) == ("https://store.example.com", "kr-standard")
    chosen = StorageSettings.from_environment(bucket="abc", endpoint="https://other.example.com")
    assert chosen.endpoint == "https://other.example.com"


@pytest.mark.parametrize("bucket", ["abc", None])
def test_an_unknown_setting_of_the_storage_names_the_known_ones(bucket):
    with pytest.raises(ConfigurationError, match="'addressing'.*endpoint.*options"):
        connect(bucket=bucket, access_key="a", secret_key="b", storage={"addressing": "path"})


def test_options_are_put_back():
    before = options.poll_first
    with option_context(poll_first=9.0, progress=False):
        assert (options.poll_first, options.progress) == (9.0, False)
    assert (options.poll_first, options.progress) == (before, None)


def test_an_unknown_option_names_the_known_ones():
    with pytest.raises(ConfigurationError, match="poll_longest"):
        options.poll = 1
