"""Dataset files on Object Storage: found, looked at, read, and refused for personal data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from nclue_pandas.contract import (
    CARD_NUMBER,
    CARDS,
    COUNTRY_CODE,
    DRIVERS_LICENSE_NUMBER,
    EMAIL_ADDRESS,
    GAP_CHARACTERS,
    IMAGE_ENDINGS,
    JOINERS,
    KOREAN_BARCODE,
    LICENSE_CODES,
    LICENSE_REGIONS,
    MOBILE_CODES,
    MOBILE_PHONE_NUMBER,
    PASSPORT_LETTERS,
    PASSPORT_NUMBER,
    RESIDENT_BASE,
    RESIDENT_BASE_FOREIGN,
    RESIDENT_REGISTRATION_NUMBER,
    RESIDENT_UNCHECKED_FROM,
    RESIDENT_WEIGHTS,
    USER_ID_LENGTH,
    forbidden_in_path,
)
from nclue_pandas.sandbox.refusals import nclue

if TYPE_CHECKING:
    from collections.abc import Callable

    from nclue_pandas.sandbox.object_storage import ObjectStorage

#: Patterns are looked for after full-width letters, digits, ``@`` and dots became ASCII.
_NARROW = {ord(c) + 0xFEE0: c for c in map(chr, range(0x21, 0x7F)) if c.isalnum() or c in "@."}
_GAPS = "[" + re.escape(GAP_CHARACTERS) + "]"
_GAP, _MAYBE = f"{_GAPS}+", f"{_GAPS}*"
_ALONE = f"(?<![0-9A-Za-z])(?<![0-9][{JOINERS}])", f"(?![0-9A-Za-z])(?![{JOINERS}][0-9])"
_CARD_GROUPS = {"".join(f"_{size}" for size in groups): groups for _, groups in CARDS}


def _number(pattern: str) -> re.Pattern[str]:
    """Find a number that stands alone, from every place where one may begin."""
    return re.compile(f"{_ALONE[0]}(?=({pattern}){_ALONE[1]})")


_EMAIL = re.compile(
    r"[^\W_][._%+-]*@"
    rf"(?![0-9]x\.(?:{'|'.join(IMAGE_ENDINGS)})(?![A-Za-z0-9-]|\.[A-Za-z0-9-]))"
    r"(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2}"
)
_RESIDENT = _number(rf"[0-9]{{6}}{_MAYBE}[1-8][0-9]{{6}}")
_CARD = _number(
    "|".join(_MAYBE.join(f"[0-9]{{{size}}}" for size in groups) for groups in _CARD_GROUPS.values())
)
_MOBILE = _number(
    rf"(?:0|(?:00)?{COUNTRY_CODE}{_MAYBE}0?{_MAYBE})(?:"
    + "|".join(
        rf"{code}{_MAYBE}[0-9]{{{min(sizes)},{max(sizes)}}}" for code, sizes in MOBILE_CODES.items()
    )
    + rf"){_MAYBE}[0-9]{{4}}"
)
_LICENSE = _number(
    rf"(?:(?:{'|'.join(map(str, LICENSE_CODES))}){_GAP}|(?:{'|'.join(LICENSE_REGIONS)}){_MAYBE})"
    rf"[0-9]{{2}}{_GAP}[0-9]{{6}}{_GAP}[0-9]{{2}}"
)
_PASSPORT = _number(rf"[{PASSPORT_LETTERS}]{_MAYBE}(?:[0-9]{{8}}|[0-9]{{3}}[A-Z][0-9]{{4}})")
_SIZE_AND_DATE = re.compile(
    rf".{_GAP}(?:19|20)[0-9]{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
)


def kinds_in(text: str) -> set[str]:
    """Return the kinds of personal data that a line holds.

    Examples
    --------
    >>> kinds_in("tea->call 010-1234-5678")
    {'mobile phone number'}
    >>> kinds_in("tea->2026-01-02->12,900")
    set()
    """
    text = text.translate(_NARROW)
    return {
        kind
        for kind, (pattern, verify) in _KINDS.items()
        if any(verify(hit.group(hit.lastindex or 0)) for hit in pattern.finditer(text))
    }


def holds_personal_data(text: str) -> bool:
    """Return whether a text looks as if it held personal data.

    Examples
    --------
    >>> holds_personal_data("tea->call 010-1234-5678")
    True
    """
    return any(kinds_in(line) for line in text.split("\n") if _SUSPICIOUS.search(line))


#: A quick look leaves few lines to the patterns: all have an ``@``, or seven digits in a behavior.
_ANY_DIGIT = r"0-9\uff10-\uff19"
_SUSPICIOUS = re.compile(rf"[@\uff20]|[{_ANY_DIGIT}](?:[^{_ANY_DIGIT}>\t]*[{_ANY_DIGIT}]){{6}}")


def _always(_: str) -> bool:
    return True


def _is_resident(value: str) -> bool:
    digits = _digits(value)
    century = 2000 if digits[6] in {3, 4, 7, 8} else 1900
    year, month, day = (digits[i] * 10 + digits[i + 1] for i in (0, 2, 4))
    try:
        birth = date(century + year, month, day)
    except ValueError:
        return False
    barcode = len(value) == len(digits) and value.startswith(KOREAN_BARCODE)
    if birth > datetime.now(UTC).date() or (barcode and _is_ean(digits)):
        return False
    base = RESIDENT_BASE if digits[6] <= 4 else RESIDENT_BASE_FOREIGN  # noqa: PLR2004
    total = sum(digit * weight for digit, weight in zip(digits, RESIDENT_WEIGHTS, strict=False))
    return birth >= RESIDENT_UNCHECKED_FROM or digits[-1] == (base - total % 11) % 10


def _is_ean(digits: list[int]) -> bool:
    return (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def _is_card(value: str) -> bool:
    digits = _digits(value)
    first = int("".join(map(str, digits[:4])))
    sizes = [sum(groups) for issuers, groups in CARDS if first in issuers]
    reverse = digits[::-1]
    doubled = [sum(divmod(2 * digit, 10)) for digit in reverse[1::2]]
    return len(digits) in sizes and (sum(reverse[::2]) + sum(doubled)) % 10 == 0


def _is_passport(value: str) -> bool:
    return not _SIZE_AND_DATE.fullmatch(value)


def _digits(value: str) -> list[int]:
    return [int(c) for c in value if c.isdigit()]


_KINDS: dict[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    EMAIL_ADDRESS: (_EMAIL, _always),
    RESIDENT_REGISTRATION_NUMBER: (_RESIDENT, _is_resident),
    CARD_NUMBER: (_CARD, _is_card),
    MOBILE_PHONE_NUMBER: (_MOBILE, _always),
    DRIVERS_LICENSE_NUMBER: (_LICENSE, _always),
    PASSPORT_NUMBER: (_PASSPORT, _is_passport),
}


class Failed(Exception):  # noqa: N818 - the state's own word
    """A job cannot be done; the text is its ``fail_message``."""


@dataclass(frozen=True)
class PathCodes:
    """The error codes of one path field.

    Parameters
    ----------
    characters, missing, empty, personal : int
        For a forbidden character, nothing there, an empty file, personal data.
    """

    characters: int
    missing: int
    empty: int
    personal: int


SOURCE = PathCodes(10103, 10106, 10121, 10109)
TRAIN = PathCodes(10104, 10107, 10122, 10110)
TEST = PathCodes(10105, 10108, 10123, 10111)


def check(storage: ObjectStorage, bucket: str, path: str, codes: PathCodes) -> int:
    """Refuse a path that cannot be used, as the create operations do.

    Returns
    -------
    int
        Bytes of all its files.

    Raises
    ------
    Refusal
        With the code of the field.
    """
    if forbidden_in_path(path):
        raise nclue(codes.characters, path)
    if not storage.has_bucket(bucket):
        raise nclue(10136, bucket)
    keys = locate(storage, bucket, path)
    if not keys:
        raise nclue(codes.missing, path)
    texts = [storage.get(bucket, key) for key in keys]
    if not any(text.strip() for text in texts):
        raise nclue(codes.empty, path)
    if any(holds_personal_data(text.decode("utf-8", "replace")) for text in texts):
        raise nclue(codes.personal, path)
    return sum(map(len, texts))


def locate(storage: ObjectStorage, bucket: str, path: str) -> list[str]:
    """Return the keys of a file, or of the files of a directory, in order."""
    objects = storage.list(bucket, path.lstrip("/"))
    if path.lstrip("/") in objects and not path.endswith("/"):
        return [path.lstrip("/")]
    folder = path.strip("/") + "/"
    return sorted(key for key in objects if key.startswith(folder) and key != folder)


def read_sequences(storage: ObjectStorage, bucket: str, path: str) -> dict[str, str]:
    """Return the behaviors of each user.

    Raises
    ------
    Failed
        With the documented code, when the files are not as they must be.
    """
    return _read(storage, bucket, path)


def read_answers(storage: ObjectStorage, bucket: str, path: str) -> dict[str, int]:
    """Return the label of each user.

    Raises
    ------
    Failed
        With the documented code, when the file is not as it must be.
    """
    answers = _read(storage, bucket, path)
    if set(answers.values()) - {"0", "1"}:
        raise Failed("UNEXPECTED_LABEL")
    return {user: int(label) for user, label in answers.items()}


def _read(storage: ObjectStorage, bucket: str, path: str) -> dict[str, str]:
    lines = [
        line for key in _csv_keys(storage, bucket, path) for line in _lines(storage, bucket, key)
    ]
    if not lines:
        raise Failed("NOT_EXIST_FILE")
    pairs = [line.split("\t") for line in lines]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):  # noqa: PLR2004 - id and value
        raise Failed("UNEXPECTED_TXT_FORMAT")
    values = {user: value for user, value in pairs}  # noqa: C416 - pairs are lists
    if any(len(user) > USER_ID_LENGTH for user in values):
        raise Failed("LIMIT_ERROR_MID_LENGTH")
    if len(values) < len(pairs):
        raise Failed("DUPLICATE_USERID")
    return values


def _csv_keys(storage: ObjectStorage, bucket: str, path: str) -> list[str]:
    keys = locate(storage, bucket, path) if storage.has_bucket(bucket) else []
    if not keys:
        raise Failed("NOT_EXIST_FILE")
    if not all(key.endswith(".csv") for key in keys):
        raise Failed("UNEXPECTED_FILE_TYPE")
    return keys


def _lines(storage: ObjectStorage, bucket: str, key: str) -> list[str]:
    try:
        text = storage.get(bucket, key).decode("utf-8")
    except UnicodeDecodeError:
        raise Failed("UNEXPECTED_TXT_FORMAT") from None
    if text.startswith("\ufeff") or "\r" in text:
        raise Failed("UNEXPECTED_TXT_FORMAT")
    return text.removesuffix("\n").split("\n") if text else []
