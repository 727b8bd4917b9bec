"""The graph as text: a tree, JSON, hashed requirements, a PEP 751 lock, Mermaid, Graphviz. Sorted throughout."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import msgspec

from scanner.model.artifact import Artifact
from scanner.model.environment import TargetEnvironment
from scanner.model.errors import UsageError
from scanner.model.graph import DependencyGraph, Node, Root
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile
from scanner.model.package import Package
from scanner.model.requirement import STRONG_ALGORITHMS
from scanner.model.urls import redact, redact_all
from scanner.resolver.build import Resolution
from scanner.resolver.releases import Allowed, allowed_by_locks

MAX_TREE_LINES = 20_000


class Resolved(msgspec.Struct, frozen=True, dict=True):
    """What a format shows: the resolution, the files that it came from, and the target that it holds for."""

    resolution: Resolution
    files: tuple[DependencyFile, ...]
    target: TargetEnvironment

    @property
    def graph(self) -> DependencyGraph:
        return self.resolution.graph

    @cached_property
    def allowed(self) -> dict[tuple[str, str], Allowed]:
        return allowed_by_locks(self.files)

    @cached_property
    def locked(self) -> dict[Package, dict[str, Artifact]]:
        """Package → file name → file, as the locks name them."""
        found: dict[Package, dict[str, Artifact]] = {}
        for file in self.files:
            for entry in file.locked:
                found.setdefault(entry.package, {}).update({one.filename: one for one in entry.artifacts})
        return found

    def artifacts(self, package: Package) -> tuple[Artifact, ...]:
        """The files with a strong digest that may be installed: those that the locks allow, else all of the index."""
        locked = self.locked.get(package, {})
        published = self.resolution.releases[package].artifacts
        listed = () if isinstance(published, NotKnown) else published
        allowed = self.allowed.get((package.name, package.version))
        digests = allowed.digests if allowed else frozenset()
        if digests:
            listed = tuple(one for one in listed if set(one.hashes) & digests)
        found = {**{one.filename: one for one in listed}, **locked}
        return tuple(found[name] for name in sorted(found) if _strong(found[name].hashes))

    def digests(self, package: Package) -> tuple[str, ...]:
        """Strong digests as ``sha256:…``; those of the locks where they give any, so that nothing is widened."""
        allowed = self.allowed.get((package.name, package.version))
        from_locks = _strong(allowed.digests) if allowed else ()
        return from_locks or tuple(sorted({each for one in self.artifacts(package) for each in _strong(one.hashes)}))


def _strong(hashes: Any) -> tuple[str, ...]:
    return tuple(sorted(str(one) for one in hashes if one.algorithm in STRONG_ALGORITHMS))


def tree(shown: Resolved) -> str:
    """Each root with what it brings in; a package that was shown before is named again without its own tree."""
    lines: list[str] = []
    expanded: set[tuple[Node, tuple[Node, ...]]] = set()
    for root in shown.graph.roots:
        lines.append(f"{root}  ({root.path})")
        below = shown.graph.dependencies(root, root)
        waiting: list[tuple[Node, Node, int]] = [(root, one, 1) for one in reversed(below)]
        while waiting and len(lines) < MAX_TREE_LINES:
            parent, node, depth = waiting.pop()
            asked = ", ".join(dict.fromkeys(one.requirement for one in shown.graph.edges(parent, node, root)))
            below = shown.graph.dependencies(node, root)
            again = bool(below) and (node, below) in expanded
            # Another project of the repository has a tree of its own.
            remark = "  (a root of its own)" if isinstance(node, Root) else "  (shown above)" if again else ""
            lines.append(f"{'  ' * depth}{node}  [{asked}]{remark}")
            if not remark:
                expanded.add((node, below))
                waiting.extend((node, one, depth + 1) for one in reversed(below))
    if len(lines) >= MAX_TREE_LINES:
        lines.append(f"(cut after {MAX_TREE_LINES} lines; --format json has everything)")
    return "\n".join(lines) + "\n"


def as_json(shown: Resolved) -> str:
    """Target, roots, packages with files and digests, edges with their places and the roots under
    which they hold, and what is not known."""
    graph = shown.graph
    content = {
        "target": {"python": shown.target.python_version, "platform": shown.target.platform},
        "roots": [{"id": str(one), "root": one} for one in graph.roots],
        "packages": [
            {
                "name": one.name,
                "version": one.version,
                "source": one.source,
                "files": [
                    {"filename": each.filename, "url": each.url, "hashes": _strong(each.hashes)}
                    for each in shown.artifacts(one)
                ],
                "hashes": shown.digests(one),
            }
            for one in graph.packages
        ],
        "edges": [
            {
                "from": str(parent),
                "to": str(child),
                "edge": edge,
                "roots": [str(one) for one in graph.roots_of(parent, child, edge)],
            }
            for parent, child, edge in graph.all_edges()
        ],
        "not_known": [one for one in shown.resolution.coverage if one.status == "not-checked"],
    }
    return msgspec.json.format(msgspec.json.encode(redact_all(content)), indent=2).decode() + "\n"


def requirements(shown: Resolved) -> str:
    """Pins with hashes, for ``pip install --require-hashes``. Raises :class:`UsageError` where versions clash."""
    _one_version_each(shown.graph)
    lines = [f"# resolved for CPython {shown.target.python_version} on {shown.target.platform}"]
    for package in shown.graph.packages:
        if package.source.kind != "index":
            at = f"@{package.source.commit}" if package.source.commit else ""
            lines.append(f"{package.name} @ {package.source.url}{at}")
            continue
        digests = shown.digests(package)
        if not digests:
            lines.append(f"# no strong hash is known of the next line: {_why_unhashed(shown, package)}")
        lines.append(" \\\n    ".join([str(package), *(f"--hash={one}" for one in digests)]))
    return "\n".join(lines) + "\n"


def _why_unhashed(shown: Resolved, package: Package) -> str:
    artifacts = shown.resolution.releases[package].artifacts
    return " ".join(artifacts.reason.split()) if isinstance(artifacts, NotKnown) else "neither lock nor index gives one"


def _one_version_each(graph: DependencyGraph) -> None:
    clashing = sorted({one.name for one in graph.packages if len(graph.versions_of(one.name)) > 1})
    if clashing:
        raise UsageError(
            f"its projects need several versions of {', '.join(clashing[:5])}, and this format holds one of each",
            where="--format",
            remedy="Name one project or file, or use --format json.",
        )


def pylock(shown: Resolved) -> str:
    """A PEP 751 lock. What has no digest cannot stand in one: it is named in a comment."""
    _one_version_each(shown.graph)
    lines = ['lock-version = "1.0"', 'created-by = "assay"']
    for package in shown.graph.packages:
        body = list(_pylock_source(shown, package))
        if not body:
            lines += ["", f"# left out, no strong hash is known: {' '.join(str(package).split())}"]
            continue
        version = [f"version = {_text(package.version)}"] if package.version else []
        lines += ["", "[[packages]]", f"name = {_text(package.name)}", *version, *body]
    if not any(one == "[[packages]]" for one in lines):
        lines.insert(2, "packages = []")
    return "\n".join(lines) + "\n"


def _pylock_source(shown: Resolved, package: Package) -> Iterator[str]:
    source = package.source
    inside = [f"subdirectory = {_text(source.subdirectory)}"] if source.subdirectory else []
    if source.kind == "vcs" and source.commit:
        kind, _, url = source.url.partition("+")
        yield from ("[packages.vcs]", f"type = {_text(kind)}", f"url = {_text(url)}")
        yield from (f"commit-id = {_text(source.commit)}", *inside)
    elif source.kind == "path":
        yield from ("[packages.directory]", f"path = {_text(source.url.removeprefix('file:') or '.')}", *inside)
    elif source.kind == "index":
        files = shown.artifacts(package)
        for one in [each for each in files if each.kind == "sdist"][:1]:
            yield from ("[packages.sdist]", *_pylock_file(one))
        for one in (each for each in files if each.kind == "wheel"):
            yield from ("[[packages.wheels]]", *_pylock_file(one))


def _pylock_file(one: Artifact) -> Iterator[str]:
    yield f"name = {_text(one.filename)}"
    if one.url:
        yield f"url = {_text(one.url)}"
    if isinstance(one.size, int):
        yield f"size = {one.size}"
    digests = ", ".join(f"{each.algorithm} = {_text(each.value)}" for each in one.hashes)
    yield f"hashes = {{{digests}}}"


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes, without surrogate pairs, and DEL escaped."""
    clean = redact(value).encode("utf-8", "replace").decode()
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")


def mermaid(shown: Resolved) -> str:
    """A Mermaid flowchart."""
    ids = _ids(shown.graph)
    lines = ["flowchart LR", *(f'  {key}["{_label(node)}"]' for node, key in ids.items())]
    pairs = dict.fromkeys((ids[parent], ids[child]) for parent, child, _ in shown.graph.all_edges())
    return "\n".join([*lines, *(f"  {parent} --> {child}" for parent, child in pairs)]) + "\n"


def dot(shown: Resolved) -> str:
    """A Graphviz digraph; roots are boxes."""
    ids = _ids(shown.graph)
    lines = ["digraph dependencies {", "  rankdir=LR;"]
    for node, key in ids.items():
        shape = "ellipse" if isinstance(node, Package) else "box"
        lines.append(f'  {key} [label="{_label(node)}", shape={shape}];')
    pairs = dict.fromkeys((ids[parent], ids[child]) for parent, child, _ in shown.graph.all_edges())
    return "\n".join([*lines, *(f"  {parent} -> {child};" for parent, child in pairs), "}"]) + "\n"


def _ids(graph: DependencyGraph) -> dict[Node, str]:
    nodes: Sequence[Node] = (*graph.roots, *graph.packages)
    return {node: f"n{number}" for number, node in enumerate(nodes)}


def _label(node: Node) -> str:
    """A label that cannot leave its quotes in either language."""
    return "".join(one if one.isalnum() or one in " ._-+=!/[]()@:" else "?" for one in str(node))


FORMATS: dict[str, Callable[[Resolved], str]] = {
    "tree": tree,
    "json": as_json,
    "requirements": requirements,
    "pylock": pylock,
    "mermaid": mermaid,
    "dot": dot,
}
