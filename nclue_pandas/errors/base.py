"""The root of the error tree, and the errors of set-up."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Any, ClassVar, Final

from nclue_pandas.errors.printable import printable

#: The page that explains every error. No public site of the documentation exists, so messages
#: name its file in the project; put a site's address here and every message holds a full link.
DOCUMENTATION: Final = "docs/errors.md"


def _rebuild(cls: type[NclueError], message: str, state: dict[str, Any]) -> NclueError:
    error = cls.__new__(cls)
    Exception.__init__(error, message)
    error.message = message
    error.__dict__.update(state)
    return error


class NclueError(Exception):
    """Root of every error that this package raises.

    Parameters
    ----------
    message : str
        What happened, which rows or field, and what to do next.

    Attributes
    ----------
    remedy : str
        What to do about errors of this class.
    """

    remedy: ClassVar[str] = "The message says what to do next."

    def __init__(self, message: str) -> None:
        message = printable(message, keep="\n\t")
        super().__init__(message)
        self.message = message

    @classmethod
    def entry(cls) -> str:
        """Return where the documentation explains this class of errors.

        Examples
        --------
        >>> CredentialsError.entry()
        'docs/errors.md#error-credentialserror'
        """
        return f"{DOCUMENTATION}#error-{cls.__name__.lower()}"

    @property
    def link(self) -> str:
        """Where the documentation explains this error."""
        return self.entry()

    def __str__(self) -> str:
        return self.message

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: the caller's line and the message, not our frames."""
        shells = [sys.modules[name] for name in ("IPython", "ipykernel") if name in sys.modules]
        ours = (str(Path(__file__).parents[1]), *(shell.__path__[0] for shell in shells))
        theirs = [
            frame
            for frame in traceback.extract_tb(self.__traceback__)
            if not frame.filename.startswith(ours)
        ]
        line = f"line {theirs[-1].lineno}: {theirs[-1].line}" if theirs else ""
        lines = [line.removesuffix(": "), ""] if line else []
        lines.append(f"{type(self).__name__}: {self.message}")
        return [*lines, *self._more(), *getattr(self, "__notes__", [])]

    def _more(self) -> list[str]:
        """Return what a notebook shows beside the message."""
        return []

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, dict(self.__dict__))


class ConfigurationError(NclueError, ValueError):
    """A setting is missing, contradicts another, or names what does not exist."""

    remedy = "Change the setting that the message names."


class CredentialsError(ConfigurationError):
    """No key pair was found, or only half of one, or the profile does not exist."""

    remedy = (
        "Set NCLOUD_ACCESS_KEY_ID and NCLOUD_SECRET_ACCESS_KEY, or write both keys into "
        "~/.ncloud/configure."
    )


class NotConnectedError(ConfigurationError):
    """No client: ``connect`` was not called, and the environment names no account."""

    remedy = (
        'Call nclue_pandas.connect(bucket="my-bucket"), or connect("sandbox") to try without '
        "an account; or give the verb client=."
    )


class ClientNotFoundError(ConfigurationError, LookupError):
    """A job handle from another process finds no client of its account here."""

    remedy = (
        "Call nclue_pandas.connect() with the account's own keys first, then use the handle "
        "again; its job is untouched."
    )


class AlreadyRunningError(NclueError):
    """Another process of this machine runs the same chain."""

    remedy = "Wait until it has ended, then run it again: it picks up what is there."


class MissingExtraError(NclueError, ImportError):
    """An optional library is not installed."""

    remedy = "Install the extra that the message names."

    @classmethod
    def of(cls, library: str, extra: str, purpose: str) -> MissingExtraError:
        """Tell which extra of the package brings the library."""
        return cls(
            f"{purpose} needs {library}, which is not installed. "
            f"Install it with: pip install 'nclue-pandas[{extra}]'"
        )
