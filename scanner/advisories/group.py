"""Advisories that describe one vulnerability, joined by their aliases, with one severity and one name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from scanner.model.advisory import Advisory

if TYPE_CHECKING:
    from scanner.model.finding import Severity

_RANK = ("MAL-", "CVE-", "GHSA-", "PYSEC-", "OSV-")
_LABELS: dict[str, Severity] = {
    "critical": "critical",
    "high": "high",
    "moderate": "medium",
    "medium": "medium",
    "low": "low",
    "none": "info",
}


class Alike(msgspec.Struct, frozen=True):
    """Records of one vulnerability (or of one malicious release), sorted, and all its names, the best known first."""

    names: tuple[str, ...]
    records: tuple[Advisory, ...]

    @property
    def id(self) -> str:
        return self.names[0]

    @property
    def malicious(self) -> bool:
        return any(one.malicious for one in self.records)


class Vulnerability(msgspec.Struct, frozen=True):
    """One vulnerability (or one malicious release): its records, all its names, and how severe it is.

    ``severity_source`` says where the severity is from; ``unrated`` ones are taken as medium and say so.
    """

    id: str
    names: tuple[str, ...]
    records: tuple[Advisory, ...]
    severity: Severity
    severity_source: str
    malicious: bool


def grouped(advisories: Iterable[Advisory]) -> tuple[Vulnerability, ...]:
    """Each vulnerability of the advisories once, with its severity, sorted by name."""
    return tuple(_vulnerability(one) for one in joined(advisories))


def joined(advisories: Iterable[Advisory]) -> tuple[Alike, ...]:
    """Connected components of advisories over shared ids and aliases, sorted by name. No severity is worked out."""
    records = sorted(advisories, key=lambda one: one.id)
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for record in records:
        for alias in record.aliases:
            parent[root(alias)] = root(record.id)
    groups: dict[str, list[Advisory]] = {}
    for record in records:
        groups.setdefault(root(record.id), []).append(record)
    found = [Alike(_names(one), tuple(one)) for one in groups.values()]
    return tuple(sorted(found, key=lambda one: one.id))


def _names(records: Iterable[Advisory]) -> tuple[str, ...]:
    return tuple(sorted({name for one in records for name in (one.id, *one.aliases)}, key=_name_order))


def _vulnerability(found: Alike) -> Vulnerability:
    severity, source = _severity(found.records)
    if found.malicious:
        severity, source = "critical", "a malicious release"
    return Vulnerability(found.id, found.names, found.records, severity, source, found.malicious)


def _name_order(name: str) -> tuple[int, str]:
    rank = next((number for number, prefix in enumerate(_RANK) if name.startswith(prefix)), len(_RANK))
    return rank, name


def _severity(records: tuple[Advisory, ...]) -> tuple[Severity, str]:
    """The worst CVSS score of the records, else the worst word of a database, else unrated."""
    scored = [
        (score, vector) for one in records for vector in one.severity if (score := cvss_score(vector)) is not None
    ]
    if scored:
        score, vector = max(scored)
        return from_score(score), f"CVSS {score} ({vector})"
    labels = [(_LABELS[one.label], one.id) for one in records if one.label in _LABELS]
    order: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
    if labels:
        severity, identifier = min(labels, key=lambda one: (order.index(one[0]), one[1]))
        return severity, f"rated {severity} by {identifier}"
    return "medium", "unrated by its sources; taken as medium"


def cvss_score(vector: str) -> float | None:
    """The base score of a CVSS 2, 3 or 4 vector, or ``None`` where it is none."""
    from cvss import CVSS2, CVSS3, CVSS4
    from cvss.exceptions import CVSSError

    kind = CVSS4 if vector.startswith("CVSS:4") else CVSS3 if vector.startswith("CVSS:3") else CVSS2
    try:
        parsed = kind(vector)
    except CVSSError:
        return None
    return float(parsed.base_score)


def from_score(score: float) -> Severity:
    """The qualitative rating of CVSS 3.1, section 5."""
    if score >= 9.0:
        return "critical"
    if score >= 7.0:
        return "high"
    if score >= 4.0:
        return "medium"
    return "low" if score > 0 else "info"
