"""The controls matrix: its data, its four outcomes, and the word that it never says."""

from __future__ import annotations

import msgspec
import pytest

from scanner.model.coverage import Coverage
from scanner.model.report import Report
from scanner.report.controls import (
    CATEGORIES,
    INVENTORY,
    OUTCOME_WORDS,
    Control,
    ControlRow,
    control_id,
    control_rows,
    read_mapping,
)
from scanner.report.render import FORMATS, render
from tests.report.sample import build_report


def row(report: Report, identifier: str) -> ControlRow:
    return next(one for entry in control_rows(report) for one in entry.rows if one.id == identifier)


def clean(report: Report) -> Report:
    covered = tuple(
        msgspec.structs.replace(one, status="checked", reason="", remedy="")
        for one in report.coverage
        if one.check != "inputs"
    )
    return msgspec.structs.replace(report, findings=(), coverage=covered, seen=())


def test_every_control_is_either_assessable_or_says_what_to_look_at() -> None:
    for framework in read_mapping().framework:
        identifiers = [control_id(framework, one) for one in framework.control]
        assert len(set(identifiers)) == len(identifiers)
        assert framework.edition
        assert framework.date
        for control in framework.control:
            assert bool(control.checks) != bool(control.why), control.ref
            assert control.checks or not control.contradicted_by, control.ref


def test_the_five_frameworks_stand_in_their_order() -> None:
    assert [one.id for one in read_mapping().framework] == ["ssdf", "sp800-161", "scvs", "s2c2f", "cis-ssc"]


def test_a_serious_finding_contradicts_and_names_itself(report: Report) -> None:
    found = row(report, "sp800-161-si-3")
    assert found.outcome == "contradicts"
    assert {one.category for one in found.findings} == {"malicious"}


def test_full_coverage_without_findings_supports(report: Report) -> None:
    assert row(clean(report), "sp800-161-si-7").outcome == "supports"


def test_a_control_that_one_audit_shows_in_part_is_never_more_than_partial(report: Report) -> None:
    assert row(clean(report), "ssdf-rv.1.1").outcome == "partial"


def test_a_gap_makes_it_partial(report: Report) -> None:
    tidy = clean(report)
    gap = Coverage("pins", "late==1", "not-checked", "no answer")
    assert row(msgspec.structs.replace(tidy, coverage=(*tidy.coverage, gap)), "sp800-161-si-7").outcome == "partial"


def test_a_check_that_did_not_run_assesses_nothing(report: Report) -> None:
    assert row(msgspec.structs.replace(clean(report), coverage=()), "sp800-161-si-7").outcome == "not-assessed"


def test_what_a_scan_cannot_show_is_not_assessed_whatever_was_found(report: Report) -> None:
    control = row(report, "ssdf-po.1.3")
    assert control.outcome == "not-assessed"
    assert not control.findings


@pytest.mark.parametrize("kind", [one for one in FORMATS if one != "json"])
def test_no_format_says_compliant(kind: str) -> None:
    assert b"compliant" not in render(build_report(), kind).lower()
    assert not any("compliant" in word for word in OUTCOME_WORDS.values())


def test_controls_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Control("x", "y").ref = "z"  # type: ignore[misc]


def every_rule() -> dict[str, tuple[str, ...]]:
    """Rule id → the controls that it names, of the checks and of the code engine."""
    from scanner.checks.rulebook import all_pages
    from scanner.code.rules import load_rules

    return {one.id: one.controls for one in (*all_pages(), *load_rules())}


def test_rules_and_checks_name_controls_that_exist() -> None:
    from scanner.checks import CHECKS

    known = {control_id(framework, one) for framework in read_mapping().framework for one in framework.control}
    for rule, controls in every_rule().items():
        assert controls, f"{rule} names no control"
        assert set(controls) <= known, rule
    for check in CHECKS:
        assert set(check.meta.controls) <= known, check.meta.id


def test_what_contradicts_a_control_is_a_category_or_begins_a_rule() -> None:
    from scanner.assemble import STAGES
    from scanner.checks import CHECKS

    rules = every_rule()
    checks = {one.meta.id for one in CHECKS} | {one.id for one in STAGES} | {INVENTORY} | CATEGORIES
    for framework in read_mapping().framework:
        for control in framework.control:
            assert set(control.checks) <= checks, (control.ref, control.checks)
            for one in control.contradicted_by:
                assert one in CATEGORIES or any(rule.startswith(one) for rule in rules), (control.ref, one)
