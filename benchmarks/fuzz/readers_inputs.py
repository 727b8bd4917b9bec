"""The readers of dependency files, of trees and of repositories. What is accepted goes on to the graph, offline."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha1
from pathlib import Path

from benchmarks.fuzz import seeds_locks as locks
from benchmarks.fuzz import seeds_manifests as manifests
from benchmarks.fuzz.reader import Reader, Seed
from benchmarks.fuzz.seeds_index import METADATA
from scanner.advisories.history import NOT_IN_HISTORY, locked_since
from scanner.checks import CHECKS
from scanner.gathering import Known, gather_subject
from scanner.inputs import sbom, undeclared
from scanner.inputs.discover import Discovery, discover, format_of
from scanner.inputs.ecosystems import seen_file
from scanner.inputs.git_index import tracked
from scanner.inputs.ignored import IgnoreRules
from scanner.inputs.installed import read_environment
from scanner.inputs.projects import contradictions
from scanner.integrity.install_sites import installation
from scanner.integrity.pins import pins_of
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile
from scanner.model.progress import Silent
from scanner.policy.policy import built_in_policy
from scanner.resolver.build import ResolveOptions, build_graph
from scanner.resolver.target import target_environment

TARGET = target_environment("3.11", "linux-x86_64")
OPTIONS = ResolveOptions()
KNOWN = Known(TARGET, built_in_policy().settings, datetime(2026, 1, 1, tzinfo=UTC))
OFFLINE_CHECKS = ("pins", "indexes", "manifests", "undeclared", "hygiene", "attestations")
"""Checks that say something of what the files alone tell, without an advisory database or any code."""
MANIFEST = b'[project]\nname = "app"\nversion = "1"\ndependencies = ["flask", "requests", "idna"]\n'


def put(folder: Path, name: str, body: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def followed(*files: DependencyFile) -> None:
    """What a run does with files that were read: the graph without an index, the pins, lock against manifest."""
    resolution = build_graph(files, None, TARGET, OPTIONS, lambda done, total: None)
    for file in files:
        pins_of(file)
    list(contradictions(files))
    found = Discovery("/nonexistent", files, (), ())
    subject = gather_subject(found, resolution, KNOWN, None, Silent())
    for check in CHECKS:
        if check.meta.id in OFFLINE_CHECKS:
            list(check.run(subject))


def file_reader(seed: Seed, folder: Path) -> bool:
    """One dependency file, with the files that it may name beside it."""
    put(folder, "other.txt", b"idna==3.7\n")
    put(folder, "constraints.txt", b"idna<4\n")
    put(folder, seed.name, seed.body)
    known = format_of(seed.name)
    assert known is not None
    file = known.read(folder, seed.name)
    if file.is_lock:
        put(folder, "pyproject.toml", MANIFEST)
        manifest = format_of("pyproject.toml")
        assert manifest is not None
        followed(file, manifest.read(folder, "pyproject.toml"))
    else:
        followed(file)
    return bool(file.groups or file.locked or file.options)


def bom(seed: Seed, folder: Path) -> bool:
    put(folder, seed.name, seed.body)
    file = sbom.read(folder, seed.name)
    followed(file)
    return bool(file.locked)


def installing(seed: Seed, folder: Path) -> bool:
    put(folder, seed.name, seed.body)
    file = undeclared.read(folder, seed.name)
    if file is not None:
        followed(file)
    installation(str(folder))
    return file is not None and bool(file.commands)


def seen(seed: Seed, folder: Path) -> bool:
    put(folder, seed.name, seed.body)
    file = seen_file(folder, seed.name)
    return file is not None and not isinstance(file.packages, NotKnown)


def whole_tree(seed: Seed, folder: Path) -> bool:
    """A project of several files, one of them changed, found as an audit finds it."""
    for one in project():
        put(folder, one.name, seed.body if one.name == seed.name else one.body)
    found = discover(folder)
    followed(*found.files)
    return bool(found.files)


def project() -> list[Seed]:
    return [
        Seed("pyproject.toml", "toml", manifests.PYPROJECT[0].encode()),
        Seed("uv.lock", "toml", locks.UV.encode()),
        Seed("requirements.txt", "text", b"-r requirements-dev.txt\nidna\n"),
        Seed("requirements-dev.txt", "text", b"-c constraints.txt\npytest\n"),
        Seed("constraints.txt", "text", b"pytest<9\n"),
        Seed("setup.py", "python", manifests.SETUP_PY[0].encode()),
        Seed("lib/setup.cfg", "text", manifests.SETUP_CFG.encode()),
        Seed(".gitignore", "text", b"build/\n"),
        Seed("Dockerfile", "text", b"RUN pip install idna==3.7\n"),
        Seed("bom.json", "json", b'{"bomFormat": "CycloneDX", "components": []}'),
    ]


def ignore_rules(seed: Seed, folder: Path) -> bool:
    put(folder, ".gitignore", seed.body)
    rules = IgnoreRules(folder)
    rules.enter(".")
    paths = ("dist", "a/x/y/b", "docs/_build", "venv311", "a" * 200, "cache/b.pyc", "é/\ud800", "#odd", "foo bar")
    answers = [rules.ignores(one, is_folder=is_folder) for one in paths for is_folder in (True, False)]
    return any(answers)


def git_index(seed: Seed, folder: Path) -> bool:
    put(folder, ".git/index", seed.body)
    return tracked(folder) is not None


def index_of(version: int) -> bytes:
    """A ``.git/index`` of two paths (gitformat-index(5))."""
    body, previous = struct.pack(">4sLL", b"DIRC", version, 2), b""
    for path in (b"build/keep.py", b"src/app.py"):
        fixed = b"\0" * 60
        if version == 4:
            common = 0  # nothing is shared with the path before
            body += fixed + struct.pack(">H", len(path)) + bytes([len(previous) - common]) + path[common:] + b"\0"
            previous = path
        else:
            entry = fixed + struct.pack(">H", len(path)) + path
            body += entry + b"\0" * (8 - len(entry) % 8)
    return body + sha1(body, usedforsecurity=False).digest()


def git_objects(seed: Seed, folder: Path) -> bool:
    """A repository of two commits, loose or packed, one of its files changed; asked when a lock got its line."""
    kind = seed.name.partition("/")[0]
    for name, body in _repository(kind).items():
        changed = f"{kind}/{name}" == seed.name
        raw = seed.body if changed else body
        loose = name.startswith("objects/") and "pack" not in name
        put(folder, f".git/{name}", zlib.compress(raw) if loose else raw)
    put(folder, "uv.lock", b"version = 1\nidna 3.7\n")
    return not locked_since(str(folder), "uv.lock", "3.7").startswith(NOT_IN_HISTORY)


def _repository(kind: str) -> dict[str, bytes]:
    objects: dict[str, tuple[bytes, bytes]] = {}

    def add(what: bytes, body: bytes) -> str:
        oid = sha1(what + b" %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
        objects[oid] = (what, body)
        return oid

    def commit(blob: bytes, parents: str) -> str:
        tree = add(b"tree", b"100644 uv.lock\0" + bytes.fromhex(add(b"blob", blob)))
        who = b"A <a@h.invalid> 1767225600 +0000"
        body = b"tree %s\n%sauthor %s\ncommitter %s\n\nlock\n" % (tree.encode(), parents.encode(), who, who)
        return add(b"commit", body)

    first = commit(b"version = 1\n", "")
    head = commit(b"version = 1\nidna 3.7\n", f"parent {first}\n")
    files = {
        "HEAD": b"ref: refs/heads/main\n",
        "refs/heads/main": f"{head}\n".encode(),
        "config": b"[core]\n\tbare = false\n",
    }
    if kind == "loose":
        for oid, (what, body) in objects.items():
            files[f"objects/{oid[:2]}/{oid[2:]}"] = what + b" %d\0" % len(body) + body
        return files
    files["objects/00/x"] = b""
    pack = struct.pack(">4sLL", b"PACK", 2, len(objects))
    offsets: dict[str, int] = {}
    crcs: dict[str, int] = {}
    for oid, (what, body) in objects.items():
        offsets[oid] = len(pack)
        number = {b"commit": 1, b"tree": 2, b"blob": 3}[what]
        size, head_bytes = len(body), bytearray()
        first_byte = number << 4 | size & 15
        size >>= 4
        while size:
            head_bytes.append(first_byte | 0x80)
            first_byte, size = size & 0x7F, size >> 7
        head_bytes.append(first_byte)
        entry = bytes(head_bytes) + zlib.compress(body)
        crcs[oid] = zlib.crc32(entry)
        pack += entry
    pack += (digest := sha1(pack, usedforsecurity=False).digest())
    names = sorted(objects)
    index = b"\xfftOc" + struct.pack(">L", 2)
    index += b"".join(struct.pack(">L", sum(int(one[:2], 16) <= n for one in names)) for n in range(256))
    index += b"".join(bytes.fromhex(one) for one in names) + b"".join(struct.pack(">L", crcs[one]) for one in names)
    index += b"".join(struct.pack(">L", offsets[one]) for one in names) + digest
    index += sha1(index, usedforsecurity=False).digest()
    return {**files, "objects/pack/pack-x.pack": pack, "objects/pack/pack-x.idx": index}


def _git_seeds() -> list[Seed]:
    return [
        Seed(f"{kind}/{name}", "bytes", body)
        for kind in ("loose", "packed")
        for name, body in _repository(kind).items()
        if name != "objects/00/x"
    ]


def environment(seed: Seed, folder: Path) -> bool:
    info = "lib/python3.11/site-packages/demo-1.0.dist-info"
    for one in _installed():
        put(folder, f"{info}/{one.name}", seed.body if one.name == seed.name else one.body)
    file = read_environment(folder)
    followed(file)
    return bool(file.locked)


def _installed() -> list[Seed]:
    direct = (
        b'{"url": "https://github.com/a/demo", "vcs_info": {"vcs": "git", "commit_id": "%s"}}' % locks.COMMIT.encode()
    )
    return [
        Seed("METADATA", "text", METADATA.encode()),
        Seed("direct_url.json", "json", direct),
        Seed("RECORD", "text", b"demo/__init__.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n"),
        Seed("INSTALLER", "text", b"pip\n"),
    ]


def _texts(name: str, form: str, *bodies: str) -> Callable[[], list[Seed]]:
    return lambda: [Seed(name, form, body.encode()) for body in bodies]


def readers() -> list[Reader]:
    boms = {"CycloneDX": locks.CYCLONEDX, "SPDX": locks.SPDX}
    return [
        Reader("requirements", 30, _texts("requirements.txt", "text", *manifests.REQUIREMENTS), file_reader),
        Reader("pyproject.toml", 60, _texts("pyproject.toml", "toml", *manifests.PYPROJECT), file_reader),
        Reader("uv.lock", 50, _texts("uv.lock", "toml", locks.UV), file_reader),
        Reader("poetry.lock", 50, _texts("poetry.lock", "toml", locks.POETRY_2, locks.POETRY_1), file_reader),
        Reader("pdm.lock", 35, _texts("pdm.lock", "toml", locks.PDM), file_reader),
        Reader("pylock.toml", 35, _texts("pylock.toml", "toml", locks.PYLOCK), file_reader),
        Reader("Pipfile", 25, _texts("Pipfile", "toml", manifests.PIPFILE), file_reader),
        Reader("Pipfile.lock", 30, lambda: [locks.as_json("Pipfile.lock", locks.PIPFILE_LOCK)], file_reader),
        Reader("setup.cfg", 35, _texts("setup.cfg", "text", manifests.SETUP_CFG), file_reader),
        Reader("setup.py", 45, _texts("setup.py", "python", *manifests.SETUP_PY), file_reader),
        Reader("environment.yml", 30, _texts("environment.yml", "text", manifests.ENVIRONMENT), file_reader),
        Reader("conda-lock.yml", 30, _texts("conda-lock.yml", "text", locks.CONDA), file_reader),
        Reader("SBOM", 60, lambda: [locks.as_json(f"{key}.json", one) for key, one in boms.items()], bom),
        Reader("installed environment", 30, _installed, environment),
        Reader(
            "installing files",
            50,
            lambda: [Seed(name, "text", one.encode()) for name, one in manifests.UNDECLARED],
            installing,
        ),
        Reader("other ecosystems", 40, lambda: list(locks.OTHERS), seen),
        Reader("tree", 12, project, whole_tree),
        Reader(".gitignore", 50, _texts(".gitignore", "text", manifests.GITIGNORE), ignore_rules),
        Reader(".git/index", 60, lambda: [Seed("index", "bytes", index_of(one)) for one in (2, 3, 4)], git_index),
        Reader("git objects", 25, _git_seeds, git_objects),
    ]
