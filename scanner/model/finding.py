"""Findings and their evidence: what was found, how bad, how sure, when it would run, and what to do next."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from scanner.model.location import Location

Severity = Literal["critical", "high", "medium", "low", "info"]
Confidence = Literal["certain", "high", "medium", "low"]
Trigger = Literal["install", "interpreter-start", "import", "entry-point", "call", "not-code"]
Category = Literal["malicious", "vulnerability", "integrity", "code", "source", "hygiene", "input"]

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
CONFIDENCES: tuple[Confidence, ...] = ("certain", "high", "medium", "low")
TRIGGERS: tuple[Trigger, ...] = ("install", "interpreter-start", "import", "entry-point", "call", "not-code")


class PackageRef(msgspec.Struct, frozen=True, order=True):
    """The package that a finding is about. The project itself is named by its root; its version may be empty."""

    name: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name}=={self.version}" if self.version else self.name


class CodeLine(msgspec.Struct, frozen=True):
    """One line of an excerpt: its number, its text (capped, raw: renderers escape), and whether it is marked."""

    number: int
    text: str
    marked: bool = False


class DecodedLayer(msgspec.Struct, frozen=True):
    """What a payload turned into. ``how`` names the steps (``base64 → zlib``), ``text`` is capped and inert."""

    how: str
    text: str
    truncated: bool = False
    language: str = "python"


class Evidence(msgspec.Struct, frozen=True):
    """Why the finding is true, to the byte: the place, the file's digest, the lines, the decoded layers, one remark."""

    location: Location
    note: str = ""
    sha256: str = ""
    excerpt: tuple[CodeLine, ...] = ()
    layers: tuple[DecodedLayer, ...] = ()


class PathStep(msgspec.Struct, frozen=True):
    """One step from a root towards a package: who, and the requirement that led here (empty at the root)."""

    name: str
    version: str = ""
    requirement: str = ""
    location: Location = Location("")


DependencyPath = tuple[PathStep, ...]


class Finding(msgspec.Struct, frozen=True):
    """One thing that a reader must know. ``id`` is derived from content by :func:`finding_id`, never a row number.

    ``rejects`` is true where no threshold may soften it: a malicious release, a hash that does not match.
    ``details`` are further labelled facts in reading order (``("fixed in", "1.83.0, 2.0.1")``).
    ``references`` are https URLs. ``controls`` are ids of ``rules/controls.toml``.
    """

    id: str
    rule: str
    check: str
    title: str
    severity: Severity
    confidence: Confidence
    category: Category
    package: PackageRef
    summary: str
    remediation: str
    trigger: Trigger = "not-code"
    rejects: bool = False
    evidence: tuple[Evidence, ...] = ()
    paths: tuple[DependencyPath, ...] = ()
    references: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()


def finding_id(rule: str, package: PackageRef, *content: str) -> str:
    """A stable id: ``assay-`` and 16 hex digits of SHA-256 over rule, package and what the finding says.

    Callers pass what makes this finding itself (an advisory id; a file and the marked lines' text) and leave out what
    moves without changing it (line numbers, severities, dates).
    """
    body = "\0".join((rule, package.name, package.version, *content))
    return "assay-" + hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()[:16]
