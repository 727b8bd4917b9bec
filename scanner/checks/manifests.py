"""Manifests and locks: where what a project asks for and what its lock fixes contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.checks.build import evidence, make
from scanner.checks.subject import PROJECT, CheckMeta, Outcome, Subject
from scanner.inputs.projects import contradictions, manifests_of_locks
from scanner.model.coverage import Coverage
from scanner.model.finding import PackageRef

META = CheckMeta(
    id="manifests",
    title="Manifests and their locks",
    needs_network=False,
    category="source",
    scope=("project",),
    controls=("s2c2f-ing-1",),
)
RULES = {
    "not-locked": ("manifests/not-locked", "{manifest} asks for {asked}, and {lock} does not hold it."),
    "not-satisfied": ("manifests/not-satisfied", "{manifest} asks for {asked}, and {lock} fixes {locked}."),
    "other-source": ("manifests/other-source", "{manifest} asks for {asked}, and {lock} takes it from {locked}."),
    "not-declared": ("manifests/not-declared", "{lock} says that the project needs {name}; {manifest} does not."),
}


def run(subject: Subject) -> Iterator[Outcome]:
    """A finding for each contradiction; one coverage for the project."""
    for one in contradictions(subject.files):
        rule, summary = RULES[one.kind]
        text = summary.format(
            manifest=one.manifest.path, lock=one.lock.path, asked=one.requirement, locked=one.locked, name=one.name
        )
        found = (
            evidence(one.manifest, "the manifest", text=one.requirement),
            evidence(one.lock, "the lock", text=one.locked),
        )
        yield make(rule, PackageRef(one.name), text, found, key=(one.manifest.path, one.lock.path, one.locked))
    if any(manifests_of_locks(subject.files).values()):
        yield Coverage(META.id, PROJECT, "checked")
    else:
        yield Coverage(META.id, PROJECT, "checked", "no manifest has a lock beside it: none can contradict another")
