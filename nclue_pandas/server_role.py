"""Temporary keys of an NCP server's role, from the metadata service of the machine."""

from __future__ import annotations

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
        self._end = now()

    def __call__(self) -> Credentials:
        """Return keys that are good for the next minutes.

        Raises
        ------
        CredentialsError
            When the metadata service does not answer, or the server has no role.
        """
        with self._lock:
            if self._keys is None or self._now() >= self._end - REFRESH_BEFORE:
                self._keys, self._end = self._fetch()
            return self._keys

    def _fetch(self) -> tuple[Credentials, datetime]:
        import requests

        with requests.Session() as session:
            session.trust_env = False
            try:
                headers = self._token(session)
                role = self._get(session, _ROLE_PATH, headers).text.strip().splitlines()[0]
                answer = self._get(session, f"{_ROLE_PATH}/{role}", headers).json()
                return _read(answer)
            except (requests.RequestException, ValueError, KeyError, IndexError) as error:
                raise CredentialsError(
                    f"No keys from the server role ({type(error).__name__}): role=True works on "
                    "an NCP VPC server that has a role. Elsewhere give keys in another way."
                ) from None

    def _token(self, session: Any) -> dict[str, str]:
        """Ask for the token that version 2 of the metadata service wants; version 1 has none."""
        answer = session.put(
            f"{self._url}{_TOKEN_PATH}",
            headers={"X-NCP-METADATA-TOKEN-TTL-SECONDS": _TOKEN_SECONDS},
            timeout=_TIMEOUT,
            allow_redirects=False,
        )
        return {"X-NCP-METADATA-TOKEN": answer.text.strip()} if answer.ok else {}

    def _get(self, session: Any, path: str, headers: dict[str, str]) -> Any:
        answer = session.get(
            f"{self._url}{path}", headers=headers, timeout=_TIMEOUT, allow_redirects=False
        )
        answer.raise_for_status()
        return answer


def _read(answer: Any) -> tuple[Credentials, datetime]:
    end = datetime.fromisoformat(str(answer["Expiration"]))
    if end.tzinfo is None:
        end = end.replace(tzinfo=UTC)
    return Credentials(answer["AccessKeyId"], answer["SecretAccessKey"]), end
