"""Every alternative of what the contract leaves open, played by the sandbox.

The client has to give the same result under each.
"""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas.sandbox import Sandbox, SandboxSettings

NO_ID = "00000000-0000-4000-8000-000000000000"
#: Ids that careless readers turn into numbers, missing values or the start of a quotation.
ODD_IDS = ["00123", "NA", "1e5", "null", '"quoted', "user_id", "한글"]


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
    return request.node.name.replace("[", " ").replace("]", "")


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
