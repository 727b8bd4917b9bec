"""Provenance (PEP 740): what an index says of who published a file, and what comes of verifying it, as values.

Nothing here verifies a signature: :mod:`scanner.integrity.sigstore` does, when the extra ``attestations`` is there.
What is claimed is the identity of the publisher. No SLSA build level is claimed, whatever a predicate may say.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any, Literal

import msgspec

from scanner.model.known import NotKnown

MAX_BYTES = 2 * 1024 * 1024
MAX_BUNDLES = 16
MAX_ATTESTATIONS = 16
PUBLISHER_KINDS = ("GitHub", "GitLab", "Google", "CircleCI")

InvalidCode = Literal[
    "malformed",
    "no-attestation",
    "no-log-entry",
    "no-inclusion-proof",
    "no-inclusion-promise",
    "untrusted-certificate",
    "log-entry",
    "signature",
    "statement",
    "other-file",
    "other-bytes",
    "publisher",
    "workflow",
    "environment",
    "rejected",
    "unexpected",
]


class Publisher(msgspec.Struct, frozen=True, order=True):
    """Who published. ``url`` is the identity that the certificate proves: the repository, or what stands for one.

    ``workflow`` is the file that ran (empty where the publisher has none). ``environment`` is the deployment
    environment *as the index states it*: certificates do not carry it.
    """

    kind: str
    url: str
    workflow: str = ""
    environment: str = ""
    source: str = ""
    """The repository of a publisher whose identity is not one (CircleCI's ``vcs_origin``)."""
    ref: str = ""

    def __str__(self) -> str:
        text = f"{self.kind} {self.url}"
        if self.workflow:
            text += f", workflow {self.workflow}"
        return f"{text}, environment {self.environment}" if self.environment else text

    @property
    def identities(self) -> frozenset[str]:
        """The texts by which a policy may name this publisher."""
        names = {self.url.lower(), self.url.rpartition(":")[2].lower() if self.url.startswith("mailto:") else ""}
        if self.workflow and self.kind == "GitHub":
            names.add(f"{self.url}/.github/workflows/{self.workflow}".lower())
        elif self.workflow:
            names.add(f"{self.url}//{self.workflow}".lower())
        return frozenset(names - {""})


class Verified(msgspec.Struct, frozen=True, tag="verified"):
    """The attestation holds. ``time`` is RFC 3339 UTC, ``log_index`` the entry of the transparency log."""

    publisher: Publisher
    commit: str
    ref: str
    log_index: str
    time: str
    predicates: tuple[str, ...]
    run: str = ""
    others: tuple[Publisher, ...] = ()
    """Further publishers, where several bundles vouch for one file."""


class Invalid(msgspec.Struct, frozen=True, tag="invalid"):
    """The attestation does not hold: ``code`` for programs, ``why`` for people."""

    code: InvalidCode
    why: str


class NoAttestation(msgspec.Struct, frozen=True, tag="none"):
    """The index says that the file has none."""


class Unsupported(msgspec.Struct, frozen=True, tag="unsupported"):
    """Well formed, and of a kind that this version cannot verify."""

    why: str


Outcome = Verified | Invalid | NoAttestation | Unsupported | NotKnown


class AttestationFaultError(Exception):
    """An attestation that does not hold, on its way to becoming :class:`Invalid`."""

    def __init__(self, code: InvalidCode, why: str) -> None:
        self.code: InvalidCode = code
        self.why = why
        super().__init__(why)


def read_provenance(raw: bytes) -> list[tuple[Publisher, list[dict[str, Any]]]] | Unsupported:
    """The bundles of a provenance object, strictly read: publisher and attestations of each.

    Raises :class:`AttestationFaultError` for what the format (PEP 740, version 1) does not allow. Base64 must be in
    its one canonical form, integers must be plain digits: two texts of one value would let an object be changed unseen.
    """
    if len(raw) > MAX_BYTES:
        raise AttestationFaultError("malformed", f"the provenance is larger than {MAX_BYTES} bytes")
    try:
        tree = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise AttestationFaultError("malformed", "the provenance is not JSON") from error
    if not isinstance(tree, dict) or tree.get("version") != 1 or isinstance(tree.get("version"), bool):
        raise AttestationFaultError("malformed", "the provenance is not an object of version 1")
    bundles = _list(tree, "attestation_bundles", MAX_BUNDLES)
    if not bundles:
        raise AttestationFaultError("no-attestation", "the provenance holds no attestation bundle")
    found: list[tuple[Publisher, list[dict[str, Any]]]] = []
    for bundle in bundles:
        if not isinstance(bundle, dict):
            raise AttestationFaultError("malformed", "an attestation bundle is not an object")
        publisher = read_publisher(bundle.get("publisher"))
        if isinstance(publisher, Unsupported):
            return publisher
        attestations = _list(bundle, "attestations", MAX_ATTESTATIONS)
        if not attestations:
            raise AttestationFaultError("no-attestation", "an attestation bundle is empty")
        for one in attestations:
            _check_attestation(one)
        found.append((publisher, attestations))
    return found


def read_publisher(tree: Any) -> Publisher | Unsupported:
    """The publisher object of a bundle, by its kind."""
    if not isinstance(tree, dict):
        raise AttestationFaultError("malformed", "the bundle names no publisher")
    kind = tree.get("kind")
    if not isinstance(kind, str):
        raise AttestationFaultError("malformed", "the publisher has no kind")
    if kind not in PUBLISHER_KINDS:
        return Unsupported(f"publishers of the kind {kind[:40]!r} are not known to this version")
    environment = _text(tree, "environment", optional=True)
    if kind == "GitHub":
        repository = _slug(_text(tree, "repository"))
        return Publisher(kind, f"https://github.com/{repository}", _text(tree, "workflow"), environment)
    if kind == "GitLab":
        repository = _slug(_text(tree, "repository"))
        return Publisher(kind, f"https://gitlab.com/{repository}", _text(tree, "workflow_filepath"), environment)
    if kind == "Google":
        return Publisher(kind, f"mailto:{_text(tree, 'email')}")
    project, definition = _text(tree, "project_id"), _text(tree, "pipeline_definition_id")
    url = f"https://circleci.com/api/v2/projects/{project}/pipeline-definitions/{definition}"
    origin, ref = _text(tree, "vcs_origin", optional=True), _text(tree, "vcs_ref", optional=True)
    return Publisher(kind, url, source=origin, ref=ref)


def _slug(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+", text) or ".." in text.split("/"):
        raise AttestationFaultError("malformed", "the publisher's repository is not of the form owner/name")
    return text


def _text(tree: dict[str, Any], key: str, *, optional: bool = False) -> str:
    value = tree.get(key)
    if value is None and optional:
        return ""
    if not isinstance(value, str) or (not value and not optional) or len(value) > 500 or not value.isprintable():
        raise AttestationFaultError("malformed", f"the field {key} is missing or not plain text")
    return value


def _list(tree: dict[str, Any], key: str, most: int) -> list[Any]:
    value = tree.get(key)
    if not isinstance(value, list):
        raise AttestationFaultError("malformed", f"the field {key} is missing or not a list")
    if len(value) > most:
        raise AttestationFaultError("malformed", f"the field {key} has more than {most} entries")
    return value


def _object(tree: dict[str, Any], key: str) -> dict[str, Any]:
    value = tree.get(key)
    if not isinstance(value, dict):
        raise AttestationFaultError("malformed", f"the field {key} is missing or not an object")
    return value


def _base64(tree: dict[str, Any], key: str) -> bytes:
    value = tree.get(key)
    if not isinstance(value, str) or not value:
        raise AttestationFaultError("malformed", f"the field {key} is missing")
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise AttestationFaultError("malformed", f"the field {key} is not base64") from error
    if base64.b64encode(raw).decode("ascii") != value:
        raise AttestationFaultError("malformed", f"the field {key} is not canonical base64")
    return raw


def _number(tree: dict[str, Any], key: str) -> int:
    value = tree.get(key)
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(r"0|[1-9][0-9]{0,18}", text):
        raise AttestationFaultError("malformed", f"the field {key} is not a plain number")
    return int(text)


_CHECKPOINT = re.compile(
    r"(?P<log>[^\s]+)[^\n]*\n(?P<size>[0-9]{1,19})\n[A-Za-z0-9+/=]+\n(?:[^\n]+\n)*\n"
    r"\u2014 (?P=log) [A-Za-z0-9+/=]+\n(?:\u2014 [^\s]+ [A-Za-z0-9+/=]+\n)*"
)


def _check_attestation(tree: Any) -> None:
    """The shape of one attestation, and what the library leaves unchecked of its log entry."""
    if not isinstance(tree, dict) or tree.get("version") != 1 or isinstance(tree.get("version"), bool):
        raise AttestationFaultError("malformed", "an attestation is not an object of version 1")
    envelope = _object(tree, "envelope")
    _base64(envelope, "statement")
    _base64(envelope, "signature")
    material = _object(tree, "verification_material")
    _base64(material, "certificate")
    entries = _list(material, "transparency_entries", MAX_ATTESTATIONS)
    if not entries:
        raise AttestationFaultError("no-log-entry", "the attestation has no entry of a transparency log")
    if len(entries) > 1:
        raise AttestationFaultError("malformed", "the attestation has several log entries; exactly one can be verified")
    entry = entries[0]
    if not isinstance(entry, dict):
        raise AttestationFaultError("malformed", "the log entry is not an object")
    if not entry.get("inclusionProof"):
        raise AttestationFaultError(
            "no-inclusion-proof", "the log entry has no inclusion proof: nothing shows that the log holds it"
        )
    if not entry.get("inclusionPromise"):
        raise AttestationFaultError(
            "no-inclusion-promise", "the log entry has no inclusion promise: nothing vouches for its time"
        )
    _number(entry, "logIndex")
    _number(entry, "integratedTime")
    _base64(entry, "canonicalizedBody")
    _base64(_object(entry, "logId"), "keyId")
    _base64(_object(entry, "inclusionPromise"), "signedEntryTimestamp")
    proof = _object(entry, "inclusionProof")
    _number(proof, "logIndex")
    size = _number(proof, "treeSize")
    _base64(proof, "rootHash")
    for one in _list(proof, "hashes", 64):
        _base64({"hashes": one}, "hashes")
    checkpoint = _object(proof, "checkpoint").get("envelope")
    matched = _CHECKPOINT.fullmatch(checkpoint) if isinstance(checkpoint, str) and len(checkpoint) < 8192 else None
    if matched is None:
        raise AttestationFaultError("log-entry", "the checkpoint of the inclusion proof is not a signed note")
    if int(matched["size"]) != size:
        raise AttestationFaultError(
            "log-entry", "the inclusion proof is for a tree of another size than its checkpoint"
        )
