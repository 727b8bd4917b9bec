"""What a distribution says of itself against its file name and its content: name, version, tags, purity."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.integrity.contents import Contents
from scanner.integrity.wheel import disagreements, is_pure, tag_disagreement
from scanner.model.artifact import ArtifactKind
from scanner.model.finding import Confidence, Severity
from scanner.model.package import Package

LIBRARY_SUFFIXES = (".so", ".pyd", ".dylib")
Said = tuple[str, str, tuple[str, ...], Severity | None, Confidence, tuple[tuple[str, str], ...]]


def self_findings(contents: Contents, kind: ArtifactKind, package: Package) -> Iterator[Said]:
    """(rule, summary, members, severity or the rule's own, confidence, details) for each contradiction."""
    filename = contents.filename
    for one, what in disagreements(contents, kind, package.name):
        said = one.name if what == "name" else one.version
        rule = "archives/name-differs" if what == "name" else "archives/version-differs"
        summary = f"{filename}: {one.where} states the {what} {said or '(none)'!r}."
        yield rule, summary, (one.where,), None, "certain", (("stated", said),)
    if kind != "wheel":
        return
    tags = tag_disagreement(contents)
    if tags is not None:
        outside, inside = (", ".join(side[:6]) for side in tags)
        summary = f"{filename}: its WHEEL file states other tags than its name."
        details = (("file name", outside), ("WHEEL", inside))
        yield "archives/tags-differ", summary, ("WHEEL",), None, "certain", details
    if is_pure(contents):
        native = sorted(one.path for one in contents.files.values() if one.native)
        libraries = [path for path in native if path.lower().endswith(LIBRARY_SUFFIXES)]
        if native:
            summary = f"{filename} says that it runs anywhere and holds {len(native)} native file(s)."
            # Launchers for Windows are shipped by many pure tools; a library that Python loads is not.
            severity: Severity = "medium" if libraries else "low"
            yield "archives/native-in-pure", summary, tuple(libraries + native)[:20], severity, "high", ()
