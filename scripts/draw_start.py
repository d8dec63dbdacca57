"""Draw the picture of the README and of the landing page from the code that stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "_static" / "lift.svg"


def main() -> None:
    """Run the README's code, and draw the lift of its scores."""
    readme = (ROOT / "README.md").read_text("utf-8")
    names: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL):
        exec(block, names)  # noqa: S102 - the project's own page
    mpl.rcParams["svg.hashsalt"] = "nclue_pandas"  # the same picture, the same file
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    names["scores"].nclue.plot_lift(names["test"], ax=figure.subplots(), name="buys tea")
    figure.savefig(PICTURE, metadata={"Date": None})


if __name__ == "__main__":
    main()
