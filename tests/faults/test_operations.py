"""Every fault at every operation: the state that was asked for, each job once."""

from __future__ import annotations

import pytest

TABLE = "Operations"
FAULTS = (
    *("drop_before", "drop_after_acting", "error_500", "error_503", "error_500_after_acting"),
    *("error_504_after_acting", "throttle", "quota", "redirect", "garbage", "html", "empty_body"),
    *("truncated", "deep_json", "wrong_types", "slow"),
)
KINDS = ("feature", "task", "run", "shopping_intent", "custom_attributes")
PLURALS = {
    "feature": "features",
    "task": "tasks",
    "run": "runs",
    "shopping_intent": "shopping_intents",
    "custom_attributes": "custom_attributes",
}


class Shop:
    """A service with a finished job of every kind, and how one more is made."""

    def __init__(self, service):
        self.sandbox, self.client, self.jobs = service.sandbox, service.client, service.jobs
        lines = service.sequences["user_id"] + "\t" + service.sequences["sequence"] + "\n"
        self.sandbox.put_object("own/sequences.csv", "".join(lines).encode())
        labels = service.answers["user_id"] + "\t" + service.answers["label"].astype(str) + "\n"
        self.sandbox.put_object("own/answers.csv", "".join(labels).encode())
        self.there = {}
        for kind in KINDS:
            self.there[kind] = self.make(kind, "there").wait()

    def make(self, kind, name):
        """Create a job of a kind through the public surface."""
        feature, task = self.there.get("feature"), self.there.get("task")
        if kind == "feature":
            return self.client.create_feature_from_path(name, "own/sequences.csv")
        if kind == "task":
            return self.client.create_task_from_path(name, feature, "own/answers.csv")
        if kind == "run":
            return self.client.create_run(task, feature, name=name)
        if kind == "shopping_intent":
            return self.client.create_shopping_intent(name, task)
        return self.client.create_custom_attributes(name, feature, ["green tea"])

    def names(self, kind):
        return sorted(job.name for job in self.jobs(kind))

    def counts(self):
        return {kind: len(self.jobs(kind)) for kind in KINDS}


@pytest.fixture(scope="module")
def shop(service):
    return Shop(service)


@pytest.fixture(autouse=True)
def nothing_else_changes(shop):
    """Every test leaves the service as it found it."""
    before = shop.counts()
    yield
    assert shop.counts() == before
    assert not shop.sandbox._account.faults._waiting


@pytest.mark.matrix("kind", KINDS, "fault", FAULTS)
def test_create(shop, outcome, settled, told, kind, fault):
    made, before = [], len([r for r in shop.sandbox.requests if r.operation == f"create_{kind}"])
    shop.sandbox.inject(fault, operation=f"create_{kind}")
    text = outcome(lambda: made.append(shop.make(kind, "new")))
    settled(f"create_{kind}", before + (2 if fault == "slow" else 1))
    assert shop.names(kind) == ["new", "there"]
    assert made[-1].wait().completed
    made[-1].delete()
    told(TABLE, f"create_{kind}", fault, text)


@pytest.mark.matrix("kind", KINDS, "fault", FAULTS)
def test_delete(shop, outcome, told, kind, fault):
    job = shop.make(kind, "old").wait()
    shop.sandbox.inject(fault, operation=f"delete_{kind}")
    text = outcome(job.delete)
    assert shop.names(kind) == ["there"]
    told(TABLE, f"delete_{kind}", fault, text)


@pytest.mark.matrix("kind", KINDS, "fault", FAULTS)
def test_get(shop, outcome, told, kind, fault):
    job = type(shop.there[kind])(shop.there[kind].id, shop.client)
    shop.sandbox.inject(fault, operation=f"get_{kind}")
    text = outcome(job.refresh)
    assert (job.name, job.completed) == ("there", True)
    assert job.record == shop.there[kind].record
    told(TABLE, f"get_{kind}", fault, text)


@pytest.mark.matrix("kind", KINDS, "fault", FAULTS)
def test_list(shop, outcome, told, kind, fault):
    frames = []
    shop.sandbox.inject(fault, operation=f"list_{PLURALS[kind]}")
    text = outcome(lambda: frames.append(getattr(shop.client, f"list_{PLURALS[kind]}")()))
    assert frames[-1]["id"].tolist() == [shop.there[kind].id]
    told(TABLE, f"list_{PLURALS[kind]}", fault, text)


@pytest.mark.parametrize("fault", FAULTS)
def test_download(shop, outcome, told, fault):
    frames = []
    shop.sandbox.inject(fault, operation="download_shopping_intent")
    text = outcome(lambda: frames.append(shop.there["shopping_intent"].result()))
    assert frames[-1].columns[0] == "col_1"
    assert len(frames[-1]) > 0
    told(TABLE, "download_shopping_intent", fault, text)
