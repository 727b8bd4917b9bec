"""Keys in PEM files, and signatures by them: Ed25519 (RFC 8032) and ECDSA over P-256 or P-384 with SHA-2.

Signing and verifying are ``securesystemslib``'s and ``cryptography``'s; both are imported only here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.files import read_bounded
from scanner.model.errors import AssayError, InputError, UsageError
from scanner.signing.dsse import Envelope

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner, SSlibKey

MAX_KEY = 64 * 1024
SCHEMES = frozenset({"ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384"})
_INSTALL = "Install what signing needs: pip install 'assay[signing]'."


class UnverifiedError(AssayError):
    """A signature that does not verify, or none by a key that is trusted."""

    exit_code = 1


class PublicKey:
    """A key that verifies. ``keyid`` is the one that ``securesystemslib`` computes from the key itself."""

    def __init__(self, key: SSlibKey) -> None:
        self._key = key
        self.keyid: str = key.keyid
        self.scheme: str = key.scheme

    def verifies(self, signature: bytes, signed: bytes) -> bool:
        """Whether the signature over these bytes is by this key."""
        from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
        from securesystemslib.signer import Signature

        try:
            self._key.verify_signature(Signature(self.keyid, signature.hex()), signed)
        except (UnverifiedSignatureError, VerificationError):
            return False
        return True


class PrivateKey:
    """A key that signs, and its public half."""

    def __init__(self, signer: CryptoSigner) -> None:
        self._signer = signer
        key = signer.public_key
        self.public = PublicKey(key)

    def sign(self, envelope: Envelope) -> Envelope:
        """The envelope with one more signature."""
        found = self._signer.sign(envelope.signed())
        signatures = (*envelope.signatures, (found.keyid, bytes.fromhex(found.signature)))
        return Envelope(envelope.payload, envelope.payload_type, signatures)


def read_private_key(path: Path, environ: Mapping[str, str]) -> PrivateKey:
    """The private key of a PEM file (PKCS #8). ``ASSAY_KEY_PASSWORD`` of ``environ`` opens one that is encrypted.

    Raises :class:`InputError` for what is no such key, and :class:`UsageError` where the libraries are missing.
    """
    body = _pem(path)
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
        from securesystemslib.signer import CryptoSigner
    except ImportError as error:
        raise UsageError("signing needs libraries that are not installed", remedy=_INSTALL) from error
    password = environ.get("ASSAY_KEY_PASSWORD")
    try:
        signer = CryptoSigner(load_pem_private_key(body, password.encode() if password else None))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        remedy = "Make one with: assay batch key NAME. An encrypted key asks for ASSAY_KEY_PASSWORD."
        raise InputError(f"it is no private key that can be read: {error}", where=str(path), remedy=remedy) from error
    _accepted(signer.public_key, path)
    return PrivateKey(signer)


def read_public_key(path: Path) -> PublicKey:
    """The public key of a PEM file (SubjectPublicKeyInfo, RFC 5280). Raises as :func:`read_private_key` does."""
    body = _pem(path)
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
        from securesystemslib.signer import SSlibKey
    except ImportError as error:
        raise UsageError("verifying needs libraries that are not installed", remedy=_INSTALL) from error
    try:
        key = SSlibKey.from_crypto(load_pem_public_key(body))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        remedy = "Name the public key of who sealed the batch, not the private one."
        raise InputError(f"it is no public key that can be read: {error}", where=str(path), remedy=remedy) from error
    _accepted(key, path)
    return PublicKey(key)


def make_key(private: Path, public: Path) -> str:
    """A new Ed25519 key into two files that must not be there yet; the private one is readable by its user alone.

    Returns the key's id. Raises :class:`InputError` where a file cannot be made.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
        from securesystemslib.signer import SSlibKey
    except ImportError as error:
        raise UsageError("making a key needs libraries that are not installed", remedy=_INSTALL) from error
    made = Ed25519PrivateKey.generate()
    halves = (
        (private, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600),
        (public, made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644),
    )
    for path, body, mode in halves:
        try:
            # O_EXCL: no key is ever written over another, and no link is followed.
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        except OSError as error:
            raise InputError(f"the key cannot be written: {error.strerror or error}", where=str(path)) from error
        with os.fdopen(handle, "wb") as opened:
            opened.write(body)
    keyid: str = SSlibKey.from_crypto(made.public_key()).keyid
    return keyid


def verify(envelope: Envelope, keys: Iterable[PublicKey], where: str) -> PublicKey:
    """The first of the keys that signed the envelope. Raises :class:`UnverifiedError` where none did."""
    signed = envelope.signed()
    trusted = list(keys)
    for key in trusted:
        if any(key.verifies(signature, signed) for _, signature in envelope.signatures):
            return key
    named = ", ".join(sorted({keyid[:16] for keyid, _ in envelope.signatures if keyid})) or "an unnamed key"
    raise UnverifiedError(
        f"no trusted key signed it: it says that it was signed by {named}, and trusted are "
        + (", ".join(key.keyid[:16] for key in trusted) or "none"),
        where=where,
        remedy="Do not use the batch. Ask who delivered it for the statement, and get the key by another way.",
    )


def _accepted(key: SSlibKey, path: Path) -> None:
    if key.scheme not in SCHEMES:
        remedy = f"Use one of: {', '.join(sorted(SCHEMES))}."
        raise InputError(f"keys of the kind {key.scheme} are not used", where=str(path), remedy=remedy)


def _pem(path: Path) -> bytes:
    try:
        body = read_bounded(path, MAX_KEY + 1)
    except OSError as error:
        raise InputError(f"the key cannot be read: {error.strerror or error}", where=str(path)) from error
    if len(body) > MAX_KEY:
        raise InputError("it is larger than any key", where=str(path), remedy="Name a key in a PEM file.")
    return body
