"""``doctor --record``: real exchanges in a file, and nothing in it that names anybody."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import Response
from s3fs import S3FileSystem

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
    assert 0.5 < float(task["AUROC"]) <= 1
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


@pytest.mark.parametrize("bucket", ["shop", "status", "date", "features", "aaa", "message"])
def test_a_bucket_of_any_name_gets_its_record(bucket, client, tmp_path):
    storage = replace(client._storage_settings, bucket=bucket)
    account = Account(client._credentials, client._service_settings, storage)
    record = Record(tmp_path / "record.json")
    told = {"bucket_name": bucket, "message": f"Bucket {bucket}7 of features not found."}
    record._hear_service(_answer({"Date": "Sat, 28 Nov 2026 10:15:00 GMT"}, json.dumps(told)))
    place = f"https://kr.object.ncloudstorage.com/{bucket}/x?list-type=2&prefix={bucket}"
    record._hear_storage_request(PreparedRequest(place))
    assert record.write(account, client.service, None).level == "OK"
    text = (tmp_path / "record.json").read_text("utf-8")
    shaped = redaction.shape(bucket)
    assert f"/{shaped}/a?list-type=2&prefix={shaped}" in text
    assert bucket == shaped or f"{bucket}7" not in text


def test_buckets_and_jobs_called_like_words_of_a_record(named, client, sequences, tmp_path):
    client.create_feature("message", sequences)
    client.create_feature("2026", sequences.head(150))
    settings = client._storage_settings
    files = S3FileSystem(
        key=named.access_key,
        secret=named.secret_key,
        endpoint_url=settings.endpoint,
        client_kwargs={"region_name": settings.region},
    )
    for bucket in ("shop", "status", "date"):
        files.mkdir(bucket)
        path = tmp_path / f"{bucket}.json"
        assert main(["doctor", "--bucket", bucket, "--record", str(path)]) == 0
        exchanges = json.loads(path.read_text("utf-8"))["exchanges"]
        sent = [each for each in exchanges if each["to"] == "storage" and "target" in each]
        assert all(each["target"].startswith(f"/{redaction.shape(bucket)}") for each in sent)


class PreparedRequest:
    """What is sent, as far as a record hears it."""

    method = "GET"

    def __init__(self, url):
        self.url = url
        self.headers = {"Accept": "application/json"}


def _answer(headers, body):
    answer = Response()
    answer.status_code = 404
    answer.headers.update(headers)
    answer._content = body.encode()
    answer.request = PreparedRequest("https://nclue.apigw.ntruss.com/api/v1/features?limit=2")
    return answer


@pytest.mark.parametrize("name", ["kim", "vip intent", 'say "hi"', "Not found at Mapo", "러닝"])
@pytest.mark.parametrize("around", ["{}", "x{}y", "Feature {} failed", "/a/{}.csv"])
def test_names_are_searched_inside_longer_texts(name, around, client, tmp_path):
    account = Account(client._credentials, client._service_settings, client._storage_settings)
    for exchange in ({"body": [around.format(name)]}, {"headers": {around.format(name): "a"}}):
        record = Record(tmp_path / "record.json")
        record._remember(json.dumps({"tasks": [{"task_name": name}]}).encode())
        record._exchanges.append(exchange)
        finding = record.write(account, client.service, None)
        assert finding.level == "FAIL"
        assert name not in finding.said
    assert not (tmp_path / "record.json").exists()


def test_all_that_is_written_is_on_the_list_or_a_shape(recorded):
    record = json.loads(recorded[0])
    rest = [rest for _, rest in redaction.unlisted([record["exchanges"], record["results"]])]
    assert not re.findall(r"[^\W\d_]+", "".join(rest))


@given(st.text(max_size=60))
def test_a_shape_keeps_form_and_no_word(text):
    shaped = redaction.shape(text)
    assert len(shaped) == len(text)
    assert {letter for letter in shaped if letter.isalnum()} <= set("aA0x")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["name", "id", "status"]), inner)
    ),
    max_leaves=12,
)


@given(JSON)
def test_a_json_value_keeps_its_types(answer):
    def types(value):
        if isinstance(value, dict):
            return {name: types(inner) for name, inner in value.items()}
        return [types(inner) for inner in value] if isinstance(value, list) else type(value)

    assert types(redaction.value(answer)) == types(answer)


#: A word as names and secrets have them, of two letters that no shape has at the least.
SECRET = st.from_regex(r"[b-w]{2}[A-Za-z0-9]{2,12}|[가-힣]{2,6}", fullmatch=True).filter(
    lambda word: next(redaction.unlisted(word)) == (word, word)
)
BODIES = {
    "key": '{"%s": 1}',
    "deep key": '{"features": [{"feature_id": {"a": [{"%s": null}]}}]}',
    "key of listed words": '{"feature_%s": 1}',
    "state": '{"status": "%s"}',
    "code": '{"error": {"errorCode": "%s", "code": ["%s"]}}',
    "message": '{"message": "Feature %s, (%s) or a/%s: not-%s found_%s @%s.is"}',
    "page": '{"total": "%s", "AUROC": "0.%s"}',
    "after a time": '{"created_at": "2026-03-01T00:00:00%s"}',
    "zone": '{"created_at": "2026-03-01T00:00:00Z%s"}',
    "fail message": '{"fail_message": "COMMON_ERROR %s"}',
    "text": '"%s"',
    "element": "<?xml version='1.0'?><%s>1</%s>",
    "attribute": "<?xml version='1.0'?><Code name='%s' %s=\"1\">1</Code>",
    "comment": "<?xml version='1.0'?><!-- %s > %s --><Code><!--%s--></Code>",
    "section": "<?xml version='1.0'?><Code><![CDATA[%s]]></Code><Message><![CDATA[<%s>]]></Message>",
    "instruction": "<?xml version='1.0'?><?%s %s?><!DOCTYPE %s [<!ENTITY %s '%s'>]>",
    "declaration": "<?xml version='1.0' %s='%s'?><Error/>",
    "content": "<?xml version='1.0'?><Code>%s</Code><StorageClass>%s</StorageClass><a>%s</a>%s",
    "S3 message": "<?xml version='1.0'?><Message>The key %s of bucket %s is not found</Message>",
    "broken": "<?xml version='1.0'?><Code>%s<%s </Code %s",
    "html": "<html><head><title>%s</title></head><body class='%s'>502 %s<!-- %s --></body></html>",
    "plain": "Feature %s not found",
    "broken JSON": '{"status": "%s", "%s"',
}
HEADERS = {
    **dict.fromkeys(
        [
            "Content-Type",
            "Server",
            "Date",
            "Retry-After",
            "Content-Length",
            "Cache-Control",
            "Vary",
            "Connection",
            "Keep-Alive",
            "Accept-Ranges",
            "x-amz-bucket-region",
            "x-amz-content-sha256",
            "ETag",
            "Location",
            "Set-Cookie",
            "x-ncp-apigw-error-code",
            "x-ncp-apigw-error-message",
            "Authorization",
            "x-unknown",
            "Via",
        ],
        "%s",
    ),
    "content-type": "text/html; charset=%s",
    "server": "nginx/%s (%s)",
    "x-ncp-apigw-error-message": "Permission Denied: %s of %s",
    "date": "Sat, 28 %s 2026 10:15:00 GMT",
    "x-amz-meta-%s": "1",
}


@given(SECRET, st.sampled_from(sorted(BODIES)), st.sampled_from(["application/xml", "", "a/json"]))
def test_a_word_in_any_place_of_a_body_stays_out(word, place, content_type):
    shown = redaction.body(BODIES[place].replace("%s", word).encode(), content_type)
    assert word not in json.dumps(shown, ensure_ascii=False)


@given(SECRET, st.sampled_from(sorted(HEADERS)))
def test_a_word_in_any_header_stays_out(word, name):
    shown = redaction.headers({name.replace("%s", word): HEADERS[name].replace("%s", word)})
    assert word not in str(shown)


@given(SECRET)
def test_a_word_in_a_target_stays_out(word):
    place = f"https://{word}/api/v1/{word}/features?{word}=1&limit={word}&name={word}&{word}#{word}"
    assert word not in redaction.target(place)
    assert "features" not in redaction.target(place, segments=frozenset())


@given(JSON, SECRET)
def test_a_word_in_any_json_stays_out(answer, word):
    def planted(inner):
        if isinstance(inner, dict):
            return {**{name: planted(each) for name, each in inner.items()}, word: word}
        return [*(planted(each) for each in inner), word] if isinstance(inner, list) else word

    shown = redaction.body(json.dumps(planted(answer)).encode(), "application/json")
    assert word not in json.dumps(shown, ensure_ascii=False)


def test_what_tells_about_the_service_stays():
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Date": "Sat, 28 Nov 2026 10:15:00 GMT",
        "Content-Length": "512",
        "x-ncp-apigw-error-code": "210",
        "x-ncp-apigw-error-message": "Permission Denied",
        "Keep-Alive": "timeout=5",
    }
    assert redaction.headers(headers) == {**headers, "Keep-Alive": "timeout=0"}
    said = {"error": {"errorCode": "210", "message": "Permission Denied", "details": "x"}}
    assert redaction.value(said) == {"error": {**said["error"], "details": "a"}}
    assert redaction.value({"code": 10124, "status": 404}) == {"code": 10124, "status": 404}
    assert redaction.value({"code": "NAME_TOO_LONG"}) == {"code": "NAME_TOO_LONG"}
    assert redaction.value({"code": 1012345678, "total": 1012345678}) == {
        "code": 1_000_000_000,
        "total": 1_000_000_000,
    }


def test_a_long_broken_tag_is_read_in_no_time():
    started = time.process_time()
    redaction.body(b"<" + b"a" * 200_000 + b"<b " * 50_000, "application/xml")
    assert time.process_time() - started < 5


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
