"""Refusals of the 21 operations that depend on the account or on the state of a job."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.contract import ERROR_CODES
from nclue_pandas.sandbox import Sandbox

USERS = [f"u{number:03d}" for number in range(240)]


@pytest.fixture(scope="module")
def shop():
    """A service with one job of each kind, all completed."""
    with Sandbox() as sandbox, nclue.connect(sandbox) as client:
        texts = ["black coffee->milk", "green tea 녹차->milk"]
        sequences = pd.DataFrame(
            {"user_id": USERS, "sequence": [texts[number % 2] for number in range(240)]}
        )
        answers = pd.DataFrame({"user_id": USERS, "label": [number % 2 for number in range(240)]})
        feature = client.create_feature("base", sequences).wait()
        task = client.create_task("base", feature, answers).wait()
        yield SimpleNamespace(
            sandbox=sandbox,
            service=client.service,
            feature=feature.refresh().record,
            task=task.refresh().record,
            run=task.run(feature, name="base").wait().record,
            intent=task.shopping_intent("base").wait().record,
            likeness=feature.custom_attributes("base", ["tea"]).wait().record,
        )


@pytest.fixture
def changed(shop):
    """Change settings until the end of the test."""
    before = shop.sandbox.settings
    yield shop.sandbox.configure
    shop.sandbox.configure(**vars(before))


def place(shop):
    return {"result_bucket": shop.sandbox.bucket, "result_file_path": "results/"}


CREATES = {
    "create_feature": lambda s: s.service.create_feature(
        name="new",
        source_bucket=s.feature.source_bucket,
        source_file_path=s.feature.source_file_path,
    ),
    "create_task": lambda s: s.service.create_task(
        name="new",
        train_feature_id=s.feature.id,
        train_bucket=s.task.train_bucket,
        train_file_path=s.task.train_file_path,
    ),
    "create_run": lambda s: s.service.create_run(
        name="new", task_id=s.task.id, feature_id=s.feature.id, **place(s)
    ),
    "create_shopping_intent": lambda s: s.service.create_shopping_intent(
        name="new", task_id=s.task.id
    ),
    "create_custom_attributes": lambda s: s.service.create_custom_attributes(
        name="new", feature_id=s.feature.id, keywords=["tea"], **place(s)
    ),
}
KINDS = {
    "feature": "features",
    "task": "tasks",
    "run": "runs",
    "shopping_intent": "shopping_intents",
    "custom_attributes": "custom_attributes",
}
IDS = {"shopping_intent": "intent", "custom_attributes": "likeness"}


def job_id(shop, kind):
    return getattr(shop, IDS.get(kind, kind)).id


OPERATIONS = {
    **CREATES,
    **{
        f"list_{many}": lambda s, m=many: getattr(s.service, f"list_{m}")()
        for many in KINDS.values()
    },
    **{
        f"{verb}_{kind}": lambda s, v=verb, k=kind: getattr(s.service, f"{v}_{k}")(job_id(s, k))
        for verb in ("get", "delete")
        for kind in KINDS
    },
    "download_shopping_intent": lambda s: s.service.download_shopping_intent(s.intent.id),
}


def assert_refused(code, operation, shop):
    status, name = ERROR_CODES[code]
    with pytest.raises(errors.ApiError) as caught:
        OPERATIONS[operation](shop)
    error = caught.value
    assert type(error).__name__.lower().removesuffix("error") == name.replace("_", "").lower()
    assert (error.status, error.code) == (status, code)
    assert error.remedy in str(error)
    return error


def test_these_are_the_21_operations():
    assert len(OPERATIONS) == 21


@pytest.mark.parametrize("operation", OPERATIONS)
def test_refuses_10100_without_rights(operation, shop, changed):
    changed(account="denied")
    assert isinstance(assert_refused(10100, operation, shop), PermissionError)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_refuses_a_key_that_is_not_subscribed(operation, shop, changed):
    changed(account="not_subscribed")
    with pytest.raises(errors.SubscriptionError) as caught:
        OPERATIONS[operation](shop)
    assert (caught.value.status, caught.value.code) == (401, 210)


@pytest.mark.parametrize("operation", ["create_feature", "create_task", "create_shopping_intent"])
def test_refuses_10119_when_the_storage_is_full(operation, shop, changed):
    changed(storage_limit=1)
    assert_refused(10119, operation, shop)


@pytest.mark.parametrize(("access", "code"), [("denied", 10131), ("no_account", 10132)])
@pytest.mark.parametrize("operation", sorted(CREATES.keys() - {"create_shopping_intent"}))
def test_refuses_10131_10132_without_rights_to_the_storage(operation, access, code, shop, changed):
    changed(storage_access=access)
    assert_refused(code, operation, shop)


PROCESSING = {
    "feature": 10114,
    "task": 10115,
    "run": 10116,
    "shopping_intent": 10117,
    "custom_attributes": 10117,
}


@pytest.mark.parametrize(("kind", "code"), PROCESSING.items(), ids=PROCESSING)
@pytest.mark.parametrize("seconds", [30, 60], ids=["pending", "in_progress"])
def test_delete_refuses_a_job_that_is_processed(kind, code, seconds, shop, changed):
    changed(job_seconds=100.0)
    made = CREATES[f"create_{kind}"](shop)
    shop.sandbox.advance(seconds)
    status, _ = ERROR_CODES[code]
    with pytest.raises(errors.ApiError) as caught:
        getattr(shop.service, f"delete_{kind}")(made.id)
    assert (caught.value.status, caught.value.code) == (status, code)
    shop.sandbox.advance(100)
    assert getattr(shop.service, f"get_{kind}")(made.id).status == "completed"
    assert getattr(shop.service, f"delete_{kind}")(made.id) == made.id


@pytest.mark.parametrize("operation", ["create_run", "create_custom_attributes"])
@pytest.mark.parametrize("path", ["a b/", "한글/", "a:b", "/"])
def test_refuses_10130_for_a_path_that_no_result_can_have(operation, path, shop):
    made = {
        "create_run": {"task_id": shop.task.id, "feature_id": shop.feature.id},
        "create_custom_attributes": {"feature_id": shop.feature.id, "keywords": ["tea"]},
    }[operation]
    with pytest.raises(errors.ApiError) as caught:
        getattr(shop.service, operation)(
            name="new", **made, result_bucket=shop.sandbox.bucket, result_file_path=path
        )
    assert (caught.value.status, caught.value.code) == (422, 10130)
