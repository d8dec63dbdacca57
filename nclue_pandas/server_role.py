"""Temporary keys of an NCP server's role, from the metadata service of the machine."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from nclue_pandas.config import Credentials
from nclue_pandas.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable

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
