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
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import tomli
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from scanner.inputs.discover import discover
from scanner.model.environment import TargetEnvironment
from scanner.model.errors import AssayError
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
        yield from sorted(one.parent for one in path.rglob("uv.lock") if (one.parent / "pyproject.toml").is_file())


def by_uv(uv: str, folder: Path, target: TargetEnvironment, options: tuple[str, ...]) -> Names | str:
    command = [
        uv,
        "export",
        "--frozen",
        "--offline",
        "--no-hashes",
        "--no-header",
        "--no-annotate",
        "--quiet",
        "--no-config",
    ]
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
    twice = sorted(name for name, count in Counter(name for name, _ in found).items() if count > 1)
    if twice:
        # Of conflicting groups uv writes all forks into one list, which no installer takes.
        return f"uv lists two versions at once of {', '.join(twice[:4])}: these roots conflict, and are compared alone"
    return frozenset(found)


def names(packages: Iterable[Package]) -> Names:
    """Packages that are not parts of the workspace; those of a URL or repository without a version."""
    return frozenset(
        (str(one.name), one.version if one.source.kind == "index" else "")
        for one in packages
        if one.source.kind != "path"
    )


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
    return names(resolution.graph.installation((*alone, *chosen)))


def workspace_above(folder: Path) -> str:
    """The folder of the workspace that this one is a member of, whose lock uv reads instead; empty for none."""
    for above in folder.resolve().parents:
        if (above / "uv.lock").is_file():
            content = tomli.loads((above / "uv.lock").read_text("utf-8"))
            inside = folder.resolve().relative_to(above).as_posix()
            if any(inside in one.get("source", {}).values() for one in content.get("package", [])):
                return str(above)
    return ""


def members(folder: Path) -> tuple[frozenset[str], frozenset[str]]:
    """The projects that are the workspace's own (others of the lock are folders elsewhere that it refers to), and those
    of them whose folder is not here: uv needs it, assay needs the lock alone."""
    content = tomli.loads((folder / "uv.lock").read_text("utf-8"))
    places = {one["name"]: set(one.get("source", {}).values()) for one in content.get("package", [])}
    named = content.get("manifest", {}).get("members")
    own = named or [name for name, place in places.items() if "." in place]
    missing = (
        name for name in own if not any((folder / place / "pyproject.toml").is_file() for place in places.get(name, ()))
    )
    return frozenset(own), frozenset(missing)


def each_root(folder: Path, resolution: Resolution) -> Iterator[Question]:
    graph, (own, missing) = resolution.graph, members(folder)
    shared = {one.group for one in graph.roots if one.kind == "group" and " " in one.project}
    for group in sorted(shared):
        same = [one for one in graph.roots if one.kind == "group" and one.group == group]
        yield ("--all-packages", "--only-group", group), names(graph.reachable(same))
    for root in graph.roots:
        if root.project not in own - missing:
            continue  # The root of a workspace that is no project (its groups are asked for above), or a sibling.
        choice = () if root.kind == "dependencies" else (f"--{root.kind}", root.group)
        yield ("--package", root.project, "--no-default-groups", *choice), names(resolution.graph.installation([root]))


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
            return "no set of uv", [f"  {' '.join(options) or 'plain'}: {theirs}"]
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
        if above := workspace_above(folder):
            print(f"{label:60} left out: a member of {above}, whose lock uv reads instead")
            continue
        if "[[package]]" not in (folder / "uv.lock").read_text("utf-8"):
            print(f"{label:60} left out: its lock holds no package")
            continue
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
        for question in each_root(folder, resolution):
            cell, more = tally.ask(chosen.uv, folder, target, question)
            asked, equal, notes = asked + 1, equal + ("=" in cell), notes + more
        print(f"{label:60} {one:>12} {two:>12} {f'{equal} of {asked}':>12}", flush=True)
        if missing := members(folder)[1]:
            notes.append(f"  left out, not in this clone (a submodule?): {len(missing)} projects of the workspace")
        print("\n".join(notes) + "\n" if notes else "", end="")
    print(
        f"{locks} locks: {tally.compared} sets compared, {tally.differing} differ;"
        f" {tally.refused} times uv gave no set to compare"
    )
    return 1 if tally.differing else 0


if __name__ == "__main__":
    sys.exit(main())
