"""NAVER Cloud Platform's NCLUE from the DataFrame: event logs in, scores and profiles out.

Importing the package registers the accessor ``df.nclue``. Everything else is loaded when it is
first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from nclue_pandas import accessor as _accessor

if TYPE_CHECKING:
    from nclue_pandas.api import create_feature, create_task, plan, predict
    from nclue_pandas.client import Client
    from nclue_pandas.config import ServiceSettings, StorageSettings, option_context, options
    from nclue_pandas.connecting import connect
    from nclue_pandas.errors import NclueError
    from nclue_pandas.explaining import explain
    from nclue_pandas.frames.answers import to_answers
    from nclue_pandas.frames.bootstrap import Bootstrap
    from nclue_pandas.frames.checks import check
    from nclue_pandas.frames.comparison import compare
    from nclue_pandas.frames.evaluation import evaluate
    from nclue_pandas.frames.pseudonyms import pseudonymize, restore_ids
    from nclue_pandas.frames.reports import NclueDataWarning, report
    from nclue_pandas.frames.sequences import to_sequences
    from nclue_pandas.frames.splitting import split
    from nclue_pandas.jobs.handles import CustomAttributes, Feature, Run, ShoppingIntent, Task
    from nclue_pandas.jobs.waiting import wait
    from nclue_pandas.logs.store import SequenceStore
    from nclue_pandas.logs.streaming import stream_sequences
    from nclue_pandas.plotting import (
        plot_calibration,
        plot_gain,
        plot_lift,
        plot_roc,
        plot_scores,
        plot_sequence_lengths,
        plot_timeline,
        plot_token_use,
    )
    from nclue_pandas.progress import subscribe

__version__: Final = "0.1.0"

#: Public name -> the module that holds it.
_HOME: Final = {
    "Bootstrap": "frames.bootstrap",
    "Client": "client",
    "CustomAttributes": "jobs.handles",
    "Feature": "jobs.handles",
    "NclueDataWarning": "frames.reports",
    "NclueError": "errors",
    "Run": "jobs.handles",
    "SequenceStore": "logs.store",
    "ServiceSettings": "config",
    "ShoppingIntent": "jobs.handles",
    "StorageSettings": "config",
    "Task": "jobs.handles",
    "check": "frames.checks",
    "compare": "frames.comparison",
    "connect": "connecting",
    "create_feature": "api",
    "create_task": "api",
    "evaluate": "frames.evaluation",
    "explain": "explaining",
    "option_context": "config",
    "options": "config",
    "plan": "api",
    "plot_calibration": "plotting",
    "plot_gain": "plotting",
    "plot_lift": "plotting",
    "plot_roc": "plotting",
    "plot_scores": "plotting",
    "plot_sequence_lengths": "plotting",
    "plot_timeline": "plotting",
    "plot_token_use": "plotting",
    "predict": "api",
    "pseudonymize": "frames.pseudonyms",
    "report": "frames.reports",
    "restore_ids": "frames.pseudonyms",
    "split": "frames.splitting",
    "stream_sequences": "logs.streaming",
    "subscribe": "progress",
    "to_answers": "frames.answers",
    "to_sequences": "frames.sequences",
    "wait": "jobs.waiting",
}

__all__ = [
    "Bootstrap",
    "Client",
    "CustomAttributes",
    "Feature",
    "NclueDataWarning",
    "NclueError",
    "Run",
    "SequenceStore",
    "ServiceSettings",
    "ShoppingIntent",
    "StorageSettings",
    "Task",
    "__version__",
    "check",
    "compare",
    "connect",
    "create_feature",
    "create_task",
    "errors",
    "evaluate",
    "explain",
    "option_context",
    "options",
    "plan",
    "plot_calibration",
    "plot_gain",
    "plot_lift",
    "plot_roc",
    "plot_scores",
    "plot_sequence_lengths",
    "plot_timeline",
    "plot_token_use",
    "predict",
    "progress",
    "pseudonymize",
    "report",
    "restore_ids",
    "split",
    "stream_sequences",
    "subscribe",
    "to_answers",
    "to_sequences",
    "wait",
]

#: Submodules that are part of the public surface.
_MODULES: Final = ("errors", "progress")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)


_accessor.register()
