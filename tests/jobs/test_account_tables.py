"""``jobs`` and ``usage``, as frames and on the command line."""

from __future__ import annotations

import pytest

from nclue_pandas.cli import main, tables
from nclue_pandas.cli.account import Account
from nclue_pandas.errors import StorageFull


@pytest.fixture
def filled(client, sequences, answers):
    feature = client.create_feature("러닝 shop", sequences)
    task = client.create_task("tea", feature, answers)
    client.create_run(task, feature).wait()
    client.create_shopping_intent("drinkers", task).wait()
    client.create_custom_attributes("campers", feature, ["tea"]).wait()
    return client


def test_every_kind_is_in_the_table(filled):
    table = filled.list_jobs()
    assert list(table.columns) == [
        *("kind", "name", "status", "created_at", "completed_at", "fail_message", "id")
    ]
    assert set(table["kind"]) == {"Feature", "Task", "Run", "Shopping Intent", "Custom Attributes"}
    assert table["created_at"].is_monotonic_decreasing
    assert str(table["created_at"].dtype) == "timestamp[us, tz=UTC][pyarrow]"
    assert (table["status"] == "completed").all()


def test_usage_tells_what_fills_the_storage(filled, sandbox, sequences):
    table = filled.usage()
    taken = table.set_index("kind")["disk_bytes"]
    assert taken.isna().sum() == 2
    assert table["disk_bytes"].dropna().is_monotonic_decreasing
    assert table.loc[table["kind"] == "Feature", "tokens"].item() > 0
    assert {str(table[name].dtype) for name in ("users", "tokens", "lines", "disk_bytes")} == {
        "int64[pyarrow]"
    }
    share = table["disk_share"].dropna()
    assert share.sum() == pytest.approx(taken.sum() / 5e12)
    assert str(share.dtype) == "double[pyarrow]"
    lines = table.set_index("kind")["lines"].drop("Feature")
    assert (lines == len(sequences)).all(), "of whatever kind: the lines of the Feature"
    sandbox.configure(storage_limit=int(taken.sum()))
    feature = filled.get_feature("러닝 shop")
    with pytest.raises(StorageFull) as caught:
        filled.service.create_feature(
            name="another",
            source_bucket=feature.record.source_bucket,
            source_file_path=feature.record.source_file_path,
        )
    assert "usage()" in caught.value.remedy


def test_an_empty_account(client):
    assert client.list_jobs().empty
    assert client.usage().empty
    assert list(client.usage().columns) == [
        *("kind", "name", "users", "tokens", "lines", "disk_bytes", "disk_share"),
        *("created_at", "id"),
    ]


def test_both_are_commands(named, filled, capsys):
    assert main(["jobs"]) == 0
    shown = capsys.readouterr().out
    assert "5 jobs" in shown
    assert filled.get_feature("러닝 shop").id in shown
    assert main(["usage", "--bucket", named.bucket]) == 0
    shown = capsys.readouterr().out
    assert "In all: " in shown
    assert "KiB on disk, less than 0.1% of the account's 5 TB" in shown
    first, *_ = [line for line in shown.splitlines() if line.startswith(("Feature", "Task"))]
    assert first.startswith("Feature")


def test_tables_of_an_empty_account(client, monkeypatch, capsys):
    account = Account(client._credentials, client._service_settings, None)
    monkeypatch.setattr(tables, "account_of", lambda options: account)
    assert main(["jobs"]) == 0
    assert main(["usage"]) == 0
    assert capsys.readouterr().out.count("no jobs") == 2


def test_mistakes_are_told_without_a_traceback(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["usage", "--profile", "team"]) == 2
    assert main(["jobs", "--profile", "team", "--bucket", "Not A Bucket"]) == 2
    shown = capsys.readouterr().err
    assert "team" in shown
    assert "cannot be a bucket" in shown
    assert "Traceback" not in shown
