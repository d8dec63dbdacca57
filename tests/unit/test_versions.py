"""Known-bad combinations of libraries, and whether a version is within a requirement."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from nclue_pandas.cli import versions

NUMBERS = st.lists(st.integers(0, 30), min_size=1, max_size=3).map(lambda n: ".".join(map(str, n)))


@given(NUMBERS, st.lists(st.tuples(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), NUMBERS)))
def test_clauses_as_packaging_reads_them(found, clauses):
    text = ",".join(relation + number for relation, number in clauses)
    assert versions.satisfies(found, text) == (found in SpecifierSet(text))


@pytest.mark.parametrize("clause", ["~=1.4", "==1.*", "==1.4.*"])
def test_compatible_and_any(clause):
    assert versions.satisfies("1.4.2", clause)
    assert not versions.satisfies("2.0", clause)


def test_this_environment_is_sound():
    assert [finding.level for finding in versions.version_findings()] == ["OK"]


@pytest.mark.parametrize(
    ("changed", "found", "says"),
    [
        ("botocore", "1.35.9", "when_required"),
        ("s3fs", "2025.1.0", "local_expiry_check"),
        ("fsspec", "2020.1.0", "fsspec"),
        ("pyarrow", None, "is missing"),
    ],
)
def test_a_combination_that_does_not_work(monkeypatch, changed, found, says):
    installed = versions._version
    monkeypatch.setattr(
        versions, "_version", lambda name: found if name == changed else installed(name)
    )
    wrong = [finding for finding in versions.version_findings() if finding.level == "FAIL"]
    assert wrong
    assert any(says in finding.said for finding in wrong)
    assert all("pip install" in finding.remedy for finding in wrong)
