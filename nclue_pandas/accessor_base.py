"""The verbs that every kind of frame has: ``df.nclue`` and ``ddf.nclue`` share them.

Each is the function of the same name, in the package that takes this kind of frame; those that
need an account are the same for all.
"""

from __future__ import annotations

import inspect
import re
from functools import cache, wraps
from importlib import import_module
from types import MethodType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

FrameT = TypeVar("FrameT")

#: A column of a frame of ours -> what the frame is, and the verbs that come next.
_NEXT: Final = {
    "sequence": ("sequences", ("check", "create_feature", "predict", "plan")),
    "label": ("answers", ("check", "split", "create_task")),
    "score": ("scores", ("evaluate", "plot_lift", "plot_gain", "plot_roc")),
}
_LOG: Final = ("an event log", ("to_sequences", "to_answers"))


class Verb:
    """A function of the package as a method, loaded when it is first asked for.

    Its signature and documentation are those of the function without the frame.

    Parameters
    ----------
    package : str, optional
        Has the function; by default the package of the accessor.
    """

    def __init__(self, package: str | None = None) -> None:
        self._package = package

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, accessor: Verbs[Any] | None, owner: type[Verbs[Any]]) -> Callable[..., Any]:
        package = self._package or owner._functions  # noqa: SLF001 - it is a part of the owner
        method = _as_method(getattr(import_module(package), self._name), package)
        return method if accessor is None else MethodType(method, accessor)


class Verbs(Generic[FrameT]):
    """From an event log to scores, as methods of a frame.

    Parameters
    ----------
    frame : DataFrame
        An event log, or a frame of sequences or answers.
    """

    #: The package whose functions take this kind of frame.
    _functions: ClassVar[str] = "nclue_pandas"

    to_sequences = Verb()
    to_answers = Verb()
    check = Verb()
    report = Verb()
    create_feature = Verb("nclue_pandas")
    create_task = Verb("nclue_pandas")
    predict = Verb("nclue_pandas")
    plan = Verb("nclue_pandas")

    def __init__(self, frame: FrameT) -> None:
        self._frame: Any = frame

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
