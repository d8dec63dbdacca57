"""Further alternatives of what the contract leaves open, and which unknowns the sandbox plays."""

from __future__ import annotations

import pickle
import re
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.assumptions import ASSUMPTIONS, KOREAN_TIME
from nclue_pandas.config import ServiceSettings, StorageSettings
from nclue_pandas.credentials import resolve_credentials
from nclue_pandas.jobs.reference import Clock
from nclue_pandas.sandbox import Sandbox, SandboxSettings
from nclue_pandas.sandbox.ncp_layer import Refusal
from nclue_pandas.sandbox.settings import CHOICES
from nclue_pandas.storage.results import find_result

USERS = [f"u{number:03d}" for number in range(240)]
TEA = [number % 2 for number in range(240)]


@pytest.fixture(scope="module")
def shop():
    """A service with a completed feature and task, and its client."""
    with Sandbox(SandboxSettings()) as sandbox, nclue.connect(sandbox) as client:
        texts = ["black coffee->milk", "green tea 녹차->milk"]
        sequences = pd.DataFrame({"user_id": USERS, "sequence": [texts[tea] for tea in TEA]})
        answers = pd.DataFrame({"user_id": USERS, "label": TEA})
        feature = client.create_feature("base", sequences).wait()
        task = client.create_task("base", feature, answers).wait()
        yield SimpleNamespace(
            sandbox=sandbox,
            client=client,
            sequences=sequences,
            answers=answers,
            feature=feature,
            task=task,
        )


@pytest.fixture
def fresh(request):
    """A name that no other test uses."""
    return re.sub(r"[^a-z_0-9]+", "-", request.node.name)


@contextmanager
def playing(shop, **settings):
    """Have the sandbox play an alternative inside the block."""
    before = {name: getattr(shop.sandbox.settings, name) for name in settings}
    shop.sandbox.configure(**settings)
    try:
        yield
    finally:
        shop.sandbox.configure(**before)


@pytest.mark.parametrize("list_order", ["newest", "oldest", "shuffled"])
def test_order_of_lists(list_order, shop, fresh):
    made = [
        shop.client.create_custom_attributes(f"{fresh} {number}", shop.feature, ["tea"])
        for number in range(3)
    ]
    with playing(shop, list_order=list_order):
        listed = shop.client.list_custom_attributes()
        assert {job.name for job in made} <= set(listed["name"])
        assert listed["id"].is_unique
        assert shop.client.get_custom_attributes(f"{fresh} 1") == made[1]
        nclue.wait(made, timeout=30)
    assert all(job.completed for job in made)


@pytest.mark.parametrize("keywords", ["comma", "newline"])
def test_separator_of_answered_keywords(keywords, shop, fresh):
    with playing(shop, keywords=keywords):
        profile = shop.feature.custom_attributes(fresh, ["green tea", "녹차"]).wait(timeout=30)
        assert profile.refresh().record.keywords == ("green tea", "녹차")
        assert shop.feature.custom_attributes(fresh, ["green tea", "녹차"]) == profile
        with pytest.raises(errors.DuplicateNameError):
            shop.feature.custom_attributes(fresh, ["coffee"])


@pytest.mark.parametrize("test_fields", ["null", "absent"])
def test_fields_of_a_test_file_that_is_not_there(test_fields, shop):
    with playing(shop, test_fields=test_fields):
        record = shop.task.refresh().record
        assert ("test_file_path" in record.raw) is (test_fields == "null")
        assert (record.test_file_path, record.test_feature_id) == (None, None)
        assert shop.client.create_task("base", shop.feature, shop.answers) == shop.task
        assert len(shop.client.list_tasks()) == 1


@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
def test_content_type_of_answers(content_type, shop, fresh):
    with playing(shop, content_type=content_type):
        run = shop.task.run(shop.feature, name=fresh)
        assert len(run.result(timeout=30)) == len(USERS)


@pytest.mark.parametrize("trace", [True, False])
def test_a_refusal_with_and_without_a_trace_id(trace, shop):
    with playing(shop, trace=trace), pytest.raises(errors.NotFoundError) as caught:
        shop.client.service.get_task("00000000-0000-4000-8000-000000000000")
    assert (caught.value.trace_id is not None) is trace
    assert "Trace id None" not in str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).trace_id == caught.value.trace_id


@pytest.mark.parametrize(("retry_after", "least"), [(None, 0.0), (7.0, 7.0)])
def test_how_long_a_throttled_answer_asks_to_wait(retry_after, least, shop):
    slept = []
    sandbox = shop.sandbox
    client = nclue.Client(
        resolve_credentials(access_key=sandbox.access_key, secret_key=sandbox.secret_key),
        ServiceSettings(api_url=sandbox.api_url, requests_per_second=None),
        StorageSettings(bucket=sandbox.bucket, endpoint=sandbox.endpoint, region=sandbox.region),
        clock=Clock(sleep=slept.append),
    )
    with playing(shop, retry_after=retry_after):
        sandbox.inject("throttle", operation="list_tasks")
        assert len(client.list_tasks()) == 1
    assert sum(slept) >= least


@pytest.mark.parametrize("name_unit", ["characters", "bytes"])
def test_unit_of_the_length_of_a_name(name_unit, shop):
    name = f"{name_unit[0]}" + "가" * 50  # 151 bytes
    before = shop.sandbox.objects()
    with playing(shop, name_unit=name_unit):
        if name_unit == "characters":
            assert shop.client.create_feature(name, shop.sequences.tail(120)).wait().completed
        else:
            with pytest.raises(errors.NameTooLong, match="151 bytes"):
                shop.client.create_feature(name, shop.sequences.tail(110))
            assert shop.sandbox.objects() == before


@pytest.mark.parametrize("delete_processing", ["refuse", "delete"])
def test_delete_of_a_job_that_is_processed(delete_processing, shop, fresh):
    with playing(shop, delete_processing=delete_processing, job_seconds=3600.0):
        run = shop.task.run(shop.feature, name=fresh)
        shop.sandbox.advance(2_000)
        if delete_processing == "refuse":
            with pytest.raises(errors.RunProcessing):
                run.delete()
        else:
            run.delete()
        left = fresh in shop.client.list_runs()["name"].tolist()
        assert left is (delete_processing == "refuse")


@pytest.mark.parametrize("few_labels", ["train", "both"])
def test_of_which_answers_100_of_a_label_are_needed(few_labels, shop, fresh):
    train, test = shop.answers.iloc[:220], shop.answers.iloc[220:]
    with playing(shop, few_labels=few_labels):
        task = shop.client.create_task(fresh, shop.feature, train, test=test)
        if few_labels == "train":
            assert task.wait(timeout=30).auroc > 0.9
        else:
            with pytest.raises(errors.JobFailed, match="NUM_OF_LABEL_INSUFFICIENT"):
                task.wait(timeout=30)


@pytest.mark.parametrize("waiting_task", ["pending", "registered"])
def test_a_task_that_waits_for_another(waiting_task, shop, fresh):
    answers = shop.answers
    with playing(shop, waiting_task=waiting_task, job_seconds=3600.0):
        first = shop.client.create_task(f"{fresh} 1", shop.feature, answers)
        second = shop.client.create_task(f"{fresh} 2", shop.feature, answers)
        assert (first.refresh().status, second.refresh().status) == ("registered", waiting_task)
        if waiting_task == "registered":
            second.cancel()
        else:
            with pytest.raises(errors.JobNotCancellableError, match="is pending"):
                second.cancel()
        left = second.name in shop.client.list_tasks()["name"].tolist()
        assert left is (waiting_task == "pending")
    shop.sandbox.advance(7200)


@pytest.mark.parametrize("result_hour", ["korean", "utc"])
def test_zone_of_the_hour_in_the_name_of_a_result(result_hour, shop, fresh):
    with playing(shop, result_hour=result_hour):
        run = shop.task.run(shop.feature, name=fresh)
        assert len(run.result(timeout=30)) == len(USERS)
    made = run.record.created_at.astimezone(KOREAN_TIME if result_hour == "korean" else UTC)
    assert run.record.result_file_path.endswith(f"_{made:%Y%m%d%H}.tsv")


@pytest.mark.parametrize("result_path", ["final", "requested"])
def test_a_result_that_is_visible_late(result_path, shop, fresh):
    """The store shows the file only after some looks."""
    looks = []

    def hidden(environ):
        if "results" not in environ["PATH_INFO"] + environ["QUERY_STRING"]:
            return None
        looks.append(environ["REQUEST_METHOD"])
        environ["QUERY_STRING"] = environ["QUERY_STRING"].replace("results", "hidden")
        return Refusal("404 Not Found", "NoSuchKey", "") if looks[-1] == "HEAD" else None

    def slept(seconds):
        if seconds == 2.0:
            shop.sandbox.storage.on_request = None

    with playing(shop, result_path=result_path):
        run = shop.task.run(shop.feature, name=fresh).wait(timeout=30)
        shop.sandbox.storage.on_request = hidden
        found = find_result(run.client.storage, run.record.result_file_path, sleep=slept)
    assert looks == {"final": ["HEAD", "GET"], "requested": ["GET"]}[result_path] * 3
    assert found.size > 0


@pytest.mark.parametrize("result_order", ["shuffled", "by_id"])
@pytest.mark.parametrize("result_extra", [False, True])
@pytest.mark.parametrize("result_header", [False, True])
@pytest.mark.parametrize("score_range", ["share", "percent"])
def test_rows_and_columns_of_results(
    result_order, result_extra, result_header, score_range, shop, fresh
):
    played = {"result_order": result_order, "result_extra": result_extra}
    with playing(shop, **played, result_header=result_header, score_range=score_range):
        scores = shop.task.run(shop.feature, name=fresh).result(timeout=30)
    further = ["grade"] if result_header else ["col_3"]
    assert scores.columns.tolist() == ["user_id", "score", *(further if result_extra else [])]
    assert scores["user_id"].is_monotonic_increasing is (result_order == "by_id")
    assert (scores["score"].max() > 1) is (score_range == "percent")
    with pytest.warns(nclue.NclueDataWarning, match="users that the model was trained on"):
        assert scores.nclue.evaluate(shop.answers).auroc > 0.9


#: Unknown -> the settings of the sandbox that play its alternatives.
PLAYED = {
    "result_path": {"result_path"},
    "result_columns": {"result_header", "result_extra"},
    "custom_attributes_columns": {"result_header", "result_extra"},
    "shopping_intent_columns": {"result_header"},
    "result_order": {"result_order"},
    "result_hour": {"result_hour"},
    "waiting_task": {"waiting_task"},
    "score_range": {"score_range"},
    "keyword_separator": {"keywords"},
    "timestamp_layout": {"timestamps"},
    "finished_spelling": {"finished"},
    "unknown_states": {"pending"},
    "auroc_type": {"auroc"},
    "absent_test_fields": {"test_fields"},
    "extra_fields": {"extra_fields"},
    "paging_index": {"paging"},
    "paging_total": {"total"},
    "list_order": {"list_order"},
    "list_lag": {"list_lag"},
    "answer_content_type": {"content_type"},
    "error_body_shape": {"error_body", "error_codes"},
    "trace_header": {"trace"},
    "retry_after": {"retry_after"},
    "name_length_unit": {"name_unit"},
    "delete_processing_code": {"delete_processing"},
    "too_few_labels": {"few_labels"},
    "other_feature": {"other_feature"},
    "unknown_id": {"error_body"},
}
#: What only the service can settle: what it accepts in files and names. No answer differs.
OF_THE_SERVICE = {
    "answer_file_layout",
    "file_encoding",
    "line_ends",
    "dataset_header",
    "quoting",
    "short_sequences",
    "duplicate_ids",
    "duplicate_answers",
    "unmatched_answers",
    "id_characters",
    "token_count",
    "token_limit",
    "personal_data",
    "name_case",
    "download_headers",
    "rate_limit_status",
    "billed_lines",
    "line_count",
    "result_visibility",
    "storage_listing",
}


def test_every_unknown_is_played_or_only_the_service_can_settle_it():
    known = {entry.key for entry in ASSUMPTIONS}
    assert PLAYED.keys() | OF_THE_SERVICE == known
    assert PLAYED.keys().isdisjoint(OF_THE_SERVICE)


def test_every_alternative_is_in_a_test():
    here = Path(__file__)
    files = (here, here.with_name("test_unknowns.py"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    rights = {"account", "storage_access"}  # no unknowns: tested by operation
    settings = set().union(*PLAYED.values()) | CHOICES.keys() - rights
    assert {
        name for name in settings if f"{name}=" not in text and f'"{name}"' not in text
    } == set()
