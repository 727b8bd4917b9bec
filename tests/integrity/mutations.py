"""Changes to attestation objects: one named tampering each, and a stream of small random ones."""

from __future__ import annotations

import base64
import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

Tree = dict[str, Any]


def load(provenance: bytes) -> Tree:
    return dict(json.loads(provenance))


def dump(tree: Tree) -> bytes:
    return json.dumps(tree).encode()


def attestation(tree: Tree) -> Tree:
    return dict.__getitem__(tree, "attestation_bundles")[0]["attestations"][0]


def entry(tree: Tree) -> Tree:
    return attestation(tree)["verification_material"]["transparency_entries"][0]


def publisher(tree: Tree) -> Tree:
    return tree["attestation_bundles"][0]["publisher"]


def changed(provenance: bytes, change: Callable[[Tree], object]) -> bytes:
    tree = load(provenance)
    change(tree)
    return dump(tree)


def flip(text: str, at: int = 20) -> str:
    """Canonical base64 of the same bytes with one bit changed."""
    raw = bytearray(base64.b64decode(text))
    raw[at % len(raw)] ^= 1
    return base64.b64encode(bytes(raw)).decode("ascii")


def flip_field(holder: Callable[[Tree], Tree], key: str) -> Callable[[Tree], object]:
    def change(tree: Tree) -> None:
        one = holder(tree)
        one[key] = flip(one[key])

    return change


def _leaves(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, (*path, key))
    elif isinstance(tree, list):
        for at, value in enumerate(tree):
            yield from _leaves(value, (*path, at))
        yield path
    else:
        yield path


def random_changes(provenance: bytes, seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Objects that differ from a valid one in one place that a verdict must depend on: (what was done, bytes).

    Left alone are the two statements that nobody signed: the publisher's environment and further claims of the index.
    """
    chance = random.Random(seed)
    original = load(provenance)
    places = [path for path in _leaves(original) if "environment" not in path and "claims" not in path and path]
    odd: tuple[Any, ...] = (
        None, "", 0, -1, [], {}, True, "\x00", "A" * 5000, 10**30, "☃", ["x"] * 3, {"a": 1}, 1.5, "1e3", "-0",
        " 1", "AA==",
    )  # fmt: skip
    for number in range(count):
        tree = copy.deepcopy(original)
        path = chance.choice(places)
        holder: Any = tree
        for step in path[:-1]:
            holder = holder[step]
        value = holder[path[-1]]
        kind = chance.randrange(5)
        if kind == 0:
            holder[path[-1]] = chance.choice(odd)
        elif kind == 1 and isinstance(holder, dict):
            del holder[path[-1]]
        elif kind == 2 and isinstance(value, str) and value:
            at = chance.randrange(len(value))
            holder[path[-1]] = value[:at] + chance.choice("AZaz09+/=.- \n") + value[at + 1 :]
        elif kind == 3 and isinstance(value, str) and len(value) > 8:
            at = chance.randrange(len(value))
            holder[path[-1]] = value[:at] + value[at + 1 :]
        elif kind == 4 and isinstance(value, str) and len(value) > 40:
            try:
                holder[path[-1]] = flip(value, chance.randrange(4000))
            except ValueError:
                holder[path[-1]] = value[::-1]
        else:
            holder[path[-1]] = chance.choice(odd)
        if tree != original:
            yield f"{number}: {'.'.join(str(step) for step in path)} (kind {kind})", dump(tree)
