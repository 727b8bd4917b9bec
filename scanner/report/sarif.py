"""``report.sarif``: SARIF 2.1.0 (OASIS, with errata 01) as code hosts read it.

A result lies on the line of the manifest or lock that brings the package in, or in the project's own file; members of
artifacts are logical locations: the host has no such file. The finding's id is the fingerprint, waivers are accepted
external suppressions, and gaps of coverage are notifications of the invocation.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from scanner.model.finding import Evidence, Finding
from scanner.model.location import Location
from scanner.model.report import Report, RuleInfo, WaivedFinding
from scanner.report.annotations import manifest_place
from scanner.report.context import DEFAULT_CONTEXT, RenderContext
from scanner.report.json_format import ascii_json
from scanner.report.safe_text import capped, defang, https_link, one_line, plain
from scanner.report.summary import gap_groups, many, ordered
from scanner.report.words import TRIGGER_WORDS

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.0"}
_PRECISION = {"certain": "very-high", "high": "high", "medium": "medium", "low": "low"}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_NO_PLACE = "."


def render(report: Report, context: RenderContext = DEFAULT_CONTEXT) -> bytes:
    waived = {id(one.finding): one for one in report.waived}
    every = [*ordered(report.findings), *ordered(one.finding for one in report.waived)]
    pages = {one.id: one for one in report.rules}
    rules: dict[str, dict[str, Any]] = {}
    for finding in every:
        rules.setdefault(_rule_id(finding.rule), _rule(finding, pages.get(finding.rule)))
    index = {name: number for number, name in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": _line(report.tool.name) or "assay",
                "version": _line(report.tool.version),
                "rules": list(rules.values()),
            }
        },
        "automationDetails": {"id": f"assay/{_line(report.run.project)}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"PROJECTROOT": {"description": {"text": "The root of the audited project."}}},
        "invocations": [_invocation(report)],
        "results": [_result(one, index, waived.get(id(one)), report) for one in every],
        "properties": {
            "verdict": report.verdict,
            "decidedBy": _line(report.decided_by),
            "reasons": [_line(one) for one in report.reasons],
        },
    }
    return ascii_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _line(text: str, limit: int = 1000) -> str:
    return capped(defang(one_line(text)), limit)


def _text(text: str, limit: int = 4000) -> str:
    """Message text; SARIF reads ``[words](link)`` and ``{0}`` in messages, so brackets and braces are escaped."""
    return re.sub(r"([\[\]])", r"\\\1", capped(defang(plain(text)), limit)).replace("{", "{{").replace("}", "}}") or "-"


def _rule_id(rule: str) -> str:
    return _line(rule, 200) or "unnamed"


def _rule(finding: Finding, page: RuleInfo | None) -> dict[str, Any]:
    title = page.title if page else finding.title
    what = page.what if page else finding.summary
    remedy = page.remedy if page else finding.remediation
    why = page.why if page else ""
    said = "\n\n".join(capped(defang(plain(part)), 4000) for part in (what, why, remedy) if part) or "No further text."
    rule: dict[str, Any] = {
        "id": _rule_id(finding.rule),
        "shortDescription": {"text": _line(title, 300) or "-"},
        "fullDescription": {"text": _line(what) or "-"},
        "help": {"text": said},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {
            "tags": sorted({"security", "supply-chain", finding.category}),
            "precision": _PRECISION[finding.confidence],
            "security-severity": _SCORES[finding.severity],
        },
    }
    link = next((link for link in map(https_link, page.references if page else finding.references) if link), None)
    if link:
        rule["helpUri"] = link
    return rule


def _result(finding: Finding, index: dict[str, int], waiver: WaivedFinding | None, report: Report) -> dict[str, Any]:
    rule = _rule_id(finding.rule)
    result: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": index[rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [_location(finding)],
        "partialFingerprints": {"assayFindingId/v1": _line(finding.id, 200)},
        "properties": {
            "package": _line(str(finding.package)),
            "severity": finding.severity,
            "confidence": finding.confidence,
            "category": finding.category,
            "trigger": finding.trigger,
            "security-severity": _SCORES[finding.severity],
            "aliases": [_line(one) for one in finding.aliases],
            "controls": [_line(one) for one in finding.controls],
        },
    }
    if report.baseline:
        result["baselineState"] = "new" if finding.id in report.baseline.new else "unchanged"
    if waiver:
        said = f"{waiver.reason} (accepted by {waiver.owner} until {waiver.expires})"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": _line(said, 2000)}]
    return result


def _message(finding: Finding) -> str:
    parts = [f"{finding.package}: {finding.title}.", finding.summary]
    if finding.trigger != "not-code":
        parts.append(f"{TRIGGER_WORDS[finding.trigger]}.")
    inside = [str(one.location) for one in finding.evidence if one.location.artifact]
    if inside:
        parts.append(f"Evidence: {', '.join(inside[:5])}.")
    parts.append(f"What to do: {finding.remediation}")
    return _text("\n".join(part for part in parts if part))


def _location(finding: Finding) -> dict[str, Any]:
    place = manifest_place(finding)
    location: dict[str, Any] = {"physicalLocation": _physical(place)}
    logical = [_logical(one) for one in finding.evidence if one.location.artifact]
    if logical:
        location["logicalLocations"] = logical[:10]
    return location


def _physical(place: Location | None) -> dict[str, Any]:
    path = place.path if place else _NO_PLACE
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(path), "uriBaseId": "PROJECTROOT"}}
    line = max(place.line, 1) if place else 1
    region = {"startLine": line}
    if place and place.end_line > line:
        region["endLine"] = place.end_line
    physical["region"] = region
    return physical


def _logical(evidence: Evidence) -> dict[str, Any]:
    return {"fullyQualifiedName": _line(str(evidence.location), 500) or "-", "kind": "member"}


def _uri(path: str) -> str:
    """A relative URI reference: every character outside the path alphabet encoded, never a scheme, never absolute."""
    encoded = quote(path.lstrip("/"), safe="/-._~", errors="replace")[:1000]
    return encoded or _NO_PLACE


def _invocation(report: Report) -> dict[str, Any]:
    invocation: dict[str, Any] = {
        "executionSuccessful": True,
        "toolExecutionNotifications": [
            {
                "level": "warning" if one.required else "note",
                "message": {
                    "text": _text(f"Not checked by {one.title}: {many(len(one.subjects), 'subject')}. {one.reason}")
                },
                "properties": {"check": _line(one.check), "subjects": [_line(name, 200) for name in one.subjects]},
            }
            for one in gap_groups(report)
        ],
        "properties": {"network": _line(report.run.network), "command": [_line(one) for one in report.tool.command]},
    }
    if _TIME.fullmatch(report.run.time):
        invocation["endTimeUtc"] = report.run.time
    return invocation
