"""The pipeline, top to bottom: discover → graph → artifacts → checks → verdict → report. Nothing audited is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec
from packaging.utils import NormalizedName

from scanner.advisories.fresh import Freshness, ensure_fresh
from scanner.advisories.select import select_database
from scanner.assemble import assemble
from scanner.baseline import Earlier, against
from scanner.checks import CHECKS
from scanner.checks.code import analyse_subject
from scanner.checks.run import run_checks
from scanner.checks.second_opinion import META as SECOND_OPINION
from scanner.checks.second_opinion import second_opinion
from scanner.checks.subject import Check, Outcome, Subject
from scanner.gathering import Known, gather_subject
from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import from_environment
from scanner.inputs.discover import discover_all
from scanner.integrity.gather import publishers_of
from scanner.model.faults import Staged
from scanner.model.progress import Progress
from scanner.model.report import Report
from scanner.policy.decide import decide
from scanner.policy.policy import Policy
from scanner.policy.waive import apply_waivers
from scanner.resolver.asked import require_known
from scanner.resolver.build import ResolveOptions, build_graph
from scanner.resolver.target import target_environment


class AuditRequest(msgspec.Struct, frozen=True):
    """What the user asked for. ``command`` is printed in the report; ``now`` is the run's clock.

    Without ``path`` the working directory is audited, or where ``environment`` names one, what is installed there.
    """

    path: Path | None
    policy: Policy
    now: datetime
    command: tuple[str, ...]
    environment: Path | None = None
    python_version: str | None = None
    platform: str | None = None
    options: ResolveOptions = ResolveOptions(declared=True)
    offline: bool = False
    update: bool = True
    second_opinion: bool = False
    baseline: Earlier | None = None
    source_trees: Mapping[NormalizedName, str] = {}


def audit(request: AuditRequest, progress: Progress) -> Report:
    """Audit one project. Raises :class:`AssayError` only where nothing can be audited at all."""
    target = target_environment(request.python_version, request.platform)
    settings = request.policy.settings
    progress = Staged(progress, str(request.path or request.environment or "."))
    with progress.stage("finding files"):
        found = discover_all(request.path, request.environment)
    require_known(found.files, request.options.extras, request.options.groups)
    fresh = refreshed(request, progress)
    with ExitStack() as stack:
        config = from_environment()
        client = None if request.offline else stack.enter_context(IndexClient(config, Cache.default()))
        with progress.stage("building the graph") as advance:
            resolution = build_graph(found.files, client, target, request.options, advance, gaps=found.gaps)
        publishers = publishers_of(request.baseline.report) if request.baseline else {}
        known = Known(target, settings, request.now, fresh.note, publishers, request.source_trees)
        subject = gather_subject(found, resolution, known, client, progress)
    with progress.stage("reading code") as advance:
        analyses = analyse_subject(subject, advance)
    with progress.stage("checking"):
        second = Check(SECOND_OPINION, second_opinions)
        checks = (*CHECKS, second) if request.second_opinion else CHECKS
        findings, coverage = run_checks(subject, checks, resolution.coverage)
    with progress.stage("deciding"):
        outcome = apply_waivers(findings, request.policy.rules.waivers, request.now.date())
        verdict = decide(request.policy, outcome, coverage)
        before = request.options.exclude_newer
        report = assemble(
            subject, request.policy, outcome, coverage, verdict, analyses, request.command, config, before
        )
        return against(request.baseline, report) if request.baseline else report


def refreshed(request: AuditRequest, progress: Progress) -> Freshness:
    """Bring the advisory database up to date, unless the user said not to, or names one of their own."""
    named = request.policy.settings.advisories
    if named.database or named.source != "local" or not request.update:
        return Freshness(updated=False)
    with progress.stage("updating advisories") as advance:
        return ensure_fresh(request.now, advance, offline=request.offline)


def second_opinions(subject: Subject) -> Iterator[Outcome]:
    """What pip-audit says of the same packages and the same advisories."""
    return second_opinion(subject.graph.packages, partial(select_database, subject.settings.advisories.database))
