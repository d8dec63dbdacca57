from __future__ import annotations

import pytest

from nclue_pandas.contract import FAIL_CODES
from nclue_pandas.errors.codes import FAILURES, fail_code, is_temporary, job_failed


def test_every_documented_code_has_cause_and_remedy():
    assert set(FAILURES) == set(FAIL_CODES)
    assert all(failure.cause and failure.remedy for failure in FAILURES.values())


@pytest.mark.parametrize("code", FAIL_CODES)
def test_a_code_is_found_inside_other_text(code):
    assert fail_code(f"[job 7] {code}: see the log") == code
    error = job_failed("Task", "id-1", "t", f"{code} (x)")
    assert error.fail_code == code
    assert FAILURES[code].remedy in str(error)


def test_an_unknown_message_is_kept():
    assert fail_code("something new") is None
    assert not is_temporary("something new")
    assert "something new" in str(job_failed("Task", "id-1", "t", "something new"))
    assert "no reason" in str(job_failed("Task", "id-1", None, None))


def test_only_passing_causes_are_worth_another_try():
    assert is_temporary("OBS_UPLOAD_FAILED")
    assert not is_temporary("DUPLICATE_USERID")


def test_what_is_worth_another_try_is_deleted_first():
    """A failed job keeps its name: creating it again picks up the failed one."""
    passing = [failure for failure in FAILURES.values() if failure.temporary]
    assert passing
    assert all("job.delete()" in failure.remedy for failure in passing)
