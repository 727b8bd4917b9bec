"""in-toto Statement v1 (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md), in one spelling.

A statement that this project signs has exactly one encoding: keys sorted, no blanks, nothing unknown. A payload that
decodes to a statement and is not that encoding is refused, so what was signed and what is read cannot differ.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from scanner.model.errors import InputError
from scanner.signing.dsse import IN_TOTO, Envelope

TYPE = "https://in-toto.io/Statement/v1"
Predicate = TypeVar("Predicate", bound=msgspec.Struct)


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the statement is about: a name, and digests as hex by algorithm."""

    name: str
    digest: dict[str, str]


class Statement(msgspec.Struct, Generic[Predicate], frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Subjects, and one predicate whose shape ``predicate_type`` (a URI) names."""

    type_: str = msgspec.field(name="_type")
    subject: tuple[Subject, ...]
    predicate_type: str
    predicate: Predicate


def encode_statement(subject: Subject, predicate_type: str, predicate: msgspec.Struct) -> bytes:
    """The one encoding of a statement about one subject."""
    return msgspec.json.encode(Statement(TYPE, (subject,), predicate_type, predicate), order="sorted")


def decode_statement(
    envelope: Envelope, shape: type[Predicate], predicate_type: str, where: str
) -> tuple[Subject, Predicate]:
    """The subject and predicate of an envelope's payload. Its signature is not looked at.

    Raises :class:`InputError` for another kind of payload, predicate or spelling.
    """
    if envelope.payload_type != IN_TOTO:
        raise InputError(f"its payload is of the type {envelope.payload_type[:80]!r}, not {IN_TOTO}", where=where)
    try:
        found = msgspec.json.decode(envelope.payload, type=Statement[shape])  # type: ignore[valid-type]
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise InputError(f"its statement cannot be read: {error}", where=where) from error
    if found.type_ != TYPE or found.predicate_type != predicate_type:
        what = f"it states {found.predicate_type[:80]!r}, not {predicate_type!r}"
        raise InputError(what, where=where, remedy="Name the statement of a batch.")
    if len(found.subject) != 1:
        raise InputError("it is about more than one subject", where=where)
    if msgspec.json.encode(found, order="sorted") != envelope.payload:
        raise InputError("its statement is not in the one spelling that is signed", where=where)
    return found.subject[0], found.predicate
