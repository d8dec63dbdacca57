"""Texts in the language of ``nclue.options.language``, by gettext and one catalog.

A text stands in the code in English, marked where it stands: ``_("{count} rows").format(count=2)``
where it is shown at once, ``N_("...")`` where it is kept and shown later by ``_(kept)``. Values
have names in the text, because another language has another order.

``scripts/catalog.py`` brings new texts into ``locale/ko/LC_MESSAGES/nclue_pandas.po`` and compiles
it. What a catalog lacks is shown in English.
"""

from __future__ import annotations

import gettext as catalogs
from functools import cache
from pathlib import Path
from typing import Final

#: The languages that there are.
LANGUAGES: Final = ("en", "ko")
_DOMAIN: Final = __name__.partition(".")[0]
_LOCALE: Final = Path(__file__).parent / "locale"


def N_(text: str) -> str:  # noqa: N802 - gettext's own name of it
    """Mark a text that is translated later, where it is shown.

    Examples
    --------
    >>> N_("Choose a name of 1 to 100 characters.")
    'Choose a name of 1 to 100 characters.'
    """
    return text


def gettext(text: str) -> str:
    """Return a marked text in the language of the options.

    Examples
    --------
    >>> from nclue_pandas.config import option_context
    >>> with option_context(language="ko"):
    ...     print(gettext("Choose a name of 1 to 100 characters."))
    1~100자의 이름을 쓰세요.
    """
    return _catalog(_language()).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """Return one of two marked texts, by the number that it tells.

    Examples
    --------
    >>> ngettext("{count} problem", "{count} problems", 2)
    '{count} problems'
    """
    return _catalog(_language()).ngettext(one, many, count)


def _language() -> str:
    # Read as each text is shown; config itself has texts, so it is not imported before.
    from nclue_pandas.config import options

    return options.language


@cache
def _catalog(language: str) -> catalogs.NullTranslations:
    if language == "en":
        return catalogs.NullTranslations()
    return catalogs.translation(_DOMAIN, _LOCALE, [language])
