"""Archives: what a distribution holds against what it says that it holds."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.checks.archives_self import self_findings
from scanner.checks.build import make
from scanner.checks.places import is_own_folder, places
from scanner.checks.run import each_package
from scanner.checks.subject import CheckMeta, Outcome, Subject
from scanner.index.archive import TooLargeError
from scanner.integrity.contents import DATA_SUFFIXES, Content, Contents, read_contents
from scanner.integrity.metadata_agree import metadata_member, stated_otherwise
from scanner.integrity.wheel import RecordFacts, record_facts, unread_metadata, unverifiable
from scanner.model.artifact import ArtifactKind
from scanner.model.coverage import Coverage
from scanner.model.errors import InputError
from scanner.model.finding import Confidence, Evidence, Finding, PackageRef, Severity
from scanner.model.known import NotKnown
from scanner.model.location import Location
from scanner.model.package import Package
from scanner.model.release import FetchedArtifact

META = CheckMeta(
    id="archives",
    title="What the archives hold",
    needs_network=False,
    category="integrity",
    scope=("package",),
    controls=("ssdf-ps.3.1",),
)
MAX_SHOWN = 20
_BY_HAND = "Look at what was not compared by hand."
_HOSTILE: dict[str, tuple[str, Severity]] = {
    "traversal": ("archives/path-escapes", "critical"),
    "absolute-path": ("archives/path-escapes", "critical"),
    "duplicate": ("archives/duplicate-member", "high"),
    "size-lie": ("archives/damaged", "medium"),
    "encrypted": ("archives/damaged", "high"),
    "truncated": ("archives/damaged", "medium"),
    "bomb": ("archives/bomb", "high"),
    "special-file": ("archives/special-file", "high"),
    "ambiguous": ("archives/ambiguous", "high"),
}


def run(subject: Subject) -> Iterator[Outcome]:
    """Findings about each artifact that was fetched, and one coverage for each package."""
    where = places(subject)

    def one(package: Package) -> Iterator[Outcome]:
        fetched = subject.fetched.get(package, NotKnown("its artifact was not read"))
        if package.source.kind == "vcs" or is_own_folder(subject, package):
            yield Coverage(META.id, str(package), "not-applicable", "it is a source tree, not an archive")
        elif isinstance(fetched, NotKnown):
            yield Coverage(META.id, str(package), "not-checked", fetched.reason, fetched.remedy)
        else:
            yield from _one(subject, package, fetched, where[package])

    yield from each_package(META, subject, one)


def _one(
    subject: Subject, package: Package, fetched: FetchedArtifact, where: tuple[Location, str]
) -> Iterator[Outcome]:
    filename = fetched.artifact.filename
    try:
        contents = read_contents(fetched.path, filename)
    except TooLargeError as error:
        yield Coverage(META.id, str(package), "not-checked", f"{filename}: {error.what}", _BY_HAND)
        return
    except InputError as error:
        found = [Evidence(where[0], note=error.what, sha256=fetched.sha256)]
        yield _make(subject, package, "archives/unreadable", f"{filename} cannot be opened: {error.what}", found)
        yield Coverage(META.id, str(package), "not-checked", f"{filename} is not a readable archive")
        return
    kind = fetched.artifact.kind
    record = record_facts(contents) if kind == "wheel" else RecordFacts(present=False)
    yield from _findings(subject, package, contents, kind, record)
    yield from _metadata(subject, package, contents)
    missed = "; ".join(_not_compared(contents, kind, record))
    yield Coverage(META.id, str(package), "not-checked" if missed else "checked", missed, _BY_HAND if missed else "")


def _not_compared(contents: Contents, kind: ArtifactKind, record: RecordFacts) -> Iterator[str]:
    """What was past a bound of ours. It says nothing against the archive, and nothing for it."""
    for problem in contents.problems:
        if problem.code == "too-large":
            yield f"{problem.member or contents.filename}: {problem.message}"
    large = unverifiable(contents)
    if large:
        yield f"{len(large)} member(s) could not be read whole, first {large[0]}"
    if record.too_large:
        yield f"{record.too_large}, and the members were not compared with it"
    if record.uncompared and not large:
        yield f"{len(record.uncompared)} member(s) have a digest in RECORD that is not computed here"
    for path in unread_metadata(contents, kind):
        yield f"{path} is larger than a file of metadata is read"


def _make(
    subject: Subject,
    package: Package,
    rule: str,
    summary: str,
    found: list[Evidence],
    *,
    key: tuple[str, ...] = (),
    severity: Severity | None = None,
    confidence: Confidence = "certain",
    details: tuple[tuple[str, str], ...] = (),
) -> Finding:
    return make(
        rule,
        PackageRef(package.name, package.version),
        summary,
        found,
        key=key,
        subject=subject,
        node=package,
        severity=severity,
        confidence=confidence,
        details=details,
    )


def _at(contents: Contents, path: str, note: str = "") -> Evidence:
    member = contents.files.get(path)
    return Evidence(Location(path, artifact=contents.filename), note=note, sha256=member.sha256 if member else "")


def _findings(
    subject: Subject, package: Package, contents: Contents, kind: ArtifactKind, record: RecordFacts
) -> Iterator[Finding]:
    filename = contents.filename
    yield from _problems(subject, package, contents)
    if kind == "wheel" and not record.too_large:
        yield from _record(subject, package, contents, record)
    hidden = [one for one in contents.files.values() if one.native and one.suffix in DATA_SUFFIXES]
    if hidden:
        yield _make(
            subject,
            package,
            "archives/hidden-executable",
            f"{filename} holds {len(hidden)} native executable(s) under the suffix of a data or source file.",
            [_at(contents, one.path, f"{one.native} bytes in a {one.suffix} file") for one in _sorted(hidden)],
            key=tuple(one.path for one in _sorted(hidden)),
        )
    orphans = _bytecode(contents)
    if orphans:
        yield _make(
            subject,
            package,
            "archives/bytecode-without-source",
            f"{filename} holds {len(orphans)} compiled module(s) without the source beside them.",
            [_at(contents, path, "no source of that module in the archive") for path in orphans[:MAX_SHOWN]],
            key=tuple(orphans),
        )
    for rule, summary, paths, severity, confidence, details in self_findings(contents, kind, package):
        found = [_at(contents, path) for path in paths[:MAX_SHOWN]]
        yield _make(
            subject,
            package,
            rule,
            summary,
            found,
            key=paths[:MAX_SHOWN],
            severity=severity,
            confidence=confidence,
            details=details,
        )


def _sorted(files: list[Content]) -> list[Content]:
    return sorted(files, key=lambda one: one.path)


def _problems(subject: Subject, package: Package, contents: Contents) -> Iterator[Finding]:
    by_rule: dict[tuple[str, Severity], list[Evidence]] = {}
    for problem in contents.problems:
        if problem.code in _HOSTILE:
            by_rule.setdefault(_HOSTILE[problem.code], []).append(_at(contents, problem.member, problem.message))
    for (rule, severity), found in sorted(by_rule.items()):
        summary = f"{contents.filename}: {found[0].note}" + (f" (and {len(found) - 1} more)" if len(found) > 1 else "")
        paths = tuple(one.location.path for one in found)
        yield _make(subject, package, rule, summary, found[:MAX_SHOWN], key=paths, severity=severity)


def _metadata(subject: Subject, package: Package, contents: Contents) -> Iterator[Finding]:
    """What the index said of the wheel before it was read, against what the wheel says."""
    release = subject.releases.get(package)
    stated = release.metadata if release is not None else NotKnown("the index was not asked")
    member = metadata_member(contents)
    if (
        isinstance(stated, NotKnown)
        or stated.origin != "pep658"
        or member is None
        or not (member.data or not member.size)
    ):
        return
    different = tuple(stated_otherwise(stated, member.data))
    if different:
        fields = ", ".join(one.field for one in different)
        yield _make(
            subject,
            package,
            "archives/metadata-differs",
            f"{contents.filename}: the index's .metadata says another {fields} than the wheel.",
            [_at(contents, member.path, "the wheel's own METADATA")],
            key=tuple(f"{one.field} {one.on_index} {one.in_wheel}" for one in different),
            details=tuple(
                (one.field, f"only on the index: {_shown(one.on_index)}; only in the wheel: {_shown(one.in_wheel)}")
                for one in different
            ),
        )


def _shown(values: tuple[str, ...]) -> str:
    return ", ".join(values[:6]) or "nothing"


def _record(subject: Subject, package: Package, contents: Contents, facts: RecordFacts) -> Iterator[Finding]:
    filename = contents.filename
    if not facts.present or facts.unreadable:
        what = facts.unreadable or "the wheel has no RECORD"
        yield _make(subject, package, "archives/no-record", f"{filename}: {what}.", [_at(contents, "RECORD", what)])
        return
    cases: tuple[tuple[str, tuple[str, ...], str, str], ...] = (
        ("archives/record-altered", facts.altered, "has another digest than RECORD states", "altered after the build"),
        ("archives/record-extra", facts.extra, "is not in RECORD", "not listed by the build"),
        ("archives/record-missing", facts.missing, "is in RECORD and not in the wheel", "listed and not there"),
        ("archives/record-unhashed", facts.unhashed, "has no digest in RECORD", "nothing fixes its content"),
    )
    for rule, paths, verb, note in cases:
        if paths:
            more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
            # A file that runs by itself weighs more than a stray licence text.
            runs = rule == "archives/record-extra" and any(
                path.endswith((".py", ".pth", ".so", ".pyd")) for path in paths
            )
            yield _make(
                subject,
                package,
                rule,
                f"{filename}: {paths[0]}{more} {verb}.",
                [_at(contents, path, note) for path in paths[:MAX_SHOWN]],
                key=paths,
                severity="high" if runs else None,
            )


def _bytecode(contents: Contents) -> list[str]:
    """Paths of ``.pyc`` files that import without a source: not the cached ones of ``__pycache__`` with a twin."""
    orphans: list[str] = []
    for path in contents.files:
        if not path.endswith(".pyc"):
            continue
        folder, _, name = path.rpartition("/")
        if folder.endswith("__pycache__") or folder == "__pycache__":
            source = f"{folder.removesuffix('__pycache__')}{name.partition('.')[0]}.py"
        else:
            source = path[:-1]
        if source not in contents.files:
            orphans.append(path)
    return sorted(orphans)
