"""Mistakes in a file of settings: file, key, value, and what to write instead."""

from __future__ import annotations

import pytest

from nclue_pandas.cli.settings import Settings, read_settings
from nclue_pandas.errors import ConfigurationError, CredentialsError

WHOLE = """
name = "tea"
log = "log.csv"
user = "customer"
time = "ts"
behavior = ["shop", "item"]
template = "{shop} {item}"
cutoff = 2026-05-25
horizon = "30D"
"""


def written(tmp_path, text):
    path = tmp_path / "night.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_file_is_read(tmp_path):
    found = read_settings(written(tmp_path, "\ufeff" + WHOLE))
    assert isinstance(found, Settings)
    assert (found.behaviors, found.prefix, found.form.encoding) == (
        ["shop", "item"],
        "nclue",
        "utf-8",
    )


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('cutof = "2026-01-01"', r"cutof = '2026-01-01' is no setting. Did you mean 'cutoff'"),
        ("header = 'no'", r"header = 'no' cannot be used. Give true or false"),
        ("role = 1", r"role = 1 cannot be used. Give true or false"),
        ("test = true", r"test = true cannot be used. Give a number"),
        ("active_sinse = '9D'", r"active_sinse = '9D' is no .*Did you mean 'active_since'"),
        ("at_last = 2", r"at_last = 2 is no setting. Did you mean 'at_least'"),
        ("min_event = 2", r"min_event = 2 is no setting. Did you mean 'min_events'"),
        ("absent = 1", r"absent = 1 cannot be used. Give true or false"),
        ("min_events = 0", r"min_events=0: give a whole number of at least 1"),
        ("gap = '7'", r"gap='7' is no duration"),
        ("at_least = 2.5", r"at_least=2.5: give a whole number"),
        ("value = 'price'", r"value= needs at_least="),
        ("baselines = true", r"baselines = true counts .*Set observed_until"),
        ("keep = 0", r"keep=0: give how many of the chain's runs stay"),
        ("test = 1.5", r"test=1.5 is no share of the users"),
        ("positive = 2026-01-01", r"positive = 2026-01-01 cannot be used. Give a text in quotes"),
        ("until = [1]", r"until = \[1\] cannot be used. Give a text .* a whole number or a date"),
        ('on_invalid = "keep"', r"on_invalid = 'keep' cannot be used. Give 'raise' or 'drop'"),
        ('encoding = "cp494"', r"encoding='cp494' is no encoding"),
        ("[log2]\npath = 1", r"\[log2\] is a table: settings stand in none"),
    ],
)
def test_a_mistake_is_told_with_its_remedy(tmp_path, more, says):
    with pytest.raises(ConfigurationError, match=rf"night\.toml: {says}"):
        read_settings(written(tmp_path, WHOLE + more))


def test_all_mistakes_are_told_at_once(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        read_settings(written(tmp_path, 'nam = "tea"\nlog = 1\nuser = "u"'))
    assert len(str(caught.value).splitlines()) == 3
    assert "name, time, behavior, cutoff, horizon must be set" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"name = tea\n", r"is no TOML.*line 1.*texts stand in quotes"),
        (b'name = "\xc2\xa1\xff"', r"cannot be read.*UTF-8"),
        (b'positive = "a\\+b"', r".*a backslash in double quotes is written twice"),
    ],
)
def test_what_is_no_toml_is_told(tmp_path, text, says):
    with pytest.raises(ConfigurationError, match=rf"(?s)night\.toml {says}"):
        read_settings(written(tmp_path, text))


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ConfigurationError, match=r"no file .*none\.toml.*predict --help"):
        read_settings(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "more",
    [
        'secret_key = "hidden-value"',
        'NCLOUD_ACCESS_KEY_ID = "hidden-value"',
        'password = "hidden-value"',
        'session-token = "hidden-value"',
        '[account]\naccess_key = "hidden-value"',
    ],
)
def test_keys_are_refused_and_not_shown(tmp_path, more):
    with pytest.raises(CredentialsError, match="NCLOUD_SECRET_ACCESS_KEY") as caught:
        read_settings(written(tmp_path, WHOLE + more))
    assert "hidden-value" not in str(caught.value)
