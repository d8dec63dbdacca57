"""Bring the texts that are marked in the code into the catalog of translations, and compile it.

``python scripts/catalog.py`` adds new texts to the ``.po`` without a translation, drops those that
are no longer marked, and writes the ``.mo`` that the package reads; with ``--check`` it only tells
what is missing, stale or not translated.
"""

from __future__ import annotations

import sys
from dataclasses import fields
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from nclue_pandas.frames.personal_data import KINDS
from nclue_pandas.frames.reports import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parent.parent / "nclue_pandas"
TRANSLATORS = "The nclue_pandas developers"
PO = PACKAGE / "locale" / "ko" / "LC_MESSAGES" / "nclue_pandas.po"


def marked() -> list[str | tuple[str, str]]:
    """Return every text that the code marks, a pair where it has a plural."""
    found = extract_from_dir(PACKAGE, [("**.py", "python")], strip_comment_tags=True)
    return [*(message for _, _, message, _, _ in found), *shown_names()]


def shown_names() -> list[str]:
    """Return the names that are shown: classes and fields of reports, kinds of personal data."""
    kinds = Report.__subclasses__()
    names = [each.name for kind in kinds for each in fields(kind)]
    return [
        *(kind.__name__ for kind in kinds),
        *dict.fromkeys(names),
        *(kind.name for kind in KINDS),
    ]


def updated() -> Catalog:
    """Return the catalog as it stands, with the texts that are marked and no others."""
    old = read_po(BytesIO(PO.read_bytes()), locale="ko", charset="utf-8")
    new = Catalog(
        locale="ko",
        domain="nclue_pandas",
        project="nclue_pandas",
        header_comment="# Korean texts of nclue_pandas; scripts/catalog.py adds and compiles them.",
        last_translator=TRANSLATORS,
        language_team=TRANSLATORS,
        creation_date=old.creation_date,
        revision_date=old.revision_date,
        fuzzy=False,
    )
    for text in marked():
        known = old.get(text if isinstance(text, str) else text[0])
        new.add(text, known.string if known else None)
    return new


def written(catalog: Catalog) -> tuple[bytes, bytes]:
    """Return the catalog for people and for the package."""
    po, mo = BytesIO(), BytesIO()
    write_po(po, catalog, width=100, no_location=True, sort_output=True, omit_header=False)
    write_mo(mo, catalog)
    return po.getvalue(), mo.getvalue()


def wrong(catalog: Catalog) -> Iterator[str]:
    """Yield texts that have no translation, or one with other values in it."""
    for message in catalog:
        if not message.id:
            continue
        texts = (message.id,) if isinstance(message.id, str) else message.id
        made = message.string or ()
        made = (made,) if isinstance(made, str) else made
        if not made or not all(made):
            yield f"not translated: {texts[0]}"
        elif any(values(text) != values(texts[-1]) for text in made):
            yield f"other values than in English: {texts[0]}"


def values(text: str) -> set[str]:
    """Return the names of the values in a text."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def main() -> int:
    """Write the catalog, or tell what is wrong with it; return the exit status."""
    catalog = updated()
    po, mo = written(catalog)
    found = list(wrong(catalog))
    if "--check" not in sys.argv:
        PO.write_bytes(po)
        PO.with_suffix(".mo").write_bytes(mo)
    elif (PO.read_bytes(), PO.with_suffix(".mo").read_bytes()) != (po, mo):
        found.append(f"stale: run python scripts/{Path(__file__).name}")
    print("\n".join(found) or f"catalog: {len(catalog)} texts, all of them translated")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
