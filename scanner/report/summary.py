"""The figures and sentences that every format shares: counts, gaps by check, and the verdict in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from scanner.model.coverage import Coverage
from scanner.model.finding import CONFIDENCES, SEVERITIES, Finding
from scanner.model.report import Report
from scanner.model.verdict import Decision

VERDICT_TITLES: dict[Decision, str] = {
    "approve": "Approve",
    "approve-with-conditions": "Approve with conditions",
    "reject": "Reject",
    "inconclusive": "Inconclusive",
}
VERDICT_MEANINGS: dict[Decision, str] = {
    "approve": "Nothing that was checked speaks against using this project under the policy named here.",
    "approve-with-conditions": "Usable once the conditions below are met or accepted by a named owner.",
    "reject": "At least one finding makes this project unfit for use under the policy named here.",
    "inconclusive": "A check that the policy requires could not run. This is not an approval.",
}


class GapGroup(msgspec.Struct, frozen=True):
    """Subjects that one check could not look at, for one and the same reason."""

    check: str
    title: str
    reason: str
    remedy: str
    required: bool
    subjects: tuple[str, ...]


class CheckCount(msgspec.Struct, frozen=True):
    """How many subjects of a check have which status."""

    check: str
    title: str
    required: bool
    checked: int
    not_applicable: int
    not_checked: int

    @property
    def total(self) -> int:
        return self.checked + self.not_applicable + self.not_checked


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Most serious first: what rejects, then severity, confidence, package and id."""
    return sorted(
        findings,
        key=lambda one: (
            not one.rejects,
            SEVERITIES.index(one.severity),
            CONFIDENCES.index(one.confidence),
            one.package,
            one.rule,
            one.id,
        ),
    )


def severity_counts(findings: Iterable[Finding]) -> dict[str, int]:
    """Every severity with its count, zero included, most serious first."""
    counted = Counter(one.severity for one in findings)
    return {severity: counted[severity] for severity in SEVERITIES}


def check_titles(report: Report) -> dict[str, str]:
    """Check id → title; the id itself where the report does not describe the check."""
    titles = {one.check: one.check for one in report.coverage}
    titles.update({one.check: one.check for one in report.findings})
    titles.update({one.id: one.title for one in report.checks})
    return titles


def gap_groups(report: Report) -> list[GapGroup]:
    """What was not checked, required checks first, then by how many subjects each reason costs."""
    titles = check_titles(report)
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for one in report.coverage:
        if one.status == "not-checked":
            grouped.setdefault((one.check, one.reason, one.remedy), []).append(one.subject)
    groups = [
        GapGroup(
            check=check,
            title=titles[check],
            reason=reason,
            remedy=remedy,
            required=check in report.policy.required_checks,
            subjects=tuple(sorted(set(subjects))),
        )
        for (check, reason, remedy), subjects in grouped.items()
    ]
    return sorted(groups, key=lambda one: (not one.required, one.check, -len(one.subjects), one.reason, one.remedy))


def check_counts(report: Report) -> list[CheckCount]:
    """One row for each check that left coverage, and for each required check that left none."""
    titles = check_titles(report)
    counted: dict[str, Counter[str]] = {one.id: Counter() for one in report.checks}
    for one in report.coverage:
        counted.setdefault(one.check, Counter())[one.status] += 1
    for check in report.policy.required_checks:
        counted.setdefault(check, Counter())
    rows = [
        CheckCount(
            check=check,
            title=titles.get(check, check),
            required=check in report.policy.required_checks,
            checked=counts["checked"],
            not_applicable=counts["not-applicable"],
            not_checked=counts["not-checked"],
        )
        for check, counts in counted.items()
    ]
    return sorted(rows, key=lambda one: (not one.required, one.check))


def gap_subjects(report: Report) -> dict[str, list[Coverage]]:
    """Subject → its coverage entries, sorted by check."""
    found: dict[str, list[Coverage]] = {}
    for one in sorted(report.coverage):
        found.setdefault(one.subject, []).append(one)
    return found


def direct_and_transitive(report: Report) -> tuple[int, int]:
    direct = sum(one.direct for one in report.packages)
    return direct, len(report.packages) - direct


def sentence(text: str) -> str:
    """The text with a full stop where it has no end."""
    stripped = text.strip()
    return stripped if not stripped or stripped[-1] in ".!?:" else f"{stripped}."


def many(number: int, singular: str, plural: str = "") -> str:
    """``1 package``, ``2,000 packages``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
