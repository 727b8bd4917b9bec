"""Locks of other ecosystems: npm, yarn, pnpm, cargo. Their packages are listed and not audited."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import tomli

from scanner.inputs.source import read_source
from scanner.model.errors import InputError
from scanner.model.known import NotKnown
from scanner.model.locked import SeenFile

REASON = "another ecosystem's file; its packages are listed and not audited"
MAX_LISTED = 5_000
MAX_CHARACTERS = 16 * 1024 * 1024
Pairs = Iterator[tuple[str, str]]


def _npm(text: str) -> Pairs:
    """``packages`` (lock versions 2 and 3), else ``dependencies`` (1), without recursion."""
    content = json.loads(text)
    packages = content.get("packages") if isinstance(content, dict) else None
    if isinstance(packages, dict):
        for path, one in packages.items():
            if path and isinstance(one, dict):
                yield path.rpartition("node_modules/")[2], str(one.get("version", ""))
        return
    waiting = [content]
    while waiting:
        table = waiting.pop()
        dependencies = table.get("dependencies") if isinstance(table, dict) else None
        for name, one in dependencies.items() if isinstance(dependencies, dict) else ():
            if isinstance(one, dict):
                yield name, str(one.get("version", ""))
                waiting.append(one)


def _npm_manifest(text: str) -> Pairs:
    content = json.loads(text)
    for key in ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies"):
        table = content.get(key) if isinstance(content, dict) else None
        for name, wanted in table.items() if isinstance(table, dict) else ():
            yield name, str(wanted)


def _yarn(text: str) -> Pairs:
    name = ""
    for line in text.splitlines():
        if line and not line.startswith((" ", "#", "__metadata")) and line.endswith(":"):
            name = re.sub(r"(?<=.)@.*", "", line.strip('":').partition(",")[0].strip('"'))
        elif name and (matched := re.match(r"\s+version:?\s+\"?([^\"\s]+)", line)):
            yield name, matched[1]
            name = ""


def _pnpm(text: str) -> Pairs:
    inside = False
    for line in text.splitlines():
        if line and not line[0].isspace():
            inside = line.startswith("packages:")
        elif inside and (
            matched := re.match(r"  ['\"]?/?((?:@[^/'\"]+/)?[^@/'\"\s]+)[@/]([^('\":]+)[^:]*['\"]?:", line)
        ):
            yield matched[1], matched[2]


def _cargo(text: str) -> Pairs:
    packages = tomli.loads(text).get("package", [])
    for one in packages if isinstance(packages, list) else ():
        if isinstance(one, dict):
            yield str(one.get("name", "")), str(one.get("version", ""))


_FORMATS: dict[str, tuple[str, Callable[[str], Pairs]]] = {
    "package-lock.json": ("npm lock", _npm),
    "npm-shrinkwrap.json": ("npm lock", _npm),
    "package.json": ("npm manifest", _npm_manifest),
    "yarn.lock": ("yarn lock", _yarn),
    "pnpm-lock.yaml": ("pnpm lock", _pnpm),
    "Cargo.lock": ("cargo lock", _cargo),
}


def is_seen(relative: str) -> bool:
    """True for a file of another ecosystem that is listed."""
    return PurePosixPath(relative).name in _FORMATS


def seen_file(root: Path, relative: str) -> SeenFile | None:
    """The inventory of another ecosystem's file, or ``None`` for any other file. Never an error."""
    found = _FORMATS.get(PurePosixPath(relative).name)
    if found is None:
        return None
    kind, pairs = found
    try:
        text = read_source(root, relative).text
        if len(text) > MAX_CHARACTERS:
            raise ValueError(f"it is larger than {MAX_CHARACTERS // 1024 // 1024} MiB")
        names = sorted({f"{name}=={version}"[:200] for name, version in pairs(text) if name})
    except (InputError, ValueError, RecursionError) as error:
        why = error.what if isinstance(error, InputError) else "it cannot be parsed"
        return SeenFile(relative, kind, REASON, NotKnown(why.partition("\n")[0]))
    clean = tuple(one.encode("utf-8", "replace").decode() for one in names[:MAX_LISTED])
    more = len(names) - MAX_LISTED
    reason = f"{REASON}; {more:,} of them are not listed either, for there are more than {MAX_LISTED:,}"
    return SeenFile(relative, kind, reason if more > 0 else REASON, len(names), clean)
