"""Korean in pictures: the first installed font that has the characters, beside the user's own.

matplotlib's own fonts have no Hangul. A text that needs it gets an installed Korean font after the
families it has, so that everything else looks as before; without any, a box stands for each such
character, and a warning says once what to install. No setting of matplotlib is changed.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.text import Text

#: Names of Korean fonts as Linux, macOS, Windows and font packages install them.
_KOREAN: Final = (
    *("Noto Sans CJK KR", "Noto Sans KR", "NanumGothic", "NanumBarunGothic", "Pretendard"),
    *("Apple SD Gothic Neo", "AppleGothic", "Malgun Gothic", "Source Han Sans KR"),
    *("Noto Sans CJK JP", "UnDotum", "Baekmuk Dotum", "Gulim", "Dotum"),
)
_BOX: Final = "\N{WHITE SQUARE}"


class MissingFontWarning(UserWarning):
    """No installed font has some characters of a picture."""


def make_readable(texts: Iterable[Text]) -> None:
    """Give each text a font for all of its characters, or boxes in their place.

    A dollar sign is one: in names nobody writes formulas.
    """
    for text in texts:
        text.set_parse_math(False)
        families = _as_names(text.get_fontfamily())
        missing = _missing(text.get_text(), families)
        if not missing:
            continue
        korean = korean_font()
        if korean is not None:
            text.set_fontfamily([*families, korean])
            missing = _missing("".join(missing), (*families, korean))
        if missing:
            text.set_text("".join(_BOX if c in missing else c for c in text.get_text()))
            _tell()


def korean_font() -> str | None:
    """Return the name of an installed Korean font, or None."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in _KOREAN if name in installed), None)


def _as_names(families: str | Iterable[str]) -> tuple[str, ...]:
    return (families,) if isinstance(families, str) else tuple(families)


def _missing(text: str, families: tuple[str, ...]) -> set[str]:
    """Return the characters that none of the families has."""
    if text.isascii():
        return set()
    known = set().union(*map(_characters, families))
    return {c for c in text if c.isprintable() and ord(c) not in known}


@cache
def _characters(family: str) -> frozenset[int]:
    """Return the code points that the font of a family has."""
    from matplotlib import font_manager

    properties = font_manager.FontProperties(family=[family])
    return frozenset(font_manager.get_font(font_manager.findfont(properties)).get_charmap())


@cache
def _tell() -> None:
    """Say once in a process what is missing."""
    warnings.warn(
        "No installed font has all characters of this picture: boxes stand for them. Install a "
        "Korean font (Debian and Ubuntu: apt install fonts-nanum; conda: font-ttf-noto-cjk), "
        "remove matplotlib's font cache (matplotlib.get_cachedir()), and start Python again; or "
        "name a font you have: matplotlib.rcParams['font.family'] = [...].",
        MissingFontWarning,
        stacklevel=5,
    )
