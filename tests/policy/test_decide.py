"""The verdict: evidence of harm outranks a gap, a gap outranks everything milder, and waivers end."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from scanner.model.coverage import Coverage
from scanner.model.finding import Finding, PackageRef
from scanner.policy.decide import decide
from scanner.policy.policy import Policy, PolicyFile, Waiver
from scanner.policy.waive import Waived, apply_waivers

REQUIRED = ("advisories",)
POLICY = Policy(PolicyFile(required_checks=REQUIRED))
TODAY = date(2026, 11, 24)
CHECKED = Coverage("advisories", "a==1", "checked")
GAP = Coverage("advisories", "b==1", "not-checked", "the index did not answer")
FINDING = Finding(
    id="assay-1",
    rule="advisories/vulnerable",
    check="advisories",
    title="Known vulnerability",
    severity="high",
    confidence="certain",
    category="vulnerability",
    package=PackageRef("a", "1"),
    summary="",
    remediation="",
)


def verdict_of(*findings: Finding, coverage: tuple[Coverage, ...] = (CHECKED,), policy: Policy | None = None) -> str:
    chosen = policy or POLICY
    outcome = apply_waivers(findings, chosen.rules.waivers, TODAY)
    return decide(chosen, outcome, coverage).decision


def variant(**changes: object) -> Finding:
    return msgspec.structs.replace(FINDING, **changes)


@pytest.mark.parametrize(
    ("finding", "decision"),
    [
        (FINDING, "reject"),
        (variant(severity="medium"), "approve-with-conditions"),
        (variant(severity="low"), "approve"),
        (variant(severity="critical", confidence="low"), "approve-with-conditions"),
        (variant(severity="low", rejects=True), "reject"),
    ],
)
def test_thresholds(finding: Finding, decision: str) -> None:
    assert verdict_of(finding) == decision


def test_nothing_is_green_for_a_check_that_did_not_run() -> None:
    assert verdict_of(coverage=(CHECKED, GAP)) == "inconclusive"
    assert verdict_of(variant(severity="low"), coverage=(GAP,)) == "inconclusive"


def test_harm_that_was_found_outranks_a_gap() -> None:
    assert verdict_of(FINDING, coverage=(GAP,)) == "reject"


def test_a_gap_of_a_check_that_the_policy_does_not_require_is_no_obstacle() -> None:
    gap = msgspec.structs.replace(GAP, check="attestations")
    assert verdict_of(coverage=(CHECKED, gap)) == "approve"


def with_waiver(**fields: object) -> Policy:
    base: dict[str, object] = {"owner": "risk@customer.example", "expires": TODAY, "reason": "behind a proxy"}
    return Policy(PolicyFile(required_checks=REQUIRED, waivers=(Waiver(**{**base, **fields}),)))  # type: ignore[arg-type]


def test_a_waiver_holds_until_its_last_day() -> None:
    assert verdict_of(FINDING, policy=with_waiver(rule=FINDING.rule)) == "approve-with-conditions"
    assert verdict_of(FINDING, policy=with_waiver(rule=FINDING.rule, expires=date(2026, 11, 23))) == "reject"


def test_a_broad_waiver_never_covers_a_malicious_release() -> None:
    malicious = variant(rejects=True)
    assert verdict_of(malicious, policy=with_waiver(package="a")) == "reject"
    assert verdict_of(malicious, policy=with_waiver(finding="assay-1")) == "approve-with-conditions"


def test_an_expired_waiver_is_named_in_the_reasons() -> None:
    policy = with_waiver(package="a", expires=date(2020, 1, 1))
    outcome = apply_waivers([FINDING], policy.rules.waivers, TODAY)
    assert any("expired" in reason for reason in decide(policy, outcome, (CHECKED,)).reasons)


def test_reasons_name_each_rule_before_repeating_one() -> None:
    many = [variant(id=f"assay-{number}", severity="critical") for number in range(9)]
    stolen = variant(id="assay-s", rule="code/env-exfiltration", title="Sends the environment away", severity="high")
    reasons = decide(POLICY, Waived((*many, stolen), (), ()), (CHECKED,)).reasons
    assert any("Sends the environment away" in reason for reason in reasons)
    assert any("10 findings in all" in reason for reason in reasons)
    assert len(reasons) <= 5


def test_a_required_check_that_says_nothing_at_all_is_a_gap() -> None:
    policy = Policy(PolicyFile(required_checks=("advisories", "advisorees")))
    assert verdict_of(policy=policy) == "inconclusive"


def test_nothing_is_approved_where_nothing_was_checked_whatever_the_policy_requires() -> None:
    aside = Coverage("advisories", "a==1", "not-applicable", "it is aside")
    assert verdict_of(coverage=(aside,)) == "inconclusive"
    assert verdict_of(coverage=(aside,), policy=Policy(PolicyFile(required_checks=()))) == "inconclusive"
