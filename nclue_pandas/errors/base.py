"""The root of the error tree, and the errors of set-up."""

from __future__ import annotations

from typing import Any, Final

from nclue_pandas.errors.printable import printable

#: The page that explains every error. No public site of the documentation exists, so messages
#: name the page itself; put a site's address before it and every message holds a full link.
DOCUMENTATION: Final = "errors.html"


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
    """

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
        'errors.html#error-credentialserror'
        """
        return f"{DOCUMENTATION}#error-{cls.__name__.lower()}"

    @property
    def link(self) -> str:
        """Where the documentation explains this error."""
        return self.entry()

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, dict(self.__dict__))


class ConfigurationError(NclueError, ValueError):
    """A setting is missing, contradicts another, or names what does not exist."""


class CredentialsError(ConfigurationError):
    """No key pair was found, or only half of one, or the profile does not exist."""


class NotConnectedError(ConfigurationError):
    """No client: ``connect`` was not called, and the environment names no account."""


class ClientNotFoundError(ConfigurationError, LookupError):
    """A job handle from another process finds no client of its account here."""


class MissingExtraError(NclueError, ImportError):
    """An optional library is not installed."""

    @classmethod
    def of(cls, library: str, extra: str, purpose: str) -> MissingExtraError:
        """Tell which extra of the package brings the library."""
        return cls(
            f"{purpose} needs {library}, which is not installed. "
            f"Install it with: pip install 'nclue-pandas[{extra}]'"
        )
