"""A project's page on an index: Simple API JSON (PEP 691, 700, 740, 792) and, as a fallback, HTML (PEP 503)."""

from __future__ import annotations

import codecs
import re
from typing import Any
from urllib.parse import unquote

import msgspec
from packaging.utils import NormalizedName

from scanner.index.anchors import joined, links_of
from scanner.model.artifact import Artifact
from scanner.model.errors import NetworkError
from scanner.model.known import NotKnown
from scanner.model.release import ProjectPage
from scanner.model.requirement import Hash
from scanner.model.urls import origin, redact, without_user
from scanner.model.versions import artifact_version

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
MAX_FILES = 200_000
MAX_SIZE = 2**63 - 1
"""Bytes: what no file has is no size, and could not be stored."""
LOGIN = (
    "Open the URL in a browser to see what it wants; put the user and the password, or a token, into the index URL or "
    "into ~/.netrc, then run again."
)
_STATED_DIGEST = re.compile(r"[#&](md5|sha1|sha224|sha256|sha384|sha512)=([^&]*)")
"""As pip reads it: anywhere in the fragment (``#egg=…&sha256=…``)."""
UNSAID = NotKnown("the index does not say")


def parse_page(name: NormalizedName, index: str, url: str, body: bytes, content_type: str) -> ProjectPage:
    """The page, whatever its form. Raises :class:`NetworkError` for what is no page."""
    kind, _, parameters = content_type.lower().partition(";")
    if "json" in kind:
        return _from_json(name, index, url, body)
    if "html" not in kind:
        # As pip does: what an index does not call a page is none.
        what = f"the answer is no page of an index, but {kind.strip()[:80] or 'of no content type'}"
        raise NetworkError(what, where=redact(url), remedy="Is it the URL of a Simple API root (…/simple)?")
    charset = next((one.partition("=")[2] for one in parameters.split(";") if one.strip().startswith("charset=")), "")
    return _from_html(name, index, url, body, _known_charset(charset.strip(" \"'")))


def _known_charset(name: str) -> str:
    try:
        # Only encodings of text: ``hex`` and ``zlib`` are codecs too.
        return codecs.lookup(name).name if name and codecs.lookup(name)._is_text_encoding else "utf-8"
    except (LookupError, ValueError):
        return "utf-8"


def _from_json(name: NormalizedName, index: str, url: str, body: bytes) -> ProjectPage:
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NetworkError(f"the index sent a page that is not JSON: {error}", where=redact(url)) from error
    if not isinstance(content, dict) or not isinstance(content.get("files"), list):
        raise NetworkError("the index sent a page without files", where=redact(url))
    versions = content.get("versions", [])
    status = content.get("project-status", {})
    status = status if isinstance(status, dict) else {}
    files = [one for one in content["files"][:MAX_FILES] if isinstance(one, dict)]
    return ProjectPage(
        name=name,
        index=index,
        artifacts=tuple(artifact for one in files if (artifact := _artifact(one, url, name)) is not None),
        versions=tuple(one for one in versions if isinstance(one, str)) if isinstance(versions, list) else (),
        status=status["status"] if isinstance(status.get("status"), str) else UNSAID,
        status_reason=str(status.get("reason", "")),
    )


def _artifact(item: dict[str, Any], base: str, name: NormalizedName) -> Artifact | None:
    """One file entry; ``None`` for an entry without name or URL."""
    filename, url = item.get("filename"), item.get("url")
    if not isinstance(filename, str) or not isinstance(url, str):
        return None
    size, uploaded, yanked = item.get("size"), item.get("upload-time"), item.get("yanked", False)
    provenance: str | NotKnown | None = UNSAID
    if "provenance" in item:
        provenance = _absolute(base, item["provenance"]) if isinstance(item["provenance"], str) else None
    python = item.get("requires-python")
    return Artifact(
        filename=filename,
        url=without_user(_absolute(base, url)),
        hashes=_hashes(item.get("hashes")),
        size=size if type(size) is int and 0 <= size <= MAX_SIZE else UNSAID,
        upload_time=uploaded if isinstance(uploaded, str) else UNSAID,
        requires_python=python if isinstance(python, str) else "",
        yanked=yanked if isinstance(yanked, str) and yanked else "yanked" if yanked else "",
        provenance=provenance,
        metadata_hashes=_metadata_hashes(item),
        version=artifact_version(filename, name),
    )


def _absolute(base: str, url: str) -> str:
    """``urljoin``, which is slow, only where there is something to join: a page may list ten thousand files."""
    # Whoever asks for what cannot be joined is told that it is no URL.
    return url if url.startswith("https://") else joined(base, url) or url


def _hashes(value: Any) -> tuple[Hash, ...]:
    if not isinstance(value, dict):
        return ()
    found = (Hash.if_one(str(key), str(one)) for key, one in value.items())
    return tuple(sorted(one for one in found if one is not None))


def _metadata_hashes(item: dict[str, Any]) -> tuple[Hash, ...] | None:
    """PEP 714: ``core-metadata``, with ``dist-info-metadata`` as its older name."""
    value = item.get("core-metadata", item.get("dist-info-metadata", False))
    if isinstance(value, dict):
        return _hashes(value)
    return () if value else None


def _stated_metadata(value: str | None) -> tuple[Hash, ...] | None:
    """``data-core-metadata``: ``true``, or a digest as ``sha256=…``."""
    if value is None or value == "false":
        return None
    algorithm, separator, digest = value.partition("=")
    return _hashes({algorithm: digest}) if separator else ()


def _from_html(name: NormalizedName, index: str, url: str, body: bytes, charset: str) -> ProjectPage:
    found = links_of(body.decode(charset, "replace"), url, MAX_FILES)
    artifacts: list[Artifact] = []
    for attributes in found.anchors:
        target, _, fragment = joined(found.base, attributes.get("href", "")).partition("#")
        filename = unquote(target.partition("?")[0].rpartition("/")[2]).rpartition("/")[2]
        if not filename or ("data-requires-python" not in attributes and "." not in filename):
            continue
        stated = _STATED_DIGEST.search(f"#{fragment}")
        provenance = attributes.get("data-provenance", "")
        artifacts.append(
            Artifact(
                filename=filename,
                url=without_user(target),
                hashes=(digest,) if stated and (digest := Hash.if_one(stated[1], stated[2])) else (),
                requires_python=attributes.get("data-requires-python", ""),
                yanked=(attributes["data-yanked"] or "yanked") if "data-yanked" in attributes else "",
                provenance=joined(found.base, provenance) or UNSAID if provenance else UNSAID,
                metadata_hashes=_stated_metadata(
                    attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata"))
                ),
                version=artifact_version(filename, name),
            )
        )
    if not any(one.kind != "other" for one in artifacts) and (found.asks or origin(url) != origin(index)):
        what = "the answer is an HTML page that is no page of an index: a login page?"
        raise NetworkError(what, where=redact(url).partition("?")[0], remedy=LOGIN)
    return ProjectPage(name=name, index=index, artifacts=tuple(artifacts))
