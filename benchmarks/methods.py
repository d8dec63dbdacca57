"""What is measured: methods that do the same work, grouped, on workloads of several sizes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

#: The method that the others are compared with.
OURS = "ours"


@dataclass(frozen=True)
class Job:
    """One measurement, as told to the process that makes it.

    Parameters
    ----------
    group, method : str
        What to run.
    path, warm_up : str
        The input, and a tiny one of the same kind to run once before; empty for none.
    digest : bool
        Whether to digest the result, after the clock has stopped.
    store : dict or None
        Where the object store is.
    name : str
        A name that no other measurement has, for what the method writes.
    """

    group: str
    method: str
    path: str
    warm_up: str = ""
    digest: bool = False
    store: dict[str, str] | None = None
    name: str = "warm-up"

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


@dataclass(frozen=True)
class Method:
    """One way to do the work of a group.

    Parameters
    ----------
    key, label : str
        Its name in files and in tables.
    load : callable
        Takes the job, returns the input in the form that the method likes best. Not timed.
    run : callable
        Takes the input, returns the result. Timed.
    digest : callable, optional
        Takes the result, returns the same text for the same result. Not timed.
    needs : tuple of str
        Modules without which it is left out.
    note : str
        What is told beside it: above all where its result differs.
    environment : str
        ``"bench"``, or the name of another environment.
    slow_from : int, optional
        From this size on it is run in the first rounds only.
    """

    key: str
    label: str
    load: Callable[[Job], Any]
    run: Callable[[Any], Any]
    digest: Callable[[Any], str] | None = None
    needs: tuple[str, ...] = ()
    note: str = ""
    environment: str = "bench"
    slow_from: int | None = None


@dataclass(frozen=True)
class Workload:
    """An input of any size.

    Parameters
    ----------
    key, label : str
        Its name in files and in tables.
    make : callable
        Takes a path and a number of rows and writes the input; raises ``FileNotFoundError`` with
        a reason when it cannot be made here.
    sizes : tuple of int
        Its rows by default.
    suffix : str
        Of the file.
    warm_up : bool
        Whether a process works once on a tiny input before it is measured.
    """

    key: str
    label: str
    make: Callable[[Path, int], None]
    sizes: tuple[int, ...]
    suffix: str = ".arrow"
    warm_up: bool = True


@dataclass(frozen=True)
class Group:
    """Methods that are compared on the same workloads.

    Parameters
    ----------
    key, title, unit : str
        Its name, the heading of its tables, and what a row of its inputs is.
    about : str
        What is compared, exactly.
    methods : tuple of Method
        The first of them is what the ratios refer to.
    workloads : tuple of Workload
        Its inputs.
    serve : callable, optional
        Takes a kind of store, starts it and gives what the methods write to.
    repeats : int
        Rounds by default.
    """

    key: str
    title: str
    unit: str
    about: str
    methods: tuple[Method, ...]
    workloads: tuple[Workload, ...]
    serve: Callable[[str], AbstractContextManager[Any]] | None = None
    repeats: int = 5
    _by_key: dict[str, Method] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_key", {each.key: each for each in self.methods})

    def method(self, key: str) -> Method:
        """Return a method by its name."""
        return self._by_key[key]
