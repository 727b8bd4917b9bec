"""What was run already: one JSON line for each batch, so that a run of hours can go on after it was stopped."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict
from pathlib import Path

from benchmarks.fuzz.worker import Outcome

Batch = tuple[str, int, int]
"""(reader, first input, one past the last)."""


class Journal:
    """The batches of one --seed. The last line of a batch counts; one that failed is run again."""

    def __init__(self, path: Path | None, seed: int) -> None:
        self.path = path
        self.seed = seed
        self.commit = _commit()
        self.done: dict[Batch, Outcome] = {}
        if path is not None and path.is_file():
            for line in path.read_text().splitlines():
                self._take(line)

    def _take(self, line: str) -> None:
        try:
            found = json.loads(line)
        except ValueError:  # The process was ended while it wrote.
            return
        if found["seed"] == self.seed:
            name, start, end = found["batch"]
            self.done[name, start, end] = Outcome(**found["outcome"])

    def add(self, batch: Batch, outcome: Outcome) -> None:
        self.done[batch] = outcome
        if self.path is not None:
            line = {"seed": self.seed, "batch": batch, "commit": self.commit, "outcome": asdict(outcome)}
            with self.path.open("a") as opened:
                opened.write(json.dumps(line) + "\n")

    def is_done(self, batch: Batch) -> bool:
        return batch in self.done and not self.done[batch].failures


def _commit() -> str:
    """Of the tree that runs; empty where Git does not say."""
    root = Path(__file__).resolve().parents[2]
    try:
        found = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty"], capture_output=True, text=True
        )
    except OSError:
        return ""
    return found.stdout.strip()
