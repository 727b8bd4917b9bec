"""The package index: pages, metadata and artifacts, from the cache where that is right, else over HTTP.

Source: the Simple repository API (PEP 503, 691, 700, 714, 740, 792). Safe to use from several threads.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from packaging.utils import NormalizedName

from scanner.files import open_regular
from scanner.index import eviction
from scanner.index.archive import open_archive
from scanner.index.cache import Cache
from scanner.index.config import IndexConfig
from scanner.index.errors import IntegrityError, NotFoundError, OfflineError
from scanner.index.http import Http
from scanner.index.metadata import MAX_METADATA_BYTES, parse_metadata, sdist_metadata
from scanner.index.needs import Needs, NeedsStore, needs_of
from scanner.index.pages import ACCEPT, parse_page
from scanner.index.remote_zip import read_wheel_metadata
from scanner.model.artifact import Artifact
from scanner.model.errors import InputError, NetworkError
from scanner.model.known import NotKnown
from scanner.model.numbers import plain_number
from scanner.model.release import CoreMetadata, FetchedArtifact, MetadataOrigin, ProjectPage
from scanner.model.requirement import Hash
from scanner.model.urls import beside, redact, without_user

PAGE_AGE = 600.0
SDIST_FORM = 4
"""Goes up when the static reading of sdists changes, so that what an older release read is read again."""
MAX_ARTIFACT_BYTES = 4 * 1024**3
EXTRA_ALGORITHMS = ("md5", "sha1", "sha384", "sha512")


class IndexClient:
    """Asks every configured index; the files of all of them compete, as they do for pip."""

    def __init__(self, config: IndexConfig, cache: Cache, *, offline: bool = False) -> None:
        self.config = config
        self.offline = offline
        self._cache = cache
        self._http = Http(config)
        self._pages: dict[NormalizedName, ProjectPage | NetworkError] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self._needs = NeedsStore(cache)
        self._read: dict[str, Needs] = {}
        """What was read in this run, by URL: also of files whose bytes nobody has hashed."""
        self._hashed: dict[str, FetchedArtifact] = {}
        """What of the store was hashed in this run, by its digest."""
        self._proven: set[str] = set()
        """URLs of files whose metadata was read from bytes that have the digest in their key."""

    def __enter__(self) -> IndexClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._needs.flush()
        self._http.close()
        if self._http.bytes_received:
            # Whoever fetched nothing made the cache no larger.
            eviction.prune(self._cache.folder, eviction.limit())

    @property
    def bytes_received(self) -> int:
        """Bytes of bodies received from the network so far."""
        return self._http.bytes_received

    def project(self, name: NormalizedName) -> ProjectPage:
        """The project's page. Raises :class:`NotFoundError`, :class:`OfflineError` or another :class:`NetworkError`."""
        with self._lock(f"page {name}"):
            if name not in self._pages:
                try:
                    self._pages[name] = self._ask_indexes(name)
                except NetworkError as error:
                    self._pages[name] = error
            found = self._pages[name]
        if isinstance(found, NetworkError):
            raise found
        return found

    def at_hand(self, name: NormalizedName) -> bool:
        """True where the project's page can be had without asking an index."""
        return name in self._pages or any(
            self._cache.page_age(redact(f"{index}/{name}/")) < PAGE_AGE for index in self.config.urls[:1]
        )

    def metadata(self, artifact: Artifact) -> CoreMetadata | NotKnown:
        """Core metadata: PEP 658, else a range read of the wheel, else the whole file. Raises :class:`NetworkError`."""
        if artifact.kind == "wheel":
            with self._lock(f"metadata {artifact.url}"):
                origin: MetadataOrigin = "wheel" if artifact.metadata_hashes is None else "pep658"
                return parse_metadata(self._wheel_metadata(artifact), origin)
        if artifact.kind == "sdist":
            return self._sdist_metadata(artifact)
        return NotKnown("its only file is neither a wheel nor an sdist")

    def needs(self, name: NormalizedName, artifact: Artifact) -> Needs | NotKnown:
        """What a file of that project needs, parsed; why that is not known. Raises :class:`NetworkError`."""
        held = self._held_needs(name, artifact)
        if held is not None:
            return held
        metadata = self.metadata(artifact)
        requires = metadata if isinstance(metadata, NotKnown) else metadata.requires_dist
        if isinstance(requires, NotKnown):
            return requires
        found = needs_of(requires)
        if isinstance(found, NotKnown):
            return found
        self._read[artifact.url] = found
        if artifact.url in self._proven:
            self._needs.add(name, self._needs_key(artifact), found)
        return found

    def needs_at_hand(self, name: NormalizedName, artifact: Artifact) -> bool:
        """True where :meth:`needs` answers without reading a file or asking an index."""
        return self._held_needs(name, artifact) is not None

    def _held_needs(self, name: NormalizedName, artifact: Artifact) -> Needs | None:
        held = self._read.get(artifact.url)
        return held if held is not None else self._needs.get(name, self._needs_key(artifact))

    @staticmethod
    def _needs_key(artifact: Artifact) -> str:
        """The digest of the bytes that state the needs. Under it stands only what was read from bytes that *we* hashed
        to it: what an index claims of a file is a question to the cache, never an answer of it."""
        if artifact.kind == "sdist":
            digest = artifact.digest("sha256")
            return f"{SDIST_FORM} {digest}" if digest else ""
        digest = _metadata_digest(artifact)
        return f"metadata {digest}" if digest else ""

    def fetch(self, artifact: Artifact) -> FetchedArtifact:
        """The artifact's bytes in the local store, with the digests that they really have.

        Bytes that are not those promised come back as they are, under their own digest: the check ``pins`` holds them
        against index and lock and rejects. Raises :class:`OfflineError` or another :class:`NetworkError`.
        """
        promised = artifact.digest("sha256")
        with self._lock(f"artifact {promised or artifact.url}"):
            stored = self._stored(artifact, promised) if promised else None
            if stored is not None:
                return stored
            if self.offline:
                raise OfflineError("no network is used, and the cache does not have the file", where=artifact.filename)
            return self._download(artifact)

    def provenance(self, artifact: Artifact) -> bytes | NotKnown | None:
        """The PEP 740 provenance of a file: its bytes, ``None`` where the index says there is none, else not known."""
        if artifact.provenance is None or isinstance(artifact.provenance, NotKnown):
            return artifact.provenance
        key = artifact.provenance
        held = self._cache.value("provenance", key)
        if held is not None:
            return held
        if self.offline:
            return NotKnown("no network is used, and the cache does not have it")
        body = self._http.get(key, {"Accept": "application/vnd.pypi.integrity.v1+json"}).body
        self._cache.keep_value("provenance", key, body)
        return body

    def _ask_indexes(self, name: NormalizedName) -> ProjectPage:
        missing: NetworkError | None = None
        pages: list[ProjectPage] = []
        for index in self.config.urls:
            try:
                pages.append(self._page(name, index))
            except NotFoundError as error:
                missing = error
        if not pages and missing is None:
            raise NetworkError(
                "no index is asked: no-index is configured", remedy="Unset PIP_NO_INDEX and UV_NO_INDEX."
            )
        if not pages:
            assert missing is not None
            raise missing
        return pages[0] if len(pages) == 1 else _merged(pages)

    def _page(self, name: NormalizedName, index: str) -> ProjectPage:
        url = f"{index}/{name}/"
        shown = redact(url)
        cached = self._cache.page(shown)
        fresh = cached is not None and 0 <= time.time() - cached.stored < PAGE_AGE
        if cached is not None and (fresh or self.offline):
            return cached.page
        if self.offline:
            raise OfflineError("no network is used, and the cache does not have the page", where=shown)
        headers = {"Accept": ACCEPT}
        if cached is not None and cached.etag:
            headers["If-None-Match"] = cached.etag
        elif cached is not None and cached.last_modified:
            headers["If-Modified-Since"] = cached.last_modified
        answer = self._http.get(url, headers)
        signed = False
        if answer.status == 304 and cached is not None:
            page = cached.page
        else:
            page = parse_page(
                name, redact(index), without_user(answer.url), answer.body, answer.headers.get("Content-Type", "")
            )
            # Signed links are secrets for a while: such a page is asked for again, and never lies on the disk.
            signed = any("?" in one.url and redact(one.url) != one.url for one in page.artifacts)
            page = page.packed()
        etag, modified = answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", "")
        if not signed:
            self._cache.keep_page(shown, page, etag, modified)
        return page

    def _wheel_metadata(self, artifact: Artifact) -> bytes:
        if artifact.metadata_hashes is not None:
            return self._stated_metadata(artifact)
        promised = artifact.digest("sha256")
        if promised and self._cache.artifact(promised).exists():
            with self._lock(f"artifact {promised}"):
                stored = self._stored(artifact, promised)
            if stored is not None:
                return self._metadata_inside(artifact, Path(stored.path))
        if self.offline:
            raise OfflineError("no network is used, and the cache does not have its metadata", where=artifact.filename)
        try:
            return read_wheel_metadata(
                self._size(artifact), lambda a, b: self._range(artifact, a, b), MAX_METADATA_BYTES
            )
        except NotFoundError:
            raise
        except NetworkError:
            # A server without ranges: the whole file says the same, and the checks need it anyway.
            return self._metadata_inside(artifact, Path(self.fetch(artifact).path))

    def _stated_metadata(self, artifact: Artifact) -> bytes:
        """``<url>.metadata`` (PEP 658), held against every digest that the page states of it."""
        digest = _metadata_digest(artifact)
        fresh = False
        body = self._cache.value("metadata", f"sha256 {digest}") if digest else None
        if body is None or hashlib.sha256(body).hexdigest() != digest:
            if self.offline:
                what = "no network is used, and the cache does not have its metadata"
                raise OfflineError(what, where=artifact.filename)
            body = self._http.get(beside(artifact.url, ".metadata")).body
            fresh = True
        for promised in artifact.metadata_hashes or ():
            if hashlib.new(promised.algorithm, body, usedforsecurity=False).hexdigest() != promised.value:
                what = f"its metadata has another {promised.algorithm} digest than the index says"
                raise IntegrityError(what, where=redact(artifact.url))
        if digest:
            self._proven.add(artifact.url)
        if digest and fresh:
            self._cache.keep_value("metadata", f"sha256 {digest}", body)
        return body

    @staticmethod
    def _metadata_inside(artifact: Artifact, path: Path) -> bytes:
        try:
            with open_archive(path, artifact.filename) as archive:
                wanted = [
                    m for m in archive.members if m.path.endswith(".dist-info/METADATA") and m.path.count("/") == 1
                ]
                body = archive.read(wanted[0], MAX_METADATA_BYTES) if len(wanted) == 1 else None
        except InputError as error:
            raise NetworkError(error.what, where=artifact.filename) from error
        if body is None:
            raise NetworkError("the wheel does not have exactly one METADATA", where=artifact.filename)
        return body

    def _sdist_metadata(self, artifact: Artifact) -> CoreMetadata | NotKnown:
        key = f"{SDIST_FORM} {artifact.digest('sha256')}"
        held = self._cache.value("sdist-metadata", key) if artifact.digest("sha256") else None
        if held is not None:
            with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                decoded = msgspec.msgpack.decode(held, type=CoreMetadata)
                self._proven.add(artifact.url)
                return decoded
        fetched = self.fetch(artifact)
        try:
            with open_archive(fetched.path, artifact.filename) as archive:
                found = sdist_metadata(archive)
        except InputError as error:
            return NotKnown(f"its sdist cannot be read: {error.what}")
        if found and artifact.digest("sha256") == fetched.sha256:
            self._cache.keep_value("sdist-metadata", key, msgspec.msgpack.encode(found))
            self._proven.add(artifact.url)
        return found

    def _size(self, artifact: Artifact) -> int:
        if isinstance(artifact.size, int):
            return artifact.size
        with self._http.stream(artifact.url, {"Range": "bytes=0-0"}, listed=not artifact.direct) as answer:
            total = plain_number(answer.headers.get("Content-Range", "").rpartition("/")[2])
        if total is None:
            raise NetworkError("the server does not answer range requests", where=redact(artifact.url))
        return total

    def _range(self, artifact: Artifact, start: int, end: int) -> bytes:
        headers = {"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
        with self._http.stream(artifact.url, headers, listed=not artifact.direct) as answer:
            if answer.status_code != 206:
                raise NetworkError("the server does not answer range requests", where=redact(artifact.url))
            return b"".join(self._http.chunks(answer, artifact.url, end - start, decode=False))

    def _download(self, artifact: Artifact) -> FetchedArtifact:
        digests = _digests(artifact)
        size = 0
        handle, name = tempfile.mkstemp(dir=self._cache.temporary())
        temporary = Path(name)
        try:
            # As the file lies there: a server that calls a .tar.gz "packed for the way" would have it unpacked.
            plain = {"Accept-Encoding": "identity"}
            with (
                os.fdopen(handle, "wb") as opened,
                self._http.stream(artifact.url, plain, listed=not artifact.direct) as answer,
            ):
                for chunk in self._http.chunks(answer, artifact.url, MAX_ARTIFACT_BYTES, decode=False):
                    opened.write(chunk)
                    size += len(chunk)
                    for digest in digests.values():
                        digest.update(chunk)
            target = self._cache.artifact(digests["sha256"].hexdigest())
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(target)
        except OSError as error:
            raise NetworkError(f"the file cannot be stored: {error.strerror}", where=str(self._cache.folder)) from error
        finally:
            temporary.unlink(missing_ok=True)
        further = tuple((key, one.hexdigest()) for key, one in digests.items() if key != "sha256")
        return FetchedArtifact(artifact, str(target), digests["sha256"].hexdigest(), size, further)

    def _stored(self, artifact: Artifact, promised: str) -> FetchedArtifact | None:
        """The file of the store, hashed again; ``None`` where it is not there, or is damaged and so removed."""
        path, digests, size = self._cache.artifact(promised), _digests(artifact), 0
        held = self._hashed.get(promised)
        if held is not None and held.artifact == artifact and path.exists():
            return held
        try:
            with open_regular(path, follow=False) as opened:
                while chunk := opened.read(1024 * 1024):
                    size += len(chunk)
                    for digest in digests.values():
                        digest.update(chunk)
            eviction.used(path)
        except OSError:
            return None
        found = {key: one.hexdigest() for key, one in digests.items()}
        if found["sha256"] != promised:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            return None
        further = tuple((key, one) for key, one in found.items() if key != "sha256")
        self._hashed[promised] = FetchedArtifact(artifact, str(path), promised, size, further)
        return self._hashed[promised]

    def _lock(self, key: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(key, threading.Lock())


def _merged(pages: Sequence[ProjectPage]) -> ProjectPage:
    """One page of the files of all: the best version wins, wherever it lies, and of equal files the first listed."""
    files: dict[tuple[str, tuple[Hash, ...]], Artifact] = {}
    for page in pages:
        for artifact in page.artifacts:
            files.setdefault((artifact.filename, artifact.hashes), artifact)
    first = pages[0]
    versions = dict.fromkeys(version for page in pages for version in page.versions)
    status = next((one for one in pages if one.status in ("quarantined", "archived", "deprecated")), first)
    return ProjectPage(
        first.name, first.index, tuple(files.values()), tuple(versions), status.status, status.status_reason
    )


def _metadata_digest(artifact: Artifact) -> str:
    """The SHA-256 that the page states of ``<url>.metadata``, or the empty string."""
    return next((one.value for one in artifact.metadata_hashes or () if one.algorithm == "sha256"), "")


def _digests(artifact: Artifact) -> dict[str, hashlib._Hash]:
    """SHA-256, and whatever else the artifact's promises are stated in, that this Python can compute."""
    names = {one.algorithm for one in artifact.hashes} & set(EXTRA_ALGORITHMS)
    return {name: hashlib.new(name, usedforsecurity=False) for name in ("sha256", *sorted(names))}
