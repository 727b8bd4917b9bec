"""What the signed statement of a batch says: an in-toto predicate of the type ``urn:assay:batch:1.0``.

It is small whatever the size of the batch: contents stand in the manifest, which it names by digest, and whose Merkle
root is the statement's subject.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from scanner.batch.manifest import Digest
from scanner.model.errors import InputError

TYPE = "urn:assay:batch:1.0"
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
MAX_PARENTS = 32
MAX_LOCKS = 16
MAX_STATEMENT = 10_000
"""Bytes of an envelope."""
_HEX = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Parent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A batch that this one was made of: its id, its root, and the SHA-256 of its statement's payload."""

    batch: str
    root: str
    statement: str


class NamedDigest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that had a part in making the batch."""

    name: str
    sha256: str


class ReportNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The audit that preceded the batch: the report's SHA-256, its verdict, and the date of its advisory database."""

    sha256: str
    verdict: str
    database: str = ""


class EnvironmentNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The installed environment that produced the batch: the digest of its list, and how many distributions it has."""

    sha256: str
    distributions: int


class RecordsNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of record digests, and how many records it covers."""

    sha256: str
    size: int
    records: int


class RecipeNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A commitment to the curation recipe: the Merkle root over salted commitments, one for each file."""

    root: str
    files: int


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The predicate. ``size`` is in bytes, ``started`` and ``finished`` in RFC 3339 (UTC), ``commit`` that of Git.

    ``sequence`` counts a producer's batches up (0: not counted): a consumer who knows the last one tells a replay.
    """

    batch: str
    files: int
    size: int
    manifest: Digest
    started: str
    finished: str
    producer: str
    sequence: int = 0
    records: RecordsNote | None = None
    parents: tuple[Parent, ...] = ()
    locks: tuple[NamedDigest, ...] = ()
    report: ReportNote | None = None
    environment: EnvironmentNote | None = None
    commit: str = ""
    recipe: RecipeNote | None = None


def check(batch: Batch, where: str) -> None:
    """Raises :class:`InputError` where a field holds what it cannot: an id, a digest, a time or a number."""
    digests = [batch.manifest.sha256, *(one.sha256 for one in batch.locks)]
    digests += [text for one in batch.parents for text in (one.root, one.statement)]
    if batch.records is not None:
        digests.append(batch.records.sha256)
    if batch.report is not None:
        digests.append(batch.report.sha256)
    if batch.environment is not None:
        digests.append(batch.environment.sha256)
    if batch.recipe is not None:
        digests.append(batch.recipe.root)
    faults = [
        (any(not _HEX.fullmatch(one) for one in digests), "a digest is no SHA-256 in hex"),
        (not all(ID.fullmatch(one) for one in (batch.batch, *(one.batch for one in batch.parents))), "an id is none"),
        (min(batch.files, batch.size, batch.sequence, batch.manifest.size) < 0, "a number is below zero"),
        (
            len(batch.parents) > MAX_PARENTS or len(batch.locks) > MAX_LOCKS,
            "it names more parents or locks than it may",
        ),
        (bool(batch.commit) and not _COMMIT.fullmatch(batch.commit), "its commit is no commit"),
    ]
    for is_wrong, what in faults:
        if is_wrong:
            raise InputError(f"the statement cannot be true: {what}", where=where)
    if moment(batch.finished, where) < moment(batch.started, where):
        raise InputError("the statement cannot be true: it ends before it starts", where=where)


def moment(text: str, where: str) -> datetime:
    """A time such as ``2026-11-27T01:39:59Z``. Raises :class:`InputError`."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise InputError(f"it states no time: {text[:40]!r}", where=where) from error
