"""What a refusal says of itself, in any of the shapes that NCP's services use.

The shape for NCLUE's own codes is undocumented; :func:`read_error` takes every one that was seen
on NCP, codes as numbers or strings, and plain text, HTML and empty bodies.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nclue_pandas.contract import ERROR_CODES
from nclue_pandas.errors.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

_CODE_NAMES = ("errorCode", "code", "returnCode")
_MESSAGE_NAMES = ("message", "msg", "returnMessage", "errorMessage", "error")
_WRAPPERS = ("error", "status", "responseError")
_CODE_HEADER, _MESSAGE_HEADER = "x-ncp-apigw-error-code", "x-ncp-apigw-error-message"
#: A code's name -> the code: bodies may carry either.
_NAMED = {name: code for code, (_, name) in ERROR_CODES.items()}
_TEXT_SHOWN = 300
_INVISIBLE = re.compile(r"(?is)<(script|style|head)\b.*?</\1>|<[^>]*>")


@dataclass(frozen=True)
class ErrorBody:
    """Code and message of a refusal.

    Parameters
    ----------
    code : int or None
        The service's or the gateway's code.
    message : str
        For people; may be empty.
    """

    code: int | None
    message: str


def read_error(body: bytes, headers: Mapping[str, str]) -> ErrorBody:
    """Read the body of a refusal.

    Parameters
    ----------
    body : bytes
        As it came.
    headers : mapping
        Of the answer; they serve where the body says nothing.

    Returns
    -------
    ErrorBody
        As much as is said.

    Examples
    --------
    >>> read_error(b'{"error": {"errorCode": "210", "message": "Permission Denied"}}', {})
    ErrorBody(code=210, message='Permission Denied')
    >>> read_error(b"<h1>Bad Gateway</h1>", {})
    ErrorBody(code=None, message='Bad Gateway')
    >>> read_error(b'{"code": "DUPLICATE_NAME", "message": "taken"}', {}).code
    10102
    """
    found = _from_json(body) or ErrorBody(None, _plain(body))
    return ErrorBody(
        found.code if found.code is not None else _code(headers.get(_CODE_HEADER)),
        found.message or _short(headers.get(_MESSAGE_HEADER) or ""),
    )


def _from_json(body: bytes) -> ErrorBody | None:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict):
        return None
    inner = next((answer[name] for name in _WRAPPERS if isinstance(answer.get(name), dict)), answer)
    codes = [_code(inner.get(name)) for name in _CODE_NAMES]
    codes += [_named(value) for value in (*inner.values(), *answer.values())]
    code = next((code for code in codes if code is not None), None)
    texts = [inner.get(name) for name in (*_MESSAGE_NAMES, "details")]
    said = [text for text in texts if isinstance(text, str) and text.strip()]
    return ErrorBody(code, _short(": ".join(dict.fromkeys(said))))


def _code(value: Any) -> int | None:
    """Return a code that is written as a number, as text, or by its name."""
    if isinstance(value, bool):
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return _named(value)


def _named(value: Any) -> int | None:
    return _NAMED.get(value.strip().upper()) if isinstance(value, str) else None


def _plain(body: bytes) -> str:
    text = body[: 20 * _TEXT_SHOWN].decode("utf-8", "replace")
    return _short(html.unescape(_INVISIBLE.sub(" ", text)))


def _short(text: str) -> str:
    text = printable(" ".join(text.split()))
    return text if len(text) <= _TEXT_SHOWN else f"{text[:_TEXT_SHOWN]}…"
