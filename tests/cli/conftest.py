"""A log, settings for it, and a sandbox that the environment names."""

from __future__ import annotations

import json

import pytest

from nclue_pandas.cli import account, main
from nclue_pandas.demo import make_log

SETTINGS = {
    "name": "tea-30d",
    "log": "log.parquet",
    "user": "customer_id",
    "time": "ts",
    "behavior": "item",
    "cutoff": "-30D",
    "horizon": "30D",
    "positive": "차|tea",
    "observed_until": "0D",
}


@pytest.fixture(autouse=True)
def _asked_again_at_once(no_pauses):
    pass


@pytest.fixture
def named_by_environment(sandbox, monkeypatch):
    """The sandbox as another process would find it, without its pace."""
    for name, value in {
        "NCLUE_API_URL": sandbox.api_url,
        "NCLUE_STORAGE_ENDPOINT": sandbox.endpoint,
        "NCLUE_STORAGE_REGION": sandbox.region,
        "NCLUE_BUCKET": sandbox.bucket,
        "NCLOUD_ACCESS_KEY_ID": sandbox.access_key,
        "NCLOUD_SECRET_ACCESS_KEY": sandbox.secret_key,
    }.items():
        monkeypatch.setenv(name, value)
    from_environment = account.ServiceSettings.from_environment
    unpaced = staticmethod(
        lambda **changes: from_environment(**changes | {"requests_per_second": None})
    )
    monkeypatch.setattr(account.ServiceSettings, "from_environment", unpaced)
    return sandbox


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A directory with a log that the script works in, and a place of its own for locks."""
    make_log(users=700, seed=3).to_parquet(tmp_path / "log.parquet")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def settings(folder):
    """Write settings; a change to None takes one out."""

    def write(path="settings.toml", **changes):
        chosen = {key: value for key, value in (SETTINGS | changes).items() if value is not None}
        lines = [
            f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in chosen.items()
        ]
        (folder / path).write_text("\n".join(lines), "utf-8")
        return path

    write()
    return write


@pytest.fixture
def predict(named_by_environment, settings, capsys):
    """Run the command on the settings; return its status and what it said."""

    def run(*arguments, day="2026-06-24"):
        status = main(["predict", "settings.toml", "--as-of", day, *arguments])
        return status, capsys.readouterr()

    return run
