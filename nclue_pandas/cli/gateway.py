"""The gateway: can it be reached, does it take the signature, and is this machine's clock right."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from nclue_pandas.cli.findings import Finding
from nclue_pandas.contract import CLOCK_TOLERANCE
from nclue_pandas.errors import (
    ApiError,
    AuthenticationError,
    ServiceError,
)
from nclue_pandas.service.operations import Service
from nclue_pandas.service.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from requests import Response

    from nclue_pandas.cli.account import Account

#: Seconds that this machine's clock may be off before the doctor warns; the Date header of an
#: answer is exact to a second, and the way takes some time.
_CLOCK_WARNING: Final = 60.0


class Gateway:
    """The service of an account, with an ear on the answers.

    Parameters
    ----------
    account : Account
        Whose service is asked.
    clock : callable
        Seconds since the epoch on this machine.
    """

    def __init__(self, account: Account, clock: Callable[[], float] = time.time) -> None:
        self._url = account.service.api_url
        self._clock = clock
        self._ahead: float | None = None
        self.transport = Transport(account.service, account.credentials, clock=clock)
        self.transport.watch(self._hear)
        self.service = Service(self.transport)

    def findings(self) -> Iterator[Finding]:
        """Ask for one feature, and yield what that tells of gateway, clock and signature."""
        started = time.monotonic()
        try:
            page = self.service.list_features(limit=1)
        except ApiError as error:
            yield Finding("OK", "gateway", f"{self._url} answers.")
            yield from self._clock_finding()
            said = f"Refused: HTTP {error.status}, code {error.code}. {error.cause}"
            yield Finding("FAIL", "signature", said, self._remedy(error))
        except ServiceError as error:
            yield Finding("FAIL", "gateway", str(error), error.remedy)
        else:
            seconds = time.monotonic() - started
            yield Finding("OK", "gateway", f"{self._url} answers in {seconds:.2f} s.")
            yield from self._clock_finding()
            count = "some" if page.total is None else f"{page.total:,}"
            yield Finding("OK", "signature", f"Accepted; the account has {count} features.")

    def _remedy(self, error: ApiError) -> str:
        """Rule out what the clock's finding tells already."""
        if isinstance(error, AuthenticationError) and self._ahead is not None:
            if abs(self._ahead) < CLOCK_TOLERANCE:
                return "The clock is right, so check both keys in the NCP console."
            return "Set the clock first, then see whether the keys are right."
        return error.remedy

    def _hear(self, response: Response, **_: Any) -> None:
        try:
            theirs = parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
        except ValueError:
            return
        self._ahead = self._clock() - theirs

    def _clock_finding(self) -> Iterator[Finding]:
        if self._ahead is None:
            yield Finding("WARN", "clock", "The gateway tells no time.", "Compare it with NTP.")
            return
        off = abs(self._ahead)
        said = f"This machine is {off:.0f} s {'ahead of' if self._ahead > 0 else 'behind'} it."
        if off >= CLOCK_TOLERANCE:
            remedy = (
                f"Set the clock (for example with NTP): from {CLOCK_TOLERANCE:.0f} s on, every "
                "request is refused."
            )
            yield Finding("FAIL", "clock", said, remedy)
        elif off >= _CLOCK_WARNING:
            yield Finding("WARN", "clock", said, "Set the clock, for example with NTP.")
        else:
            yield Finding("OK", "clock", f"Within {_CLOCK_WARNING:.0f} s of the gateway's.")
