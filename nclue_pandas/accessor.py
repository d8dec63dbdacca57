"""``df.nclue``: each verb is the function of that name; no logic, no state.

pandas 3 builds the accessor anew at every ``df.nclue``, so making one costs nothing, and it never
raises: ``dir(df)`` and tab completion must work on every frame. What is wrong with a frame is
found by the verbs. ``ddf.nclue`` shares the verbs that need an account.
"""

from __future__ import annotations

import inspect
import re
from functools import cache, wraps
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Final, Generic, ParamSpec, TypeVar, overload

import pandas as pd

import nclue_pandas
from nclue_pandas.signatures import named_options, no_attribute

if TYPE_CHECKING:
    from collections.abc import Callable

FrameT = TypeVar("FrameT")
P = ParamSpec("P")
R = TypeVar("R")

#: A column of a frame of ours -> what the frame is, and the verbs that come next.
_NEXT: Final = {
    "sequence": ("sequences", ("check", "create_feature", "predict", "plan")),
    "label": ("answers", ("check", "split", "create_task")),
    "group": ("an audience", ("measure", "report")),
    "score": ("scores", ("evaluate", "audience", "plot_lift", "plot_gain", "plot_roc")),
}
_LOG: Final = ("an event log", ("to_sequences", "to_answers", "baselines", "backtest"))


class Verb(Generic[P, R]):
    """A function of the package as a method, loaded when it is first asked for.

    Its signature and documentation are those of the function without the frame, for Python and
    for type checkers.

    Parameters
    ----------
    load : callable
        Returns the function; its first argument is the frame.
    package : str
        Where users find the function.
    """

    def __init__(
        self, load: Callable[[], Callable[Concatenate[Any, P], R]], package: str = "nclue_pandas"
    ) -> None:
        self._load = load
        self._package = package

    @overload
    def __get__(self, accessor: None, owner: type) -> Callable[Concatenate[Any, P], R]: ...

    @overload
    def __get__(self, accessor: Verbs[Any], owner: type) -> Callable[P, R]: ...

    def __get__(self, accessor: Verbs[Any] | None, owner: type) -> Callable[..., R]:
        method = _as_method(self._load(), self._package)
        return method if accessor is None else MethodType(method, accessor)


class Verbs(Generic[FrameT]):
    """The verbs that need an account, and what every accessor shows of itself.

    Parameters
    ----------
    frame : DataFrame
        An event log, or a frame of sequences or answers.
    """

    create_feature = Verb(lambda: nclue_pandas.create_feature)
    create_task = Verb(lambda: nclue_pandas.create_task)
    predict = Verb(lambda: nclue_pandas.predict)
    plan = Verb(lambda: nclue_pandas.plan)
    backtest = Verb(lambda: nclue_pandas.backtest)
    plan_backtest = Verb(lambda: nclue_pandas.plan_backtest)
    out_of_fold = Verb(lambda: nclue_pandas.out_of_fold)
    plan_out_of_fold = Verb(lambda: nclue_pandas.plan_out_of_fold)

    def __init__(self, frame: FrameT) -> None:
        self._frame: Any = frame

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise no_attribute("df.nclue", name, dir(type(self)))

    def __repr__(self) -> str:
        columns = {"user_id", *_NEXT}.intersection(self._frame.columns)
        known = [of for name, of in _NEXT.items() if {"user_id", name} <= columns]
        title, following = known[0] if known else _LOG
        shown = [name for name in following if name in dir(self)]
        lines = [f"  .{name:<15} {_summary(getattr(self, name))}" for name in shown]
        more = [name for name in dir(self) if not name.startswith("_") and name not in shown]
        return "\n".join(
            [
                f"Verbs of nclue_pandas for {title}:",
                *lines,
                f"Others: {', '.join(more)}.",
                f"help() of a verb tells its options: help(df.nclue.{shown[0]})",
            ]
        )


class NclueAccessor(Verbs[pd.DataFrame]):
    """The verbs of ``nclue_pandas`` as methods of a DataFrame.

    Each is the function of the same name, on this frame.

    Parameters
    ----------
    frame : pandas.DataFrame
        An event log, or a frame of sequences, answers or scores.
    """

    inspect = Verb(lambda: nclue_pandas.inspect)
    to_sequences = Verb(lambda: nclue_pandas.to_sequences)
    to_answers = Verb(lambda: nclue_pandas.to_answers)
    to_snapshots = Verb(lambda: nclue_pandas.to_snapshots)
    from_snapshots = Verb(lambda: nclue_pandas.from_snapshots)
    baselines = Verb(lambda: nclue_pandas.baselines)
    check = Verb(lambda: nclue_pandas.check)
    report = Verb(lambda: nclue_pandas.report)
    split = Verb(lambda: nclue_pandas.split)
    pseudonymize = Verb(lambda: nclue_pandas.pseudonymize)
    restore_ids = Verb(lambda: nclue_pandas.restore_ids)
    changed = Verb(lambda: nclue_pandas.changed)
    updated = Verb(lambda: nclue_pandas.updated)
    add_scores = Verb(lambda: nclue_pandas.add_scores)
    evaluate = Verb(lambda: nclue_pandas.evaluate)
    audience = Verb(lambda: nclue_pandas.audience)
    measure = Verb(lambda: nclue_pandas.measure)
    behaviors = Verb(lambda: nclue_pandas.behaviors)
    drift = Verb(lambda: nclue_pandas.drift)
    plot_lift = Verb(lambda: nclue_pandas.plot_lift)
    plot_gain = Verb(lambda: nclue_pandas.plot_gain)
    plot_roc = Verb(lambda: nclue_pandas.plot_roc)
    plot_scores = Verb(lambda: nclue_pandas.plot_scores)
    plot_calibration = Verb(lambda: nclue_pandas.plot_calibration)
    plot_comparison = Verb(lambda: nclue_pandas.plot_comparison)
    plot_sequence_lengths = Verb(lambda: nclue_pandas.plot_sequence_lengths)
    plot_token_use = Verb(lambda: nclue_pandas.plot_token_use)
    plot_timeline = Verb(lambda: nclue_pandas.plot_timeline)


class _NoVerbs:
    """What ``series.nclue`` says: one column is no frame."""

    def __init__(self, column: pd.Series[Any]) -> None:
        name = "to_sequences(user=..., time=..., behavior=...)"
        raise AttributeError(
            f"The verbs of nclue_pandas are on DataFrames, and this is the one column "
            f"{column.name!r}. Call them on the frame that it is of: df.nclue.{name}; a column "
            "alone becomes a frame with series.to_frame()."
        )


@named_options
def on(frame: pd.DataFrame) -> NclueAccessor:
    """Return ``frame.nclue`` in a form that editors and type checkers know.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any frame.

    Returns
    -------
    NclueAccessor
        Its methods have the options and types of the functions of the same name.

    Examples
    --------
    >>> import nclue_pandas as nclue
    >>> answers = pd.DataFrame({"user_id": ["a", "b", "c", "d"], "label": [0, 1, 0, 1]})
    >>> train, test = nclue.on(answers).split(test=0.5, seed=0)
    >>> len(train), len(test)
    (2, 2)
    """
    return NclueAccessor(frame)


def register() -> None:
    """Register ``df.nclue``, silently also the second time (a reload, an autoreload).

    An accessor of the same name that is not ours is left to pandas, which warns.
    """
    for owner in (pd.DataFrame, pd.Series):
        accessor = getattr(owner.__dict__.get("nclue"), "_accessor", None)
        if getattr(accessor, "__module__", None) == __name__:
            delattr(owner, "nclue")
    pd.api.extensions.register_dataframe_accessor("nclue")(NclueAccessor)
    pd.api.extensions.register_series_accessor("nclue")(_NoVerbs)


@cache
def _as_method(function: Callable[..., Any], package: str) -> Callable[..., Any]:
    """Return the function as a method of an accessor, whose frame is its first argument."""
    signature = inspect.signature(function)
    frame, *others = signature.parameters.values()

    @wraps(function)
    def method(self: Verbs[Any], *args: Any, **options: Any) -> Any:
        return function(self._frame, *args, **options)

    parameters = [inspect.Parameter("self", frame.POSITIONAL_OR_KEYWORD), *others]
    method.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    method.__doc__ = _doc(
        inspect.getdoc(function) or "", frame.name, f"{package}.{method.__name__}"
    )
    return method


def _doc(doc: str, frame: str, function: str) -> str:
    r"""Return a function's documentation without its frame, and without Sphinx's roles.

    Examples
    --------
    >>> doc = "As :func:`f`.\n\nframe : F\n    The log.\nuntil : int\n    A day."
    >>> print(_doc(doc, "frame", "nclue_pandas.g"))
    As ``f``.
    <BLANKLINE>
    The same as ``nclue_pandas.g(frame, ...)``.
    <BLANKLINE>
    until : int
        A day.
    """
    doc = re.sub(r":\w+:`~?([\w.]+)`", r"``\1``", doc)  # help() would show the role as it is
    doc = re.sub(rf"^{frame}(?:, | : .*\n(?:    .*\n)*)", "", doc, count=1, flags=re.MULTILINE)
    summary, _, rest = doc.partition("\n\n")
    rest = rest.replace("Parameters\n----------\n\n", "")
    return f"{summary}\n\nThe same as ``{function}({frame}, ...)``.\n\n{rest}"


def _summary(verb: Callable[..., Any]) -> str:
    return " ".join((verb.__doc__ or "").partition("\n\n")[0].split())
