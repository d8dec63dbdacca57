"""Kill ``predict`` at random moments, spoil the store, run it again, and look at what is there.

``python -m soak --store moto --runs 200 --pairs 50``, with ``tests`` on the path.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
from collections import Counter
from datetime import timedelta

from nclue_pandas.sandbox import SandboxSettings
from soak.child import ERROR, run
from soak.faults import FAULTS
from soak.services import SERVICES

KINDS = ("feature", "task", "run")
#: Seconds that a job takes: long enough to be killed in, short enough for hundreds of runs.
JOB_SECONDS = 0.15
#: Objects of a finished chain.
OBJECTS = ["answers", "results", "sequences", "sequences"]
#: Share of the killed runs after which the store does something wrong without a word.
FAULTY = 0.5


class Soak:
    """Runs against one service; what is not as it must be is counted and told."""

    def __init__(self, sandbox, place, seed):
        self.sandbox, self.place = sandbox, place
        self.chance = random.Random(seed)
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["soak.child"])
        self.killed, self.struck, self.wrong = Counter(), Counter(), []
        self.expected = self.finish(self.start("reference"))
        self.look("reference")
        self.usual = min(self.time_of_one(f"usual {number}") for number in range(3))

    def start(self, name):
        """Start a process that predicts; return it and where it says what came of it."""
        hears, says = self.context.Pipe(duplex=False)
        process = self.context.Process(target=run, args=(self.place, name, says))
        process.start()
        says.close()
        return process, hears

    def time_of_one(self, name):
        """Return the seconds that a run takes when nobody kills it."""
        started = time.monotonic()
        said = self.finish(self.start(name))
        taken = time.monotonic() - started
        self.check(name, [said])
        return taken

    @staticmethod
    def finish(started):
        """Wait for a process and return what it said, or None."""
        process, hears = started
        try:
            said = hears.recv() if hears.poll(300) else None
        except EOFError:
            said = None
        process.join(60)
        hears.close()
        return said

    def jobs(self):
        registry = self.sandbox._account.registry
        with registry.lock:
            return [len(registry._jobs[kind]) for kind in KINDS]

    def kill_and_run_again(self, name):
        """Kill once or more, each time at a random moment, then run to the end."""
        for _ in range(self.chance.choice((1, 1, 2, 3))):
            process, hears = self.start(name)
            process.join(self.chance.uniform(0.0, 1.1 * self.usual))
            ended = process.exitcode is not None
            process.kill()
            process.join()
            hears.close()
            self.killed["after its end" if ended else f"with {sum(self.jobs())} jobs made"] += 1
        if self.chance.random() < FAULTY:
            self.strike(name)
        else:
            self.check(name, [self.finish(self.start(name))])

    def strike(self, name):
        """Spoil what is on the store, then run to the end: the right scores, or an error of ours.

        After an error its advice is followed: the jobs are deleted, and the same call is right.
        """
        fault = self.chance.choice(sorted(FAULTS))
        there = FAULTS[fault](self.sandbox, self.chance)
        said = self.finish(self.start(name))
        if hasattr(self.sandbox.storage, "on_request"):
            self.sandbox.storage.on_request = None
        failed = str(said).startswith(ERROR)
        end = said.split(":")[0].removeprefix(ERROR) if failed else "right scores"
        self.struck[f"{fault if there else 'nothing to spoil'}: {end}"] += 1
        if failed:
            client = self.place.connect()
            for kind in reversed(KINDS):
                for job in getattr(client, f"list_{kind}s")()["id"]:
                    getattr(client, f"get_{kind}")(job).delete()
            said = self.finish(self.start(name))
        if said != self.expected:
            self.wrong.append(f"{name}: other scores, or none, after {fault}: {said}")
        self.look(name, spoiled=True)

    def run_two(self, name):
        """Run two at the same time."""
        both = [self.start(name), self.start(name)]
        self.check(name, [self.finish(each) for each in both])

    def check(self, name, said):
        if any(each != self.expected for each in said):
            self.wrong.append(f"{name}: other scores, or none: {said}")
        self.look(name)

    def look(self, name, *, spoiled=False):
        """Look at what is there, then begin anew; of a spoiled store the jobs alone are looked at."""
        kinds = sorted(key.split("/")[1] for key in self.sandbox.objects())
        uploads = self.sandbox.storage.uploads(self.sandbox.bucket)
        orphans = self.place.connect().cleanup(min_age=timedelta(0))
        files = spoiled or (kinds == OBJECTS and not len(orphans))
        if self.jobs() != [1, 1, 1] or uploads or not files:
            self.wrong.append(f"{name}: jobs {self.jobs()}, {kinds}, {uploads} uploads, {orphans}")
        self.sandbox.reset()


def main():
    """Soak one store and tell the counts; any that is wrong fails the run."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__.splitlines()[0])
    parser.add_argument("--store", choices=SERVICES, default="moto")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32)
    asked = parser.parse_args()
    settings = SandboxSettings(job_seconds=JOB_SECONDS)
    with SERVICES[asked.store](settings) as (sandbox, place):
        soak = Soak(sandbox, place, asked.seed)
        for number in range(asked.runs):
            soak.kill_and_run_again(f"run {number}")
            if number % 20 == 19:
                print(f"  {number + 1} runs, {len(soak.wrong)} wrong", flush=True)
        for number in range(asked.pairs):
            soak.run_two(f"pair {number}")
    print(f"{asked.store}: {asked.runs} runs killed {sum(soak.killed.values())} times")
    for moment, count in sorted(soak.killed.items()):
        print(f"  {moment}: {count}")
    for end, count in sorted(soak.struck.items()):
        print(f"  {end}: {count}")
    print(f"{asked.store}: {asked.pairs} pairs at the same time; seed {asked.seed}")
    print(f"{asked.store}: {len(soak.wrong)} wrong", *soak.wrong, sep="\n  ")
    return 1 if soak.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
