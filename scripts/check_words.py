"""Check the words of the repository: American spelling, no hosts and paths of a machine."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
#: Pattern -> what is meant instead.
WORDS = {
    r"\b[Bb]ehaviours?\b": "behavior",
    r"\b[Cc]olours?\b": "color",
    r"\b[Nn]ormalis(e|ed|ing)\b": "normalize",
    r"\b[Rr]ecognis(e|ed|ing)\b": "recognize",
    r"\b[Hh]onour(s|ed)?\b": "honor",
    r"\b[Pp]seudonymis(e|ed)\b": "pseudonymize",
    r"(?<![\w.])/(root|home|work|Users)/[\w.-]+": "no path of a machine",
    r"\b(TODO|FIXME|XXX)\b": "nothing is left to do in the code",
}
TEXT = {".py", ".md", ".toml", ".txt", ".cfg", ".yml", ".yaml", ".ipynb", ".json", ""}


def tracked() -> list[Path]:
    """Return the files of the repository, or of the folder where there is no repository."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "-co", "--exclude-standard"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - git
    except (OSError, subprocess.CalledProcessError):
        return [path for path in ROOT.rglob("*") if path.is_file() and ".venv" not in str(path)]
    return [ROOT / name for name in done.stdout.split("\0") if name]


def main() -> int:
    """Print what is wrong; return the exit status."""
    wrong = []
    for path in tracked():
        if path == Path(__file__) or path.suffix not in TEXT or not path.is_file():
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            wrong += [
                f"{path.relative_to(ROOT)}:{number} {found.group()!r}: {meant}"
                for word, meant in WORDS.items()
                if (found := re.search(word, line))
            ]
    print("\n".join(wrong) or "words: fine")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
