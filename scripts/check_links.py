"""Check the links of the built documentation and of the project's own pages, without a network.

With ``--external`` the addresses of other sites are asked for instead.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
HTML = ROOT / "docs" / "_build" / "html"
#: Pages that are read on the project's own site, where links lead to files.
READ_AS_FILES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")


@dataclass
class Page(HTMLParser):
    """Links and anchors of a page."""

    links: set[str] = field(default_factory=set)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, _: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what a tag leads to, and what leads to it."""
        for name, value in attrs:
            if name in {"href", "src"} and value:
                self.links.add(value)
            elif name in {"id", "name"} and value:
                self.anchors.add(value)


def read() -> dict[Path, Page]:
    """Read all built pages."""
    pages = {}
    for path in HTML.rglob("*.html"):
        if "_static" in path.parts:  # pieces of the theme
            continue
        pages[path] = Page()
        pages[path].feed(path.read_text("utf-8"))
    return pages


def broken(pages: dict[Path, Page]) -> Iterator[str]:
    """Yield the internal links that lead nowhere."""
    for path, page in pages.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                yield f"{path.relative_to(HTML)}: {link}"
            elif parts.fragment and target in pages:
                anchor = unquote(parts.fragment)
                if anchor not in pages[target].anchors and not anchor.startswith("__"):
                    yield f"{path.relative_to(HTML)}: {link} (no such anchor)"


def broken_files() -> Iterator[str]:
    """Yield the links of pages outside the site whose file is not there."""
    for name in READ_AS_FILES:
        for link in re.findall(r"\]\(([^)#\s]+)", (ROOT / name).read_text("utf-8")):
            if "://" not in link and not (ROOT / link).exists():
                yield f"{name}: {link}"


def unreachable(pages: dict[Path, Page]) -> Iterator[str]:
    """Ask for every address of another site once; yield those that do not answer."""
    links = {link for page in pages.values() for link in page.links if "://" in link}
    for link in sorted(links):
        try:
            status = requests.head(link, timeout=20, allow_redirects=True).status_code
        except requests.RequestException as error:
            yield f"{link}: {type(error).__name__}"
        else:
            if status >= requests.codes.bad_request:
                yield f"{link}: HTTP {status}"


def main() -> int:
    """Print the links that lead nowhere; return the exit status."""
    pages = read()
    if not pages:
        print("Nothing is built: make docs")
        return 2
    if "--external" in sys.argv:
        wrong = list(unreachable(pages))
    else:
        wrong = [*broken(pages), *broken_files()]
    print("\n".join(wrong) or f"links of {len(pages)} pages: fine")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
