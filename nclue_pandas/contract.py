"""The service's published constants: states, codes, limits and the path rule.

The client and the sandbox share these and nothing else, so that the two cannot agree by sharing
a mistake. Source of all: the NCLUE API reference and user guide of NAVER Cloud Platform.
"""

from __future__ import annotations

from datetime import date
from typing import Final

BASE_URL: Final = "https://nclue.apigw.ntruss.com/api/v1"
API_PREFIX: Final = "/api/v1"

TIMESTAMP_HEADER: Final = "x-ncp-apigw-timestamp"
ACCESS_KEY_HEADER: Final = "x-ncp-iam-access-key"
SIGNATURE_HEADER: Final = "x-ncp-apigw-signature-v2"
TRACE_HEADER: Final = "x-ncp-trace-id"

#: Seconds between the client's and the server's clock from which a request is refused.
CLOCK_TOLERANCE: Final = 300
#: Requests per second and account.
REQUESTS_PER_SECOND: Final = 1

NAME_LENGTH: Final = 100
USER_ID_LENGTH: Final = 100
KEYWORDS_LENGTH: Final = 1_000
TOKENS_PER_USER: Final = 2_048
ROWS_PER_LABEL: Final = 100
LIST_LIMIT_DEFAULT: Final = 20
LIST_LIMIT: Final = 100
#: Bytes that the Features, Tasks and Shopping Intents of an account may take: 5 TB in all.
STORAGE_BYTES: Final = 5 * 10**12

#: Between two behaviors of a sequence, with no space around it.
BEHAVIOR_SEPARATOR: Final = "->"

REGISTERED: Final = "registered"
PENDING: Final = "pending"
IN_PROGRESS: Final = "in_progress"
COMPLETED: Final = "completed"
FAILED: Final = "failed"
#: The create pages write ``complete``, the others ``completed``.
COMPLETED_SPELLINGS: Final = frozenset({"completed", "complete"})

_FORBIDDEN_PUNCTUATION: Final = "&$@;:+,?*\\{}^%`[]<>~#|\"' "
#: Characters that no path of a request may hold, besides everything outside printable ASCII.
FORBIDDEN_IN_PATH: Final = frozenset(_FORBIDDEN_PUNCTUATION)

#: Code -> (HTTP status, name).
ERROR_CODES: Final[dict[int, tuple[int, str]]] = {
    10100: (401, "ACCESS_DENIED"),
    10101: (422, "NAME_TOO_LONG"),
    10102: (409, "DUPLICATE_NAME"),
    10103: (422, "INVALID_PATH_CHARACTER"),
    10104: (422, "INVALID_CHARACTER_IN_TRAIN_PATH"),
    10105: (422, "INVALID_CHARACTER_IN_TEST_PATH"),
    10106: (404, "PATH_NOT_FOUND"),
    10107: (404, "TRAIN_PATH_NOT_FOUND"),
    10108: (404, "TEST_PATH_NOT_FOUND"),
    10109: (422, "PERSONAL_DATA_NOT_ALLOWED"),
    10110: (422, "PERSONAL_DATA_IN_TRAIN_FILE"),
    10111: (422, "PERSONAL_DATA_IN_TEST_FILE"),
    10112: (422, "TOO_MANY_KEYWORDS"),
    10113: (409, "INCOMPATIBLE_MODEL"),
    10114: (409, "FEATURE_PROCESSING"),
    10115: (409, "TASK_PROCESSING"),
    10116: (409, "RUN_PROCESSING"),
    10117: (409, "PROFILE_PROCESSING"),
    10118: (422, "KEYWORD_REQUIRED"),
    10119: (422, "STORAGE_FULL"),
    10121: (422, "EMPTY_CONTENT_IN_PATH"),
    10122: (422, "EMPTY_CONTENT_IN_TRAIN_PATH"),
    10123: (422, "EMPTY_CONTENT_IN_TEST_PATH"),
    10124: (404, "PROFILE_NOT_FOUND"),
    10130: (422, "INVALID_RESULT_FILE_PATH"),
    10131: (422, "OBJECT_STORAGE_ACCESS_DENIED"),
    10132: (404, "OBJECT_STORAGE_ACCOUNT_REQUIRED"),
    10133: (422, "INVALID_LIMIT"),
    10134: (409, "FEATURE_IN_USE"),
    10135: (409, "TASK_IN_USE"),
    10136: (404, "BUCKET_NOT_FOUND"),
}

#: Codes that the ``fail_message`` of a failed job carries.
FAIL_CODES: Final = (
    "COMMON_ERROR",
    "DISK_SPACE_SHORTAGE",
    "DUPLICATE_USERID",
    "LIMIT_ERROR_MID_LENGTH",
    "NOT_EXIST_FILE",
    "NUM_OF_LABEL_INSUFFICIENT",
    "OBS_DOWNLOAD_FAILED",
    "OBS_UPLOAD_FAILED",
    "OBS_USER_FILE_ACCESS_ERROR",
    "UNEXPECTED_FILE_TYPE",
    "UNEXPECTED_LABEL",
    "UNEXPECTED_TXT_FORMAT",
)

# Personal data. The service announces six kinds and publishes no patterns. What is meant by them
# here, for the client and the sandbox, each of which finds them by code of its own:
#
# - Digits and Latin letters are those of ASCII and their full-width forms.
# - A number consists of groups of digits. Between groups may be a *gap*: any run of the characters
#   GAP_CHARACTERS, or none at all where the number does not need one.
# - A number stands alone: no digit or Latin letter is directly before or after it, and no digit
#   that one of JOINERS joins to it. So a part of a longer number, a decimal or a code is none.
# - The separator of behaviors is never in a gap, for each behavior is a text of its own.

#: Letters and digits of any script and ``._%+-``, at least one letter or digit among them, then
#: ``@`` and a domain of Latin letters, digits and hyphens, of which the last label begins with two
#: letters. ``@`` and dots may be of full width. The name of an image for dense screens
#: (``icon@2x.png``) is none.
EMAIL_ADDRESS: Final = "e-mail address"
#: Endings of those images.
IMAGE_ENDINGS: Final = ("png", "jpg", "jpeg", "gif", "webp", "svg")

#: Six digits of a birth date (YYMMDD) that exists and is past, then seven digits. The first of them
#: tells gender, century and origin: 1, 2, 5, 6 births from 1900 on, 3, 4, 7, 8 from 2000 on, 5 to 8
#: foreigners. The last is the check digit. Thirteen digits in one piece that are the barcode of a
#: Korean product are none.
RESIDENT_REGISTRATION_NUMBER: Final = "resident registration number"
#: The check digit is base - (sum of digits x weights) mod 11, mod 10; the base of foreigners is 13.
RESIDENT_WEIGHTS: Final = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
RESIDENT_BASE: Final = 11
RESIDENT_BASE_FOREIGN: Final = 13
#: Numbers given out since then have no check digit. Who is born from then on needs none here; a
#: number that was changed since then, of somebody older, is known only by chance.
RESIDENT_UNCHECKED_FROM: Final = date(2020, 10, 5)
#: How the barcodes (EAN-13) of Korean products begin.
KOREAN_BARCODE: Final = "880"

#: Groups of digits by what the card begins with (four digits, the last included), and a check digit
#: (Luhn, ISO/IEC 7812-1).
CARD_NUMBER: Final = "card number"
CARDS: Final[tuple[tuple[range, tuple[int, ...]], ...]] = (
    (range(2221, 2721), (4, 4, 4, 4)),
    (range(3528, 3590), (4, 4, 4, 4)),
    (range(4000, 5000), (4, 4, 4, 4)),
    (range(5100, 5600), (4, 4, 4, 4)),
    (range(6000, 7000), (4, 4, 4, 4)),
    (range(9000, 10000), (4, 4, 4, 4)),
    (range(3400, 3500), (4, 6, 5)),
    (range(3700, 3800), (4, 6, 5)),
    (range(3000, 3100), (4, 6, 4)),
    (range(3600, 3700), (4, 6, 4)),
    (range(3800, 3900), (4, 6, 4)),
)

#: A code of MOBILE_CODES with a zero before it, or with the country code (``82``, ``0082``,
#: ``+82``) and perhaps a zero; then a group of as many digits as the code tells, and one of four.
#: Without zero and country code, ten digits that begin with 10 may be a mobile number that was read
#: as a whole number: that is a doubt and no refusal.
MOBILE_PHONE_NUMBER: Final = "mobile phone number"
COUNTRY_CODE: Final = "82"
MOBILE_CODES: Final = {
    "10": (4,),
    "11": (3, 4),
    "16": (3, 4),
    "17": (3, 4),
    "18": (3, 4),
    "19": (3, 4),
}

#: A region (a number of LICENSE_CODES, or a name, after which no gap is needed), then groups of 2,
#: 6 and 2 digits, with a gap between all groups.
DRIVERS_LICENSE_NUMBER: Final = "driver's license number"
LICENSE_CODES: Final = range(11, 29)
LICENSE_REGIONS: Final = (
    *("서울", "부산", "대구", "인천", "광주", "대전", "울산", "세종", "경기"),
    *("강원", "충북", "충남", "전북", "전남", "경북", "경남", "제주"),
)

#: One of these capital letters, then eight digits, or three digits, a capital letter and four
#: digits. Where a gap follows the letter, eight digits that begin as a year (19, 20) and have a
#: month and a day are a size and a date, and none.
PASSPORT_NUMBER: Final = "passport number"
PASSPORT_LETTERS: Final = "MSRODG"

JOINERS: Final = ".-"
_ASCII_GAPS: Final = " -./\\_~:*()[]"
#: What may stand between the groups of a number: spaces, also those without width; hyphens, dashes
#: and letters that are typed for them; dots, and other punctuation; also in full width. What
#: separates the numbers of a list (``,``, ``;``, ``|``) is none.
GAP_CHARACTERS: Final = (
    _ASCII_GAPS
    + "".join(chr(ord(c) + 0xFEE0) for c in _ASCII_GAPS[1:])
    + "\u00a0\u00ad\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b"
    "\u200c\u200d\u202f\u205f\u2060\u3000\u3164\ufeff"
    "\u00af\u02d7\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u207b\u2212\u223c\u2500\u2501\u301c\ufe58"
    "\ufe63\u3161\u30fc\uff70\u1173\u4e00"
    "\u00b7\u2022\u2024\u2025\u2026\u2027\u2219\u22c5\u3002\u30fb\uff61\uff65"
)


def forbidden_in_path(path: str) -> list[str]:
    r"""Return the characters of `path` that the service refuses, each once, in order.

    Examples
    --------
    >>> forbidden_in_path("logs/dt=2026-01-01/")
    []
    >>> forbidden_in_path("a b:c d")
    [' ', ':']
    """
    bad = [c for c in path if c in FORBIDDEN_IN_PATH or not " " <= c <= "~"]
    return list(dict.fromkeys(bad))
