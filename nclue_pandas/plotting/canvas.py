"""What all pictures share: Axes, curves that differ without color, references, legends.

Korean in pictures: the first installed font that has the characters, beside the user's own.
matplotlib's own fonts have no Hangul. A text that needs it gets an installed Korean font after the
families it has, so that everything else looks as before; without any, a box stands for each such
character, and a warning says once what to install. No setting of matplotlib is changed.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from nclue_pandas.errors.base import MissingExtraError
from nclue_pandas.frames.alignment import align
from nclue_pandas.frames.columns import require_frame
from nclue_pandas.frames.reports import callers_level

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.font_manager import FontManager
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.text import Text

    from nclue_pandas.frames.statistics import Booleans, Floats

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
    needy = []
    for text in texts:
        text.set_parse_math(False)
        families = _as_names(text.get_fontfamily())
        missing = _missing(text.get_text(), families)
        if missing:
            needy.append((text, families, missing))
    korean = korean_font() if needy else None
    for text, families, missing in needy:
        if korean is not None:
            text.set_fontfamily([*families, korean])
        boxed = _missing("".join(missing), (*families, *([korean] if korean else [])))
        if boxed:
            text.set_text("".join(_BOX if c in boxed else c for c in text.get_text()))
            _tell()


def korean_font() -> str | None:
    """Return the name of an installed Korean font, or None."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    if installed.isdisjoint(_KOREAN):
        installed = _add_new_fonts(font_manager.fontManager)
    return next((name for name in _KOREAN if name in installed), None)


def _add_new_fonts(manager: FontManager) -> set[str]:
    """Let matplotlib know fonts that were installed after it made its list; return all names.

    Its list is a file that it reads once, and makes again only when it is removed.
    """
    from matplotlib import font_manager

    known = {font.fname for font in manager.ttflist}
    for path in font_manager.findSystemFonts():
        if path not in known:
            with suppress(OSError, RuntimeError):  # what matplotlib cannot read it leaves out, too
                manager.addfont(path)
    return {font.name for font in manager.ttflist}


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
        "Korean font (Debian and Ubuntu: apt install fonts-nanum; conda: font-ttf-noto-cjk) and "
        "draw again; or name a font you have: matplotlib.rcParams['font.family'] = [...].",
        MissingFontWarning,
        stacklevel=callers_level(),
    )


_LINES: Final = ("-", "--", "-.", ":")
_MARKERS: Final = ("o", "s", "^", "D", "v", "P")
_CURVE: Final = "nclue-curve"
_REFERENCE: Final = "nclue-reference"
#: More points than this make a curve slower to draw and no smoother.
_POINTS: Final = 2_000
_FAINT: Final = 0.2


def aligned(
    scores: pd.DataFrame, answers: pd.DataFrame, *, user: str, score: str, label: str
) -> tuple[Floats, Booleans]:
    """Return scores and labels of the users that have both."""
    scores, answers = require_frame(scores, "scores"), require_frame(answers, "answers")
    both = align({"": scores}, answers, user=user, score=score, label=label)
    return both.scores[""], both.labels


def axes(ax: Axes | None) -> Axes:
    """Return `ax`, or the Axes of a new figure."""
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise MissingExtraError.of("matplotlib", "plot", "Drawing") from error
    return plt.subplots(layout="constrained")[1]


def labeled(name: str | None, figure: str) -> str:
    """Return what the legend says of a curve.

    matplotlib leaves out what begins with an underscore, so a space comes before one.
    """
    if not name:
        return figure
    return f"{' ' * name.startswith('_')}{name}: {figure}"


def curve(
    ax: Axes, x: Floats, y: Floats, label: str, *, marker_every: float | None = None
) -> Line2D:
    """Draw a curve that differs in line and marker from those before it."""
    drawn = sum(line.get_gid() == _CURVE for line in ax.lines)
    shown = np.unique(np.linspace(0, x.size - 1, _POINTS).astype(int))
    (line,) = ax.plot(
        x[shown],
        y[shown],
        linestyle=_LINES[drawn % len(_LINES)],
        marker=_MARKERS[drawn % len(_MARKERS)],
        markevery=marker_every,
        label=label,
        gid=_CURVE,
    )
    return line


def reference(ax: Axes, x: tuple[float, float], y: tuple[float, float], label: str) -> None:
    """Draw, once on each Axes, what scores without information would give."""
    if not _has_reference(ax):
        ax.plot(x, y, label=label, gid=_REFERENCE, **reference_style())


def diagonal(ax: Axes, label: str) -> None:
    """Draw the line of equal x and y, once on each Axes, as far as the data reach."""
    if not _has_reference(ax):
        ax.axline((0, 0), slope=1, label=label, gid=_REFERENCE, **reference_style())


def _has_reference(ax: Axes) -> bool:
    return any(line.get_gid() == _REFERENCE for line in ax.lines)


def reference_style() -> dict[str, Any]:
    """Return how lines look that are no data."""
    from matplotlib import rcParams

    return {"color": rcParams["axes.labelcolor"], "alpha": 0.6, "linestyle": (0, (1, 2))}


def histogram(
    ax: Axes, heights: Floats, edges: Floats, *, label: str, line: str = "-", hatch: str = ""
) -> None:
    """Draw bars as one filled outline, hatched so that two differ without color."""
    patch = ax.stairs(heights, edges, linestyle=line, hatch=hatch or None, label=label)
    patch.set(fill=True, facecolor=(*patch.get_edgecolor()[:3], _FAINT))


def legend(ax: Axes, place: Literal["best", "upper left", "lower right"] = "best") -> None:
    """Name the curves in the order they were drawn, then the reference."""
    handles, _ = ax.get_legend_handles_labels()
    ordered = sorted(handles, key=lambda each: each.get_gid() == _REFERENCE)
    made = ax.legend(handles=ordered, loc=place)
    make_readable(made.get_texts())
    make_room(ax, made, [line for line in ax.lines if line.get_gid() == _CURVE])


#: Of the height of a legend: how much room it is given.
_ROOM: Final = 1.15
#: The part of the Axes that a legend may take at most.
_MOST: Final = 0.4


def make_room(ax: Axes, legend: Legend, drawn: Iterable[Line2D | Patch]) -> None:
    """Lengthen the vertical axis at its top where the legend would hide what is drawn.

    Limits that the user has set stay.
    """
    ax.apply_aspect()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a font lacks is told when the picture is drawn
        box = legend.get_window_extent()
    share = _ROOM * box.height / ax.bbox.height
    paths = (each.get_path().transformed(each.get_transform()) for each in drawn)
    hides = any(path.intersects_bbox(box, filled=False) for path in paths)
    if hides and share < _MOST and ax.get_autoscaley_on():
        bottom, top = ax.get_ylim()
        ax.set_ylim(top=bottom + (top - bottom) / (1 - share), auto=None)
        legend.set_loc("upper left")


def name_rows(ax: Axes, names: Sequence[str]) -> None:
    """Write a name beside each row of a picture, from 0 on."""
    name_ticks(ax.yaxis, names)


def name_ticks(axis: Axis, names: Sequence[str]) -> None:
    """Write names beside an axis, from 0 on."""
    places = range(len(names))
    axis.set_ticks(places, names)
    titles = axis.get_ticklabels()
    make_readable(titles)
    # The ticks would put the first texts back; the fonts stay.
    axis.set_ticks(places, [title.get_text() for title in titles])


def name_axes(ax: Axes, x: str | None = None, y: str | None = None) -> None:
    """Write what the axes show."""
    for axis, name in ((ax.xaxis, x), (ax.yaxis, y)):
        if name is not None:
            axis.set_label_text(name)
            make_readable([axis.label])


def short_dates(ax: Axes) -> None:
    """Write the dates of the horizontal axis as short as they can be told apart."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def percent(*which: Axis) -> None:
    """Show shares in percent."""
    from matplotlib.ticker import PercentFormatter

    for axis in which:
        axis.set_major_formatter(PercentFormatter(1))
