"""Check that imports point one way, and that importing the package stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

PACKAGE = "nclue_pandas"
ROOT = Path(__file__).parent.parent / PACKAGE

LEAVES = {"contract", "assumptions", "errors", "signatures", "translation"}
#: Unit (a module or a folder of the package) -> the other units that it may import.
ALLOWED: dict[str, set[str]] = {
    "contract": set(),
    "assumptions": set(),
    # The one that looks up, inside a function: the language is an option, read as a text is shown.
    "translation": {"config"},
    "errors": {"contract", "translation"},
    "signatures": {"errors", "translation"},
    "environment": LEAVES,
    "config": LEAVES | {"environment"},
    "deadline": LEAVES,
    "credentials": LEAVES | {"config", "environment"},
    "progress": LEAVES | {"config", "display"},
    "kernels": set(),
    "frames": LEAVES | {"kernels", "display", "plotting", "progress"},
    "storage": LEAVES | {"kernels", "config", "deadline", "environment", "frames", "progress"},
    "service": LEAVES | {"config", "deadline", "environment", "progress"},
    "jobs": LEAVES
    | {
        "kernels",
        "config",
        "deadline",
        "environment",
        "frames",
        "storage",
        "service",
        "progress",
        "display",
    },
    "streaming": LEAVES | {"kernels", "frames", "jobs", "progress", "storage"},
    "display": {"errors", "translation"},
    "plotting": LEAVES | {"kernels", "display", "frames"},
    "client": LEAVES | {"config", "deadline", "jobs", "service", "storage"},
    "connecting": LEAVES | {"client", "config", "environment", "jobs", "credentials", "sandbox"},
    "api": LEAVES | {"client", "frames", "jobs"},
    "accessor": {"", "signatures"},
    "dask": LEAVES
    | {"client", "kernels", "", "accessor", "deadline", "frames", "jobs", "progress", "storage"},
    "sandbox": {"contract"},
    "demo": LEAVES | {"", "client", "frames", "streaming"},
    "explaining": LEAVES | {"jobs", "display"},
    "cli": LEAVES
    | {
        "kernels",
        "",
        "client",
        "config",
        "deadline",
        "demo",
        "display",
        "environment",
        "frames",
        "jobs",
        "credentials",
        "streaming",
        "plotting",
        "progress",
        "sandbox",
        "service",
        "storage",
    },
    "__main__": {"cli"},
    "": LEAVES | {"accessor"},
}
#: Libraries that a plain import of the package must not bring.
HEAVY = {
    *("aiobotocore", "boto3", "botocore", "dask", "flask", "fsspec", "matplotlib", "moto"),
    *(
        "requests",
        "s3fs",
        "scipy",
        "sklearn",
        "tenacity",
        "tqdm",
        "filelock",
        "platformdirs",
        "werkzeug",
    ),
}


def unit(module: str) -> str:
    """Return the unit of a module's dotted name below the package."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def imports(tree: ast.Module) -> list[tuple[int, str]]:
    """Return line and dotted name of each import of the package, type checking aside."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
    skipped = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    return [(line, name) for line, name in found if line not in skipped and is_ours(name)]


def is_ours(name: str) -> bool:
    """Return whether a dotted name is of the package."""
    return name == PACKAGE or name.startswith(f"{PACKAGE}.")


def wrong_directions() -> list[str]:
    """Return a line for every import that points the wrong way."""
    wrong = []
    for path in sorted(ROOT.rglob("*.py")):
        relative = path.relative_to(ROOT).with_suffix("")
        own = "" if relative.parts == ("__init__",) else relative.parts[0]
        for line, name in imports(ast.parse(path.read_text("utf-8"))):
            other = unit(name)
            if other not in ALLOWED:
                other = ""
            if other != own and other not in ALLOWED[own]:
                wrong.append(f"{path}:{line} {own or PACKAGE} must not import {name}")
    return wrong


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
    wrong = wrong_directions()
    wrong += [f"import {PACKAGE} brings {library}" for library in heavy_imports()]
    print("\n".join(wrong) or "imports: one way, and light")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
