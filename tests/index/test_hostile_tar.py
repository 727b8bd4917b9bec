"""Tars that cost more than they are, or that say two things: bounded in memory and CPU time, and told."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zlib
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.index.archive import Archive, open_archive
from scanner.index.members import plain_path
from scanner.model.errors import InputError
from tests.support.builders import tar_of, zip_of
from tests.support.memory import within

END = b"\0" * 1024
SETUP = b"print('at install')\n"


def header(name: str, kind: bytes = b"0", size: int = 0, **fields: object) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    for key, value in fields.items():
        setattr(info, key, value)
    return info.tobuf(tarfile.GNU_FORMAT)


def padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 512)


def member(name: str, data: bytes = b"", kind: bytes = b"0", **fields: object) -> bytes:
    return header(name, kind, len(data), **fields) + padded(data)


def record(keyword: str, value: str) -> bytes:
    body = f" {keyword}={value}\n".encode()
    size = len(body)
    while size != len(body) + len(str(size)):
        size = len(body) + len(str(size))
    return str(size).encode() + body


def pax(fields: Mapping[str, str], kind: bytes = b"x") -> bytes:
    return member("PaxHeaders/x", b"".join(record(*one) for one in fields.items()), kind)


def long_name(name: str) -> bytes:
    return member("././@LongLink", name.encode() + b"\0", b"L")


HONEST = member("demo-1.0/PKG-INFO", b"Name: demo\n")


def codes(archive: Archive) -> set[str]:
    return {one.code for one in archive.problems}


def asked_everything(body: bytes, name: str = "demo-1.0.tar.gz") -> set[str]:
    """Codes of all problems, after every question that the scanner asks."""
    try:
        with open_archive(body, name) as archive:
            for _ in archive.files():
                pass
            for _ in archive.digests(keep=lambda _: 1024):
                pass
            for _ in archive.beginnings(lambda _: True, 64):
                pass
            archive.read("demo-1.0/PKG-INFO", 100)
            return codes(archive)
    except InputError:
        return {"refused"}


def packed_zeros(first: bytes, size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(first)]
    for _ in range(size // 1_048_576):
        parts.append(packer.compress(b"\0" * 1_048_576))
    return b"".join([*parts, packer.flush()])


GIB = 1024**3
COSTLY: dict[str, Callable[[], bytes]] = {
    "a long name of three gigabytes": lambda: packed_zeros(HONEST + header("x", b"L", 3 * GIB), GIB // 4),
    "fields of three gigabytes": lambda: packed_zeros(HONEST + header("x", b"x", 3 * GIB), GIB // 4),
    "a member of three gigabytes": lambda: packed_zeros(HONEST + header("demo-1.0/x", size=3 * GIB), GIB // 4),
    "zeros behind the end": lambda: packed_zeros(HONEST + END, GIB // 4),
    "sparse of the oldest kind": lambda: HONEST + header("demo-1.0/x", b"S", 0) + END,
    "sparse as pax 1.0": lambda: (
        HONEST
        + pax({"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(3 * GIB)})
        + member("demo-1.0/x", b"1\n3221225472\n0\n".ljust(512, b"\0"))
        + END
    ),
    "sparse as pax 0.1": lambda: (
        HONEST
        + pax({"GNU.sparse.map": "3221225471,1", "GNU.sparse.size": str(3 * GIB)})
        + member("demo-1.0/x", b"x")
        + END
    ),
    "a chain of long names": lambda: HONEST + long_name("a" * 1000) * 5000 + END,
    "a chain of fields": lambda: HONEST + pax({"path": "a"}) * 5000 + END,
    "large fields for each of many": lambda: (
        HONEST
        + b"".join(pax({f"SCHILY.{n}": "x" * 100_000}) + member(f"demo-1.0/{n}.py", b"x") for n in range(300))
        + END
    ),
    "global fields for many": lambda: (
        HONEST
        + pax({f"comment.{n}": "x" * 10 for n in range(20_000)}, b"g")
        + b"".join(member(f"demo-1.0/{n}.py", b"x") for n in range(20_000))
        + END
    ),
    "many long names": lambda: (
        HONEST + b"".join(long_name(f"demo-1.0/{n}" + "a" * 60_000) + member("x", b"x") for n in range(1500)) + END
    ),
    "many small files": lambda: HONEST + b"".join(member(f"demo-1.0/{n}.py", b"x = 1") for n in range(30_000)) + END,
    "streams without end": lambda: gzip.compress(HONEST) + gzip.compress(b"") * 60_000,
}


@pytest.mark.parametrize("what", COSTLY)
def test_a_tar_costs_little_whatever_it_claims(what: str) -> None:
    body = COSTLY[what]()
    with within(200, 25):
        found = asked_everything(body)
    assert found or what in {"global fields for many", "many small files", "large fields for each of many"}


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_an_early_end_of_the_packed_stream_is_told(pack: object) -> None:
    body = pack(tar_of({f"demo-1.0/{n}.py": bytes([n]) * 3000 for n in range(40)}, "w"))  # type: ignore[operator]
    assert asked_everything(body[:-200]) & {"truncated", "refused"}


def test_the_dictionary_of_an_xz_stream_is_not_taken_for_granted() -> None:
    body = bytearray(lzma.compress(HONEST + END))
    size = (body[12] + 1) * 4
    at = body.index(b"\x21\x01", 12, 12 + size) + 2
    body[at] = 40  # 4 GiB
    body[12 + size - 4 : 12 + size] = struct.pack("<I", zlib.crc32(body[12 : 12 + size - 4]))
    with within(200, 5):
        assert asked_everything(bytes(body), "demo-1.0.tar.xz") == {"refused"}


TWO_THINGS = {
    "a header behind the end": HONEST + END + member("demo-1.0/setup.py", SETUP) + END,
    "a header behind one block of zeros": HONEST + b"\0" * 512 + member("demo-1.0/setup.py", SETUP) + END,
    "two sizes": HONEST + pax({"size": "0"}) + member("demo-1.0/x", member("demo-1.0/setup.py", SETUP)) + END,
    "a folder with a size": HONEST + header("demo-1.0/x", b"5", 1024) + member("demo-1.0/setup.py", SETUP) + END,
    "a link with a size": HONEST + header("demo-1.0/x", b"1", 1024) + member("demo-1.0/setup.py", SETUP) + END,
    "two names": HONEST + long_name("demo-1.0/a.py") + pax({"path": "demo-1.0/setup.py"}) + member("x", SETUP) + END,
    "two long names": HONEST + long_name("demo-1.0/a.py") + long_name("demo-1.0/setup.py") + member("x", SETUP) + END,
    "an unknown kind": HONEST + member("demo-1.0/setup.py", SETUP, b"Z") + END,
    "a name for all": HONEST + pax({"path": "demo-1.0/setup.py"}, b"g") + member("x", SETUP) + END,
    "fields in the padding": HONEST
    + header("x", b"x", 14)
    + padded(b"14 comment=ab\n" + record("path", "demo-1.0/setup.py"))
    + member("x", SETUP)
    + END,
    "a broken field": HONEST + member("x", b"9999 path=demo-1.0/setup.py\n", b"x") + member("x", SETUP) + END,
    "a wrong checksum": HONEST
    + header("a")[:148]
    + b"0000000\0"
    + header("a")[156:]
    + member("demo-1.0/setup.py", SETUP),
    "a negative size": HONEST + header("a", size=-512) + member("demo-1.0/setup.py", SETUP) + END,
    "through a link": HONEST
    + member("demo-1.0/a", kind=b"2", linkname="/etc/cron.d")
    + member("demo-1.0/a/setup.py", SETUP)
    + END,
    "a tar and a zip": gzip.compress(HONEST + END) + zip_of({"demo-1.0/setup.py": SETUP}),
}


@pytest.mark.parametrize("what", TWO_THINGS)
def test_what_two_tools_read_as_two_things_is_told(what: str) -> None:
    assert asked_everything(TWO_THINGS[what]) & {"ambiguous", "truncated", "special-file", "traversal"}


def test_a_member_of_an_unknown_kind_is_read_as_pip_unpacks_it() -> None:
    with open_archive(TWO_THINGS["an unknown kind"], "demo-1.0.tar") as archive:
        assert archive.read("demo-1.0/setup.py") == SETUP


def test_paths_are_those_that_an_unpacker_would_write() -> None:
    with open_archive(tar_of({"./demo-1.0/./setup.py": SETUP, "demo-1.0//a.py": b"x"}), "demo-1.0.tar.gz") as archive:
        assert [one.path for one in archive.members] == ["demo-1.0/setup.py", "demo-1.0/a.py"]
        assert archive.read("demo-1.0/setup.py") == SETUP
        assert not archive.problems


@pytest.mark.parametrize("layout", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_honest_tars_of_every_format_have_no_problem(layout: int) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=layout, pax_headers={"comment": "0" * 40}) as archive:
        for name in ("demo-1.0/a.py", "demo-1.0/" + "d" * 90 + "/" + "n" * 90 + ".py", "demo-1.0/é.py"):
            info = tarfile.TarInfo(name)
            info.size, info.mtime = 5, 1_700_000_000
            archive.addfile(info, io.BytesIO(b"x = 1"))
        folder = tarfile.TarInfo("demo-1.0/folder/")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        link = tarfile.TarInfo("demo-1.0/README")
        link.type, link.linkname = tarfile.SYMTYPE, "docs/" + "r" * 60
        archive.addfile(link)
    with open_archive(buffer.getvalue(), "demo-1.0.tar.gz") as opened:
        assert [one.data for one in opened.files()] == [b"x = 1"] * 3
        assert codes(opened) == {"link"}
        assert opened.members[-1].target == "docs/" + "r" * 60


BLOCKS = st.one_of(
    st.builds(lambda name, data: member(name, data), st.sampled_from("abc"), st.binary(max_size=600)),
    st.builds(lambda kind: member("k", b"", kind), st.sampled_from([b"\0", b"1", b"2", b"5", b"7", b"Z", b"3"])),
    st.builds(long_name, st.sampled_from(["long/" + "a" * 120, "b/"])),
    st.builds(
        pax, st.dictionaries(st.sampled_from(["path", "linkpath", "comment", "mtime"]), st.just("p"), max_size=3)
    ),
    st.just(pax({"comment": "g"}, b"g")),
    st.builds(lambda size: header("s", b"0", size), st.integers(0, 1500)),
    st.just(b"\0" * 512),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(BLOCKS, max_size=8))
def test_where_nothing_is_odd_the_members_are_those_of_tarfile(blocks: list[bytes]) -> None:
    body = b"".join(blocks) + END
    try:
        with open_archive(body, "x.tar") as opened:
            found = [(one.path, one.size if one.kind == "file" else 0) for one in opened.members]
            contents = {one.member.path: one.data for one in opened.files()}
            odd = codes(opened) - {"link", "duplicate", "special-file"}
    except InputError:
        return
    if odd:
        return
    with tarfile.open(fileobj=io.BytesIO(body)) as reference:
        members = reference.getmembers()
        expected = [(plain_path(one.name), one.size if one.isreg() or one.type == b"Z" else 0) for one in members]
        assert found == expected
        for one in members:
            if one.isreg():
                opened_file = reference.extractfile(one)
                last = [
                    other
                    for other in members
                    if plain_path(other.name) == plain_path(one.name) and (other.isreg() or other.type == b"Z")
                ]
                if last[-1] is one:
                    assert opened_file is not None
                    assert contents[plain_path(one.name)] == opened_file.read()
