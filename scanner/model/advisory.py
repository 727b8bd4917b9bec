"""Advisories in the shape of the OSV schema, reduced to what matching and reporting need."""

from __future__ import annotations

import msgspec


class RangeEvent(msgspec.Struct, frozen=True):
    """One event of an affected range: ``kind`` is ``introduced``, ``fixed``, ``last_affected`` or ``limit``."""

    kind: str
    version: str


class AffectedRange(msgspec.Struct, frozen=True):
    """``kind`` is ``ECOSYSTEM``, ``SEMVER`` or ``GIT``; ``repo`` is set for ``GIT``. Events in the source's order."""

    kind: str
    events: tuple[RangeEvent, ...]
    repo: str = ""


class Affected(msgspec.Struct, frozen=True):
    """One affected package of an advisory: ranges, and versions listed one by one (as the source wrote them)."""

    name: str
    ranges: tuple[AffectedRange, ...] = ()
    versions: tuple[str, ...] = ()


class Advisory(msgspec.Struct, frozen=True):
    """One OSV record. ``severity`` holds CVSS vectors, ``label`` the database's own word; dates are RFC 3339."""

    id: str
    aliases: tuple[str, ...] = ()
    summary: str = ""
    details: str = ""
    affected: tuple[Affected, ...] = ()
    severity: tuple[str, ...] = ()
    label: str = ""
    malicious: bool = False
    withdrawn: str = ""
    published: str = ""
    modified: str = ""
    references: tuple[str, ...] = ()


class Unreadable(msgspec.Struct, frozen=True):
    """A record of a source that could not be read: its file there, why, and the packages (canonical names) that it may
    be about. Without names it may be about any."""

    member: str
    reason: str
    names: tuple[str, ...] = ()


class DatabaseInfo(msgspec.Struct, frozen=True, tag="database"):
    """Which advisory data was used. ``as_of`` is the date of its newest record or of the export (ISO date).

    ``kind`` is ``bundled-seed``, ``osv-export`` or ``osv-api``; ``lacks`` says in words what the source leaves out.
    """

    kind: str
    source: str
    as_of: str
    advisories: int
    packages: int
    malicious: int
    sha256: str
    lacks: str = ""
