"""Exposure: what each dependency's code can do, held against what the vendor's own modules hold."""

from __future__ import annotations

import functools

import msgspec
import tomli

from scanner.model.report import Asset, PackageEntry, Report
from scanner.report.resources import rule_folder
from scanner.report.words import CAPABILITY_WORDS, capability_words

COLUMNS = ("network", "subprocess", "environment", "filesystem-write", "dynamic-code", "native-code")
NETWORK = "network"
CAPABILITY_CHECKS = frozenset({"code", "capabilities"})


class AssetGroup(msgspec.Struct, frozen=True):
    """The files that hold one kind of asset. ``beside``: packages whose code runs in a process with any of them."""

    kind: str
    title: str
    impact: str
    assets: tuple[Asset, ...]
    beside: tuple[str, ...]
    network: tuple[str, ...]
    unread: tuple[str, ...]


class ExposureRow(msgspec.Struct, frozen=True):
    """One package: proofs of capabilities in the order of :data:`COLUMNS` (empty: none found), and what is near."""

    package: PackageEntry
    proofs: tuple[str, ...]
    others: tuple[tuple[str, str], ...]
    kinds: tuple[str, ...]
    read: bool


class Exposure(msgspec.Struct, frozen=True):
    columns: tuple[str, ...]
    groups: tuple[AssetGroup, ...]
    near: tuple[ExposureRow, ...]
    far: tuple[ExposureRow, ...]


@functools.cache
def _asset_words() -> dict[str, tuple[str, str]]:
    """Kind → title and impact, from ``rules/assets.toml``."""
    tables = tomli.loads((rule_folder() / "assets.toml").read_text(encoding="utf-8"))
    return {one["kind"]: (one["title"], one["impact"]) for one in tables["asset"]}


def exposure_of(report: Report) -> Exposure:
    entries = {f"{one.name}=={one.version}" if one.version else one.name: one for one in report.packages}
    by_name: dict[str, list[str]] = {}
    for key, entry in entries.items():
        by_name.setdefault(entry.name, []).append(key)
    read = {one.subject for one in report.coverage if one.check in CAPABILITY_CHECKS and one.status == "checked"} | {
        key for key, entry in entries.items() if entry.capabilities
    }

    def resolved(imports: tuple[str, ...]) -> set[str]:
        """Imports name a package with its version, or without: then every version of it counts."""
        return {key for one in imports for key in ([one] if one in entries else by_name.get(one, [one]))}

    grouped: dict[str, list[Asset]] = {}
    for asset in report.assets:
        grouped.setdefault(asset.kind, []).append(asset)
    near: dict[str, set[str]] = {}
    groups = []
    for kind, assets in grouped.items():
        title, impact = _asset_words().get(kind, (kind.replace("-", " ").capitalize(), "Not described."))
        beside = sorted({one for asset in assets for one in resolved(asset.imports)})
        for one in beside:
            near.setdefault(one, set()).add(title)
        groups.append(
            AssetGroup(
                kind=kind,
                title=title,
                impact=impact,
                assets=tuple(assets),
                beside=tuple(beside),
                network=tuple(one for one in beside if one in entries and _can(entries[one], NETWORK)),
                unread=tuple(one for one in beside if one not in read),
            )
        )
    order = list(_asset_words())
    groups.sort(key=lambda one: (order.index(one.kind) if one.kind in order else len(order), one.kind))
    rows = [_row(entry, tuple(sorted(near.get(key, ()))), key in read) for key, entry in entries.items()]
    rows.sort(key=lambda one: (-sum(map(bool, one.proofs)), one.package.name, one.package.version))
    return Exposure(
        columns=tuple(CAPABILITY_WORDS[one] for one in COLUMNS),
        groups=tuple(groups),
        near=tuple(one for one in rows if one.kinds),
        far=tuple(one for one in rows if not one.kinds),
    )


def _can(package: PackageEntry, capability: str) -> bool:
    return any(one.name == capability for one in package.capabilities)


def _row(package: PackageEntry, kinds: tuple[str, ...], read: bool) -> ExposureRow:
    proofs = {one.name: one.proof or "found" for one in reversed(package.capabilities)}
    others = tuple((capability_words(one.name), one.proof) for one in package.capabilities if one.name not in COLUMNS)
    return ExposureRow(package, tuple(proofs.get(one, "") for one in COLUMNS), others, kinds, read)
