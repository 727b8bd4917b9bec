"""The report as one value, from everything that a run gathered and decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from scanner import __version__
from scanner.advisories.osv_api import LiveAdvisories
from scanner.advisories.select import select_database
from scanner.checks import CHECKS
from scanner.checks.attestations import summary
from scanner.checks.rulebook import rule_page
from scanner.checks.subject import Subject
from scanner.clock import rfc3339
from scanner.code.analysis import Analysis
from scanner.code.rulefiles import rule_pack_digest, rules_folder
from scanner.code.rules import load_rules
from scanner.exposure import find_assets, read_kinds
from scanner.files import read_bounded
from scanner.index.config import IndexConfig
from scanner.inputs.walk import walk
from scanner.inventory import input_files, package_entries, providers, report_graph
from scanner.model.advisory import DatabaseInfo
from scanner.model.coverage import Coverage
from scanner.model.faults import attempt
from scanner.model.finding import SEVERITIES, Finding
from scanner.model.known import NotKnown
from scanner.model.package import Package
from scanner.model.report import (
    SCHEMA_VERSION,
    Asset,
    CheckInfo,
    PolicyInfo,
    Report,
    RuleInfo,
    RunInfo,
    ToolInfo,
)
from scanner.model.urls import redact, redact_all
from scanner.model.verdict import Verdict
from scanner.policy.policy import Policy
from scanner.policy.waive import Waived

MAX_ASSET_BYTES = 1024 * 1024
STAGES = (
    CheckInfo("inputs", "Dependency files that were read", "input"),
    CheckInfo("resolution", "The graph of what is installed", "input"),
    CheckInfo("second-opinion", "pip-audit's opinion of the same packages", "vulnerability"),
)


def assemble(
    subject: Subject,
    policy: Policy,
    outcome: Waived,
    coverage: Sequence[Coverage],
    verdict: Verdict,
    analyses: Mapping[Package | None, Analysis],
    command: Sequence[str],
    config: IndexConfig,
    uploaded_before: str = "",
) -> Report:
    """Everything sorted, so that the same run gives the same bytes."""
    capabilities = {package: one.capabilities for package, one in analyses.items() if package is not None}
    findings = tuple(sorted(outcome.open, key=reading_order))
    report = Report(
        schema_version=SCHEMA_VERSION,
        tool=ToolInfo("assay", __version__, tuple(redact(one) for one in command), rule_pack_digest()),
        verdict=verdict.decision,
        decided_by=verdict.decided_by,
        reasons=verdict.reasons,
        run=RunInfo(
            project=subject.project,
            time=rfc3339(subject.now),
            python_version=subject.target.python_version,
            platform=subject.target.platform,
            network="offline" if subject.offline else "online",
            indexes=() if subject.offline else config.shown,
            uploaded_before=uploaded_before,
        ),
        policy=PolicyInfo(policy.source, policy.sha256, policy.rules.fail_on, policy.rules.required_checks),
        database=database_info(subject),
        inputs=input_files(subject),
        seen=subject.seen,
        packages=package_entries(subject, capabilities, lambda package: attested(subject, package)),
        graph=report_graph(subject.graph),
        findings=findings,
        waived=tuple(sorted(outcome.waived, key=lambda one: reading_order(one.finding))),
        coverage=tuple(sorted(set(coverage))),
        assets=assets(subject),
        checks=check_infos(coverage),
        rules=rule_infos([*findings, *(one.finding for one in outcome.waived)]),
    )
    # The last step before any format: excerpts, requirement texts and reasons hold what others wrote.
    return redact_all(report)


def attested(subject: Subject, package: Package) -> str | NotKnown:
    """The inventory's cell for the publisher; a fault at one provenance costs that cell."""
    return attempt(lambda: summary(subject, package))


def reading_order(finding: Finding) -> tuple[bool, int, str, str, str]:
    """What rejects first, then by severity, package and rule."""
    return (
        not finding.rejects,
        SEVERITIES.index(finding.severity),
        str(finding.package),
        finding.rule,
        finding.id,
    )


def database_info(subject: Subject) -> DatabaseInfo:
    """The advisories that were matched: those of the moment, or the local database."""
    if isinstance(subject.live_advisories, LiveAdvisories):
        return subject.live_advisories.info
    with select_database(subject.settings.advisories.database) as database:
        return database.info


def check_infos(coverage: Sequence[Coverage]) -> tuple[CheckInfo, ...]:
    """The checks of the list, and those stages of the run that give coverage of their own."""
    listed = [CheckInfo(one.meta.id, one.meta.title, one.meta.category, one.meta.controls) for one in CHECKS]
    ran = {one.check for one in coverage}
    return (*(one for one in STAGES if one.id in ran), *listed)


def rule_infos(findings: Sequence[Finding]) -> tuple[RuleInfo, ...]:
    """The page of each rule that has a finding."""
    found: dict[str, RuleInfo] = {}
    code_rules = {one.id: one for one in load_rules()}
    for rule in sorted({one.rule for one in findings}):
        page, code = rule_page(rule), code_rules.get(rule)
        if page is not None:
            found[rule] = RuleInfo(rule, page.title, page.what, page.why, page.remedy, page.references)
        elif code is not None:
            found[rule] = RuleInfo(rule, code.title, code.what, code.why, code.remediation, code.references)
    return tuple(found.values())


def assets(subject: Subject) -> tuple[Asset, ...]:
    """The vendor's own assets, from the files of its tree."""
    root = Path(subject.root)

    def files() -> Iterator[tuple[str, bytes]]:
        # One file at a time: a tree can be larger than the memory.
        for path in walk(root):
            try:
                body = read_bounded(root / path, MAX_ASSET_BYTES) if path.endswith(".py") else b""
            except OSError:
                continue
            yield path, body

    if not root.is_dir():
        return ()
    return find_assets(files(), read_kinds(rules_folder()), subject.graph, providers(subject))
