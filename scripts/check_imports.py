"""Check that importing the package stays light; which way imports point, import-linter checks."""

from __future__ import annotations

import subprocess
import sys

PACKAGE = "nclue_pandas"
#: Libraries that a plain import of the package must not bring.
HEAVY = {
    *("aiobotocore", "boto3", "botocore", "dask", "flask", "fsspec", "matplotlib", "moto"),
    *("requests", "s3fs", "scipy", "sklearn", "tqdm", "filelock", "platformdirs"),
    "werkzeug",
}


def heavy_imports() -> list[str]:
    """Return the heavy libraries that importing the package brings beyond pandas."""
    code = (
        "import sys, pandas; before = set(sys.modules); import nclue_pandas; "
        "print(*sorted({m.split('.')[0] for m in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - this interpreter
    return sorted(set(done.stdout.split()) & HEAVY)


def main() -> int:
    """Print what is wrong; return the exit status."""
    heavy = heavy_imports()
    print("\n".join(f"import {PACKAGE} brings {library}" for library in heavy) or "imports: light")
    return bool(heavy)


if __name__ == "__main__":
    sys.exit(main())
