"""The service's published constants: states, codes, limits and the path rule.

The client and the sandbox share these and nothing else, so that the two cannot agree by sharing
a mistake. Source of all: the NCLUE API reference and user guide of NAVER Cloud Platform.
"""

from __future__ import annotations

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
