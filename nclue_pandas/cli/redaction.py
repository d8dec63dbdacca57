"""What a record may show: the shape of an exchange, and nothing that names anybody.

It is a list of what is let through; everything else is replaced by its shape. A letter becomes
``a`` or ``A``, a letter of another script ``x``, a digit ``0``; punctuation stays. So
``"shop/results/2026.tsv"`` reads ``"aaaa/aaaaaaa/0000.aaa"``: its form is what tells something
about the service, and its words are nobody else's business.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from nclue_pandas.contract import FAIL_CODES

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Headers whose values tell about the server alone.
_PLAIN_HEADERS: Final = frozenset(
    {
        *("accept", "accept-ranges", "cache-control", "connection", "content-encoding"),
        *("content-length", "content-type", "date", "keep-alive", "retry-after", "server"),
        *("transfer-encoding", "vary", "x-amz-bucket-region", "x-amz-content-sha256"),
        *("x-ncp-apigw-error-code", "x-ncp-apigw-error-message"),
    }
)
#: Headers of which not even the shape is shown.
_SECRET_HEADERS: Final = frozenset(
    {
        *("authorization", "cookie", "proxy-authorization", "set-cookie", "x-amz-security-token"),
        *("x-ncp-apigw-signature-v2", "x-ncp-iam-access-key"),
    }
)
_REDACTED: Final = "(redacted)"
#: Fields of answers whose values are the service's own vocabulary, or its counts of pages.
_PLAIN_FIELDS: Final = frozenset(
    {"index", "limit", "total", "status", "errorCode", "code", "returnCode", "AUROC"}
)
#: Fields for people; of these the words that belong to nobody are kept.
_PROSE_FIELDS: Final = frozenset({"message", "msg", "returnMessage", "errorMessage", "error"})
_PROSE: Final = frozenset(
    {
        *("a", "access", "an", "api", "are", "authentication", "bad", "be", "can", "denied"),
        *("does", "error", "exist", "expired", "failed", "feature", "file", "forbidden", "found"),
        *("gateway", "id", "in", "information", "internal", "invalid", "is", "limit", "many"),
        *("method", "missing", "must", "not", "of", "or", "parameter", "path", "permission"),
        *("processing", "profile", "quota", "rate", "request", "requests", "required", "run"),
        *("server", "service", "signature", "storage", "task", "the", "throttled", "timeout"),
        *("to", "token", "too", "unauthorized", "unavailable", "value", "was"),
    }
)
_WORD: Final = re.compile(r"[A-Za-z_]{1,24}|[0-9.]{1,8}")
_TIME: Final = re.compile(r"\d{4}-?\d\d-?\d\d[T ]\d\d:?\d\d(:?\d\d)?([.,]\d+)?")
#: Elements of Object Storage's answers that name nothing.
_PLAIN_ELEMENTS: Final = frozenset(
    {"Code", "IsTruncated", "MaxKeys", "KeyCount", "EncodingType", "StorageClass"}
)
_ELEMENT: Final = re.compile(r"(<([\w:]+)[^<>]*>)([^<>]+)(?=<)")
_PLAIN_PARAMETERS: Final = frozenset({"index", "limit", "max-keys", "list-type"})
#: Segments of the service's own paths, which are public.
_SEGMENT: Final = re.compile(
    r"api|v1|features|tasks|task-runs|profile|shopping-intents(-download)?|custom-attributes"
)
_LINES_SHOWN: Final = 3


def shape(text: str) -> str:
    """Return the form of a text without its words.

    Examples
    --------
    >>> shape("Shop-2026/러닝화.csv")
    'Aaaa-0000/xxx.aaa'
    """
    return "".join(_shape(letter) for letter in text)


def _shape(letter: str) -> str:
    if letter.isdigit():
        return "0"
    if letter.isascii():
        return ("A" if letter.isupper() else "a") if letter.isalpha() else letter
    return "x"


def headers(values: Mapping[str, str]) -> dict[str, str]:
    """Keep the names, and the values that tell about the server alone."""
    return {name: _header(name.lower(), value) for name, value in values.items()}


def _header(name: str, value: str) -> str:
    if name in _SECRET_HEADERS:
        return _REDACTED
    return value if name in _PLAIN_HEADERS else shape(value)


def target(url: str) -> str:
    """Keep the service's own words of a request target, and the numbers of pages.

    Examples
    --------
    >>> target("https://host/api/v1/features/0a1b?index=2&name=shop")
    '/api/v1/features/0a0a?index=2&name=aaaa'
    """
    parts = urlsplit(url)
    path = "/".join(
        piece if _SEGMENT.fullmatch(piece) else shape(piece) for piece in parts.path.split("/")
    )
    query = "&".join(
        f"{name}={value if name in _PLAIN_PARAMETERS and value.isdigit() else shape(value)}"
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    return f"{path}?{query}" if query else path


def body(content: bytes, content_type: str) -> Any:
    """Return what a body may show: JSON with its fields, XML with its elements, else a shape."""
    try:
        return value(json.loads(content))
    except (ValueError, RecursionError):
        text = content.decode("utf-8", "replace")
    if "xml" in content_type or text.startswith("<?xml"):
        return _ELEMENT.sub(_element, text)
    lines = text.splitlines(keepends=True)
    return [shape(line) for line in lines[:_LINES_SHOWN]]


def value(answer: Any, field: str = "") -> Any:
    """Return a JSON value with the fields that it has and the types that they are of.

    Examples
    --------
    >>> value({"feature_name": "shop", "status": "completed", "user_count": 1200, "total": 3})
    {'feature_name': 'aaaa', 'status': 'completed', 'user_count': 1000, 'total': 3}
    """
    if isinstance(answer, dict):
        return {str(name): value(inner, str(name)) for name, inner in answer.items()}
    if isinstance(answer, list):
        return [value(inner, field) for inner in answer]
    if answer is None or isinstance(answer, bool):
        return answer
    if isinstance(answer, int):
        return answer if field in _PLAIN_FIELDS else _magnitude(answer)
    if isinstance(answer, float):
        return answer if field in _PLAIN_FIELDS else 0.5
    return _text(str(answer), field)


def _text(text: str, field: str) -> str:
    if field in _PLAIN_FIELDS and _WORD.fullmatch(text):
        return text
    if field in _PROSE_FIELDS:
        return re.sub(r"[^\s.,:;()]+", _spoken, text)
    if field == "fail_message":
        codes = " ".join(code for code in FAIL_CODES if code in text)
        return f"{codes or 'no known code'}: {shape(text)}"
    if time := _TIME.match(text):
        return shape(time.group()) + text[time.end() :][:6]
    return shape(text)


def _spoken(match: re.Match[str]) -> str:
    """Keep a word of the service's own prose, or one of its names in capitals."""
    word = match.group()
    known = word.lower() in _PROSE or set(word.lower().split("_")) <= _PROSE
    return word if known else shape(word)


def _magnitude(number: int) -> int:
    """Return the power of ten of about the same size, which is not the number.

    Examples
    --------
    >>> _magnitude(4_321), _magnitude(0)
    (1000, 0)
    """
    return 10 ** (len(str(abs(number))) - 1) if number else 0


def _element(match: re.Match[str]) -> str:
    opening, name, text = match.groups()
    return opening + (text if name in _PLAIN_ELEMENTS and _plain(text) else shape(text))


def _plain(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9]{1,40}", text) is not None
