"""An OSV export (``all.zip`` of an ecosystem) to a database file: streamed, bounded, one bad record at a time."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from scanner.advisories.records import OsvRecord, from_osv
from scanner.advisories.store import compile_database
from scanner.index.archive import ZIP_DAMAGE
from scanner.model.advisory import Advisory, DatabaseInfo, Unreadable
from scanner.model.errors import InputError
from scanner.model.names import canonicalize_name
from scanner.model.progress import Advance

MAX_MEMBERS = 500_000
MAX_MEMBER_BYTES = 16 * 1024 * 1024
MAX_TOTAL_BYTES = 4 * 1024**3
MIN_SHARE_READABLE = 0.99


_NAMED = re.compile(rb'"name"\s{0,20}:\s{0,20}"([A-Za-z0-9][A-Za-z0-9._-]{0,199})"')
MAX_NAMED = 200


class Export(msgspec.Struct, frozen=True):
    """What an export gave: the database's info, and the members that could not be read."""

    info: DatabaseInfo
    unreadable: tuple[Unreadable, ...]


def compile_export(source: Path, target: Path, *, shown_source: str, progress: Advance) -> Export:
    """Compile an export into ``target``. Raises :class:`InputError` for what is no export, or is largely unreadable."""
    unreadable: list[Unreadable] = []
    try:
        with zipfile.ZipFile(source) as archive:
            records = list(_records(archive, unreadable, progress))
            as_of = max((one.date_time[:3] for one in archive.infolist()), default=(1980, 1, 1))
    except ZIP_DAMAGE as error:
        remedy = "The download may have been cut off; try again."
        raise InputError(f"the export is not a readable zip: {error}", where=shown_source, remedy=remedy) from error
    if not records:
        raise InputError("the export holds no advisory of this ecosystem", where=shown_source)
    if len(records) < MIN_SHARE_READABLE * (len(records) + len(unreadable)):
        example = unreadable[0]
        share = f"{len(unreadable)} of {len(records) + len(unreadable)}"
        what = f"{share} records cannot be read ({example.member}: {example.reason})"
        raise InputError(what, where=shown_source, remedy="The export is damaged or of another kind.")
    # The date of the export is when its members were written: the dates inside records are their authors' and have
    # been seen to lie in the future, which would make an old database look fresh.
    info = compile_database(
        records,
        target,
        kind="osv-export",
        source=shown_source,
        as_of="{:04}-{:02}-{:02}".format(*as_of),
        lacks="" if any(one.malicious for one in records) else "records of malicious releases",
        unreadable=unreadable,
    )
    return Export(info, tuple(unreadable))


def _records(archive: zipfile.ZipFile, unreadable: list[Unreadable], progress: Advance) -> Iterator[Advisory]:
    decoder = msgspec.json.Decoder(OsvRecord)
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise InputError(f"the export has {len(members)} members; at most {MAX_MEMBERS} are read")
    total = 0
    for number, member in enumerate(members, 1):
        if number % 500 == 0 or number == len(members):
            progress(number, len(members))
        if not member.filename.endswith(".json"):
            continue
        body = b""
        try:
            with archive.open(member) as opened:
                # The size that the directory claims is not believed: what is read is bounded.
                body = opened.read(MAX_MEMBER_BYTES + 1)
            total += len(body)
            if len(body) > MAX_MEMBER_BYTES:
                reason = f"it is larger than {MAX_MEMBER_BYTES} bytes"
                unreadable.append(Unreadable(member.filename, reason, named_in(body)))
                continue
            if total > MAX_TOTAL_BYTES:
                raise InputError(f"the export holds more than {MAX_TOTAL_BYTES} bytes")
            advisory = from_osv(decoder.decode(body))
        except (
            msgspec.DecodeError,
            RecursionError,
            *ZIP_DAMAGE,
        ) as error:
            unreadable.append(Unreadable(member.filename, str(error)[:200], named_in(body)))
            continue
        if advisory.affected:
            yield advisory


def named_in(body: bytes) -> tuple[str, ...]:
    """The packages that a record which cannot be decoded may be about: every name in it that a package can have
    (canonical, sorted, at most ``MAX_NAMED``). Empty where none can be made out, and then it may be about any."""
    found: set[str] = set()
    for matched in _NAMED.finditer(body):
        found.add(canonicalize_name(matched[1].decode("ascii")))
        if len(found) > MAX_NAMED:
            return ()
    return tuple(sorted(found))
