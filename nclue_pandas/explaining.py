"""``explain``: what a code or an error of the service means, without a network."""

from __future__ import annotations

from dataclasses import dataclass

from nclue_pandas import display, errors
from nclue_pandas.contract import ERROR_CODES
from nclue_pandas.errors.base import did_you_mean
from nclue_pandas.errors.codes import CODED, FAILURES
from nclue_pandas.errors.service import GATEWAY_CODES
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import gettext as _


@dataclass(frozen=True, repr=False)
class Explanation:
    """What an error means and what to do about it.

    Parameters
    ----------
    title : str
        The code with its name, or the class.
    cause, remedy : str
        For people.
    link : str
        Its entry in the documentation.
    """

    title: str
    cause: str
    remedy: str
    link: str

    def __repr__(self) -> str:
        facts = [
            (_("cause"), _(self.cause)),
            (_("remedy"), _(self.remedy)),
            (_("more"), self.link),
        ]
        return display.text(display.Card(self.title, facts=facts))


@named_options
def explain(error: int | str | BaseException | type[BaseException]) -> Explanation:
    """Explain an error: its cause, its remedy, its entry in the documentation.

    Parameters
    ----------
    error : int, str, exception or class
        A code of the service (10101) or of the gateway (200), a fail code of a job
        (``"DUPLICATE_USERID"``), a class of :mod:`nclue_pandas.errors` or its name, or an
        exception that was caught.

    Returns
    -------
    Explanation
        It prints itself.

    Raises
    ------
    ConfigurationError
        When nothing of that name or code is known.

    Examples
    --------
    >>> explain(10101)
    10101 NAME_TOO_LONG
      cause   The name has more than 100 characters, or none.
      remedy  Choose a name of 1 to 100 characters.
      more    docs/errors.md#code-10101
    """
    if isinstance(error, errors.JobFailed) and error.fail_code in FAILURES:
        return _failure(str(error.fail_code))
    if isinstance(error, errors.NclueError):
        return _class(type(error))
    if isinstance(error, type) and issubclass(error, errors.NclueError):
        return _class(error)
    asked = error.__name__ if isinstance(error, type) else str(error).strip()
    if asked in FAILURES:
        return _failure(asked)
    found = _by_code(asked) or getattr(errors, asked, None)
    if isinstance(found, type) and issubclass(found, errors.NclueError):
        return _class(found)
    raise _unknown(asked)


def _by_code(asked: str) -> type[errors.ApiError] | None:
    if not asked.isdecimal():
        names = {name: code for code, (_, name) in ERROR_CODES.items()}
        return CODED.get(names.get(asked, 0))
    return CODED.get(int(asked)) or GATEWAY_CODES.get(int(asked))


def _failure(code: str) -> Explanation:
    failure = FAILURES[code]
    link = errors.JobFailed("", fail_code=code).link
    return Explanation(code, failure.cause, failure.remedy, link)


def _class(found: type[errors.NclueError]) -> Explanation:
    if issubclass(found, errors.ApiError):
        name = ERROR_CODES[found.code][1] if found.code in ERROR_CODES else found.__name__
        title = name if found.code is None else f"{found.code} {name}"
        return Explanation(title, found.cause, found.remedy, found.entry())
    meaning = (found.__doc__ or "").partition("\n")[0]
    return Explanation(found.__name__, meaning, found.remedy, found.entry())


def _unknown(asked: str) -> errors.ConfigurationError:
    names = [*FAILURES, *errors.__all__, *(name for _, name in ERROR_CODES.values())]
    return errors.ConfigurationError(
        f"No error {asked!r} is known.{did_you_mean(asked, names)} Give a code such as 10101, a "
        "fail code such as 'DUPLICATE_USERID', a class of nclue_pandas.errors or its name, or an "
        "exception."
    )
