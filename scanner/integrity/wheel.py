"""Holds a wheel against what it says of itself: RECORD, WHEEL, METADATA, file name (PEP 376, PEP 427, PEP 491)."""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import io
from collections.abc import Iterator
from email.parser import BytesHeaderParser

import msgspec
from packaging.tags import parse_tag
from packaging.utils import canonicalize_name, parse_wheel_filename

from scanner.integrity.contents import Content, Contents
from scanner.model.versions import artifact_version, same_version

MAX_ROWS = 400_000
_UNRECORDED = ("RECORD", "RECORD.jws", "RECORD.p7s")


class RecordFacts(msgspec.Struct, frozen=True):
    """How members and RECORD differ. ``altered`` are paths whose digest is another; ``unhashed`` have none;
    ``uncompared`` have one of an algorithm that is not computed for them.

    ``unreadable`` says what is wrong with a RECORD that is no RECORD; ``too_large`` which bound of ours an honest one
    may pass as well: nothing was compared then, and nothing is said against the wheel.
    """

    present: bool
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    unhashed: tuple[str, ...] = ()
    uncompared: tuple[str, ...] = ()
    unreadable: str = ""
    too_large: str = ""


def dist_info(contents: Contents) -> str:
    """The name of the one ``.dist-info`` folder, or the empty string where there is none or more than one."""
    found = {path.partition("/")[0] for path in contents.files if path.partition("/")[0].endswith(".dist-info")}
    return found.pop() if len(found) == 1 else ""


def record_facts(contents: Contents) -> RecordFacts:
    """RECORD against the members. Digests other than SHA-256 are computed where the member's bytes were kept."""
    folder = dist_info(contents)
    record = contents.files.get(f"{folder}/RECORD") if folder else None
    if record is None:
        return RecordFacts(present=False)
    if record.truncated or (record.size and not record.data):
        return RecordFacts(present=True, too_large=f"its RECORD has {record.size:,} bytes or more")
    try:
        rows = _rows(record.data)
    except (csv.Error, UnicodeDecodeError, ValueError) as error:
        return RecordFacts(present=True, unreadable=f"RECORD is not readable: {error}")
    if rows is None:
        return RecordFacts(present=True, too_large=f"its RECORD has more than {MAX_ROWS:,} rows")
    exempt = {f"{folder}/{name}" for name in _UNRECORDED}
    altered: list[str] = []
    unhashed: list[str] = []
    uncompared: list[str] = []
    for path, stated in rows.items():
        member = contents.files.get(path)
        if member is None or path in exempt:
            continue
        if not stated:
            unhashed.append(path)
        else:
            differs = _differs(member, stated)
            if differs is None:
                uncompared.append(path)
            elif differs:
                altered.append(path)
    return RecordFacts(
        present=True,
        missing=tuple(sorted(path for path in rows if path not in contents.files and path not in exempt)),
        extra=tuple(sorted(path for path in contents.files if path not in rows and path not in exempt)),
        altered=tuple(sorted(altered)),
        unhashed=tuple(sorted(unhashed)),
        uncompared=tuple(sorted(uncompared)),
    )


def _rows(data: bytes) -> dict[str, str] | None:
    """Path → ``algorithm=digest`` (empty for none); ``None`` for more than ``MAX_ROWS`` rows."""
    rows: dict[str, str] = {}
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8", newline="")  # a StringIO takes four bytes for each letter
    for number, row in enumerate(csv.reader(text)):
        if number >= MAX_ROWS:
            return None
        if row:
            rows[row[0].replace("\\", "/")] = row[1] if len(row) > 1 else ""
    return rows


def _differs(member: Content, stated: str) -> bool | None:
    """Whether the digest is another one; ``None`` where it was not computed."""
    algorithm, _, value = stated.partition("=")
    if member.truncated:
        return None
    try:
        expected = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except (binascii.Error, ValueError):
        return True
    if algorithm == "sha256":
        return expected.hex() != member.sha256
    if algorithm in ("sha384", "sha512") and (member.data or not member.size):
        return hashlib.new(algorithm, member.data).digest() != expected
    return None


def unverifiable(contents: Contents) -> tuple[str, ...]:
    """Members that could not be read whole, and so have no digest."""
    return tuple(sorted(path for path, one in contents.files.items() if one.truncated))


class Identity(msgspec.Struct, frozen=True):
    """One statement of name and version: where it stands and what it says."""

    where: str
    name: str
    version: str


def identities(contents: Contents, kind: str) -> Iterator[Identity]:
    """What the archive says of its own name and version: folder names and metadata files."""
    if kind == "wheel":
        folder = dist_info(contents)
        if folder:
            name, _, version = folder.removesuffix(".dist-info").rpartition("-")
            yield Identity(folder, name, version)
            yield from _metadata(contents, f"{folder}/METADATA")
    elif kind == "sdist" and contents.top:
        yield from _metadata(contents, f"{contents.top}/PKG-INFO")


def _metadata(contents: Contents, path: str) -> Iterator[Identity]:
    member = contents.files.get(path)
    if member is not None and member.data:
        headers = BytesHeaderParser().parsebytes(member.data[:65536])
        yield Identity(path, str(headers.get("Name", "")), str(headers.get("Version", "")))


def unread_metadata(contents: Contents, kind: str) -> Iterator[str]:
    """The files that speak of the distribution itself and were too large to be looked into."""
    folder = dist_info(contents) if kind == "wheel" else contents.top
    for name in ("METADATA", "WHEEL") if kind == "wheel" else ("PKG-INFO",):
        member = contents.files.get(f"{folder}/{name}")
        if member is not None and member.size and not member.data:
            yield member.path


def disagreements(contents: Contents, kind: str, name: str) -> Iterator[tuple[Identity, str]]:
    """Identities that differ from the file name: ``name`` or ``version`` as the second value."""
    version = artifact_version(contents.filename, name)
    for one in identities(contents, kind):
        if canonicalize_name(one.name) != name:
            yield one, "name"
        elif version and not same_version(one.version, version):
            yield one, "version"


def tag_disagreement(contents: Contents) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Tags of the file name and tags of WHEEL where the two sets differ, each sorted."""
    folder = dist_info(contents)
    member = contents.files.get(f"{folder}/WHEEL") if folder else None
    if member is None or not member.data:
        return None
    try:
        outside = {str(tag) for tag in parse_wheel_filename(contents.filename)[3]}
    except ValueError:
        return None
    stated = BytesHeaderParser().parsebytes(member.data[:65536]).get_all("Tag") or []
    inside = {str(tag) for text in stated[:500] for tag in _tags(str(text))}
    return None if outside == inside or not inside else (tuple(sorted(outside)), tuple(sorted(inside)))


def _tags(text: str) -> Iterator[object]:
    try:
        yield from parse_tag(text.strip())
    except ValueError:
        yield text.strip()


def is_pure(contents: Contents) -> bool:
    """True for a wheel whose file name says that it runs anywhere (``none-any``)."""
    return contents.filename.endswith("-none-any.whl")
