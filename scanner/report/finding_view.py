"""Findings as the page shows them: excerpts capped and highlighted, links checked, words instead of keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from markupsafe import Markup

from scanner.model.finding import CONFIDENCES, SEVERITIES, DecodedLayer, Evidence, Finding, PackageRef
from scanner.model.report import Report, RuleInfo, WaivedFinding
from scanner.report.context import RenderContext
from scanner.report.highlight import highlighted_lines, language_of
from scanner.report.safe_text import slug
from scanner.report.summary import ordered

MAX_PATHS = 8
MAX_EVIDENCE = 20
MAX_LAYERS = 12


class LineView(msgspec.Struct, frozen=True):
    number: int
    marked: bool
    code: Markup


class LayerView(msgspec.Struct, frozen=True):
    how: str
    lines: tuple[LineView, ...]
    truncated: bool


class EvidenceView(msgspec.Struct, frozen=True):
    place: str
    note: str
    sha256: str
    lines: tuple[LineView, ...]
    more_lines: int
    layers: tuple[LayerView, ...]


class FindingView(msgspec.Struct, frozen=True):
    """One finding. ``anchor`` is its stable HTML id; ``order`` its place in the order by severity."""

    anchor: str
    finding: Finding
    order: int
    direct: bool
    new: bool
    open: bool
    waiver: WaivedFinding | None
    rule: RuleInfo | None
    evidence: tuple[EvidenceView, ...]
    more_evidence: int
    controls: tuple[tuple[str, str], ...]
    """Control id and the anchor of its row, empty where the matrix does not hold it."""


class PackageGroup(msgspec.Struct, frozen=True):
    """The findings of one package, the worst first."""

    anchor: str
    package: PackageRef
    direct: bool
    known: bool
    findings: tuple[FindingView, ...]


class RuleGroup(msgspec.Struct, frozen=True):
    rule: str
    title: str
    severity: str
    findings: tuple[FindingView, ...]


def finding_views(
    report: Report, context: RenderContext, prefix: str, control_anchors: Mapping[str, str]
) -> tuple[list[FindingView], list[FindingView]]:
    """The open findings and the waived ones, most serious first. Anchors are unique on the page."""
    direct = {(one.name, one.version) for one in report.packages if one.direct}
    known = {(one.name, one.version) for one in report.packages}
    rules = {one.id: one for one in report.rules}
    new = frozenset(report.baseline.new) if report.baseline else frozenset()
    waivers = {id(one.finding): one for one in report.waived}
    taken: set[str] = set()

    def view(finding: Finding, order: int, waiver: WaivedFinding | None) -> FindingView:
        anchor = unique(prefix + slug(finding.id), taken)
        key = (finding.package.name, finding.package.version)
        return FindingView(
            anchor=anchor,
            finding=finding,
            order=order,
            direct=key in direct or key not in known,
            new=finding.id in new,
            open=order < 2 and waiver is None and finding.severity in ("critical", "high"),
            waiver=waiver,
            rule=rules.get(finding.rule),
            evidence=tuple(evidence_view(one, context) for one in finding.evidence[:MAX_EVIDENCE]),
            more_evidence=max(0, len(finding.evidence) - MAX_EVIDENCE),
            controls=tuple((one, control_anchors.get(one, "")) for one in finding.controls),
        )

    opened = [view(finding, order, None) for order, finding in enumerate(ordered(report.findings))]
    accepted = ordered(one.finding for one in report.waived)
    return opened, [view(finding, len(opened) + n, waivers[id(finding)]) for n, finding in enumerate(accepted)]


def unique(wanted: str, taken: set[str]) -> str:
    """The anchor, with a number where a report holds the same id twice; two reports of the same content agree."""
    anchor, number = wanted, 2
    while anchor in taken:
        anchor, number = f"{wanted}-{number}", number + 1
    taken.add(anchor)
    return anchor


def by_package(views: Sequence[FindingView], report: Report, prefix: str) -> list[PackageGroup]:
    """Groups in the order of their worst finding."""
    known = {(one.name, one.version) for one in report.packages}
    grouped: dict[PackageRef, list[FindingView]] = {}
    for view in views:
        grouped.setdefault(view.finding.package, []).append(view)
    return [
        PackageGroup(
            anchor=package_anchor(prefix, package.name, package.version),
            package=package,
            direct=found[0].direct,
            known=(package.name, package.version) in known,
            findings=tuple(found),
        )
        for package, found in grouped.items()
    ]


def by_rule(views: Sequence[FindingView]) -> list[RuleGroup]:
    """Groups in the order of their worst finding; the table that leads to findings by rule."""
    grouped: dict[str, list[FindingView]] = {}
    for view in views:
        grouped.setdefault(view.finding.rule, []).append(view)
    return [
        RuleGroup(
            rule=rule,
            title=found[0].rule.title if found[0].rule else found[0].finding.title,
            severity=found[0].finding.severity,
            findings=tuple(found),
        )
        for rule, found in grouped.items()
    ]


def package_anchor(prefix: str, name: str, version: str) -> str:
    return prefix + "p-" + slug(f"{name}_{version}" if version else name)


def evidence_view(evidence: Evidence, context: RenderContext) -> EvidenceView:
    shown = evidence.excerpt[: context.excerpt_lines]
    texts = [cut(line.text, context.excerpt_columns) for line in shown]
    code = highlighted_lines(texts, language_of(evidence.location.path))
    return EvidenceView(
        place=str(evidence.location),
        note=evidence.note,
        sha256=evidence.sha256,
        lines=tuple(LineView(one.number, one.marked, text) for one, text in zip(shown, code, strict=True)),
        more_lines=len(evidence.excerpt) - len(shown),
        layers=tuple(layer_view(one, context) for one in evidence.layers[:MAX_LAYERS]),
    )


def layer_view(layer: DecodedLayer, context: RenderContext) -> LayerView:
    text = layer.text[: context.layer_characters]
    all_lines = text.splitlines() or [""]
    lines = [cut(line, context.excerpt_columns) for line in all_lines[: context.excerpt_lines]]
    code = highlighted_lines(lines, layer.language)
    return LayerView(
        how=layer.how,
        lines=tuple(LineView(number, False, one) for number, one in enumerate(code, 1)),
        truncated=layer.truncated or len(text) < len(layer.text) or len(lines) < len(all_lines),
    )


def cut(text: str, columns: int) -> str:
    """A line of at most that many characters; what is left out is counted."""
    return text if len(text) <= columns else f"{text[:columns]} … {len(text) - columns:,} more characters"


def matrix(views: Sequence[FindingView]) -> list[tuple[str, list[int], int]]:
    """Counts by severity (rows) and confidence (columns), with each row's sum."""
    rows = []
    for severity in SEVERITIES:
        counts = [
            sum(one.finding.severity == severity and one.finding.confidence == confidence for one in views)
            for confidence in CONFIDENCES
        ]
        rows.append((str(severity), counts, sum(counts)))
    return rows
