"""Every alternative of what the contract leaves open, played by the sandbox.

The client has to give the same result under each.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from types import SimpleNamespace

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas.sandbox import Sandbox, SandboxSettings
from nclue_pandas.sandbox.settings import CHOICES

NO_ID = "00000000-0000-4000-8000-000000000000"
#: Ids that careless readers turn into numbers, missing values or the start of a quotation.
ODD_IDS = ["00123", "NA", "1e5", "null", '"quoted', "user_id", "한글"]

#: Ids of every sort are sent, and the service documents letters and digits alone.
pytestmark = pytest.mark.filterwarnings("ignore:A user id holds other characters")


def frames():
    users = [*ODD_IDS, *(f"u{number:03d}" for number in range(233))]
    tea = [number % 2 for number in range(240)]
    texts = ["black coffee->milk", "green tea 녹차->milk"]
    sequences = pd.DataFrame({"user_id": users, "sequence": [texts[t] for t in tea]})
    return sequences, pd.DataFrame({"user_id": users, "label": tea})


@pytest.fixture(scope="module")
def shop():
    """A service with a completed feature and task, and its client."""
    with Sandbox(SandboxSettings()) as sandbox, nclue.connect(sandbox) as client:
        sequences, answers = frames()
        feature = client.create_feature("base", sequences).wait()
        task = client.create_task("base", feature, answers).wait()
        yield SimpleNamespace(
            sandbox=sandbox,
            client=client,
            service=client.service,
            users=set(sequences["user_id"]),
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


def assert_scores(shop, frame) -> None:
    """One score per user, ids as text, tea drinkers first."""
    assert frame.columns[:2].tolist() == ["user_id", "score"]
    assert len(frame) == len(shop.users)
    assert set(frame["user_id"]) == shop.users
    assert str(frame["user_id"].dtype) == "string[pyarrow]"
    assert str(frame["score"].dtype) == "double[pyarrow]"
    score = frame.set_index("user_id")["score"]
    assert score["u000"] != score["u001"]


# How a job ends, and what its fields look like.


@pytest.mark.parametrize("finished", ["completed", "complete"])
def test_spelling_of_the_finished_state(finished, shop, fresh):
    with playing(shop, finished=finished):
        run = shop.task.run(shop.feature, name=fresh)
        assert_scores(shop, run.result(timeout=30))
        assert run.record.raw["status"] == finished
        assert (run.status, run.completed, run.finished) == ("completed", True, True)
        assert shop.client.get_run(fresh).completed


@pytest.mark.parametrize("other", ["same feature", "another feature", "none"])
def test_lines_are_those_of_the_feature(other, shop, fresh):
    part = shop.client.create_feature(fresh, shop.sequences.head(230))
    test = {} if other == "none" else {"test": shop.answers[220:]}
    if other == "another feature":
        test |= {"test_feature": part, "test": shop.answers[220:230]}
    task = shop.client.create_task(fresh, shop.feature, shop.answers[:220], **test).wait()
    lines = {"none": 240, "same feature": 480, "another feature": 470}[other]
    assert task.record.line_count == lines
    assert task.shopping_intent(fresh).wait().record.line_count == 240
    assert part.custom_attributes(fresh, ["tea"]).wait().record.line_count == 230
    assert task.run(part, name=fresh).wait().record.line_count == 230
    assert task.record.completed_at > task.record.created_at


@pytest.mark.parametrize("auroc", ["number", "string", "null"])
def test_type_of_auroc(auroc, shop):
    with playing(shop, auroc=auroc):
        task = shop.client.get_task("base")
        listed = shop.client.list_tasks().set_index("id").loc[task.id, "auroc"]
    if auroc == "null":
        assert task.auroc is None
        assert pd.isna(listed)
    else:
        assert type(task.auroc) is float
        assert 0.5 < task.auroc <= 1
        assert listed == task.auroc


@pytest.mark.parametrize("timestamps", ["offset", "utc", "compact", "naive", "fraction"])
def test_layout_of_timestamps(timestamps, shop):
    expected = shop.feature.refresh().record.created_at
    with playing(shop, timestamps=timestamps):
        seen = shop.client.get_feature("base").record
    assert abs((seen.created_at - expected).total_seconds()) < 1
    assert seen.created_at.utcoffset() is not None
    assert seen.raw["created_at"].endswith({"utc": "Z", "compact": "+0900"}.get(timestamps, ""))


@pytest.mark.parametrize("word", ["pending", "대기", "queued"])
def test_an_unknown_state_is_a_job_still_running(word, shop, fresh):
    with playing(shop, pending=word, job_seconds=60.0):
        feature = shop.client.create_feature(fresh, shop.sequences)
        shop.sandbox.advance(25)
        assert feature.refresh().record.raw["status"] == word
        assert (feature.status, feature.finished) == (word, False)
        assert word in repr(feature)
        shop.sandbox.advance(60)
        assert feature.wait(timeout=30).completed


def test_fields_that_are_not_documented_are_kept(shop):
    with playing(shop, extra_fields=True):
        record = shop.client.get_feature("base").record
        listed = next(iter(shop.service.list_features().items))
    documented = shop.feature.refresh().record.raw.keys()
    assert record.raw.keys() > documented
    assert listed.raw.keys() > documented
    assert record.name == "base"


# Where a result is and what is in it.


@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize("told", ["final", "requested"])
def test_name_and_header_of_a_result(told, header, shop, fresh):
    with playing(shop, result_path=told, result_header=header):
        run = shop.task.run(shop.feature, name=fresh)
        assert_scores(shop, run.result(timeout=30))
        path = run.record.result_file_path
        assert path.endswith(".tsv") is (told == "final")
        likeness = shop.feature.custom_attributes(fresh, ["녹차", "tea"]).result(timeout=30)
    assert set(likeness["user_id"]) == shop.users
    assert len(likeness) == len(shop.users)


@pytest.mark.parametrize("told", ["final", "requested"])
@pytest.mark.parametrize("asked", ["stems/{}", "directories/{}/"])
def test_a_result_asked_for_as_a_directory_or_as_a_stem(asked, told, shop, fresh):
    path = asked.format(fresh)
    with playing(shop, result_path=told):
        record = shop.service.create_run(
            name=fresh,
            task_id=shop.task.id,
            feature_id=shop.feature.id,
            result_bucket=shop.sandbox.bucket,
            result_file_path=path,
        )
        assert_scores(shop, shop.client.get_run(record.id).result(timeout=30))


@pytest.mark.parametrize("header", [False, True])
def test_header_of_a_shopping_intent(header, shop, fresh):
    with playing(shop, result_header=header):
        profile = shop.task.shopping_intent(fresh).result(timeout=30)
    assert len(profile) > 0
    assert all(str(dtype).endswith("[pyarrow]") for dtype in profile.dtypes)
    names = profile.columns.tolist()
    assert all(isinstance(name, str) for name in names)
    assert ("col_1" not in names) is header


# Lists.


@pytest.fixture(scope="module")
def crowd():
    """A service with more features than a page holds."""
    with Sandbox(SandboxSettings()) as sandbox, nclue.connect(sandbox) as client:
        sandbox.put_object("one.csv", b"u1\ttea\n")
        for number in range(230):
            client.service.create_feature(
                name=f"f{number:03d}", source_bucket=sandbox.bucket, source_file_path="one.csv"
            )
        yield SimpleNamespace(sandbox=sandbox, client=client)


@pytest.mark.parametrize("total", ["all", "answer"])
@pytest.mark.parametrize("paging", ["offset", "page"])
def test_meaning_of_index_and_total(paging, total, crowd):
    with playing(crowd, paging=paging, total=total):
        listed = crowd.client.list_features()
        assert sorted(listed["name"]) == [f"f{number:03d}" for number in range(230)]
        assert crowd.client.get_feature("f000").name == "f000"
        assert crowd.client.get_feature("f229").name == "f229"
        with pytest.raises(nclue.errors.JobNotFoundError, match="among the 230"):
            crowd.client.get_feature("g")


SHAPES = [(paging, total) for paging in ("offset", "page") for total in ("all", "answer")]


@pytest.mark.matrix("size", [0, 1, 99, 100, 101, 200], "shape", SHAPES)
def test_lists_that_end_at_a_page_boundary(size, shape):
    paging, total = shape
    settings = SandboxSettings(paging=paging, total=total)
    with Sandbox(settings) as sandbox, nclue.connect(sandbox) as client:
        sandbox.put_object("one.csv", b"u1\ttea\n")
        for number in range(size):
            client.service.create_feature(
                name=f"f{number}", source_bucket=sandbox.bucket, source_file_path="one.csv"
            )
        names = client.list_features()["name"]
        assert sorted(names) == sorted(f"f{number}" for number in range(size))


@pytest.mark.parametrize("lag", [0.0, 0.4])
def test_a_list_that_lags_behind_a_create(lag, shop, fresh):
    with playing(shop, list_lag=lag):
        shop.sandbox.inject("drop_after_acting", operation="create_feature")
        feature = shop.client.create_feature(fresh, shop.sequences).wait(timeout=30)
    assert feature.completed
    shop.sandbox.advance(5)
    assert shop.client.list_features()["name"].tolist().count(fresh) == 1


# Refusals.

SHAPES = CHOICES["error_body"]
#: Shapes that carry a code; the others leave the HTTP status alone to tell what happened.
CODED = set(SHAPES) - {"spring", "text", "html", "empty"}


@pytest.mark.parametrize("codes", CHOICES["error_codes"])
@pytest.mark.parametrize("shape", SHAPES)
def test_shape_of_a_refusal_by_the_service(shape, codes, shop):
    with (
        playing(shop, error_body=shape, error_codes=codes),
        pytest.raises(nclue.errors.ApiError) as caught,
    ):
        shop.service.create_feature(
            name="base", source_bucket=shop.sandbox.bucket, source_file_path="absent.csv"
        )
    error = caught.value
    assert error.status == 409
    if shape in CODED:
        assert isinstance(error, nclue.errors.DuplicateName)
        assert error.code == 10102
        assert error.remedy in str(error)


@pytest.mark.parametrize("codes", CHOICES["error_codes"])
@pytest.mark.parametrize("shape", SHAPES)
def test_shape_of_a_refusal_by_the_gateway(shape, codes, shop):
    with (
        playing(shop, error_body=shape, error_codes=codes, account="not_subscribed"),
        pytest.raises(PermissionError) as caught,
    ):
        shop.service.list_features()
    assert caught.value.status == 401
    if shape in CODED:
        assert caught.value.code == 210


@pytest.mark.parametrize("shape", SHAPES)
def test_a_create_under_a_taken_name_finds_its_job_in_every_shape(shape, shop):
    with playing(shop, error_body=shape):
        assert shop.client.create_feature("base", shop.sequences) == shop.feature
        with pytest.raises(nclue.errors.DuplicateNameError, match=shop.feature.id):
            shop.client.create_feature("base", shop.sequences.head(120))


@pytest.mark.parametrize("shape", SHAPES)
def test_an_unknown_id_is_not_found_in_every_shape(shape, shop):
    with (
        playing(shop, error_body=shape),
        pytest.raises(nclue.errors.JobNotFoundError, match=NO_ID),
    ):
        shop.client.get_task(NO_ID)


# A run on another feature than its task's.


def test_a_run_on_another_feature_is_accepted(shop, fresh):
    present = shop.client.create_feature(fresh, shop.sequences.head(150)).wait()
    with playing(shop, other_feature="accept"):
        scores = shop.task.run(present, name=fresh).result(timeout=30)
    assert set(scores["user_id"]) == set(shop.sequences["user_id"].head(150))


def test_a_run_on_another_feature_is_refused(shop, fresh):
    present = shop.client.create_feature(fresh, shop.sequences.head(150)).wait()
    with (
        playing(shop, other_feature="refuse"),
        pytest.raises(nclue.errors.IncompatibleModel) as caught,
    ):
        shop.task.run(present, name=fresh)
    assert (caught.value.status, caught.value.code) == (409, 10113)
    assert fresh not in shop.client.list_runs()["name"].tolist()
    assert_scores(shop, shop.task.run(shop.feature, name=fresh).result(timeout=30))
