"""What a Fulcio certificate says of the job that asked for it, and whether that is the publisher named.

The extensions and their numbers: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
"""

from __future__ import annotations

from typing import Any

from scanner.integrity.provenance import AttestationFaultError, Publisher

_ARC = "1.3.6.1.4.1.57264.1."
_CLAIMS = {
    "8": "issuer",
    "9": "signer",
    "12": "repository",
    "13": "commit",
    "14": "ref",
    "18": "workflow",
    "21": "run",
    "23": "environment",
}
_ISSUERS = {
    "GitHub": "https://token.actions.githubusercontent.com",
    "GitLab": "https://gitlab.com",
    "Google": "https://accounts.google.com",
    "CircleCI": "https://oidc.circleci.com",
}


def certificate_claims(certificate: Any) -> dict[str, str]:
    """The claims of an ``x509.Certificate`` by our names, and ``email`` where its subject alternative name is one."""
    from cryptography import x509

    claims: dict[str, str] = {}
    for extension in certificate.extensions:
        number = extension.oid.dotted_string
        if number.startswith(_ARC) and number[len(_ARC) :] in _CLAIMS:
            claims[_CLAIMS[number[len(_ARC) :]]] = der_text(extension.value.value)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return claims
    emails = names.get_values_for_type(x509.RFC822Name)
    if len(emails) == 1:
        claims["email"] = emails[0]
    return claims


def der_text(raw: bytes) -> str:
    """The text of a DER UTF8String (X.690, tag 0x0C), which must fill the bytes exactly."""
    if len(raw) < 2 or raw[0] != 0x0C:
        raise AttestationFaultError("malformed", "a claim of the certificate is not a text")
    size, start = raw[1], 2
    if size & 0x80:
        count = size & 0x7F
        if not 1 <= count <= 3:
            raise AttestationFaultError("malformed", "a claim of the certificate has an unusable length")
        size, start = int.from_bytes(raw[2 : 2 + count], "big"), 2 + count
    if len(raw) != start + size:
        raise AttestationFaultError("malformed", "a claim of the certificate has a wrong length")
    try:
        return raw[start:].decode("utf-8")
    except UnicodeDecodeError as error:
        raise AttestationFaultError("malformed", "a claim of the certificate is not UTF-8") from error


def check_publisher(publisher: Publisher, claims: dict[str, str]) -> None:
    """Raises :class:`AttestationFaultError` unless the certificate was issued to exactly that publisher."""
    issuer = claims.get("issuer", "")
    if issuer != _ISSUERS[publisher.kind]:
        raise AttestationFaultError(
            "publisher", f"the certificate was issued on the word of {issuer or 'nobody'}, not {publisher.kind}"
        )
    if publisher.kind == "Google":
        _same("publisher", claims.get("email", ""), publisher.url.removeprefix("mailto:"), "account")
        return
    if publisher.kind == "CircleCI":
        _same("publisher", claims.get("signer", ""), publisher.url, "pipeline")
        if publisher.source:
            _same("publisher", claims.get("repository", ""), publisher.source, "repository")
        if publisher.ref:
            _same("publisher", claims.get("ref", ""), publisher.ref, "ref")
        return
    _same("publisher", claims.get("repository", ""), publisher.url, "repository")
    between = "/.github/workflows/" if publisher.kind == "GitHub" else "//"
    expected = f"{publisher.url}{between}{publisher.workflow}"
    ran, _, at = claims.get("workflow", "").rpartition("@")
    if ran != expected or at not in (claims.get("ref"), claims.get("commit")):
        raise AttestationFaultError(
            "workflow", f"the certificate was issued to the workflow {ran or 'of no name'}, not {expected}"
        )
    if publisher.environment and claims.get("environment", publisher.environment) != publisher.environment:
        raise AttestationFaultError("environment", f"the job ran in another environment than {publisher.environment!r}")


def _same(code: Any, proven: str, named: str, what: str) -> None:
    if not proven or proven != named:
        raise AttestationFaultError(
            code, f"the certificate was issued to the {what} {proven or 'of no name'}, not {named}"
        )
