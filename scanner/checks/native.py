"""Native code: what machines run and no reader here understands. It is never checked; it is counted and named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from scanner.checks.places import is_own_folder
from scanner.checks.run import each_package
from scanner.checks.subject import PROJECT, CheckMeta, Outcome, Subject
from scanner.integrity.native import NativeCode, archive_native, tree_native
from scanner.model.coverage import NATIVE, Coverage
from scanner.model.errors import InputError
from scanner.model.known import NotKnown
from scanner.model.package import Package

META = CheckMeta(
    id=NATIVE,
    title="Native code, which nothing here can read",
    needs_network=True,
    category="code",
    scope=("package", "project"),
    controls=("ssdf-pw.4.4",),
)
NONE = "it holds no native code"
REMEDY = "Build it from source that was reviewed, or take it on the word of who published it."


def run(subject: Subject) -> Iterator[Outcome]:
    """One coverage for each package and for the project's own tree: *not applicable* where there is no native code."""
    yield _row(PROJECT, tree_native(Path(subject.root)) if Path(subject.root).is_dir() else NativeCode())

    def one(package: Package) -> Iterator[Outcome]:
        who = str(package)
        fetched = subject.fetched.get(package, NotKnown("its artifact was not read"))
        if is_own_folder(subject, package):
            yield Coverage(META.id, who, "not-applicable", "it is part of the project's own tree")
        elif isinstance(fetched, NotKnown):
            yield Coverage(META.id, who, "not-checked", fetched.reason, fetched.remedy)
        elif Path(fetched.path).is_dir():
            yield _row(who, tree_native(Path(fetched.path)))
        else:
            is_built = fetched.artifact.kind != "wheel"
            try:
                yield _row(who, archive_native(fetched.path, fetched.artifact.filename, is_built=is_built))
            except InputError as error:
                yield Coverage(META.id, who, "not-checked", error.what)

    yield from each_package(META, subject, one)


def _row(who: str, native: NativeCode) -> Coverage:
    if not native.files and not native.sources:
        return Coverage(META.id, who, "not-applicable", NONE)
    return Coverage(META.id, who, "not-checked", f"{native}: no reader here understands it", REMEDY)
