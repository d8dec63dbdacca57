"""The package as an import: its names, its accessor, what it brings along."""

from __future__ import annotations

import importlib
import inspect
import pickle
import pydoc
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pandas as pd
import pytest

import nclue_pandas as nclue
from nclue_pandas import accessor, errors

ROOT = Path(__file__).parents[1]


def test_every_public_name_is_there():
    for name in nclue.__all__:
        assert getattr(nclue, name) is not None
        assert name in dir(nclue)
    assert sorted(dir(nclue)) == sorted(nclue.__all__)
    with pytest.raises(AttributeError, match="has no 'nothing'"):
        nclue.nothing  # noqa: B018


@pytest.mark.timeout(600)  # mypy; with the cache of `make lint` a few seconds
def test_editors_and_type_checkers_know_the_verbs(tmp_path):
    pytest.importorskip("mypy", reason="the oldest versions are tested without mypy")
    program = tmp_path / "typed.py"
    program.write_text(
        "import pandas as pd\nimport nclue_pandas as nclue\n"
        "verbs = nclue.on(pd.DataFrame())\n"
        "reveal_type(verbs.split(test=0.5))\n"
        "reveal_type(nclue.create_feature(pd.DataFrame(), 'name'))\n"
        "verbs.to_sequences(user=1, time='t', behavior='b')\n"
        "verbs.to_sequence(user='u')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", str(program)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    revealed = [line.partition("note: ")[2] for line in done.stdout.splitlines() if "note" in line]
    assert "tuple[" in revealed[0]
    assert "Feature" in revealed[1]
    errors_found = [line for line in done.stdout.splitlines() if "error:" in line]
    assert "[arg-type]" in errors_found[0]
    assert 'has no attribute "to_sequence"' in errors_found[1]
    assert len(errors_found) == 2


def test_registering_twice_is_silent_and_a_foreign_accessor_is_not_ours_to_remove():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        importlib.reload(accessor)
        accessor.register()
    assert isinstance(pd.DataFrame().nclue, accessor.NclueAccessor)


def test_tab_completion_works_on_every_frame():
    for frame in (pd.DataFrame(), pd.DataFrame({1: [1]}), pd.DataFrame(columns=["nclue"])):
        assert "nclue" in dir(frame)
        dir(frame.nclue)
    verbs = {name for name in dir(pd.DataFrame().nclue) if not name.startswith("_")}
    assert verbs >= {
        "to_sequences",
        "to_answers",
        "create_feature",
        "create_task",
        "predict",
        "plan",
    }
    functions = set(nclue.__all__)
    assert verbs <= functions


VERBS = sorted(name for name in dir(accessor.NclueAccessor) if not name.startswith("_"))


@pytest.mark.parametrize("verb", VERBS)
def test_help_on_a_verb_is_that_of_its_function_without_the_frame(verb):
    function, method = getattr(nclue, verb), getattr(pd.DataFrame().nclue, verb)
    frame, *others = inspect.signature(function).parameters.values()
    assert list(inspect.signature(method).parameters.values()) == others
    assert inspect.signature(getattr(accessor.NclueAccessor, verb)).parameters.keys() == {
        "self",
        *(each.name for each in others),
    }
    shown = pydoc.plain(pydoc.render_doc(method))
    assert f"nclue_pandas.{verb}({frame.name}, ...)" in shown
    assert not re.search(rf"^    ({frame.name}) :|:func:", shown, re.MULTILINE)
    for each in others:
        listed = rf"^    (.*, )?(\*\*)?{each.name}(, .*)? : "
        assert re.search(listed, shown, re.MULTILINE), each.name


@pytest.mark.parametrize(
    ("columns", "begins", "first"),
    [
        (["who", "when"], "an event log", "to_sequences"),
        (["user_id", "sequence"], "sequences", "check"),
        (["user_id", "label"], "answers", "check"),
        (["user_id", "score"], "scores", "evaluate"),
    ],
)
def test_an_accessor_alone_shows_what_comes_next(columns, begins, first):
    shown = repr(pd.DataFrame(columns=columns).nclue).splitlines()
    assert shown[0].endswith(f"for {begins}:")
    assert shown[1].split()[0] == f".{first}"
    assert all(verb in "\n".join(shown) for verb in VERBS)


def test_imports_point_one_way():
    pytest.importorskip("importlinter", reason="make lint brings import-linter")
    code = "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", ["check_imports"])
def test_the_house_rules_hold(script):
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / f"{script}.py")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def tree(root=errors.NclueError):
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


@pytest.mark.parametrize("error", sorted(set(tree()), key=lambda error: error.__name__))
def test_every_error_pickles_and_is_exported(error):
    if not error.__name__.startswith("_"):
        assert getattr(errors, error.__name__) is error
    if issubclass(error, errors.ApiError):
        made = error("said", status=418, trace_id="t-1", method="GET", path="/x")
    else:
        made = error("what happened")
    made.more = {"kept": 1}
    copy = pickle.loads(pickle.dumps(made))
    assert type(copy) is error
    assert str(copy) == str(made)
    assert vars(copy) == vars(made)


def test_a_missing_library_names_its_extra():
    error = errors.MissingExtraError.of("moto", "sandbox", "The sandbox")
    assert "pip install 'nclue-pandas[sandbox]'" in str(error)
    assert isinstance(error, ImportError)


@pytest.mark.parametrize("target", ["sanbox", "", 5, object, None, False, {}])
def test_an_unknown_target_is_told(target):
    with pytest.raises(errors.ConfigurationError, match="'sandbox'"):
        nclue.connect(target)


@pytest.mark.parametrize(
    "argument",
    [
        {"bucket": "my-bucket"},
        {"access_key": "not to be shown"},
        {"secret_key": "not to be shown"},
        {"profile": "work"},
        {"role": True},
        {"service": nclue.ServiceSettings()},
        {"storage": {"region": "kr"}},
    ],
    ids=lambda argument: next(iter(argument)),
)
def test_a_sandbox_takes_nothing_of_an_account(argument):
    name = next(iter(argument))
    with pytest.raises(errors.ConfigurationError, match=f"leave {name} out") as told:
        nclue.connect("sandbox", **argument)
    assert "shown" not in str(told.value)


@pytest.mark.parametrize("prefix", ["/nclue", "nclue/", "a//b", "a b", "팀"])
def test_a_prefix_that_no_path_may_begin_with_is_refused_at_once(prefix):
    with pytest.raises(errors.ConfigurationError, match="prefix="):
        nclue.connect("sandbox", prefix=prefix)


def test_a_block_gives_the_default_back():
    from nclue_pandas.client import default_client

    with nclue.connect("sandbox") as first:
        with nclue.connect("sandbox", prefix="other") as second:
            assert default_client() is second
        assert default_client() is first
    assert pickle.loads(pickle.dumps(first)) is first
    with pytest.raises(errors.ConfigurationError, match="NCLUE_BUCKET"):
        nclue.Client(first._credentials, first._service_settings).storage.check()
