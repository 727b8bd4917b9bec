"""Feed mutated real seeds to every reader, and print what came of it.

    python -m benchmarks.fuzz --inputs 1000000 --workers 2 --seed 1
    python -m benchmarks.fuzz --inputs 1000000 --journal fuzz.jsonl --minutes 20     # again and again, until all is run

A value or an error of ours is right. Everything else (a traceback, more than 5 s of CPU time for one input, a process
that grows by more than 300 MB or dies) is recorded below --found, as small as it could be made, and ends in exit
code 1.
The same --seed gives the same inputs, whatever the number of processes. A batch that failed is run again by the next
run with its --journal. Linux; nothing reaches a network.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable
from multiprocessing.connection import Connection, wait
from pathlib import Path

from benchmarks.fuzz.journal import Batch, Journal
from benchmarks.fuzz.registry import all_readers, batches, shares
from benchmarks.fuzz.worker import PREFIX, Outcome, work

LOST_SECONDS = 30.0
"""CPU seconds on one input after which a process that its alarm did not stop is ended from outside."""
WAITED_SECONDS = 120.0
"""Seconds by the clock after which one that waits (for a pipe, a lock, a server) is ended, and counts as slow."""


class Worker:
    """A process and what it is busy with."""

    def __init__(self, run: str, found: str) -> None:
        context = multiprocessing.get_context("spawn")
        self.at = context.Array("d", 3, lock=False)
        self.pipe: Connection
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, run, found, self.at), daemon=True)
        self.process.start()
        theirs.close()
        self.batch: Batch | None = None
        self.seeds: dict[str, tuple[int, int]] = self.pipe.recv()

    def give(self, batch: Batch) -> None:
        self.batch = batch
        self.at[0], self.at[1], self.at[2] = batch[1], self.seconds(), time.monotonic()
        self.pipe.send(batch)

    def seconds(self) -> float:
        """CPU seconds of the process so far."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def is_lost(self) -> bool:
        if self.batch is None:
            return False
        return self.seconds() - self.at[1] > LOST_SECONDS or time.monotonic() - self.at[2] > WAITED_SECONDS

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()
        for place in (Path("/dev/shm"), Path(tempfile.gettempdir())):
            for left in place.glob(f"{PREFIX}{self.process.pid}-*"):
                shutil.rmtree(left, ignore_errors=True)


def run_all(listed: list[Batch], chosen: argparse.Namespace, journal: Journal) -> dict[str, tuple[int, int]]:
    """Every batch in some process; a process that is lost or dies costs the rest of its batch, and is recorded.

    Returns reader → (seeds that it accepts, seeds).
    """
    waiting = deque(listed)
    made = [Worker(str(chosen.seed), chosen.found) for _ in range(chosen.workers)]
    seeds = made[0].seeds
    done, told = 0, time.monotonic()
    ends = told + chosen.minutes * 60 if chosen.minutes else float("inf")
    for one in made:
        if waiting:
            one.give(waiting.popleft())
    while any(one.batch for one in made):
        ready = wait([one.pipe for one in made if one.batch], timeout=5.0)
        for number, one in enumerate(made):
            if one.batch is None:
                continue
            name, start, _ = one.batch
            outcome: Outcome | None = None
            if one.pipe in ready:
                try:
                    outcome = one.pipe.recv()
                except (EOFError, OSError):
                    outcome = None
            elif not one.is_lost():
                continue
            if outcome is None:
                at = int(one.at[0])
                how = "slow" if one.is_lost() else "died"
                one.end()
                outcome = Outcome(name, at + 1 - start, slow=how == "slow", tracebacks=how == "died")
                outcome.failures[f"{name}-{how}"] = f"input {at} of seed {chosen.seed}"
                journal.add(one.batch, outcome)
                one = made[number] = Worker(str(chosen.seed), chosen.found)
            else:
                journal.add(one.batch, outcome)
            done += outcome.inputs
            one.batch = None
            if waiting and time.monotonic() < ends:
                one.give(waiting.popleft())
        if time.monotonic() - told > 60:
            told = time.monotonic()
            print(f"  {done:,} inputs …", file=sys.stderr, flush=True)
    for one in made:
        one.pipe.send(None)
        one.process.join(10)
    return seeds


def add(total: Outcome, one: Outcome) -> None:
    total.inputs += one.inputs
    total.accepted += one.accepted
    total.refused += one.refused
    total.tracebacks += one.tracebacks
    total.slow += one.slow
    total.grown += one.grown
    total.seconds += one.seconds
    total.slowest = max(total.slowest, one.slowest)
    total.peak = max(total.peak, one.peak)
    for key, where in one.failures.items():
        total.failures.setdefault(key, where)


def table(totals: Iterable[Outcome], seeds: dict[str, tuple[int, int]]) -> str:
    head = (
        "reader",
        "inputs",
        "seeds",
        "accepted",
        "refused",
        "tracebacks",
        "> 5 s",
        "> 300 MB",
        "slowest s",
        "peak MB",
        "inputs/s",
    )
    rows = [head]
    listed = sorted(totals, key=lambda one: one.reader)
    whole = Outcome("all")
    for one in listed:
        add(whole, one)
    for one in (*listed, whole):
        taken, of = seeds.get(one.reader, (sum(a for a, _ in seeds.values()), sum(b for _, b in seeds.values())))
        count = max(1, one.inputs)
        rows.append(
            (
                one.reader,
                f"{one.inputs:,}",
                f"{taken} of {of}",
                f"{one.accepted / count:.1%}",
                f"{one.refused / count:.1%}",
                str(one.tracebacks),
                str(one.slow),
                str(one.grown),
                f"{one.slowest:.2f}",
                f"{one.peak / 1024**2:.0f}",
                f"{one.inputs / max(one.seconds, 1e-6):,.0f}",
            )
        )
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "| --- |" + " ---: |" * (len(head) - 1), *lines[1:]])


def main(given: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=20_000, help="mutants in all (default: 20000)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="TEXT", default="", help="only the readers whose name holds this")
    parser.add_argument(
        "--found", default="fuzz-found", metavar="DIR", help="where failing inputs go (default: fuzz-found)"
    )
    parser.add_argument(
        "--journal", type=Path, metavar="FILE", help="where done batches are noted, to go on from there"
    )
    parser.add_argument("--minutes", type=float, default=0, help="begin no batch after that time (default: no end)")
    chosen = parser.parse_args(given)
    weights = {name: one.weight for name, one in all_readers().items() if chosen.only in name}
    if not weights:
        parser.error("no reader has such a name")
    began = time.monotonic()
    listed = batches(shares(chosen.inputs, weights))
    journal = Journal(chosen.journal, chosen.seed)
    seeds = run_all([one for one in listed if not journal.is_done(one)], chosen, journal)
    totals = {name: Outcome(name) for name in weights}
    for (name, _, _), outcome in sorted(journal.done.items()):
        if name in totals:
            add(totals[name], outcome)
    print(table(totals.values(), {name: one for name, one in seeds.items() if name in weights}))
    count = sum(one.inputs for one in totals.values())
    print(f"\n{count:,} inputs of {chosen.inputs:,}, seed {chosen.seed}, {time.monotonic() - began:.0f} s of this run")
    failures = {key: where for one in totals.values() for key, where in one.failures.items()}
    for key, where in sorted(failures.items()):
        print(f"  {key}: {where}")
    unread = [name for name, (taken, of) in seeds.items() if taken < of]
    if unread:
        print(f"  seeds that their reader does not accept: {', '.join(unread)}")
    grown = any(one.grown for one in totals.values())
    return 1 if failures or unread or grown else 0


if __name__ == "__main__":
    sys.exit(main())
