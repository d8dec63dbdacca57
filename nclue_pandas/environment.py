"""What the environment says beside keys: places, certificates to trust, the proxy."""

from __future__ import annotations

import os
import re
import ssl
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from nclue_pandas.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Variables that name a file of certificates, as requests and curl, and the AWS tools read them.
BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
STORAGE_BUNDLES: Final = ("AWS_CA_BUNDLE", *BUNDLES)

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
#: ``"value"`` or ``'value'``, and a comment behind it.
_QUOTED: Final = re.compile(r"(?s)([\"'])(.*?)\1\s*(?:#.*)?")
_COMMENT: Final = re.compile(r"(?s)(?:^|\s+)#.*")


def plain_value(text: str) -> str:
    r"""Return a setting's value without quotes around it, without a comment behind it.

    ``docker --env-file`` and some shells keep both.

    Examples
    --------
    >>> plain_value('"abc"  # mine'), plain_value(" a#b # mine\n"), plain_value('"a')
    ('abc', 'a#b', '"a')
    """
    text = text.strip()
    quoted = _QUOTED.fullmatch(text)
    return (quoted[2] if quoted else _COMMENT.sub("", text)).strip()


def variable(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """Return the plain value of a variable; None when it is not set or empty."""
    environ = os.environ if environ is None else environ
    return plain_value(environ.get(name, "")) or None


def is_loopback(url: str) -> bool:
    """Return whether `url` names this machine."""
    return (urlsplit(url).hostname or "") in _LOOPBACK


def trusted(url: str, ca_bundle: str | None, names: Sequence[str]) -> str | bool:
    """Return what certificates of a server are verified by: a file, or True for the usual ones.

    Parameters
    ----------
    url : str
        The server; nothing of the environment concerns one that is asked over plain http.
    ca_bundle : str or None
        A file that is given; the environment has no say then.
    names : sequence of str
        Variables that may name a file; the first that is set is meant.

    Raises
    ------
    ConfigurationError
        When any file that is named cannot serve.
    """
    if ca_bundle is not None:
        return _bundle("ca_bundle", ca_bundle)
    if urlsplit(url).scheme == "http":
        return True
    named = {name: variable(name) for name in {*names, *STORAGE_BUNDLES}}
    found = {name: _bundle(name, path) for name, path in sorted(named.items()) if path}
    return next((found[name] for name in names if name in found), True)


def _bundle(name: str, path: object) -> str:
    """Return the path of a file of certificates."""
    if not isinstance(path, (str, os.PathLike)) or not os.path.isfile(path):  # noqa: PTH113
        raise ConfigurationError(
            f"{name}={path!r} is no file. Give a file of certificates in PEM form, or leave it "
            "out for the usual ones."
        )
    state = os.stat(path)  # noqa: PTH116 - a path of any kind
    try:
        _load(os.fspath(path), state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise ConfigurationError(
            f"{name}={path!r} holds no certificates that can be read "
            f"({type(error).__name__}: {error}). Give a file of certificates in PEM form."
        ) from None
    return os.fspath(path)


@lru_cache(maxsize=8)
def _load(path: str, _changed: int, _size: int) -> None:
    """Try the certificates of a file; once, as long as it is not written anew."""
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)


def proxies_of(url: str) -> dict[str, str]:
    """Return the proxy through which a server is asked, by scheme; empty for none.

    It is what the environment names (``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY``), and never
    one for this machine's loopback.

    Raises
    ------
    ConfigurationError
        When it cannot serve: malformed, or of a kind that Object Storage's library cannot use.
    """
    from requests.utils import get_environ_proxies, select_proxy

    if is_loopback(url):
        return {}
    proxy = select_proxy(url, get_environ_proxies(url))
    if not proxy:
        return {}
    _check_proxy(proxy)
    return {urlsplit(url).scheme: proxy}


def through(proxies: Mapping[str, str]) -> str:
    """Say through which proxy; what stands before an ``@`` may be a password.

    Examples
    --------
    >>> through({"https": "http://me:word@proxy:3128"}), through({})
    (' through the proxy proxy:3128', '')
    """
    named = [urlsplit(each).netloc or each for each in proxies.values()]
    return "".join(f" through the proxy {each.rpartition('@')[2]}" for each in named)


def way_to_look(proxies: Mapping[str, str], status: int | None = None) -> str:
    """Say what to check when a server cannot be reached; `status` is what a proxy answered."""
    if not proxies:
        return "Check the network, and whether a proxy is needed (HTTPS_PROXY)."
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return "The proxy wants a user: HTTPS_PROXY=http://user:password@host:port."
    if status is not None:
        return (
            f"The proxy answered {status}: ask whoever runs it to let this host pass, or except "
            "the host by NO_PROXY."
        )
    return "Check HTTPS_PROXY and the network, or except the host by NO_PROXY."


def _check_proxy(proxy: str) -> None:
    """Refuse what is no http proxy; what stands before an ``@`` may be a password."""
    names = [name for name, value in os.environ.items() if value == proxy]
    named = next((name for name in names if name.lower().endswith("_proxy")), "The proxy setting")
    shown = f"{named}={proxy.rpartition('@')[2]!r}"
    scheme, cause = _read_proxy(proxy if "://" in proxy else f"http://{proxy}")
    if scheme.startswith("socks"):
        raise ConfigurationError(
            f"{shown} is a SOCKS proxy, which the library of Object Storage cannot use. Name an "
            "http proxy, or except the hosts by NO_PROXY."
        )
    if cause:
        raise ConfigurationError(
            f"{shown} cannot be used as a proxy: {cause}. Write it as http://host:port, or take "
            "the setting away."
        )


def _read_proxy(url: str) -> tuple[str, str]:
    """Return the kind of a proxy, and why it cannot be used, where that is so."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", "it is no URL"
    try:
        _ = parts.port
    except ValueError:
        return parts.scheme, "its port is no number up to 65535"
    if not parts.hostname or not re.fullmatch(r"\S+", url):
        return parts.scheme, "it names no host"
    if parts.scheme not in {"http", "https"}:
        return parts.scheme, f"{parts.scheme!r} is no kind of proxy that is known"
    return parts.scheme, ""
