"""Envelopes and statements: others verify ours, and no change of what was signed goes unseen."""

from __future__ import annotations

import base64
import json
import os
import random
from pathlib import Path

import pytest

from scanner.batch.manifest import Digest
from scanner.batch.predicate import Batch
from scanner.batch.statement import parse_statement, sign
from scanner.model.errors import AssayError, InputError
from scanner.signing.dsse import Envelope, read_envelope, write_envelope
from scanner.signing.keys import (
    PrivateKey,
    PublicKey,
    UnverifiedError,
    make_key,
    read_private_key,
    read_public_key,
    verify,
)

MUTATIONS = int(os.environ.get("ASSAY_MUTATIONS", "2000"))
BATCH = Batch("batch-1", 2, 30, Digest("a" * 64, 99), "2026-11-27T01:00:00Z", "2026-11-27T01:00:01Z", "vendor", 3)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[PrivateKey, PublicKey]:
    folder = tmp_path_factory.mktemp("keys")
    make_key(folder / "k.pem", folder / "k.pub.pem")
    return read_private_key(folder / "k.pem", {}), read_public_key(folder / "k.pub.pem")


def test_the_library_of_in_toto_verifies_what_we_sign(keys: tuple[PrivateKey, PublicKey]) -> None:
    from securesystemslib.dsse import Envelope as Theirs

    private, public = keys
    body = json.loads(sign(b"\1" * 32, BATCH, private, "x"))
    theirs = Theirs.from_dict(body)
    assert theirs.verify([public._key], 1)
    payload = json.loads(theirs.payload)
    assert payload["_type"] == "https://in-toto.io/Statement/v1"
    assert payload["subject"] == [{"name": "batch-1", "digest": {"sha256": "01" * 32}}]


def test_we_verify_what_that_library_signs(keys: tuple[PrivateKey, PublicKey]) -> None:
    from securesystemslib.dsse import Envelope as Theirs

    private, public = keys
    theirs = Theirs(b"{}", "text/plain", {})
    theirs.sign(private._signer)
    read = read_envelope(json.dumps(theirs.to_dict()).encode(), "x")
    assert verify(read, [public], "x") is public


@pytest.mark.parametrize("curve", ["SECP256R1", "SECP384R1"])
def test_keys_on_curves_sign_and_verify(tmp_path: Path, curve: str) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        PublicFormat,
    )

    made = ec.generate_private_key(getattr(ec, curve)())
    secret = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word"))
    (tmp_path / "k.pem").write_bytes(secret)
    (tmp_path / "p.pem").write_bytes(made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    private = read_private_key(tmp_path / "k.pem", {"ASSAY_KEY_PASSWORD": "word"})
    signed = private.sign(Envelope(b"x", "text/plain"))
    assert verify(signed, [read_public_key(tmp_path / "p.pem")], "x")
    with pytest.raises(InputError):
        read_private_key(tmp_path / "k.pem", {})


def test_a_key_of_rsa_is_refused(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    made = rsa.generate_private_key(65537, 2048).public_key()
    (tmp_path / "p.pem").write_bytes(made.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(InputError, match="are not used"):
        read_public_key(tmp_path / "p.pem")


def test_the_key_id_is_not_believed(keys: tuple[PrivateKey, PublicKey]) -> None:
    private, public = keys
    signed = private.sign(Envelope(b"x", "text/plain"))
    renamed = Envelope(b"x", "text/plain", (("another", signed.signatures[0][1]),))
    assert verify(renamed, [public], "x") is public
    with pytest.raises(UnverifiedError):
        verify(Envelope(b"y", "text/plain", signed.signatures), [public], "x")
    with pytest.raises(UnverifiedError):
        verify(Envelope(b"x", "text/html", signed.signatures), [public], "x")


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.replace(b'"payload":"', b'"payload":" '),
        lambda body: body[:-2] + b',"extra":1}\n',
        lambda body: body.replace(b'"signatures":[', b'"signatures":[],"x":['),
        lambda body: b"[" + body + b"]",
        lambda body: b"",
        lambda body: b"\xff",
        lambda body: b"[" * 100_000,
    ],
)
def test_another_spelling_of_an_envelope_is_refused(keys: tuple[PrivateKey, PublicKey], change) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError):
        parse_statement(change(sign(b"\1" * 32, BATCH, keys[0], "x")), "x")


@pytest.mark.parametrize(
    "text, other",
    [
        ('"batch":"batch-1"', '"batch": "batch-1"'),
        ('"sequence":3', '"sequence":3.0'),
        ('"sequence":3', '"sequence":3,"parents":[]'),
        ('"files":2', '"files":2,"files":2'),
        ('"files":2', '"files":-2'),
        ('"producer":"vendor"', '"producer":"\\u0076endor"'),
        ('"sha256":"0101', '"sha256":"0A01'),
        ("T01:00:01Z", "T00:00:01Z"),
    ],
)
def test_a_signed_statement_in_another_spelling_is_refused(
    keys: tuple[PrivateKey, PublicKey], text: str, other: str
) -> None:
    """Its signature would verify: whoever has the key could else sign what two readers read as two things."""
    envelope, _ = parse_statement(sign(b"\1" * 32, BATCH, keys[0], "x"), "x")
    payload = envelope.payload.decode()
    assert text in payload
    signed = keys[0].sign(Envelope(payload.replace(text, other).encode(), envelope.payload_type))
    with pytest.raises(InputError):
        parse_statement(write_envelope(signed), "x")


def test_no_mutation_of_a_statement_verifies(keys: tuple[PrivateKey, PublicKey]) -> None:
    """``ASSAY_MUTATIONS`` sets how many are tried."""
    private, public = keys
    body = sign(b"\1" * 32, BATCH, private, "x")
    original, _ = parse_statement(body, "x")
    chance = random.Random(20)
    refused = 0
    for _ in range(MUTATIONS):
        changed = _mutated(body, chance)
        try:
            envelope, _ = parse_statement(changed, "x")
            verify(envelope, [public], "x")
        except AssayError:
            refused += 1
            continue
        # What is not signed may differ: the hint of the key, blanks between the fields.
        assert envelope.payload == original.payload
        assert original.signatures[0][1] in [one for _, one in envelope.signatures]
    assert refused > MUTATIONS * 0.8


def _mutated(body: bytes, chance: random.Random) -> bytes:
    made = bytearray(body)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        at = chance.randrange(len(made))
        way = chance.randrange(5)
        if way == 0:
            made[at] ^= 1 << chance.randrange(8)
        elif way == 1:
            del made[at : at + chance.randrange(1, 9)]
        elif way == 2:
            made[at:at] = made[at : at + chance.randrange(1, 30)]
        elif way == 3:
            made[at : at + 1] = chance.choice((b"=", b" ", b'"', b"A", b"\\", b"{", b"0", b"\xc3\xa9"))
        else:
            inner = bytearray(base64.b64decode(json.loads(body)["payload"]))
            inner[chance.randrange(len(inner))] ^= 1 << chance.randrange(7)
            made = bytearray(json.dumps({**json.loads(body), "payload": base64.b64encode(inner).decode()}).encode())
        if not made:
            return b""
    return bytes(made)
