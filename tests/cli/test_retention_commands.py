"""``prune``, ``cleanup``, ``delete``, ``explain``: listed first, deleted on request."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas.cli import account, retention
from nclue_pandas.cli.main import main


@pytest.fixture
def named(sandbox, monkeypatch, tmp_path):
    """The sandbox, named by the environment, without a pace."""
    from nclue_pandas.sandbox.__main__ import exports

    def unpaced(options):
        made = account.account_of(options)
        return replace(made, service=replace(made.service, requests_per_second=None))

    monkeypatch.setattr(retention, "account_of", unpaced)
    for line in exports(sandbox).splitlines():
        name, equals, value = line.removeprefix("export ").partition("=")
        if equals:
            monkeypatch.setenv(name, value)
    return sandbox


def test_older_nights_are_listed_then_deleted(named, client, capsys):
    users = pd.Series([f"u{number:03d}" for number in range(240)])
    tea = pd.Series(range(240)) % 2
    answers = pd.DataFrame({"user_id": users, "label": tea})
    for night in range(2):
        named.advance(60)
        texts = tea.map({0: "milk", 1: "tea"}) + f"->day {night}"
        nclue.predict(pd.DataFrame({"user_id": users, "sequence": texts}), answers, name="tea")
    before = named.objects(), len(client.list_jobs())
    assert main(["prune", "tea", "--keep", "1"]) == 0
    shown = capsys.readouterr().out
    assert "6 listed" in shown
    assert "Add --delete" in shown
    assert (named.objects(), len(client.list_jobs())) == before
    assert main(["prune", "tea", "--keep", "1", "--delete"]) == 0
    assert "6 deleted" in capsys.readouterr().out
    assert main(["prune", "tea", "--keep", "1", "--delete"]) == 0
    assert "nothing" in capsys.readouterr().out
    kinds = client.list_jobs()["kind"].tolist()
    assert sorted(kinds) == ["Feature", "Run", "Task"]
    run = client.list_runs()["name"][0]
    assert main(["delete", "run", run]) == 0
    assert len(client.list_runs()) == 1
    assert main(["delete", "run", run, "--delete"]) == 0
    assert client.list_runs().empty
    assert main(["delete", "run", run]) == 2
    assert main(["cleanup", "--days", "0"]) == 0
    assert "1 listed" in capsys.readouterr().out
    assert main(["cleanup", "--delete"]) == 0
    assert "nothing" in capsys.readouterr().out, "it is younger than a day"
    assert main(["cleanup", "--days", "0", "--delete"]) == 0
    assert "1 deleted" in capsys.readouterr().out
    assert main(["prune", "tea", "--keep", "0"]) == 2
    assert "keep=0" in capsys.readouterr().err


def test_explain_needs_no_network(capsys):
    assert main(["explain", "10109"]) == 0
    assert "PERSONAL_DATA_NOT_ALLOWED" in capsys.readouterr().out
    assert main(["explain", "no such thing"]) == 2
