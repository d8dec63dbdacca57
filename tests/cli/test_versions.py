"""Known-bad combinations of libraries."""

from __future__ import annotations

import pytest

from nclue_pandas.cli import doctor


def test_this_environment_is_sound():
    assert [finding.level for finding in doctor.version_findings()] == ["OK"]


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
    installed = doctor._version
    monkeypatch.setattr(
        doctor, "_version", lambda name: found if name == changed else installed(name)
    )
    wrong = [finding for finding in doctor.version_findings() if finding.level == "FAIL"]
    assert wrong
    assert any(says in finding.said for finding in wrong)
    assert all("pip install" in finding.remedy for finding in wrong)


def test_a_version_that_a_library_excludes_or_that_is_a_candidate(monkeypatch):
    installed = doctor._version
    found = {"fsspec": "2020.1.0rc1", "botocore": "1.36.0rc1"}
    monkeypatch.setattr(doctor, "_version", lambda name: found.get(name) or installed(name))
    said = [f.said for f in doctor.version_findings() if f.level == "FAIL"]
    assert any("2020.1.0rc1" in text for text in said)
    assert any("1.36.0rc1; 1.36 is the oldest" in text for text in said)


def test_what_an_extra_or_another_system_needs_is_not_asked_for(monkeypatch):
    needed = ["fsspec==1; extra == 'more'", "fsspec==2; sys_platform == 'none'", "fsspec>=2020"]
    monkeypatch.setattr(doctor, "requires", lambda name: needed)
    assert not list(doctor._mismatches("s3fs", ("fsspec",)))
