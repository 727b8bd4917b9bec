"""Rules over a project's page: age, silence, numbering, name, status, and whether there is a wheel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from scanner.checks.subject import Subject
from scanner.integrity.popular import Likeness, popular, resembles
from scanner.integrity.releases import ReleaseHistory, history_of, jumps
from scanner.integrity.times import day, span
from scanner.model.finding import Confidence, Severity
from scanner.model.known import NotKnown
from scanner.model.package import Package
from scanner.model.release import ProjectPage, Release

RECENT = timedelta(days=365)
"""A silence that ended longer ago than this tells nothing any more: somebody would have noticed."""
ESTABLISHED = timedelta(days=730)
ESTABLISHED_RELEASES = 8
_HOW: dict[Likeness, str] = {
    "known-confusion": "is what people type when they mean",
    "look-alike": "looks like",
    "separator": "differs only in separators from",
    "word-order": "has the words of another order than",
    "one-letter": "is one letter away from",
}
_STATUS: dict[str, tuple[str, Severity]] = {
    "quarantined": ("hygiene/quarantined", "critical"),
    "archived": ("hygiene/archived", "low"),
    "deprecated": ("hygiene/deprecated", "low"),
}


class Smell(msgspec.Struct, frozen=True):
    """What one rule found: the rule, a sentence, a remark at the package's line. ``severity`` None: the rule's own."""

    rule: str
    summary: str
    note: str
    key: tuple[str, ...] = ()
    severity: Severity | None = None
    confidence: Confidence = "high"
    details: tuple[tuple[str, str], ...] = ()


def release_rules(subject: Subject, package: Package, release: Release) -> Iterator[Smell]:
    """Every rule of this module over one package."""
    page = release.page
    known = history_of(package, page) if not isinstance(page, NotKnown) else page
    history = None if isinstance(known, NotKnown) else known
    if history is not None:
        yield from _young(subject, package, history)
        yield from _silence(subject, package, history)
        yield from _jump(package, history)
    yield from _name(subject, package, history)
    if not isinstance(page, NotKnown):
        yield from _status(package, page)
    yield from _no_wheel(package, release)


def _young(subject: Subject, package: Package, history: ReleaseHistory) -> Iterator[Smell]:
    settings = subject.settings.hygiene
    age = subject.now - history.published
    if age < timedelta(days=settings.cooldown_days):
        told = f"{span(history.published, subject.now)} before this audit" if age > timedelta(0) else "after this audit"
        yield Smell(
            "hygiene/new-release",
            f"{package} was published on {day(history.published)}, {told}; the policy waits "
            f"{settings.cooldown_days} days.",
            "too young for anyone to have looked at it",
            confidence="certain",
            details=(("published", history.published.isoformat()),),
        )
    if subject.now - history.first < timedelta(days=settings.new_project_days):
        yield Smell(
            "hygiene/new-project",
            f"{package.name} appeared on the index on {day(history.first)}: the project is younger than "
            f"{settings.new_project_days} days.",
            "a project without a past",
            confidence="certain",
            details=(("first release", history.first.isoformat()), ("releases", str(history.count))),
        )


def _silence(subject: Subject, package: Package, history: ReleaseHistory) -> Iterator[Smell]:
    if history.before is None or subject.now - history.published > RECENT:
        return
    version, when = history.before
    if history.published - when > timedelta(days=subject.settings.hygiene.silence_days):
        yield Smell(
            "hygiene/long-silence",
            f"{package} was published {span(when, history.published)} after the release before it ({version}).",
            "the first release after a long silence",
            details=(("before", f"{version} on {day(when)}"), ("this release", day(history.published))),
        )


def _jump(package: Package, history: ReleaseHistory) -> Iterator[Smell]:
    if jumps(package.version, history.lower, history.published):
        before = f"the next lower version is {history.lower}" if history.lower else "the project has no lower version"
        yield Smell(
            "hygiene/version-jump",
            f"{package} has a number as in dependency confusion: {before}.",
            "a number that wins over every other",
            key=(history.lower,),
            details=(("next lower", history.lower or "none"),),
        )


def _name(subject: Subject, package: Package, history: ReleaseHistory | None) -> Iterator[Smell]:
    like = resembles(package.name)
    if like is None:
        return
    beside = subject.graph.versions_of(like.target)
    established = (
        history is not None
        and history.count >= ESTABLISHED_RELEASES
        and subject.now - history.first > ESTABLISHED
        and like.how != "known-confusion"
    )
    # Who mistypes a name is a person with a manifest; the authors of a popular project have long noticed theirs.
    known = popular()
    vouched = all(isinstance(one, Package) and one.name in known for one in subject.graph.dependents(package))
    tail = f" {like.target} is in the graph too." if beside else ""
    yield Smell(
        "hygiene/name-squat",
        f"{package.name} {_HOW[like.how]} {like.target}, the {_ordinal(like.rank)} most downloaded project.{tail}",
        f"did the author mean {like.target}?",
        key=(like.target, like.how),
        # An old project with many releases has its name by right; a name alone does not make it a squat.
        severity="low" if established or vouched else None,
        confidence="low" if established or vouched else "medium",
        details=(("resembles", like.target), ("how", like.how)),
    )


def _ordinal(rank: int) -> str:
    if not rank:
        return "far"
    ending = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank}{ending}"


def _status(package: Package, page: ProjectPage) -> Iterator[Smell]:
    if isinstance(page.status, NotKnown) or page.status not in _STATUS:
        return
    rule, severity = _STATUS[page.status]
    reason = f": {page.status_reason}" if page.status_reason else ""
    yield Smell(
        rule,
        f"The index marks {package.name} as {page.status}{reason}.",
        f"project status {page.status} (PEP 792)",
        severity=severity,
        confidence="certain",
        details=(("status", page.status), ("reason", page.status_reason or "none given")),
    )


def _no_wheel(package: Package, release: Release) -> Iterator[Smell]:
    if not isinstance(release.chosen, NotKnown) and release.chosen.kind == "sdist":
        others = not isinstance(release.artifacts, NotKnown) and any(one.kind == "wheel" for one in release.artifacts)
        why = "none of its wheels fits the target" if others else "the release has no wheel"
        yield Smell(
            "hygiene/no-wheel",
            f"Installing {package} runs its build code on the installing machine: {why}.",
            "installed from source",
            confidence="certain",
        )
