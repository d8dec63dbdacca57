"""The demo on files as spreadsheets write them: other encodings, other separators."""

from __future__ import annotations

import pytest

from nclue_pandas.cli import main
from nclue_pandas.demo import make_log

ARGUMENTS = {
    "--user": "손님",
    "--time": "ts",
    "--behavior": "item",
    "--cutoff": "2026-05-25",
    "--horizon": "30D",
    "--positive": "차|tea",
}


@pytest.fixture
def told(tmp_path, capsys):
    """Write a log in some form, run the demo on it; its status, and what it said."""

    def run(form, *more, users=700):
        log = make_log(users=users, seed=3).rename(columns={"customer_id": "손님"})
        log["item"] = log["item"].str.replace("°", "")  # cp949 has no such sign
        path = tmp_path / "log.csv"
        log.to_csv(path, index=False, **form)
        arguments = [word for pair in ARGUMENTS.items() for word in pair]
        status = main(["demo", "--events", str(path), *arguments, *more])
        return status, capsys.readouterr()

    return run


@pytest.mark.parametrize(
    ("form", "more", "says"),
    [
        ({"encoding": "cp949"}, (), "give --encoding 'cp949'"),
        ({"encoding": "utf-16"}, (), "give --encoding 'utf-16'"),
        ({"encoding": "cp949"}, ("--encoding", "cp494"), "Give --encoding a name"),
        ({"sep": "\t"}, (), r"Give --sep '\t'"),
        ({"sep": ";"}, (), "Give --sep ';'"),
        ({"sep": ";"}, ("--sep", ";;"), "one character"),
    ],
)
def test_another_form_is_told_with_the_option_for_it(told, form, more, says):
    status, shown = told(form, *more, users=30)
    assert status == 2
    assert says in shown.err


def test_commas_inside_of_other_columns(tmp_path, capsys):
    (tmp_path / "log.csv").write_text("user;ts;item\na;2026-01-01;tea, 1,2\n", "utf-8")
    assert main(["demo", "--events", str(tmp_path / "log.csv")]) == 2
    assert "--sep" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("form", "more"),
    [
        ({"encoding": "cp949"}, ("--encoding", "cp949")),
        ({"encoding": "utf-16", "sep": "\t"}, ("--encoding", "utf-16", "--sep", r"\t")),
        ({"encoding": "utf-8-sig", "sep": ";"}, ("--sep", ";")),
    ],
    ids=["cp949", "utf-16 and TABs", "semicolons after a mark of UTF-8"],
)
def test_a_log_is_read_in_the_form_that_is_named(told, form, more):
    status, shown = told(form, *more, "--name", " ".join(more))
    assert (status, shown.err) == (0, "")
    assert "700 users" in shown.out
    assert "녹차" in shown.out or "말차" in shown.out or "러닝" in shown.out


def test_a_wrong_column_is_told_before_anything_else(told):
    status, shown = told({}, "--user", "손넘", "--cutoff", "2026-05-25T00:00+09:00", users=30)
    assert status == 2
    assert "no column '손넘' (argument --user). The frame has: '손님'" in shown.err
