"""Requirements files whose every line is a pin: a lock without edges. The edges come from the packages' metadata."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import unquote

import msgspec
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.utils import NormalizedName, canonicalize_name

from scanner.inputs.requirements import pinned_version
from scanner.model.coverage import OTHER_TARGETS, Coverage
from scanner.model.environment import TargetEnvironment
from scanner.model.graph import Edge, GraphBuilder, Root
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile
from scanner.model.package import Package, Source, SourceKind
from scanner.model.release import CoreMetadata
from scanner.model.requirement import Requirement
from scanner.resolver.locks import CHECK
from scanner.resolver.markers import applies


class FlatPin(msgspec.Struct, frozen=True):
    package: Package
    requirement: Requirement


def is_fixed(requirement: Requirement) -> bool:
    """True for what needs no resolution: a pin, or a direct reference."""
    return bool(requirement.url or pinned_version(requirement))


def package_of(requirement: Requirement) -> Package:
    """The package that a pin or a direct reference means."""
    if requirement.url:
        return Package(requirement.name, _version_in_url(requirement), _source_of(requirement.url))
    return Package(requirement.name, pinned_version(requirement))


def _source_of(url: str) -> Source:
    kind: SourceKind = "url"
    if url.startswith("file:") or "://" not in url:
        kind = "path"
    elif "+" in url.partition("://")[0]:
        kind = "vcs"
    body, _, fragment = url.partition("#")
    subdirectory = fragment.removeprefix("subdirectory=") if fragment.startswith("subdirectory=") else ""
    if kind == "vcs" and "@" in body.rpartition("/")[2]:
        body, _, commit = body.rpartition("@")
        return Source(kind, body, commit, subdirectory)
    return Source(kind, body, "", subdirectory)


def _version_in_url(requirement: Requirement) -> str:
    from scanner.model.artifact import artifact_kind
    from scanner.model.versions import artifact_version

    filename = unquote(requirement.url.partition("#")[0].partition("?")[0].rpartition("/")[2])
    return artifact_version(filename, requirement.name) if artifact_kind(filename) != "other" else ""


def pins_for_target(file: DependencyFile, target: TargetEnvironment) -> tuple[list[FlatPin], list[Coverage]]:
    """The pins that the target installs, and a coverage for each that its marker leaves out."""
    pins: list[FlatPin] = []
    left_out: list[Coverage] = []
    for group in file.groups:
        if group.kind == "constraint":
            continue
        for requirement in group.requirements:
            if not is_fixed(requirement):
                continue
            pin = FlatPin(package_of(requirement), requirement)
            if applies(requirement.marker, target):
                pins.append(pin)
            else:
                reason = f"{requirement.location} installs it only where {requirement.marker}"
                left_out.append(Coverage(CHECK, str(pin.package), "not-applicable", reason, OTHER_TARGETS))
    return pins, left_out


def add_pins(
    root: Root,
    pins: list[FlatPin],
    metadata: Mapping[Package, CoreMetadata | NotKnown],
    target: TargetEnvironment,
    builder: GraphBuilder,
) -> None:
    """Edges among the pins by metadata. The root asks for what no other pin needs, and for what nobody would reach."""
    by_name = {pin.package.name: pin for pin in pins}
    builder.add(root)
    needed: set[NormalizedName] = set()
    links: dict[NormalizedName, list[NormalizedName]] = {}
    for pin in pins:
        for name, text, marker in _needs(pin, metadata.get(pin.package), by_name, target):
            child = by_name[name]
            edge = Edge(text, marker, location=child.requirement.location)
            builder.connect(pin.package, child.package, edge, root)
            needed.add(name)
            links.setdefault(pin.package.name, []).append(name)
    starts = [pin for pin in pins if pin.package.name not in needed]
    reached = _reach([pin.package.name for pin in starts], links)
    for pin in pins:
        if pin.package.name not in reached:
            # A cycle that nothing else leads into: its first member is asked for by the file itself.
            starts.append(pin)
            reached |= _reach([pin.package.name], links)
    for pin in starts:
        edge = Edge(pin.requirement.text, pin.requirement.marker, location=pin.requirement.location)
        builder.connect(root, pin.package, edge, root)


def _needs(
    pin: FlatPin,
    metadata: CoreMetadata | NotKnown | None,
    by_name: Mapping[NormalizedName, FlatPin],
    target: TargetEnvironment,
) -> Iterator[tuple[NormalizedName, str, str]]:
    """(name, requirement text, marker) of each dependency that is among the pins and applies on the target."""
    if not metadata or isinstance(metadata.requires_dist, NotKnown):
        return
    # Which extras were asked of a pinned package is not written in a flat file: any that the pins can meet is possible.
    extras = sorted({*pin.requirement.extras, *metadata.provides_extra})
    for text in metadata.requires_dist:
        try:
            parsed = Parsed(text)
        except InvalidRequirement:
            continue
        name = canonicalize_name(parsed.name)
        marker = str(parsed.marker) if parsed.marker else ""
        if name not in by_name or name == pin.package.name:
            continue
        if applies(marker, target, pin.requirement.extras) or ("extra" in marker and applies(marker, target, extras)):
            yield name, " ".join(text.partition(";")[0].split()), marker


def _reach(starts: list[NormalizedName], links: Mapping[NormalizedName, list[NormalizedName]]) -> set[NormalizedName]:
    seen: set[NormalizedName] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(links.get(name, ()))
    return seen
