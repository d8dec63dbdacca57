"""Detection of personal data in dataset files, as the service announces it.

Written for the sandbox alone, so that a mistake here is not the client's too.
"""

from __future__ import annotations

import re

_PATTERNS = {
    "e-mail address": r"[\w.+-]@[\w-]+\.[\w.-]",
    "mobile number": r"(?<!\d)(?:\+?82[ -]?)?0?1[016789][ -]?\d{3,4}[ -]?\d{4}(?!\d)",
    "resident registration number": (
        r"(?<!\d)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[ -]?[1-8]\d{6}(?!\d)"
    ),
    "driver's license number": r"(?<!\d)\d{2}-\d{2}-\d{6}-\d{2}(?!\d)",
    "passport number": r"(?<![0-9A-Za-z])[MSRODG](?:\d{8}|\d{3}[A-Z]\d{4})(?![0-9A-Za-z])",
}
_ANY = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS.values()))
_CARD = re.compile(r"(?<![\d-])\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4}(?![\d-])|(?<!\d)\d{16}(?!\d)")

#: A quick look leaves few lines to the patterns: all have an @, or nine digits with single
#: separators (written out, which is twice as fast as counted), or begin as a passport number.
_NUMBER = re.compile(r"\d" + r"[ -]?\d" * 8)
_PASSPORT = re.compile(r"[MSRODG]\d{3}")


def holds_personal_data(text: str) -> bool:
    """Return whether a text looks as if it held personal data.

    Examples
    --------
    >>> holds_personal_data("tea->call 010-1234-5678")
    True
    >>> holds_personal_data("tea->2026-01-02->12,900")
    False
    """
    return any(_holds(line) for line in text.split("\n") if _suspicious(line))


def _suspicious(line: str) -> bool:
    return bool("@" in line or _NUMBER.search(line) or _PASSPORT.search(line))


def _holds(text: str) -> bool:
    return bool(_ANY.search(text)) or any(_luhn(hit.group()) for hit in _CARD.finditer(text))


def _luhn(number: str) -> bool:
    digits = [int(c) for c in number if c.isdigit()][::-1]
    doubled = [sum(divmod(2 * d, 10)) for d in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
