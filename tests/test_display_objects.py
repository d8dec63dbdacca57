"""What jobs, evaluations and plans show of themselves."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nclue_pandas import display
from nclue_pandas.errors.base import Problem
from nclue_pandas.errors.codes import FAILURES
from nclue_pandas.frames.evaluation import evaluate
from nclue_pandas.jobs import job
from nclue_pandas.jobs.plan import Plan
from nclue_pandas.service import records

CREATED = datetime(2026, 1, 5, 14, 3, 22, tzinfo=UTC)


@dataclass(frozen=True)
class TaskRecord:
    """As the service's record of a task, as far as it is shown."""

    status: str | None = "completed"
    created_at: datetime | None = CREATED
    completed_at: datetime | None = CREATED + timedelta(seconds=75)
    fail_message: str | None = None
    auroc: float | None = 0.87449
    line_count: int | None = 2_322
    disk_usage: int | None = 1_536
    train_feature_name: str | None = "logs"
    train_bucket: str | None = "my-bucket"
    train_file_path: str | None = "nclue/answers/a.csv"
    test_bucket: str | None = None
    test_file_path: str | None = None
    raw: dict[str, Any] = field(default_factory=dict)


def test_a_completed_job_shows_its_figures():
    assert display.text(job.job_card("Task", "id-1", "러닝화", TaskRecord())) == (
        "Task '러닝화': completed\n"
        "  Id         id-1\n"
        "  Created    2026-01-05 14:03:22+00:00\n"
        "  Completed  2026-01-05 14:04:37+00:00 (after 1 min 15 s)\n"
        "  AUROC      0.874\n"
        "  Lines      2,322\n"
        "  Disk       1.5 KiB\n"
        "  Feature    logs\n"
        "  Answers    s3://my-bucket/nclue/answers/a.csv"
    )


def test_both_spellings_of_the_end_show_as_one():
    assert "Task 't': completed" in display.text(
        job.job_card("Task", "i", "t", TaskRecord("complete"))
    )


@pytest.mark.parametrize("status", ["pending", "something_new"])
def test_any_other_state_is_shown_as_it_is(status):
    assert f": {status}\n" in display.text(job.job_card("Task", "i", "t", TaskRecord(status)))
    assert status in display.html(job.job_card("Task", "i", "t", TaskRecord(status)))


def test_a_job_whose_state_was_not_told_was_created():
    """The answer to a create call has a time and no status."""
    text = display.text(job.job_card("Task", "i", "t", TaskRecord(None)))
    assert text.startswith("Task 't': created\n")


def test_a_job_that_was_created_just_now():
    record = TaskRecord(None, created_at=None)
    assert "Task 't': created\n" in display.text(job.job_card("Task", "i", "t", record))
    shown = display.html(job.job_card("Task", "i", "t", record))
    assert not any(color in shown for color in display._COLORS.values()), "it is in no state yet"


def test_a_job_that_was_not_asked_for_shows_what_is_known():
    assert display.text(job.job_card("Run", "id-7", None, None)) == "Run: not asked yet\n  Id  id-7"


def test_what_is_not_known_is_not_shown():
    record = TaskRecord("registered", None, None, None, None, None, None, None, None)
    assert (
        display.text(job.job_card("Task", "id-1", "t", record))
        == "Task 't': registered\n  Id  id-1"
    )


def test_a_failed_job_shows_the_message_its_cause_and_its_remedy():
    record = TaskRecord("failed", fail_message="line 7: UNEXPECTED_LABEL <b>")
    failure = FAILURES["UNEXPECTED_LABEL"]
    shown = display.text(job.job_card("Task", "i", "t", record))
    assert "The service says: line 7: UNEXPECTED_LABEL <b>" in shown
    assert f"Cause: {failure.cause}" in shown
    assert f"Remedy: {failure.remedy}" in shown
    source = display.html(job.job_card("Task", "i", "t", record))
    assert "UNEXPECTED_LABEL &lt;b&gt;" in source
    assert "#d9534f" in source


def test_a_failure_without_a_documented_code_shows_the_message_alone():
    shown = display.text(job.job_card("Task", "i", "t", TaskRecord("failed", fail_message="odd")))
    assert "The service says: odd" in shown
    assert "Cause" not in shown
    nothing = display.text(job.job_card("Task", "i", "t", TaskRecord("failed")))
    assert "The service says: no reason" in nothing


def test_keywords_and_result_of_a_profile():
    @dataclass(frozen=True)
    class ProfileRecord(TaskRecord):
        keywords: tuple[str, ...] = ("running", "마라톤")
        result_bucket: str = "b"
        result_file_path: str = "nclue/results/r/"

    shown = display.text(job.job_card("Custom Attributes", "i", "p", ProfileRecord()))
    assert "Keywords   running, 마라톤" in shown
    assert "Result     s3://b/nclue/results/r/" in shown


def test_every_field_that_is_shown_is_one_of_a_record():
    kinds = (
        records.FeatureRecord,
        records.TaskRecord,
        records.RunRecord,
        records.ShoppingIntentRecord,
        records.CustomAttributesRecord,
    )
    known = {each.name for kind in kinds for each in fields(kind)}
    shown = {*job._FIELDS, *(name for place in job._PLACES.values() for name in place)}
    assert shown <= known


@pytest.fixture
def evaluation():
    scores = pd.DataFrame({"user_id": np.arange(100), "score": np.arange(100) / 100})
    answers = pd.DataFrame({"user_id": np.arange(10, 104), "label": np.arange(94) >= 60})
    return evaluate(scores, answers)


def test_an_evaluation_shows_figures_deciles_and_who_was_left_out(evaluation):
    shown = repr(evaluation)
    low, high = evaluation.auroc_interval
    assert "Users              90" in shown
    assert "Positives          30 (33.3 %)" in shown
    assert f"AUROC              1.000 (95 % interval {low:.3f} to {high:.3f}, Newcombe)" in shown
    assert "Brier score        " in shown
    assert "Left out: 4 answers without a score and 10 scores without an answer." in shown
    assert "1      9          9  100.0 %  3.00   30.0 %   30.0 %" in shown
    assert len(shown.split("\n")) == 19


def test_an_evaluation_in_a_notebook(evaluation):
    source = evaluation._repr_html_()
    assert "AUROC" in source
    assert source.count("<tr>") == 16


def test_an_evaluation_without_brier_score_and_with_fractions():
    scores = pd.DataFrame({"user_id": np.arange(20), "score": 5})
    answers = pd.DataFrame({"user_id": np.arange(20), "label": np.arange(20) < 5})
    shown = repr(evaluate(scores, answers))
    assert "Brier" not in shown
    assert "Left out" not in shown
    assert "1      2        0.5  25.0 %" in shown


def make_plan(problems=()):
    datasets = pd.DataFrame(
        {
            "dataset": ["sequences"],
            "rows": [3_317],
            "bytes": [2_000_000],
            "objects": [1],
            "to_upload": [0],
            "path": ["nclue/sequences/x/"],
        }
    )
    jobs = pd.DataFrame(
        {
            "kind": ["Feature"],
            "name": ["<b>러닝화</b>"],
            "action": ["create"],
            "billed_by": ["token"],
            "units": [123_456],
        }
    )
    return Plan("lunch-bag", datasets, jobs, 6, 5.0, tuple(problems))


def test_a_plan_shows_uploads_jobs_and_requests():
    shown = repr(make_plan())
    assert shown.startswith("Plan of 'lunch-bag': ready\n  Requests             6 at least")
    assert "sequences  3,317  1.9 MiB        1          0  nclue/sequences/x/" in shown
    assert "123,456" in shown
    assert "Whether they are billed so is an assumption." in shown
    assert "&lt;b&gt;러닝화&lt;/b&gt;" in make_plan()._repr_html_()


def test_a_plan_shows_what_stands_in_its_way():
    shown = repr(make_plan([Problem("duplicate_id", "An id occurs twice", "Drop one.", (3,))]))
    assert "Plan of 'lunch-bag': 1 problem" in shown
    assert "[duplicate_id] An id occurs twice (row positions 3). Drop one." in shown
