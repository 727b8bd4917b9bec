"""The pipeline, top to bottom: discover → graph → artifacts → checks → verdict → report. Nothing audited is run."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import msgspec

from scanner.advisories.select import select_database
from scanner.assemble import assemble
from scanner.checks import CHECKS
from scanner.checks.code import analyse_subject
from scanner.checks.settings import CheckSettings
from scanner.checks.subject import Subject
from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import from_environment
from scanner.index.fetching import OFFLINE, fetch_all
from scanner.inputs.discover import Discovery, discover
from scanner.integrity.gather import gather_companions, gather_provenance, gather_public_names
from scanner.model.coverage import Coverage
from scanner.model.environment import TargetEnvironment
from scanner.model.finding import Finding
from scanner.model.progress import Progress
from scanner.model.report import Report
from scanner.policy.decide import decide
from scanner.policy.policy import Policy
from scanner.policy.waive import apply_waivers
from scanner.resolver.build import Resolution, ResolveOptions, build_graph
from scanner.resolver.releases import read_metadata
from scanner.resolver.target import target_environment


class AuditRequest(msgspec.Struct, frozen=True):
    """What the user asked for. ``command`` is printed in the report; ``now`` is the run's clock."""

    path: Path
    policy: Policy
    now: datetime
    command: tuple[str, ...]
    python_version: str | None = None
    platform: str | None = None
    offline: bool = False
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    exclude_newer: str = ""


def audit(request: AuditRequest, progress: Progress) -> Report:
    """Audit one project. Raises :class:`AssayError` only where nothing can be audited at all."""
    target = target_environment(request.python_version, request.platform)
    settings = request.policy.settings
    with progress.stage("finding files"):
        found = discover(request.path)
        with select_database(settings.advisories.database) as database:
            advisories = database.info
    with ExitStack() as stack:
        config = from_environment()
        client = None
        if not request.offline:
            client = stack.enter_context(IndexClient(config, Cache.default()))
        with progress.stage("building the graph") as advance:
            options = ResolveOptions(request.extras, request.groups, request.exclude_newer)
            resolution = build_graph(found.files, client, target, options, advance)
        subject = gather_subject(request, found, resolution, target, settings, client, progress)
    with progress.stage("reading code") as advance:
        analyses = analyse_subject(subject, advance)
    with progress.stage("checking"):
        findings, coverage = run_checks(subject, resolution.coverage)
    outcome = apply_waivers(findings, request.policy.rules.waivers, request.now.date())
    verdict = decide(request.policy, outcome, coverage)
    return assemble(subject, request.policy, outcome, coverage, verdict, analyses, advisories, request.command, config)


def gather_subject(
    request: AuditRequest,
    found: Discovery,
    resolution: Resolution,
    target: TargetEnvironment,
    settings: CheckSettings,
    client: IndexClient | None,
    progress: Progress,
) -> Subject:
    """Everything that the checks look at: artifacts, metadata, provenance and sdists, as far as they can be had."""
    root = Path(found.root)
    subject = Subject(
        root=str(root),
        project=project_name(found, root),
        files=found.files,
        seen=found.seen,
        graph=resolution.graph,
        releases=resolution.releases,
        fetched=dict.fromkeys(resolution.graph.packages, OFFLINE),
        target=target,
        settings=settings,
        now=request.now,
        offline=client is None,
    )
    if client is None:
        return subject
    with progress.stage("fetching artifacts") as advance:
        chosen = {package: release.chosen for package, release in resolution.releases.items()}
        fetched = fetch_all(client, chosen, advance)
    with progress.stage("reading metadata") as advance:
        releases = read_metadata(resolution.releases, client, advance)
    with progress.stage("fetching provenance") as advance:
        provenances = gather_provenance(client, releases, advance)
    with progress.stage("fetching sdists") as advance:
        companions = gather_companions(client, releases, advance)
    with progress.stage("asking for names") as advance:
        public = gather_public_names(client, found.files, advance)
    return msgspec.structs.replace(
        subject,
        releases=releases,
        fetched=fetched,
        provenance=provenances.current,
        history=provenances.history,
        companions=companions,
        public_names=public,
    )


def project_name(found: Discovery, root: Path) -> str:
    """The project's name: from a manifest or lock at its top, else the folder's name."""
    named = sorted((file.path.count("/"), file.path, file.project) for file in found.files if file.project)
    return named[0][2] if named and named[0][0] == 0 else root.name


def run_checks(subject: Subject, resolution: Sequence[Coverage]) -> tuple[tuple[Finding, ...], tuple[Coverage, ...]]:
    """Every check of the list, in order; findings and coverage sorted, each once."""
    findings: dict[str, Finding] = {}
    coverage: set[Coverage] = {*resolution, *(Coverage("inputs", file.path, "checked") for file in subject.files)}
    for check in CHECKS:
        for outcome in check.run(subject):
            if isinstance(outcome, Finding):
                findings.setdefault(outcome.id, outcome)
            else:
                coverage.add(outcome)
    ordered = sorted(findings.values(), key=lambda one: (one.package, one.rule, one.id))
    return tuple(ordered), tuple(sorted(coverage))
