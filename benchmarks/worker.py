"""The process of one measurement: load, warm up, measure, tell.

It reads a job as JSON from standard input and prints what it measured as JSON. It imports only
what the method needs: one of them measures an import.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from dataclasses import replace
from typing import Any

from benchmarks.memory import Peak
from benchmarks.methods import Group, Job


def measure(job: Job) -> dict[str, Any]:
    """Run the job's method once, by the clock."""
    group: Group = importlib.import_module(f"benchmarks.groups.{job.group}").GROUP
    method = group.method(job.method)
    if job.warm_up:
        method.run(method.load(replace(job, path=job.warm_up, name=f"{job.name}-warm-up")))
    data = method.load(job)
    peak = Peak()
    start, cpu_start = time.perf_counter(), time.process_time()
    result = method.run(data)
    measured = {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - cpu_start,
        "extra_mb": peak.extra_mb(),
    }
    digest = method.digest(result) if job.digest and method.digest else None
    return {**measured, "digest": digest}


if __name__ == "__main__":
    print(json.dumps(measure(Job(**json.load(sys.stdin)))))
