"""OSV records to :class:`Advisory` values. Source: the OSV schema 1.6, https://ossf.github.io/osv-schema/."""

from __future__ import annotations

from typing import Any

import msgspec

from scanner.model.advisory import Advisory, Affected, AffectedRange, RangeEvent
from scanner.model.names import canonicalize_name

ECOSYSTEM = "PyPI"
EVENT_KINDS = ("introduced", "fixed", "last_affected", "limit")
MAX_SUMMARY = 400


class OsvPackage(msgspec.Struct):
    ecosystem: str = ""
    name: str = ""


class OsvRange(msgspec.Struct):
    type: str = "ECOSYSTEM"
    repo: str = ""
    events: list[dict[str, str]] = []


class OsvSeverity(msgspec.Struct):
    type: str = ""
    score: str = ""


class OsvAffected(msgspec.Struct):
    package: OsvPackage | None = None
    ranges: list[OsvRange] = []
    versions: list[str] = []
    severity: list[OsvSeverity] = []


class OsvReference(msgspec.Struct):
    url: str = ""


class OsvRecord(msgspec.Struct):
    """The parts of a record that are used; everything else is skipped by the decoder."""

    id: str
    aliases: list[str] = []
    summary: str = ""
    details: str = ""
    published: str = ""
    modified: str = ""
    withdrawn: str = ""
    affected: list[OsvAffected] = []
    severity: list[OsvSeverity] = []
    references: list[OsvReference] = []
    database_specific: dict[str, Any] | None = None


def from_osv(record: OsvRecord) -> Advisory:
    """One record, reduced to this ecosystem."""
    affected = [one for one in record.affected if one.package and one.package.ecosystem.partition(":")[0] == ECOSYSTEM]
    specific = record.database_specific or {}
    vectors = [one.score for one in record.severity] + [one.score for found in affected for one in found.severity]
    label = specific.get("severity", "")
    return Advisory(
        id=record.id,
        aliases=tuple(sorted(set(record.aliases))),
        summary=(record.summary or record.details.partition("\n")[0])[:MAX_SUMMARY],
        affected=tuple(_affected(one) for one in affected),
        severity=tuple(sorted({one for one in vectors if one})),
        label=label.lower() if isinstance(label, str) else "",
        malicious=record.id.startswith("MAL-"),
        withdrawn=record.withdrawn,
        published=record.published,
        modified=record.modified,
        references=tuple(one.url for one in record.references if one.url.startswith("https://"))[:8],
    )


def _affected(one: OsvAffected) -> Affected:
    ranges = tuple(
        AffectedRange(
            found.type,
            tuple(RangeEvent(kind, event[kind]) for event in found.events for kind in EVENT_KINDS if kind in event),
            found.repo,
        )
        for found in one.ranges
    )
    name = one.package.name if one.package else ""
    return Affected(canonicalize_name(name), ranges, tuple(one.versions))


class SeedRange(msgspec.Struct):
    introduced: str = ""
    fixed: str = ""
    last_affected: str = ""


class SeedAffected(msgspec.Struct):
    name: str
    ranges: list[SeedRange] = []
    versions: list[str] = []


class SeedRecord(msgspec.Struct):
    """A line of the seed: the facts of an advisory without its prose."""

    id: str
    affected: list[SeedAffected]
    aliases: list[str] = []
    severity: str = ""
    malicious: bool = False
    reference: str = ""


def from_seed(record: SeedRecord) -> Advisory:
    """One line of the seed as an advisory."""
    affected = tuple(
        Affected(
            canonicalize_name(one.name),
            tuple(
                AffectedRange(
                    "ECOSYSTEM",
                    tuple(RangeEvent(kind, value) for kind in EVENT_KINDS[:3] if (value := getattr(found, kind))),
                )
                for found in one.ranges
            ),
            tuple(one.versions),
        )
        for one in record.affected
    )
    return Advisory(
        id=record.id,
        aliases=tuple(sorted(set(record.aliases))),
        affected=affected,
        label=record.severity.lower(),
        malicious=record.malicious or record.id.startswith("MAL-"),
        references=(record.reference,) if record.reference.startswith("https://") else (),
    )
