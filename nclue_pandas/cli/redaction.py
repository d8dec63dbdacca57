"""What a record may show: the shape of an exchange, and nothing that names anybody.

It is a list of what is let through; everything else is replaced by its shape. A letter becomes
``a`` or ``A``, a letter of another script ``x``, a digit ``0``; punctuation stays. So
``"shop/results/2026.tsv"`` reads ``"aaaa/aaaaaaa/0000.aaa"``: its form is what tells something
about the service, and its words are nobody else's business. That holds for what is named as for
what it is named by: headers, fields, parameters and elements that are on no list are shapes too.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from nclue_pandas.contract import (
    COMPLETED_SPELLINGS,
    ERROR_CODES,
    FAIL_CODES,
    FAILED,
    IN_PROGRESS,
    PENDING,
    REGISTERED,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Headers that are shown by name.
_HEADERS: Final = _listed(
    """
    accept accept-encoding accept-ranges access-control-allow-origin
    amz-sdk-invocation-id amz-sdk-request authorization
    cache-control connection content-disposition content-encoding content-length content-md5
    content-type cookie date etag expect expires host keep-alive last-modified location pragma
    proxy-authorization range retry-after server set-cookie strict-transport-security
    transfer-encoding user-agent vary via www-authenticate x-amz-bucket-region
    x-amz-checksum-crc32 x-amz-content-sha256 x-amz-date x-amz-id-2 x-amz-request-id
    x-amzn-requestid x-amz-sdk-checksum-algorithm x-amz-security-token x-amz-version-id
    x-ncp-apigw-error-code
    x-ncp-apigw-error-message x-ncp-apigw-signature-v2 x-ncp-apigw-timestamp x-ncp-iam-access-key
    x-ncp-trace-id
    """
)
#: Headers of which not even the shape is shown.
_SECRET_HEADERS: Final = frozenset(
    {
        *("authorization", "cookie", "proxy-authorization", "set-cookie", "x-amz-security-token"),
        *("x-ncp-apigw-signature-v2", "x-ncp-iam-access-key"),
    }
)
#: Headers whose words tell about the server alone, and those words.
_SPOKEN_HEADERS: Final = frozenset(
    {
        *("accept", "accept-ranges", "cache-control", "connection", "content-encoding"),
        *("content-type", "keep-alive", "server", "transfer-encoding", "vary"),
        *("x-amz-bucket-region", "x-amz-content-sha256"),
    }
)
_HEADER_WORDS: Final = _listed(
    """
    accept-encoding apache application aws-chunked basehttp binary bytes charset chunked close
    deflate envoy gateway gzip html identity istio-envoy json keep-alive kr kr-standard max max-age
    must-revalidate nginx no-cache no-store no-transform none octet-stream openresty origin plain
    private problem public python tab-separated-values text timeout unsigned-payload us-standard
    utf-8 werkzeug xml
    """
)
_NUMBER_HEADERS: Final = frozenset({"content-length", "retry-after"})
_DATE_HEADERS: Final = frozenset({"date", "retry-after"})
_DAYS: Final = _listed("Mon Tue Wed Thu Fri Sat Sun")
_MONTHS: Final = _listed("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")
_DATE: Final = re.compile(
    rf"({'|'.join(_DAYS)}), \d\d ({'|'.join(_MONTHS)}) \d{{4}} \d\d:\d\d:\d\d GMT", re.ASCII
)
_REDACTED: Final = "(redacted)"

#: Fields of answers that are shown by name: those of the documentation, of error bodies that NCP's
#: services use, and what more can be put together of their words.
_FIELDS: Final = _listed(
    """
    errorCode errorMessage returnCode returnMessage responseError requestId traceId msg details
    detail timestamp
    """
)
_FIELD_WORDS: Final = _listed(
    """
    AUROC at bucket code completed count created disk error fail feature features file id index
    keyword limit line message model name path profile profiles result run runs set size source
    started status task tasks test token total train type updated usage user version
    """
)
_STATES: Final = frozenset({REGISTERED, PENDING, IN_PROGRESS, *COMPLETED_SPELLINGS, FAILED})
_CODE_NAMES: Final = frozenset({*(name for _, name in ERROR_CODES.values()), *FAIL_CODES})
_CODE_FIELDS: Final = frozenset({"errorCode", "code", "returnCode", "status"})
_PAGE_FIELDS: Final = frozenset({"index", "limit", "total"})
#: Codes of HTTP and of the gateway, and those of the service: in no other form is a number a code.
_CODE: Final = re.compile(r"[1-9]\d\d|10[1-2]\d\d", re.ASCII)
#: Fields for people; of these the words that belong to nobody are kept.
_PROSE_FIELDS: Final = frozenset({"message", "msg", "returnMessage", "errorMessage", "error"})
_PROSE: Final = _listed(
    """
    a access an api are authentication bad be can denied does error exist expired failed feature
    file forbidden found gateway id in information internal invalid is limit many method missing
    must not of or parameter path permission processing profile quota rate request requests
    required run server service signature storage task the throttled timeout to token too
    unauthorized unavailable value was
    """
)
_TIME: Final = re.compile(
    r"(\d{4}-?\d\d-?\d\d[T ]\d\d:?\d\d(?::?\d\d)?(?:[.,]\d+)?)(Z|[+-](?:0\d|1[0-4]):?[034][05])?",
    re.ASCII,
)

#: Elements of Object Storage's answers that are shown by name.
_ELEMENTS: Final = _listed(
    """
    Bucket BucketName Buckets Code CommonPrefixes Contents ContinuationToken Delete DeleteResult
    Deleted Delimiter DisplayName ETag EncodingType Error HostId ID Initiator
    InitiateMultipartUploadResult IsTruncated Key KeyCount LastModified ListAllMyBucketsResult
    ListBucketResult ListMultipartUploadsResult ListPartsResult Location Marker MaxKeys Message Name
    NextContinuationToken NextMarker Owner Part Prefix Region RequestId Resource Size StartAfter
    StorageClass Type Upload UploadId
    """
)
_ELEMENT_VALUES: Final[dict[str, frozenset[str]]] = {
    "Code": _listed(
        """
        AccessDenied AuthorizationHeaderMalformed BadDigest BucketAlreadyExists EntityTooLarge
        ExpiredToken InternalError InvalidAccessKeyId InvalidArgument InvalidBucketName
        InvalidRange InvalidRequest InvalidSecurity MalformedXML MethodNotAllowed
        MissingContentLength NoSuchBucket NoSuchKey NoSuchUpload NotImplemented
        PermanentRedirect PreconditionFailed RequestTimeTooSkewed RequestTimeout
        ServiceUnavailable SignatureDoesNotMatch SlowDown TemporaryRedirect
        XAmzContentSHA256Mismatch
        """
    ),
    "IsTruncated": frozenset({"true", "false"}),
    "EncodingType": frozenset({"url"}),
    "StorageClass": frozenset({"STANDARD"}),
}
_NUMBER_ELEMENTS: Final = frozenset({"MaxKeys", "KeyCount"})
_TAG: Final = re.compile(r"<(/?)([\w:.-]+)((?:[\s/][^<>]*)?)>")

_PARAMETERS: Final = _listed(
    """
    continuation-token delimiter encoding-type fetch-owner index limit list-type location max-keys
    name partNumber prefix start-after uploadId uploads versionId
    """
)
_PAGE_PARAMETERS: Final = frozenset({"index", "limit", "max-keys", "list-type"})
#: Segments of the service's own paths, which are public.
SEGMENTS: Final = _listed(
    """
    api v1 features tasks task-runs profile shopping-intents shopping-intents-download
    custom-attributes
    """
)
_LINES_SHOWN: Final = 3

#: What names are searched beside: every word that the lists let through, and words of shapes and
#: of few digits, which name nobody.
_LISTED: Final = frozenset(
    word.lower()
    for words in (
        *(_HEADERS, _HEADER_WORDS, _DAYS, _MONTHS, _FIELDS, _STATES, _CODE_NAMES, _ELEMENTS),
        *(_ELEMENT_VALUES.values()),
        *(_PARAMETERS, SEGMENTS),
        _listed("GMT no known code custom_attributes get put head post too long"),
        _listed(
            "to method target sent_headers status headers body result of told found first lines"
        ),
    )
    for word in words
)
_LISTED_PARTS: Final = frozenset(word.lower() for word in (*_FIELD_WORDS, *_PROSE, "redacted"))
_SHAPED: Final = re.compile(r"[aA0xZ_-]+|[0-9]{1,5}")


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
    """Keep the names that are known, and of the values what tells about the server alone."""
    return {
        name if name.lower() in _HEADERS else shape(name): _header(name.lower(), value)
        for name, value in values.items()
    }


def _header(name: str, value: str) -> str:
    if name in _SECRET_HEADERS:
        return _REDACTED
    if name in _SPOKEN_HEADERS:
        return re.sub(r"[\w-]+|[^\w-]+", _server_word, value)
    if name == "x-ncp-apigw-error-message":
        return _prose(value)
    plain = (
        (name in _NUMBER_HEADERS and re.fullmatch(r"[0-9]{1,9}", value))
        or (name in _DATE_HEADERS and _DATE.fullmatch(value))
        or (name == "x-ncp-apigw-error-code" and _CODE.fullmatch(value))
    )
    return value if plain else shape(value)


def _server_word(match: re.Match[str]) -> str:
    word = match.group()
    return word if word.isascii() and word.lower() in _HEADER_WORDS else shape(word)


def target(url: str, *, segments: frozenset[str] = SEGMENTS) -> str:
    """Keep the service's own words of a request target, and the numbers of pages.

    Examples
    --------
    >>> target("https://host/api/v1/features/0a1b?index=2&name=shop")
    '/api/v1/features/0a0a?index=2&name=aaaa'
    """
    parts = urlsplit(url)
    path = "/".join(each if each in segments else shape(each) for each in parts.path.split("/"))
    query = "&".join(
        f"{_parameter(name)}={given if _is_page(name, given) else shape(given)}"
        for name, given in parse_qsl(parts.query, keep_blank_values=True)
    )
    return f"{path}?{query}" if query else path


def _parameter(name: str) -> str:
    return name if name in _PARAMETERS else shape(name)


def _is_page(name: str, given: str) -> bool:
    return name in _PAGE_PARAMETERS and re.fullmatch(r"[0-9]{1,4}", given) is not None


def body(content: bytes, content_type: str) -> Any:
    """Return what a body may show: JSON with its fields, XML with its elements, else a shape."""
    try:
        return value(json.loads(content))
    except (ValueError, RecursionError):
        text = content.decode("utf-8", "replace")
    if "xml" in content_type or text.startswith("<?xml"):
        return _xml(text)
    lines = text.splitlines(keepends=True)
    return [shape(line) for line in lines[:_LINES_SHOWN]]


def value(answer: Any, field: str = "") -> Any:
    """Return a JSON value with the fields that are known and the types that they are of.

    Examples
    --------
    >>> value({"feature_name": "shop", "status": "completed", "user_count": 1200, "total": 3})
    {'feature_name': 'aaaa', 'status': 'completed', 'user_count': 1000, 'total': 3}
    """
    if isinstance(answer, dict):
        return {_field(name): value(inner, name) for name, inner in answer.items()}
    if isinstance(answer, list):
        return [value(inner, field) for inner in answer]
    if answer is None or isinstance(answer, bool):
        return answer
    if isinstance(answer, int):
        return answer if _is_plain(str(answer), field) else _magnitude(answer)
    if isinstance(answer, float):
        return round(answer, 4) if field == "AUROC" and 0 <= answer <= 1 else 0.5
    return _text(str(answer), field)


def _field(name: str) -> str:
    known = name in _FIELDS or set(name.split("_")) <= _FIELD_WORDS
    return name if known else shape(name)


def _is_plain(number: str, field: str) -> bool:
    """Whether a number is a code, or counts pages."""
    if field in _PAGE_FIELDS:
        return re.fullmatch(r"[0-9]{1,4}", number) is not None
    return field in _CODE_FIELDS and _CODE.fullmatch(number) is not None


def _text(text: str, field: str) -> str:
    if _is_plain(text, field) or (field in _CODE_FIELDS and text in _STATES):
        return text
    if field in _PROSE_FIELDS or field in _CODE_FIELDS:
        return _prose(text)
    if field == "AUROC" and re.fullmatch(r"[01](\.[0-9]+)?", text):
        return text[:6]
    if field == "fail_message":
        codes = " ".join(code for code in FAIL_CODES if code in text)
        return f"{codes or 'no known code'}: {shape(text)}"
    if time := _TIME.match(text):
        return shape(time[1]) + (time[2] or "") + shape(text[time.end() :])
    return shape(text)


def _prose(text: str) -> str:
    """Keep the words of the service's own prose, and its names in capitals."""
    return re.sub(r"\S+", _spoken, text)


def _spoken(match: re.Match[str]) -> str:
    word = match.group()
    said = word.strip(".,:;()")
    known = said in _CODE_NAMES or set(said.lower().split("_")) <= _PROSE
    return word if known and word.isascii() else shape(word)


def _magnitude(number: int) -> int:
    """Return the power of ten of about the same size, which is not the number.

    Examples
    --------
    >>> _magnitude(4_321), _magnitude(0)
    (1000, 0)
    """
    return 10 ** (len(str(abs(number))) - 1) if number else 0


def _xml(text: str) -> str:
    """Keep the names of known elements; attributes, comments and sections are shapes."""
    shown = []
    element, end = "", 0
    for tag in _TAG.finditer(text):
        closing, name, more = tag.groups()
        shown.append(_content(element, text[end : tag.start()]))
        shown.append(f"<{closing}{name if name in _ELEMENTS else shape(name)}{shape(more)}>")
        element, end = "" if closing else name, tag.end()
    return "".join(shown) + shape(text[end:])


def _content(element: str, text: str) -> str:
    if element == "Message":
        return _prose(text)
    counted = element in _NUMBER_ELEMENTS and re.fullmatch(r"[0-9]{1,4}", text)
    return text if counted or text in _ELEMENT_VALUES.get(element, ()) else shape(text)


def unlisted(recorded: Any) -> Iterator[tuple[str, str]]:
    """Yield each text of a record, names included, and the same with listed words blotted out.

    Examples
    --------
    >>> list(unlisted({"status": "Feature kim-7 not found."}))
    [('status', '······'), ('Feature kim-7 not found.', '······· kim-7 ··· ·····.')]
    """
    if isinstance(recorded, dict):
        for name, inner in recorded.items():
            yield from unlisted(name)
            yield from unlisted(inner)
    elif isinstance(recorded, list):
        for inner in recorded:
            yield from unlisted(inner)
    elif isinstance(recorded, str):
        yield recorded, re.sub(r"[\w-]+", _blotted, recorded)


def _blotted(match: re.Match[str]) -> str:
    word = match.group()
    lower = word.lower()
    listed = lower in _LISTED or set(lower.split("_")) <= _LISTED_PARTS
    return "·" * len(word) if listed or _SHAPED.fullmatch(word) else word
