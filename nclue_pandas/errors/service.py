"""Errors of talking to the service: no answer, an unreadable answer, a refusal."""

from __future__ import annotations

from typing import Any, ClassVar

from nclue_pandas.contract import CLOCK_TOLERANCE
from nclue_pandas.errors.base import DOCUMENTATION, NclueError
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _


def more(asked: object, link: str) -> str:
    """Return the sentence that tells where an error is explained."""
    return _("More: nclue_pandas.explain({asked}), or {link}").format(asked=asked, link=link)


class ServiceError(NclueError):
    """Something between this process and the service, or in the service."""

    remedy = N_("Try again; if it stays, look at the proxy in between.")


class ConnectionFailedError(ServiceError, ConnectionError):
    """The service could not be reached; nothing was done there."""

    remedy = N_(
        "See whether a proxy is needed (HTTPS_PROXY), whether a firewall lets https out, "
        "and whether NCLUE_API_URL is right."
    )


class ConnectionBrokenError(ServiceError, ConnectionError):
    """The connection broke after the request was sent: the work may have been done."""


class RequestTimeoutError(ServiceError, TimeoutError):
    """No answer came in time."""


class AmbiguousCreateError(ServiceError):
    """A create call failed in a way that leaves open whether the job exists.

    The cause (``__cause__``) is the failure itself.
    """

    remedy = N_(
        "Look the job up by its name before it is created again, as create_feature() and "
        "its like do."
    )


class InvalidAnswerError(ServiceError, ValueError):
    """The answer is not what the service documents: too large, not JSON, or of wrong types."""

    remedy = N_(
        "See whether a proxy answers in the place of the service; if not, record it with "
        "`python -m nclue_pandas doctor --record FILE`."
    )


class ApiError(ServiceError):
    """The service or its gateway refused the request.

    Parameters
    ----------
    detail : str
        The service's own message.
    status : int
        HTTP status.
    code : int, optional
        NCLUE's or the gateway's code.
    trace_id : str, optional
        The gateway's ``x-ncp-trace-id``: give it to NCP's support.
    method, path : str
        The request.

    Attributes
    ----------
    cause, remedy : str
        What the code means, and what to do next.
    retry_after : float or None
        Seconds that the service asks to wait.
    """

    #: The documented code of this class, where it has one.
    code: int | None = None
    cause: ClassVar[str] = N_("The service refused the request.")
    remedy: ClassVar[str] = N_("See its message; with the trace id, NCP's support can look it up.")

    def __init__(
        self,
        detail: str,
        *,
        status: int,
        code: int | None = None,
        trace_id: str | None = None,
        method: str = "",
        path: str = "",
    ) -> None:
        self.detail = detail
        self.status = status
        self.code = code if code is not None else type(self).code
        self.trace_id = trace_id
        self.method = method
        self.path = path
        self.retry_after: float | None = None
        super().__init__(self._compose())

    @classmethod
    def entry(cls) -> str:
        """Return where the documentation explains this class of errors."""
        return super().entry() if cls.code is None else f"{DOCUMENTATION}#code-{cls.code}"

    def _compose(self) -> str:
        asked = f"{self.method} {self.path}".strip() or _("The request")
        status = f"HTTP {self.status}"
        if self.code is not None:
            status = _("{status} code {code}").format(status=status, code=self.code)
        said = _("It says: {detail}.").format(detail=self.detail.rstrip("."))
        trace = _("Trace id {trace_id}.").format(trace_id=self.trace_id)
        known = type(self).code
        sentences = [
            _("{asked} was refused: {status}.").format(asked=asked, status=status),
            _(self.cause),
            _(self.remedy),
            *([said] if self.detail else []),
            *([trace] if self.trace_id else []),
            more(f'"{type(self).__name__}"' if known is None else known, self.link),
        ]
        return " ".join(sentences)


class NotFoundError(ApiError, LookupError):
    """404: nothing has this id or path."""

    cause = N_("Nothing has this id.")
    remedy = N_("List what there is; it may have been deleted, or belong to another account.")


class BadRequest(ApiError):  # noqa: N818 - HTTP's own word
    """400, gateway code 100: the request is malformed."""

    cause = N_("The gateway could not read the request.")
    remedy = N_("If it came from this library, report it with the trace id.")


class AuthenticationError(ApiError, PermissionError):
    """401, gateway code 200: the keys, the clock or the signature are wrong.

    Parameters
    ----------
    clock_ahead : float, optional
        Seconds that this machine's clock is ahead of the answer's ``Date``.
    """

    cause = N_(
        "The gateway did not accept the signature: the access key or the secret key is "
        "wrong, or this machine's clock is off by 5 minutes or more."
    )
    remedy = N_("Check both keys in the NCP console, and set the clock (for example with NTP).")

    def __init__(self, detail: str, *, clock_ahead: float | None = None, **found: Any) -> None:
        self.clock_ahead = clock_ahead
        super().__init__(detail, **found)

    def _compose(self) -> str:
        if self.clock_ahead is None:
            return super()._compose()
        off = abs(self.clock_ahead)
        if off < CLOCK_TOLERANCE:
            told = _("This machine's clock is right, so check both keys.")
        elif self.clock_ahead > 0:
            told = _("This machine's clock is {off:,.0f} s ahead of the service's: set it first.")
        else:
            told = _("This machine's clock is {off:,.0f} s behind the service's: set it first.")
        return f"{super()._compose()} {told.format(off=off)}"


class SubscriptionError(ApiError, PermissionError):
    """401, gateway code 210: no permission, or no subscription."""

    cause = N_(
        "The key pair is valid but may not use NCLUE, or the account is not subscribed to it."
    )
    remedy = N_("Subscribe to NCLUE in the NCP console and give the sub account its policy.")


class Forbidden(ApiError, PermissionError):  # noqa: N818 - HTTP's own word
    """403, gateway code 230."""

    cause = N_("The gateway forbids this request.")
    remedy = N_("Check the access rules of the account, such as allowed IP addresses.")


class NoSuchApi(ApiError):  # noqa: N818 - the gateway's own word
    """404, gateway code 300: the gateway knows no such API."""

    cause = N_("The gateway knows no API at this address.")
    remedy = N_("Check NCLUE_API_URL; NCLUE exists in the public zone of Korea only.")


class TooLarge(ApiError):  # noqa: N818 - HTTP's own word
    """413, gateway code 430."""

    cause = N_("The request is too large for the gateway.")
    remedy = N_("Send fewer or shorter values.")


class QuotaExceeded(ApiError):  # noqa: N818 - the gateway's own word
    """429, gateway code 400: the account's quota is used up; trying again does not help."""

    cause = N_("The account's quota of requests is used up.")
    remedy = N_("Wait for the next period, or ask NCP for a larger quota.")


class Throttled(ApiError):  # noqa: N818 - the gateway's own word
    """429: too many requests at a time."""

    cause = N_("More than one request per second came from the account.")
    remedy = N_("Other programs share the limit: pause them, or give all the same rate scope.")


class BackendError(ApiError):
    """5xx: the service failed; the work may have been done."""

    cause = N_("The service failed behind its gateway; the work may have been done all the same.")
    remedy = N_("Try again later; a create call looks the name up before it sends again.")


#: (HTTP status, gateway code) -> class; a status alone serves where the code is another.
GATEWAY: dict[tuple[int, int | None], type[ApiError]] = {
    (400, None): BadRequest,
    (401, None): AuthenticationError,
    (401, 210): SubscriptionError,
    (403, None): Forbidden,
    (404, None): NotFoundError,
    (404, 300): NoSuchApi,
    (413, None): TooLarge,
    (429, None): Throttled,
    (429, 400): QuotaExceeded,
}

#: The gateway's own codes -> class. Source: NCP's "Common API" page.
GATEWAY_CODES: dict[int, type[ApiError]] = {
    100: BadRequest,
    200: AuthenticationError,
    210: SubscriptionError,
    230: Forbidden,
    300: NoSuchApi,
    400: QuotaExceeded,
    410: Throttled,
    420: Throttled,
    430: TooLarge,
    500: BackendError,
    510: BackendError,
    900: BackendError,
}
