"""The user's cache: pages with their validators, metadata by digest, and a content-addressed store of artifacts.

What lies here can change on the disk: pages and values carry a checksum over their key and their bytes, artifacts are
hashed when they are taken, and what is not as it was written is not there. Everything is written through a temporary
file and renamed: two processes at once, or a crash, leave whole files. Nothing secret is stored: keys are digests, and
bodies are what an index serves to everybody who may read it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from scanner.files import read_bounded
from scanner.model.digests import is_digest
from scanner.model.known import NotKnown
from scanner.model.release import ProjectPage, VersionFiles

MAX_VALUE_BYTES = 512 * 1024 * 1024
CHECKSUM_BYTES = 16
FORM = 5
"""Goes up when what is read from a page changes, so that pages read by an older release are asked for again."""


class CachedPage(msgspec.Struct, frozen=True, array_like=True):
    """A page as it was read: reading it again costs a hundredth of parsing it. ``stored`` is in seconds since 1970.

    Each release is its version and its files, which stay encoded until somebody asks for them.
    """

    form: int
    etag: str
    last_modified: str
    stored: float
    name: str
    index: str
    versions: tuple[str, ...]
    status: str | NotKnown
    status_reason: str
    releases: tuple[tuple[str, msgspec.Raw], ...]
    order: tuple[int, ...]

    @property
    def page(self) -> ProjectPage:
        return ProjectPage(
            canonicalize_name(self.name),
            self.index,
            versions=self.versions,
            status=self.status,
            status_reason=self.status_reason,
            releases=tuple(VersionFiles(version, stored=bytes(raw)) for version, raw in self.releases),
            order=self.order,
        )


class _Form(msgspec.Struct, frozen=True, array_like=True):
    form: int


class Cache:
    """A folder below the user's cache directory. Failures to write are silent: a cache is never needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def default(cls) -> Cache:
        """The platform's cache folder for ``assay``."""
        import platformdirs

        return cls(Path(platformdirs.user_cache_dir("assay", appauthor=False)))

    def page(self, key: str) -> CachedPage | None:
        body = self._read("pages", key)
        if body is None:
            return None
        try:
            # The form alone first: a page of another form has another shape.
            if msgspec.msgpack.decode(body, type=_Form).form != FORM:
                return None
            return msgspec.msgpack.decode(body, type=CachedPage)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    def page_age(self, key: str) -> float:
        """Seconds since the page was kept; infinite where it is not there."""
        try:
            age = time.time() - self._path("pages", key).stat().st_mtime
        except OSError:
            return float("inf")
        return age if age >= 0 else float("inf")

    def keep_page(self, key: str, page: ProjectPage, etag: str, last_modified: str) -> None:
        encode = msgspec.msgpack.encode
        cached = CachedPage(
            form=FORM,
            etag=etag,
            last_modified=last_modified,
            stored=time.time(),
            name=page.name,
            index=page.index,
            versions=page.versions,
            status=page.status,
            status_reason=page.status_reason,
            releases=tuple((one.version, msgspec.Raw(one.stored)) for one in page.releases),
            order=page.order,
        )
        self._write("pages", key, encode(cached))

    def value(self, kind: str, key: str) -> bytes | None:
        """A value that never changes for its key (metadata of an artifact, by the artifact's digest)."""
        return self._read(kind, key)

    def keep_value(self, kind: str, key: str, body: bytes) -> None:
        self._write(kind, key, body)

    def artifact(self, sha256: str) -> Path:
        """Where the artifact of that digest lies, whether or not it is there. Raises ``ValueError`` for no digest."""
        if not is_digest("sha256", sha256):
            raise ValueError("a path of the store is made of a SHA-256 digest only")
        return self.folder / "artifacts" / sha256[:2] / sha256

    def temporary(self) -> Path:
        """A folder on the same file system as the store, for downloads under way."""
        folder = self.folder / "artifacts" / "incoming"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _path(self, kind: str, key: str) -> Path:
        digest = hashlib.sha256(key.encode()).hexdigest()
        return self.folder / kind / digest[:2] / digest

    def _read(self, kind: str, key: str) -> bytes | None:
        try:
            stored = read_bounded(self._path(kind, key), MAX_VALUE_BYTES + CHECKSUM_BYTES + 1, follow=False)
        except OSError:
            return None
        body = stored[CHECKSUM_BYTES:]
        return body if stored[:CHECKSUM_BYTES] == _checksum(kind, key, body) else None

    def _write(self, kind: str, key: str, body: bytes) -> None:
        path = self._path(kind, key)
        if len(body) > MAX_VALUE_BYTES:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "wb") as opened:
                opened.write(_checksum(kind, key, body))
                opened.write(body)
            Path(name).replace(path)
        except OSError:
            return


def _checksum(kind: str, key: str, body: bytes) -> bytes:
    """Of the bytes and of what they are the value of: a file that lies in the place of another is not taken for it."""
    found = hashlib.blake2b(f"{kind}\0{key}\0".encode(), digest_size=CHECKSUM_BYTES)
    found.update(body)
    return found.digest()
