"""The environment that made a batch: every installed distribution by name, version and the digest of its RECORD."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from scanner.files import read_bounded
from scanner.inputs.installed import MAX_DISTRIBUTIONS, MAX_RECORD_BYTES, site_folders
from scanner.model.errors import InputError

MAX_LIST = 64 * 1024 * 1024


class Installed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """One distribution. ``record`` is the SHA-256 of its RECORD (empty: it has none), and so is ``origin`` of its
    ``direct_url.json`` (PEP 610)."""

    name: str
    version: str
    record: str
    origin: str = ""


class Environment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The list, sorted; the statement holds the SHA-256 of its encoding."""

    distributions: tuple[Installed, ...]


def describe(folder: Path) -> Environment:
    """The distributions of a virtual environment or a ``site-packages``. Nothing of it is run or imported.

    Raises :class:`InputError` where there is none, or more than are read.
    """
    infos = sorted(info for site in site_folders(folder) for info in site.glob("*.dist-info"))
    if not infos:
        remedy = "Name the environment that made the batch: the folder with bin and lib, or its site-packages."
        raise InputError("no installed distribution was found", where=str(folder), remedy=remedy)
    if len(infos) > MAX_DISTRIBUTIONS:
        raise InputError(f"it holds more than {MAX_DISTRIBUTIONS:,} distributions", where=str(folder))
    found = []
    for info in infos:
        name, _, version = info.name.removesuffix(".dist-info").rpartition("-")
        if not name:
            name, version = version, ""
        digests = [_digest(info / one) for one in ("RECORD", "direct_url.json")]
        found.append(Installed(canonicalize_name(name), version, *digests))
    return Environment(tuple(sorted(found)))


def encode_environment(environment: Environment) -> bytes:
    """The one encoding, whose digest the statement holds."""
    return msgspec.json.encode(environment, order="sorted") + b"\n"


def read_list(path: Path, sha256: str) -> Environment:
    """The list that a statement names by its digest. Raises :class:`InputError` for another file."""
    try:
        body = read_bounded(path, MAX_LIST)
        if hashlib.sha256(body).hexdigest() != sha256:
            raise InputError("it is not the environment that the statement names", where=str(path))
        return msgspec.json.decode(body, type=Environment)
    except OSError as error:
        raise InputError(f"the environment cannot be read: {error.strerror or error}", where=str(path)) from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise InputError(f"the environment cannot be read: {error}", where=str(path)) from error


def _digest(path: Path) -> str:
    try:
        body = read_bounded(path, MAX_RECORD_BYTES + 1)
    except OSError:
        return ""
    if len(body) > MAX_RECORD_BYTES:
        raise InputError(f"it is larger than {MAX_RECORD_BYTES:,} bytes", where=str(path))
    return hashlib.sha256(body).hexdigest()
