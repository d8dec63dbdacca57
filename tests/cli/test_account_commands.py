"""The command line: the demo, its errors, the jobs table, the sandbox for other processes."""

from __future__ import annotations

import os
import pickle
import re
import signal
import subprocess
import sys

import pandas as pd
import pytest
import requests

import nclue_pandas as nclue
from nclue_pandas.__main__ import main
from nclue_pandas.demo import make_log


def test_the_demo_runs_the_main_job(capsys):
    assert main(["demo"]) == 0
    shown = capsys.readouterr().out
    for number in range(1, 10):
        assert f"[{number}]" in shown
    assert "AUROC" in shown
    assert "s3://nclue-sandbox/nclue/results/" in shown


@pytest.fixture
def own_log(tmp_path):
    log = make_log(users=700, seed=3)
    csv, parquet = tmp_path / "log.csv", tmp_path / "log.parquet"
    log.to_csv(csv, index=False)
    log.to_parquet(parquet)
    return csv, parquet


ARGUMENTS = {
    "--user": "customer_id",
    "--time": "ts",
    "--behavior": "item",
    "--cutoff": "2026-05-25",
    "--horizon": "30D",
    "--positive": "차|tea",
}


def arguments(path, **changes):
    chosen = ARGUMENTS | {f"--{name}": value for name, value in changes.items()}
    return ["demo", "--events", str(path), *(a for pair in chosen.items() for a in pair if a)]


@pytest.mark.parametrize("form", [0, 1], ids=["csv", "parquet"])
def test_the_demo_runs_on_own_data(own_log, form, capsys):
    assert main(arguments(own_log[form], name=f"own {form}")) == 0
    assert "700" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"user": "custmer_id"}, "Did you mean 'customer_id'"),
        ({"behavior": "thing"}, "'item'"),
        ({"cutoff": "soon"}, "'soon' cannot be read as a time"),
        ({"horizon": "900D"}, "--observed-until"),
        ({"horizon": "30"}, "--horizon '30' is no duration"),
        ({"cutoff": "2020-01-01"}, "no rows"),
        ({"positive": "(("}, "--positive '((' is no regular expression"),
        ({"positive": "nobody buys this"}, "0 users have the label 1"),
        ({"timezone": "Mars"}, "'Asia/Seoul'"),
        ({"cutoff": "2026-05-25T00:00+09:00"}, "example --timezone 'Asia/Seoul'"),
    ],
)
def test_mistakes_are_told_without_a_traceback(own_log, changes, says, capsys):
    assert main(arguments(own_log[0], **changes)) == 2
    shown = capsys.readouterr()
    assert says in shown.err
    assert "Traceback" not in shown.err
    assert "[5] feature" not in shown.out, "no job is made, for jobs are billed"


def test_ids_of_a_csv_file_are_taken_as_written(tmp_path, capsys):
    log = make_log(users=700, seed=3)
    log["customer_id"] = log["customer_id"].str.removeprefix("C").replace("00007", "NA")
    log.to_csv(tmp_path / "log.csv", index=False)
    assert main(arguments(tmp_path / "log.csv", name="zeros")) == 0
    shown = capsys.readouterr().out
    assert re.search(r" 00\d{3}  ", shown)
    assert "dropped" not in shown


def test_the_demo_writes_its_scores_and_a_page(own_log, tmp_path, capsys):
    out, page = tmp_path / "scores.parquet", tmp_path / "page.html"
    assert main([*arguments(own_log[0], name="written"), f"--out={out}", f"--report={page}"]) == 0
    shown = capsys.readouterr().out
    scores = pd.read_parquet(out)
    assert f"{len(scores):,} scores" in shown
    auroc = re.search(r"AUROC +(0\.\d+) \(95", shown)[1]
    assert auroc in page.read_text("utf-8")


def test_the_demo_tells_of_personal_data_where_it_is_not_to_be_masked(tmp_path, capsys):
    log = make_log(users=300, seed=3)
    log.loc[7, "item"] = "write to someone@example.com"
    log.to_csv(tmp_path / "log.csv", index=False)
    told = arguments(tmp_path / "log.csv", name="raised")
    assert main([*told, "--personal-data", "raise"]) == 2
    assert "--personal-data 'mask'" in capsys.readouterr().err
    wrong = tmp_path / "nowhere" / "scores.csv"
    assert main([*told, f"--out={wrong}"]) == 2
    shown = capsys.readouterr()
    assert "there is no directory" in shown.err
    assert "[5] feature" not in shown.out


def test_the_log_was_observed_longer_than_its_last_event(own_log, capsys):
    changes = {"horizon": "60D", "observed-until": "2026-08-01", "name": "observed"}
    assert main(arguments(own_log[1], **changes)) == 0


def test_missing_arguments_and_files(own_log, tmp_path, capsys):
    assert main(["demo", "--events", str(own_log[0])]) == 2
    assert "--user, --time, --behavior, --cutoff, --horizon" in capsys.readouterr().err
    assert main(["demo", "--events", str(tmp_path / "none.csv")]) == 2
    assert "no file" in capsys.readouterr().err
    broken = tmp_path / "broken.parquet"
    broken.write_text("no parquet")
    assert main(arguments(broken)) == 2
    assert re.search("broken.parquet.*cannot be read.*not a parquet file", capsys.readouterr().err)


def test_the_demo_log_repeats_with_its_seed():
    pd.testing.assert_frame_equal(make_log(users=50, seed=2), make_log(users=50, seed=2))
    assert not make_log(users=50, seed=2).equals(make_log(users=50, seed=3))
    with pytest.raises(ValueError, match="at least one"):
        make_log(users=0)


@pytest.fixture(scope="module")
def served():
    """The environment that a sandbox of another process prints."""
    command = [sys.executable, "-m", "nclue_pandas", "sandbox", "--no-rate-limit", "--seed", "4"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        environment = {}
        for line in process.stdout:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                environment[name] = value
            if "SECRET" in line:
                break
        yield environment
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_another_process_is_reached_through_the_environment(served, monkeypatch, capsys):
    for name, value in served.items():
        monkeypatch.setenv(name, value)
    with nclue.connect() as client:
        frame = pd.DataFrame({"user_id": ["a", "b"], "sequence": ["tea", "jam"]})
        feature = frame.nclue.create_feature("from outside").wait()
        assert feature.record.user_count == 2
        assert client.ref.bucket == served["NCLUE_BUCKET"]
    assert main(["jobs"]) == 0
    assert "from outside" in capsys.readouterr().out


def test_a_handle_finds_its_client_in_another_process(served, monkeypatch, tmp_path):
    for name, value in served.items():
        monkeypatch.setenv(name, value)
    with nclue.connect():
        frame = pd.DataFrame({"user_id": ["a", "b"], "sequence": ["tea", "cake"]})
        feature = frame.nclue.create_feature("to be pickled")
    pickled = pickle.dumps(feature)
    assert served["NCLOUD_SECRET_ACCESS_KEY"].encode() not in pickled
    assert served["NCLOUD_ACCESS_KEY_ID"].encode() not in pickled
    (tmp_path / "handle").write_bytes(pickled)
    code = (
        "import pickle, sys; h = pickle.load(open(sys.argv[1], 'rb')); "
        "print(h.wait().record.user_count, h.client)"
    )

    def run(**changes):
        command = [sys.executable, "-c", code, str(tmp_path / "handle")]
        environment = {**os.environ, **changes, "HOME": str(tmp_path)}
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    assert run().stdout.startswith("2 <Client of account")
    lost = run(NCLOUD_ACCESS_KEY_ID="", NCLOUD_SECRET_ACCESS_KEY="")
    assert "ClientNotFoundError" in lost.stderr
    assert "connect" in lost.stderr
    other = run(NCLOUD_ACCESS_KEY_ID="another")
    assert "keys of this process are of account" in other.stderr
    for told in (lost.stderr, other.stderr):
        assert "ended with its process" in told
        assert "`python -m nclue_pandas sandbox` outlives" in told


def test_the_controls_of_a_sandbox_are_open_over_http(served):
    base = served["NCLUE_API_URL"].removesuffix("/api/v1")
    settings = requests.post(f"{base}/_sandbox/settings", json={"finished": "complete"}, timeout=10)
    assert settings.json()["finished"] == "complete"
    wrong = requests.post(f"{base}/_sandbox/settings", json={"finished": "done"}, timeout=10)
    assert wrong.status_code == 400
    fault = {"name": "error_503", "operation": "list_tasks"}
    assert requests.post(f"{base}/_sandbox/faults", json=fault, timeout=10).ok
    assert (
        requests.post(f"{base}/_sandbox/faults", json={"name": "x"}, timeout=10).status_code == 400
    )
    assert requests.get(f"{base}/api/v1/features", timeout=10).status_code == 401
    arrived = requests.get(f"{base}/_sandbox/requests", timeout=10).json()
    assert (arrived[-1]["operation"], arrived[-1]["status"]) == ("list_features", 401)
    assert requests.get(f"{base}/_sandbox/other", timeout=10).status_code == 404


def test_a_foreign_host_header_is_refused(served):
    answer = requests.get(
        f"{served['NCLUE_API_URL']}/openapi.json", headers={"Host": "evil.example"}, timeout=10
    )
    assert answer.status_code == 403


def test_a_port_in_use_is_told(served, capsys):
    from nclue_pandas.sandbox.__main__ import main as serve

    port = served["NCLUE_API_URL"].split(":")[2].split("/")[0]
    assert serve(["--port", port]) == 1
    assert "another port" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        *(("--port", port) for port in ("-5", "99999", "http")),
        *(("--storage-port", port) for port in ("-1", "65536")),
        *(("--job-seconds", seconds) for seconds in ("-1", "nan")),
    ],
    ids=" ".join,
)
def test_an_impossible_sandbox_is_told(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["sandbox", *arguments])
    assert ended.value.code == 2
    assert arguments[1] in capsys.readouterr().err


def test_jobs_without_keys(monkeypatch, tmp_path, capsys):
    for name in list(os.environ):
        if name.startswith(("NCLOUD_", "NCLUE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["jobs"]) == 2
    assert "NCLOUD_ACCESS_KEY_ID" in capsys.readouterr().err
