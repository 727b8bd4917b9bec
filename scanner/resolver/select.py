"""Which file of a release pip would install on the target: the best wheel by tag, else the sdist."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from packaging.specifiers import SpecifierSet
from packaging.utils import parse_wheel_filename

from scanner.model.artifact import Artifact
from scanner.model.environment import TargetEnvironment
from scanner.model.known import NotKnown


@functools.lru_cache(maxsize=8)
def _ranks(tags: tuple[str, ...]) -> dict[str, int]:
    return {tag: number for number, tag in enumerate(tags)}


def allows_python(requires_python: str, target: TargetEnvironment) -> bool:
    """True where the target's Python meets ``Requires-Python``; an unreadable specifier excludes nothing, as in pip."""
    if not requires_python:
        return True
    return _allows(requires_python, target.python_full_version)


@functools.lru_cache(maxsize=4096)
def _allows(requires_python: str, version: str) -> bool:
    try:
        return SpecifierSet(requires_python).contains(version, prereleases=True)
    except ValueError:
        return True


def rank(artifact: Artifact, target: TargetEnvironment) -> tuple[int, tuple[int, str]] | None:
    """How good a wheel is (smaller is better), ``None`` where the target cannot install it. sdists come last."""
    if artifact.kind == "wheel":
        try:
            _, _, build, tags = parse_wheel_filename(artifact.filename)
        except ValueError:
            return None
        ranks = _ranks(target.tags)
        found = [ranks[str(tag)] for tag in tags if str(tag) in ranks]
        number, suffix = build or (0, "")
        return (min(found), (-number, suffix)) if found else None
    if artifact.kind == "sdist":
        return (len(target.tags), (0 if artifact.filename.endswith(".tar.gz") else 1, ""))
    return None


def _differs(one: Artifact, other: Artifact) -> bool:
    """True where what is stated of two files of one name says that they are two, or does not say that they are one."""
    shared = {each.algorithm for each in one.hashes} & {each.algorithm for each in other.hashes}
    if shared:
        return any(one.digest(algorithm) != other.digest(algorithm) for algorithm in shared)
    return one.url.partition("?")[0] != other.url.partition("?")[0]


def choose(artifacts: Iterable[Artifact], target: TargetEnvironment) -> Artifact | NotKnown:
    """The file that pip would install, or why there is none."""
    candidates = list(artifacts)
    if not candidates:
        return NotKnown(
            "the index lists no file of this version", "Ask who removed it: a release that is gone is a sign."
        )
    allowed = [one for one in candidates if allows_python(one.requires_python, target)]
    ranked = [(key, one.filename, one) for one in allowed if (key := rank(one, target)) is not None]
    if ranked:
        key, filename, best = min(ranked, key=lambda found: found[:2])
        # Two indexes, or a page that lists a file twice: of the same one the first that was listed.
        if any(found[:2] == (key, filename) and _differs(found[2], best) for found in ranked):
            return NotKnown(
                f"{filename} is listed twice, and not as the same file: pip takes the last, others the first",
                "Do not install it; ask the index's owner why one name stands for two files.",
            )
        return best
    where = f"CPython {target.python_version} on {target.platform}"
    if not allowed:
        return NotKnown(f"no file of this version allows {where}", "Name the real target with --python-version.")
    return NotKnown(f"no file of this version can be installed on {where}", "Name the real target with --platform.")
