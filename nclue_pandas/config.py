"""Keys as values, settings of service and storage, and the options of the package."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, NoReturn, ParamSpec, TypeVar
from urllib.parse import urlsplit

from nclue_pandas.contract import BASE_URL, REQUESTS_PER_SECOND
from nclue_pandas.environment import (
    BUNDLES,
    STORAGE_BUNDLES,
    is_loopback,
    proxies_of,
    trusted,
    variable,
)
from nclue_pandas.errors import ConfigurationError, CredentialsError
from nclue_pandas.translation import LANGUAGES

#: Object Storage of the public zone of Korea.
STORAGE_ENDPOINT = "https://kr.object.ncloudstorage.com"
STORAGE_REGION = "kr-standard"

#: What is said elsewhere, so that options of s3fs cannot contradict it: where, and the place.
_SAID_ELSEWHERE = {
    "options": {
        **dict.fromkeys(("key", "secret", "token", "username", "password", "anon"), "keys"),
        "endpoint_url": "endpoint",
    },
    "client_kwargs": {
        "aws_access_key_id": "keys",
        "aws_secret_access_key": "keys",
        "aws_session_token": "keys",
        "endpoint_url": "endpoint",
        "config": "config_kwargs",
    },
    "config_kwargs": {"http_session_cls": "nothing: redirects must not be followed"},
}
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
        _check_text("rate_scope", self.rate_scope)
        if self.requests_per_second is not None:
            _check_positive("requests_per_second", self.requests_per_second)
        _check_positive("connect_timeout", self.connect_timeout)
        _check_positive("read_timeout", self.read_timeout)
        retries: object = self.retries
        if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
            raise ConfigurationError(f"retries={retries!r} is not a whole number from 0 on.")
        object.__setattr__(self, "api_url", self.api_url.rstrip("/"))
        _ = self.verify, self.proxies

    @property
    def verify(self) -> str | bool:
        """What the certificate of the service is verified by: a file, or True for the usual."""
        return trusted(self.api_url, self.ca_bundle, BUNDLES)

    @property
    def proxies(self) -> dict[str, str]:
        """The proxy on the way to the service, by scheme; empty for none."""
        return proxies_of(self.api_url)

    @classmethod
    def from_environment(cls, **changes: Any) -> ServiceSettings:
        """Make settings with the base URL of ``NCLUE_API_URL``, where that is set."""
        url = variable("NCLUE_API_URL")
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
        Passed through to ``s3fs.S3FileSystem``; mappings inside, such as ``config_kwargs``, are
        merged into this library's own settings.
    ca_bundle : str, optional
        File of certificates to trust instead of the usual ones.

    Raises
    ------
    ConfigurationError
        When a setting cannot be used, or would switch the verification of certificates off.
    """

    bucket: str
    endpoint: str = STORAGE_ENDPOINT
    region: str = STORAGE_REGION
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    ca_bundle: str | None = None

    def __post_init__(self) -> None:
        check_url(self.endpoint, "endpoint")
        object.__setattr__(self, "endpoint", self.endpoint.rstrip("/"))
        _check_text("bucket", self.bucket)
        _check_text("region", self.region)
        if not _BUCKET.fullmatch(self.bucket):
            raise ConfigurationError(
                f"{self.bucket!r} cannot be a bucket: its name has 3 to 63 lower-case letters, "
                "digits, dots and hyphens. Give the name alone, without s3:// and without a path."
            )
        _check_mapping("options", self.options)
        object.__setattr__(self, "options", merged({}, self.options))
        _check_options(self)
        _ = self.verify, self.proxies

    @property
    def verify(self) -> str | bool:
        """What the store's certificate is verified by: a file, or True for the usual ones."""
        return trusted(self.endpoint, self.ca_bundle, STORAGE_BUNDLES)

    @property
    def proxies(self) -> dict[str, str]:
        """The proxy on the way to the store, by scheme; empty for none."""
        return proxies_of(self.endpoint)

    @classmethod
    def from_environment(cls, *, bucket: str, **changes: Any) -> StorageSettings:
        """Make settings with ``NCLUE_STORAGE_ENDPOINT`` and ``_REGION``, where they are set."""
        found = {name: variable(f"NCLUE_STORAGE_{name.upper()}") for name in ("endpoint", "region")}
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
    try:
        parts = urlsplit(url)
        _ = parts.port
    except (AttributeError, TypeError, ValueError):
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        shown = str(url).rpartition("@")[2]  # before it may be a password
        raise ConfigurationError(f"{argument}={shown!r} is not a URL such as {BASE_URL!r}.")
    if parts.username or parts.password:
        raise ConfigurationError(f"{argument} must not hold a user or a password.")
    if parts.scheme == "http" and not is_loopback(url):
        raise ConfigurationError(
            f"{argument}={url!r} is plain http, which only this machine's loopback may use. "
            "Write https."
        )


def merged(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one mapping over another; mappings inside are merged too, and copied.

    Examples
    --------
    >>> merged({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"c": 4}})
    {'a': {'b': 1, 'c': 4}, 'd': 3}
    """
    both = dict(ours)
    for name, value in theirs.items():
        under = both.get(name)
        inner = under if isinstance(under, Mapping) else {}
        both[name] = merged(inner, value) if isinstance(value, Mapping) else value
    return both


def _check_options(settings: StorageSettings) -> None:
    """Refuse options of s3fs that contradict other settings, or verify no certificates."""
    options = settings.options
    for where, said in _SAID_ELSEWHERE.items():
        given = options if where == "options" else options.get(where) or {}
        _check_mapping(where, given)
        for name in said.keys() & given.keys():
            raise ConfigurationError(
                f"{name!r} in {where} of the storage is not taken: it is said by {said[name]}."
            )
    if is_loopback(settings.endpoint):
        return
    verify = (options.get("client_kwargs") or {}).get("verify")
    connector = (options.get("config_kwargs") or {}).get("connector_args") or {}
    if isinstance(verify, str):
        trusted(settings.endpoint, verify, ())
    elif not (verify is None or verify is True) or "ssl_context" in connector:
        raise ConfigurationError(
            "The storage's options would switch the verification of certificates off, which only "
            "this machine's loopback may do. Give ca_bundle= a file of the certificates to trust."
        )


def _check_mapping(name: str, value: object) -> None:
    if not isinstance(value, Mapping):
        raise ConfigurationError(
            f"{name} of the storage is {value!r:.60}; it is a mapping of names to values."
        )


def _check_text(name: str, value: object) -> None:
    if value is not None and not isinstance(value, str):
        raise ConfigurationError(f"{name}={value!r:.60} is no text.")


def _check_positive(name: str, value: object) -> None:
    if isinstance(value, bool) or not (isinstance(value, (int, float)) and 0 < value < math.inf):
        raise ConfigurationError(f"{name}={value!r} is not a number above 0.")


@dataclass
class Options:
    """What can be switched for the whole process; see :func:`option_context`.

    Parameters
    ----------
    progress : bool or None
        Progress bars: on, off, or None for "in a notebook or a terminal".
    poll_first, poll_longest : float
        Seconds between two questions about a job, above 0: at first, and at most.
    language : {"en", "ko"}
        Of messages, reports, cards and pictures, as each is made.
    """

    progress: bool | None = None
    poll_first: float = 2.0
    poll_longest: float = 60.0
    language: str = "en"

    def __setattr__(self, name: str, value: object) -> None:
        if name not in {option.name for option in dataclasses.fields(self)}:
            known = ", ".join(option.name for option in dataclasses.fields(self))
            raise ConfigurationError(f"There is no option {name!r}. There are: {known}.")
        if name == "language":
            if value not in LANGUAGES:
                raise ConfigurationError(f"language={value!r:.60} is none of {LANGUAGES}.")
        elif name != "progress":
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
