"""Texts in Korean: a catalog that is complete, read as each text is shown."""

from __future__ import annotations

import importlib.util
import pickle
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import display, errors
from nclue_pandas.demo import make_log
from nclue_pandas.errors.codes import CODED, FAILURES, job_failed
from nclue_pandas.errors.service import GATEWAY_CODES
from nclue_pandas.frames.reports import Report
from nclue_pandas.sandbox import Sandbox, SandboxSettings
from nclue_pandas.translation import gettext, ngettext

SCRIPT = Path(__file__).parents[1] / "scripts" / "catalog.py"
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


@pytest.fixture
def log():
    return make_log(users=300, seed=3)


COLUMNS = {"user": "customer_id", "time": "ts"}


@pytest.fixture
def answers(log):
    options = {"cutoff": "2026-05-25", "horizon": "30D", "positive": log["category"] == "tea"}
    return log.nclue.to_answers(**COLUMNS, **options)


@pytest.fixture
def scores(answers):
    hashed = pd.util.hash_pandas_object(answers["user_id"], index=False) % 1_000 / 1_000
    return pd.DataFrame({"user_id": answers["user_id"], "score": hashed})


def labels(card):
    """Return the texts of a card that are words, not values."""
    headers = [column for table in card.tables for column in table.columns]
    return [card.title, *(name for name, _ in card.facts), *headers, *card.notes]


@pytest.mark.parametrize("kind", sorted(Report.__subclasses__(), key=str), ids=lambda k: k.__name__)
def test_every_field_of_every_report_has_a_korean_name(kind, korean):
    names = [display.titled(each.name) for each in fields(kind)]
    assert not [name for name in names if not HANGUL.search(name)]
    assert len(set(names)) == len(names)


def test_cards_are_korean_and_say_the_same_in_english(log, answers, scores):
    sequences = log.nclue.to_sequences(**COLUMNS, behavior="item", until="2026-05-25")
    free = log.nclue.baselines(**COLUMNS, cutoff="2026-05-25", positive=log["category"] == "tea")
    shown = [
        sequences.nclue.report(),
        answers.nclue.report(),
        sequences.nclue.check(),
        log.nclue.inspect(),
        scores.nclue.evaluate(answers.head(250), baselines=free),
        nclue.compare({"one": scores, "two": scores}, answers),
    ]
    english = [each._card() for each in shown]
    with nclue.option_context(language="ko"):
        korean = [each._card() for each in shown]
    for before, after in zip(english, korean, strict=True):
        names = [name for name in labels(after) if "log.nclue" not in name]
        assert not [
            n
            for n in names
            if n and not HANGUL.search(n) and n not in {"AUROC", *COLUMNS, "behavior"}
        ]
        assert HANGUL.search(after.title)
        assert len(after.facts) == len(before.facts)
        assert [len(table.rows) for table in after.tables] == [len(t.rows) for t in before.tables]
        assert not any(map(HANGUL.search, labels(before)))


def words(ax):
    """Return what a picture says beside its numbers."""
    legend = [text.get_text() for text in ax.get_legend().get_texts()] if ax.get_legend() else []
    return [name for name in (ax.get_xlabel(), ax.get_ylabel(), *legend) if name]


def test_pictures_are_korean(answers, scores, log, monkeypatch, korean):
    canvas = pytest.importorskip("nclue_pandas.plotting.canvas")
    figure = pytest.importorskip("matplotlib.figure")
    monkeypatch.setattr(canvas, "_missing", lambda *_: set())  # as with a font for Hangul
    sequences = log.nclue.to_sequences(**COLUMNS, behavior="item")
    drawn = [
        getattr(scores.nclue, f"plot_{name}")(answers, ax=figure.Figure().subplots())
        for name in ("lift", "gain", "roc", "scores", "calibration")
    ]
    drawn += [
        getattr(sequences.nclue, f"plot_{name}")(ax=figure.Figure().subplots())
        for name in ("sequence_lengths", "token_use")
    ]
    said = [word for ax in drawn for word in words(ax)]
    assert len(said) >= 25
    assert not [word for word in said if not HANGUL.search(word) and "AUROC" not in word]


def test_without_a_korean_font_the_axes_are_boxes_and_the_hint_comes(
    answers, scores, monkeypatch, korean
):
    canvas = pytest.importorskip("nclue_pandas.plotting.canvas")
    figure = pytest.importorskip("matplotlib.figure")
    monkeypatch.setattr(canvas, "korean_font", lambda: None)
    canvas._tell.cache_clear()
    with pytest.warns(canvas.MissingFontWarning, match="fonts-nanum"):
        ax = scores.nclue.plot_gain(answers, ax=figure.Figure().subplots())
    assert canvas._BOX in ax.get_xlabel()


def test_what_is_wrong_with_rows_is_said_in_korean(korean):
    log = pd.DataFrame(
        {"u": ["a", None, "b"], "t": ["2026-01-01", "2026-01-02", "soon"], "w": "tea"}
    )
    with pytest.raises(errors.InvalidDataError) as caught:
        log.nclue.to_sequences(user="u", time="t", behavior="w")
    text = str(caught.value)
    assert "고객 ID가 비어 있습니다" in text
    assert "시각을 읽을 수 없습니다" in text
    assert "on_invalid='drop'" in text
    assert not re.search("is null|cannot|Give", text)


def test_problems_of_frames_are_said_in_korean_where_they_are_shown():
    frame = pd.DataFrame({"user_id": ["a", "a", ""], "sequence": ["tea", "->", None]})
    report = frame.nclue.check()
    english = [str(each) for each in report.problems]
    with nclue.option_context(language="ko"):
        assert all(HANGUL.search(str(each)) for each in report.problems)
    assert [str(each) for each in report.problems] == english


def test_what_is_doubtful_is_warned_of_in_korean(korean):
    log = pd.DataFrame({"u": ["7.0", "7.0", None], "t": "2026-01-01", "w": ["tea", "milk", "tea"]})
    with pytest.warns(nclue.NclueDataWarning) as caught:
        log.nclue.to_sequences(user="u", time="t", behavior="w", on_invalid="drop")
    text = " ".join(str(each.message) for each in caught)
    assert "전체 3행 중 잘못된 1행을 뺐습니다(null_id 1)." in text
    assert "'.0'" in text
    assert "tie_break=" in text
    assert not re.search("dropped|users? |events? ", text)


def test_waiting_and_jobs_that_are_not_there_are_told_in_korean(log, korean):
    with Sandbox(SandboxSettings(job_seconds=3600)) as sandbox, nclue.connect(sandbox) as client:
        sequences = log.nclue.to_sequences(**COLUMNS, behavior="item")
        late = client.create_feature("밤", sequences)
        with pytest.raises(errors.JobTimeout, match=r"제한 시간 0초.*client\.get_feature\('밤'\)"):
            late.wait(timeout=0)
        with pytest.raises(errors.JobNotFoundError, match="1개 가운데 이름이 '밥'인 것이 없습니다"):
            client.get_feature("밥")


def test_audiences_and_campaigns_are_told_in_korean(korean):
    scores = pd.DataFrame({"user_id": range(100), "score": [0.5] * 90 + [0.9] * 10})
    with pytest.warns(nclue.NclueDataWarning, match="고객이 90명인데, 그중 40명만"):
        chosen = scores.nclue.audience(size=50, control=0.5)
    with pytest.raises(errors.ConfigurationError, match="가운데 하나를 주세요"):
        scores.nclue.audience()
    found = chosen.nclue.measure(chosen["user_id"][chosen["group"] == "treatment"])
    assert found.sentence.startswith("캠페인이 효과가 있었습니다: +100.00 %p")
    assert not [name for name in labels(found._card()) if not HANGUL.search(name)]
    with pytest.warns(nclue.NclueDataWarning, match="결과의 고객 1명 가운데"):
        unclear = chosen.nclue.measure(["nobody"])
    assert unclear.sentence.startswith("캠페인이 효과가 있었는지 알 수 없습니다: +0.00 %p")


def test_changed_users_and_cutoffs_are_told_in_korean(log, korean):
    before = pd.DataFrame({"user_id": ["a", "b"], "sequence": "tea"})
    with pytest.warns(nclue.NclueDataWarning, match="이전 고객 2명 가운데 1명이"):
        before.head(1).nclue.changed(before)
    question = {**COLUMNS, "behavior": "item", "horizon": "5D"}
    with pytest.raises(errors.ConfigurationError, match="cutoffs=가 비어 있습니다"):
        log.nclue.to_snapshots(cutoffs=[], **question)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"horizon": "90"}, "horizon='90': 쓸 수 없는 기간입니다. 예: '90D'"),
        ({"cutoff": "soon"}, "cutoff='soon': 시각으로 읽을 수 없습니다"),
        ({"cutoff": "2026-05-25T00:00Z"}, "cutoff=에는 시간대가 있는데 로그에는 없습니다"),
        ({"time": None}, "빠진 것: time="),
        ({"min_events": 0}, "min_events=0: 1 이상의 정수를 주세요"),
        ({"user": ["x"]}, r"list\(으\)로는 열을 찾을 수 없습니다. user=에 열 이름을 주세요"),
    ],
)
def test_options_that_cannot_be_used_are_refused_in_korean(log, options, told, korean):
    question = {**COLUMNS, "cutoff": "2026-05-25", "horizon": "30D"}
    with pytest.raises(errors.NclueError, match=told):
        log.nclue.to_answers(**question | options)


def test_calls_without_an_account_a_name_or_a_frame_are_refused_in_korean(korean):
    with pytest.raises(errors.NclueError, match="events에는 pandas DataFrame을 주세요"):
        nclue.to_sequences([1], user="u", time="t", behavior="b")
    sequences = pd.DataFrame({"user_id": ["a"], "sequence": ["tea"]})
    with nclue.connect("sandbox"), pytest.raises(errors.NclueError, match="1~100자의 이름이"):
        sequences.nclue.create_feature(" ")
