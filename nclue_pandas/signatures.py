"""Calls with a slip in them: an option or verb that is not there is told with the one meant.

Python's own message names what is wrong and, in some versions and shells, the nearest name. Ours
says it everywhere, and the way to give columns that pandas users try first.
"""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from nclue_pandas.errors.base import did_you_mean
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

P = ParamSpec("P")
R = TypeVar("R")

#: What a column of a log or of our frames is called elsewhere -> the option that names it.
_MEANT: Final = {
    "user_id": "user",
    "users": "user",
    "customer": "user",
    "timestamp": "time",
    "datetime": "time",
    "date": "time",
    "item": "behavior",
    "event": "behavior",
    "behaviors": "behavior",
    "target": "positive",
    "y": "positive",
    "train": "answers",
}


def named_options(function: Callable[P, R]) -> Callable[P, R]:
    """Tell a caller of `function` which option was meant; calls without a slip pass.

    Raises
    ------
    TypeError
        For an option that there is none of, and for values without the name of their option.

    Examples
    --------
    >>> @named_options
    ... def split(answers, *, test, seed=0): ...
    >>> split([], tests=0.2)
    Traceback (most recent call last):
        ...
    TypeError: split() has no option tests=. Did you mean test=? Its options are test=, seed=.
    """
    parameters = list(inspect.signature(function).parameters.values())
    kinds = {each.kind for each in parameters}
    positional = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    options = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]
    known = {*positional, *options}
    takes_any = inspect.Parameter.VAR_KEYWORD in kinds
    takes_all = inspect.Parameter.VAR_POSITIONAL in kinds

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if not takes_any and not kwargs.keys() <= known:
            raise _unknown_option(function.__name__, kwargs, options, known)
        if not takes_all and len(args) > len(positional):
            raise _without_name(function.__name__, args[len(positional) :], options)
        return function(*args, **kwargs)

    return call


def _unknown_option(
    name: str, given: Iterable[str], options: list[str], known: set[str]
) -> TypeError:
    """Describe the first option that a function has not."""
    wrong = next(each for each in given if each not in known)
    meant = _MEANT.get(wrong)
    guess = did_you_mean(wrong, known, "{}=")
    if meant in known:
        guess = " " + _("Did you mean {name}?").format(name=f"{meant}=")
    listed = ", ".join(f"{each}=" for each in options) or "none"
    message = _("{name}() has no option {wrong}=.{guess} Its options are {listed}.")
    return TypeError(message.format(name=name, wrong=wrong, guess=guess, listed=listed))


def _without_name(name: str, extra: tuple[Any, ...], options: list[str]) -> TypeError:
    """Describe values that were given without the names of their options."""
    first = next((each for each in extra if isinstance(each, str)), None)
    shown = _("a value") if first is None else repr(first)
    example = f"{options[0]}={'...' if first is None else shown}" if options else ""
    how = " " + _("Write {example}: every option has its name.").format(example=example)
    message = _("{name}() was given {shown} without the name of an option.")
    return TypeError(message.format(name=name, shown=shown) + (how if options else ""))


def no_attribute(owner: str, name: str, names: Iterable[str]) -> AttributeError:
    """Describe an attribute that something has not, with the one that was probably meant.

    Examples
    --------
    >>> no_attribute("nclue_pandas", "to_sequence", ["to_sequences", "check"])
    AttributeError("nclue_pandas has no 'to_sequence'. Did you mean 'to_sequences'?")
    """
    public = [] if name.startswith("_") else [each for each in names if not each.startswith("_")]
    message = _("{owner} has no {name!r}.").format(owner=owner, name=name)
    return AttributeError(message + did_you_mean(name, public))
