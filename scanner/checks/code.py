"""What the code of every package, and of the project itself, would do: the code engine over all fetched artifacts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from weakref import WeakKeyDictionary

import msgspec

from scanner.checks.run import each_package
from scanner.checks.subject import CheckMeta, Subject
from scanner.code.analysis import Analysis
from scanner.code.artifacts import Job
from scanner.code.limits import Limits
from scanner.code.pool import analyse_artifacts
from scanner.index.archive import open_archive
from scanner.index.build_needs import build_needs
from scanner.integrity.popular import popular
from scanner.model.coverage import Coverage
from scanner.model.errors import AssayError
from scanner.model.finding import TRIGGERS, Finding, PackageRef
from scanner.model.graph import DependencyGraph
from scanner.model.known import NotKnown
from scanner.model.package import Package
from scanner.model.release import FetchedArtifact

META = CheckMeta(
    id="code",
    title="What the code would do when it is installed, started, imported or called",
    needs_network=True,
    category="code",
    scope=("package", "project"),
    controls=("ssdf-pw.4.4", "s2c2f-sca-4"),
)

BUILD_REMEDY = "Install a wheel of it, or audit what its build needs: put it into a requirements file."
Progress = Callable[[int, int], None]
Analyses = Mapping[Package | None, Analysis]
# An audit asks twice for one subject: findings here, capabilities for the inventory. Kept as long as its graph is.
_DONE: WeakKeyDictionary[DependencyGraph, tuple[tuple[Job, ...], Limits, Analyses]] = WeakKeyDictionary()


def _quiet(done: int, total: int) -> None:
    """No progress is shown."""


def analyse_subject(subject: Subject, progress: Progress = _quiet) -> Analyses:
    """The analysis of each package whose artifact is at hand, and under ``None`` that of the project's own tree.

    Computed once for a subject, and remembered until the subject's graph is let go of.
    """
    settings = subject.settings.code
    limits = Limits(max_file_bytes=settings.max_file_bytes, max_artifact_seconds=settings.max_artifact_seconds)
    keys: list[Package | None] = [None]
    jobs = [Job(subject.root, "", PackageRef(subject.project))]
    for package in subject.graph.packages:
        fetched = subject.fetched.get(package, NotKnown("it was not fetched"))
        if not isinstance(fetched, NotKnown):
            keys.append(package)
            jobs.append(Job(fetched.path, fetched.artifact.filename, PackageRef(package.name, package.version)))
    done = _DONE.get(subject.graph)
    if done is not None and done[:2] == (tuple(jobs), limits):
        return done[2]
    analyses = [analysis for _, analysis in analyse_artifacts(jobs, settings.workers, progress, limits)]
    found = dict(zip(keys, analyses, strict=True))
    _DONE[subject.graph] = (tuple(jobs), limits, found)
    return found


def run(subject: Subject) -> Iterator[Finding | Coverage]:
    """Findings of every analysed package and of the project's tree; one coverage entry for each."""
    analyses = analyse_subject(subject)
    yield from _outcomes(subject, None, analyses[None])

    def one(package: Package) -> Iterator[Finding | Coverage]:
        analysis = analyses.get(package)
        if analysis is None:
            fetched = subject.fetched.get(package, NotKnown("it was not fetched"))
            reason = fetched if isinstance(fetched, NotKnown) else NotKnown("it was not analysed")
            yield Coverage(META.id, str(package), "not-checked", reason.reason, reason.remedy)
        else:
            yield from _outcomes(subject, package, analysis)

    yield from each_package(META, subject, one)


def _findings(subject: Subject, package: Package | None, analysis: Analysis) -> Iterator[Finding]:
    paths = subject.graph.paths_to(package) if package is not None and analysis.findings else ()
    for finding in analysis.findings:
        yield msgspec.structs.replace(finding, paths=paths)


def _unseen_build(subject: Subject, package: Package) -> str:
    """Why an sdist's build would run what nobody looked at; empty where it would not, and for a wheel.

    What a build installs is installed apart, at whatever version is newest then, and is not in the graph. The tools
    that everybody builds with are taken as known; a project that few know is where harm would be put.
    """
    fetched = subject.fetched.get(package)
    if not isinstance(fetched, FetchedArtifact) or fetched.artifact.kind != "sdist":
        return ""
    try:
        with open_archive(fetched.path, fetched.artifact.filename) as opened:
            needs = build_needs(opened)
    except AssayError:
        return ""  # The check of its code says why it could not be read.
    if isinstance(needs, NotKnown):
        return f"what its build would install is not known: {needs.reason}"
    unseen = [one for one in needs if not subject.graph.versions_of(one) and one not in popular()]
    shown = ", ".join(unseen[:5])
    return f"its build installs and runs {shown}, which was not looked at" if unseen else ""


def _outcomes(subject: Subject, package: Package | None, analysis: Analysis) -> Iterator[Finding | Coverage]:
    name = str(package) if package is not None else "project"
    if package is not None and (unseen := _unseen_build(subject, package)):
        yield from _findings(subject, package, analysis)
        yield Coverage(META.id, name, "not-checked", unseen, BUILD_REMEDY)
        return
    if analysis.verdict == "error":
        yield Coverage(META.id, name, "not-checked", analysis.error, "Fetch the artifact again, or look at it by hand.")
        return
    yield from _findings(subject, package, analysis)
    reason = f"{analysis.files} source files, {analysis.bytes:,} bytes"
    if analysis.unread:
        first = min(analysis.unread, key=lambda gap: (TRIGGERS.index(gap.trigger), gap))
        others = f" ({len(analysis.unread)} such files)" if len(analysis.unread) > 1 else ""
        yield Coverage(
            META.id,
            name,
            "not-checked",
            f"{first.path} runs at {first.trigger} and was read only in part{others}: {first.reason}",
            "Read it by hand: what a reader cannot see is where harm is put.",
        )
        return
    if analysis.gaps:
        # Nothing runs these unless it is called: the report lists them, and the check stands.
        first = analysis.gaps[0]
        reason += f"; {len(analysis.gaps)} of them only in part, first {first.path}: {first.reason}"
    yield Coverage(META.id, name, "checked", reason)
