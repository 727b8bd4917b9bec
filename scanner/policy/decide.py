"""The verdict: one decision from findings and coverage, and the line of the policy that made it.

The order of the questions is the policy. Evidence of harm outranks a gap: a reject found by the checks that did run
stays a reject. A gap outranks everything milder: nothing is green for a check that did not run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from scanner.model.coverage import DECLARED, NATIVE, OTHER_TARGETS, Coverage
from scanner.model.finding import CONFIDENCES, SEVERITIES, Finding
from scanner.model.verdict import Decision, Verdict
from scanner.policy.policy import Policy
from scanner.policy.waive import Waived

MAX_REASONS = 5


def decide(policy: Policy, outcome: Waived, coverage: Sequence[Coverage]) -> Verdict:
    """The verdict under the policy. ``coverage`` is that of every check, required or not."""
    rules = policy.rules
    fatal = [finding for finding in outcome.open if finding.rejects]
    violating = [finding for finding in outcome.open if not finding.rejects and violates(finding, policy)]
    # A required check that says nothing at all did not run; so a mistyped name in a policy cannot turn a check off.
    silent = sorted(set(rules.required_checks) - {one.check for one in coverage})
    if not silent and not any(one.status == "checked" for one in coverage):
        silent = ["any check"]
    gaps = [one for one in coverage if one.status == "not-checked"]
    gaps += [Coverage(check, "project", "not-checked", "the check gave no result") for check in silent]
    required = [one for one in gaps if one.check in rules.required_checks or one.check in silent]
    # What is declared beside a plain installation and pip would refuse is named: a plain green would be silent on it.
    refused = [one for one in gaps if one.check == DECLARED and one not in required]
    conditions = [one for one in outcome.open if one.severity in ("critical", "high", "medium")]
    threshold = f'fail-on = "{rules.fail_on}" (confidence {rules.min_confidence} or better)'

    decision: Decision
    if fatal:
        decision, decided_by = "reject", "a finding that no threshold softens: " + rule_list(fatal)
    elif violating:
        decision, decided_by = "reject", threshold
    elif required:
        decision = "inconclusive"
        decided_by = "required-checks: " + ", ".join(sorted({one.check for one in required})) + " left gaps"
    elif conditions or outcome.waived or refused:
        asks = "some ask for action" if conditions or outcome.waived else "some of what is declared was not audited"
        decision, decided_by = "approve-with-conditions", f"no finding violates {threshold}; {asks}"
    else:
        decision, decided_by = "approve", f"no finding violates {threshold}; every required check ran"
    reasons = [*finding_reasons([*fatal, *violating]), *gap_reasons(required)]
    if not fatal and not violating:
        reasons += finding_reasons(conditions)
    if refused:
        named = ", ".join(sorted({one.subject for one in refused})[:MAX_REASONS])
        reasons.append(f"Declared and not audited, because pip would refuse it on the target: {named}.")
    if outcome.expired:
        reasons.append(f"{count(len(outcome.expired), 'waiver')} expired and no longer cover open findings.")
    if outcome.waived:
        reasons.append(f"{count(len(outcome.waived), 'finding')} accepted by waivers of the policy.")
    if not reasons:
        checked = sum(one.status == "checked" for one in coverage)
        reasons.append(f"All required checks ran ({checked} results) and found nothing of severity medium or above.")
    if decision.startswith("approve"):
        beside = [one for one in (other_targets(coverage), native_code(coverage)) if one]
        reasons = [*reasons[: MAX_REASONS - len(beside)], *beside]
    return Verdict(decision, decided_by, tuple(reasons[:MAX_REASONS]))


def other_targets(coverage: Sequence[Coverage]) -> str:
    """A sentence about the packages that the project installs on other targets alone; empty where there is none."""
    named = sorted({one.subject for one in coverage if one.remedy == OTHER_TARGETS})
    if not named:
        return ""
    shown = ", ".join(named[:MAX_REASONS])
    more = f" and {len(named) - MAX_REASONS} more" if len(named) > MAX_REASONS else ""
    return f"It holds for one target; on others the project also installs what was not looked at: {shown}{more}."


def native_code(coverage: Sequence[Coverage]) -> str:
    """A sentence about the native code that the project and its packages hold; empty where no row tells of any."""
    named = sorted({one.subject for one in coverage if one.check == NATIVE and one.status == "not-checked"})
    if not named:
        return ""
    shown = ", ".join(named[:MAX_REASONS])
    more = f" and {len(named) - MAX_REASONS} more" if len(named) > MAX_REASONS else ""
    return f"Native code was not read, for nothing here can: {shown}{more}."


def violates(finding: Finding, policy: Policy) -> bool:
    """True where the finding alone violates the policy's thresholds."""
    severe = SEVERITIES.index(finding.severity) <= SEVERITIES.index(policy.rules.fail_on)
    return severe and CONFIDENCES.index(finding.confidence) <= CONFIDENCES.index(policy.rules.min_confidence)


def rule_list(findings: Sequence[Finding]) -> str:
    return ", ".join(sorted({finding.rule for finding in findings}))


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def finding_reasons(findings: Sequence[Finding]) -> list[str]:
    """The worst findings in plain words: at most three titles, then how many more."""

    def order(one: Finding) -> tuple[object, ...]:
        return not one.rejects, SEVERITIES.index(one.severity), CONFIDENCES.index(one.confidence), one.package, one.id

    ordered = sorted(findings, key=order)
    shown: list[Finding] = []
    for finding in ordered:
        # One sentence a rule first: five advisories of one package must not hide a stolen key.
        if finding.rule not in {one.rule for one in shown} and len(shown) < 3:
            shown.append(finding)
    reasons = [f"{finding.title} ({finding.package})." for finding in shown]
    if len(ordered) > len(shown):
        by_severity = Counter(finding.severity for finding in ordered)
        parts = [f"{by_severity[one]} {one}" for one in SEVERITIES if by_severity[one]]
        reasons.append(f"{count(len(ordered), 'finding')} in all stand in the way: {', '.join(parts)}.")
    return reasons


def gap_reasons(gaps: Sequence[Coverage]) -> list[str]:
    """One sentence for all required gaps, led by the most frequent reason."""
    if not gaps:
        return []
    by_check = Counter(gap.check for gap in gaps)
    reason = Counter(gap.reason for gap in gaps).most_common(1)[0][0]
    checks = ", ".join(f"{check} ({number})" for check, number in sorted(by_check.items()))
    return [f"Required checks could not run everywhere: {checks}; mostly because {reason}."]
