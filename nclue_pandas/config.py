"""Keys as values, settings of service and storage, and the options of the package."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, NoReturn, ParamSpec, TypeVar
from urllib.parse import urlsplit

from nclue_pandas.contract import BASE_URL, REQUESTS_PER_SECOND
from nclue_pandas.errors import ConfigurationError, CredentialsError

#: Object Storage of the public zone of Korea.
STORAGE_ENDPOINT = "https://kr.object.ncloudstorage.com"
STORAGE_REGION = "kr-standard"

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
#: 3 to 63 lower-case letters, digits, dots and hyphens (NCP's rule for bucket names).
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True, repr=False)
class Credentials:
    """A key pair, which shows and pickles nothing of itself.

    Parameters
    ----------
    access_key, secret_key : str
        As the NCP console gives them.
    holder : str, optional
        Whose the keys are, where they change: the role of a server.

    Raises
    ------
    CredentialsError
        When a key has characters that no key has, which a header could not carry.

    Examples
    --------
    >>> Credentials("AKIAEXAMPLE", "not shown")
    Credentials(account='caae15ff5d19')
    """

    access_key: str
    secret_key: str
    holder: str | None = None

    def __post_init__(self) -> None:
        given: tuple[tuple[str, object], ...] = (
            ("access", self.access_key),
            ("secret", self.secret_key),
        )
        for name, key in given:
            if not isinstance(key, str) or not (key and key.isascii() and key.isprintable()):
                raise CredentialsError(
                    f"The {name} key cannot be one: keys are printable ASCII characters. Copy it "
                    "from the NCP console again."
                )

    @property
    def account(self) -> str:
        """Twelve hex digits that stand for the holder or the access key, not giving it away."""
        return hashlib.sha256((self.holder or self.access_key).encode()).hexdigest()[:12]

    def __repr__(self) -> str:
        return f"Credentials(account={self.account!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "Credentials are not pickled, so that no key is written anywhere. Another process "
            "finds its own: in its environment or in ~/.ncloud/configure."
        )


#: Gives the key pair whenever one is needed (temporary ones change).
CredentialsProvider = Callable[[], Credentials]

P = ParamSpec("P")
T = TypeVar("T")


def leaving_no_trace(function: Callable[P, T]) -> Callable[P, T]:
    """Let errors leave a function without its frames, whose variables hold keys.

    Reports of errors that show variables (of a notebook, a web framework, an error tracker) then
    have no key to show. The error's message and cause stay.

    Parameters
    ----------
    function : callable
        Gets, finds or handles keys in plain.

    Returns
    -------
    callable
        The same function to its callers.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - raised again below
            failure = error.with_traceback(None)
        failure.__context__ = None
        del args, kwargs
        raise failure

    return call


@dataclass(frozen=True)
class ServiceSettings:
    """Where the service is and how it is asked.

    Parameters
    ----------
    api_url : str
        Base URL; ``https``, or ``http`` on loopback.
    requests_per_second : float or None
        The account's limit, above 0; None for no pace (the sandbox).
    rate_scope : str, optional
        Clients of one scope share the limit; by default those of one access key or server role.
        Give accounts with several keys one name.
    connect_timeout, read_timeout : float
        Seconds, above 0.
    retries : int
        How often a request that may be repeated is sent again; 0 for never.
    ca_bundle : str, optional
        File of certificates to trust instead of the usual ones.

    Raises
    ------
    ConfigurationError
        When a setting cannot be used.
    """

    api_url: str = BASE_URL
    requests_per_second: float | None = REQUESTS_PER_SECOND
    rate_scope: str | None = None
    connect_timeout: float = 5.0
    read_timeout: float = 60.0
    retries: int = 4
    ca_bundle: str | None = None

    def __post_init__(self) -> None:
        check_url(self.api_url, "api_url")
        if self.requests_per_second is not None:
            _check_positive("requests_per_second", self.requests_per_second)
        _check_positive("connect_timeout", self.connect_timeout)
        _check_positive("read_timeout", self.read_timeout)
        retries: object = self.retries
        if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
            raise ConfigurationError(f"retries={retries!r} is not a whole number from 0 on.")
        _check_bundle(self.ca_bundle)
        object.__setattr__(self, "api_url", self.api_url.rstrip("/"))

    @classmethod
    def from_environment(cls, **changes: Any) -> ServiceSettings:
        """Make settings with the base URL of ``NCLUE_API_URL``, where that is set."""
        url = os.environ.get("NCLUE_API_URL")
        return cls(**({"api_url": url} if url else {}) | changes)


@dataclass(frozen=True)
class StorageSettings:
    """The bucket for datasets and results.

    Parameters
    ----------
    bucket : str
        Its name; it must exist.
    endpoint : str
        Base URL; ``https``, or ``http`` on loopback.
    region : str
        Region name of that endpoint.
    options : mapping
        Passed through to ``s3fs.S3FileSystem``, over this library's own settings.
    ca_bundle : str, optional
        File of certificates to trust instead of the usual ones.
    """

    bucket: str
    endpoint: str = STORAGE_ENDPOINT
    region: str = STORAGE_REGION
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    ca_bundle: str | None = None

    def __post_init__(self) -> None:
        check_url(self.endpoint, "endpoint")
        _check_bundle(self.ca_bundle)
        object.__setattr__(self, "endpoint", self.endpoint.rstrip("/"))
        if not _BUCKET.fullmatch(self.bucket):
            raise ConfigurationError(
                f"{self.bucket!r} cannot be a bucket: its name has 3 to 63 lower-case letters, "
                "digits, dots and hyphens. Give the name alone, without s3:// and without a path."
            )

    @classmethod
    def from_environment(cls, *, bucket: str, **changes: Any) -> StorageSettings:
        """Make settings with ``NCLUE_STORAGE_ENDPOINT`` and ``_REGION``, where they are set."""
        found = {
            name: os.environ.get(f"NCLUE_STORAGE_{name.upper()}") for name in ("endpoint", "region")
        }
        return cls(bucket=bucket, **{k: v for k, v in found.items() if v} | changes)


def check_url(url: str, argument: str) -> None:
    """Refuse a base URL that is not https, save on loopback.

    Raises
    ------
    ConfigurationError
        When `url` has no host, or sends keys in the clear.

    Examples
    --------
    >>> check_url("http://127.0.0.1:8000/api/v1", "api_url")
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(f"{argument}={url!r} is not a URL such as {BASE_URL!r}.")
    if parts.username or parts.password:
        raise ConfigurationError(f"{argument} must not hold a user or a password.")
    if parts.scheme == "http" and not is_loopback(url):
        raise ConfigurationError(
            f"{argument}={url!r} is plain http, which only this machine's loopback may use. "
            "Write https."
        )


def _check_bundle(path: str | None) -> None:
    if path is not None and not os.path.isfile(path):  # noqa: PTH113 - a text in all settings
        raise ConfigurationError(
            f"ca_bundle={path!r} is no file. Give a file of certificates in PEM form, or leave it "
            "out for the usual ones."
        )


def _check_positive(name: str, value: object) -> None:
    if isinstance(value, bool) or not (isinstance(value, (int, float)) and 0 < value < math.inf):
        raise ConfigurationError(f"{name}={value!r} is not a number above 0.")


def is_loopback(url: str) -> bool:
    """Return whether `url` names this machine."""
    return (urlsplit(url).hostname or "") in _LOOPBACK


@dataclass
class Options:
    """What can be switched for the whole process; see :func:`option_context`.

    Parameters
    ----------
    progress : bool or None
        Progress bars: on, off, or None for "in a notebook or a terminal".
    poll_first, poll_longest : float
        Seconds between two questions about a job, above 0: at first, and at most.
    """

    progress: bool | None = None
    poll_first: float = 2.0
    poll_longest: float = 60.0

    def __setattr__(self, name: str, value: object) -> None:
        if name not in {option.name for option in dataclasses.fields(self)}:
            known = ", ".join(option.name for option in dataclasses.fields(self))
            raise ConfigurationError(f"There is no option {name!r}. There are: {known}.")
        if name != "progress":
            _check_positive(name, value)
        elif not (value is None or isinstance(value, bool)):
            raise ConfigurationError(f"progress={value!r} is none of True, False and None.")
        super().__setattr__(name, value)


#: The options of this process.
options = Options()


@contextmanager
def option_context(**changes: Any) -> Iterator[Options]:
    """Set options inside a block, and put them back at its end.

    Parameters
    ----------
    **changes
        Names and values of :class:`Options`.

    Yields
    ------
    Options
        The options of the process.

    Raises
    ------
    ConfigurationError
        When there is no option of that name, or it cannot have that value.

    Examples
    --------
    >>> with option_context(progress=False) as options:
    ...     options.progress
    False
    """
    before = dataclasses.asdict(options)
    try:
        for name, value in changes.items():
            setattr(options, name, value)
        yield options
    finally:
        for name, value in before.items():
            setattr(options, name, value)
