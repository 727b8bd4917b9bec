"""assay's graphs of uv.lock files against ``uv export``: the same packages, root by root?

    python benchmarks/locks.py [--uv PATH] FOLDER…

Each FOLDER holds a ``uv.lock`` beside its ``pyproject.toml``, or such folders anywhere below (``collect_locks.py``
gathers real ones). Three columns of sets are compared: what a plain ``uv export`` gives (the project with its default
groups), everything (all packages, extras and groups at once), and each root alone: every project of the lock without
groups, with each of its extras, and with each of its groups. Where extras conflict uv refuses everything at once, and
the third column is the fair comparison. No network is used. Exit code 1 where a set differs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import tomli
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from scanner.inputs.discover import discover
from scanner.model.environment import TargetEnvironment
from scanner.model.errors import AssayError
from scanner.model.graph import Root
from scanner.model.package import Package
from scanner.model.progress import Silent
from scanner.resolver.build import Resolution, ResolveOptions, build_graph
from scanner.resolver.target import target_environment

Names = frozenset[tuple[str, str]]
Question = tuple[tuple[str, ...], Names]
"""Options of ``uv export``, and the set that assay has for them."""
EVERYTHING = ("--all-packages", "--all-extras", "--all-groups")
PATHS = ("#", "-e ", "./", "../", "/", "file:")


def folders(given: Iterable[Path]) -> Iterator[Path]:
    for path in given:
        yield from sorted(one.parent for one in path.rglob("uv.lock"))


def by_uv(uv: str, folder: Path, target: TargetEnvironment, options: tuple[str, ...]) -> Names | str:
    command = [uv, "export", "--frozen", "--offline", "--no-hashes", "--no-header", "--no-annotate", "--quiet"]
    done = subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        return " ".join(done.stderr.split())[:200]
    found = set()
    for line in done.stdout.splitlines():
        text = line.strip()
        if not text or text.startswith(PATHS) or text == ".":
            continue
        try:
            parsed = Requirement(text)
        except InvalidRequirement:
            continue  # A path of the workspace.
        if parsed.marker and not parsed.marker.evaluate({**target.markers, "extra": ""}):
            continue
        if parsed.url and parsed.url.startswith("file:"):
            continue
        version = next((one.version for one in parsed.specifier if one.operator == "=="), "")
        found.add((str(canonicalize_name(parsed.name)), version))
    return frozenset(found)


def names(packages: Iterable[Package]) -> Names:
    """Packages that are not parts of the workspace; those of a URL or repository without a version."""
    return frozenset(
        (str(one.name), one.version if one.source.kind == "index" else "")
        for one in packages
        if one.source.kind != "path"
    )


def installed(resolution: Resolution, roots: Iterable[Root]) -> Names:
    return names(package for root in roots for package in resolution.graph.installation(root))


def plain(folder: Path, resolution: Resolution) -> Names:
    """What uv exports unasked: the project (in a workspace without one at its root, every member) with its default
    groups."""
    content = tomli.loads((folder / "pyproject.toml").read_text("utf-8"))
    named = content.get("tool", {}).get("uv", {}).get("default-groups", ["dev"])
    project = canonicalize_name(content.get("project", {}).get("name", ""))
    roots = [one for one in resolution.graph.roots if not project or canonicalize_name(one.project) == project]
    chosen = [one for one in roots if one.kind == "group" and (named == "all" or one.group in named)]
    grouped = {one.project for one in chosen}
    alone = [one for one in roots if one.kind == "dependencies" and one.project not in grouped]
    return installed(resolution, (*alone, *chosen))


def each_root(resolution: Resolution) -> Iterator[Question]:
    graph = resolution.graph
    shared = {one.group for one in graph.roots if one.kind == "group" and " " in one.project}
    for group in sorted(shared):
        same = [one for one in graph.roots if one.kind == "group" and one.group == group]
        yield ("--all-packages", "--only-group", group), names(graph.reachable(same))
    for root in graph.roots:
        if " " in root.project:
            continue  # A workspace whose root is no project: its groups are asked for above.
        choice = () if root.kind == "dependencies" else (f"--{root.kind}", root.group)
        yield ("--package", root.project, "--no-default-groups", *choice), installed(resolution, [root])


class Tally:
    """The sets compared so far, and what differed."""

    def __init__(self) -> None:
        self.compared = self.differing = self.refused = 0

    def ask(self, uv: str, folder: Path, target: TargetEnvironment, question: Question) -> tuple[str, list[str]]:
        """One set compared: a cell of the table, and lines that say what differs."""
        options, mine = question
        theirs = by_uv(uv, folder, target, options)
        if isinstance(theirs, str):
            self.refused += 1
            return "uv refuses", [f"  uv {' '.join(options)}: {theirs}"]
        self.compared += 1
        if mine == theirs:
            return f"{len(mine)} = {len(theirs)}", []
        self.differing += 1
        lines = [f"  {' '.join(options) or 'plain'}:"]
        lines += [f"    only assay: {one[0]} {one[1]}" for one in sorted(mine - theirs)[:8]]
        lines += [f"    only uv: {one[0]} {one[1]}" for one in sorted(theirs - mine)[:8]]
        return f"{len(mine)} / {len(theirs)}", lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--uv", default="uv")
    chosen = parser.parse_args()
    target = target_environment("3.12", "linux-x86_64")
    tally, locks = Tally(), 0
    print(f"{'lock':60} {'plain':>12} {'everything':>12} {'each root':>12}")
    for folder in folders(chosen.folders):
        label = folder.as_posix()[-60:]
        try:
            found = discover(folder / "uv.lock")
            with Silent().stage("") as advance:
                resolution = build_graph(found.files, None, target, ResolveOptions(), advance)
        except AssayError as error:
            print(f"{label:60} assay: {error.what[:120]}")
            tally.differing += 1
            continue
        locks += 1
        everything = names(resolution.graph.reachable(resolution.graph.roots))
        one, notes = tally.ask(chosen.uv, folder, target, ((), plain(folder, resolution)))
        two, more = tally.ask(chosen.uv, folder, target, (EVERYTHING, everything))
        equal = asked = 0
        notes += more
        for question in each_root(resolution):
            cell, more = tally.ask(chosen.uv, folder, target, question)
            asked, equal, notes = asked + 1, equal + ("=" in cell), notes + more
        print(f"{label:60} {one:>12} {two:>12} {f'{equal} of {asked}':>12}", flush=True)
        print("\n".join(notes) + "\n" if notes else "", end="")
    print(
        f"{locks} locks: {tally.compared} sets compared, {tally.differing} differ;"
        f" {tally.refused} times uv gave no set to compare"
    )
    return 1 if tally.differing else 0


if __name__ == "__main__":
    sys.exit(main())
