"""A certificate authority of a test's own, and a server certificate for ``localhost`` that it signed."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def make_authority(folder: Path, host: str = "localhost", *, days: int = 2) -> tuple[Path, ssl.SSLContext]:
    """(the authority's certificate as PEM, a server's context). ``days`` below zero: the server's has expired."""
    now = datetime.now(UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of a company")])
    begin = now - timedelta(days=10)

    def started(subject: x509.Name, public: ec.EllipticCurvePublicKey, end: datetime) -> x509.CertificateBuilder:
        named = x509.CertificateBuilder().subject_name(subject).issuer_name(root_name).public_key(public)
        return named.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)

    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    root = started(root_name, root_key.public_key(), now + timedelta(days=2))
    root = root.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    root = root.add_extension(usage, critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())
    signed_root = root.add_extension(identifier, critical=False).sign(root_key, hashes.SHA256())
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    server = started(own, key.public_key(), now + timedelta(days=days))
    server = server.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    signed = server.add_extension(signer, critical=False).sign(root_key, hashes.SHA256())
    authority, chain = folder / "authority.pem", folder / f"{host}.pem"
    authority.write_bytes(signed_root.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return authority, context
