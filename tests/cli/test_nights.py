"""Nights of a script on a growing log, with all that happens to one: killed, frozen, full, moved."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time

import pandas as pd
import pytest
from soak.night import run
from stores.freezer import Freezer

from nclue_pandas.cli.predict import DONE, INTERRUPTED, NOT_FINISHED, REFUSED, WRONG_INPUT
from nclue_pandas.demo import make_log
from nclue_pandas.sandbox import Sandbox, SandboxSettings

FIRST = pd.Timestamp("2026-06-01")
#: Jobs of a night: who is trained on, who is scored, the model, the scores.
JOBS = {"feature": 2, "task": 1, "run": 1}
#: Objects of a night: sequences and a manifest for each feature, answers, scores.
FILES = 6
#: Nights whose jobs stay.
KEEP = 3
OUT = "scores.parquet"


class Nights:
    """A directory with a log that grows by a day each night, and a script that scores it."""

    def __init__(self, sandbox, api, folder, seed=0):
        self.sandbox, self.api, self.folder = sandbox, api, folder
        self.chance = random.Random(seed)
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["soak.night"])
        self.log = make_log(users=400, seed=3)
        self.number = 0
        self.environment = {
            "NCLUE_API_URL": api.endpoint,
            "NCLUE_STORAGE_ENDPOINT": sandbox.endpoint,
            "NCLUE_STORAGE_REGION": sandbox.region,
            "NCLOUD_ACCESS_KEY_ID": sandbox.access_key,
            "NCLOUD_SECRET_ACCESS_KEY": sandbox.secret_key,
            "XDG_CACHE_HOME": str(folder / "cache"),
        }

    @property
    def day(self):
        return FIRST + pd.Timedelta(days=self.number)

    def settings(self, **changes):
        chosen = {
            "name": "tea",
            "log": "log.parquet",
            "user": "customer_id",
            "time": "ts",
            "behavior": "item",
            "cutoff": "-30D",
            "horizon": "30D",
            "positive": "차|tea",
            "observed_until": "0D",
            "bucket": self.sandbox.bucket,
            "keep": KEEP,
        } | changes
        lines = (
            f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in chosen.items()
        )
        (self.folder / "settings.toml").write_text("\n".join(lines), "utf-8")

    def begin(self):
        """A day goes by."""
        self.number += 1
        self.settings()
        self.log[self.log["ts"] < self.day].to_parquet(self.folder / "log.parquet")

    def start(self, *arguments, limit=None, log="said.jsonl"):
        arguments = ["--out", OUT, "--as-of", f"{self.day:%Y-%m-%d}", *arguments]
        where = (str(self.folder), self.environment, str(self.folder / log))
        process = self.context.Process(target=run, args=(arguments, *where, limit))
        process.start()
        return process

    def end(self, *arguments, **more):
        """Run to the end; return the exit status."""
        process = self.start(*arguments, **more)
        process.join(240)
        return process.exitcode

    def created(self):
        """How many jobs of each kind there are, on the service."""
        registry = self.sandbox._account.registry
        with registry.lock:
            return {kind: len(registry._jobs[kind]) for kind in JOBS}

    def wait_for(self, kind, number):
        """Wait until the service has so many jobs of a kind."""
        while self.created()[kind] < number:
            time.sleep(0.02)

    def check(self):
        """The scores of this day are there as a whole; its jobs are, each once; nothing else is."""
        assert self.end() == DONE
        scores = pd.read_parquet(self.folder / OUT)
        known = self.log.loc[self.log["ts"] < self.day, "customer_id"].unique()
        assert sorted(scores["user_id"]) == sorted(known)
        assert scores["score"].between(0, 1).all()
        stay = min(self.number, KEEP)
        assert self.created() == {kind: count * stay for kind, count in JOBS.items()}
        objects = self.sandbox.storage.list(self.sandbox.bucket)
        assert len(objects) <= FILES * stay, sorted(objects)
        files = {each.name for each in self.folder.iterdir()}
        assert files == {"cache", "log.parquet", "said.jsonl", "settings.toml", OUT}
        for line in (self.folder / "said.jsonl").read_text("utf-8").splitlines():
            assert {"time", "level", "step", "message"} <= json.loads(line).keys()

    def said(self):
        """The last line of the log."""
        return json.loads((self.folder / "said.jsonl").read_text("utf-8").splitlines()[-1])

    @property
    def before(self):
        """How many nights have left their jobs."""
        return min(self.number - 1, KEEP)

    # What happens to a night

    def nothing(self):
        """Nobody disturbs it."""

    def kills(self):
        """It is killed at random moments, and once just after a job was created."""
        for _ in range(self.chance.choice((1, 2, 3))):
            process = self.start()
            process.join(self.chance.uniform(0.3, 4))
            process.kill()
            process.join()
        process = self.start()
        self.wait_for("feature", 2 * self.before + 2)
        process.kill()
        process.join()

    def full_disk(self):
        """The disk takes no more in the middle of the scores."""
        before = (self.folder / OUT).read_bytes() if (self.folder / OUT).exists() else None
        assert self.end(limit=10_000) == WRONG_INPUT
        assert self.said()["exit"] == WRONG_INPUT
        said = (self.folder / "said.jsonl").read_text("utf-8")
        assert '"step": "scores"' in said, "it came that far"
        assert before is None or (self.folder / OUT).read_bytes() == before

    def frozen_service(self):
        """The service accepts a request and never answers."""
        self.api.freeze("POST /api/v1/tasks", "answer", 0)
        try:
            assert self.end("--timeout", "6") == NOT_FINISHED
        finally:
            self.api.thaw()
        assert self.said()["error"] == "JobTimeout"

    def slow_jobs(self):
        """The jobs take longer than the deadline."""
        self.sandbox.configure(job_seconds=3600)
        assert self.end("--timeout", "6") == NOT_FINISHED
        self.sandbox.configure(job_seconds=0)
        for job in list(self.sandbox._account.registry._jobs["feature"].values()):
            job.seconds = 0

    def no_bucket(self):
        """The settings name a bucket that is not there."""
        self.settings(bucket="moved-away")
        assert self.end() == REFUSED
        self.settings()

    def other_bucket(self):
        """The bucket is changed in the middle of a night, and back."""
        process = self.start()
        self.wait_for("feature", 2 * self.before + 2)
        process.kill()
        process.join()
        self.sandbox.storage.create_bucket("another")
        self.settings(bucket="another")
        assert self.end() == WRONG_INPUT
        self.settings()

    def signal(self):
        """The scheduler ends it."""
        process = self.start()
        self.wait_for("feature", 2 * self.before + 1)
        os.kill(process.pid, signal.SIGTERM)
        process.join()
        assert process.exitcode == INTERRUPTED

    def two_at_once(self):
        """Another run is started while the first one is at it."""
        self.sandbox.configure(job_seconds=5)
        process = self.start(log="first.jsonl")
        self.wait_for("feature", 2 * self.before + 1)
        assert self.end() == NOT_FINISHED
        assert f"process {process.pid} of " in self.said()["message"]
        self.sandbox.configure(job_seconds=0)
        process.join()
        assert process.exitcode == DONE
        (self.folder / "first.jsonl").unlink()

    def wrong_settings(self):
        """Somebody edits the settings, and puts a key into them."""
        self.settings(cutof="-30D")
        assert self.end() == WRONG_INPUT
        self.settings(secret_key="hidden-value")
        assert self.end() == WRONG_INPUT
        assert "hidden-value" not in (self.folder / "said.jsonl").read_text("utf-8")
        self.settings()

    def refused_key(self):
        """The key was changed, and the new one did not arrive here."""
        keys = dict(self.environment)
        self.environment["NCLOUD_SECRET_ACCESS_KEY"] = "of-last-year"
        assert self.end() == REFUSED
        self.environment = keys


@pytest.fixture
def nights(tmp_path):
    with Sandbox(SandboxSettings(rate_limit=False)) as sandbox, Freezer(sandbox.api_url) as api:
        sandbox._hosts.add(api.host)
        yield Nights(sandbox, api, tmp_path)


def live_through(nights, *happenings):
    for happening in happenings:
        nights.begin()
        getattr(nights, happening)()
        nights.check()


def test_two_nights(nights):
    live_through(nights, "kills", "full_disk")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_twelve_nights(nights):
    live_through(
        nights,
        *("nothing", "kills", "frozen_service", "full_disk", "no_bucket", "two_at_once"),
        *("signal", "other_bucket", "wrong_settings", "kills", "refused_key", "slow_jobs"),
    )
