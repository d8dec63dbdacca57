"""Whatever bytes come: answers, errors, results, configurations are read or refused as documented.

``make test`` tries a small share; ``make verify`` more than 100,000 inputs, and counts them.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from functools import partial

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nclue_pandas import errors
from nclue_pandas.credentials import read_configure
from nclue_pandas.errors import codes
from nclue_pandas.service.paging import iterate
from nclue_pandas.service.records import (
    CustomAttributesRecord,
    FeatureRecord,
    Fields,
    Page,
    RunRecord,
    ShoppingIntentRecord,
    TaskRecord,
    parse_timestamp,
)
from nclue_pandas.service.refusals import read_error
from nclue_pandas.storage.bucket import ObjectInfo
from nclue_pandas.storage.result_lines import read_tsv
from nclue_pandas.storage.results import find_result, iter_result, read_result

pytestmark = pytest.mark.property

RECORDS = {
    "features": FeatureRecord,
    "tasks": TaskRecord,
    "runs": RunRecord,
    "profiles": ShoppingIntentRecord,
    "custom": CustomAttributesRecord,
}
NAMES = [
    *("feature_id", "task_id", "run_id", "profile_id", "feature_name", "status", "AUROC"),
    *("created_at", "completed_at", "fail_message", "user_count", "line_count", "disk_usage"),
    *("keyword_set", "result_bucket", "result_file_path", "index", "limit", "total"),
    *("error", "errorCode", "code", "message", "responseError", "returnCode", "details"),
    *RECORDS,
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -1, 2**63, 10102, 429])
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["completed", "2026-01-01T00:00:00Z", "0.5", "1_0", "NaN", "\ud800", "a" * 300]
    )
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)
ANSWERS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8)
#: Pieces of which text that is nearly right is made.
PIECES = {
    "json": ['{"', '":', "[", "]", "}", '"error"', '"code": 1', "\\u", "null", "1e999", "é", "<b>"],
    "tsv": [
        "user_id",
        "\t",
        "\n",
        "\r\n",
        "0.5",
        "nan",
        '"',
        "\ufeff",
        "u1",
        "1e400",
        "score",
        " ",
    ],
    "file": [
        "[",
        "]",
        "=",
        "#",
        "ncloud_access_key_id",
        "DEFAULT",
        "\n",
        "%",
        "\u2028",
        "\x00",
        " ",
    ],
    "time": [
        "2026",
        "-",
        "01",
        "T",
        ":",
        "00",
        "Z",
        "+09:00",
        ".",
        "123456789",
        "0001",
        "9999",
        " ",
    ],
}


def text_of(kind):
    """Text of pieces that the parser knows, and of others."""
    return st.lists(st.sampled_from(PIECES[kind]) | st.text(max_size=4), max_size=25).map("".join)


def bytes_of(kind):
    """Bytes of such text, and any others."""
    encoded = text_of(kind).map(lambda text: text.encode("utf-8", "surrogatepass"))
    return encoded | st.binary(max_size=60)


class Stored:
    """A bucket that holds one object, in memory."""

    name = "bucket"

    def __init__(self, body):
        self.body = body

    def head(self, key):
        return ObjectInfo(key, len(self.body)) if key == "a.tsv" else None

    def get(self, key, start=None, end=None):
        return self.body[start:end]

    def get_state(self, key, start, end):
        return self.body[start:end], "etag"

    def list(self, prefix):
        return iter([ObjectInfo("a.tsv", len(self.body))] if "a.tsv".startswith(prefix) else [])


def shown(read, answer):
    """Return what a record or a page shows of itself, or nothing where the answer is none."""
    try:
        return repr(read(answer))
    except errors.InvalidAnswerError:
        return ""


def decode(answer):
    """Read an answer as every record and page; return how many can be read."""
    records = [record.read for record in RECORDS.values()]
    pages = [partial(Page.read, array=array, record=each) for array, each in RECORDS.items()]
    return sum(bool(shown(read, answer)) for read in records + pages)


def error_body(body):
    """Read the body of a refusal; its text can be shown."""
    said = read_error(body, {"x-ncp-apigw-error-code": body[:9].decode("latin-1")})
    assert said.code is None or isinstance(said.code, int)
    assert len(said.message) <= 301
    assert said.message.isprintable()
    return codes.CODED.get(said.code) is not None


def whole(read, body):
    """Read a result, or return None where it is none."""
    try:
        return read(body)
    except errors.ResultFormatError:
        return None


def in_blocks(body):
    """Read a result some bytes at a time; a header alone has no rows to give."""
    frames = list(iter_result(Stored(body), "a.tsv", block_bytes=16))
    return pd.concat(frames, ignore_index=True) if frames else None


def result(body):
    """Read a result whole, in blocks, and as a profile: a frame, or refused."""
    readers = (lambda body: read_result(Stored(body), "a.tsv"), in_blocks, read_tsv)
    frames = [frame for frame in (whole(read, body) for read in readers) if frame is not None]
    assert all(frame.columns.is_unique for frame in frames)
    return len(frames)


def path(text):
    """Look for a result at any path."""
    try:
        return find_result(Stored(b""), text, sleep=lambda _: None).key == "a.tsv"
    except errors.ResultNotFoundError:
        return False


def configuration(text):
    """Read any text as a configuration file: texts by name by section."""
    sections = read_configure(text)
    for values in sections.values():
        for name, value in values.items():
            assert name == name.strip()
            assert value == value.strip()
    return len(sections)


def timestamp(text):
    """Read a timestamp, or refuse it; as a field it is then absent."""
    try:
        moment = parse_timestamp(text)
    except ValueError:
        moment = None
    assert Fields({"at": text}).moment("at") == moment
    return moment is not None


def walk(pages):
    """Walk through a list whose pages are anything: it ends."""
    asked = []

    def list_page(*, index=0, limit=20):
        asked.append(index)
        ids = pages[index % len(pages)] if pages else []
        items = tuple(FeatureRecord(id=each, name=None) for each in ids)
        return Page(items, index, limit, len(ids))

    ids = [record.id for record in iterate(list_page, limit=3)]
    assert len(ids) == len(set(ids))
    return len(asked) > 2


#: Right ones, the first and last of all among them, some with a zone.
MOMENTS = st.builds(
    lambda moment, zone: moment.isoformat() + zone,
    st.datetimes(),
    st.sampled_from(["", "Z", "+09:00", "+0900", "-12:00", "+25:00"]),
)
PAGES = st.lists(st.lists(st.sampled_from("abcdefghij"), max_size=4), max_size=6)
#: What is fuzzed: the function that must hold, its inputs, its share of the inputs.
TARGETS = {
    "answers": (decode, ANSWERS | VALUES, 20),
    "error bodies": (
        error_body,
        bytes_of("json") | VALUES.map(lambda v: json.dumps(v).encode()),
        25,
    ),
    "results": (result, bytes_of("tsv"), 10),
    "result paths": (path, st.none() | st.text(max_size=12) | st.just("a.tsv"), 10),
    "configuration": (configuration, text_of("file"), 20),
    "timestamps": (timestamp, text_of("time") | MOMENTS, 20),
    "pages": (walk, PAGES, 5),
}
#: Inputs of one share: in all 110 of them.
FEW, MANY = 4, 1_000


def fuzz(target, examples, seed=None):
    """Try inputs; return how many there were, and how many were read as something."""
    hold, inputs, share = TARGETS[target]
    count = Counter()

    @settings(
        max_examples=examples * share,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=seed is None,
    )
    @given(inputs)
    def holds(value):
        count["inputs"] += 1
        count["read"] += bool(hold(value))

    holds()
    return count


@pytest.mark.parametrize("target", TARGETS)
def test_a_few_inputs_of_every_kind(target):
    assert fuzz(target, FEW)["inputs"] >= FEW


@pytest.mark.slow
def test_a_hundred_thousand_inputs():
    total = Counter()
    for target in TARGETS:
        started = time.perf_counter()
        count = fuzz(target, MANY, seed=0)
        seconds = time.perf_counter() - started
        print(f"{target:14} {count['inputs']:7,} inputs, {count['read']:7,} read, {seconds:5.1f} s")
        assert count["read"], "nothing was ever read: the inputs are too far off"
        total += count
    print(f"{'in all':14} {total['inputs']:7,} inputs")
    assert total["inputs"] >= 100_000
