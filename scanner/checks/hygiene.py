"""Hygiene: releases that do not smell right, each by one small rule over what the index says of them."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.checks.build import evidence, make
from scanner.checks.hygiene_metadata import metadata_rules
from scanner.checks.hygiene_release import Smell, release_rules
from scanner.checks.places import is_own_folder, places
from scanner.checks.run import each_package
from scanner.checks.subject import CheckMeta, Outcome, Subject
from scanner.integrity.releases import history_of
from scanner.model.coverage import Coverage
from scanner.model.finding import PackageRef
from scanner.model.known import NotKnown
from scanner.model.package import Package

META = CheckMeta(
    id="hygiene",
    title="Release hygiene",
    needs_network=True,
    category="hygiene",
    scope=("package",),
    controls=("ssdf-pw.4.1",),
)


def run(subject: Subject) -> Iterator[Outcome]:
    """Findings about releases of an index, and one coverage for each package."""
    where = places(subject)

    def one(package: Package) -> Iterator[Outcome]:
        if is_own_folder(subject, package):
            yield Coverage(META.id, str(package), "not-applicable", "it is a folder of the project, not a release")
            return
        if package.source.kind != "index":
            reason = "it does not come from an index, which would tell its age and its history"
            yield Coverage(META.id, str(package), "not-checked", reason)
            return
        location, text = where[package]
        for smell in _smells(subject, package):
            yield make(
                smell.rule,
                PackageRef(package.name, package.version),
                smell.summary,
                [evidence(location, smell.note, text=text)],
                key=smell.key,
                subject=subject,
                node=package,
                severity=smell.severity,
                confidence=smell.confidence,
                details=smell.details,
            )
        yield _coverage(subject, package)

    yield from each_package(META, subject, one)


def _smells(subject: Subject, package: Package) -> Iterator[Smell]:
    release = subject.releases.get(package)
    if release is not None:
        yield from release_rules(subject, package, release)
        yield from metadata_rules(subject, package, release)


def _coverage(subject: Subject, package: Package) -> Coverage:
    release = subject.releases.get(package)
    page = release.page if release is not None else NotKnown("the index was not asked about it")
    if isinstance(page, NotKnown):
        return Coverage(META.id, str(package), "not-checked", page.reason, page.remedy)
    history = history_of(package, page)
    if isinstance(history, NotKnown):
        return Coverage(META.id, str(package), "not-checked", f"its age is not known: {history.reason}", history.remedy)
    if release is not None and isinstance(release.metadata, NotKnown):
        reason = f"source and licence were not looked at: {release.metadata.reason}"
        return Coverage(META.id, str(package), "not-checked", reason, release.metadata.remedy)
    return Coverage(META.id, str(package), "checked")
