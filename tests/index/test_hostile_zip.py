"""Zips that cost more than they are, or whose parts contradict each other: bounded in memory and told."""

from __future__ import annotations

import functools
import io
import lzma
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import pytest

from scanner.checks import archives
from scanner.index.archive import TooLargeError, open_archive
from scanner.index.remote_zip import read_wheel_metadata
from scanner.model.coverage import Coverage
from scanner.model.errors import NetworkError
from scanner.model.finding import Finding
from tests.checks.archives_subject import archive_subject
from tests.index.test_hostile_tar import asked_everything
from tests.support.builders import tar_of, wheel, zip_of
from tests.support.memory import within

METHODS = {
    "stored": zipfile.ZIP_STORED,
    "deflate": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "lzma": zipfile.ZIP_LZMA,
}
METADATA = "demo-1.0.dist-info/METADATA"


def packed(method: int, members: dict[str, bytes], zeros: int = 0) -> bytes:
    """A zip of these members; the last has so many zeros behind it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            with archive.open(name, "w", force_zip64=True) as opened:
                opened.write(data)
                for _ in range(zeros // 1_000_000 if name == [*members][-1] else 0):
                    opened.write(b"\0" * 1_000_000)
    return buffer.getvalue()


@pytest.mark.parametrize("method", METHODS)
def test_members_of_every_method_are_read(method: str) -> None:
    data = bytes(range(256)) * 3000
    body = packed(METHODS[method], {"a.py": data, "empty.py": b""})
    with open_archive(body, "x.whl") as archive:
        assert [one.data for one in archive.files()] == [data, b""]
        assert [one.size for one in archive.digests()] == [len(data), 0]
        assert dict(archive.beginnings(lambda _: True, 700)) == {"a.py": data[:700], "empty.py": b""}
        assert not archive.problems


def test_lzma_without_a_mark_at_its_end_is_read() -> None:
    data = b"x = 1\n" * 50
    settings = {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16}
    raw = lzma.compress(data, lzma.FORMAT_RAW, filters=[settings])
    alone = lzma.compress(data, lzma.FORMAT_ALONE, filters=[settings])
    assert alone[13:] == raw
    stream = b"\x09\x04\x05\x00" + alone[:5] + raw
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.py", stream)
    body = bytearray(buffer.getvalue())
    for signature, offset in ((b"PK\x01\x02", 10), (b"PK\x03\x04", 8)):
        at = body.index(signature) + offset
        body[at : at + 2] = struct.pack("<H", zipfile.ZIP_LZMA)
        body[at + 6 : at + 10] = struct.pack("<I", zlib.crc32(data))
        body[at + 14 : at + 18] = struct.pack("<I", len(data))
    with open_archive(bytes(body), "x.whl") as opened:
        assert opened.read("a.py") == data


@functools.cache
def of_zeros(method: str) -> bytes:
    """A wheel of one member that unpacks to 400 MB."""
    return packed(METHODS[method], {METADATA: b"Name: demo\n"}, 400_000_000)


@pytest.mark.parametrize("method", ["deflate", "bzip2", "lzma"])
def test_a_member_that_unpacks_to_much_more_costs_little(method: str) -> None:
    """788 bytes of bzip2 took 1.7 GB."""
    body = of_zeros(method)
    with within(250, 10):
        assert asked_everything(body, "x.whl") == {"too-large"}


@pytest.mark.parametrize("method", ["deflate", "bzip2", "lzma"])
def test_metadata_that_is_read_by_ranges_costs_no_more_than_its_bound(method: str) -> None:
    body = of_zeros(method)
    with within(60, 5):
        found = read_wheel_metadata(len(body), lambda start, end: body[start:end], 1_000_000)
    assert found[:11] == b"Name: demo\n"
    assert len(found) == 1_000_000


@pytest.mark.parametrize("method", ["deflate", "bzip2", "lzma"])
def test_damage_met_by_range_reads_is_an_error_of_ours(method: str) -> None:
    body = packed(METHODS[method], {METADATA: bytes(range(256)) * 500})
    for at in range(30, len(body) - 200, 7):
        broken = body[:at] + b"\xff\xfe\xfd" + body[at + 3 :]
        try:
            read_wheel_metadata(len(broken), lambda start, end, body=broken: body[start:end], 1_000_000)  # type: ignore[misc]
        except NetworkError:
            continue


def test_an_lzma_dictionary_is_not_taken_for_granted() -> None:
    body = bytearray(packed(zipfile.ZIP_LZMA, {METADATA: b"Name: demo\n" * 50}))
    at = body.index(METADATA.encode()) + len(METADATA)
    at = body.index(b"\x5d", at)
    body[at + 1 : at + 5] = struct.pack("<I", 0xFFFF_FFFF)
    with within(60, 5):
        assert asked_everything(bytes(body), "x.whl") == {"truncated"}


def directory(entries: int, name: str = "a") -> bytes:
    """A zip that is a directory only: every entry speaks of the same member."""
    local = zip_of({name: b""})
    start = local.index(b"PK\x01\x02")
    entry = local[start : local.index(b"PK\x05\x06")]
    size = len(entry) * entries
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, entries & 0xFFFF, entries & 0xFFFF, size, start, 0)
    return local[:start] + entry * entries + end


def test_entries_are_counted_before_they_are_made_objects() -> None:
    """The number that the end of the directory states is of 16 bits, and nobody holds to it."""
    body = directory(900_000)
    with within(150, 5):
        with pytest.raises(TooLargeError, match="more than 100,000 members"):
            open_archive(body, "x.whl")
        with pytest.raises(NetworkError):
            read_wheel_metadata(len(body), lambda start, end: body[start:end], 1_000_000)


def test_seventy_thousand_members_are_read() -> None:
    body = zip_of({f"demo/m{number}.py": b"" for number in range(70_000)})
    with within(300, 30), open_archive(body, "x.whl") as archive:
        assert sum(1 for _ in archive.files()) == 70_000
        assert not archive.problems


def answers(folder: Path, made: tuple[str, bytes]) -> tuple[set[str], list[str]]:
    """Rules of the findings, and reasons of the gaps, of the check."""
    rules, reasons = set(), []
    for one in archives.run(archive_subject(folder, made)):
        if isinstance(one, Finding):
            rules.add(one.rule)
        elif isinstance(one, Coverage) and one.status == "not-checked":
            reasons.append(one.reason)
    return rules, reasons


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_an_honest_file_that_packs_well_is_a_gap_and_no_finding(tmp_path: Path, kind: str) -> None:
    zeros = b"\0" * 60_000_000
    if kind == "wheel":
        made = wheel("alpha", "1.0", {"alpha/zeros.bin": zeros})
    else:
        made = "alpha-1.0.tar.gz", tar_of({"alpha-1.0/PKG-INFO": b"Name: alpha\n", "alpha-1.0/zeros.bin": zeros})
    rules, reasons = answers(tmp_path, made)
    assert not {one for one in rules if one in ("archives/bomb", "archives/damaged")}
    assert any("more than" in one or "could not be read whole" in one for one in reasons)


def test_members_that_share_their_bytes_are_a_finding(tmp_path: Path) -> None:
    name, body = wheel("alpha", "1.0", {"alpha/a.py": b"x = 1\n" * 100})
    start = body.index(b"PK\x01\x02")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entry = next(one for one in archive.infolist() if one.filename == "alpha/a.py")
    at = body.index(b"alpha/a.py", start) - 46
    twin = body[at : at + 46] + b"alpha/b.py" + body[at + 56 : at + 56]
    assert entry.header_offset < start
    end = body.index(b"PK\x05\x06")
    fields = list(struct.unpack("<4sHHHHIIH", body[end : end + 22]))
    fields[3] += 1
    fields[4] += 1
    fields[5] += len(twin)
    rules, _ = answers(tmp_path, (name, body[:end] + twin + struct.pack("<4sHHHHIIH", *fields)))
    assert "archives/bomb" in rules
