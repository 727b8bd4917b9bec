"""Drift: code in a wheel that the source release of the same version does not have."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.checks.build import make
from scanner.checks.places import is_own_folder
from scanner.checks.run import each_package
from scanner.checks.subject import CheckMeta, Outcome, Subject
from scanner.integrity.contents import Contents, read_contents
from scanner.integrity.drift import Drift, Unmatched, added_lines, drift
from scanner.model.coverage import Coverage
from scanner.model.errors import InputError
from scanner.model.finding import CodeLine, Evidence, Finding, PackageRef, Severity, Trigger
from scanner.model.known import NotKnown
from scanner.model.location import Location
from scanner.model.package import Package
from scanner.model.release import FetchedArtifact

META = CheckMeta(
    id="drift",
    title="Wheels against their source release",
    needs_network=True,
    category="integrity",
    scope=("package",),
    controls=("ssdf-ps.3.1",),
)
MAX_SHOWN = 12


def run(subject: Subject) -> Iterator[Outcome]:
    """Findings for what only the wheel has; one coverage for each package."""
    yield from each_package(META, subject, lambda package: _package(subject, package))


def _package(subject: Subject, package: Package) -> Iterator[Outcome]:
    who = str(package)
    fetched = subject.fetched.get(package, NotKnown("its artifact was not read"))
    if is_own_folder(subject, package) or package.source.kind == "vcs":
        yield Coverage(META.id, who, "not-applicable", "it is taken as source: there is no wheel to compare")
    elif package.source.kind != "index":
        yield Coverage(META.id, who, "not-checked", "it does not come from an index, which would list its sdist")
    elif isinstance(fetched, NotKnown):
        yield Coverage(META.id, who, "not-checked", fetched.reason, fetched.remedy)
    elif fetched.artifact.kind != "wheel":
        yield Coverage(META.id, who, "not-applicable", "it is installed from its sdist")
    elif package not in subject.companions:
        release = subject.releases.get(package)
        known = release is not None and not isinstance(release.artifacts, NotKnown)
        listed = release.artifacts if release is not None and not isinstance(release.artifacts, NotKnown) else ()
        none = known and not any(one.kind == "sdist" for one in listed)
        reason = "the release has no sdist to compare with" if none else "the sdist of the release was not fetched"
        yield Coverage(META.id, who, "not-checked", reason)
    else:
        companion = subject.companions[package]
        if isinstance(companion, NotKnown):
            yield Coverage(META.id, who, "not-checked", companion.reason, companion.remedy)
        else:
            yield from _compare(subject, package, fetched, companion)


def _compare(subject: Subject, package: Package, wheel: FetchedArtifact, sdist: FetchedArtifact) -> Iterator[Outcome]:
    try:
        left = read_contents(wheel.path, wheel.artifact.filename, code_only=True)
        right = read_contents(sdist.path, sdist.artifact.filename, code_only=True)
    except InputError as error:
        yield Coverage(META.id, str(package), "not-checked", f"an archive cannot be read: {error.what}")
        return
    stated = sdist.artifact.digest("sha256")
    if stated and stated != sdist.sha256:
        yield Coverage(META.id, str(package), "not-checked", "the sdist's bytes are not those that the index states")
        return
    found = drift(left, right)
    yield from _findings(subject, package, found, left, right)
    if found.wholesale:
        reason = "the sdist is laid out so differently that only .pth files and entry points were compared"
        yield Coverage(META.id, str(package), "checked", reason)
    else:
        yield Coverage(META.id, str(package), "checked")


def _findings(subject: Subject, package: Package, found: Drift, wheel: Contents, sdist: Contents) -> Iterator[Finding]:
    pth = _paths(found.only_wheel, "") + _paths(found.altered, "")
    hooks = [path for path in pth if path.lower().endswith(".pth")]
    declared = _paths(found.only_wheel, "declared") + _paths(found.altered, "declared")
    code = [path for path in _paths(found.only_wheel, "") if path not in hooks]
    altered = [path for path in _paths(found.altered, "") if path not in hooks]
    generated = _paths(found.only_wheel, "generated") + _paths(found.altered, "generated")
    weighed: tuple[tuple[list[str], Severity | None], ...] = ((hooks, None), (declared, "low"))
    for paths, severity in weighed:
        if paths:
            tail = "" if severity is None else ", whose setup.py names every word of it"
            yield _make(
                subject,
                package,
                "drift/pth-only-in-wheel",
                f"{wheel.filename} holds {paths[0]}, which runs at every start of Python and is not in the sdist of "
                f"the same version{tail}.",
                shown(wheel, sdist, paths),
                trigger="interpreter-start",
                severity=severity,
            )
    if generated and not found.wholesale:
        yield _make(
            subject,
            package,
            "drift/generated-code",
            f"{wheel.filename} holds {len(generated)} Python file(s) that say they were generated and that the sdist "
            f"of the same version does not have as they are.",
            shown(wheel, sdist, generated),
            trigger="import",
        )
    if code and not found.wholesale:
        yield _make(
            subject,
            package,
            "drift/code-only-in-wheel",
            f"{wheel.filename} holds {len(code)} Python file(s) that the sdist of the same version does not have: "
            f"{', '.join(code[:3])}{' …' if len(code) > 3 else ''}",
            shown(wheel, sdist, code),
            trigger="import",
        )
    if altered and not found.wholesale:
        yield _make(
            subject,
            package,
            "drift/code-altered",
            f"{wheel.filename} holds {len(altered)} Python file(s) whose text differs from the sdist of the same "
            f"version: {', '.join(altered[:3])}{' …' if len(altered) > 3 else ''}",
            shown(wheel, sdist, altered),
            trigger="import",
        )
    if found.wholesale:
        yield _make(
            subject,
            package,
            "drift/layout-differs",
            f"{len(code)} of {found.compared} Python files of {wheel.filename} are not in the sdist: the two cannot be "
            f"compared file by file.",
            shown(wheel, sdist, code),
            trigger="import",
        )
    if found.entry_points:
        yield _make(
            subject,
            package,
            "drift/entry-point-only-in-wheel",
            f"{wheel.filename} installs {len(found.entry_points)} entry point(s) that nothing in the sdist declares.",
            [Evidence(Location("entry_points.txt", artifact=wheel.filename), note=one) for one in found.entry_points],
            trigger="entry-point",
        )


def _paths(found: tuple[Unmatched, ...], why: str) -> list[str]:
    return [one.path for one in found if one.why == why]


def shown(wheel: Contents, sdist: Contents, paths: list[str], note: str = "not in the sdist") -> list[Evidence]:
    """Evidence for files of the release: the first lines that the other side does not have."""
    found: list[Evidence] = []
    for path in paths[:MAX_SHOWN]:
        lines = added_lines(wheel, sdist, path)
        excerpt = tuple(CodeLine(number, text[:400], marked=True) for number, text in lines)
        place = Location(path, line=lines[0][0] if lines else 0, artifact=wheel.filename)
        found.append(Evidence(place, note=note, sha256=wheel.files[path].sha256, excerpt=excerpt))
    if len(paths) > MAX_SHOWN:
        found.append(Evidence(Location("", artifact=wheel.filename), note=f"and {len(paths) - MAX_SHOWN} more"))
    return found


def _make(
    subject: Subject,
    package: Package,
    rule: str,
    summary: str,
    found: list[Evidence],
    *,
    trigger: Trigger,
    severity: Severity | None = None,
) -> Finding:
    return make(
        rule,
        PackageRef(package.name, package.version),
        summary,
        found,
        key=tuple(f"{one.location.path} {one.note}" for one in found),
        subject=subject,
        node=package,
        severity=severity,
        confidence="high",
        trigger=trigger,
    )
