"""Undeclared dependencies: what scripts, container files, workflows and hooks install beside every manifest."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.checks.build import evidence, make
from scanner.checks.subject import CheckMeta, Outcome, Subject
from scanner.model.coverage import Coverage
from scanner.model.finding import PackageRef

META = CheckMeta(
    id="undeclared",
    title="Dependencies outside manifests",
    needs_network=False,
    category="source",
    controls=("s2c2f-ing-1",),
)
RULES = {
    "install": ("undeclared/install", "{path} installs what no manifest declares: {text}"),
    "remote-script": ("undeclared/remote-script", "{path} runs a script straight from {url}."),
    "clone-install": ("undeclared/clone-install", "{path} clones {url} and installs it."),
}


def run(subject: Subject) -> Iterator[Outcome]:
    """A finding for each installing command; a coverage for each such file, and for each package of the graph."""
    installing = [file for file in subject.files if file.commands]
    for file in installing:
        for command in file.commands:
            rule, summary = RULES[command.kind]
            named = command.requirements[0].name if len(command.requirements) == 1 else subject.project
            yield make(
                rule,
                PackageRef(named),
                summary.format(path=file.path, text=command.text, url=command.url or "a place that is not written out"),
                (evidence(command.location, "pinned" if command.pinned else "not pinned", text=command.text),),
                key=(file.path, command.text),
                severity="low" if command.pinned else None,
            )
        yield Coverage(META.id, file.path, "checked")
    if not installing:
        yield Coverage(META.id, "project", "checked", "no file of the project installs anything outside manifests")
    for package in subject.graph.packages:
        yield Coverage(META.id, str(package), "not-applicable", "this check reads files of the project")
