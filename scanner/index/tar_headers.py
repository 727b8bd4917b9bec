"""The headers of a tar, one after the other, by the rules of the ``tarfile`` module, which pip unpacks with.

Sources: POSIX.1-2017, pax; GNU tar's manual, "Basic Tar Format". Where readers differ on what a header means, as they
did on sizes (CVE-2025-62518), nothing is guessed: the entry is told to be ambiguous, or the reading ends. Headers that
carry names and fields for others are bounded before they are read.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator

import msgspec

from scanner.index.members import Member, MemberKind, ProblemCode, plain_path
from scanner.index.unpacked import DamagedError, Reader, TooMuchError

BLOCK = 512
MAX_LONG_NAME = 64 * 1024
MAX_PAX = 1024 * 1024
MAX_CARRIED = 4 * 1024 * 1024
MAX_CHAIN = 16
"""Bytes of one long name and of the fields of one pax header; of all that come before one member, and how many."""
MAX_NAMES = 64 * 1024 * 1024
"""Letters of all names of an archive, which are held."""
MAX_BEHIND = 64 * 1024 * 1024
"""Bytes behind the end that are looked through."""

Tell = Callable[[ProblemCode, str, str], None]
_KINDS: dict[bytes, MemberKind] = {
    b"0": "file", b"\0": "file", b"7": "file", b"1": "link", b"2": "link", b"5": "folder",
    b"3": "other", b"4": "other", b"6": "other", b"S": "file",
}  # fmt: skip
_RECORD = re.compile(rb"([0-9]{1,9}) ([^=\n]{1,1000})=")
_OCTAL = re.compile(rb"[0-7]*")
_UNSIGNED, _SIGNED = struct.Struct("148B8x356B"), struct.Struct("148b8x356b")


class Entry(msgspec.Struct, frozen=True):
    """A member, and how many bytes of the stream behind its header are its own. A sparse one ``is_sparse``: its bytes
    there are not those of the file."""

    member: Member
    stored: int
    is_sparse: bool = False


class _Carried(msgspec.Struct):
    """What the headers before a member's own say of it. The first of several wins."""

    name: str | None = None
    target: str | None = None
    size: int | None = None
    is_sparse: bool = False
    count: int = 0
    bytes: int = 0


def entries(reader: Reader, tell: Tell) -> Iterator[Entry]:
    """Every member. The caller may read the ``stored`` bytes of one before it asks for the next; the rest is passed.

    Raises :class:`DamagedError` and :class:`TooMuchError`; what is odd and can be read is told.
    """
    letters = 0
    while True:
        entry = _next(reader, tell)
        if entry is None:
            return
        letters += len(entry.member.path) + len(entry.member.target)
        if letters > MAX_NAMES:
            raise TooMuchError(f"its names have more than {MAX_NAMES:,} letters")
        start = reader.position
        yield entry
        left = -(-entry.stored // BLOCK) * BLOCK - (reader.position - start)
        if reader.skip(left) < left:
            raise _end(reader, f"it ends within {entry.member.path[:200]}")


def _end(reader: Reader, what: str) -> Exception:
    """Why the bytes ended where they must not."""
    return reader.failure or DamagedError(what)


def _next(reader: Reader, tell: Tell) -> Entry | None:
    carried = _Carried()
    while True:
        first = reader.position == 0
        block = reader.read(BLOCK)
        if not block and not carried.count and not first and reader.failure is None:
            return None  # Without the zeros that end it; ``tarfile`` takes that for the end, and nothing is behind it.
        if len(block) < BLOCK:
            raise _end(reader, "it ends within a header")
        if block.count(0) == BLOCK:
            if carried.count:
                raise DamagedError("a header that speaks of the next one is the last")
            _look_behind(reader, tell)
            return None
        _check(block)
        kind, size = block[156:157], _number(block[124:136])
        if size < 0:
            raise DamagedError("a header claims fewer than no bytes")
        if kind in (b"L", b"K", b"x", b"X", b"g"):
            carried.count += 1
            carried.bytes += size
            if carried.count > MAX_CHAIN or carried.bytes > MAX_CARRIED:
                raise TooMuchError("more headers than are read speak of one member")
            _carry(reader, kind, size, carried, tell)
            continue
        return _entry(reader, block, kind, size, carried, tell)


def _check(block: bytes) -> None:
    stated = _number(block[148:156])
    if stated not in (256 + sum(_UNSIGNED.unpack(block)), 256 + sum(_SIGNED.unpack(block))):
        raise DamagedError("the checksum of a header is wrong")
    # ``tarfile`` ends at a header of which one of these is no number, and others do not.
    for start, end in ((100, 108), (108, 116), (116, 124), (136, 148), (329, 337), (337, 345)):
        _number(block[start:end])


def _number(field: bytes) -> int:
    """Of a header: octal digits, or base 256 (GNU). Raises :class:`DamagedError`."""
    if field[0] in (0o200, 0o377):
        value = int.from_bytes(field[1:], "big")
        return value - int(256 ** (len(field) - 1)) if field[0] == 0o377 else value
    digits = field.partition(b"\0")[0].strip()
    if not _OCTAL.fullmatch(digits):
        raise DamagedError("a field of a header is no number")
    return int(digits or b"0", 8)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "backslashreplace")


def _carry(reader: Reader, kind: bytes, size: int, carried: _Carried, tell: Tell) -> None:
    """One header that speaks of the next member (or, with ``g``, of all that follow)."""
    bound = MAX_LONG_NAME if kind in (b"L", b"K") else MAX_PAX
    if size > bound:
        raise TooMuchError(f"a header that carries names claims {size:,} bytes; at most {bound:,} are read")
    padded = -(-size // BLOCK) * BLOCK
    data = reader.read(padded)
    if len(data) < padded:
        raise _end(reader, "it ends within a header")
    if data[size:].strip(b"\0") and not (kind in (b"L", b"K") and b"\0" in data[:size]):
        raise DamagedError("something stands in the padding of a header, which some readers read")
    if kind in (b"L", b"K"):
        _say(carried, {"path" if kind == b"L" else "linkpath": _text(data[:size])}, tell)
        return
    fields = _fields(data[:size])
    if kind != b"g":
        _say(carried, fields, tell)
    elif fields:
        raise DamagedError("a global header gives names or sizes to all members, which readers differ on")


def _fields(data: bytes) -> dict[str, str]:
    """The fields of a pax header that say where a member lies and how large it is; the others change nothing here."""
    found: dict[str, str] = {}
    at = 0
    while at < len(data):
        record = _RECORD.match(data, at)
        end = at + int(record[1]) if record else 0
        if record is None or not record.end() < end <= len(data) or data[end - 1 : end] != b"\n":
            raise DamagedError("a field of a pax header is not as it must be")
        keyword = record[2].decode("utf-8", "backslashreplace")
        if keyword in ("path", "linkpath", "size") or keyword.startswith("GNU.sparse."):
            value = data[record.end() : end - 1]
            if b"\0" in value:
                raise DamagedError("a name in a pax header holds a NUL")
            found[keyword] = value.decode("utf-8", "backslashreplace")
        at = end
    return found


def _say(carried: _Carried, fields: dict[str, str], tell: Tell) -> None:
    name = fields.get("GNU.sparse.name", fields.get("path"))
    target = fields.get("linkpath")
    if any(one.startswith("GNU.sparse.") for one in fields):
        carried.is_sparse = True
        if "size" in fields:
            raise DamagedError("a sparse member has two sizes")
    if (name is not None and carried.name is not None) or (target is not None and carried.target is not None):
        tell(
            "ambiguous", carried.name or name or "", "several headers name the member: tools differ on which one counts"
        )
    carried.name = name if carried.name is None else carried.name
    carried.target = target if carried.target is None else carried.target
    if "size" in fields:
        if not re.fullmatch(r"[0-9]{1,20}", fields["size"]) or carried.size is not None:
            raise DamagedError("the size in a pax header is no number, or there are two")
        carried.size = int(fields["size"])


def _entry(reader: Reader, block: bytes, kind: bytes, size: int, carried: _Carried, tell: Tell) -> Entry:
    name, prefix = _text(block[:100]), _text(block[345:500])
    if kind == b"\0" and name.endswith("/"):
        kind = b"5"  # Of the oldest format, which has no kind for folders.
    if prefix and kind != b"S":
        name = f"{prefix}/{name}"
        if block[257:265] == b"ustar  \0" and carried.name is None:
            tell("ambiguous", name, "the member's name has a part that only some readers take for one")
    name = plain_path(name if carried.name is None else carried.name)
    stored = size
    if carried.size is not None:
        if size not in (0, carried.size):
            tell("ambiguous", name, "two headers state different sizes of the member: tools differ on which one counts")
        stored = size = carried.size
    if kind == b"S":
        size = max(0, _number(block[483:495]))
        more = block[482]
        while more:
            extension = reader.read(BLOCK)
            if len(extension) < BLOCK:
                raise _end(reader, "it ends within the map of a sparse member")
            more = extension[504]
    if kind not in _KINDS:
        tell("special-file", name, "the member is of an unknown kind, which some tools take for a file")
    elif kind == b"S" or carried.is_sparse:
        tell("special-file", name, "the member is sparse, and is not read")
    elif kind in b"123456":
        if stored:
            tell("ambiguous", name, "the member can have no bytes, and a size is stated: tools differ on what follows")
        size = stored = 0
    member = Member(
        name,
        size,
        _KINDS.get(kind, "file"),
        bool(_number(block[100:108]) & 0o111),
        (_text(block[157:257]) if carried.target is None else carried.target) if kind in b"12" else "",
    )
    return Entry(member, stored, kind == b"S" or carried.is_sparse)


def _look_behind(reader: Reader, tell: Tell) -> None:
    """Behind the zeros that end an archive are more of them. Another header there is one that some readers find."""
    seen = 0
    while seen < MAX_BEHIND:
        block = reader.read(BLOCK)
        if not block:
            break
        seen += BLOCK
        if block.count(0) == len(block):
            continue
        try:
            if len(block) == BLOCK:
                _check(block)
                tell("ambiguous", _text(block[:100]), "the member stands behind the end: some tools find it")
                return
        except DamagedError:
            continue
    if reader.failure is not None:
        raise reader.failure
    if seen >= MAX_BEHIND:
        tell("too-large", "", f"more than {MAX_BEHIND:,} bytes stand behind its end")
