"""One service per file of tests, reset for every cell, and the documented table of outcomes."""

from __future__ import annotations

import os
import ssl
import time
from collections import defaultdict
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from stores.moto import certificate

from nclue_pandas.client import Client
from nclue_pandas.config import ServiceSettings, StorageSettings
from nclue_pandas.credentials import resolve_credentials
from nclue_pandas.errors import NclueError
from nclue_pandas.jobs.reference import Clock
from nclue_pandas.sandbox import Sandbox, SandboxSettings, server

PAGE = Path(__file__).parent.parent.parent / "docs" / "fault_matrix.md"
WRITE = "NCLUE_WRITE_FAULT_MATRIX" in os.environ
#: An answer is later than it is waited for under the fault ``slow``.
PATIENCE, SLOW = 0.6, 0.9
HEAD = """\
<!-- written by NCLUE_WRITE_FAULT_MATRIX=1 python -m pytest tests/faults -n 0, which checks it -->

# Fault matrix

Each cell is two tests: one fault strikes one request, over HTTP and over HTTPS alike, against the sandbox. Every fault
and every row is in each run of the tests, all cells are in `make verify`. **✓** means that the call
ended right by itself; an error's name means that the call raised it, and the same call again ended right. In every
cell the final state is looked at in the service: exactly the jobs that were asked for, each once, made from the right
inputs, no result lost, and nothing else touched. `slow` answers after the client has given up waiting.
In the table of what a store does without a word, the error comes at every call until the job that it names is deleted;
then the same call ends right.
"""
measured = defaultdict(dict)


class FakeTime:
    """A clock on which sleeping takes no time."""

    def __init__(self):
        self.now = 0.0

    def sleep(self, seconds):
        self.now += seconds


def _frames():
    users = pd.Series([f"u{number:03d}" for number in range(200)])
    tea = pd.Series(range(200)) % 2
    sequences = pd.DataFrame({"user_id": users, "sequence": tea.map({0: "milk", 1: "green tea"})})
    return sequences, pd.DataFrame({"user_id": users, "label": tea})


@contextmanager
def _running(scheme, folder):
    """Start a service, over https with a certificate of its own; yields it and the certificate."""
    settings = SandboxSettings(slow_seconds=SLOW)
    if scheme == "http":
        with Sandbox(settings) as sandbox:
            yield sandbox, None
        return
    bundle, key = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle, key)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "ObjectStorage", partial(server.ObjectStorage, ssl=context))
        patch.setattr(server, "make_server", partial(server.make_server, ssl_context=context))
        with Sandbox(settings) as sandbox:
            yield sandbox, str(bundle)


@pytest.fixture(autouse=True)
def _asked_again_at_once(no_pauses):
    pass


@pytest.fixture(scope="module", params=["http", pytest.param("https", marks=pytest.mark.slow)])
def service(request, tmp_path_factory):
    """A running service, a client whose waits take no time, and frames for a chain."""
    folder = tmp_path_factory.mktemp("certificate")
    with _running(request.param, folder) as (sandbox, bundle):
        fake = FakeTime()
        sequences, answers = _frames()
        client = Client(
            resolve_credentials(access_key=sandbox.access_key, secret_key=sandbox.secret_key),
            ServiceSettings(
                sandbox.api_url.replace("http://", f"{request.param}://"),
                requests_per_second=None,
                read_timeout=PATIENCE,
                ca_bundle=bundle,
            ),
            StorageSettings(
                sandbox.bucket,
                endpoint=sandbox.endpoint,
                region=sandbox.region,
                ca_bundle=bundle,
            ),
            clock=Clock(monotonic=lambda: fake.now, sleep=fake.sleep),
        )
        yield SimpleNamespace(
            sandbox=sandbox,
            client=client,
            sequences=sequences,
            answers=answers,
            jobs=lambda kind: list(sandbox._account.registry._jobs[kind].values()),
        )


@pytest.fixture
def settled(service):
    """Wait until an operation was answered so often: late, the service still acts."""

    def wait(operation, times):
        deadline = time.monotonic() + 60
        while sum(r.operation == operation for r in service.sandbox.requests) < times:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    return wait


@pytest.fixture
def outcome():
    """Call, and once more after an error of ours; return what the table says of it."""

    def of(call):
        try:
            call()
        except NclueError as error:
            call()
            return f"`{type(error).__name__}`"
        return "✓"

    return of


@pytest.fixture(scope="session")
def documented():
    """The cells of the page: (table, row, column) -> text."""
    cells, table, columns = {}, None, []
    for line in [] if WRITE else PAGE.read_text("utf-8").splitlines():
        if line.startswith("## "):
            table, columns = line[3:], []
        elif line.startswith("| "):
            row, *texts = (text.strip() for text in line.strip("|").split(" | "))
            if columns:
                cells |= {
                    (table, row, column): text for column, text in zip(columns, texts, strict=True)
                }
            else:
                columns = texts
    return cells


@pytest.fixture
def told(documented):
    """Compare an outcome with the page, or keep it for the page that is being written."""

    def tell(table, row, column, text):
        assert measured[table].setdefault(row, {}).setdefault(column, text) == text
        assert WRITE or documented.get((table, row, column)) == text

    return tell


def pytest_sessionfinish(session):
    """Write the page, when that was asked for and every cell is right."""
    if not WRITE or session.testsfailed:
        return
    text = HEAD
    for table, rows in sorted(measured.items(), reverse=True):
        columns = list(next(iter(rows.values())))
        text += f"\n## {table}\n\n|  | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}\n"
        for row, cells in rows.items():
            text += f"| {row} | {' | '.join(cells[column] for column in columns)} |\n"
    PAGE.write_text(text, "utf-8")
