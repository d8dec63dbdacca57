"""Certificates and proxies that the environment names: used, or refused at once, and no key shown."""

from __future__ import annotations

import os
from pathlib import Path

import certifi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nclue_pandas import connect
from nclue_pandas.config import ServiceSettings, StorageSettings
from nclue_pandas.environment import plain_value, trusted
from nclue_pandas.errors import ConfigurationError

BUNDLES = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE"]
LOOPBACK = {
    "service": {"api_url": "http://127.0.0.1:9/api/v1"},
    "storage": {"endpoint": "http://127.0.0.1:9"},
}


@pytest.fixture(autouse=True)
def no_way_out(monkeypatch):
    """An environment that names neither certificates nor a proxy."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in BUNDLES:
            monkeypatch.delenv(name)


def settings():
    """Return the settings of a real account with a bucket, as connect makes them."""
    client = connect(bucket="abc", access_key="a", secret_key="b")
    return client._service_settings, client._storage_settings


@pytest.mark.parametrize("path", ["/nowhere.pem", "nowhere", "/", __file__])
@pytest.mark.parametrize("name", BUNDLES)
def test_a_variable_that_names_no_certificates(monkeypatch, name, path):
    monkeypatch.setenv(name, path)
    with pytest.raises(ConfigurationError, match=name):
        settings()
    connect(bucket="abc", access_key="a", secret_key="b", **LOOPBACK)
    chosen = {"ca_bundle": certifi.where()}
    connect(bucket="abc", access_key="a", secret_key="b", service=chosen, storage=chosen)


@pytest.mark.parametrize(
    ("name", "service"),
    [("REQUESTS_CA_BUNDLE", True), ("CURL_CA_BUNDLE", True), ("AWS_CA_BUNDLE", False)],
)
def test_a_variable_that_names_certificates(monkeypatch, name, service):
    monkeypatch.setenv(name, f"'{certifi.where()}'")
    made = settings()
    assert made[0].verify == (certifi.where() if service else True)
    assert made[1].verify == certifi.where()


@pytest.mark.parametrize("name", BUNDLES)
def test_an_empty_variable_is_none(monkeypatch, name):
    monkeypatch.setenv(name, " ")
    assert [each.verify for each in settings()] == [True, True]


NO_PROXIES = [
    "socks5://proxy.example:1080",
    "socks5h://user:pa55@proxy.example:1080",
    "SOCKS4://proxy.example",
    "http://proxy.example:port",
    "http://proxy.example:99999",
    "http://",
    "http://:8080",
    "http://user:pa55@",
    "user:pa55@proxy.example:x",
    "http://[fe80::1:8080",
    "ftp://proxy.example",
    "http://proxy .example:8080",
]


@pytest.mark.parametrize("proxy", NO_PROXIES)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_that_cannot_serve(monkeypatch, name, proxy):
    monkeypatch.setenv(name, proxy)
    for make in (settings, ServiceSettings, lambda: StorageSettings("abc")):
        with pytest.raises(ConfigurationError, match=f"{name}=") as caught:
            make()
        assert "pa55" not in str(caught.value)
    assert ("SOCKS" in str(caught.value)) == proxy.lower().startswith("socks")
    connect(bucket="abc", access_key="a", secret_key="b", **LOOPBACK)
    monkeypatch.setenv("NO_PROXY", "ntruss.com,ncloudstorage.com")
    settings()


@pytest.mark.parametrize("proxy", ["http://proxy.example:3128", "proxy.example:3128", "https://p"])
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_both_go_through_the_same_proxy(monkeypatch, name, proxy):
    monkeypatch.setenv(name, proxy)
    assert [each.proxies for each in settings()] == [{"https": proxy}] * 2
    monkeypatch.setenv("no_proxy", "*")
    assert [each.proxies for each in settings()] == [{}] * 2


def test_a_proxy_for_plain_http_has_no_say(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "socks5://proxy.example")
    assert [each.proxies for each in settings()] == [{}] * 2


@given(st.text(st.characters(exclude_characters="\"'#", exclude_categories=["Z", "C"]), min_size=1))
def test_a_plain_value_is_found_in_every_dress(value):
    for dress in ("{}", '"{}"', "'{}'", " {}\n", "{} # c", '"{}"# c', "'{}'\t# 'c'"):
        assert plain_value(dress.format(value)) == value


@given(st.text())
def test_a_plain_value_is_a_part_of_what_is_written(text):
    assert plain_value(text) in text


def test_certificates_that_are_written_anew_are_tried_again(tmp_path):
    path = tmp_path / "bundle.pem"
    path.write_bytes(Path(certifi.where()).read_bytes())
    assert trusted("https://example.com", path, ()) == str(path)
    path.write_text("no certificate")
    with pytest.raises(ConfigurationError, match="holds no certificates"):
        trusted("https://example.com", path, ())
