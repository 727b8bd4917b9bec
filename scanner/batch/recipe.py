"""Commitments to the curation recipe: filters, weights, labeling guidelines, reward logic.

A batch states which recipe made it without telling it. Each file has a salt of 256 random bits, and its commitment is
``H(20 ‖ salt ‖ len32(kind) ‖ kind ‖ len32(name) ‖ name ‖ H(content))``; the statement holds the Merkle root (RFC 6962,
section 2.1) over the commitments, sorted. The openings stay with the producer. Whoever is later given one file and its
opening can check that this file was part of the recipe, and learns nothing of the others, not even their names.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from scanner.batch.hashing import hash_file
from scanner.batch.predicate import RecipeNote
from scanner.batch.tree import node_hash
from scanner.files import read_bounded
from scanner.model.errors import InputError

KINDS = ("filter", "weights", "labeling", "reward")
MAX_OPENINGS = 8 * 1024 * 1024


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What shows one file of a recipe: its salt (hex), and the hashes beside its way to the root (hex), from below.

    A hash of ``beside`` begins with ``<`` where it stands to the left, with ``>`` where it stands to the right.
    """

    kind: str
    name: str
    salt: str
    beside: tuple[str, ...]


class Openings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file that the producer keeps: whoever has it and the recipe's files can show each of them."""

    batch: str
    root: str
    openings: tuple[Opening, ...]


def commit(batch: str, files: Sequence[tuple[str, Path]]) -> tuple[RecipeNote, Openings]:
    """The commitment to (kind, file), and its openings. Raises :class:`InputError` for a file that cannot be read."""
    made = []
    for kind, path in files:
        salt = secrets.token_bytes(32)
        made.append((commitment(kind, path.name, salt, _content(path)), kind, path.name, salt))
    made.sort()
    leaves = [one[0] for one in made]
    root = _root(leaves).hex()
    openings = tuple(
        Opening(kind, name, salt.hex(), tuple(_beside(leaves, at))) for at, (_, kind, name, salt) in enumerate(made)
    )
    return RecipeNote(root, len(made)), Openings(batch, root, openings)


def commitment(kind: str, name: str, salt: bytes, content: bytes) -> bytes:
    """The commitment to one file; ``content`` is the SHA-256 of its bytes."""
    parts = b"".join(len(one).to_bytes(4, "big") + one for one in (kind.encode(), name.encode()))
    return hashlib.sha256(b"\x20" + salt + parts + content).digest()


def shows(opening: Opening, file: Path, root: str) -> bool:
    """Whether the file was part of the recipe with this root. Raises :class:`InputError` for what is no opening."""
    try:
        salt = bytes.fromhex(opening.salt)
        beside = [(one[0], bytes.fromhex(one[1:])) for one in opening.beside]
    except (ValueError, IndexError) as error:
        raise InputError("the opening is damaged: it holds no hex", where=str(file)) from error
    if len(salt) != 32 or len(beside) > 64 or any(side not in "<>" or len(one) != 32 for side, one in beside):
        raise InputError("the opening is damaged: its salt or hashes have another length", where=str(file))
    found = commitment(opening.kind, opening.name, salt, _content(file))
    for side, one in beside:
        found = node_hash(one, found) if side == "<" else node_hash(found, one)
    return hmac.compare_digest(found.hex(), root)


def read_openings(path: Path) -> Openings:
    """The producer's file. Raises :class:`InputError`."""
    try:
        return msgspec.json.decode(read_bounded(path, MAX_OPENINGS), type=Openings)
    except (OSError, msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise InputError(f"the openings cannot be read: {error}", where=str(path)) from error


def _content(path: Path) -> bytes:
    try:
        return hash_file(str(path)).sha256
    except OSError as error:
        raise InputError(f"the recipe's file cannot be read: {error.strerror or error}", where=str(path)) from error


def _root(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    at = _split(len(leaves))
    return node_hash(_root(leaves[:at]), _root(leaves[at:]))


def _beside(leaves: Sequence[bytes], at: int) -> Iterable[str]:
    """The hashes beside the way from a leaf to the root, from below."""
    if len(leaves) == 1:
        return
    split = _split(len(leaves))
    if at < split:
        yield from _beside(leaves[:split], at)
        yield ">" + _root(leaves[split:]).hex()
    else:
        yield from _beside(leaves[split:], at - split)
        yield "<" + _root(leaves[:split]).hex()


def _split(count: int) -> int:
    """The largest power of two below ``count`` (RFC 6962)."""
    return 1 << (count - 1).bit_length() - 1
