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


NO_AMOUNTS = [0, -1, -0.5, float("nan"), float("inf"), "1", True]


@pytest.mark.parametrize("value", NO_AMOUNTS)
@pytest.mark.parametrize("name", ["requests_per_second", "connect_timeout", "read_timeout"])
def test_a_setting_of_the_service_that_no_request_could_use(name, value):
    with pytest.raises(ConfigurationError, match=f"{name}=.* is not a number above 0"):
        ServiceSettings(**{name: value})


@pytest.mark.parametrize("retries", [-1, 1.5, "1", None, True])
def test_retries_are_counted(retries):
    with pytest.raises(ConfigurationError, match="retries="):
        ServiceSettings(retries=retries)


def test_settings_at_their_limits():
    settings = ServiceSettings(requests_per_second=None, read_timeout=1, retries=0)
    assert (settings.requests_per_second, settings.read_timeout, settings.retries) == (None, 1, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("progress", "no"), ("progress", 0)]
    + [(name, value) for name in ("poll_first", "poll_longest") for value in NO_AMOUNTS],
)
def test_an_option_that_cannot_have_a_value_keeps_its_own(name, value):
    before = getattr(options, name)
    with pytest.raises(ConfigurationError, match=f"{name}="), option_context(**{name: value}):
        pass
    assert getattr(options, name) == before


def test_an_unknown_option_names_the_known_ones():
    with pytest.raises(ConfigurationError, match="poll_longest"):
        options.poll = 1
