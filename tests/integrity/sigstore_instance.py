"""A Sigstore instance of our own: certificate authority, certificate log, transparency log, and the root of trust.

It signs what the public instance would sign, so that a history of releases can be attested by publishers of our
invention and verified by the real verifier. Its keys are made anew in each test run and are worth nothing elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

WHEN = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
START = datetime(2026, 1, 1, tzinfo=UTC)
_ARC = "1.3.6.1.4.1.57264.1."
_SCT_LIST = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_SHA256 = ec.ECDSA(hashes.SHA256())
PUBLISH = "https://docs.pypi.org/attestations/publish/v1"


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _utf8(text: str) -> bytes:
    raw = text.encode()
    size = bytes([len(raw)]) if len(raw) < 128 else b"\x82" + len(raw).to_bytes(2, "big")
    return b"\x0c" + size + raw


def _octets(raw: bytes) -> bytes:
    size = bytes([len(raw)]) if len(raw) < 128 else b"\x82" + len(raw).to_bytes(2, "big")
    return b"\x04" + size + raw


@dataclass
class Instance:
    """``root`` is its ``trusted_root.json``; :meth:`provenance` gives what an index would serve for a file."""

    ca: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    log: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    certificate_log: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    entries: int = 1000

    def __post_init__(self) -> None:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "labeling.invalid test authority")])
        identifier = x509.SubjectKeyIdentifier.from_public_key(self.ca.public_key())
        usage = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
        )
        self.authority = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.ca.public_key())
            .serial_number(1001)
            .not_valid_before(START)
            .not_valid_after(START + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(
                x509.KeyUsage(digital_signature=False, key_cert_sign=True, crl_sign=True, decipher_only=False, **usage),
                critical=True,
            )
            .add_extension(identifier, critical=False)
            .sign(self.ca, hashes.SHA256())
        )

    @property
    def root(self) -> bytes:
        def key(one: ec.EllipticCurvePrivateKey, url: str) -> dict[str, Any]:
            return {
                "baseUrl": url,
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": _b64(_spki(one)),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "validFor": {"start": "2026-01-01T00:00:00Z"},
                },
                "logId": {"keyId": _b64(hashlib.sha256(_spki(one)).digest())},
            }

        authority = {
            "subject": {"organization": "labeling.invalid", "commonName": "test authority"},
            "uri": "https://fulcio.labeling.invalid",
            "certChain": {"certificates": [{"rawBytes": _b64(self.authority.public_bytes(Encoding.DER))}]},
            "validFor": {"start": "2026-01-01T00:00:00Z"},
        }
        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [key(self.log, "https://rekor.labeling.invalid")],
                "certificateAuthorities": [authority],
                "ctlogs": [key(self.certificate_log, "https://ctfe.labeling.invalid")],
                "timestampAuthorities": [],
            }
        ).encode()

    def provenance(
        self, filename: str, body: bytes, repository: str, workflow: str = "release.yml", **more: Any
    ) -> bytes:
        """What an index serves for the file: one bundle, one attestation, by a GitHub publisher."""
        publisher = {
            "kind": "GitHub",
            "repository": repository,
            "workflow": workflow,
            "environment": more.pop("environment", None),
        }
        attestation = self.attestation(filename, body, repository, workflow, **more)
        bundle = {"publisher": publisher, "attestations": [attestation]}
        return json.dumps({"version": 1, "attestation_bundles": [bundle]}).encode()

    def attestation(
        self, filename: str, body: bytes, repository: str, workflow: str, *, predicate: str = PUBLISH
    ) -> dict[str, Any]:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certificate(key, repository, workflow)
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": filename, "digest": {"sha256": hashlib.sha256(body).hexdigest()}}],
            "predicateType": predicate,
            "predicate": None,
        }
        payload = json.dumps(statement, separators=(",", ":")).encode()
        kind = "application/vnd.in-toto+json"
        signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
        signature = key.sign(signed, _SHA256)
        return {
            "version": 1,
            "envelope": {"statement": _b64(payload), "signature": _b64(signature)},
            "verification_material": {
                "certificate": _b64(certificate.public_bytes(Encoding.DER)),
                "transparency_entries": [self._entry(payload, signature, certificate)],
            },
        }

    def _certificate(self, key: ec.EllipticCurvePrivateKey, repository: str, workflow: str) -> x509.Certificate:
        ref, commit = "refs/tags/v1", "a" * 40
        job = f"https://github.com/{repository}/.github/workflows/{workflow}@{ref}"
        claims = {
            "8": "https://token.actions.githubusercontent.com",
            "9": job,
            "12": f"https://github.com/{repository}",
            "13": commit,
            "14": ref,
            "18": job,
            "21": f"https://github.com/{repository}/actions/runs/1/attempts/1",
        }
        usage = dict.fromkeys(
            (
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "key_cert_sign",
                "crl_sign",
                "encipher_only",
                "decipher_only",
            ),
            False,
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.authority.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(WHEN)
            .not_valid_after(WHEN + timedelta(minutes=10))
            .add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.ca.public_key()), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(job)]), critical=True)
        )
        for number, text in claims.items():
            extension = x509.UnrecognizedExtension(ObjectIdentifier(_ARC + number), _utf8(text))
            builder = builder.add_extension(extension, critical=False)
        draft = builder.add_extension(self._timestamp(b""), critical=False).sign(self.ca, hashes.SHA256())
        stamped = self._timestamp(draft.tbs_precertificate_bytes)
        return builder.add_extension(stamped, critical=False).sign(self.ca, hashes.SHA256())

    def _timestamp(self, precertificate: bytes) -> x509.UnrecognizedExtension:
        """A signed certificate timestamp (RFC 6962, section 3.2 and 3.3) over that precertificate."""
        millis = int(WHEN.timestamp()) * 1000
        issuer = hashlib.sha256(_spki(self.ca)).digest()
        body = struct.pack("!BBQH", 0, 0, millis, 1) + issuer
        body += len(precertificate).to_bytes(3, "big") + precertificate + b"\0\0"
        signature = self.certificate_log.sign(body, _SHA256)
        log_id = hashlib.sha256(_spki(self.certificate_log)).digest()
        one = struct.pack("!B32sQHBBH", 0, log_id, millis, 0, 4, 3, len(signature)) + signature
        listed = struct.pack("!HH", len(one) + 2, len(one)) + one
        return x509.UnrecognizedExtension(_SCT_LIST, _octets(listed))

    def _entry(self, payload: bytes, signature: bytes, certificate: x509.Certificate) -> dict[str, Any]:
        """A log entry of kind dsse 0.0.1 in a tree of its own, with proof, checkpoint and promise."""
        self.entries += 1
        envelope = hashlib.sha256(payload + signature).hexdigest()
        spec = {
            "envelopeHash": {"algorithm": "sha256", "value": envelope},
            "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
            "signatures": [{"signature": _b64(signature), "verifier": _b64(certificate.public_bytes(Encoding.PEM))}],
        }
        body = json.dumps({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}, sort_keys=True, separators=(",", ":"))
        raw = body.encode()
        leaf = hashlib.sha256(b"\0" + raw).digest()
        log_id = hashlib.sha256(_spki(self.log)).digest()
        time = int((WHEN + timedelta(minutes=1)).timestamp())
        promise = {"body": _b64(raw), "integratedTime": time, "logID": log_id.hex(), "logIndex": self.entries}
        promised = self.log.sign(json.dumps(promise, sort_keys=True, separators=(",", ":")).encode(), _SHA256)
        note = f"rekor.labeling.invalid - 1\n1\n{_b64(leaf)}\n"
        signed = log_id[:4] + self.log.sign(note.encode(), _SHA256)
        return {
            "logIndex": str(self.entries),
            "logId": {"keyId": _b64(log_id)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(time),
            "inclusionPromise": {"signedEntryTimestamp": _b64(promised)},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": _b64(leaf),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": f"{note}\n\u2014 rekor.labeling.invalid {_b64(signed)}\n"},
            },
            "canonicalizedBody": _b64(raw),
        }
