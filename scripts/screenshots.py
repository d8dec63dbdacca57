"""Open the built documentation in a browser: nothing overflows, nothing errs, and take pictures.

``make screenshots`` builds the pages first. Every page is opened at desktop and phone width, in
light and dark; pictures of the chosen ones are written to ``docs/_build/screenshots``. A way of
looking alone: ``python scripts/screenshots.py phone-dark``.
"""

from __future__ import annotations

import base64
import sys
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chromium import Chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

HTML: Final = Path(__file__).parent.parent / "docs" / "_build" / "html"
PICTURES: Final = HTML.parent / "screenshots"
WIDTHS: Final = {"desktop": 1360, "phone": 390}
WAYS: Final = [f"{width}-{scheme}" for width in WIDTHS for scheme in ("light", "dark")]
HEIGHT: Final = 900
#: A taller page is cut, so that a picture can be looked at.
TALLEST: Final = 6_000
#: Pages of which pictures are taken; the others are only checked.
CHOSEN: Final = (
    *("index", "tutorials", "getting_started", "how_to", "how_to/own_csv", "how_to/diagnose"),
    *("look_up", "reference", "operations", "errors", "command_line", "assumptions"),
    *("background", "architecture", "changelog", "data_preparation"),
    *("gallery", "cheat_sheet", "glossary", "how_to/every_night", "how_to/get_access"),
    *("how_to/coming_from", "ko/index", "ko/quick_start", "ko/own_csv", "ko/every_night"),
    "reference/generated/nclue_pandas.to_sequences",
    "reference/generated/pandas.DataFrame.nclue.predict",
    *(f"notebooks/{path.stem}" for path in sorted((HTML.parents[2] / "notebooks").glob("*.ipynb"))),
)
#: Elements that stick out to the right although nothing around them scrolls.
OVERFLOW: Final = """
(() => {
  const wide = document.documentElement.clientWidth;
  const scrolls = (e) => {
    for (let p = e; p && p !== document.body; p = p.parentElement) {
      const style = getComputedStyle(p);
      if (['auto', 'scroll', 'hidden'].includes(style.overflowX)) return true;
      if (style.position === 'fixed') return true;
    }
    return false;
  };
  const out = [...document.querySelectorAll('main *')]
    .filter((e) => e.getBoundingClientRect().right > wide + 1 && !scrolls(e))
    .map((e) => e.tagName + '.' + e.className);
  const page = document.documentElement.scrollWidth;
  return JSON.stringify(page > wide + 1 ? ['page is ' + page + ' wide', ...out] : out);
})()
"""


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[str]:
    """Serve the documentation while the block runs; give its address."""
    handler = partial(_Quiet, directory=str(HTML))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def pages() -> list[str]:
    """Return the names of all pages, without their suffix."""
    found = sorted(HTML.rglob("*.html"))
    names = [path.relative_to(HTML).with_suffix("").as_posix() for path in found]
    return [name for name in names if not name.startswith("_")]


def problems(way: str, base: str) -> Iterator[str]:
    """Open every page in one way, in a browser of its own; yield what is wrong, take pictures."""
    width, _, scheme = way.partition("-")
    with Chromium() as browser:
        browser.look(width=WIDTHS[width], height=HEIGHT, dark=scheme == "dark")
        for name in pages():
            yield from _problems_of(browser, base, name, way)


def _problems_of(browser: Chromium, base: str, name: str, way: str) -> Iterator[str]:
    browser.console.clear()
    browser.open(f"{base}/{name}.html")
    overflow = browser.evaluate(OVERFLOW)
    if overflow != "[]":
        yield f"{name} ({way}): overflow {overflow[:300]}"
    theme = browser.evaluate("document.documentElement.dataset.theme")
    if theme != way.partition("-")[2]:
        yield f"{name} ({way}): the page is {theme}"
    if name in CHOSEN:
        _picture(browser, PICTURES / f"{name.replace('/', '-')}-{way}.png")
    for error in browser.console:
        yield f"{name} ({way}): console: {error}"


def _picture(browser: Chromium, path: Path) -> None:
    size = browser.ask("Page.getLayoutMetrics")["cssContentSize"]
    height = min(size["height"], TALLEST)
    clip = {"x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1}
    answer = browser.ask("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
    path.write_bytes(base64.b64decode(answer["data"]))


def main() -> int:
    """Check and picture all pages; return the exit status."""
    if not (HTML / "index.html").exists():
        print("Nothing is built: make docs")
        return 1
    PICTURES.mkdir(exist_ok=True)
    ways = sys.argv[1:] or WAYS
    for old in (old for way in ways for old in PICTURES.glob(f"*-{way}.png")):
        old.unlink()
    try:
        with served() as base:
            wrong = [each for way in ways for each in problems(way, base)]
    except FileNotFoundError as error:
        print(error)
        return 2
    taken = len(list(PICTURES.glob("*.png")))
    print("\n".join(wrong) or f"{len(pages())} pages: no overflow, no error")
    print(f"{taken} pictures in {PICTURES}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
