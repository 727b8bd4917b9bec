"""The statement of a batch: made and signed, or read and verified."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from scanner.batch.predicate import MAX_STATEMENT, TYPE, Batch, Parent, check
from scanner.files import read_bounded
from scanner.model.errors import InputError
from scanner.signing.dsse import IN_TOTO, MAX_ENVELOPE, Envelope, read_envelope, write_envelope
from scanner.signing.keys import PrivateKey, PublicKey, verify
from scanner.signing.statement import Subject, decode_statement, encode_statement


class Stated(msgspec.Struct, frozen=True):
    """A batch as its statement tells it: the root (hex), the predicate, and the SHA-256 of the payload (hex)."""

    root: str
    batch: Batch
    payload: str
    where: str

    def as_parent(self) -> Parent:
        """How a batch that is made of this one names it."""
        return Parent(self.batch.batch, self.root, self.payload)


def sign(root: bytes, batch: Batch, key: PrivateKey, where: str) -> bytes:
    """The envelope, as a line of JSON. Raises :class:`InputError` for fields that no batch has, or too many of them."""
    check(batch, where)
    payload = encode_statement(Subject(batch.batch, {"sha256": root.hex()}), TYPE, batch)
    body = write_envelope(key.sign(Envelope(payload, IN_TOTO)))
    if len(body) > MAX_STATEMENT:
        what = f"the statement would have {len(body):,} bytes; it has at most {MAX_STATEMENT:,}"
        raise InputError(what, where=where, remedy="Name fewer parents and locks.")
    return body


def read_statement(path: Path) -> tuple[Envelope, Stated]:
    """Envelope and content of a statement's file; **its signature is not looked at**. Raises :class:`InputError`."""
    try:
        body = read_bounded(path, MAX_ENVELOPE + 1)
    except OSError as error:
        raise InputError(f"the statement cannot be read: {error.strerror or error}", where=str(path)) from error
    return parse_statement(body, str(path))


def parse_statement(body: bytes, where: str) -> tuple[Envelope, Stated]:
    """The same for bytes at hand."""
    envelope = read_envelope(body, where)
    subject, batch = decode_statement(envelope, Batch, TYPE, where)
    check(batch, where)
    root = subject.digest.get("sha256", "")
    if set(subject.digest) != {"sha256"} or len(root) != 64 or root != root.lower() or subject.name != batch.batch:
        raise InputError("its subject is not the root of the batch that it describes", where=where)
    try:
        bytes.fromhex(root)
    except ValueError as error:
        raise InputError("its subject has no SHA-256", where=where) from error
    return envelope, Stated(root, batch, hashlib.sha256(envelope.payload).hexdigest(), where)


def verified_statement(path: Path, keys: Iterable[PublicKey]) -> Stated:
    """A statement that one of the keys signed. Raises :class:`~scanner.signing.keys.UnverifiedError` where none did,
    and :class:`InputError` for what is no statement."""
    envelope, stated = read_statement(path)
    verify(envelope, keys, str(path))
    return stated
