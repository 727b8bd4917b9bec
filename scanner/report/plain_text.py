"""``report.txt``: everything that a reader needs in a mail or a ticket; no line longer than 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from scanner.model.finding import Finding
from scanner.model.known import NotKnown
from scanner.model.report import Report, WaivedFinding
from scanner.report.context import DEFAULT_CONTEXT, RenderContext
from scanner.report.safe_text import capped, defang, log_line
from scanner.report.summary import (
    VERDICT_MEANINGS,
    VERDICT_TITLES,
    direct_and_transitive,
    gap_groups,
    many,
    ordered,
    severity_counts,
)

WIDTH = 100
MAX_EXCERPT_LINES = 12
MAX_SUBJECTS = 12


def render(report: Report, context: RenderContext = DEFAULT_CONTEXT) -> bytes:
    return ("\n".join(_lines(report)) + "\n").encode("utf-8")


def _lines(report: Report) -> Iterator[str]:
    yield from _wrapped(f"Supply-chain audit of {report.run.project}")
    yield from _wrapped(f"{report.run.time}, {report.tool.name} {report.tool.version}")
    yield ""
    yield f"VERDICT: {VERDICT_TITLES[report.verdict].upper()}"
    yield from _wrapped(VERDICT_MEANINGS[report.verdict])
    yield from _wrapped(f"Decided by: {report.decided_by}")
    for reason in report.reasons:
        yield from _wrapped(reason, "  - ")
    yield ""
    direct, transitive = direct_and_transitive(report)
    yield from _wrapped(f"Packages: {len(report.packages):,} ({direct:,} direct, {transitive:,} transitive)")
    counts = severity_counts(report.findings)
    yield from _wrapped("Findings: " + ", ".join(f"{number} {severity}" for severity, number in counts.items()))
    yield from _gaps(report)
    yield from _heading(f"FINDINGS ({len(report.findings):,})")
    for finding in ordered(report.findings):
        yield from _finding(finding)
    if not report.findings:
        yield "None in what was checked."
    if report.waived:
        yield from _heading(f"ACCEPTED BY WAIVERS ({len(report.waived):,})")
        for waived in sorted(report.waived, key=lambda one: one.finding.id):
            yield from _waived(waived)
    yield from _method(report)


def _gaps(report: Report) -> Iterator[str]:
    groups = gap_groups(report)
    yield from _heading(f"NOT CHECKED ({sum(len(one.subjects) for one in groups):,})")
    if not groups:
        yield "Every check ran on everything it applies to."
    for group in groups:
        required = " [required by the policy]" if group.required else ""
        yield from _wrapped(f"{group.title}{required}: {many(len(group.subjects), 'subject')}")
        yield from _wrapped(f"Why: {group.reason}", "    ")
        if group.remedy:
            yield from _wrapped(f"To check it: {group.remedy}", "    ")
        shown = ", ".join(group.subjects[:MAX_SUBJECTS])
        more = len(group.subjects) - MAX_SUBJECTS
        yield from _wrapped(shown + (f", and {more:,} more" if more > 0 else ""), "    ")


def _finding(finding: Finding) -> Iterator[str]:
    yield ""
    yield from _wrapped(f"[{finding.severity.upper()}] {finding.title}")
    yield from _wrapped(f"{finding.package} | {finding.rule} | confidence {finding.confidence} | {finding.id}", "    ")
    yield from _wrapped(finding.summary, "    ")
    for label, value in finding.details:
        yield from _wrapped(f"{label}: {value}", "    ")
    for path in finding.paths[:3]:
        yield from _wrapped("path: " + " > ".join(f"{step.name} {step.version}".strip() for step in path), "    ")
    for evidence in finding.evidence[:3]:
        yield from _wrapped(f"at {evidence.location}", "    ")
        for line in evidence.excerpt[:MAX_EXCERPT_LINES]:
            text = defang(log_line(line.text))
            mark = ">" if line.marked else " "
            yield f"    {mark} {line.number:>5} | {text}"[:WIDTH]
    yield from _wrapped(f"Do: {finding.remediation}", "    ")
    for reference in finding.references:
        yield from _wrapped(reference, "    ")


def _waived(waived: WaivedFinding) -> Iterator[str]:
    yield from _wrapped(f"{waived.finding.title} ({waived.finding.package}), {waived.finding.id}", "  - ")
    yield from _wrapped(f"accepted by {waived.owner} until {waived.expires}: {waived.reason}", "    ")


def _method(report: Report) -> Iterator[str]:
    yield from _heading("METHOD")
    yield from _wrapped(f"Command: {' '.join(report.tool.command)}")
    yield from _wrapped(f"Policy: {report.policy.source} (sha256 {report.policy.sha256})")
    if isinstance(report.database, NotKnown):
        yield from _wrapped(f"Advisories: not known, because {report.database.reason}")
    else:
        database = report.database
        yield from _wrapped(f"Advisories: {database.source}, as of {database.as_of} (sha256 {database.sha256})")
    target = f"Target: Python {report.run.python_version} on {report.run.platform}; network: {report.run.network}"
    yield from _wrapped(target)
    if report.run.uploaded_before:
        yield from _wrapped(f"Resolved as if no file had been uploaded at {report.run.uploaded_before} or later")
    yield from _wrapped(f"Rule pack: sha256 {report.tool.rule_pack}")
    for one in report.inputs:
        yield from _wrapped(f"{one.path} ({one.kind}): sha256 {one.sha256}", "  - ")
    for seen in report.seen:
        yield from _wrapped(f"seen, not read: {seen.path} ({seen.kind}): {seen.reason}", "  - ")


def _heading(text: str) -> Iterator[str]:
    yield ""
    yield text
    yield "=" * len(text)


def _wrapped(text: str, prefix: str = "") -> list[str]:
    """The text on lines of at most :data:`WIDTH`, the later ones indented as far as the first."""
    safe = capped(defang_links(log_line(text)), 4000)
    return textwrap.wrap(
        safe, WIDTH, initial_indent=prefix, subsequent_indent=" " * len(prefix), break_on_hyphens=False
    ) or [prefix.rstrip()]


def defang_links(text: str) -> str:
    """References stay as they are when they are plain https links; any other URL is defanged."""
    return text if text.startswith("https://") and " " not in text else defang(text)
