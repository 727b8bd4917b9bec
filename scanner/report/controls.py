"""The controls matrix: what this audit's findings and coverage say of each control of ``rules/controls.toml``.

Four outcomes and no fifth: *supports, contradicts, partial, not assessed*. None of them says that anybody complies.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import msgspec
import tomli

from scanner.model.coverage import Coverage
from scanner.model.finding import Category, Finding
from scanner.model.known import NotKnown
from scanner.model.report import Report
from scanner.report.resources import rule_folder
from scanner.report.summary import many

Outcome = Literal["supports", "contradicts", "partial", "not-assessed"]
OUTCOME_WORDS: dict[Outcome, str] = {
    "supports": "supports",
    "contradicts": "contradicts",
    "partial": "partial",
    "not-assessed": "not assessed",
}
INVENTORY = "inventory"
CATEGORIES = frozenset(get_args(Category))
_SERIOUS = frozenset({"critical", "high", "medium"})


class Control(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    ref: str
    title: str
    checks: tuple[str, ...] = ()
    contradicted_by: tuple[str, ...] = ()
    at_best: Literal["supports", "partial"] = "partial"
    why: str = ""


class Framework(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    title: str
    edition: str
    date: str
    source: str
    control: tuple[Control, ...]


class ControlMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    framework: tuple[Framework, ...]


class ControlRow(msgspec.Struct, frozen=True):
    """One control with its outcome. ``basis`` says why in words; ``findings`` are those that speak against it."""

    id: str
    anchor: str
    ref: str
    title: str
    outcome: Outcome
    basis: str
    findings: tuple[Finding, ...]


class FrameworkRows(msgspec.Struct, frozen=True):
    framework: Framework
    rows: tuple[ControlRow, ...]


@functools.cache
def read_mapping() -> ControlMapping:
    """``rules/controls.toml``. A mistake in it is a mistake of ours and is held by a test."""
    return msgspec.convert(tomli.loads((rule_folder() / "controls.toml").read_text(encoding="utf-8")), ControlMapping)


def control_id(framework: Framework, control: Control) -> str:
    """``ssdf-pw.4.1``: what findings and rule pages name."""
    return f"{framework.id}-{control.ref}".lower()


def control_anchor(prefix: str, identifier: str) -> str:
    return prefix + "c-" + re.sub(r"[^a-z0-9.-]", "-", identifier)


def control_rows(report: Report, prefix: str = "") -> list[FrameworkRows]:
    """Every framework and every control of the mapping, in its order."""
    categories = {one.check: one.category for one in report.findings} | {one.id: one.category for one in report.checks}
    return [
        FrameworkRows(
            framework,
            tuple(_row(report, framework, control, categories, prefix) for control in framework.control),
        )
        for framework in read_mapping().framework
    ]


def _row(
    report: Report, framework: Framework, control: Control, categories: Mapping[str, str], prefix: str
) -> ControlRow:
    identifier = control_id(framework, control)
    against = [one for one in report.findings if _speaks_against(one, control, identifier)]
    outcome, basis = _assess(report, control, against, categories) if control.checks else _unassessed(control)
    return ControlRow(
        id=identifier,
        anchor=control_anchor(prefix, identifier),
        ref=control.ref,
        title=control.title,
        outcome=outcome,
        basis=basis,
        findings=tuple(against) if control.checks else (),
    )


def _unassessed(control: Control) -> tuple[Outcome, str]:
    return "not-assessed", f"A scan cannot show it. See instead: {control.why[:1].lower()}{control.why[1:]}."


def _speaks_against(finding: Finding, control: Control, identifier: str) -> bool:
    if identifier in finding.controls:
        return True
    return any(
        finding.category == one if one in CATEGORIES else finding.rule.startswith(one)
        for one in control.contradicted_by
    )


def _assess(
    report: Report, control: Control, against: Sequence[Finding], categories: Mapping[str, str]
) -> tuple[Outcome, str]:
    serious = [one for one in against if one.severity in _SERIOUS]
    looked = _coverage(report, control, categories)
    checked = sum(one.status == "checked" for one in looked)
    gaps = sum(one.status == "not-checked" for one in looked)
    share = f"{many(checked, 'result')} of {', '.join(sorted({one.check for one in looked}))}" if looked else ""
    if serious:
        return "contradicts", f"{many(len(serious), 'finding')} of severity medium or above"
    if not checked:
        return "not-assessed", "No check that speaks to it ran in this audit."
    if gaps:
        return "partial", f"{share}, nothing serious; {many(gaps, 'result')} missing"
    if against:
        return "partial", f"{share}; {many(len(against), 'minor finding')}"
    if control.at_best == "partial":
        return "partial", f"{share}, nothing against it; one audit shows a part"
    return "supports", f"{share}, nothing against it"


def _coverage(report: Report, control: Control, categories: Mapping[str, str]) -> list[Coverage]:
    found = [
        one for one in report.coverage if one.check in control.checks or categories.get(one.check) in control.checks
    ]
    if INVENTORY in control.checks:
        found += [
            Coverage(INVENTORY, package.name, "not-checked" if isinstance(package.artifact, NotKnown) else "checked")
            for package in report.packages
        ]
        found += [Coverage(INVENTORY, one.path, "not-checked") for one in report.seen]
    return found
