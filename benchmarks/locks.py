"""assay's graphs of uv.lock files against ``uv export``: the same packages, for plain installations and for everything?

    python benchmarks/locks.py [--uv PATH] FOLDER…

Each FOLDER holds a ``uv.lock`` beside its ``pyproject.toml`` (real projects; source releases that ship their lock are a
good supply), or such folders one level below. No network is used. Exit code 1 where a set differs.
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
from scanner.model.progress import Silent
from scanner.resolver.build import Resolution, ResolveOptions, build_graph
from scanner.resolver.target import target_environment

Names = frozenset[tuple[str, str]]
EVERYTHING = ("--all-packages", "--all-extras", "--all-groups")


def projects(given: Iterable[Path]) -> Iterator[Path]:
    for path in given:
        if (path / "uv.lock").is_file():
            yield path
        else:
            yield from sorted(one.parent for one in path.glob("*/uv.lock"))


def by_uv(uv: str, folder: Path, target: TargetEnvironment, options: tuple[str, ...]) -> Names | str:
    command = [uv, "export", "--frozen", "--offline", "--no-hashes", "--no-header", "--no-annotate", "--quiet"]
    done = subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        return " ".join(done.stderr.split())[:160]
    found = set()
    for line in done.stdout.splitlines():
        text = line.strip()
        if not text or text.startswith(("#", "-e ", "./", "../", "/")) or text == ".":
            continue
        try:
            parsed = Requirement(text)
        except InvalidRequirement:
            continue  # A path of the workspace.
        if parsed.marker and not parsed.marker.evaluate({**target.markers, "extra": ""}):
            continue
        version = next((one.version for one in parsed.specifier if one.operator == "=="), "")
        found.add((str(canonicalize_name(parsed.name)), version))
    return frozenset(found)


def by_assay(resolution: Resolution, roots: Iterable[Root]) -> Names:
    """Packages below the roots that are not parts of the workspace; those of a URL or repository without a version."""
    return frozenset(
        (str(one.name), one.version if one.source.kind == "index" else "")
        for one in resolution.graph.reachable(roots)
        if one.source.kind != "path"
    )


def is_default(root: Root, groups: frozenset[str], project: str) -> bool:
    mine = canonicalize_name(root.project) == project
    return mine and (root.kind == "dependencies" or (root.kind == "group" and root.group in groups))


def default_groups(folder: Path) -> tuple[str, frozenset[str]]:
    """The project's canonical name, and the groups that uv installs unasked."""
    content = tomli.loads((folder / "pyproject.toml").read_text("utf-8"))
    named = content.get("tool", {}).get("uv", {}).get("default-groups", ["dev"])
    every = content.get("dependency-groups", {}).keys()
    name = canonicalize_name(content.get("project", {}).get("name", folder.name))
    return str(name), frozenset(every if named == "all" else named)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--uv", default="uv")
    chosen = parser.parse_args()
    target = target_environment("3.12", "linux-x86_64")
    compared = differing = 0
    print(f"{'project':36} {'default':>15} {'everything':>15}")
    for folder in projects(chosen.folders):
        try:
            found = discover(folder / "uv.lock")
            with Silent().stage("") as advance:
                resolution = build_graph(found.files, None, target, ResolveOptions(), advance)
        except AssayError as error:
            print(f"{folder.name:36} assay: {error.what[:120]}")
            differing += 1
            continue
        name, groups = default_groups(folder)
        roots = resolution.graph.roots
        cells, notes = [], []
        for options, mine in (
            ((), by_assay(resolution, [one for one in roots if is_default(one, groups, name)])),
            (EVERYTHING, by_assay(resolution, roots)),
        ):
            theirs = by_uv(chosen.uv, folder, target, options)
            if isinstance(theirs, str):
                cells.append("uv refuses")
                notes.append(f"  uv: {theirs}")
                continue
            compared += 1
            differing += mine != theirs
            cells.append(f"{len(mine)} = {len(theirs)}" if mine == theirs else f"{len(mine)} / {len(theirs)}")
            notes += [f"  only assay: {one[0]} {one[1]}" for one in sorted(mine - theirs)[:8]]
            notes += [f"  only uv: {one[0]} {one[1]}" for one in sorted(theirs - mine)[:8]]
        print(f"{folder.name:36} {cells[0]:>15} {cells[1]:>15}")
        print("\n".join(notes) + "\n" if notes else "", end="")
    print(f"{compared} sets compared, {differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
