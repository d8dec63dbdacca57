"""``predict settings.toml``: the chain unwatched, its exit statuses and what it says."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import signal
import threading
from pathlib import Path

import pandas as pd
import pytest

from nclue_pandas.cli import main
from nclue_pandas.cli.predict import exit_status
from nclue_pandas.demo import make_log
from nclue_pandas.errors import (
    AuthenticationError,
    BackendError,
    BucketNotFoundError,
    CredentialsError,
    DuplicateNameError,
    JobFailed,
    JobNotFoundError,
    StorageError,
    codes,
)


def test_a_run_writes_scores_and_another_picks_them_up(predict, sandbox, folder):
    status, said = predict("--out", "scores.parquet", "--log", "json")
    assert (status, said.out) == (0, "")
    lines = [json.loads(line) for line in said.err.splitlines()]
    steps = {line["step"]: line for line in lines}
    assert {"log", "frames", "feature", "task", "run", "scores", "out", "done"} <= steps.keys()
    assert steps["frames"]["cutoff"] == "2026-05-25T00:00:00"
    assert all({"time", "level", "message"} <= line.keys() for line in lines)
    assert all(steps[name]["seconds"] >= 0 for name in ("log", "frames", "scores", "done"))
    assert sandbox.secret_key not in said.err
    assert sandbox.access_key not in said.err
    scores = pd.read_parquet("scores.parquet")
    assert len(scores) == steps["scores"]["users"] == steps["frames"]["scored"] == 700
    before = len(sandbox.requests)
    status, said = predict("--out", "scores.csv")
    assert status == 0
    assert not [each for each in sandbox.requests[before:] if each.method == "POST"]
    again = pd.read_csv("scores.csv", dtype={"user_id": str})
    assert dict(again.to_numpy()) == dict(scores.to_numpy())
    assert sorted(each.name for each in folder.iterdir()) == [
        *("cache", "log.parquet", "scores.csv", "scores.parquet", "settings.toml")
    ]


def test_log_and_scores_on_object_storage(predict, sandbox, settings, folder):
    log = make_log(users=700, seed=3)
    store, bucket = sandbox.storage, sandbox.bucket
    for day, rows in log.groupby(log["ts"].dt.month):
        body = io.BytesIO()
        rows.to_csv(body, index=False)
        store.put(bucket, f"logs/month={day}/part.csv", body.getvalue())
    store.put(bucket, "logs/_SUCCESS", b"")
    settings(log=f"s3://{bucket}/logs")
    assert predict("--out", f"s3://{bucket}/scores/latest.csv")[0] == 0
    settings(log="log.parquet")
    assert predict("--out", "scores.csv")[0] == 0
    stored = store.get(bucket, "scores/latest.csv")
    assert sorted(stored.splitlines()) == sorted((folder / "scores.csv").read_bytes().splitlines())


def test_what_is_wrong_with_the_log_is_told_once(predict, folder):
    log = pd.read_parquet("log.parquet")
    blank = log["customer_id"].where(log.index % 2 == 0, log["customer_id"] + " ")
    log.assign(customer_id=blank).to_parquet("log.parquet")
    status, said = predict("--plan", "--log", "json")
    assert status == 0
    told = [line["message"] for line in map(json.loads, said.err.splitlines())]
    assert sum("white space" in message for message in told) >= 1
    assert len(told) == len(set(told))


def test_a_plan_sends_nothing(predict, sandbox):
    status, said = predict("--plan")
    assert status == 0
    assert "Plan of 'tea-30d': ready" in said.out
    assert not [each for each in sandbox.requests if each.method == "POST"]
    assert not sandbox.storage.list(sandbox.bucket)


@pytest.mark.parametrize(
    ("changes", "arguments", "says"),
    [
        ({"cutoff": "soon"}, (), "cutoff='soon' cannot be read as a time"),
        ({"cutoff": "-90"}, (), "cutoff='-90' is no time before today"),
        ({"cutoff": "-3 moons"}, (), "cutoff='-3 moons' is no time before today"),
        ({"horizon": "30"}, (), "horizon='30' is no duration"),
        ({"user": "custmer_id"}, (), "Did you mean 'customer_id'"),
        ({"positive": "(("}, (), "is no regular expression"),
        ({"positive": "nobody buys this"}, (), "0 users have the label 1"),
        ({"log": "none.csv"}, (), "no file 'none.csv'"),
        ({"bucket": "No"}, (), "cannot be a bucket"),
        ({"naem": "tea"}, (), "Did you mean 'name'"),
        ({}, ("--out", "scores.txt"), "ends in .parquet or .csv"),
        ({}, ("--out", ""), "ends in .parquet or .csv"),
    ],
)
def test_wrong_input_ends_with_2_before_anything_is_sent(
    predict, settings, sandbox, changes, arguments, says
):
    settings(**changes)
    status, said = predict("--out", "scores.csv", *arguments)
    assert (status, "Traceback" in said.err) == (2, False)
    assert says in said.err
    assert not [each for each in sandbox.requests if each.method == "POST"]


def test_scores_need_a_place(predict):
    status, said = predict()
    assert status == 2
    assert "--out scores.parquet" in said.err


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (lambda _: os.environ.update(NCLOUD_SECRET_ACCESS_KEY="of-another-account"), 3),
        (lambda sandbox: sandbox.configure(job_seconds=3600), 4),
    ],
    ids=["a key that is refused", "a job that takes an hour"],
)
def test_what_the_service_does_decides_the_status(predict, sandbox, fault, status):
    fault(sandbox)
    found, said = predict("--out", "scores.csv", "--timeout", "3", "--log", "json")
    last = json.loads(said.err.splitlines()[-1])
    assert (found, last["exit"], last["level"]) == (status, status, "error")
    assert not Path("scores.csv").exists()


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGTERM]
)
def test_a_signal_ends_with_130_and_leaves_nothing_half(predict, sandbox, folder, number):
    sandbox.configure(job_seconds=3600)
    timer = threading.Timer(4, os.kill, (os.getpid(), number))
    timer.start()
    status, said = predict("--out", "scores.csv")
    timer.join()
    assert status == 130
    assert "Run it again" in said.err
    assert sorted(each.name for each in folder.iterdir()) == [
        "cache",
        "log.parquet",
        "settings.toml",
    ]
    sandbox.configure(job_seconds=0)
    assert predict("--out", "scores.csv")[0] == 0


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CredentialsError("no keys"), 2),
        (DuplicateNameError("taken"), 2),
        (JobNotFoundError("none of that name"), 2),
        (PermissionError(13, "no right"), 2),
        (AuthenticationError("who", status=401), 3),
        (codes.StorageFull("full", status=422), 3),
        (BucketNotFoundError("none"), 3),
        (JobFailed("failed", fail_message="UNEXPECTED_LABEL"), 3),
        (JobFailed("failed", fail_message="OBS_UPLOAD_FAILED"), 4),
        (BackendError("busy", status=503), 4),
        (StorageError("unreachable"), 4),
    ],
)
def test_each_error_has_its_status(error, status):
    assert exit_status(error) == status


@pytest.mark.parametrize("time", ["soon", "-3", "nan", "inf"])
def test_an_impossible_deadline_is_told(time, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["predict", "settings.toml", f"--timeout={time}"])
    assert ended.value.code == 2
    assert "is no time" in capsys.readouterr().err


def test_the_python_of_the_page_is_the_same_chain(predict, sandbox, client):
    page = Path(__file__).parents[2] / "docs" / "how_to" / "every_night.md"
    (code,) = (
        block
        for block in re.findall(
            r"```{code-block} python\n(.*?)```", page.read_text("utf-8"), re.DOTALL
        )
        if "predict(" in block
    )
    code = re.sub(r"today = .*", "today = pd.Timestamp('2026-06-24')", code)
    code = code.replace('nclue.connect(bucket="my-bucket")', "")
    assert predict("--out", "of_command.parquet")[0] == 0
    before = len(sandbox.requests)
    try:
        exec(compile(code, str(page), "exec"), {})  # noqa: S102 - what the page tells to run
    finally:
        logging.captureWarnings(False)
    assert not [each for each in sandbox.requests[before:] if each.method == "POST"]
    ours, theirs = pd.read_parquet("of_command.parquet"), pd.read_parquet("scores.parquet")
    pd.testing.assert_frame_equal(ours, theirs)


@pytest.mark.parametrize(
    "narrower",
    [
        {"gap": "3D", "horizon": "27D", "active_since": "60D", "min_events": 2},
        {"value": "price", "at_least": 20_000.5},
        {"absent": True},
    ],
    ids="-".join,
)
def test_a_narrower_question_is_that_of_the_function(predict, settings, client, narrower):
    settings(**narrower, baselines=True)
    status, said = predict("--out", "scores.parquet")
    assert status == 0, said.err
    log = pd.read_parquet("log.parquet")
    tea = log["item"].str.contains("차|tea", case=False)
    columns = {"user": "customer_id", "time": "ts"}
    answers = log.nclue.to_answers(
        **columns, **{"horizon": "30D", "cutoff": "2026-05-25", "positive": tea} | narrower
    )
    (task,) = client.list_tasks()["name"]
    body = client.storage.get(client.get_task(task).record.train_file_path).decode()
    sent = dict(line.split("\t") for line in body.splitlines())
    assert sent == dict(zip(answers["user_id"], answers["label"].astype(str), strict=True))
    scores = pd.read_parquet("scores.parquet")
    free = log.nclue.baselines(**columns, cutoff="2026-06-24", positive=tea)
    assert scores["score"].notna().all()
    found = scores.drop(columns="score").dropna().sort_values("user_id", ignore_index=True)
    expected = free.sort_values("user_id", ignore_index=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_older_nights_are_pruned_after_a_run(predict, sandbox, settings):
    settings(keep=1)
    for day in ("2026-06-23", "2026-06-24"):
        status, said = predict("--out", "scores.parquet", "--log", "json", day=day)
        assert status == 0
    (pruned,) = (line for line in map(json.loads, said.err.splitlines()) if line["step"] == "prune")
    registry = sandbox._account.registry
    assert [len(registry._jobs[kind]) for kind in ("run", "task", "feature")] == [1, 1, 2]
    assert pruned["removed"] >= 4
    assert len(sandbox.storage.list(sandbox.bucket)) <= 6
