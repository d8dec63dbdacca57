"""What no file of the repository may hold; spelling is codespell's (make lint)."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = {".py", ".md", ".toml", ".txt", ".cfg", ".yml", ".yaml", ".ipynb", ".json", ""}
#: Pattern -> a line that it must find, so that the check can fail.
FORBIDDEN = {
    r"(?<![\w.])/(root|home|work|Users)/[\w.-]+": "a path of a machine: /" + "home/someone/log.csv",
    r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b": "# TO" + "DO later",
}


def texts():
    """Yield the path and the lines of each file that git knows."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "-co", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a checkout of git")
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in TEXT and path.is_file():
            yield name, path.read_text("utf-8").splitlines()


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_no_file_holds(pattern):
    assert re.search(pattern, FORBIDDEN[pattern])
    found = [
        f"{name}:{number} {line.strip()[:80]}"
        for name, lines in texts()
        for number, line in enumerate(lines, 1)
        if re.search(pattern, line)
    ]
    assert not found
