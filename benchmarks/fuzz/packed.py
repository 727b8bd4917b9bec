"""Mutations of zips and tars that know their headers: fields, checksums, members, compression."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import warnings
import zipfile

from benchmarks.fuzz import text

NAMES = (
    "../x.py",
    "/etc/passwd",
    "C:\\x.py",
    "a\\b.py",
    "x/",
    "x" * 300,
    "\u202ex.py",
    "x.pth",
    "x-1.0.dist-info/METADATA",
    "x-1.0.dist-info/RECORD",
    "x-1.0/PKG-INFO",
    "X.PY",
    "a/../b.py",
    "./x.py",
    "x.py\0.txt",
    "",
    ".",
    "é.py",
    "x.tar.gz",
    "x.whl",
)
SIZES = (0, 1, 2, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE, 0x80000000, 65535, 46, 30)
_ZIP_HEADERS = {
    b"PK\x01\x02": (46, "<4sHHHHHHIIIHHHHHII"),
    b"PK\x03\x04": (30, "<4sHHHHHIIIHH"),
    b"PK\x05\x06": (22, "<4sHHHHIIH"),
}
PAX = (
    "path",
    "size",
    "linkpath",
    "hdrcharset",
    "GNU.sparse.major",
    "GNU.sparse.minor",
    "GNU.sparse.name",
    "GNU.sparse.realsize",
    "GNU.sparse.map",
    "GNU.sparse.size",
    "GNU.sparse.numblocks",
    "GNU.sparse.offset",
    "mtime",
    "uid",
    "SCHILY.xattr.x",
    "comment",
)
PAX_VALUES = (
    "0",
    "-1",
    "1",
    "99999999999999999999",
    "1e9",
    "x",
    "",
    "BINARY",
    "../x",
    "0,5,10,5",
    "1," * 300,
    "nan",
    "5\n6",
    "a" * 5000,
)


def mutate_zip(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    how = rng.random()
    if how < 0.45:
        return _zip_fields(rng, body)
    if how < 0.85:
        return _zip_again(rng, body)
    return text.changed(rng, body, others)


def _zip_fields(rng: random.Random, body: bytes) -> bytes:
    """Fields of headers replaced by sizes and offsets that mean something."""
    made = bytearray(body)
    places = [(at, magic) for magic in _ZIP_HEADERS for at in _found(body, magic)]
    if not places:
        return body
    for _ in range(rng.choice((1, 1, 2, 4))):
        at, magic = rng.choice(places)
        length, form = _ZIP_HEADERS[magic]
        if at + length > len(made):
            continue
        fields = list(struct.unpack_from(form, made, at))
        which = rng.randrange(1, len(fields))
        bits = 16 if form.replace("4s", "")[which] == "H" else 32
        value = rng.choice((*SIZES, fields[which] ^ (1 << rng.randrange(bits)), fields[which] + 1, len(body)))
        fields[which] = max(0, value) & ((1 << bits) - 1)
        struct.pack_into(form, made, at, *fields)
    return bytes(made)


def _found(body: bytes, magic: bytes) -> list[int]:
    places, at = [], body.find(magic)
    while at >= 0 and len(places) < 60:
        places.append(at)
        at = body.find(magic, at + 1)
    return places


def _zip_again(rng: random.Random, body: bytes) -> bytes:
    """The same members written anew, with one of them changed, twice, renamed, or of another kind."""
    with zipfile.ZipFile(io.BytesIO(body)) as read:
        members = [(one.filename, read.read(one)) for one in read.infolist()]
    at = rng.randrange(len(members))
    name, data = members[at]
    what = rng.randrange(6)
    if what == 0:
        members.append((name, text.changed(rng, data, [data])))
    elif what == 1:
        members[at] = (rng.choice(NAMES) or name, data)
    elif what == 2:
        members[at] = (name, text.changed(rng, data, [one for _, one in members]))
    elif what == 3:
        members += [(f"{rng.choice(NAMES)}{number}", b"") for number in range(rng.choice((1, 20, 300)))]
    elif what == 4:
        members[at] = (name, body)
    else:
        del members[at]
    if rng.random() < 0.002:
        members.append(("x/bomb.py", b"a = 1\n" * rng.choice((100_000, 7_000_000))))
    out = io.BytesIO(rng.choice((b"", b"", b"", b"#!/bin/sh\n", b"PK", b"\0" * 100)))
    out.seek(0, io.SEEK_END)
    kinds = (zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as written:
        warnings.simplefilter("ignore")
        for path, content in members:
            info = zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0))
            if rng.random() < 0.1:
                info.external_attr = rng.choice((0o120777, 0o100755, 0o010644, 0o040755, 0o177777)) << 16
            if rng.random() < 0.05:
                info.extra = rng.choice((b"\x01\0\x08\0" + b"\xff" * 8, b"\x01\0\xff\xff", b"x", b"up\x05\0\x01abcd"))
            written.writestr(info, content, rng.choice(kinds))
        written.comment = rng.choice((b"", b"", b"PK\x05\x06" + b"\0" * 18, b"c" * 60_000))
    made = out.getvalue()
    return _zip_fields(rng, made) if rng.random() < 0.3 else made


def mutate_tar(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    if rng.random() < 0.15:
        return text.changed(rng, body, others)
    plain = _unpacked(body)
    how = rng.random()
    if how < 0.5:
        plain = _tar_fields(rng, plain)
    elif how < 0.8:
        plain = _tar_again(rng, plain)
    else:
        plain = text.changed(rng, plain, [])
    pack = rng.choice((gzip.compress, gzip.compress, bz2.compress, lzma.compress, bytes))
    packed = pack(plain)
    return text.changed(rng, packed, []) if rng.random() < 0.15 else packed


_PLAIN: dict[bytes, bytes] = {}


def _unpacked(body: bytes) -> bytes:
    if body not in _PLAIN:
        how = {b"\x1f\x8b": gzip.decompress, b"BZ": bz2.decompress, b"\xfd7": lzma.decompress}.get(body[:2])
        _PLAIN[body] = how(body) if how else body
    return _PLAIN[body]


_FIELDS = (
    (0, 100),
    (100, 8),
    (108, 8),
    (116, 8),
    (124, 12),
    (136, 12),
    (156, 1),
    (157, 100),
    (257, 6),
    (263, 2),
    (345, 155),
)
_TYPES = b"0\x001234567gxLKSMNDVXA\xff"


def _tar_fields(rng: random.Random, plain: bytes) -> bytes:
    """Header fields replaced and the checksum made right again, so that readers believe it."""
    made = bytearray(plain)
    headers = [at for at in range(0, len(plain) - 511, 512) if plain[at + 257 : at + 262] == b"ustar"]
    for _ in range(rng.choice((1, 1, 2, 3)) if headers else 0):
        at = rng.choice(headers)
        start, length = rng.choice(_FIELDS)
        if length == 1:
            made[at + start] = rng.choice(_TYPES)
        else:
            numbers = (
                b"\xff" * length,
                b"\x80" + b"\0" * (length - 5) + b"\x7f\xff\xff\xff",
                b"7" * (length - 1),
                b"-1",
                b"\x80" + b"\xff" * (length - 1),
            )
            value = rng.choice((*numbers, rng.choice(NAMES).encode(), bytes(rng.randrange(256) for _ in range(length))))
            made[at + start : at + start + length] = value[:length].ljust(length, b"\0")
        if rng.random() < 0.9:
            _sum(made, at)
    return bytes(made)


def _sum(made: bytearray, at: int) -> None:
    made[at + 148 : at + 156] = b" " * 8
    made[at + 148 : at + 156] = b"%06o\0 " % sum(made[at : at + 512])


def _tar_again(rng: random.Random, plain: bytes) -> bytes:
    """The same members written anew in one of the three formats, with odd names, links, sparse and PAX headers."""
    out = io.BytesIO()
    form = rng.choice((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT))
    with tarfile.open(fileobj=io.BytesIO(plain)) as read, tarfile.open(fileobj=out, mode="w", format=form) as written:
        for info in read.getmembers():
            opened = read.extractfile(info)
            data = opened.read() if opened else b""
            if rng.random() < 0.2:
                data = text.changed(rng, data, [data])
            if rng.random() < 0.2:
                info.name = rng.choice(NAMES)[:90] or "x"
            if rng.random() < 0.1:
                info.type = bytes([rng.choice(_TYPES)])
                info.linkname = rng.choice(NAMES)[:90]
            if form == tarfile.PAX_FORMAT and rng.random() < 0.4:
                info.pax_headers = {rng.choice(PAX): rng.choice(PAX_VALUES) for _ in range(rng.choice((1, 2, 6)))}
            info.size = len(data)
            try:
                written.addfile(info, io.BytesIO(data))
            except (ValueError, tarfile.TarError, UnicodeError):
                continue
        for _ in range(rng.choice((0, 0, 0, 5, 200))):
            written.addfile(tarfile.TarInfo(rng.choice(NAMES)[:90] or "y"))
    made = out.getvalue()
    return _tar_fields(rng, made) if rng.random() < 0.4 else made
