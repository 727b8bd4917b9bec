"""Undeclared dependencies: what scripts, container files, workflows and hooks install beside every manifest."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.checks.build import evidence, make
from scanner.checks.subject import PROJECT, CheckMeta, Outcome, Subject
from scanner.model.coverage import Coverage
from scanner.model.finding import PackageRef

META = CheckMeta(
    id="undeclared",
    title="Dependencies outside manifests",
    needs_network=False,
    category="source",
    scope=("project",),
    controls=("s2c2f-ing-1",),
)
RULES = {
    "install": ("undeclared/install", "{path} installs what no manifest declares: {text}"),
    "remote-script": ("undeclared/remote-script", "{path} runs a script straight from {url}."),
    "clone-install": ("undeclared/clone-install", "{path} clones {url} and installs it."),
}


def run(subject: Subject) -> Iterator[Outcome]:
    """A finding for each installing command; a coverage for the project, and one for each such file."""
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
    found = f"{len(installing)} file(s) install" if installing else "no file of the project installs"
    yield Coverage(META.id, PROJECT, "checked", f"{found} anything outside manifests")
