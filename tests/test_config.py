from __future__ import annotations

import copy

import pytest

from nclue_pandas import connect
from nclue_pandas.config import (
    Credentials,
    ServiceSettings,
    StorageSettings,
    option_context,
    options,
)
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


OPTIONS = [
    {"config_kwargs": {"read_timeout": 600}},
    {"config_kwargs": {"retries": {"max_attempts": 1}, "s3": {"payload_signing_enabled": True}}},
    {"config_kwargs": {"max_pool_connections": 3}, "client_kwargs": {"region_name": "other"}},
    {"client_kwargs": {"verify": True}, "max_concurrency": 2},
    {"config_kwargs": {}, "client_kwargs": {}},
    {},
]


@pytest.mark.parametrize("given", OPTIONS)
def test_options_of_s3fs_are_laid_over_what_the_store_needs(given):
    from nclue_pandas.storage.connection import open_filesystem

    before = copy.deepcopy(given)
    settings = StorageSettings("abc", options=given)
    made = open_filesystem(settings, Credentials("A", "S"))
    assert given == before
    given.setdefault("config_kwargs", {})["read_timeout"] = 1
    assert settings.options == before
    config = made.config_kwargs
    assert config["request_checksum_calculation"] == "when_required"
    assert config["response_checksum_validation"] == "when_required"
    assert config["s3"]["addressing_style"] == "path"
    assert made.client_kwargs["region_name"] in {"kr-standard", "other"}
    for name in ("config_kwargs", "client_kwargs"):
        for key, value in before.get(name, {}).items():
            kept = getattr(made, name)[key]
            assert kept == value if not isinstance(value, dict) else value.items() <= kept.items()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"client_kwargs": {"verify": False}}, "verification"),
        ({"client_kwargs": {"verify": 0}}, "verification"),
        ({"client_kwargs": {"verify": ""}}, "no file"),
        ({"client_kwargs": {"verify": "nowhere.pem"}}, "no file"),
        ({"config_kwargs": {"connector_args": {"ssl_context": object()}}}, "verification"),
        ({"config_kwargs": {"http_session_cls": object}}, "http_session_cls"),
        ({"key": "A"}, "'key'"),
        ({"secret": "S"}, "'secret'"),
        ({"anon": True}, "'anon'"),
        ({"endpoint_url": "https://evil.example"}, "endpoint"),
        ({"client_kwargs": {"endpoint_url": "http://evil.example"}}, "endpoint"),
        ({"client_kwargs": {"aws_secret_access_key": "S"}}, "keys"),
        ({"client_kwargs": ["verify"]}, "mapping"),
        ({"config_kwargs": "read_timeout"}, "mapping"),
        (["config_kwargs"], "mapping"),
        ("anon", "mapping"),
        (None, "mapping"),
    ],
)
def test_options_that_no_store_may_have(options, says):
    with pytest.raises(ConfigurationError, match=says):
        StorageSettings("abc", options=options)


def test_loopback_may_go_unverified():
    for endpoint in ("https://127.0.0.1:1", "https://localhost:1"):
        options = {"client_kwargs": {"verify": False}}
        assert StorageSettings("abc", endpoint=endpoint, options=options).options == options


@pytest.mark.parametrize("make", [ServiceSettings, lambda **k: StorageSettings("abc", **k)])
@pytest.mark.parametrize("bundle", ["", "nowhere/ca.pem", False, 0, b"ca.pem", "/", __file__])
def test_a_bundle_is_a_file_of_certificates(make, bundle):
    with pytest.raises(ConfigurationError, match="ca_bundle=.*certificates in PEM form"):
        make(ca_bundle=bundle)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"api_url": 5}, "api_url"),
        ({"api_url": None}, "api_url"),
        ({"api_url": b"https://example.com"}, "api_url"),
        ({"api_url": "https://example.com:port"}, "api_url"),
        ({"api_url": "https://[bad/"}, "api_url"),
        ({"rate_scope": 5}, "rate_scope"),
        ({"retrys": 1}, "retrys.*retries"),
        ({"read_timeout": 0}, "read_timeout"),
        ([1], "service= is a list"),
        ("https://example.com", "service= is a str"),
    ],
)
def test_settings_of_the_service_that_cannot_be(settings, says):
    with pytest.raises(ConfigurationError, match=says):
        connect(access_key="a", secret_key="b", service=settings)


@pytest.mark.parametrize("storage", [["region"], "kr", StorageSettings("abc")])
def test_settings_of_the_storage_are_a_mapping(storage):
    with pytest.raises(ConfigurationError, match="storage= is a .*mapping"):
        connect(bucket="abc", access_key="a", secret_key="b", storage=storage)


@pytest.mark.parametrize("storage", [{"region": 5}, {"endpoint": 5}, {"ca_bundle": 5}])
def test_settings_of_the_storage_that_cannot_be(storage):
    with pytest.raises(ConfigurationError, match=next(iter(storage))):
        connect(bucket="abc", access_key="a", secret_key="b", storage=storage)


def test_settings_of_the_service_as_a_mapping(monkeypatch):
    monkeypatch.setenv("NCLUE_API_URL", "https://example.com/v9")
    keys = {"access_key": "a", "secret_key": "b"}
    client = connect(**keys, service={"read_timeout": 7, "rate_scope": "team"})
    assert client.ref.api_url == "https://example.com/v9"
    assert (client._service_settings.read_timeout, client.ref.rate_scope) == (7, "team")
    there = connect(**keys, service={"api_url": "https://there.example"})
    assert there.ref.api_url == "https://there.example"
    assert connect(**keys, service={}).ref == connect(**keys).ref


def test_quotes_of_the_environment_are_no_part_of_a_place(monkeypatch):
    monkeypatch.setenv("NCLUE_API_URL", '"https://example.com/v9"')
    monkeypatch.setenv("NCLUE_STORAGE_REGION", "'jp-standard'  # Japan")
    monkeypatch.setenv("NCLUE_BUCKET", '"my-bucket"')
    client = connect(access_key="a", secret_key="b")
    assert client.ref.api_url == "https://example.com/v9"
    assert (client.ref.bucket, client.ref.region) == ("my-bucket", "jp-standard")


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
