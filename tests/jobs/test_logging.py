"""What the log tells at INFO: each step's begin and end, with sizes and seconds, and no secret."""

from __future__ import annotations

import logging
import re
import warnings

import numpy as np
import pandas as pd
import pytest

import nclue_pandas as nclue

SECONDS = r"in \d+\.\d s"


@pytest.fixture
def chain(client, sequences, halves):
    """A Feature and a Task to go on from."""
    feature = sequences.nclue.create_feature("f").wait()
    return feature, halves[0].nclue.create_task("t", feature).wait()


@pytest.fixture
def told(caplog):
    """Return a function that gives the messages of a level since it was asked for."""
    caplog.set_level("INFO", logger="nclue_pandas")
    return lambda level="INFO": [
        each.getMessage() for each in caplog.records if each.levelname == level
    ]


def log_of(days):
    users = np.repeat(np.arange(60), 20)
    return pd.DataFrame(
        {
            "who": users,
            "when": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(1200) % days, unit="D"),
            "what": np.where((users + np.arange(1200)) % 3 == 0, "tea", "milk"),
        }
    )


def stream():
    columns = {"user": "who", "time": "when", "behavior": "what"}
    nclue.stream_sequences(iter([log_of(90)]), **columns).close()


#: What is called -> how its first line and its last one read.
STEPS = {
    "create feature": (
        lambda s, h, f, t: s.nclue.create_feature("new"),
        "create feature 'new' begins",
        rf"create feature 'new' is done {SECONDS}: 600 users, [\d,]+ bytes",
    ),
    "create task": (
        lambda s, h, f, t: h[0].nclue.create_task("new", f, test=h[1]),
        "create task 'new' begins",
        rf"create task 'new' is done {SECONDS}: \d+ answers",
    ),
    "create run": (
        lambda s, h, f, t: t.run(f, name="new"),
        "create run 'new' begins",
        rf"create run 'new' is done {SECONDS}: 600 users",
    ),
    "profile of a task": (
        lambda s, h, f, t: t.shopping_intent("new"),
        "create profile 'new' begins",
        rf"create profile 'new' is done {SECONDS}",
    ),
    "profile by keywords": (
        lambda s, h, f, t: f.custom_attributes("new", ["tea", "milk"]),
        "create profile 'new' begins: 2 keywords",
        rf"create profile 'new' is done {SECONDS}: 600 users",
    ),
    "predict": (
        lambda s, h, f, t: s.nclue.predict(h[0], name="new"),
        "predict 'new' begins",
        rf"predict 'new' is done {SECONDS}: 600 users",
    ),
    "streams": (
        lambda s, h, f, t: stream(),
        "stream sequences begins",
        rf"stream sequences is done {SECONDS}: 1,200 events, 60 users",
    ),
}


@pytest.mark.parametrize("verb", STEPS)
def test_a_step_is_told_at_its_begin_and_its_end(verb, told, chain, sequences, halves, caplog):
    call, begin, end = STEPS[verb]
    caplog.clear()
    call(sequences, halves, *chain)
    lines = told()
    assert lines[0] == begin
    assert re.fullmatch(end, lines[-1]), lines


def test_a_backtest_is_told(told, client, log):
    nclue.backtest(
        log,
        user="customer",
        time="ts",
        behavior="item",
        positive=log["item"].str.contains("tea"),
        cutoffs=["2026-02-01", "2026-03-01"],
        horizon="20D",
        name="new",
    )
    lines = told()
    assert lines[0] == "backtest 'new' begins: 2 cutoffs"
    assert re.fullmatch(rf"backtest 'new' is done {SECONDS}: 1,198 users", lines[-1])


def test_a_chain_tells_of_what_travels_of_waits_and_of_scores(
    told, client, sandbox, sequences, halves, caplog
):
    sequences.nclue.predict(halves[0], name="new")
    lines = told()
    for pattern in (
        r"uploading new (sequences|answers): [\d,]+ bytes",
        rf"uploaded new (sequences|answers): [\d,]+ bytes {SECONDS}",
        r"Feature 'new-\w+' is created",
        r"wait 'new-\w+' begins: 1 job",
        rf"wait 'new-\w+' is done {SECONDS}",
        "Task 'new-.*' is completed",
        "read scores 'new-.*' begins",
        r"downloading \S+: [\d,]+ bytes",
        rf"downloaded \S+: [\d,]+ bytes {SECONDS}",
        rf"read scores 'new-.*' is done {SECONDS}: 600 users",
    ):
        assert any(re.fullmatch(pattern, line) for line in lines), (pattern, lines)
    assert not any(key in caplog.text for key in (sandbox.access_key, sandbox.secret_key))
    facts = {
        each.nclue_facts["step"]: each.nclue_facts
        for each in caplog.records
        if hasattr(each, "nclue_facts")
    }
    assert {"step": "predict", "job": "new", "users": 600}.items() <= facts["predict"].items()
    assert facts["task"]["status"] == "completed"
    assert facts["downloaded"]["bytes"] > 1_000
    assert all(facts[each]["seconds"] >= 0 for each in ("predict", "task", "uploaded", "wait"))


def test_a_profile_that_is_read_is_told(told, chain, caplog):
    profile = chain[1].shopping_intent("new").wait()
    caplog.clear()
    rows = len(profile.result())
    assert re.fullmatch(rf"read profile 'new' is done {SECONDS}: {rows:,} rows?", told()[-1])


def test_a_step_that_fails_is_told_with_the_class_alone(told, chain, sequences, caplog):
    caplog.clear()
    with pytest.raises(nclue.errors.DuplicateNameError):
        sequences.head(500).nclue.create_feature("f")
    assert re.fullmatch(
        r"create feature 'f' stopped after \d+\.\d s: DuplicateNameError", told()[-1]
    )


def test_each_attempt_that_is_repeated_is_a_warning(told, chain, sandbox, sleeper, caplog):
    caplog.clear()
    sandbox.inject("error_503", operation="get_feature", times=2)
    chain[0].refresh()
    assert len(told("WARNING")) == 2
    assert all("is sent again, after" in line for line in told("WARNING"))


def test_warnings_are_in_the_log_where_python_is_asked(caplog):
    frame = log_of(90).astype({"who": object})
    frame.loc[3, "who"] = None
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        try:
            frame.nclue.to_sequences(user="who", time="when", behavior="what", on_invalid="drop")
        finally:
            logging.captureWarnings(False)
    told = [each.getMessage() for each in caplog.records if each.name == "py.warnings"]
    assert len(told) == 1
    assert "NclueDataWarning" in told[0]
