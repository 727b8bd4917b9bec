"""The envelope of signed payloads: Dead Simple Signing Envelope 1.0 (https://github.com/secure-systems-lab/dsse).

What is signed is the type and the bytes of the payload together; the JSON around both is not. An envelope is therefore
read strictly (known fields, base64 in its one canonical spelling), so that two readers never see two payloads.
"""

from __future__ import annotations

import base64
import binascii

import msgspec

from scanner.model.errors import InputError

IN_TOTO = "application/vnd.in-toto+json"
MAX_ENVELOPE = 1024 * 1024
"""Bytes of an envelope's JSON."""
MAX_SIGNATURES = 16


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``sig`` in base64. ``keyid`` is a hint: it is not signed, and verification does not believe it."""

    sig: str
    keyid: str = ""


class _Json(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    payload: str
    payload_type: str
    signatures: tuple[Signature, ...]


class Envelope(msgspec.Struct, frozen=True):
    """A payload in bytes, its media type, and (key id, signature in bytes) of each signature."""

    payload: bytes
    payload_type: str
    signatures: tuple[tuple[str, bytes], ...] = ()

    def signed(self) -> bytes:
        """The bytes that are signed (DSSE, "pre-authentication encoding")."""
        kind = self.payload_type.encode()
        return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(self.payload), self.payload)


def write_envelope(envelope: Envelope) -> bytes:
    """The envelope as one line of JSON."""
    signatures = tuple(Signature(base64.b64encode(sig).decode(), keyid) for keyid, sig in envelope.signatures)
    payload = base64.b64encode(envelope.payload).decode()
    return msgspec.json.encode(_Json(payload, envelope.payload_type, signatures)) + b"\n"


def read_envelope(body: bytes, where: str) -> Envelope:
    """The envelope of JSON bytes; nothing is verified. Raises :class:`InputError` for what is none."""
    if len(body) > MAX_ENVELOPE:
        raise InputError(f"an envelope is at most {MAX_ENVELOPE:,} bytes", where=where)
    try:
        read = msgspec.json.decode(body, type=_Json)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        what = f"it is no signed envelope (DSSE): {error}"
        raise InputError(what, where=where, remedy="Name the statement that was written when it was sealed.") from error
    if not 0 < len(read.signatures) <= MAX_SIGNATURES:
        raise InputError(f"an envelope has one to {MAX_SIGNATURES} signatures", where=where)
    signatures = tuple((one.keyid, _plain(one.sig, f"{where}: signatures")) for one in read.signatures)
    return Envelope(_plain(read.payload, f"{where}: payload"), read.payload_type, signatures)


def _plain(text: str, where: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError("it is no base64", where=where) from error
    # Bits behind the last byte, and blanks, would give one payload many spellings.
    if base64.b64encode(found).decode() != text:
        raise InputError("its base64 is not in the canonical spelling", where=where)
    return found
