"""Source drift: what is published or installed, against the source tree that the auditor has at hand (``--source``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from scanner.checks.build import evidence, make
from scanner.checks.drift import shown
from scanner.checks.places import places
from scanner.checks.run import each_package
from scanner.checks.subject import CheckMeta, Outcome, Subject
from scanner.integrity.contents import Contents, read_contents
from scanner.integrity.drift import drift
from scanner.integrity.source_tree import head_commit, tree_contents
from scanner.model.coverage import Coverage
from scanner.model.errors import InputError
from scanner.model.finding import Finding, PackageRef
from scanner.model.known import NotKnown
from scanner.model.package import Package
from scanner.model.release import FetchedArtifact

META = CheckMeta(
    id="source-drift",
    title="Releases against their source tree",
    needs_network=False,
    category="integrity",
    scope=("package",),
    controls=("ssdf-ps.3.1",),
)


def run(subject: Subject) -> Iterator[Outcome]:
    """Findings for packages whose tree is at hand; one coverage for each package."""

    def one(package: Package) -> Iterator[Outcome]:
        folder = subject.source_trees.get(package.name)
        if folder is None:
            reason = "its source tree is not at hand"
            yield Coverage(META.id, str(package), "not-applicable", reason, f"Name it: --source {package.name}=DIR")
            return
        if package.source.kind == "vcs":
            yield from _commit(subject, package, Path(folder))
        yield from _published(subject, package, tree_contents(Path(folder)))

    yield from each_package(META, subject, one)


def _commit(subject: Subject, package: Package, folder: Path) -> Iterator[Outcome]:
    """Whether the tree stands at the commit that the lock fixes."""
    who, pinned, at = f"{package} (commit)", package.source.commit, head_commit(folder)
    if isinstance(at, NotKnown):
        yield Coverage(META.id, who, "not-checked", at.reason, at.remedy)
    elif not pinned:
        yield Coverage(META.id, who, "not-checked", "no commit is fixed for it", "Fix one in the lock.")
    else:
        yield Coverage(META.id, who, "checked", "its commit was compared; changes that are not committed were not")
        if at != pinned:
            location, text = places(subject)[package]
            yield make(
                "source-drift/other-commit",
                PackageRef(package.name, package.version),
                f"The source tree of {package.name} stands at {at[:12]}; the project fixes {pinned[:12]}.",
                [evidence(location, "the commit that is fixed", text=text)],
                key=(pinned, at),
                subject=subject,
                node=package,
                details=(("fixed", pinned), ("at hand", at)),
            )


def _published(subject: Subject, package: Package, tree: Contents) -> Iterator[Outcome]:
    """Code of the published file that the tree does not have."""
    who = str(package)
    published = subject.published.get(package) if package.source.kind == "vcs" else subject.fetched.get(package)
    if not isinstance(published, FetchedArtifact):
        reason = published.reason if isinstance(published, NotKnown) else "no file of it was published and read"
        yield Coverage(META.id, who, "not-checked", reason)
        return
    try:
        release = read_contents(published.path, published.artifact.filename, code_only=True)
    except InputError as error:
        yield Coverage(META.id, who, "not-checked", f"the archive cannot be read: {error.what}")
        return
    yield Coverage(META.id, who, "checked", f"{len(tree.files)} files of the tree, {len(release.files)} of the release")
    found = drift(release, tree)
    for rule, entries in (
        ("source-drift/only-in-release", found.only_wheel),
        ("source-drift/differs", found.altered),
    ):
        paths = [one.path for one in entries if one.why in ("", "declared")]
        if paths:
            yield _finding(subject, package, rule, release, tree, paths)


def _finding(
    subject: Subject, package: Package, rule: str, release: Contents, tree: Contents, paths: list[str]
) -> Finding:
    startup = any(path.lower().endswith(".pth") for path in paths)
    what = (
        "that the source tree does not have" if rule.endswith("only-in-release") else "otherwise than its source tree"
    )
    return make(
        rule,
        PackageRef(package.name, package.version),
        f"{release.filename} holds {len(paths)} file(s) of code {what}: {', '.join(paths[:3])}"
        + (" …" if len(paths) > 3 else "."),
        shown(release, tree, paths, "not in the tree"),
        key=tuple(f"{path} {release.files[path].sha256}" for path in paths),
        subject=subject,
        node=package,
        severity="high" if startup else None,
        confidence="high",
        trigger="interpreter-start" if startup else "import",
    )
