"""The inventory as the page shows it: one row a package, with age in days, coverage and the worst finding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from scanner.model.coverage import Coverage
from scanner.model.known import NotKnown
from scanner.model.report import PackageEntry, Report
from scanner.report.finding_view import FindingView
from scanner.report.summary import gap_subjects
from scanner.report.words import capability_words


class InventoryRow(msgspec.Struct, frozen=True):
    """``link`` is the anchor of the package's findings, empty where it has none."""

    package: PackageEntry
    anchor: str
    link: str
    worst: str
    findings: int
    age: str | NotKnown
    source: str
    capabilities: tuple[tuple[str, str], ...]
    checked: int
    missing: tuple[Coverage, ...]


def inventory_rows(report: Report, views: Sequence[FindingView], prefix: str) -> list[InventoryRow]:
    gaps = gap_subjects(report)
    found: dict[tuple[str, str], list[FindingView]] = {}
    for view in views:
        found.setdefault((view.finding.package.name, view.finding.package.version), []).append(view)
    now = _moment(report.run.time)
    rows = []
    for number, package in enumerate(report.packages):
        key = (package.name, package.version)
        looked = gaps.get(f"{package.name}=={package.version}", [])
        mine = found.get(key, [])
        rows.append(
            InventoryRow(
                package=package,
                anchor=f"{prefix}i-{number}",
                link=mine[0].anchor if mine else "",
                worst=mine[0].finding.severity if mine else "",
                findings=len(mine),
                age=_age(package.upload_time, now),
                source=_source(package),
                capabilities=tuple((capability_words(one.name), one.proof) for one in package.capabilities),
                checked=sum(one.status == "checked" for one in looked),
                missing=tuple(one for one in looked if one.status == "not-checked"),
            )
        )
    return rows


def _source(package: PackageEntry) -> str:
    if package.source.kind == "index":
        return "index" if not package.source.url else package.source.url
    commit = f" at {package.source.commit[:12]}" if package.source.commit else ""
    return f"{package.source.kind} {package.source.url}{commit}".strip()


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _age(upload: str | NotKnown, now: datetime | None) -> str | NotKnown:
    """How long before the audit the file was uploaded, in the unit that a person would say."""
    if isinstance(upload, NotKnown):
        return upload
    uploaded = _moment(upload)
    if uploaded is None or now is None:
        return NotKnown("the time of upload cannot be read")
    days = (now - uploaded).days
    if days < 0:
        return "after this audit"
    if days < 60:
        return f"{days} days" if days != 1 else "1 day"
    return f"{days // 30} months" if days < 730 else f"{days // 365} years"
