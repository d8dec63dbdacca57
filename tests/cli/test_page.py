"""The page about a run: all in one file, nothing loaded, texts escaped, figures right."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd

import nclue_pandas as nclue

HOSTILE = "<script src='https://evil.example/x.js'>&\"tea"


class Page(HTMLParser):
    """Elements, addresses and texts of a page."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.places, self.texts = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.places += [value for name, value in attrs if name in {"src", "href", "srcset", "data"}]

    def handle_data(self, data):
        self.texts.append(data)


def read(name="report.html"):
    text = Path(name).read_text("utf-8")
    return text, Page(text)


def test_a_page_of_the_present_loads_nothing_and_escapes_texts(predict, settings):
    settings(name=HOSTILE)
    assert predict("--out", "scores.csv", "--report", "report.html")[0] == 0
    text, page = read()
    assert not page.elements & {"script", "link", "iframe", "object", "base", "form"}
    assert page.places
    assert all(place.startswith("data:image/svg+xml;base64,") for place in page.places)
    assert "default-src 'none'" in text
    assert any(HOSTILE in each for each in page.texts), "it is shown as it was written"
    assert "nothing can be measured yet" in text
    assert {"700", "Sequences"} & set(page.texts)


def test_users_held_out_are_measured_as_of_the_cutoff(predict, settings):
    settings(until="-30D", test=0.3)
    status, said = predict("--out", "scores.parquet", "--report", "report.html", "--log", "json")
    assert status == 0
    steps = {line["step"]: line for line in map(json.loads, said.err.splitlines())}
    log = pd.read_parquet("log.parquet")
    asked = {
        "user": "customer_id",
        "time": "ts",
        "cutoff": "2026-05-25",
        "positive": log["item"].str.contains("차|tea", case=False),
    }
    answers = log.nclue.to_answers(**asked, horizon="30D")
    test = answers.nclue.split(test=0.3, seed=0)[1]
    scores = pd.read_parquet("scores.parquet")
    expected = nclue.evaluate(scores, test, baselines=log.nclue.baselines(**asked))
    assert steps["evaluation"]["auroc"] == round(expected.auroc, 4)
    text, page = read()
    assert f"{expected.auroc:.3f}" in text
    assert expected.verdict in "".join(page.texts)
    assert {"Calibration", "Lift by tenth of the users", "The model beside free scores"} <= set(
        page.texts
    )
    assert len(page.places) == 6


def test_a_past_day_is_measured_on_what_came_later(predict, settings):
    settings(until="0D", observed_until=None)
    status, said = predict("--out", "scores.csv", "--log", "json", day="2026-04-20")
    assert status == 0
    steps = {line["step"]: line for line in map(json.loads, said.err.splitlines())}
    log = pd.read_parquet("log.parquet")
    tea = log["item"].str.contains("차|tea", case=False)
    later = log.nclue.to_answers(
        user="customer_id", time="ts", cutoff="2026-04-20", horizon="30D", positive=tea
    )
    assert steps["evaluation"]["positives"] <= int(later["label"].sum())
    assert steps["evaluation"]["users"] == len(later)


def test_a_label_alone_ends_no_run(predict, settings):
    log = pd.read_parquet("log.parquet")
    late = log["ts"] >= "2026-04-20"
    log.loc[late, "item"] = "커피"
    log.to_parquet("log.parquet")
    settings(until="0D", observed_until=None)
    status, said = predict("--out", "scores.csv", day="2026-04-20")
    assert status == 0
    assert "could not be measured" in said.err
