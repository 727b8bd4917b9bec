"""Workflow commands that GitHub shows on the lines of a pull request: one line a finding, the worst first.

GitHub keeps ten of each kind for a step, so errors (what violates or may violate a policy) come before warnings.
Escaping: ``%``, CR and LF in messages, and ``:`` and ``,`` as well in properties; nothing else ends a command.
"""

from __future__ import annotations

from scanner.model.finding import Finding
from scanner.model.location import Location
from scanner.model.report import Report
from scanner.report.context import DEFAULT_CONTEXT, RenderContext
from scanner.report.safe_text import capped, defang, log_line
from scanner.report.summary import VERDICT_TITLES, gap_groups, many, ordered

_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "notice", "info": "notice"}
MAX_MESSAGE = 1200


def render(report: Report, context: RenderContext = DEFAULT_CONTEXT) -> bytes:
    lines = [_command("notice", {"title": f"assay: {VERDICT_TITLES[report.verdict]}"}, _verdict(report))]
    lines += [_annotation(one) for one in ordered(report.findings)]
    gaps = gap_groups(report)
    if gaps:
        said = "; ".join(f"{one.check}: {many(len(one.subjects), 'subject')}, {one.reason}" for one in gaps)
        lines.append(_command("warning", {"title": "assay: not checked"}, said))
    return ("\n".join(lines) + "\n").encode("utf-8")


def manifest_place(finding: Finding) -> Location | None:
    """Where in the audited repository the finding shows: its file there, else the line that brings the package in."""
    for evidence in finding.evidence:
        if evidence.location.path and not evidence.location.artifact:
            return evidence.location
    for path in finding.paths:
        for step in path:
            if step.location.path and step.location.line and not step.location.artifact:
                return step.location
    return next((step.location for path in finding.paths for step in path if step.location.path), None)


def _verdict(report: Report) -> str:
    return f"Decided by {report.decided_by}. " + " ".join(report.reasons)


def _annotation(finding: Finding) -> str:
    properties: dict[str, str] = {}
    place = manifest_place(finding)
    if place:
        properties["file"] = place.path
        if place.line:
            properties["line"] = str(place.line)
            if place.end_line > place.line:
                properties["endLine"] = str(place.end_line)
    properties["title"] = f"{finding.severity}: {finding.title}"
    return _command(
        _LEVELS[finding.severity], properties, f"{finding.package}: {finding.summary} {finding.remediation}"
    )


def _command(level: str, properties: dict[str, str], message: str) -> str:
    shown = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
    return f"::{level} {shown}::{_message(message)}"


def _message(text: str) -> str:
    safe = capped(defang(log_line(text)), MAX_MESSAGE)
    return safe.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(capped(text, 300)).replace(":", "%3A").replace(",", "%2C")
