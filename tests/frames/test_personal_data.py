"""Personal data are found and masked; prices, dates and codes are let through."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.frames.personal_data import find, mask

PERSONAL = [
    "010-1234-5678",
    "01012345678",
    "010 1234 5678",
    "+82 10-1234-5678",
    "011-234-5678",
    "kim.lee+shop@example.co.kr",
    "900101-1234568",
    "9001011234568",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "378282246310005",
    "11-12-345678-90",
    "M12345678",
]
HARMLESS = [
    "12,900 won",
    "2026-01-02 12:30",
    "order 20260102-000123",
    "4111 1111 1111 1112",
    "AB-1234-5678",
    "8801234567893",
    "size 010",
    "user@home",
    "990231-1234567",
    "v1.2.3",
    "10-20 pieces",
    "model M1234",
]


@pytest.mark.parametrize("value", PERSONAL)
@pytest.mark.parametrize("around", ["{}", "call {} now", "전화 {}", "({})", "tea->{}->milk"])
def test_found_and_masked(value, around):
    texts = pa.array(["tea", around.format(value), None])
    found = find(texts)
    assert {int(row) for _, rows in found for row in rows} == {1}
    masked = mask(texts)
    assert find(masked) == []
    assert value not in masked[1].as_py()
    assert "***" in masked[1].as_py()
    assert masked[0].as_py() == "tea"


@pytest.mark.parametrize("value", HARMLESS)
def test_let_through(value):
    texts = pa.array([value, f"tea->{value}"])
    assert find(texts) == []
    assert mask(texts).to_pylist() == texts.to_pylist()


def log():
    return pd.DataFrame(
        {
            "user": ["a", "b"],
            "ts": pd.to_datetime(["2026-01-01"] * 2),
            "what": ["tea", "mail kim@example.com"],
        }
    )


def test_a_log_with_personal_data_is_refused_or_masked():
    columns = {"user": "user", "time": "ts", "behavior": "what"}
    with pytest.raises(errors.PersonalDataError, match="(?i)e-mail") as caught:
        log().nclue.to_sequences(**columns)
    assert "kim" not in str(caught.value)
    assert caught.value.rows["user"].tolist() == ["b"]
    masked = log().nclue.to_sequences(**columns, personal_data="mask")
    assert "mail ***" in masked["sequence"].tolist()
    assert masked.nclue.report().behaviors_masked == 1


def test_personal_ids_lead_to_pseudonyms():
    phones = log().assign(user=["010-1234-5678", "010-1234-5679"])
    with pytest.raises(errors.PersonalDataError, match="pseudonymize") as caught:
        phones.nclue.to_sequences(user="user", time="ts", behavior="what", personal_data="mask")
    assert "1234" not in str(caught.value)


def kinds(text):
    return [kind for kind, _ in find(pa.array([text]))]


@pytest.mark.parametrize(
    ("text", "is_number"),
    [
        ("010101-3234567", True),
        ("010101-3234568", False),  # not its check digit
        ("990101-3234569", False),  # in 2099
        ("000229-7234566", True),  # a foreigner of 2000, a leap year
        ("000229-1234568", False),  # 1900 was none
        ("010229-7234563", False),
        ("990231-1234567, 900101-1234568", True),
        ("201005-3000000", True),  # given out without a check digit
        ("201004-3000000", False),
        ("8801011234567", False),  # a Korean barcode with its check digit
    ],
)
def test_birth_dates_of_registration_numbers(text, is_number):
    assert kinds(text) == ["resident registration number"] * is_number


def test_the_second_number_of_a_text_counts_too():
    text = "4111 1111 1111 1112 and 4111 1111 1111 1111"
    assert kinds(text) == ["card number"]
    assert mask(pa.array([text])).to_pylist() == ["4111 1111 1111 1112 and ***"]


def test_a_key_of_exactly_sixteen_bytes():
    frame = pd.DataFrame({"user_id": ["a"]})
    assert len(nclue.pseudonymize(frame, b"k" * 16)) == 1
    with pytest.raises(errors.ConfigurationError, match="15 bytes"):
        nclue.pseudonymize(frame, b"k" * 15)


@pytest.mark.parametrize("gap", ["\t" * 12, "->\n" * 6, "\u2028" * 9])
def test_found_where_cleaning_brings_the_digits_together(gap):
    text = f"card {gap.join(['4111', '1111', '1111', '1111'])}"
    log = pd.DataFrame({"u": ["a", "b"], "t": 1, "b": [text, "tea"]})
    columns = {"user": "u", "time": "t", "behavior": "b"}
    with pytest.raises(errors.PersonalDataError, match="card number") as caught:
        log.nclue.to_sequences(**columns)
    assert caught.value.problems[0].rows == (0,)
    masked = log.nclue.to_sequences(**columns, personal_data="mask")
    assert sorted(masked["sequence"]) == ["card ***", "tea"]
    assert not [p for p in masked.nclue.check().problems if p.code == "personal_data"]


def test_gaps_of_any_width_and_kind_are_found():
    wide = pd.DataFrame({"user_id": ["a"], "sequence": [f"call 010{' ' * 200}1234ㅡㅡ5678"]})
    assert [problem.code for problem in wide.nclue.check().problems] == ["personal_data"]


@pytest.mark.parametrize(
    ("users", "texts", "code"),
    [
        ([1012345678, 2], ["tea", "tea"], "mobile_id_without_zero"),
        (["1012345678", "b"], ["tea", "tea"], "mobile_id_without_zero"),
        (["a", "b"], ["call 1012345678", "tea"], "mobile_number_without_zero"),
        (["a", "b"], ["tea->10-1234-5678->milk", "tea"], "mobile_number_without_zero"),
    ],
)
def test_a_mobile_number_without_its_zero_is_a_doubt(users, texts, code):
    found = pd.DataFrame({"user_id": users, "sequence": texts}).nclue.check()
    assert found.ok
    assert [w.rows for w in found.warnings if w.code == code] == [(0,)]


@pytest.mark.parametrize("number", [1112345678, 999999999, 10123456789, 1_700_000_000])
def test_other_whole_numbers_are_no_doubt(number):
    found = pd.DataFrame({"user_id": [number], "sequence": [f"order {number}"]}).nclue.check()
    assert found.ok
    assert [w.code for w in found.warnings if "mobile" in w.code] == []


MEMBERS = {"member number": r"KR-?[0-9]{8}"}


@pytest.mark.parametrize("texts", [["points of KR-12345678", "tea"], ["KR12345678, KR-00000000"]])
def test_further_patterns_are_raised_or_masked(texts):
    log = pd.DataFrame({"u": range(len(texts)), "t": 1, "b": texts})
    columns = {"user": "u", "time": "t", "behavior": "b"}
    with pytest.raises(errors.PersonalDataError, match="member number") as caught:
        log.nclue.to_sequences(**columns, personal_data=nclue.PersonalData(patterns=MEMBERS))
    assert caught.value.problems[0].rows == (0,)
    masked = log.nclue.to_sequences(**columns, personal_data=nclue.PersonalData("mask", MEMBERS))
    assert not masked["sequence"].str.contains("KR").any()
    assert masked.nclue.report().behaviors_masked == 1
    assert log.nclue.to_sequences(**columns)["sequence"].str.contains("KR").any()


def test_further_patterns_are_looked_for_in_ids_too():
    further = nclue.PersonalData("mask", {"short number": "[0-9]{6}"})
    log = pd.DataFrame({"u": [123456, 7], "t": 1, "b": "tea", "y": [0, 1]})
    with pytest.raises(errors.PersonalDataError, match="short number"):
        log.nclue.to_sequences(user="u", time="t", behavior="b", personal_data=further)
    with pytest.raises(errors.PersonalDataError, match="short number"):
        log.nclue.to_answers(user="u", label="y", personal_data=further)
    with pytest.raises(errors.PersonalDataError, match="short number"):
        log.nclue.to_answers(
            user="u",
            time="t",
            cutoff=2,
            horizon=1,
            positive=log["b"] == "tea",
            observed_until=9,
            personal_data=further,
        )


@pytest.mark.parametrize(
    ("patterns", "told"),
    [
        ({"a": "["}, "no regular expression"),
        ({"a": "(?=x)"}, "no regular expression"),
        ({"a": "x*"}, "empty text"),
        ({"a": r"\*+"}, "the mask"),
        ({"a": 1}, "no text"),
        (["x"], "mapping"),
    ],
)
def test_patterns_that_cannot_be_used_are_refused(patterns, told):
    with pytest.raises(errors.ConfigurationError, match=told):
        nclue.PersonalData("mask", patterns)


@pytest.mark.parametrize("value", ["keep", None, True, {"mask"}])
def test_other_values_are_refused(value):
    with pytest.raises(errors.ConfigurationError, match="personal_data="):
        log().nclue.to_sequences(user="user", time="ts", behavior="what", personal_data=value)
