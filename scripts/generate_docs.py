"""Write the pages that are made from the code: errors, assumptions, operations.

``python scripts/generate_docs.py`` writes them; with ``--check`` it only tells which are stale.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nclue_pandas import errors
from nclue_pandas.assumptions import ASSUMPTIONS
from nclue_pandas.contract import ERROR_CODES
from nclue_pandas.errors.codes import CODED, FAILURES
from nclue_pandas.errors.service import GATEWAY, GATEWAY_CODES
from nclue_pandas.sandbox.openapi import description

DOCS = Path(__file__).parent.parent / "docs"
MADE = "<!-- made by scripts/generate_docs.py from the code; edit that instead -->\n\n"
TESTS = "tests/operations"

#: Operation -> how users reach it.
METHODS = {
    "list_features": "`client.list_features()`",
    "create_feature": "`sequences.nclue.create_feature(name)`, `client.create_feature_from_path`",
    "get_feature": "`client.get_feature(id_or_name)`, `feature.refresh()`, `feature.wait()`",
    "delete_feature": "`feature.delete()`, `feature.cancel()`",
    "list_tasks": "`client.list_tasks()`",
    "create_task": "`answers.nclue.create_task(name, feature)`, `client.create_task_from_path`",
    "get_task": "`client.get_task(id_or_name)`, `task.refresh()`, `task.wait()`",
    "delete_task": "`task.delete()`, `task.cancel()`",
    "list_runs": "`client.list_runs()`",
    "create_run": "`task.run(feature)`, `client.create_run(task, feature)`",
    "get_run": "`client.get_run(id_or_name)`, `run.refresh()`, `run.wait()`, `run.result()`",
    "delete_run": "`run.delete()`, `run.cancel()`",
    "list_shopping_intents": "`client.list_shopping_intents()`",
    "create_shopping_intent": "`task.shopping_intent(name)`",
    "get_shopping_intent": "`client.get_shopping_intent(id_or_name)`, `.refresh()`, `.wait()`",
    "delete_shopping_intent": "`.delete()`, `.cancel()`",
    "download_shopping_intent": "`client.get_shopping_intent(id_or_name).result()`",
    "list_custom_attributes": "`client.list_custom_attributes()`",
    "create_custom_attributes": "`feature.custom_attributes(name, keywords)`",
    "get_custom_attributes": "`client.get_custom_attributes(id_or_name)`, `.refresh()`, `.wait()`",
    "delete_custom_attributes": "`.delete()`, `.cancel()`",
}


def operations() -> str:
    """Return the page of the 21 operations."""
    rows = [
        "| operation | request | how to call it | low level | test |",
        "|---|---|---|---|---|",
    ]
    for path, methods in description("https://nclue.example/api/v1")["paths"].items():
        for method, operation in methods.items():
            name = operation["operationId"]
            rows.append(
                f"| {name} | {method.upper()} `{path}` | {METHODS[name]} "
                f"| `client.service.{name}` | `test_{name}` |"
            )
    return (
        f"{MADE}# Operations of the service\n\nEvery operation, the methods that call it, and "
        f"the test in `{TESTS}` that exercises it over HTTP with its error codes.\n"
        "Refusals that depend on the account or on a job's state are in "
        "`tests/jobs/test_operations_refused.py`.\n\n" + "\n".join(rows) + "\n"
    )


def error_page() -> str:
    """Return the page of errors with cause and remedy."""
    text = (
        f"{MADE}# Errors\n\n```python\nimport nclue_pandas as nclue\n\n"
        "nclue.explain(10101)  # or a fail code, the name of a class, an error that was caught\n"
        "```\n\nEvery error of the package is an `nclue_pandas.NclueError`, and also "
        "the builtin that one would catch. Errors of the service carry `status`, `code`, "
        "`trace_id`, `cause` and `remedy`; give the trace id to NCP's support. `explain` says the "
        "same without a network.\n\n```text\n"
        f"{(errors.__doc__ or '').split('::')[1].strip()}\n```\n\n## Codes of the service\n\n"
    )
    for code, error in CODED.items():
        status, name = ERROR_CODES[code]
        text += _entry(code, f"{code} {name}", error, status)
    text += "## Codes of the gateway\n\n"
    statuses = {error: status for (status, _), error in GATEWAY.items()}
    for error in dict.fromkeys((*GATEWAY_CODES.values(), errors.NotFoundError)):
        codes = [str(code) for code, known in GATEWAY_CODES.items() if known is error]
        title = " ".join([", ".join(codes), error.__name__]).strip()
        text += _entry(None, title, error, statuses.get(error, 500))
    text += (
        "## Fail codes of jobs\n\nA failed job raises `JobFailed` with `fail_code` and the "
        "service's own `fail_message`.\n\n"
    )
    for fail_code, failure in FAILURES.items():
        anchor = f"(fail-{fail_code.lower().replace('_', '-')})="
        text += (
            f"{anchor}\n### {fail_code}\n\n**Cause.** {failure.cause}\n\n"
            f"**Remedy.** {failure.remedy}\n\n"
        )
    text += (
        "## Errors of this library\n\nRaised before or instead of a request. The message says "
        "which rows, field or job it is about, and what to do next.\n\n"
    )
    for name in errors.__all__:
        error = getattr(errors, name)
        if issubclass(error, Exception) and not issubclass(error, errors.ApiError):
            text += _own_entry(error)
    return text.rstrip() + "\n"


def _own_entry(error: type[errors.NclueError]) -> str:
    meaning = (error.__doc__ or "").partition("\n")[0]
    return (
        f"(error-{error.__name__.lower()})=\n### {error.__name__}\n\n{meaning}{_caught(error)}\n\n"
        f"**Remedy.** {error.remedy}\n\n"
    )


def _caught(error: type[errors.NclueError]) -> str:
    """Say which builtin also catches the error, where that is more than `Exception`."""
    builtin = [base.__name__ for base in error.__mro__ if base.__module__ == "builtins"]
    names = [name for name in builtin if name not in {"object", "BaseException", "Exception"}]
    return f" Also a `{names[0]}`." if names else ""


def _entry(code: int | None, title: str, error: type[errors.ApiError], status: int) -> str:
    anchor = error.entry().partition("#")[2] if code is None else f"code-{code}"
    return (
        f"({anchor})=\n### {title}\n\n`{error.__name__}`, HTTP {status}.{_caught(error)}\n\n"
        f"**Cause.** {error.cause}\n\n**Remedy.** {error.remedy}\n\n"
    )


def assumptions() -> str:
    """Return the page of what is assumed about the service."""
    text = (
        f"{MADE}# What we assume about the service\n\nThe documentation of the service leaves "
        "these things open. Each is one constant or function, so that one edit corrects it. "
        "`make live` shows on a real account what is the case; the sandbox plays the "
        "alternatives.\n\n"
    )
    for each in ASSUMPTIONS:
        text += (
            f"## {each.key}\n\n{each.question}\n\n- **Assumed:** {each.assumed}\n"
            f"- **What would change it:** {each.settled_by}\n- **In the code:** `{each.where}`\n\n"
        )
    return text.rstrip() + "\n"


PAGES = {
    "operations.md": operations,
    "errors.md": error_page,
    "assumptions.md": assumptions,
}


def main() -> int:
    """Write the pages, or tell which are stale."""
    stale = []
    for name, make in PAGES.items():
        path = DOCS / name
        if not path.exists() or path.read_text("utf-8") != make():
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(make(), "utf-8")
    if "--check" in sys.argv and stale:
        print(f"stale: {', '.join(stale)}; run python scripts/generate_docs.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
