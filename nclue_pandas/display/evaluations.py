"""What an evaluation shows of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nclue_pandas.display import formats
from nclue_pandas.display.cards import Card, Table, html, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nclue_pandas.frames.evaluation import Evaluation


def _tenth(number: float) -> str:
    """Show a count that ties may make a fraction."""
    return formats.count(round(number)) if float(number).is_integer() else f"{number:,.1f}"


_DECILES: Final[Mapping[str, Callable[[Any], str]]] = {
    "decile": str,
    "users": formats.count,
    "positives": _tenth,
    "rate": formats.percent,
    "lift": "{:.2f}".format,
    "capture": formats.percent,
    "gain": formats.percent,
}


def evaluation_card(evaluation: Evaluation) -> Card:
    """Describe an evaluation: figures, deciles, and who was left out."""
    confidence = f"{100 * evaluation.confidence:g} %"
    share = formats.percent(evaluation.positives / evaluation.users)
    auroc, low, high = map(formats.decimal, (evaluation.auroc, *evaluation.auroc_interval))
    facts = [
        ("Users", formats.count(evaluation.users)),
        ("Positives", f"{formats.count(evaluation.positives)} ({share})"),
        ("AUROC", f"{auroc} ({confidence} interval {low} to {high}, {evaluation.interval_method})"),
        ("Average precision", formats.decimal(evaluation.average_precision)),
    ]
    if evaluation.brier is not None:
        facts.append(("Brier score", formats.decimal(evaluation.brier)))
    unmatched = [
        f"{formats.counted(count, noun)} without {other}"
        for count, noun, other in (
            (evaluation.unmatched_answers, "answer", "a score"),
            (evaluation.unmatched_scores, "score", "an answer"),
        )
        if count
    ]
    notes = [f"Left out: {' and '.join(unmatched)}."] if unmatched else []
    return Card(
        "Evaluation of scores",
        facts=facts,
        tables=[Table.of(evaluation.deciles, _DECILES)],
        notes=notes,
    )


def evaluation_text(evaluation: Evaluation) -> str:
    """Return an evaluation's text repr; see :func:`evaluation_card`."""
    return text(evaluation_card(evaluation))


def evaluation_html(evaluation: Evaluation) -> str:
    """Return an evaluation's HTML repr; see :func:`evaluation_card`."""
    return html(evaluation_card(evaluation))
