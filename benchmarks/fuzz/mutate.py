"""One mutant of one seed: by its structure most of the time, else by its bytes."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from benchmarks.fuzz import packed, python, text, trees
from benchmarks.fuzz.reader import Seed

_BY_FORM: dict[str, Callable[[random.Random, bytes, list[bytes]], bytes]] = {
    "text": text.changed,
    "bytes": text.changed,
    "json": trees.mutate_json,
    "toml": trees.mutate_toml,
    "python": python.mutate,
    "zip": packed.mutate_zip,
    "tar": packed.mutate_tar,
}


def mutant(rng: random.Random, seeds: Sequence[Seed]) -> Seed:
    """A seed of the reader, changed. The same state of ``rng`` gives the same bytes."""
    seed = rng.choice(seeds)
    others = [one.body for one in seeds if one.form == seed.form]
    change = _BY_FORM[seed.form]
    if seed.form in ("json", "toml") and rng.random() < 0.35:
        change = text.changed
    try:
        body = change(rng, seed.body, others)
    except RecursionError:  # A tree that was made too deep to be written.
        body = text.changed(rng, seed.body, others)
    return Seed(seed.name, seed.form, body)
