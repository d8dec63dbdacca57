"""A page about a run: one HTML file that holds all that it shows and loads nothing."""

from __future__ import annotations

import base64
import importlib.util
import io
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, Final

import nclue_pandas as nclue
from nclue_pandas import display
from nclue_pandas.cli.settings import QUESTION
from nclue_pandas.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from nclue_pandas.cli.question import Question
    from nclue_pandas.cli.settings import Settings
    from nclue_pandas.frames.evaluation import Evaluation

_BINS: Final = 40
_QUANTILES: Final = (0, 0.1, 0.5, 0.9, 0.99, 1)
_INCHES: Final = (5.2, 3.4)
#: The browser itself refuses whatever would be loaded or run.
_POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; }
.cards { display: flex; flex-wrap: wrap; gap: 1.5rem 3rem; }
.cards > * { min-width: 0; }
figure { margin: 0; } figcaption { opacity: .75; font-size: .9em; }
img { max-width: 100%; background: #fff; border-radius: 4px; }
p, li { max-width: 48rem; overflow-wrap: anywhere; }
"""
_UNMEASURED: Final = (
    "The log does not go on for a whole horizon after the moment that the users are scored at, so "
    "nothing can be measured yet. To measure, set until to the cutoff and test = 0.3: the scores "
    "are then as of the cutoff, and users that are held out tell how good they are."
)


def require_drawing() -> None:
    """Raise when there is nothing to draw with, before anything is billed.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingExtraError.of("matplotlib", "plot", "A report")


def make_page(
    settings: Settings,
    question: Question,
    scores: pd.DataFrame,
    measured: Evaluation | None,
    warned: Sequence[str],
) -> str:
    """Write the page.

    Parameters
    ----------
    settings : Settings
        What was asked.
    question : Question
        The frames of it.
    scores : pandas.DataFrame
        What came.
    measured : Evaluation or None
        Of the scores, where the log tells what came.
    warned : sequence of str
        What was warned of.

    Returns
    -------
    str
        HTML without a script, a link or anything else from elsewhere; texts are escaped.
    """
    sections = [
        ("What was asked", _cards([_asked(settings, question)])),
        ("What went in", _cards(_reports(question))),
        (
            "Scores",
            _cards([_scores(scores)]) + _figure("How the scores are spread", _spread(scores)),
        ),
        ("How good they are", _measured(question, scores, measured)),
    ]
    if warned:
        items = "".join(f"<li>{escape(text)}</li>" for text in dict.fromkeys(warned))
        sections.append(("Warnings", f"<ul>{items}</ul>"))
    title = escape(f"Scores of {settings.name}")
    body = "".join(f"<section><h2>{name}</h2>{html}</section>" for name, html in sections)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{title}</h1>{body}</body></html>\n"
    )


def _cards(cards: Sequence[display.Card]) -> str:
    return f'<div class="cards">{"".join(display.html(card) for card in cards)}</div>'


def _asked(settings: Settings, question: Question) -> display.Card:
    until = "the end of the log" if question.until is None else str(question.until)
    narrower = [(name, getattr(settings, name)) for name in QUESTION]
    return display.Card(
        "The question",
        facts=[
            ("Log", settings.log),
            ("Learned from what is before", str(question.cutoff)),
            ("What happens within", str(settings.horizon)),
            ("Positive", settings.positive or "any event"),
            *((name, str(value)) for name, value in narrower if value not in {None, False}),
            ("Users are scored as of", until),
            ("Made with", f"nclue_pandas {nclue.__version__}"),
        ],
    )


def _reports(question: Question) -> list[display.Card]:
    """Return what the frames tell of themselves, those to score last."""
    frames = (question.sequences, question.train, question.test, question.score_on)
    found = (nclue.report(frame) for frame in frames if frame is not None)
    return [report._card() for report in found if report is not None]  # noqa: SLF001 - the page shows what objects show


def _scores(scores: pd.DataFrame) -> display.Card:
    values = scores["score"].astype(float)
    rows = [
        (f"{share:.0%}", display.decimal(float(values.quantile(share)))) for share in _QUANTILES
    ]
    table = display.Table(("users up to", "score"), tuple(rows))
    return display.Card("Scores", facts=[("Users", display.count(len(scores)))], tables=[table])


def _measured(question: Question, scores: pd.DataFrame, measured: Evaluation | None) -> str:
    if measured is None or question.outcomes is None:
        return f"<p>{escape(_UNMEASURED)}</p>"
    figures: dict[str, Callable[..., Any]] = {
        "Lift by tenth of the users": nclue.plot_lift,
        "Positives found": nclue.plot_gain,
        "Receiver operating characteristic": nclue.plot_roc,
    }
    if measured.calibration is not None:
        figures["Calibration"] = nclue.plot_calibration
    drawn = [
        _figure(name, partial(plot, scores, question.outcomes)) for name, plot in figures.items()
    ]
    if measured.baselines is not None:
        drawn.append(_figure("The model beside free scores", measured.plot))
    return _cards([measured._card()]) + f'<div class="cards">{"".join(drawn)}</div>'  # noqa: SLF001 - as above


def _spread(scores: pd.DataFrame) -> Callable[..., object]:
    """Return what draws the distribution of the scores."""
    import numpy as np

    from nclue_pandas.plotting.canvas import histogram, percent

    def draw(*, ax: Axes) -> None:
        values = scores["score"].to_numpy(dtype=float)
        counts, edges = np.histogram(values, bins=_BINS)
        histogram(ax, counts / max(values.size, 1), edges, label="users")
        ax.set(xlabel="Score", ylabel="Users")
        percent(ax.yaxis)

    return draw


def _figure(caption: str, draw: Callable[..., object]) -> str:
    """Draw a picture into the page."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    text = escape(caption)
    with rc_context({"svg.hashsalt": "nclue"}), io.BytesIO() as file:  # the same bytes again
        figure = Figure(figsize=_INCHES, layout="constrained")
        draw(ax=figure.subplots())
        figure.savefig(file, format="svg", metadata={"Date": None})
        picture = base64.b64encode(file.getvalue()).decode()
    return (
        f'<figure><img alt="{text}" src="data:image/svg+xml;base64,{picture}">'
        f"<figcaption>{text}</figcaption></figure>"
    )
