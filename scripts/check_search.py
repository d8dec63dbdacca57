"""Search the built documentation as a reader does: the right page is among the first three.

``make screenshots`` runs it after the build. The search is Sphinx's own, in a browser.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from chromium import Chromium
from screenshots import HTML, served

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What a reader types -> how the address of a page that answers begins.
WORDS: Final = {
    "10119": "errors",
    "E10119": "errors",
    "error 10109": "errors",
    "DUPLICATE_USERID": "errors",
    "CredentialsError": "errors",
    "install": "getting_started",
    "cron": "how_to/every_night",
    "csv": "how_to/own_csv",
    "cp949": "how_to/own_csv",
    "access": "how_to/get_access",
    "boto3": "how_to/coming_from",
    "polars": "how_to/coming_from",
    "dask": "how_to/dask",
    "proxy": "how_to/proxies",
    "time zone": "how_to/time_zones",
    "personal data": "how_to/personal_data",
    "lift": "evaluation",
    "cutoff": "glossary",
    "to_sequences": "reference/generated/",
    "predict": "reference/generated/",
    "progress": "progress",
    "logging": "progress",
    "시퀀스": "ko/",
    "인증키": "ko/",
}
FIRST: Final = 3
#: Seconds until an answer must have come.
_PATIENCE: Final = 20
_FOUND: Final = """
JSON.stringify(!/finished|found|did not match|검색/i.test(
  document.querySelector('#search-results p.search-summary')?.textContent || '') ? null :
  [...document.querySelectorAll('#search-results ul.search li > a')]
    .map((a) => a.getAttribute('href')))
"""


def found(browser: Chromium, base: str, word: str) -> list[str]:
    """Return the addresses that a search gives, best first."""
    browser.open(f"{base}/search.html?q={quote(word)}")
    until = time.monotonic() + _PATIENCE
    before: list[str] | None = None
    while time.monotonic() < until:
        time.sleep(0.3)
        now = json.loads(browser.evaluate(_FOUND))
        if now and now == before:
            return [href.partition("?")[0] for href in now]
        before = now
    return before or []


def misses(base: str) -> Iterator[str]:
    """Yield the words whose page is not among the first."""
    with Chromium() as browser:
        for word, page in WORDS.items():
            first = found(browser, base, word)[:FIRST]
            if not any(address.startswith(page) for address in first):
                yield f"{word!r}: {page} is not among the first: {first}"


def main() -> int:
    """Search for all words; return the exit status."""
    if not (HTML / "index.html").exists():
        print("Nothing is built: make docs")
        return 1
    try:
        with served() as base:
            wrong = list(misses(base))
    except FileNotFoundError as error:
        print(error)
        return 2
    print("\n".join(wrong) or f"search: {len(WORDS)} words lead to their page")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
