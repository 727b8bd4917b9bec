"""Advisories: every package of the graph against the OSV database, one finding per vulnerability per package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from packaging.version import Version

from scanner.advisories.group import Vulnerability, grouped, joined
from scanner.advisories.incidents import incident_of, marked
from scanner.advisories.match import Answer, Matcher, commit_answer, fixed_versions
from scanner.advisories.osv_api import LiveAdvisories
from scanner.advisories.select import AdvisorySource, select_database
from scanner.advisories.upgrade import Obstacle, Upgrade, least_upgrade
from scanner.checks.build import evidence, make
from scanner.checks.places import places
from scanner.checks.run import each_package
from scanner.checks.subject import PROJECT, CheckMeta, Outcome, Subject
from scanner.model.advisory import Advisory
from scanner.model.coverage import Coverage
from scanner.model.finding import Confidence, Evidence, Finding, PackageRef
from scanner.model.graph import Node, Root
from scanner.model.known import NotKnown
from scanner.model.package import Package
from scanner.model.versions import parse_version

META = CheckMeta(
    id="advisories",
    title="Known vulnerabilities and known-malicious releases",
    needs_network=False,
    category="vulnerability",
    scope=("package", "project"),
    controls=("ssdf-pw.4.4", "ssdf-rv.1.1", "s2c2f-sca-1"),
)
UPDATE = "Run `assay db update` where the advisory source can be reached, then audit again."


def run(subject: Subject) -> Iterator[Outcome]:
    """Findings per package, a coverage per package, and one for the database's age."""
    live = subject.live_advisories
    with (
        live if isinstance(live, LiveAdvisories) else select_database(subject.settings.advisories.database) as database
    ):
        if isinstance(live, NotKnown):
            reason = f"the advisories of the moment could not be had: {live.reason}"
            yield Coverage(META.id, PROJECT, "not-checked", reason, live.remedy or UPDATE)
        if database.damaged:
            yield Coverage(META.id, PROJECT, "not-checked", f"{database.damaged}; the bundled one was used", UPDATE)
        yield from _age(subject, database)
        yield from _unreadable(database)
        where = places(subject)

        def one(package: Package) -> Iterator[Outcome]:
            location, text = where[package]
            return _package(subject, database, package, evidence(location, "asked for here", text=text))

        yield from each_package(META, subject, one)


def _unreadable(database: AdvisorySource) -> Iterator[Coverage]:
    """Records that nobody can read, and of which nothing tells what they are about, can be about any package here."""
    lost = database.unreadable("")
    if lost:
        reason = f"{len(lost)} record(s) of the advisory source could not be read, first {lost[0].member}"
        yield Coverage(META.id, PROJECT, "not-checked", f"{reason}: {lost[0].reason}", UPDATE)


def _age(subject: Subject, database: AdvisorySource) -> Iterator[Outcome]:
    """Too old to be green is a gap; old enough to be said is a finding without weight."""
    settings, info = subject.settings.advisories, database.info
    tried = f" ({subject.freshness})" if subject.freshness else ""
    try:
        days = (subject.now.date() - date.fromisoformat(info.as_of[:10])).days
    except ValueError:
        reason = f"the advisory database does not say its date ({info.as_of[:20]!r})"
        yield Coverage(META.id, PROJECT, "not-checked", reason, UPDATE)
        return
    if days < -1:
        reason = (
            f"the advisory database says it is of {info.as_of[:10]}, which is after this audit: its age is not known"
        )
        yield Coverage(META.id, PROJECT, "not-checked", reason, UPDATE)
    elif days > settings.max_age_days:
        allowed = f"the policy allows {settings.max_age_days}{tried}"
        reason = f"the advisories end on {info.as_of[:10]}, {days} days ago; {allowed}"
        yield Coverage(META.id, PROJECT, "not-checked", reason, UPDATE)
    else:
        yield Coverage(META.id, PROJECT, "checked")
    if days > settings.warn_age_days:
        lacks = f" It also lacks {info.lacks}." if info.lacks else ""
        yield make(
            "advisories/old-database",
            PackageRef("advisory database", info.as_of[:10]),
            f"The advisories that were used end on {info.as_of[:10]}, {days} days before this audit.{lacks}",
            (),
            key=(info.sha256,),
        )


def _package(subject: Subject, database: AdvisorySource, package: Package, place: Evidence) -> Iterator[Outcome]:
    name = str(package)
    failed = database.failed.get(package.name) if isinstance(database, LiveAdvisories) else None
    advisories = database.for_name(package.name)
    if package.source.kind == "path" and not advisories and not failed:
        # A folder of the project can be a copy of a published release, under its name: that is not for it to decide.
        yield Coverage(META.id, name, "checked", "a part of the project; no advisory is about a project of its name")
        return
    if not package.version:
        reason = f"its version is not known: it is a {package.source.kind} reference"
        yield Coverage(META.id, name, "not-checked", reason, "Pin it to a release of an index.")
        return
    if failed:
        yield Coverage(META.id, name, "not-checked", failed, "Audit again, or use the local database.")
    lost = database.unreadable(package.name)
    answers: dict[str, Answer] = {
        one.id: answer for one, answer in Matcher(package.name, advisories).answers(package.version)
    }
    unclear = sorted(key for key, answer in answers.items() if answer == "not-comparable")
    by_commit = _by_commit(package, advisories)
    unplaced = sorted(key for key, answer in by_commit.items() if answer != "affected" and key not in answers)
    answers |= {key: answer for key, answer in by_commit.items() if answer == "affected"}
    if failed:
        pass  # Said above; what could be had is still matched.
    elif lost:
        reason = f"a record of the advisory source that may be about it could not be read ({lost[0].member})"
        yield Coverage(META.id, name, "not-checked", f"{reason}: {lost[0].reason}", UPDATE)
    elif unclear:
        shown = ", ".join(unclear[:5])
        reason = (
            f"its version, or a bound of {shown}, is none that PEP 440 can order: the ranges could not be evaluated"
        )
        yield Coverage(META.id, name, "not-checked", reason, "Compare its version with these advisories by hand.")
    elif unplaced:
        shown = ", ".join(unplaced[:5])
        reason = f"it is a commit, and {shown} name(s) commits: which of them it follows only its history tells"
        remedy = "Ask the repository's history, or pin a release of an index."
        yield Coverage(META.id, name, "not-checked", reason, remedy)
    elif package.source.kind == "vcs":
        yield Coverage(META.id, name, "checked", "matched by its version; no open advisory goes by commits")
    else:
        yield Coverage(META.id, name, "checked")
    matching = [one for one in advisories if answers.get(one.id) == "affected"]
    ignored = _ignored(subject, advisories)
    if passed := [one for one in matching if one.id in ignored]:
        yield from _passed_over(package, passed, place)
    matching = [one for one in matching if one.id not in ignored]
    if not matching:
        return
    upgrade = least_upgrade(
        package,
        advisories,
        _published(subject, package),
        subject.graph,
        lambda node: _requires(subject, node),
        subject.target,
    )
    for vulnerability in grouped(marked(one) for one in matching):
        yield _finding(subject, package, vulnerability, upgrade, place)


def _by_commit(package: Package, advisories: Sequence[Advisory]) -> dict[str, Answer]:
    """The advisories with GIT ranges that hold the commit of a VCS dependency, or of which that cannot be said."""
    if package.source.kind != "vcs":
        return {}
    commit = package.source.commit.lower()
    answers = {one.id: commit_answer(one, package.name, commit) for one in advisories}
    return {key: answer for key, answer in answers.items() if answer != "not-affected"}


def _ignored(subject: Subject, advisories: Sequence[Advisory]) -> frozenset[str]:
    """The ids of those advisories that the policy ignores, by any name that their vulnerability has, in any case."""
    asked = {one.strip().lower() for one in subject.settings.advisories.ignore}
    if not asked:
        return frozenset()
    groups = joined(advisories)
    return frozenset(
        record.id
        for group in groups
        if not asked.isdisjoint(name.lower() for name in group.names)
        for record in group.records
    )


def _passed_over(package: Package, ignored: Sequence[Advisory], place: Evidence) -> Iterator[Finding]:
    """What the policy ignores is said, without weight: whoever reads the report must know of it."""
    for found in joined(marked(one) for one in ignored):
        yield make(
            "advisories/ignored",
            PackageRef(package.name, package.version),
            f"{package} is affected by {found.id}, which the policy ignores.",
            [place],
            key=found.names,
            details=[("names", ", ".join(found.names))],
        )


def _requires(subject: Subject, package: Package) -> Sequence[str] | None:
    release = subject.releases.get(package)
    if (
        release is None
        or isinstance(release.metadata, NotKnown)
        or isinstance(release.metadata.requires_dist, NotKnown)
    ):
        return None
    return release.metadata.requires_dist


def _published(subject: Subject, package: Package) -> Sequence[str]:
    release = subject.releases.get(package)
    if release is None or isinstance(release.page, NotKnown):
        return ()
    gone = {one.filename for one in release.page.artifacts if one.yanked}
    if not gone:
        return release.page.versions
    from scanner.model.versions import artifact_version

    available = {
        artifact_version(one.filename, package.name) for one in release.page.artifacts if one.filename not in gone
    }
    return tuple(sorted(available))


def _finding(
    subject: Subject, package: Package, found: Vulnerability, upgrade: Upgrade | None, place: Evidence
) -> Finding:
    reference = PackageRef(package.name, package.version)
    import msgspec

    if found.malicious:
        finding = _malicious(subject, package, found, place)
    else:
        confidence: Confidence = "certain" if "unrated" not in found.severity_source else "high"
        if package.source.kind == "path":
            confidence = "low"  # A copy in the tree may have been mended, or only have the name in common.
        finding = make(
            "advisories/vulnerable",
            reference,
            _summary(package, found),
            [place],
            key=found.names,
            subject=subject,
            node=package,
            severity=found.severity,
            confidence=confidence,
            remedy=_remedy(package, upgrade),
            details=_details(package, found, upgrade),
        )
        finding = msgspec.structs.replace(finding, title=f"{found.id}: {package.name} {package.version} is vulnerable")
    return msgspec.structs.replace(finding, aliases=found.names, references=_references(found, finding.references))


def _malicious(subject: Subject, package: Package, found: Vulnerability, place: Evidence) -> Finding:
    known = incident_of(package.name, package.version)
    details = [("advisory", ", ".join(found.names)), *_dates(found.records)]
    if known:
        details += [("when", known.when), ("what ran", known.ran), ("rotate", known.rotate)]
    else:
        assumed = "not published in detail; assume that it ran when it was installed and read what the user could read"
        details += [("what ran", assumed), ("rotate", "every secret that a machine which installed it could read")]
    return make(
        "advisories/malicious-release",
        PackageRef(package.name, package.version),
        f"{package} is a malicious release: {found.id}." + (f" {known.ran}" if known else ""),
        [place],
        key=found.names,
        subject=subject,
        node=package,
        severity="critical",
        rejects=True,
        trigger=known.trigger if known else "not-code",
        details=details,
    )


def _summary(package: Package, found: Vulnerability) -> str:
    told = next((one.summary for one in found.records if one.summary), "")
    said = f" {told}" if told else ""
    return f"{package} is affected by {found.id} ({found.severity_source}).{said}"


def _details(package: Package, found: Vulnerability, upgrade: Upgrade | None) -> list[tuple[str, str]]:
    named = {text for record in found.records for text in fixed_versions(record, package.name, package.version)}
    fixes = sorted(named, key=lambda text: (parse_version(text) or Version("0"), text))
    details = [("names", ", ".join(found.names)), ("severity", found.severity_source)]
    details.append(("fixed in", ", ".join(fixes) if fixes else "no fixed version is named"))
    if upgrade:
        details.append(("least upgrade free of every known advisory", upgrade.version))
    return details + _dates(found.records)


def _dates(records: Sequence[Advisory]) -> list[tuple[str, str]]:
    published = sorted(one.published for one in records if one.published)
    return [("published", published[0][:10])] if published else []


def _remedy(package: Package, upgrade: Upgrade | None) -> str:
    if upgrade is None:
        return "No version free of known advisories is known: replace the package, or show that it cannot be reached."
    text = f"Upgrade {package.name} to {upgrade.version}, the least version that no advisory in the database affects."
    if not upgrade.published:
        text += " The index was not asked whether it is still published."
    if upgrade.obstacles:
        who = list(dict.fromkeys(_hindrance(one) for one in upgrade.obstacles))
        return f"{text} First move what does not allow it: {'; '.join(who[:4])}."
    if upgrade.unclear:
        who = [str(one) for one in upgrade.unclear[:4]]
        return f"{text} Which versions {', '.join(who)} allow(s) is not known here: check that first."
    return f"{text} Nothing in the graph stands in its way."


def _hindrance(obstacle: Obstacle) -> str:
    said = f"{_called(obstacle.who)} requires {obstacle.requirement}"
    movers = [one.name for one in obstacle.movers if one != obstacle.who]
    return f"{said} (brought in by {', '.join(movers[:4])})" if movers else said


def _references(found: Vulnerability, general: tuple[str, ...]) -> tuple[str, ...]:
    pages = [f"https://osv.dev/vulnerability/{one.id}" for one in found.records]
    told = sorted({url for one in found.records for url in one.references})
    return tuple(dict.fromkeys((*pages, *told, *general)))[:12]


def _called(node: Node) -> str:
    return "the project" if isinstance(node, Root) else str(node)
