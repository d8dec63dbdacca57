"""What the answers of the service look like, where the documentation is silent."""

from __future__ import annotations

import re
import time

from nclue_pandas import errors
from nclue_pandas.assumptions import ASSUMPTIONS

NO_ID = "00000000-0000-4000-8000-000000000000"


def shape(text):
    """Return `text` with every letter and digit replaced, so that only its layout is left."""
    return re.sub(r"[a-z]", "a", re.sub(r"\d", "9", text.lower()))


def fields(value, prefix=""):
    """Return the names and JSON types of an answer, without its values."""
    if isinstance(value, dict):
        return {
            k: v for key, item in value.items() for k, v in fields(item, f"{prefix}{key}.").items()
        }
    return {prefix.rstrip("."): type(value).__name__}


def test_every_printed_key_is_an_assumption():
    assert len({entry.key for entry in ASSUMPTIONS}) == len(ASSUMPTIONS) > 0


def test_timestamps(account, saw):
    raw = account.feature.record.raw
    layouts = {field: shape(raw[field]) for field in ("created_at", "completed_at")}
    saw("timestamp_layout", f"{layouts}, for example {raw['created_at']!r}")
    assert account.feature.record.created_at is not None
    assert account.feature.record.completed_at >= account.feature.record.created_at


def test_spelling_of_the_finished_state(account, saw):
    states = {job.kind.title: job.record.raw["status"] for job in (account.feature, account.task)}
    saw("finished_spelling", states)
    assert account.feature.completed


def test_type_of_auroc(account, saw):
    raw = account.task.record.raw["AUROC"]
    saw("auroc_type", f"{type(raw).__name__}: {raw!r}")
    assert 0 <= account.task.auroc <= 1


def test_test_fields_without_a_test_file(account, saw):
    raw = account.task.record.raw
    names = ("test_feature_id", "test_feature_name", "test_bucket", "test_file_path")
    saw("absent_test_fields", {name: raw.get(name, "absent") for name in names})
    assert account.task.record.test_file_path is None


def test_fields_beyond_the_documented_ones(account, saw):
    for job in (account.feature, account.task, account.run):
        saw("extra_fields", f"{job.kind.title}: {fields(job.record.raw)}")


def test_meaning_of_index_and_total(account, saw):
    """Two features at least are needed to tell an offset from a page number."""
    keys = f"{account.prefix}/sequences/"
    for number in range(2):
        name = account.name(f"paging {number}")
        account.keep(account.client.create_feature_from_path(name, keys))
    service = account.client.service
    both = [item.id for item in service.list_features(index=0, limit=2).items]
    second = service.list_features(index=1, limit=1)
    third = service.list_features(index=1, limit=2)
    meaning = "an offset" if third.items and third.items[0].id == both[1] else "a page number"
    saw("paging_index", f"{meaning} (index=1, limit=2 begins with item {third.items[0].id})")
    total = "of the answer only" if second.total == 1 else "of all jobs"
    saw("paging_total", f"{total}: {second.total} at limit=1")
    names = account.client.list_features()["id"].tolist()
    assert len(names) == len(set(names)) >= 3


def test_list_order(account, saw):
    times = account.client.list_features()["created_at"].tolist()
    order = "newest first" if times == sorted(times, reverse=True) else "another order"
    saw("list_order", "oldest first" if times == sorted(times) else order)


def test_content_type_of_answers(account, saw):
    answer = account.ask("GET", "/features?index=0&limit=1")
    saw("answer_content_type", answer.headers.get("Content-Type"))
    assert answer.status_code == 200
    assert "features" in answer.json()


def test_error_body_of_the_service(account, saw):
    answer = account.ask("GET", "/features?index=0&limit=101")
    saw("error_body_shape", f"HTTP {answer.status_code}: {answer.text[:500]}")
    saw("trace_header", answer.headers.get("x-ncp-trace-id", "absent"))
    assert answer.status_code >= 400


def test_unknown_ids(account, saw):
    paths = ("features", "tasks", "task-runs", "profile/shopping-intents")
    for path in paths:
        answer = account.ask("GET", f"/{path}/{NO_ID}")
        saw("unknown_id", f"{path}: HTTP {answer.status_code}: {answer.text[:300]}")
        assert answer.status_code >= 400


def test_requests_above_the_limit(account, saw):
    answers = [account.ask("GET", "/features?limit=1", paced=False) for _ in range(3)]
    refused = [answer for answer in answers if answer.status_code != 200]
    seen = [f"HTTP {a.status_code}, {dict(a.headers)}, {a.text[:300]}" for a in refused]
    saw("rate_limit_status", seen or "three requests at once were all answered")
    time.sleep(2)


def test_name_of_100_korean_characters(account, saw):
    """Whether 100 means characters or bytes."""
    name = (account.name("이름") + "가" * 100)[:100]
    path = f"{account.prefix}/sequences/"
    try:
        account.keep(account.client.create_feature_from_path(name, path))
    except errors.NameTooLong as error:
        saw("name_length_unit", f"refused: {error.code}; so bytes are counted")
    else:
        saw("name_length_unit", "accepted: characters are counted")


def test_names_that_differ_in_case(account, saw):
    name = account.name("Case")
    path = f"{account.prefix}/sequences/"
    account.keep(account.client.create_feature_from_path(name, path))
    try:
        made = account.client.service.create_feature(
            name=name.upper(), source_bucket=account.client.storage.name, source_file_path=path
        )
    except errors.DuplicateName:
        saw("name_case", "upper and lower case are the same name")
    else:
        account.keep(account.client.get_feature(made.id))
        saw("name_case", "upper and lower case are two names")


def test_delete_of_a_job_that_is_processed(account, saw):
    path = f"{account.prefix}/sequences/"
    job = account.keep(account.client.create_feature_from_path(account.name("busy"), path))
    for _ in range(20):
        if job.refresh().status in {"pending", "in_progress"} or job.finished:
            break
        time.sleep(1)
    state = job.status
    try:
        job.delete()
    except errors.ApiError as error:
        saw("delete_processing_code", f"while {state}: HTTP {error.status}, code {error.code}")
    else:
        saw("delete_processing_code", f"while {state}: deleted")


def test_another_feature_than_the_tasks_own(account, saw):
    path = f"{account.prefix}/sequences/"
    other = account.client.create_feature_from_path(account.name("other"), path)
    account.keep(other).wait(account.timeout)
    try:
        run = account.client.create_run(account.task, other, name=account.name("other run"))
    except errors.IncompatibleModel as error:
        saw("other_feature", f"refused: {error.code}")
    else:
        account.keep(run).wait(account.timeout)
        saw("other_feature", f"accepted, {len(run.result())} scores")
