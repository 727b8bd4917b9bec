"""The OSV evaluation algorithm with PEP 440 order. Source: OSV schema, "Evaluation"; PEP 440, "Version ordering"."""

from __future__ import annotations

from typing import Literal

import msgspec
from packaging.version import Version

from scanner.model.advisory import Advisory, Affected, AffectedRange
from scanner.model.versions import parse_version

ORDERED = frozenset({"ECOSYSTEM", "SEMVER"})
Answer = Literal["affected", "not-affected", "not-comparable"]


class Match(msgspec.Struct, frozen=True):
    """An advisory that affects a package version. ``fixed`` are the versions that end the ranges it lies in."""

    advisory: Advisory
    fixed: tuple[str, ...]


def affects(advisory: Advisory, name: str, version: str) -> Answer:
    """Whether the advisory affects that version of the package.

    ``not-comparable``: the version is none that PEP 440 can order, no list names it, and ranges would have to decide.
    """
    if advisory.withdrawn:
        return "not-affected"
    answers = [_affected(one, version) for one in advisory.affected if one.name == name]
    if "affected" in answers:
        return "affected"
    return "not-comparable" if "not-comparable" in answers else "not-affected"


def _affected(affected: Affected, version: str) -> Answer:
    parsed = parse_version(version)
    if parsed is None:
        if version.strip().lower() in {one.strip().lower() for one in affected.versions}:
            return "affected"
        return "not-comparable" if any(one.kind in ORDERED for one in affected.ranges) else "not-affected"
    # A local version (2.0.1+cu118) is a build of its public version, and as vulnerable as that.
    public = Version(parsed.public)
    if version in affected.versions or any(_same(one, parsed, public) for one in affected.versions):
        return "affected"
    inside = any(in_range(one, public) for one in affected.ranges if one.kind in ORDERED)
    return "affected" if inside else "not-affected"


def _same(listed: str, parsed: Version, public: Version) -> bool:
    other = parse_version(listed)
    return other is not None and other in (parsed, public)


def in_range(found: AffectedRange, version: Version) -> bool:
    """True where the version lies in the range. Events are sorted here: sources do not promise an order."""
    events = []
    limits = []
    for event in found.events:
        at = parse_version("0.dev0" if event.version == "0" else event.version)
        if event.kind == "limit":
            limits.append(event.version)
        elif at is not None:
            # At one version, an end comes before a beginning: "fixed 2, introduced 2" is affected from 2 on.
            events.append((at, 1 if event.kind == "introduced" else 0, event.kind))
    if limits and not any(text == "*" or ((at := parse_version(text)) is not None and version < at) for text in limits):
        return False
    vulnerable = False
    for at, _, kind in sorted(events):
        if kind == "introduced" and version >= at:
            vulnerable = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            vulnerable = False
    return vulnerable


def fixed_versions(advisory: Advisory, name: str, version: str) -> tuple[str, ...]:
    """Every version above this one at which a range of the advisory ends as fixed, in order: one for each branch."""
    current = parse_version(version)
    found = {
        event.version: at
        for one in advisory.affected
        if one.name == name
        for ranged in one.ranges
        if ranged.kind in ORDERED
        for event in ranged.events
        if event.kind == "fixed" and (at := parse_version(event.version)) is not None
        if current is None or at > current
    }
    return tuple(sorted(found, key=lambda text: found[text]))
