"""Makes findings from a rule's page and what a check saw, so that every check says the same things the same way."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.checks.rulebook import RulePage, rule_page
from scanner.checks.subject import Subject
from scanner.model.finding import (
    CodeLine,
    Confidence,
    Evidence,
    Finding,
    PackageRef,
    Severity,
    Trigger,
    finding_id,
)
from scanner.model.location import Location
from scanner.model.package import Package

MAX_EVIDENCE = 40
MAX_LINE = 400


def page_of(rule: str) -> RulePage:
    """The page of a rule that one of our checks reports; a rule without a page is a mistake in the check."""
    page = rule_page(rule)
    if page is None:
        raise LookupError(f"the rule {rule} has no page")
    return page


def evidence(location: Location, note: str = "", *, text: str = "", sha256: str = "") -> Evidence:
    """Evidence at a place; ``text`` is the line as the reader sees it there, without credentials, shown marked."""
    lines = (CodeLine(location.line, text[:MAX_LINE], marked=True),) if text and location.line else ()
    return Evidence(location=location, note=note, sha256=sha256, excerpt=lines)


def make(
    rule: str,
    package: PackageRef,
    summary: str,
    found: Iterable[Evidence],
    *,
    key: Iterable[str] = (),
    subject: Subject | None = None,
    node: Package | None = None,
    severity: Severity | None = None,
    confidence: Confidence = "certain",
    rejects: bool = False,
    remedy: str = "",
    trigger: Trigger = "not-code",
    details: Iterable[tuple[str, str]] = (),
) -> Finding:
    """A finding of that rule. ``key`` is what makes it itself (a file and a hash; never a line number).

    With ``subject`` and ``node`` the paths of the graph that bring the package in are added.
    """
    page = page_of(rule)
    shown = tuple(found)
    if len(shown) > MAX_EVIDENCE:
        rest = len(shown) - MAX_EVIDENCE
        shown = (*shown[:MAX_EVIDENCE], Evidence(Location(shown[-1].location.path), note=f"and {rest} more like these"))
    paths = subject.graph.paths_to(node) if subject is not None and node is not None else ()
    return Finding(
        id=finding_id(rule, package, *key),
        rule=rule,
        check=rule.partition("/")[0],
        title=page.title,
        severity=severity or page.severity,
        confidence=confidence,
        category=page.category,
        package=package,
        summary=summary,
        remediation=remedy or page.remedy,
        trigger=trigger,
        rejects=rejects,
        evidence=shown,
        paths=paths,
        references=page.references,
        controls=page.controls,
        details=tuple(details),
    )
