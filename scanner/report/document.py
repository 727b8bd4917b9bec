"""One report as the page draws it: every section's rows, counted, ordered and with anchors."""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec

from scanner.model.finding import TRIGGERS
from scanner.model.report import Report
from scanner.report import json_format, words
from scanner.report.context import RenderContext
from scanner.report.controls import FrameworkRows, control_rows, read_mapping
from scanner.report.exposure_view import Exposure, exposure_of
from scanner.report.finding_view import (
    FindingView,
    PackageGroup,
    RuleGroup,
    by_package,
    by_rule,
    finding_views,
    matrix,
)
from scanner.report.inventory_view import InventoryRow, inventory_rows
from scanner.report.layout import Box, Drawing, draw
from scanner.report.safe_text import one_line
from scanner.report.summary import (
    VERDICT_MEANINGS,
    VERDICT_TITLES,
    CheckCount,
    GapGroup,
    check_counts,
    check_titles,
    direct_and_transitive,
    gap_groups,
    many,
)
from scanner.report.tree import Mark, tree_marks

MANY = 150
"""From so many findings and packages together on, the browser draws sections only when they come into view."""
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class Document(msgspec.Struct, frozen=True):
    """``prefix`` stands before every anchor, so that several reports can share a page."""

    prefix: str
    report: Report
    large: bool
    date: str
    json_sha256: str
    verdict_title: str
    verdict_meaning: str
    direct: int
    transitive: int
    matrix: list[tuple[str, list[int], int]]
    worst: list[FindingView]
    gaps: list[GapGroup]
    gap_count: int
    check_counts: list[CheckCount]
    findings: list[FindingView]
    waived: list[FindingView]
    by_package: list[PackageGroup]
    by_rule: list[RuleGroup]
    finding_checks: list[tuple[str, str]]
    finding_triggers: list[tuple[str, str]]
    finding_anchors: dict[str, str]
    exposure: Exposure
    drawing: Drawing
    boxes: list[tuple[Box, str, str, str]]
    tree: list[Mark]
    inventory: list[InventoryRow]
    controls: list[FrameworkRows]
    mapping_version: str


def document_of(report: Report, context: RenderContext, prefix: str = "") -> Document:
    controls = control_rows(report, prefix)
    control_anchors = {row.id: row.anchor for entry in controls for row in entry.rows}
    findings, waived = finding_views(report, context, prefix, control_anchors)
    drawing = draw(path for view in findings for path in view.finding.paths)
    every = [*findings, *waived]
    gaps = gap_groups(report)
    titles = check_titles(report)
    triggers = {one.finding.trigger for one in every}
    direct, transitive = direct_and_transitive(report)
    return Document(
        prefix=prefix,
        report=report,
        large=len(every) + len(report.packages) > MANY,
        date=long_date(report.run.time),
        json_sha256=hashlib.sha256(json_format.render(report)).hexdigest(),
        verdict_title=VERDICT_TITLES[report.verdict],
        verdict_meaning=VERDICT_MEANINGS[report.verdict],
        direct=direct,
        transitive=transitive,
        matrix=matrix(findings),
        worst=findings[:3],
        gaps=gaps,
        gap_count=sum(len(one.subjects) for one in gaps),
        check_counts=check_counts(report),
        findings=findings,
        waived=waived,
        by_package=by_package(findings, report, prefix),
        by_rule=by_rule(findings),
        finding_checks=sorted((one, titles.get(one, one)) for one in {view.finding.check for view in every}),
        finding_triggers=[(one, words.TRIGGER_SHORT[one]) for one in TRIGGERS if one in triggers],
        finding_anchors={view.finding.id: view.anchor for view in findings},
        exposure=exposure_of(report),
        drawing=drawing,
        boxes=[boxed(box, findings) for box in drawing.boxes],
        tree=tree_marks(report.graph),
        inventory=inventory_rows(report, findings, prefix),
        controls=controls,
        mapping_version=read_mapping().version,
    )


def boxed(box: Box, views: list[FindingView]) -> tuple[Box, str, str, str]:
    """A box with the anchor of its worst finding, that finding's severity, and its full name for those who hear it."""
    found = [one for one in views if (one.finding.package.name, one.finding.package.version) in box.members]
    names = ", ".join(f"{name} {version}".strip() for name, version in box.members)
    said = f"{names}: {many(len(found), 'finding')}, worst {found[0].finding.severity}" if found else names
    return box, found[0].anchor if found else "", found[0].finding.severity if found else "", said


def long_date(text: str) -> str:
    """``24 November 2026, 03:00 UTC``; the text itself where it is no RFC 3339 time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return one_line(text)[:60]
    zone = "UTC" if moment.utcoffset() is not None and not moment.utcoffset() else (moment.tzname() or "")
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M} {zone}".strip()
