"""Temporary keys of an NCP server's role, from the metadata service of the machine."""

from __future__ import annotations

import json
import threading
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
#: No answer (errors of requests are OSErrors), or one that holds no keys.
_FAILURES = (OSError, LookupError, OverflowError, RecursionError, TypeError, ValueError)
#: Keys are fetched anew this long before they end (NCP's advice).
REFRESH_BEFORE = timedelta(minutes=15)


def _now() -> datetime:
    return datetime.now(UTC)


class RoleCredentials:
    """Gives the role's present keys; fetches new ones in time.

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
        self._keys: Credentials | None = None
        self._refresh_at = now()

    def __call__(self) -> Credentials:
        """Return keys that are good for the next minutes.

        Raises
        ------
        CredentialsError
            When the metadata service does not answer, or the server has no role.
        """
        with self._lock:
            if self._keys is None or self._now() >= self._refresh_at:
                self._keys, self._refresh_at = self._fetch()
            return self._keys

    def _fetch(self) -> tuple[Credentials, datetime]:
        """Return keys and when to fetch new ones."""
        try:
            return self._ask()
        except _FAILURES as error:
            reason = type(error).__name__
        raise CredentialsError(
            f"No keys from the server role ({reason}): role=True works on an NCP VPC server that "
            "has a role. Elsewhere give keys in another way."
        )

    def _ask(self) -> tuple[Credentials, datetime]:
        import requests

        with requests.Session() as session:
            session.trust_env = False
            headers = self._token(session)
            role = self._get(session, _ROLE_PATH, headers).strip().splitlines()[0]
            return _read(json.loads(self._get(session, f"{_ROLE_PATH}/{role}", headers)))

    def _token(self, session: Any) -> dict[str, str]:
        """Ask for the token that version 2 of the metadata service wants; version 1 has none."""
        answer = session.put(
            f"{self._url}{_TOKEN_PATH}",
            headers={"X-NCP-METADATA-TOKEN-TTL-SECONDS": _TOKEN_SECONDS},
            timeout=_TIMEOUT,
            allow_redirects=False,
            stream=True,
        )
        with answer:
            return {"X-NCP-METADATA-TOKEN": _text(answer).strip()} if answer.ok else {}

    def _get(self, session: Any, path: str, headers: dict[str, str]) -> str:
        answer = session.get(
            f"{self._url}{path}",
            headers=headers,
            timeout=_TIMEOUT,
            allow_redirects=False,
            stream=True,
        )
        with answer:
            answer.raise_for_status()
            return _text(answer)


def _text(answer: Any) -> str:
    """Return the beginning of an answer; whole ones are far shorter."""
    body: bytes = next(answer.iter_content(_ANSWER_LIMIT), b"")
    return body.decode("utf-8", "replace")


def _read(answer: Any) -> tuple[Credentials, datetime]:
    end = datetime.fromisoformat(str(answer["Expiration"]))
    if end.tzinfo is None:
        end = end.replace(tzinfo=UTC)
    return Credentials(answer["AccessKeyId"], answer["SecretAccessKey"]), end - REFRESH_BEFORE
