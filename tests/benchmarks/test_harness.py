"""The benchmarks run from end to end, tiny, with the peers that are installed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from benchmarks import __main__ as command
from benchmarks import rounds, worker
from benchmarks.logs import retail_maker
from benchmarks.methods import Job, Method, Workload
from benchmarks.rounds import MeasurementError

#: Each group's input, and methods that need no more than the tests' environment.
TINY = {
    "sequences": ("text", ["kernel", "pyarrow", "pandas"]),
    "results": ("scores", ["pyarrow_8", "pandas"]),
    "checks": ("frame", ["screening", "loop"]),
    "publish": ("frame", ["put_file"]),
    "streams": ("parquet", ["in_memory"]),
}
#: Of frames and of files; the others are measured in the same way.
ALWAYS = {"sequences", "results"}


@pytest.fixture
def in_process(monkeypatch):
    """Measure in this process: starting one for each method takes most of the time."""
    monkeypatch.setattr(rounds, "run", lambda job, method: worker.measure(job))


def folders(tmp_path):
    return ["--out", str(tmp_path / "out"), "--data", str(tmp_path / "data")]


def measured(tmp_path, group):
    (cell,) = json.loads((tmp_path / "out" / f"{group}.json").read_text("utf-8"))
    return cell["methods"]


@pytest.mark.parametrize(
    "group", [pytest.param(name, marks=[] if name in ALWAYS else pytest.mark.slow) for name in TINY]
)
def test_every_group_measures_equal_results_and_writes_its_page(group, tmp_path, in_process):
    workload, methods = TINY[group]
    only = ["--sizes", "1000", "--workloads", workload, "--methods", *methods]
    command.main([group, *only, "--repeats", "1", "--store", "moto", *folders(tmp_path)])
    told = measured(tmp_path, group)
    assert set(told) == {"ours", *methods}
    assert all(each["seconds"]["0"] > 0 for each in told.values())
    assert len({each["digest"] for each in told.values()}) == 1
    page = (tmp_path / "out" / "index.md").read_text("utf-8")
    assert "not measured" in page
    assert f"![{command.load_group(group).title}]({group}.svg)" in page
    assert (tmp_path / "out" / f"{group}.svg").stat().st_size > 0


def test_rounds_in_fresh_processes_can_be_added(tmp_path):
    command.main(["imports", "--repeats", "1", *folders(tmp_path)])
    command.main(["imports", "--repeats", "1", *folders(tmp_path), "--add"])
    rounds_of = {key: list(each["seconds"]) for key, each in measured(tmp_path, "imports").items()}
    assert rounds_of == {"ours": ["0", "1"], "pandas": ["0", "1"]}


def test_an_input_that_cannot_be_made_is_skipped_with_its_reason(tmp_path, capsys):
    make = retail_maker(tmp_path / "absent.csv.gz")
    group = command.load_group("sequences")
    group = replace(group, workloads=(Workload("retail", "real", make, (10,)),))
    command.run_group(group, command.arguments(folders(tmp_path)))
    assert "absent.csv.gz is not beside the project" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_method_without_its_library_is_left_out(capsys):
    group = command.load_group("sequences")
    lacking = Method("absent", "an absent library", load=len, run=len, needs=("no_such_module",))
    group = replace(group, methods=(*group.methods[:1], lacking))
    assert [method.key for method in rounds.available(group, [])] == ["ours"]
    assert "no_such_module not installed" in capsys.readouterr().err


def test_what_a_failing_process_says_is_told(tmp_path):
    method = command.load_group("results").method("ours")
    with pytest.raises(MeasurementError, match="No such file"):
        rounds.run(Job("results", "ours", str(tmp_path / "absent")), method)


def test_groups_and_sizes_of_the_command_line(capsys):
    assert command.arguments(["--sizes", "1e5", "2e6"]).sizes == [100_000, 2_000_000]
    with pytest.raises(SystemExit):
        command.arguments(["no-such-group"])
    assert "no such group: no-such-group" in capsys.readouterr().err


def test_methods_take_turns_in_another_order_each_round():
    orders = ["".join(rounds._in_turn("abc", number)) for number in range(4)]
    assert orders == ["abc", "bca", "cab", "abc"]
