"""``doctor --record``: real exchanges in a file, and nothing in it that names anybody."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nclue_pandas.cli import main, redaction
from nclue_pandas.cli.account import Account
from nclue_pandas.cli.record import Record

NAMES = {
    "feature": "Mapo branch 러닝 customers",
    "task": "churned-premium",
    "intent": "vip intent",
    "attributes": "marathon people",
}


@pytest.fixture
def recorded(named, client, sequences, answers, tmp_path, capsys):
    """The record of an account with a job of every kind, as text, and what it was made of."""
    feature = client.create_feature(NAMES["feature"], sequences)
    task = client.create_task(NAMES["task"], feature, answers)
    run = client.create_run(task, feature).wait()
    intent = client.create_shopping_intent(NAMES["intent"], task).wait()
    attributes = client.create_custom_attributes(NAMES["attributes"], feature, ["tea", "커피"])
    attributes.wait()
    named.configure(error_body="code_message", timestamps="compact")
    path = tmp_path / "record.json"
    assert main(["doctor", "--record", str(path)]) == 0
    assert "Look through it" in capsys.readouterr().out
    return path.read_text("utf-8"), (feature, task, run, intent, attributes)


def test_nothing_in_it_names_anybody(recorded, sandbox, client, sequences):
    text, jobs = recorded
    secret = {sandbox.access_key, sandbox.secret_key, sandbox.bucket, client.ref.account}
    secret |= {job.id for job in jobs} | {job.name for job in jobs} | set(NAMES.values())
    secret |= {job.record.result_file_path for job in jobs if hasattr(job.record, "result_bucket")}
    secret |= {"Mapo", "러닝", "커피", "marathon", "churned", "premium"}
    assert not [each for each in secret if each in text]
    assert not [user for user in sequences["user_id"] if f'"{user}\\t' in text]
    exchanges = json.loads(text)["exchanges"]
    for exchange in exchanges:
        sent = {name.lower(): value for name, value in exchange.get("sent_headers", {}).items()}
        for name in ("authorization", "x-ncp-iam-access-key", "x-ncp-apigw-signature-v2"):
            assert sent.get(name, "(redacted)") == "(redacted)"


def test_it_settles_what_is_undocumented(recorded):
    record = json.loads(recorded[0])
    service = [each for each in record["exchanges"] if each["to"] == "service"]
    storage = [each for each in record["exchanges"] if each["to"] == "storage"]
    targets = [each["target"] for each in service]
    assert "/api/v1/features?index=1&limit=2" in targets
    feature = next(each["body"]["features"][0] for each in service if "features" in each["body"])
    assert feature["status"] == "completed"
    assert feature["created_at"] == "0000-00-00A00:00:00+0900"
    assert (feature["user_count"], feature["fail_message"]) == (100, None)
    task = next(each["body"] for each in service if "AUROC" in each["body"])
    assert 0.5 < task["AUROC"] <= 1
    refused = {each["body"]["code"] for each in service if each["status"] != 200}
    assert {"10124", "10133"} <= refused
    assert {each["method"] for each in storage if "method" in each} == {
        *("GET", "PUT", "HEAD", "DELETE")
    }
    listed = next(each["body"] for each in storage if "ListBucketResult" in str(each.get("body")))
    assert "<IsTruncated>" in listed
    results = {each["result of"]: each for each in record["results"]}
    assert set(results) == {"run", "custom_attributes"}
    assert results["run"]["first lines"][0].count("\t") == 1


def test_where_it_is_written(sandbox, monkeypatch, tmp_path, capsys):
    taken = tmp_path / "taken.json"
    taken.write_text("mine", "utf-8")
    assert main(["doctor", "--record", str(taken)]) == 2
    assert "exists" in capsys.readouterr().err
    assert taken.read_text("utf-8") == "mine"
    assert main(["doctor", "--record", str(tmp_path / "none" / "r.json")]) == 2
    assert "no directory" in capsys.readouterr().err
    assert Record.at(str(tmp_path))._path.name.startswith("nclue-record-")


def test_a_record_that_would_leak_is_not_written(client, tmp_path):
    account = Account(client._credentials, client._service_settings, client._storage_settings)
    record = Record(tmp_path / "record.json")
    record._exchanges.append({"target": f"/{client.ref.bucket}/x"})
    finding = record.write(account, client.service, None)
    assert finding.level == "FAIL"
    assert client.ref.bucket not in finding.said
    assert not (tmp_path / "record.json").exists()
    assert Record(tmp_path / "r.json").write(account, client.service, None).level == "OK"


@given(st.text(max_size=60))
def test_a_shape_keeps_form_and_no_word(text):
    shaped = redaction.shape(text)
    assert len(shaped) == len(text)
    assert {letter for letter in shaped if letter.isalnum()} <= set("aA0x")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["name", "id", "x"]), inner),
    max_leaves=12,
)


@given(JSON)
def test_a_json_value_keeps_its_types(answer):
    def types(value):
        if isinstance(value, dict):
            return {name: types(inner) for name, inner in value.items()}
        return [types(inner) for inner in value] if isinstance(value, list) else type(value)

    assert types(redaction.value(answer)) == types(answer)


def test_other_bodies():
    assert redaction.body(b"user_7\t0.25\nu8\t0.5\n", "text/plain") == [
        "aaaa_0\t0.00\n",
        "a0\t0.0\n",
    ]
    xml = b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code><Key>my/key.csv</Key></Error>"
    shown = redaction.body(xml, "application/xml")
    assert "<Code>NoSuchKey</Code>" in shown
    assert "<Key>aa/aaa.aaa</Key>" in shown
    said = redaction.value({"message": "Feature shop-7 not found.", "status": "done by kim"})
    assert said == {"message": "Feature aaaa-0 not found.", "status": "aaaa aa aaa"}
    failed = redaction.value({"fail_message": "DUPLICATE_USERID of kim"})["fail_message"]
    assert failed.startswith("DUPLICATE_USERID: ")
    assert "kim" not in failed
