"""Pins without hashes are no closed lock: pip installs what they need and leave out. This says what that is.

Only a file in which every requirement has a hash is closed: pip then refuses whatever has none (``--require-hashes``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from packaging.utils import NormalizedName, canonicalize_name

from scanner.index.client import IndexClient
from scanner.index.needs import Need, needs_of
from scanner.model.coverage import Coverage
from scanner.model.environment import TargetEnvironment
from scanner.model.errors import AssayError
from scanner.model.known import NotKnown
from scanner.model.package import Package
from scanner.model.release import CoreMetadata
from scanner.model.requirement import IndexOption, Requirement
from scanner.model.versions import parse_version
from scanner.resolver.flat import FlatPin
from scanner.resolver.locks import CHECK
from scanner.resolver.markers import applies
from scanner.resolver.window import specifiers

UNSAFE = frozenset({"pip", "setuptools", "wheel", "distribute"})
"""What pip-compile leaves out of a file unless it is told otherwise, since every environment had it."""


class LeftOut(msgspec.Struct, frozen=True):
    """A requirement of a pinned package that no pin of the file meets."""

    parent: Package
    need: Need


def is_closed(requirements: Iterable[Requirement], options: Iterable[IndexOption]) -> bool:
    """True where pip would refuse to install anything that the file does not name."""
    named = [one for one in requirements if not one.url.startswith("file:")]
    kinds = {one.kind for one in options}
    if "no-require-hashes" in kinds:
        return False  # pip holds what has hashes against them, and installs what has none.
    return "require-hashes" in kinds or (bool(named) and all(one.hashes for one in named))


def left_out(
    pins: Sequence[FlatPin], metadata: Mapping[Package, CoreMetadata | NotKnown], target: TargetEnvironment
) -> tuple[list[LeftOut], list[Coverage]]:
    """What the pins need beyond themselves on the target, and a gap for each whose needs are not known."""
    needs: dict[NormalizedName, tuple[Need, ...]] = {}
    gaps: list[Coverage] = []
    for pin in pins:
        found = _needs(pin.package, metadata.get(pin.package))
        if isinstance(found, NotKnown):
            reason = f"its dependencies are not known: {found.reason}"
            gaps.append(Coverage(CHECK, str(pin.package), "not-checked", reason, found.remedy))
        else:
            needs[pin.package.name] = found
    extras = {pin.package.name: {canonicalize_name(one) for one in pin.requirement.extras} for pin in pins}
    met: dict[LeftOut, None] = {}
    changed = True
    while changed:  # An extra that one pin asks of another may need more, and ask for more.
        changed = False
        for pin in pins:
            for need in needs.get(pin.package.name, ()):
                if not applies(need.marker, target, sorted(extras[pin.package.name])):
                    continue
                if need.name not in extras:
                    met[LeftOut(pin.package, need)] = None
                elif not extras[need.name].issuperset(need.extras):
                    extras[need.name].update(canonicalize_name(one) for one in need.extras)
                    changed = True
    return list(met), gaps


def _needs(package: Package, metadata: CoreMetadata | NotKnown | None) -> tuple[Need, ...] | NotKnown:
    if package.source.kind == "path":
        return ()  # A folder of the project states its own dependencies where it lies.
    if metadata is None:
        # Not asked for: the coverage of the package says why (no such file, no such project, no network).
        return () if package.source.kind == "index" else NotKnown("it is a reference that is not read")
    if isinstance(metadata, NotKnown):
        return metadata
    return metadata.requires_dist if isinstance(metadata.requires_dist, NotKnown) else needs_of(metadata.requires_dist)


def with_local(pins: Sequence[FlatPin], client: IndexClient) -> list[FlatPin]:
    """The pins with the version that pip takes: ``==1.0`` is met by ``1.0+cu118``, which is the higher one (PEP 440).

    Where the line has hashes, only versions with a file of one of them count.
    """
    return [msgspec.structs.replace(pin, package=_with_local(pin, client)) for pin in pins]


def _with_local(pin: FlatPin, client: IndexClient) -> Package:
    package = pin.package
    version = parse_version(package.version)
    if package.source.kind != "index" or version is None or version.local or "===" in pin.requirement.specifier:
        return package
    try:
        releases = client.project(package.name).releases
    except AssayError:
        return package
    allowed = specifiers(pin.requirement.specifier)
    stated = set(pin.requirement.hashes)
    found = []
    for release in releases:
        parsed = parse_version(release.version)
        if (
            parsed is None
            or not allowed.contains(parsed, prereleases=True)
            or all(one.yanked for one in release.artifacts)
        ):
            continue
        hashed = any(stated & set(one.hashes) for one in release.artifacts)
        found.append((bool(stated) and hashed, parsed, release.version))
    best = max(found, default=None)
    if best is None or not best[1].local:
        return package
    return msgspec.structs.replace(package, version=best[2])
