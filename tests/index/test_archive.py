"""Hostile archives: each ends within bounds in members and problems, and nothing is ever written to disk."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.index.archive import ArchiveLimits, TooLargeError, open_archive
from scanner.model.errors import InputError
from tests.support.builders import tar_of, zip_of

SMALL = ArchiveLimits(members=50, total_bytes=1_000_000, member_bytes=400_000, ratio=100, ratio_floor=20_000)


def problems(body: bytes, name: str = "x.whl") -> set[str]:
    with open_archive(body, name, SMALL) as archive:
        list(archive.files())
        return {one.code for one in archive.problems}


@pytest.mark.parametrize("make", [zip_of, tar_of], ids=["zip", "tar"])
def test_an_honest_archive_gives_its_members_and_no_problem(make: object) -> None:
    body = make({"a/x.py": b"x = 1\n", "a/y.py": b""})  # type: ignore[operator]
    with open_archive(body, "a") as archive:
        assert {one.member.path: one.data for one in archive.files()} == {"a/x.py": b"x = 1\n", "a/y.py": b""}
        assert archive.read("a/x.py", 3) == b"x ="
        assert archive.read("missing") is None
        assert archive.problems == ()


@pytest.mark.parametrize("make", [zip_of, tar_of], ids=["zip", "tar"])
@pytest.mark.parametrize(
    ("path", "code"), [("../../evil.py", "traversal"), ("/etc/cron.d/x", "absolute-path"), ("a/../../x", "traversal")]
)
def test_paths_that_leave_the_folder(make: object, path: str, code: str) -> None:
    assert code in problems(make({path: b"x"}))  # type: ignore[operator]


def test_a_member_that_stands_twice_is_told_and_the_last_one_counts() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.py", b"honest")
        with pytest.warns(UserWarning):
            archive.writestr("a.py", b"evil")
    assert "duplicate" in problems(buffer.getvalue())
    with open_archive(buffer.getvalue(), "x.whl") as opened:
        assert opened.read("a.py") == b"evil"


def test_a_zip_bomb_is_cut_at_the_ratio_and_costs_no_more_memory() -> None:
    body = zip_of({"bomb": b"\0" * 5_000_000, "after.py": b"x = 1"})
    with open_archive(body, "x.whl", ArchiveLimits(ratio=100, ratio_floor=10_000)) as archive:
        found = {one.member.path: len(one.data) for one in archive.files()}
        assert found["bomb"] < 1_000_000
        assert found["after.py"] == 5
        assert {one.code for one in archive.problems} == {"too-large"}


def test_a_tar_bomb_is_cut_at_the_total() -> None:
    assert "too-large" in problems(tar_of({f"m{number}": b"\0" * 400_000 for number in range(10)}), "x.tar.gz")


def test_a_member_that_claims_two_gigabytes_is_read_for_what_it_is() -> None:
    body = bytearray(zip_of({"a.py": b"x = 1\n"}))
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = body.index(signature) + offset
        body[at : at + 4] = struct.pack("<I", 2_000_000_000)
    found = problems(bytes(body))
    assert found & {"size-lie", "truncated"}


def test_links_and_devices_are_named_and_never_followed() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, kind in (("l", tarfile.SYMTYPE), ("h", tarfile.LNKTYPE), ("d", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    assert problems(buffer.getvalue(), "x.tar.gz") == {"link", "special-file"}


def test_an_encrypted_member_is_told() -> None:
    body = bytearray(zip_of({"a.py": b"x = 1\n"}))
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = body.index(signature) + offset
        body[at] |= 1
    assert problems(bytes(body)) == {"encrypted"}


def test_too_many_members_are_counted_before_they_are_held() -> None:
    members = {f"m{number}": b"" for number in range(200)}
    with pytest.raises(TooLargeError, match="more than 50 members"):
        open_archive(zip_of(members), "x.whl", SMALL)
    with open_archive(tar_of(members), "x.tar.gz", SMALL) as archive:
        assert len(archive.members) == 50
        assert "too-large" in {one.code for one in archive.problems}


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"BZh9", b"\xfd7zXZ\x00", b"plain text"])
def test_what_is_no_archive_is_an_error_of_ours(body: bytes) -> None:
    with pytest.raises(InputError):
        open_archive(body, "x.whl")


@settings(max_examples=200, deadline=None)
@given(st.data(), st.sampled_from(["zip", "gz", "bz2", "xz"]))
def test_damage_anywhere_ends_in_values_or_in_an_error_of_ours(data: st.DataObject, kind: str) -> None:
    members = {"a/x.py": b"print(1)\n" * 50, "a/PKG-INFO": b"Name: a\n"}
    body = bytearray(zip_of(members) if kind == "zip" else tar_of(members, f"w:{kind}"))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    try:
        with open_archive(bytes(body[:cut]), "x", SMALL) as archive:
            assert sum(len(one.data) for one in archive.files()) <= SMALL.total_bytes + SMALL.member_bytes
    except InputError as error:
        assert error.message.startswith("x: ")


def test_a_beginning_is_read_without_the_rest_and_one_that_cannot_be_is_a_problem() -> None:
    body = bytearray(zip_of({"a/good.txt": b"MZ" + b"x" * 5000, "a/damaged.txt": bytes(range(256)) * 20}))
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        at = opened.getinfo("a/damaged.txt").header_offset + 30 + len("a/damaged.txt")
    body[at : at + 8] = b"\xff" * 8
    with open_archive(bytes(body), "x.whl", SMALL) as archive:
        assert dict(archive.beginnings(lambda member: "good" in member.path, 2)) == {"a/good.txt": b"MZ"}
        assert archive.problems == ()
        assert dict(archive.beginnings(lambda member: "damaged" in member.path, 16)) == {}
        assert [(one.code, one.member) for one in archive.problems] == [("truncated", "a/damaged.txt")]
