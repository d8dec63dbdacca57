"""Where users have their keys: arguments, environment, ``~/.ncloud/configure``, server role.

A pair comes from one source; half a pair is an error, never completed from another. Source of the
names and of both shapes of the file: the documentation of NCP's command line and SDKs.

Temporary keys of an NCP server's role, from the metadata service of the machine.
"""

from __future__ import annotations

import json
import os
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nclue_pandas.config import Credentials, leaving_no_trace
from nclue_pandas.environment import plain_value, variable
from nclue_pandas.errors import ConfigurationError, CredentialsError
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nclue_pandas.config import CredentialsProvider

#: Of each pair of names the first that is set wins.
ACCESS_VARIABLES = ("NCLOUD_ACCESS_KEY_ID", "NCLOUD_ACCESS_KEY")
SECRET_VARIABLES = ("NCLOUD_SECRET_ACCESS_KEY", "NCLOUD_SECRET_KEY")
GATEWAY_VARIABLE = "NCLOUD_API_GW"
PROFILE_VARIABLE = "NCLOUD_PROFILE"
_FILE_ACCESS, _FILE_SECRET = "ncloud_access_key_id", "ncloud_secret_access_key"
_FILE_GATEWAY = "ncloud_api_url"
_DEFAULT_PROFILE = "DEFAULT"
SITE_VARIABLE = "NCLOUD_SITE"
#: The zones where NCLUE does not exist, by the value of NCLOUD_SITE; their gateways are hosts
#: below ``fin-ntruss.com`` and ``gov-ntruss.com``, or begin with ``fin-`` and ``gov-``.
_OTHER_ZONES: Final = {"fin": "finance", "gov": "government"}
#: What other programs call the keys of NCP; those of AWS are often NCP's for Object Storage.
_OTHER_NAMES: Final = re.compile(
    r"(?i)\w*(?:NCP|NCLOUD|NCLUE|NAVER|AWS)\w*?(?:ACCESS|SECRET)_?\w*?KEY(?:_?ID)?"
)
_OTHER_FILES: Final = (".config/ncloud-community/configure", ".aws/credentials")


@leaving_no_trace
def resolve_credentials(
    *,
    access_key: str | None = None,
    secret_key: str | None = None,
    profile: str | None = None,
    role: bool = False,
    environ: Mapping[str, str] | None = None,
    home: Path | None = None,
) -> CredentialsProvider:
    """Find the key pair.

    Parameters
    ----------
    access_key, secret_key : str, optional
        Used as they are.
    profile : str, optional
        Section of ``~/.ncloud/configure``; when given, the environment's keys are not looked at.
    role : bool, default False
        Ask the metadata service of an NCP server instead.
    environ : mapping, optional
        By default the environment of the process.
    home : Path, optional
        By default the user's.

    Returns
    -------
    callable
        Gives :class:`Credentials` whenever they are needed.

    Raises
    ------
    CredentialsError
        When nothing is found, or half a pair, or no such profile; when two sources are asked for.
    """
    environ = os.environ if environ is None else environ
    if profile and (access_key or secret_key):
        raise CredentialsError(
            "profile names a key pair, and so do access_key and secret_key: give one of the two."
        )
    if role:
        if access_key or secret_key or profile:
            raise CredentialsError("role=True goes without access_key, secret_key and profile.")

        return RoleCredentials()
    found = (
        _pair(access_key, secret_key, "the arguments access_key and secret_key")
        or (None if profile else _from_environment(environ))
        or _from_file(profile, environ, home)
    )
    if found is None:
        raise CredentialsError(
            _(
                "No key pair was found. Set {access} and {secret}, or write ~/.ncloud/configure "
                "with {file_access} and {file_secret}, or pass access_key= and secret_key=; on an "
                "NCP server with a role, role=True. To try without an account: connect('sandbox')."
            ).format(
                access=ACCESS_VARIABLES[0],
                secret=SECRET_VARIABLES[0],
                file_access=_FILE_ACCESS,
                file_secret=_FILE_SECRET,
            )
            + _elsewhere(environ, home)
        )
    return _static(found)


def source_of_credentials(
    *, profile: str | None = None, role: bool = False, environ: Mapping[str, str] | None = None
) -> str:
    """Say where :func:`resolve_credentials` finds a key pair that is not given as arguments.

    Parameters
    ----------
    profile, role, environ
        As for :func:`resolve_credentials`, which found a pair with them.

    Returns
    -------
    str
        For people; it names places, never values.

    Examples
    --------
    >>> source_of_credentials(environ={"NCLOUD_ACCESS_KEY": "a", "NCLOUD_SECRET_KEY": "b"})
    'the environment (NCLOUD_ACCESS_KEY, NCLOUD_SECRET_KEY)'
    """
    environ = os.environ if environ is None else environ
    if role:
        return "the role of this server"
    names = [_first_set(names, environ) for names in (ACCESS_VARIABLES, SECRET_VARIABLES)]
    if not profile and all(names):
        return f"the environment ({names[0]}, {names[1]})"
    section = profile or variable(PROFILE_VARIABLE, environ) or _DEFAULT_PROFILE
    return f"~/.ncloud/configure [{section}]"


def _static(credentials: Credentials) -> Callable[[], Credentials]:
    return lambda: credentials


def _pair(access: str | None, secret: str | None, source: str) -> Credentials | None:
    given: dict[str, object] = {"access": access, "secret": secret}
    for name, each in given.items():
        if each is not None and not isinstance(each, str):
            raise CredentialsError(
                f"The {name} key in {source} is {type(each).__name__}: give it as text."
            )
    pair = {"access": plain_value(access or ""), "secret": plain_value(secret or "")}
    if not any(pair.values()):
        return None
    for name, key in pair.items():
        if not key:
            raise CredentialsError(
                f"Only half a key pair is in {source}: the {name} key is missing. Give both there; "
                "keys of different sources are never mixed."
            )
        if re.search(r"[\s\"']", key):
            raise CredentialsError(
                f"The {name} key in {source} holds a quote or white space, which no key has. "
                "Copy it from the NCP console again, without quotes."
            )
    return Credentials(pair["access"], pair["secret"])


def _elsewhere(environ: Mapping[str, str], home: Path | None) -> str:
    """Tell of keys that lie under names that are not read, and what to call them."""
    read = {*ACCESS_VARIABLES, *SECRET_VARIABLES}
    found = [
        f"{name} (as {(SECRET_VARIABLES if 'SECRET' in name.upper() else ACCESS_VARIABLES)[0]})"
        for name in sorted(environ)
        if name not in read and _OTHER_NAMES.fullmatch(name) and variable(name, environ)
    ]
    files = [f"~/{name}" for name in _OTHER_FILES if ((home or Path.home()) / name).is_file()]
    told = ""
    if found:
        told += f" These are set, and not read: {', '.join(found)}; rename them if they are NCP's."
    if files:
        told += f" Not read either: {', '.join(files)}; copy NCP's keys to ~/.ncloud/configure."
    return told


def _from_environment(environ: Mapping[str, str]) -> Credentials | None:
    access, secret = (_first_set(names, environ) for names in (ACCESS_VARIABLES, SECRET_VARIABLES))
    found = _pair(
        environ.get(access or ""),
        environ.get(secret or ""),
        f"the environment ({access or ACCESS_VARIABLES[0]}, {secret or SECRET_VARIABLES[0]})",
    )
    if found is not None:
        for name in (GATEWAY_VARIABLE, _FILE_GATEWAY, SITE_VARIABLE):
            _check_zone(variable(name, environ), f"the environment ({name})")
    return found


def _first_set(names: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    """Return the first name that has a value."""
    return next((name for name in names if variable(name, environ)), None)


def _from_file(
    profile: str | None, environ: Mapping[str, str], home: Path | None
) -> Credentials | None:
    path = (home or Path.home()) / ".ncloud" / "configure"
    asked = profile or variable(PROFILE_VARIABLE, environ)
    try:
        sections = read_configure(path.read_text("utf-8"))
    except FileNotFoundError:
        if asked:
            raise CredentialsError(
                f"Profile {asked!r} was asked for, but there is no {path}."
            ) from None
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise CredentialsError(f"{path} cannot be read: {type(error).__name__}.") from None
    section = asked or _DEFAULT_PROFILE
    if section not in sections:
        if not asked:
            return None
        there = ", ".join(repr(name) for name in sections) or "none"
        raise CredentialsError(f"There is no profile {asked!r} in {path}. There are: {there}.")
    values = sections[section]
    found = _pair(values.get(_FILE_ACCESS), values.get(_FILE_SECRET), f"{path} [{section}]")
    if found is None and asked:
        raise CredentialsError(f"Profile {asked!r} in {path} holds no keys.")
    if found is not None:
        gateway = plain_value(values.get(_FILE_GATEWAY, ""))
        _check_zone(gateway or variable(SITE_VARIABLE, environ), f"{path} [{section}]")
    return found


def read_configure(text: str) -> dict[str, dict[str, str]]:
    r"""Read the text of ``~/.ncloud/configure``, with or without section headers.

    Values are plain (``%`` too), split at the first ``=``; lines that begin with ``#`` are
    comments. Lines before any header belong to ``DEFAULT``.

    Parameters
    ----------
    text : str
        The file's text.

    Returns
    -------
    dict
        Section -> name -> value.

    Examples
    --------
    >>> read_configure("ncloud_access_key_id = A%B=\n[test]\n# no\nncloud_api_url=x")
    {'DEFAULT': {'ncloud_access_key_id': 'A%B='}, 'test': {'ncloud_api_url': 'x'}}
    """
    sections: dict[str, dict[str, str]] = {}
    current = _DEFAULT_PROFILE
    for line in text.lstrip("\ufeff").splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if stripped.startswith("[") and stripped.endswith("]"):
            current = stripped[1:-1].strip()
            sections.setdefault(current, {})
            continue
        name, equals, value = stripped.partition("=")
        if equals:
            sections.setdefault(current, {})[name.strip()] = value.strip()
    return sections


def _check_zone(told: str | None, source: str) -> None:
    """Refuse keys of a zone in which the service does not exist."""
    host = re.sub(r"^\w+://|[:/].*", "", (told or "").lower())
    for mark, zone in _OTHER_ZONES.items():
        named = host.startswith(f"{mark}-") and host.endswith("ntruss.com")
        if host == mark or named or host.endswith(f".{mark}-ntruss.com"):
            raise ConfigurationError(
                f"The keys in {source} are of the {zone} zone ({told}); NCLUE exists in the "
                "public zone of Korea only. Use keys of an account there."
            )


METADATA_URL = "http://169.254.169.254"
_ROLE_PATH = "/latest/meta-data/iam/security-credentials"
_TOKEN_PATH = "/latest/api/token"  # noqa: S105 - a path
_TOKEN_SECONDS = "21600"  # noqa: S105 - how long a token may be used
_TIMEOUT = 2.0
_ANSWER_LIMIT = 64 * 2**10
_REDIRECTS = range(300, 400)
#: No answer (errors of requests are OSErrors), or one that holds no keys.
_FAILURES = (OSError, LookupError, OverflowError, RecursionError, TypeError, ValueError)
#: Keys are fetched anew this long before they end (NCP's advice), or at half their life.
REFRESH_BEFORE = timedelta(minutes=15)
#: After a failure, keys that are still good serve this long before new ones are asked for again.
_PAUSE = timedelta(minutes=1)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class _Held:
    """The role's keys, and until when they are good."""

    keys: Credentials
    end: datetime


class _RedirectError(ValueError):
    """The metadata service names another server."""


class RoleCredentials:
    """Gives the role's present keys; fetches new ones in time.

    While the metadata service fails, the old keys serve until their end.

    Parameters
    ----------
    url : str
        The metadata service.
    now : callable
        The present time, aware.
    """

    def __init__(self, url: str = METADATA_URL, now: Callable[[], datetime] = _now) -> None:
        self._url = url
        self._now = now
        self._lock = threading.Lock()
        self._held: _Held | None = None
        self._refresh_at = now()

    def __call__(self) -> Credentials:
        """Return keys that are good for the next minutes.

        Raises
        ------
        CredentialsError
            When no keys are held that are good, and the metadata service does not answer, or the
            server has no role.
        """
        with self._lock:
            now = self._now()
            held = self._held
            if held is None or now >= self._refresh_at:
                held = self._held = self._refreshed(now)
            return held.keys

    def _refreshed(self, now: datetime) -> _Held:
        """Return new keys; where there are none, the old ones for a while, if they are good."""
        try:
            held = self._ask()
            life = held.end - now
            if life <= timedelta(0):
                raise ValueError(f"keys that ended at {held.end}")
            self._refresh_at = held.end - min(REFRESH_BEFORE, life / 2)
        except _FAILURES as error:
            reason = str(error) if isinstance(error, _RedirectError) else type(error).__name__
        else:
            return held
        if self._held is None or now >= self._held.end:
            raise CredentialsError(
                f"No keys from the server role ({reason}): role=True works on an NCP VPC server "
                "that has a role. Elsewhere give keys in another way."
            )
        self._refresh_at = min(now + _PAUSE, self._held.end)
        return self._held

    def _ask(self) -> _Held:
        import requests

        with requests.Session() as session:
            session.trust_env = False
            headers = self._token(session)
            role = self._get(session, _ROLE_PATH, headers).strip().splitlines()[0]
            answer = json.loads(self._get(session, f"{_ROLE_PATH}/{role}", headers))
        return _read(answer, role)

    def _token(self, session: Any) -> dict[str, str]:
        """Ask for the token that version 2 of the metadata service wants; version 1 has none."""
        with session.put(
            f"{self._url}{_TOKEN_PATH}",
            headers={"X-NCP-METADATA-TOKEN-TTL-SECONDS": _TOKEN_SECONDS},
            timeout=_TIMEOUT,
            allow_redirects=False,
            stream=True,
        ) as answer:
            _check_redirect(answer)
            return {"X-NCP-METADATA-TOKEN": _text(answer).strip()} if answer.ok else {}

    def _get(self, session: Any, path: str, headers: dict[str, str]) -> str:
        with session.get(
            f"{self._url}{path}",
            headers=headers,
            timeout=_TIMEOUT,
            allow_redirects=False,
            stream=True,
        ) as answer:
            _check_redirect(answer)
            answer.raise_for_status()
            return _text(answer)


def _check_redirect(answer: Any) -> None:
    """Refuse keys that come from elsewhere."""
    if answer.status_code in _REDIRECTS:
        raise _RedirectError(f"HTTP {answer.status_code}, a redirect, which is not followed")


def _text(answer: Any) -> str:
    """Return the beginning of an answer; whole ones are far shorter."""
    body: bytes = next(answer.iter_content(_ANSWER_LIMIT), b"")
    return body.decode("utf-8", "replace")


def _read(answer: Any, role: str) -> _Held:
    end = datetime.fromisoformat(str(answer["Expiration"]))
    if end.tzinfo is None:
        end = end.replace(tzinfo=UTC)
    keys = Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], holder=f"role {role}")
    return _Held(keys, end)
