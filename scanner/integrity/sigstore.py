"""Verifies attestations offline with the extra ``attestations``, which is imported only when first needed.

The library verifies the chain, the certificate's timestamp, the log entry and the signature against the root that we
hand it. What it leaves to its caller is done here: which publisher, which workflow, which file, which bytes.
"""

from __future__ import annotations

import functools
import importlib.util
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import (
    parse_sdist_filename,
    parse_wheel_filename,
)

from scanner.integrity.claims import certificate_claims, check_publisher
from scanner.integrity.provenance import (
    AttestationFaultError,
    Invalid,
    InvalidCode,
    Outcome,
    Unsupported,
    Verified,
    read_provenance,
)
from scanner.model.errors import InputError
from scanner.model.known import NotKnown

if TYPE_CHECKING:
    from sigstore.verify import Verifier

EXTRA = "install assay[attestations]"
PREDICATES = ("https://docs.pypi.org/attestations/publish/v1", "https://slsa.dev/provenance/v1")
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"


def available() -> bool:
    """True where the extra is installed; nothing is imported to find out."""
    return all(importlib.util.find_spec(name) is not None for name in ("pypi_attestations", "sigstore"))


def verify(provenance: bytes, filename: str, sha256: str, root: bytes) -> Outcome:
    """What the provenance proves of the file of that name and digest, under that trust root. Never raises for content.

    Every attestation of every bundle must hold: one that does not makes the whole invalid.
    """
    if not available():
        return NotKnown("the extra that verifies attestations is not installed", EXTRA)
    try:
        return _verify(provenance, filename, sha256, root)
    except AttestationFaultError as fault:
        return Invalid(fault.code, fault.why)
    except InputError:
        raise
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001
        # The libraries below leak errors of many kinds on hostile objects, and panics of native code, which derive
        # from BaseException: what cannot be verified is invalid, never skipped.
        return Invalid("unexpected", f"the attestation broke the verifier ({type(error).__name__})")


def _verify(provenance: bytes, filename: str, sha256: str, root: bytes) -> Outcome:
    bundles = read_provenance(provenance)
    if isinstance(bundles, Unsupported):
        return bundles
    results: list[Verified] = []
    for publisher, attestations in bundles:
        for attestation in attestations:
            claims, predicate = _verify_one(attestation, publisher, filename, sha256, root)
            entry = attestation["verification_material"]["transparency_entries"][0]
            results.append(
                Verified(
                    publisher=publisher,
                    commit=claims.get("commit", ""),
                    ref=claims.get("ref", ""),
                    log_index=str(entry["logIndex"]),
                    time=datetime.fromtimestamp(int(entry["integratedTime"]), UTC).isoformat().replace("+00:00", "Z"),
                    predicates=(predicate,),
                    run=claims.get("run", ""),
                )
            )
    first = results[0]
    return Verified(
        publisher=first.publisher,
        commit=first.commit,
        ref=first.ref,
        log_index=first.log_index,
        time=first.time,
        predicates=tuple(sorted({one for result in results for one in result.predicates})),
        run=first.run,
        others=tuple(sorted({one.publisher for one in results} - {first.publisher})),
    )


@functools.lru_cache(maxsize=4)
def _verifier(root: bytes) -> Verifier:
    from sigstore.models import TrustedRoot
    from sigstore.verify import Verifier

    # The library reads trust roots from files only.
    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        path = Path(folder, "trusted_root.json")
        path.write_bytes(root)
        try:
            return Verifier(trusted_root=TrustedRoot.from_file(str(path)))
        except Exception as error:
            # A root that the user named is input; the libraries raise several unrelated kinds for a bad one.
            raise InputError(f"the trust root is not usable: {type(error).__name__}") from error


def _verify_one(
    tree: dict[str, Any], publisher: Any, filename: str, sha256: str, root: bytes
) -> tuple[dict[str, str], str]:
    from pydantic import ValidationError
    from pypi_attestations import Attestation, AttestationError
    from sigstore.errors import CertValidationError, Error, VerificationError

    verifier = _verifier(root)
    try:
        bundle = Attestation.model_validate(tree).to_bundle()
    except (ValidationError, AttestationError, Error, ValueError) as error:
        raise AttestationFaultError("malformed", f"the attestation cannot be read ({type(error).__name__})") from error
    policy = _Policy(publisher)
    try:
        kind, payload = verifier.verify_dsse(bundle, policy)
    except AttestationFaultError:
        raise
    except CertValidationError as error:
        why = "the signing certificate is not issued under the trust root, or was not valid at the time of signing"
        raise AttestationFaultError("untrusted-certificate", why) from error
    except VerificationError as error:
        code, why = _reason(str(error))
        raise AttestationFaultError(code, why) from error
    if kind != PAYLOAD_TYPE:
        raise AttestationFaultError("statement", "the signed payload is not an in-toto statement")
    return policy.claims, _statement(payload, filename, sha256)


class _Policy:
    """Holds the certificate against the publisher that the bundle names, and keeps what the certificate says."""

    def __init__(self, publisher: Any) -> None:
        self._publisher = publisher
        self.claims: dict[str, str] = {}

    def verify(self, cert: Any) -> None:
        self.claims = certificate_claims(cert)
        check_publisher(self._publisher, self.claims)


_REASONS: tuple[tuple[str, InvalidCode, str], ...] = (
    ("sct", "untrusted-certificate", "the signing certificate has no valid timestamp of a certificate log"),
    ("inclusion promise", "log-entry", "the transparency log did not sign this entry with this time"),
    ("inclusion proof", "log-entry", "the inclusion proof does not lead from this entry to the log's root"),
    ("checkpoint", "log-entry", "the checkpoint of the log is not signed by a trusted log"),
    ("log entry", "log-entry", "the log entry does not belong to this attestation"),
    ("payload hash", "log-entry", "the log entry is for another statement"),
    ("expired at time", "untrusted-certificate", "the signing certificate was not valid at the time of the log entry"),
    ("verified time", "no-inclusion-promise", "nothing vouches for the time of signing"),
    ("signature", "signature", "the signature is not that of the certificate's key over this statement"),
)


def _reason(message: str) -> tuple[InvalidCode, str]:
    lowered = message.lower()
    for word, code, why in _REASONS:
        if word in lowered:
            return code, why
    return "rejected", "the verifier rejected the attestation"


def _statement(payload: bytes, filename: str, sha256: str) -> str:
    """The predicate type of a verified statement, after its subject proved to be this very file."""
    import json

    try:
        tree = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise AttestationFaultError("statement", "the signed statement is not JSON") from error
    if not isinstance(tree, dict) or tree.get("_type") != STATEMENT_TYPE:
        raise AttestationFaultError("statement", "the signed payload is not an in-toto statement of version 1")
    subjects = tree.get("subject")
    if not isinstance(subjects, list) or len(subjects) != 1 or not isinstance(subjects[0], dict):
        raise AttestationFaultError("statement", "the statement must be about exactly one file")
    name, digest = subjects[0].get("name"), subjects[0].get("digest")
    if not isinstance(name, str) or not isinstance(digest, dict):
        raise AttestationFaultError("statement", "the statement does not name a file and its digest")
    if not names_file(name, filename):
        raise AttestationFaultError("other-file", f"the attestation is for the file {name[:200]!r}, not for {filename}")
    if digest.get("sha256") != sha256:
        raise AttestationFaultError("other-bytes", "the attestation is for other bytes under this file name")
    predicate = tree.get("predicateType")
    if predicate not in PREDICATES:
        raise AttestationFaultError(
            "statement", f"the predicate type {str(predicate)[:100]!r} is not one that the index accepts"
        )
    return str(predicate)


def names_file(name: str, filename: str) -> bool:
    """True where the statement's name is the file's own, or its canonical spelling (PEP 427, PEP 625).

    Not "parses to the same project and version": that would let ``x-1.zip`` stand for ``x-1.tar.gz`` and any odd
    spelling for any other.
    """
    return bool(name) and name in (filename, canonical(filename))


def canonical(filename: str) -> str:
    """The one spelling of a distribution's file name, or the empty string where it is not one."""
    try:
        if filename.endswith(".whl"):
            project, version, build, tags = parse_wheel_filename(filename)
            middle = f"-{build[0]}{build[1]}" if build else ""
            parts = [
                ".".join(sorted({getattr(tag, part) for tag in tags})) for part in ("interpreter", "abi", "platform")
            ]
            return f"{project.replace('-', '_')}-{version}{middle}-{'-'.join(parts)}.whl"
        if filename.endswith(".tar.gz"):
            project, version = parse_sdist_filename(filename)
            return f"{project.replace('-', '_')}-{version}.tar.gz"
    except ValueError:
        return ""
    return ""
