"""Every code has an entry with cause and remedy, and its error's message leads there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.contract import ERROR_CODES, FAIL_CODES
from nclue_pandas.errors.codes import CODED, job_failed
from nclue_pandas.errors.service import GATEWAY_CODES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "errors.md").read_text("utf-8")
ENTRIES = dict(re.findall(r"^\(([\w-]+)\)=\n(### .*?)(?=^\(|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def entry(link):
    page, _, anchor = link.partition("#")
    assert (ROOT / page).read_text("utf-8") == PAGE, "the link leads to a file of the project"
    return ENTRIES[anchor]


@pytest.mark.parametrize("code", sorted(ERROR_CODES))
def test_a_code_of_the_service(code):
    status, name = ERROR_CODES[code]
    error = CODED[code]("said", status=status, code=code)
    assert error.link in str(error)
    assert f"nclue_pandas.explain({code})" in str(error)
    found = entry(error.link)
    for part in (str(code), name, error.cause, error.remedy, f"HTTP {status}"):
        assert part in found
    for asked in (code, str(code), name, type(error).__name__, error):
        explained = nclue.explain(asked)
        assert (explained.cause, explained.remedy) == (error.cause, error.remedy)
        assert explained.link == error.link


@pytest.mark.parametrize("code", sorted(GATEWAY_CODES))
def test_a_code_of_the_gateway(code):
    error = GATEWAY_CODES[code]("said", status=400, code=code)
    assert error.link in str(error)
    assert f'nclue_pandas.explain("{type(error).__name__}")' in str(error)
    assert str(code) in entry(error.link).splitlines()[0]
    assert error.remedy in entry(error.link)
    assert nclue.explain(code) == nclue.explain(type(error).__name__)


@pytest.mark.parametrize("code", sorted(FAIL_CODES))
def test_a_fail_code_of_a_job(code):
    error = job_failed("Task", "id", "name", f"at 12: {code}.")
    assert error.link in str(error)
    assert code in entry(error.link).splitlines()[0]
    explained = nclue.explain(code)
    assert explained == nclue.explain(error)
    assert explained.cause in entry(error.link)
    assert explained.remedy in str(error)


@pytest.mark.parametrize("name", errors.__all__)
def test_every_class_has_an_entry(name):
    kind = getattr(errors, name)
    if issubclass(kind, errors.NclueError):
        if kind is not errors.ApiError:
            assert name in entry(kind.entry())
        explained = nclue.explain(name)
        assert explained.link == kind.entry()
        assert explained.remedy == kind.remedy
        if kind is not errors.ApiError:
            assert explained.remedy in entry(kind.entry())


def test_the_remedy_of_missing_keys_names_where_they_go():
    assert "NCLOUD_SECRET_ACCESS_KEY" in nclue.explain("CredentialsError").remedy
    assert "connect(" in nclue.explain(errors.NotConnectedError("no client")).remedy


def test_what_is_unknown_is_told_with_the_nearest():
    with pytest.raises(errors.ConfigurationError, match="Did you mean 'DUPLICATE_USERID'"):
        nclue.explain("DUPLICATE_USER")
    with pytest.raises(errors.ConfigurationError, match="'99'"):
        nclue.explain(99)
    assert "10101 NAME_TOO_LONG" in repr(nclue.explain(10101))
    assert nclue.explain(errors.JobFailed("no code")).title == "JobFailed"
