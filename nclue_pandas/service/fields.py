"""Typed reading of one field of an answer, with an error that names it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nclue_pandas.assumptions import ANSWERED_KEYWORD_SEPARATOR
from nclue_pandas.errors import InvalidAnswerError
from nclue_pandas.service.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A text above this is no field of the service (its longest has 1,000 characters).
_TEXT_LIMIT = 2**16
#: An id takes part in paths and messages: visible ASCII characters, UUID-shaped as documented.
_ID = re.compile(r"[!-~]{1,200}")
#: A whole number above this is no count but garbage (2**63, what Arrow's int64 ends at).
_COUNT_LIMIT = 2**63


class Fields:
    """The fields of one JSON object.

    Parameters
    ----------
    answer : mapping
        What came.
    what : str
        For error messages, such as ``"features[3]"``.
    """

    def __init__(self, answer: Any, what: str = "the answer") -> None:
        if not isinstance(answer, dict):
            raise InvalidAnswerError(f"{what} is not a JSON object but {_kind(answer)}.")
        self.raw: Mapping[str, Any] = answer
        self._what = what

    def identifier(self, name: str) -> str:
        """Return an id, which must be there."""
        value = self.text(name)
        if not value or not _ID.fullmatch(value):
            raise self._wrong(name, "an id")
        return value

    def text(self, name: str) -> str | None:
        """Return a text, or None where the field is absent or null."""
        value = self.raw.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > _TEXT_LIMIT:
            raise self._wrong(name, f"a text of at most {_TEXT_LIMIT:,} characters")
        return value

    def count(self, name: str) -> int | None:
        """Return a whole number, written as a number or as text."""
        value = self.raw.get(name)
        if value is None or value == "":
            return None
        try:
            number = int(value)
        except (TypeError, ValueError, OverflowError):
            raise self._wrong(name, "a whole number") from None
        if isinstance(value, bool) or not -1 <= number < _COUNT_LIMIT or number != float(value):
            raise self._wrong(name, "a whole number")
        return number

    def share(self, name: str) -> float | None:
        """Return a number from 0 to 1, written as a number or as text."""
        value = self.raw.get(name)
        if value is None or (isinstance(value, str) and value.strip().lower() in {"", "null"}):
            return None
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise self._wrong(name, "a number from 0 to 1") from None
        if isinstance(value, bool) or not 0 <= number <= 1:
            raise self._wrong(name, "a number from 0 to 1")
        return number

    def moment(self, name: str) -> datetime | None:
        """Return a timestamp in UTC, or None where it is absent or in no known layout.

        The layout is undocumented; the text itself stays in the raw answer.
        """
        value = self.raw.get(name)
        try:
            if isinstance(value, int) and not isinstance(value, bool):
                return datetime.fromtimestamp(value / 1000, tz=UTC)
            return parse_timestamp(value) if isinstance(value, str) else None
        except (ValueError, OverflowError, OSError):
            return None

    def state(self, name: str = "status") -> str | None:
        """Return a job's state in lower case; unknown ones are kept."""
        value = self.text(name)
        return value.strip().lower() if value else None

    def keywords(self, name: str = "keyword_set") -> tuple[str, ...]:
        """Return the keywords that the answer holds in one text."""
        text = (self.text(name) or "").replace("\n", ANSWERED_KEYWORD_SEPARATOR)
        words = (word.strip() for word in text.split(ANSWERED_KEYWORD_SEPARATOR))
        return tuple(word for word in words if word)

    def _wrong(self, name: str, wanted: str) -> InvalidAnswerError:
        return InvalidAnswerError(
            f"Field {name!r} of {self._what} is not {wanted} but {_kind(self.raw.get(name))}."
        )


def _kind(value: Any) -> str:
    names = {
        type(None): "null",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "an array",
        dict: "an object",
    }
    return names.get(type(value), type(value).__name__)
