"""The benign part of a corpus: newest wheels and sdists of the most downloaded projects.

Files come from the Simple API (PEP 691, with the sizes and upload times of PEP 700).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import requests
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from benchmarks.detection.archives import python_bytes, read_archive
from benchmarks.detection.manifest import Sample
from benchmarks.detection.split import canonical, half_of

ACCEPT = "application/vnd.pypi.simple.v1+json"
INDEX = "https://pypi.org/simple/"
SIZE_LIMIT = 30 << 20
#: Files uploaded later are not seen, so that the choice can be repeated.
AS_OF = "2026-11-24"


def _platform_rank(filename: str) -> int:
    """Which wheel of one release: pure Python, then a common Linux machine, then any other."""
    tags = filename.rsplit("-", 3)[1:]
    if tags[-1].startswith("any"):
        return 0
    if "x86_64" in tags[-1] and "linux" in tags[-1]:
        return 1 if "cp311" in tags[0] or tags[1].startswith("abi3") else 2
    return 3


def _wheel_version(filename: str) -> Version | None:
    try:
        return parse_wheel_filename(filename)[1]
    except (InvalidWheelFilename, ValueError):
        return None


def _sdist_version(filename: str) -> Version | None:
    try:
        return parse_sdist_filename(filename)[1]
    except (InvalidSdistFilename, ValueError):
        return None


def newest(files: Iterable[dict[str, Any]], kind: str, as_of: str) -> dict[str, Any] | None:
    """The file of ``kind`` of the newest final, not yanked release uploaded before ``as_of`` (a date, YYYY-MM-DD)."""
    version_of = _wheel_version if kind == "wheel" else _sdist_version
    found: list[tuple[Version, int, str, dict[str, Any]]] = []
    for file in files:
        version = version_of(file["filename"])
        uploaded = file.get("upload-time", "")
        if version is None or version.is_prerelease or file.get("yanked") or not uploaded or uploaded >= as_of:
            continue
        rank = _platform_rank(file["filename"]) if kind == "wheel" else 0
        found.append((version, -rank, file["filename"], file))
    return max(found, key=lambda one: one[:3])[3] if found else None


def _download(session: requests.Session, file: dict[str, Any], target: Path) -> bool:
    """Fetch one file within the size limit and check its hash; False where the index has it not, or larger."""
    if target.exists() and hashlib.sha256(target.read_bytes()).hexdigest() == file["hashes"].get("sha256"):
        return True
    with session.get(file["url"], stream=True, timeout=60) as response:
        if response.status_code != 200:
            return False
        data = bytearray()
        for chunk in response.iter_content(1 << 16):
            data += chunk
            if len(data) > SIZE_LIMIT:
                return False
    if hashlib.sha256(data).hexdigest() != file["hashes"].get("sha256"):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    target.chmod(0o600)
    return True


def _chosen(session: requests.Session, name: str, kinds: list[str], as_of: str) -> Iterator[tuple[str, dict[str, Any]]]:
    page = session.get(f"{INDEX}{name}/", headers={"Accept": ACCEPT}, timeout=60)
    if page.status_code != 200:
        return
    files = page.json()["files"]
    for kind in kinds:
        file = newest(files, kind, as_of)
        if file is not None and int(file.get("size") or 0) <= SIZE_LIMIT:
            yield kind, file


def collect(ranking: Path, corpus: Path, half: str, wheels: int, sdists: int, as_of: str = AS_OF) -> list[Sample]:
    """Walk the ranking (one name a line, most downloaded first) until there are enough wheels and sdists."""
    wanted = {"wheel": wheels, "sdist": sdists}
    samples: list[Sample] = []
    with requests.Session() as session:
        for line in ranking.read_text(encoding="utf-8").splitlines():
            name = canonical(line.strip())
            open_kinds = [kind for kind, count in wanted.items() if count > 0]
            if not open_kinds:
                break
            if not name or half_of(name) != half:
                continue
            for kind, file in _chosen(session, name, open_kinds, as_of):
                relative = Path("benign", f"{kind}s", Path(file["filename"]).name)
                try:
                    arrived = _download(session, file, corpus / relative)
                except requests.RequestException:
                    arrived = False
                if arrived:
                    wanted[kind] -= 1
                    samples.append(_sample(name, kind, file, relative, corpus))
    return samples


def _sample(name: str, kind: str, file: dict[str, Any], relative: Path, corpus: Path) -> Sample:
    files, _ = read_archive(corpus / relative)
    version = (_wheel_version if kind == "wheel" else _sdist_version)(file["filename"])
    return Sample(
        path=relative.as_posix(),
        name=name,
        version=str(version),
        label="benign",
        kind=kind,
        cluster="",
        source_bytes=python_bytes(files),
        sha256=file["hashes"]["sha256"],
        url=file["url"],
    )
