"""How far the making of a frame is, step by step: whole columns at a time have no other measure."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

from nclue_pandas.frames.parts import is_part
from nclue_pandas.progress import BuildProgress, track

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")


class Step(Protocol):
    """Called with what a step has made; returns it."""

    def __call__(self, made: T, /) -> T:
        """Tell that one more step is done."""


@contextmanager
def build_steps(name: str, steps: int) -> Iterator[Step]:
    """Emit :class:`BuildProgress` after every step; parts of a log are told by their caller.

    Parameters
    ----------
    name : str
        What is built.
    steps : int
        How many there are.

    Yields
    ------
    Step
        Takes what a step has made.

    Examples
    --------
    >>> from nclue_pandas.progress import subscribe
    >>> seen = []
    >>> with subscribe(seen.append), build_steps("sequences", 2) as step:
    ...     words = step("tea milk".split())
    ...     count = step(len(words))
    >>> [(event.done, event.unit) for event in seen[:3]]
    [(0, 'steps'), (1, 'steps'), (2, 'steps')]
    """
    if is_part():
        yield lambda made: made
        return
    with track(BuildProgress, name, total=steps, unit="steps") as advance:

        def done(made: T) -> T:
            advance(1)
            return made

        yield done
