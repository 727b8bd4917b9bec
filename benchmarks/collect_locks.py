"""Real uv.lock files for ``benchmarks/locks.py``, from clones of repositories and from source releases.

    python benchmarks/collect_locks.py FOLDER [--clone REPOSITORY…] [--sdist NAME…]

Of each clone (bare ones too), the newest commit's ``uv.lock`` and ``pyproject.toml`` files are written below FOLDER,
each where it stands in the repository; of each source release on the index, the same, where it ships a lock at its top.
Releases are read in memory and nothing else of them is written. FOLDER should lie outside of any repository: they are
other people's files, and uv looks for a workspace in the folders above.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from packaging.utils import canonicalize_name

from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import from_environment
from scanner.model.errors import NetworkError
from scanner.model.versions import parse_version

WANTED = frozenset({"uv.lock", "pyproject.toml"})
MAX_BYTES = 64 * 1024 * 1024


def git(repository: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, check=True).stdout


def of_clone(repository: Path) -> Iterator[tuple[str, bytes]]:
    """(path, body) of each wanted file of the newest commit. Links, and what the clone lacks, are left out."""
    for entry in git(repository, "ls-tree", "-r", "-z", "HEAD").decode("utf-8", "replace").split("\0"):
        attributes, _, path = entry.partition("\t")
        if PurePosixPath(path).name in WANTED and attributes.startswith("100"):
            try:
                yield path, git(repository, "cat-file", "blob", attributes.split()[2])
            except subprocess.CalledProcessError:
                print(f"  {repository}: {path} is not in this clone", file=sys.stderr)


def of_release(name: str, client: IndexClient) -> Iterator[tuple[str, bytes]]:
    """(path below the top folder, body) of each wanted file of the newest source release."""
    page = client.project(canonicalize_name(name))
    known = [(parsed, one) for one in page.artifacts if one.kind == "sdist" and (parsed := parse_version(one.version))]
    final = [one for one in known if not one[0].is_prerelease]
    if not final:
        return
    artifact = max(final, key=lambda one: one[0])[1]
    if not artifact.filename.endswith(".tar.gz"):
        return
    body = Path(client.fetch(artifact).path).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            if member.isfile() and path.name in WANTED and member.size <= MAX_BYTES and ".." not in path.parts:
                opened = archive.extractfile(member)
                yield "/".join(path.parts[1:]), opened.read() if opened else b""


def write(folder: Path, files: dict[str, bytes]) -> int:
    """The number of locks written; a project without any is left out."""
    locks = [path for path in files if PurePosixPath(path).name == "uv.lock"]
    for path, body in files.items() if locks else ():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    return len(locks)


def clone_name(repository: Path) -> str:
    return repository.parent.name if repository.name in (".git", "repo") else repository.name


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clone", nargs="+", default=[], type=Path, metavar="REPOSITORY")
    parser.add_argument("--sdist", nargs="+", default=[], metavar="NAME")
    chosen = parser.parse_args()
    projects = locks = 0
    for repository in chosen.clone:
        found = write(chosen.folder / clone_name(repository), dict(of_clone(repository)))
        projects, locks = projects + bool(found), locks + found
    with IndexClient(from_environment(), Cache.default()) as client:
        for name in chosen.sdist:
            try:
                files = dict(of_release(name, client))
            except (NetworkError, tarfile.TarError) as error:
                print(f"  {name}: {error}", file=sys.stderr)
                continue
            found = write(chosen.folder / f"sdist-{name}", files if "uv.lock" in files else {})
            projects, locks = projects + bool(found), locks + found
    print(f"{locks} locks of {projects} projects")
    return 0


if __name__ == "__main__":
    sys.exit(main())
