"""The live suite: asks a real account what the documentation leaves open.

It runs only when it is asked to (``NCLUE_LIVE=1``, which ``make live`` sets) and only with a key
pair (environment or ``~/.ncloud/configure``) and a bucket in ``NCLUE_LIVE_BUCKET``. Its jobs are
small, but they are billed. All that it makes is deleted at the end: jobs, then objects, which all
lie under one prefix of their own. ``NCLUE_LIVE_TIMEOUT`` (seconds, default 3,600) bounds each wait;
``NCLUE_LIVE_RATE=none`` lifts the pace of one request per second, for a sandbox.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import requests

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.assumptions import ASSUMPTIONS
from nclue_pandas.config import ServiceSettings
from nclue_pandas.credentials import resolve_credentials
from nclue_pandas.service.pace import pace_for
from nclue_pandas.service.transport import SignatureV2

HERE = Path(__file__).parent
WANTED = os.environ.get("NCLUE_LIVE") == "1"
USERS = 240
OBSERVATIONS: list[tuple[str, str]] = []


def missing() -> str | None:
    """Return what the environment lacks for a live run, or None."""
    if not os.environ.get("NCLUE_LIVE_BUCKET"):
        return "NCLUE_LIVE_BUCKET is not set: name a bucket of the account, for small test files"
    try:
        resolve_credentials()
    except errors.NclueError as error:
        return str(error)
    return None


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a live run that cannot work; never start one that was not asked for."""
    lack = missing() if WANTED else None
    if lack is not None:
        pytest.exit(f"The live suite does not run: {lack}.", returncode=2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the live tests, lift the time limit, and skip them unless they are asked for."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.live)
            item.add_marker(pytest.mark.timeout(0))
            if not WANTED:
                reason = "asks a real account, and is billed: make live runs it"
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show all observations together, beside what the code assumes."""
    if not OBSERVATIONS:
        return
    assumed = {entry.key: entry.assumed for entry in ASSUMPTIONS}
    terminalreporter.section("what the service showed")
    for key, seen in OBSERVATIONS:
        terminalreporter.write_line(f"{key}: {seen}")
        terminalreporter.write_line(f"    assumed: {assumed[key]}")


@pytest.fixture
def saw():
    """Note what was seen of an assumption, by its key."""
    keys = {entry.key for entry in ASSUMPTIONS}

    def note(key: str, seen: object) -> None:
        assert key in keys
        OBSERVATIONS.append((key, str(seen)))
        sys.stdout.write(f"\n[{key}] {seen}\n")

    return note


@dataclass
class Account:
    """The account under test, and all that the suite has made in it."""

    client: nclue.Client
    settings: ServiceSettings
    prefix: str
    jobs: list[Any] = field(default_factory=list)

    @property
    def timeout(self) -> float:
        return float(os.environ.get("NCLUE_LIVE_TIMEOUT", "3600"))

    def name(self, what: str) -> str:
        """Return a job name that nobody has used."""
        return f"nclue-pandas live {what} {uuid.uuid4().hex[:8]}"

    def keep(self, job: Any) -> Any:
        """Have a job deleted at the end."""
        self.jobs.append(job)
        return job

    def put(self, name: str, text: str) -> str:
        """Write a small object under the suite's prefix; return its key."""
        key = f"{self.prefix}/{name}"
        self.client.storage.put(key, io.BytesIO(text.encode("utf-8")), {})
        return key

    def ask(self, method: str, path: str, *, paced: bool = True, **options: Any) -> Any:
        """Send one signed request and return the plain answer, whatever it is."""
        credentials = resolve_credentials()
        rate = self.settings.requests_per_second
        if paced and rate is not None:
            pace_for(self.settings.rate_scope or credentials().account, rate).acquire()
        return requests.request(
            method,
            f"{self.settings.api_url}{path}",
            auth=SignatureV2(credentials, time.time),
            allow_redirects=False,
            timeout=60,
            **options,
        )

    @cached_property
    def feature(self) -> nclue.Feature:
        """A completed feature of 240 users, from a directory of two part files."""
        lines = [f"{user}\t{text}\n" for user, text in sequences().itertuples(index=False)]
        self.put("sequences/part-00000.csv", "".join(lines[:120]))
        self.put("sequences/part-00001.csv", "".join(lines[120:]))
        feature = self.client.create_feature_from_path(
            self.name("feature"), f"{self.prefix}/sequences/"
        )
        return self.keep(feature).wait(self.timeout)

    @cached_property
    def task(self) -> nclue.Task:
        """A completed task on the feature, without a test file."""
        task = self.client.create_task(self.name("task"), self.feature, answers())
        return self.keep(task).wait(self.timeout)

    @cached_property
    def run(self) -> nclue.Run:
        """A completed run of the task on its own feature."""
        run = self.client.create_run(self.task, self.feature, name=self.name("run"))
        return self.keep(run).wait(self.timeout)

    def clear(self) -> list[str]:
        """Delete every job, newest first, then every object; return what could not be."""
        left = []
        for job in reversed(self.jobs):
            try:
                _delete(job, self.timeout)
            except errors.NclueError as error:
                left.append(f"{job!r}: {error}")
        for entry in self.client.storage.list(f"{self.prefix}/"):
            try:
                self.client.storage.delete(entry.key)
            except errors.NclueError as error:
                left.append(f"{entry.key}: {error}")
        return left


def _delete(job: Any, timeout: float) -> None:
    try:
        job.delete()
    except errors.NotFoundError:
        return
    except errors.ApiError:
        with contextlib.suppress(errors.JobFailed):
            job.wait(timeout)
        job.delete()


def sequences() -> pd.DataFrame:
    """240 users of two tastes, in Korean and English."""
    texts = ["black coffee 커피->milk 우유", 'green tea 녹차->"jam" 잼']
    rows = [(f"u{number:04d}", texts[number % 2]) for number in range(USERS)]
    return pd.DataFrame(rows, columns=["user_id", "sequence"])


def answers() -> pd.DataFrame:
    """Who likes tea."""
    rows = [(f"u{number:04d}", number % 2) for number in range(USERS)]
    return pd.DataFrame(rows, columns=["user_id", "label"])


@pytest.fixture(scope="session")
def account():
    """The account of the environment's keys; cleared at the end."""
    prefix = f"nclue-live/{uuid.uuid4().hex[:12]}"
    unpaced = os.environ.get("NCLUE_LIVE_RATE") == "none"
    settings = ServiceSettings.from_environment(**{"requests_per_second": None} if unpaced else {})
    bucket = os.environ["NCLUE_LIVE_BUCKET"]
    client = nclue.connect(bucket=bucket, prefix=prefix, service=settings)
    account = Account(client, settings, prefix)
    yield account
    left = account.clear()
    if left:
        pytest.fail("could not be deleted:\n" + "\n".join(left))
