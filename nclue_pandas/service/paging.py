"""Walking through a list whose paging is only half documented.

``index`` may be an item's offset or a page's number, and ``total`` may count everything or the
answer alone. The second page is asked for with an overlap of one item: when the last item seen is
on it, ``index`` is an offset. When not, the page at ``index=2`` decides: it shares most items with
the first page when ``index`` is an offset, and else at most those that new jobs have moved on
meanwhile. Jobs are told apart by their ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from nclue_pandas.contract import LIST_LIMIT
from nclue_pandas.errors import InvalidAnswerError
from nclue_pandas.service.records import Page, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

R = TypeVar("R", bound=Record)

#: Pages after which a list is taken for endless: 1,000,000 jobs.
PAGE_LIMIT: Final = 10_000

#: Pages in a row that bring nothing new, after which a list has ended.
_IDLE_PAGES: Final = 2


class ListOperation(Protocol[R]):
    """A list operation of the service."""

    def __call__(self, *, index: int = 0, limit: int = 20) -> Page[R]:
        """Return one page."""
        ...


def iterate(list_page: ListOperation[R], *, limit: int = LIST_LIMIT) -> Iterator[R]:
    """Yield every job of a list once, whatever ``index`` and ``total`` mean.

    Raises
    ------
    InvalidAnswerError
        When the list does not end.
    """
    for page in pages(list_page, limit=limit):
        yield from page


def pages(list_page: ListOperation[R], *, limit: int = LIST_LIMIT) -> Iterator[Sequence[R]]:
    """Yield what each request of :func:`iterate` brings: the jobs that were not seen before.

    A page that held nothing new is empty.
    """
    walk = _Walk(list_page, limit)
    yield walk.turn_to(0)
    if walk.at_end:
        return
    first = walk.ids
    yield walk.turn_to(len(first) - 1)
    if first[-1] in walk.ids:
        yield from walk.on_by_offset(len(first) - 1)
        return
    yield walk.turn_to(2)
    shared = walk.first_shared(first)
    if len(first) / 10 < shared < len(first):  # much has changed between the two: look again
        yield walk.turn_to(0)
        first = walk.ids
        yield walk.turn_to(2)
        shared = walk.first_shared(first)
    if shared < len(first) / 2:
        yield from walk.on_by_offset(2)
    else:
        yield from walk.on_by_number()


def everything(
    list_page: ListOperation[R], *, limit: int = LIST_LIMIT, walks: int = 4
) -> tuple[list[R], bool]:
    """Return every job of a list that changes, and whether it is certain that none is missing.

    A list of one page is seen at once. A longer one is walked until two walks in a row bring the
    same jobs, and so many `walks` at most: by page numbers, one that is deleted meanwhile moves
    another to a page left behind.
    """
    seen: dict[str, R] = {}
    before: list[str] | None = None
    for _ in range(walks):
        turned = [list(page) for page in pages(list_page, limit=limit)]
        found = [record for page in turned for record in page]
        seen |= {record.id: record for record in found}
        ids = sorted(record.id for record in found)
        if len(turned) == 1 or ids == before:
            return list(seen.values()), True
        before = ids
    return list(seen.values()), False


class _Walk(Generic[R]):
    """The jobs seen so far, and the page that the walk is at."""

    def __init__(self, list_page: ListOperation[R], limit: int) -> None:
        self._list_page = list_page
        self._limit = limit
        self._seen: set[str] = set()
        self._turned = 0
        self._page: Page[R] = Page(())
        self._brought = 0

    @property
    def ids(self) -> list[str]:
        """The ids on the page."""
        return [record.id for record in self._page.items]

    def first_shared(self, ids: Sequence[str]) -> int:
        """Return the place of the first of some ids that is on the page, or their number."""
        here = set(self.ids)
        return next((place for place, each in enumerate(ids) if each in here), len(ids))

    @property
    def at_end(self) -> bool:
        """Whether nothing can follow the page: it is not full, and no more is announced.

        A page is full when it holds as many jobs as were asked for, or as the answer says that
        a page holds.
        """
        full = min(self._limit, self._page.limit or self._limit)
        announced = self._page.total or 0
        return not self._page.items or (
            len(self._page.items) < full and announced <= len(self._seen)
        )

    def turn_to(self, index: int) -> Sequence[R]:
        """Fetch the page at `index` and return the jobs on it that were not seen yet."""
        self._turned += 1
        if self._turned > PAGE_LIMIT:
            raise InvalidAnswerError(f"The list does not end after {PAGE_LIMIT:,} pages.")
        self._page = self._list_page(index=index, limit=self._limit)
        new = {record.id: record for record in self._page.items if record.id not in self._seen}
        self._seen.update(new)
        self._brought = len(new)
        return list(new.values())

    def on_by_offset(self, position: int) -> Iterator[Sequence[R]]:
        """Go on from the page at `position`, each page overlapping the one before.

        A page without overlap, an empty one too, means that jobs before it were deleted in
        between: the walk steps back until it meets what it has seen, so that none is left out.
        """
        idle = 0
        while not self.at_end and idle < _IDLE_PAGES:
            size = len(self.ids)
            position += max(1, size - 1)
            yield self.turn_to(position)
            idle = 0 if self._brought else idle + 1
            while self._brought == len(self.ids) and position > 0:
                position = max(0, position - size)
                yield self.turn_to(position)

    def on_by_number(self) -> Iterator[Sequence[R]]:
        """Go on by page numbers, which may begin at 0 or at 1.

        They ascend, page 2 is read once more: jobs that are made meanwhile move others to pages
        that are still to come, never to one that is left behind.
        """
        for number in (1, 2):
            yield self.turn_to(number)
            if self.at_end:
                return
        idle = 0
        while idle < _IDLE_PAGES:
            number += 1
            yield self.turn_to(number)
            if self.at_end:
                return
            idle = 0 if self._brought else idle + 1
