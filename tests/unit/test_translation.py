"""Texts in Korean: a catalog that is complete, read as each text is shown."""

from __future__ import annotations

import importlib.util
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import errors
from nclue_pandas.errors.codes import CODED, FAILURES, job_failed
from nclue_pandas.errors.service import GATEWAY_CODES
from nclue_pandas.translation import gettext, ngettext

SCRIPT = Path(__file__).parents[2] / "scripts" / "catalog.py"
HANGUL = re.compile("[가-힣]")


@pytest.fixture
def korean():
    with nclue.option_context(language="ko"):
        yield


@pytest.fixture(scope="module")
def script():
    pytest.importorskip("babel")
    spec = importlib.util.spec_from_file_location("catalog", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_marked_text_is_translated_and_compiled():
    pytest.importorskip("babel")
    command = [sys.executable, SCRIPT, "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("english", "korean", "told"),
    [
        ("{count} rows", "{count}행", []),
        ("{count:,} of {total}", "{total} 중 {count:,}", []),
        ("{count} rows", "행", ["other values than in English: {count} rows"]),
        ("rows", "{count}행", ["other values than in English: rows"]),
        ("rows", "", ["not translated: rows"]),
        (("{count} row", "{count} rows"), ("{count}행",), []),
        (("1 row", "{count} rows"), ("행",), ["other values than in English: 1 row"]),
    ],
)
def test_what_is_wrong_with_a_translation_is_told(script, english, korean, told):
    catalog = script.Catalog(locale="ko")
    catalog.add(english, korean)
    assert list(script.wrong(catalog)) == told


def test_texts_are_in_the_language_of_their_moment():
    text = "Choose a name of 1 to 100 characters."
    assert gettext(text) == text
    with nclue.option_context(language="ko"):
        assert HANGUL.search(gettext(text))
        with nclue.option_context(language="en"):
            assert gettext(text) == text
    assert gettext(text) == text
    assert (ngettext("one", "many", 1), ngettext("one", "many", 2)) == ("one", "many")


def test_what_no_catalog_knows_stays_english(korean):
    assert gettext("A text of nobody's.") == "A text of nobody's."


@pytest.mark.parametrize("language", ["de", None, "KO", 1])
def test_other_languages_are_refused(language):
    with pytest.raises(errors.ConfigurationError, match="language="):
        nclue.options.language = language
    assert nclue.options.language == "en"


@pytest.mark.parametrize("code", [*CODED, *GATEWAY_CODES, *FAILURES])
def test_every_code_is_explained_in_korean(code):
    shown = nclue.explain(code)
    english = str(shown).splitlines()
    with nclue.option_context(language="ko"):
        korean = str(shown).splitlines()
    assert (korean[0], len(korean)) == (english[0], 4)
    for line, before in zip(korean[1:3], english[1:3], strict=True):
        assert HANGUL.search(line)
        assert line != before


@pytest.mark.parametrize("name", sorted(set(errors.__all__) - {"Problem"}))
def test_every_class_says_in_korean_what_to_do(name, korean):
    assert HANGUL.search(gettext(getattr(errors, name).remedy))


def test_a_refusal_in_korean(korean):
    refused = errors.NameTooLong(
        "name too long.", status=422, trace_id="t1", method="POST", path="/features"
    )
    assert str(refused) == (
        "POST /features 요청이 거절되었습니다: HTTP 422 코드 10101. 이름이 100자를 넘거나 비어 있습니다. "
        "1~100자의 이름을 쓰세요. 서비스의 메시지: name too long. Trace id t1. "
        "자세히: nclue_pandas.explain(10101) 또는 docs/errors.md#code-10101"
    )
    with nclue.option_context(language="en"):  # a message stays as it was raised
        assert str(pickle.loads(pickle.dumps(refused))) == str(refused)


def test_a_failed_job_in_korean(korean):
    failed = str(job_failed("Task", "17", "차", "NUM_OF_LABEL_INSUFFICIENT {x}"))
    assert failed.startswith("Task '차' (17) 작업이 실패했습니다. 서비스의 메시지: NUM_OF_")
    assert "{x}" in failed
    assert "100명보다 적" in failed


def test_a_missing_column_in_korean(korean):
    log = pd.DataFrame({"customer": ["a"], "ts": ["2026-01-01"], "item": ["차"]})
    with pytest.raises(errors.MissingColumnError, match="혹시 'customer'인가요") as caught:
        log.nclue.to_sequences(user="custmer", time="ts", behavior="item")
    assert str(caught.value).startswith("'custmer' 열이 없습니다(인자 user=).")
