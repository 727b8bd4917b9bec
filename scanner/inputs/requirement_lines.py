"""One requirement of a requirements file: PEP 508, or a URL, a VCS reference or a path, as pip takes them."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import unquote

import msgspec

from scanner.inputs.pep508 import hashes_in, parse_requirement
from scanner.inputs.pip_options import Option, words_of
from scanner.model.location import Location
from scanner.model.names import canonicalize_name
from scanner.model.requirement import Hash, Requirement
from scanner.model.urls import redact

MAX_NAME = 512
"""Characters of a file name that are looked at for a name and a version."""
_ARCHIVE = re.compile(r"\.(tar\.gz|tar\.bz2|tar\.xz|tgz|tbz|zip|tar)$", re.IGNORECASE)
_SDIST = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)-(?=v?\d)[^-]*")
_NAME_OF_REPOSITORY = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*?)(\.git)?(@.*)?")
_URL = re.compile(r"[A-Za-z][\w+.-]*://|(git|hg|svn|bzr)\+|file:", re.IGNORECASE)
_NAMED_URL = re.compile(r"[A-Za-z0-9][\w.-]*+\s*+(\[[^\]]*+\]\s*+)?@\s*+([A-Za-z][A-Za-z0-9+.-]*://|file:)")
_PATH = re.compile(r"[./~]|[A-Za-z]:\\|[\w.-]+/[\w./-]*(\[[\w, -]*\])?\s*(;|$)")
"""What pip takes for a path: it begins like one, or it has a slash and nothing that a requirement would have."""


def requirement_line(text: str, location: Location) -> Requirement:
    """One line that states a requirement, ``-e`` included. Raises ``ValueError`` for what pip would refuse."""
    if not isinstance(text, str):
        raise TypeError("a requirement is expected here, as text")
    words = words_of(text.strip())
    if words.requirement:
        return requirement_of(words.requirement, words.options, location)
    editable = next((one.value for one in words.options if one.kind == "editable"), "")
    if not editable:
        raise ValueError("it states no requirement")
    return editable_of(editable, words.options, location)


def editable_of(value: str, options: tuple[Option, ...], location: Location) -> Requirement:
    """The requirement of ``-e VALUE``."""
    requirement = requirement_of(value.strip(), options, location)
    return msgspec.structs.replace(requirement, editable=True, text=f"-e {requirement.text}")


def requirement_of(body: str, options: tuple[Option, ...], location: Location) -> Requirement:
    """A requirement without its options, with the hashes that those state."""
    hashes: list[Hash] = []
    for option in options:
        if option.kind == "hash":
            algorithm, separator, value = option.value.partition(":")
            if not separator:
                raise ValueError("a --hash is not of the form algorithm:hexdigest")
            one = Hash.stated(algorithm, value)
            if one is not None:
                hashes.append(one)
    stated = tuple(hashes)
    if _NAMED_URL.match(body):
        return parse_requirement(body, location, stated)
    if _URL.match(body):
        return _from_url(body, location, stated)
    if _PATH.match(body) or (body.endswith((".whl", ".tar.gz", ".zip")) and "@" not in body):
        return _from_path(body, location, stated)
    return parse_requirement(body, location, stated)


def name_of_archive(filename: str) -> str:
    """The project that a wheel's or an sdist's file name states; empty where it is none."""
    filename = filename[-MAX_NAME:]
    if filename.lower().endswith(".whl"):
        return filename.partition("-")[0] if filename.count("-") >= 4 else ""
    stem, found = _ARCHIVE.subn("", filename)
    matched = _SDIST.fullmatch(stem) if found else None
    return matched["name"] if matched else ""


def _marker_of(body: str, separator: str) -> tuple[str, str]:
    """(reference, marker). After a URL only ``; `` with a blank begins a marker, for a URL may hold a semicolon."""
    reference, _, marker = body.partition(separator)
    return reference.strip(), marker.strip()


def _from_url(body: str, location: Location, hashes: tuple[Hash, ...]) -> Requirement:
    reference, marker = _marker_of(body.replace(" ;", "; "), "; ")
    url, _, fragment = reference.partition("#")
    fields = dict(part.split("=", 1) for part in fragment.split("&") if "=" in part)
    egg, _, bracket = unquote(fields.get("egg", "")).partition("[")
    path = url.partition("?")[0].rstrip("/")
    if "+" in path.partition("://")[0]:
        # What follows an "@" of a repository's path is a branch or a commit, which may hold slashes.
        path = (path.partition("://")[2] or path).partition("/")[2].partition("@")[0].rstrip("/")
    last = unquote(path.rpartition("/")[2])
    if not egg:
        repository = _NAME_OF_REPOSITORY.fullmatch(last[:MAX_NAME])
        egg = name_of_archive(last) or (repository["name"] if repository else "")
    clean = redact(url)
    if "subdirectory" in fields:
        clean += f"#subdirectory={fields['subdirectory']}"
    return Requirement(
        name=canonicalize_name(egg.strip() or "unnamed"),
        extras=_extras(bracket.rstrip("] ")),
        marker=marker,
        url=clean,
        hashes=(*hashes, *hashes_in(fragment)),
        text=redact(body),
        location=location,
    )


def _extras(text: str) -> tuple[str, ...]:
    return tuple(sorted(one.strip() for one in text.split(",") if one.strip()))


def _from_path(body: str, location: Location, hashes: tuple[Hash, ...]) -> Requirement:
    path, marker = _marker_of(body, ";")
    extras: tuple[str, ...] = ()
    matched = re.match(r"^(.*)\[([^\]]*)\]$", path)
    if matched:
        path, extras = matched[1], _extras(matched[2])
    folder = PurePosixPath(path.replace("\\", "/")).name
    name = name_of_archive(folder) or (folder if re.match(r"^[A-Za-z0-9]", folder) else "unnamed")
    return Requirement(
        name=canonicalize_name(name),
        extras=extras,
        marker=marker,
        url=f"file:{path}",
        hashes=hashes,
        text=body,
        location=location,
    )


def pinned_version(requirement: Requirement) -> str:
    """The one version that a requirement allows (``==`` or ``===`` without a wildcard), or the empty string."""
    matched = re.fullmatch(r"={2,3}\s*([^\s*,]+)", requirement.specifier)
    return matched[1] if matched else ""
