"""Raw figures: what every round measured, kept as JSON beside the tables made from them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass
class Measured:
    """What one method took, by round.

    Parameters
    ----------
    seconds, cpu_seconds, extra_mb : dict of int to float
        Round -> time by the clock, processor time of all threads, and peak memory above the
        loaded data in 10^6 bytes.
    digest : str or None
        Of its result.
    """

    seconds: dict[int, float] = field(default_factory=dict)
    cpu_seconds: dict[int, float] = field(default_factory=dict)
    extra_mb: dict[int, float] = field(default_factory=dict)
    digest: str | None = None

    def add(self, number: int, told: dict[str, Any]) -> None:
        """Add what a process told of one round."""
        self.seconds[number] = told["seconds"]
        self.cpu_seconds[number] = told["cpu_seconds"]
        if told["extra_mb"] is not None:
            self.extra_mb[number] = told["extra_mb"]
        self.digest = told["digest"] or self.digest


@dataclass
class Cell:
    """All methods of a group on one input.

    Parameters
    ----------
    workload : str
        Its name.
    rows : int
        Its size.
    machine : dict
        Versions and cores.
    methods : dict of str to Measured
        By the method's name.
    """

    workload: str
    rows: int
    machine: dict[str, Any]
    methods: dict[str, Measured] = field(default_factory=dict)

    @property
    def rounds(self) -> int:
        """The number of the next round."""
        return max((max(each.seconds) + 1 for each in self.methods.values()), default=0)

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Cell:
        """Read what :func:`save` wrote; JSON has made texts of round numbers."""
        methods = {key: _measured(each) for key, each in told["methods"].items()}
        return cls(told["workload"], told["rows"], told["machine"], methods)


def _measured(told: dict[str, Any]) -> Measured:
    names = ("seconds", "cpu_seconds", "extra_mb")
    rounds = [{int(number): x for number, x in told[name].items()} for name in names]
    return Measured(*rounds, told["digest"])


def load(folder: Path, group: str) -> list[Cell]:
    """Read a group's cells; none when it was not measured yet."""
    path = folder / f"{group}.json"
    if not path.exists():
        return []
    return [Cell.from_dict(each) for each in json.loads(path.read_text("utf-8"))]


def save(folder: Path, group: str, cells: Iterable[Cell]) -> None:
    """Write a group's cells."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps([_rounded(asdict(cell)) for cell in cells], indent=1, ensure_ascii=False)
    (folder / f"{group}.json").write_text(text + "\n", "utf-8")


def _rounded(value: Any) -> Any:
    """Keep five significant digits."""
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return float(f"{value:.5g}") if isinstance(value, float) else value
