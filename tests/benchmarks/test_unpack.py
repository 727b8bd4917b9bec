"""The safe unpacker against archives that want to write elsewhere, link, repeat, or fill the disk."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.detection.archives import Bounds, read_archive
from benchmarks.detection.unpack import safe_relative, unpack


def make_zip(path: Path, members: list[tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def make_tar(path: Path, members: list[tuple[tarfile.TarInfo, bytes]], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def everything_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def test_regular_files_come_out_not_executable(tmp_path: Path) -> None:
    info = tarfile.TarInfo("pkg/run.sh")
    info.mode = 0o4777
    result = unpack(make_tar(tmp_path / "a.tar.gz", [(info, b"#!/bin/sh\n")]), tmp_path / "out")
    mode = (tmp_path / "out/pkg/run.sh").stat().st_mode
    assert result.written == 1
    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize(
    "name", ["../outside", "a/../../outside", "/tmp/absolute-outside", "C:/outside", "..\\outside", "\\outside"]
)
@pytest.mark.parametrize("form", ["zip", "tar"])
def test_traversal_writes_nothing_outside(tmp_path: Path, name: str, form: str) -> None:
    if form == "zip":
        archive = make_zip(tmp_path / "a.zip", [(name, b"x"), ("inside", b"y")])
    else:
        archive = make_tar(tmp_path / "a.tar.gz", [(tarfile.TarInfo(name), b"x"), (tarfile.TarInfo("inside"), b"y")])
    result = unpack(archive, tmp_path / "deep" / "out")
    assert everything_below(tmp_path / "deep" / "out") == {"inside"}
    assert everything_below(tmp_path) == {archive.name, "deep/out/inside"}
    assert [reason for _, reason in result.left_out] == ["name points outside, or is not portable"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_left_out_and_not_written_through(tmp_path: Path, kind: bytes) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    link = tarfile.TarInfo("link")
    link.type = kind
    link.linkname = str(victim)
    result = unpack(
        make_tar(tmp_path / "a.tar", [(link, b""), (tarfile.TarInfo("link/file"), b"x")], "w"), tmp_path / "out"
    )
    assert list(victim.iterdir()) == []
    assert everything_below(tmp_path / "out") == {"link/file"}
    assert len(result.left_out) == 1


def test_symbolic_link_in_a_zip_is_left_out(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    result = unpack(tmp_path / "a.zip", tmp_path / "out")
    assert everything_below(tmp_path / "out") == set()
    assert result.left_out == [("link", "symbolic link")]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_first_of_two_members_with_one_name_wins(tmp_path: Path) -> None:
    result = unpack(
        make_zip(tmp_path / "a.zip", [("f", b"first"), ("f", b"second"), ("f/below", b"x")]), tmp_path / "out"
    )
    assert (tmp_path / "out/f").read_bytes() == b"first"
    assert result.written == 1
    assert len(result.left_out) == 2


@pytest.mark.parametrize("form", ["zip", "tar"])
def test_bomb_ends_at_the_bound_and_keeps_what_came_before(tmp_path: Path, form: str) -> None:
    bounds = Bounds(member=1 << 20, total=3 << 20, members=100)
    bomb = b"\0" * (1 << 20)
    if form == "zip":
        archive = make_zip(tmp_path / "a.zip", [(f"f{number}", bomb) for number in range(10)])
    else:
        archive = make_tar(tmp_path / "a.tar.gz", [(tarfile.TarInfo(f"f{number}"), bomb) for number in range(10)])
    result = unpack(archive, tmp_path / "out", bounds)
    assert 1 <= result.written <= 3
    assert "BoundReachedError" in result.fault
    assert sum(path.stat().st_size for path in (tmp_path / "out").iterdir()) <= bounds.total


def test_one_huge_member_is_left_out_and_skipping_it_is_bounded(tmp_path: Path) -> None:
    archive = make_tar(
        tmp_path / "a.tar.gz", [(tarfile.TarInfo("huge"), b"\0" * (8 << 20)), (tarfile.TarInfo("after"), b"x")]
    )
    assert unpack(archive, tmp_path / "one", Bounds(member=1 << 20)).left_out == [
        ("huge", "larger than the bound on one member")
    ]
    assert "BoundReachedError" in unpack(archive, tmp_path / "two", Bounds(member=1 << 20, total=2 << 20)).fault


def test_too_many_members_end_at_the_bound(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", [(f"f{number}", b"") for number in range(50)])
    result = unpack(archive, tmp_path / "out", Bounds(members=20))
    assert result.written == 20
    assert "BoundReachedError" in result.fault


@pytest.mark.parametrize(
    "raw", [b"", b"PK\x03\x04", b"\x1f\x8b\x08\x00broken", b"not an archive at all", b"BZh9" + b"\0" * 40]
)
def test_broken_archives_give_a_fault_and_no_exception(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(raw)
    files, fault = read_archive(path)
    assert files == []
    assert fault or raw == b""


def test_format_is_told_from_the_bytes_not_the_name(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "sdist.tar.gz", [("setup.py", b"pass")])
    assert [member.name for member in read_archive(archive)[0]] == ["setup.py"]


@given(st.text(max_size=60))
def test_no_name_leads_outside(name: str) -> None:
    relative = safe_relative(name)
    if relative is not None:
        assert not relative.is_absolute()
        assert ".." not in relative.parts
        assert os.path.normpath("/base" + "/" + str(relative)).startswith("/base/")
