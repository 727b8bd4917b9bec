"""Exposure: what the vendor's own files hold that an attacker would take, and whose code runs beside it.

A file of the project is an asset where the words of its path, or of the functions and classes that it defines,
are those of ``rules/assets.toml``. The packages that its imports bring into the same process follow from the graph.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import msgspec
import tomli

from scanner.model.graph import DependencyGraph
from scanner.model.package import Package
from scanner.model.report import Asset
from scanner.parsing import parse_python

MAX_ASSETS = 400
MAX_SOURCE_BYTES = 1024 * 1024
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SOURCE_SUFFIXES = frozenset({".py", ".ipynb", ".pyi"})
_TEST_FOLDERS = frozenset({"test", "tests", "testing", "docs"})


class AssetKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    title: str
    words: frozenset[str]
    data: frozenset[str]
    impact: str


class AssetKinds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    edition: str
    asset: tuple[AssetKind, ...]


def read_kinds(rules: Path) -> AssetKinds:
    """``assets.toml`` of the rule pack."""
    return msgspec.convert(tomli.loads((rules / "assets.toml").read_text(encoding="utf-8")), AssetKinds)


def words_of(text: str) -> frozenset[str]:
    """The lower-case words of a path or an identifier: ``RewardModel`` and ``reward_model`` give the same two."""
    return frozenset(word.lower() for word in _WORD.findall(text))


class Module(msgspec.Struct, frozen=True):
    """What a source file of the project defines and imports (top-level names of imports, and dotted local ones)."""

    defined: frozenset[str]
    imported: frozenset[str]


def read_module(source: bytes) -> Module:
    """Definitions and imports of a module; nothing where it cannot be parsed (the code check says so)."""
    try:
        tree = parse_python(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Module(frozenset(), frozenset())
    defined: set[str] = set()
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined |= words_of(node.name)
        elif isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imported.add(node.module)
            imported.update(f"{node.module}.{alias.name}" for alias in node.names)
    return Module(frozenset(defined), frozenset(imported))


def find_assets(
    files: Iterable[tuple[str, bytes]],
    kinds: AssetKinds,
    graph: DependencyGraph,
    providers: Mapping[str, Package],
) -> tuple[Asset, ...]:
    """Assets of the project, by path. ``files`` are (POSIX path, bytes) of the project's tree; ``providers`` maps the
    top-level import name to the package that installs it."""
    modules: dict[str, Module] = {}
    candidates: list[str] = []
    for path, body in files:
        pure = PurePosixPath(path)
        if _TEST_FOLDERS & {part.lower() for part in pure.parts[:-1]}:
            continue
        if pure.suffix == ".py" and len(body) <= MAX_SOURCE_BYTES:
            modules[path] = read_module(body)
        candidates.append(path)
    local = {dotted_name(path): path for path in modules}
    found: list[Asset] = []
    for path in sorted(candidates):
        matched = classify(path, modules.get(path), kinds)
        if matched is None:
            continue
        kind, why = matched
        beside = sorted(in_process(path, modules, local, graph, providers))
        found.append(Asset(kind.kind, path, why, tuple(str(one) for one in beside)))
    return tuple(found[:MAX_ASSETS])


def classify(path: str, module: Module | None, kinds: AssetKinds) -> tuple[AssetKind, str] | None:
    """The kind of asset that a file is, and the words that say so. The path speaks first, then what it defines."""
    pure = PurePosixPath(path)
    in_path = words_of(path)
    for kind in kinds.asset:
        holds = pure.suffix in _SOURCE_SUFFIXES or pure.suffix in kind.data or pure.name.startswith(".env")
        words = sorted(kind.words & in_path)
        if holds and words:
            return kind, f"its path says {', '.join(words)}"
    for kind in kinds.asset if module else ():
        words = sorted(kind.words & module.defined) if module else []
        if words:
            return kind, f"it defines {', '.join(words[:4])}"
    return None


def dotted_name(path: str) -> str:
    pure = PurePosixPath(path)
    parts = pure.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def in_process(
    path: str,
    modules: Mapping[str, Module],
    local: Mapping[str, str],
    graph: DependencyGraph,
    providers: Mapping[str, Package],
) -> frozenset[Package]:
    """Every package whose code can run in the process that runs this module: what it and the project's modules that it
    imports name, and all that those packages bring."""
    waiting, seen = [path], {path}
    direct: set[Package] = set()
    while waiting:
        module = modules.get(waiting.pop())
        for name in module.imported if module else ():
            if name in local and local[name] not in seen:
                seen.add(local[name])
                waiting.append(local[name])
            top = name.partition(".")[0]
            if top in providers:
                direct.add(providers[top])
    return graph.reachable(direct)
