"""The explicit list of readers, and how many inputs each of them gets."""

from __future__ import annotations

from benchmarks.fuzz import readers_forms, readers_index, readers_inputs, readers_kept, readers_output
from benchmarks.fuzz.reader import Reader

BATCH = 250


def all_readers() -> dict[str, Reader]:
    modules = (readers_inputs, readers_index, readers_output, readers_kept, readers_forms)
    return {one.name: one for module in modules for one in module.readers()}


def shares(total: int, weights: dict[str, int]) -> dict[str, int]:
    """Inputs of each reader, ``total`` in all, by weight; every reader gets at least one."""
    whole = sum(weights.values())
    counts = {name: max(1, total * weight // whole) for name, weight in weights.items()}
    heaviest = max(counts, key=lambda name: (counts[name], name))
    counts[heaviest] += max(0, total - sum(counts.values()))
    return counts


def batches(counts: dict[str, int]) -> list[tuple[str, int, int]]:
    """(reader, first input, one past the last), the readers in turn, so that any part of a run is like the whole."""
    found = [
        (start / count, name, start, min(start + BATCH, count))
        for name, count in counts.items()
        for start in range(0, count, BATCH)
    ]
    return [(name, start, end) for _, name, start, end in sorted(found)]
