"""Inputs that the fuzz driver found, as small as they became: each ended in a traceback, a hang or gigabytes."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sqlite3
import tarfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from scanner.advisories.export import compile_export
from scanner.advisories.match import affects
from scanner.advisories.records import OsvAffected, OsvPackage, OsvRecord, SeedRecord, from_osv, from_seed
from scanner.advisories.store import AdvisoryDatabase, compile_database
from scanner.code.analysis import analyse
from scanner.code.limits import Limits
from scanner.code.source import SourceFile
from scanner.code.triggers import layout
from scanner.index.archive import ArchiveLimits, open_archive
from scanner.index.needs import needs_of
from scanner.index.pages import parse_page
from scanner.index.remote_zip import read_wheel_metadata
from scanner.inputs.requirements import read as read_requirements
from scanner.model.errors import InputError, NetworkError
from scanner.model.finding import PackageRef
from scanner.model.known import NotKnown
from scanner.model.names import canonicalize_name
from scanner.model.release import ProjectPage, VersionFiles
from scanner.model.urls import split_url
from scanner.model.versions import artifact_version, parse_version
from scanner.parsing import too_costly
from scanner.policy.policy import read_policy
from scanner.resolver.build import ResolveOptions, build_graph
from scanner.resolver.select import choose
from scanner.resolver.target import target_environment
from tests.support.builders import tar_of, wheel, zip_of

DEMO = canonicalize_name("demo")
DIGITS = "5" * 5000
"""More than Python turns into a number."""


def page(*files: dict[str, Any]) -> ProjectPage:
    body = json.dumps({"files": list(files)}).encode()
    return parse_page(DEMO, "https://h.invalid/simple", "https://h.invalid/simple/demo/", body, "application/json")


def test_a_page_that_is_no_utf_8() -> None:
    with pytest.raises(NetworkError, match="not JSON"):
        parse_page(DEMO, "x", "https://h.invalid/", b'{"files": ["\xff"]}', "application/json")


def test_a_page_whose_html_has_an_unknown_section() -> None:
    try:
        assert not parse_page(DEMO, "x", "https://h.invalid/", b"<![odd[", "text/html").artifacts
    except NetworkError as error:
        assert "HTML" in error.what


@pytest.mark.parametrize("size", [True, 2**64, 10**30, -1])
def test_a_size_that_no_file_has_is_not_said(size: object) -> None:
    [artifact] = page({"filename": "demo-1.0.tar.gz", "url": "x", "size": size}).artifacts
    assert not isinstance(artifact.size, int)
    msgspec.msgpack.encode(artifact)


def test_a_url_of_a_page_that_cannot_be_joined() -> None:
    [artifact] = page({"filename": "demo-1.0.tar.gz", "url": "http://[1/x", "provenance": "http://1.]"}).artifacts
    assert artifact.filename == "demo-1.0.tar.gz"


def test_one_file_name_twice_on_a_page() -> None:
    name = "demo-1.0-py3-none-any.whl"
    listed = page({"filename": name, "url": "a"}, {"filename": name, "url": "b", "hashes": {"sha256": "0" * 64}})
    chosen = choose(listed.artifacts, target_environment("3.11", "linux-x86_64"))
    assert isinstance(chosen, NotKnown)  # Two files of one name: installers differ in which they take.
    assert "listed twice" in chosen.reason


def test_a_file_name_of_many_dashes_ends_soon() -> None:
    began = time.process_time()
    assert artifact_version("-" * 100_000 + ".tar.gz", "demo") == ""
    assert time.process_time() - began < 1


@pytest.mark.parametrize("text", [DIGITS, f"1.{DIGITS}", f"1!{DIGITS}"])
def test_a_version_of_thousands_of_digits(text: str) -> None:
    assert parse_version(text) is None
    record = {"id": "X", "affected": [{"name": "demo", "ranges": [{"introduced": text}]}]}
    advisory = from_seed(msgspec.convert(record, SeedRecord))
    assert affects(advisory, "demo", "1.0") in ("affected", "not-affected", "not-comparable")
    needs_of([f"demo (>={text},<4)"])


@pytest.mark.parametrize("line", ["https://h[/x-1.0.zip", "a @ https://[/x.whl", "n://["])
def test_a_reference_that_is_no_url_is_not_lost(tmp_path: Path, line: str) -> None:
    (tmp_path / "requirements.txt").write_text(line + "\n")
    try:
        file = read_requirements(tmp_path, "requirements.txt")
    except InputError:
        return
    target = target_environment("3.11", "linux-x86_64")
    resolution = build_graph([file], None, target, ResolveOptions(), lambda done, total: None)
    [release] = resolution.releases.values()
    assert isinstance(release.chosen, NotKnown)
    assert "project's own tree" not in release.chosen.reason  # It is not taken for a folder of the project.


def test_what_is_no_url_keeps_its_scheme() -> None:
    assert (split_url("HTTPS://[x/y").scheme, split_url("HTTPS://[x/y").hostname) == ("https", None)
    assert split_url("[").scheme == ""


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("https://h.invalid/my-tool-1.0.tar.gz", "my-tool"),
        ("https://h.invalid/my_tool-1.0-py3-none-any.whl?x=1", "my-tool"),
        ("git+https://h.invalid/a/tool@feature/x", "tool"),
        ("git+ssh://git@h.invalid/a/tool.git@main", "tool"),
    ],
)
def test_the_name_that_a_url_shows(tmp_path: Path, line: str, name: str) -> None:
    (tmp_path / "requirements.txt").write_text(line + "\n")
    [group] = read_requirements(tmp_path, "requirements.txt").groups
    assert [one.name for one in group.requirements] == [name]


def test_a_url_of_two_hundred_thousand_letters_ends_soon(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("git+https://h.invalid/" + "a-1" * 60_000 + "x\n")
    began = time.process_time()
    read_requirements(tmp_path, "requirements.txt")
    assert time.process_time() - began < 2


@pytest.mark.parametrize("blanks", [b"\t" * 400_000, b" " * 400_000, (b"\t" * 200 + b"x") * 3000])
def test_a_line_of_blanks_ends_soon(blanks: bytes) -> None:
    began = time.process_time()
    analyse([SourceFile("demo.py", b"x = 1;" + blanks)], kind="file", package=PackageRef("demo"))
    assert time.process_time() - began < 5


def test_entry_points_that_configparser_refuses_hide_no_script() -> None:
    text = b"[c]\nt\n d\n[console_scripts]\nrun = demo.cli:main [extra]\n[broken\nx"
    files = {"demo-1.0.dist-info/entry_points.txt": SourceFile("demo-1.0.dist-info/entry_points.txt", text)}
    names = ["demo/cli.py", *files]
    held = {**files, "demo/cli.py": SourceFile("demo/cli.py", b"def main(): pass\n")}
    assert "demo/cli.py" in str(layout(held, "wheel", names))


def test_a_policy_of_very_many_parts(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("a" + ".a" * 1500 + " = 1\n")
    with pytest.raises(InputError):
        read_policy(path)


def test_a_remote_wheel_whose_member_is_damaged() -> None:
    _, body = wheel("demo")
    at = body.index(b"demo-1.0.dist-info/METADATA") + len(b"demo-1.0.dist-info/METADATA")
    broken = body[:at] + b"\xff" * 20 + body[at + 20 :]
    with pytest.raises(NetworkError, match="cannot be read by ranges"):
        read_wheel_metadata(len(broken), lambda start, end: broken[start:end], 1_000_000)


@pytest.mark.parametrize("damage", ["encrypted", "name"])
def test_an_export_that_is_damaged_is_refused(tmp_path: Path, damage: str) -> None:
    body = bytearray(zip_of({"1.json": b'{"id": "X", "affected": []}'}))
    entry = body.index(b"PK\x01\x02")
    if damage == "encrypted":
        body[entry + 8] |= 1
        body[6] |= 1
    else:
        body[entry + 9] |= 8
        body[entry + 46] = 0xFE
    (tmp_path / "all.zip").write_bytes(bytes(body))
    with pytest.raises(InputError):
        compile_export(tmp_path / "all.zip", tmp_path / "db", shown_source="x", progress=lambda done, total: None)


def _header(**fields: Any) -> bytes:
    info = tarfile.TarInfo("demo-1.0/x")
    for name, value in fields.items():
        setattr(info, name, value)
    return info.tobuf(tarfile.GNU_FORMAT)


FIRST = tar_of({"demo-1.0/PKG-INFO": b"Name: demo\n"}, "w").rstrip(b"\0").ljust(1024, b"\0")
TARS = {
    "a long name of gigabytes": FIRST + _header(type=b"L", size=3 * 1024**3),
    "pax fields of gigabytes": FIRST + _header(type=b"x", size=3 * 1024**3),
    "a sparse member": FIRST + _header(type=b"S", size=10),
    "a member of terabytes": FIRST + _header(size=2**40),
    "zeros without end": FIRST + _header(size=2**33) + b"\0" * 60_000_000,
}


@pytest.mark.parametrize("what", TARS)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_a_tar_that_claims_much_is_bounded_and_said(what: str, pack: Any) -> None:
    import resource

    packed = pack(TARS[what])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open_archive(packed, "demo-1.0.tar.gz") as archive:
        found = {one.member.path: one for one in archive.files()}
        assert found["demo-1.0/PKG-INFO"].data == b"Name: demo\n"
        assert archive.problems
        assert all(one.truncated for path, one in found.items() if path != "demo-1.0/PKG-INFO")
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 300


@pytest.mark.parametrize("cut", [100, 200, 300])
def test_a_damaged_xz_is_refused_or_said(cut: int) -> None:
    body = bytearray(lzma.compress(tar_of({f"demo-1.0/{n}.py": bytes([n]) * 3000 for n in range(40)}, "w")))
    body[cut] ^= 0xFF
    try:
        with open_archive(bytes(body), "demo-1.0.tar.xz") as archive:
            assert archive.problems
    except InputError as error:
        assert "archive" in error.what


def test_a_tar_too_large_to_be_kept_is_read_again() -> None:
    files = {f"demo-1.0/{n}.bin": bytes([n]) * 9_000_000 for n in range(10)}
    with open_archive(tar_of(files, "w"), "demo-1.0.tar", ArchiveLimits()) as archive:
        assert {one.member.path: one.data for one in archive.files()} == files
        assert archive.read("demo-1.0/7.bin", 5) == b"\x07" * 5
        assert [path for path, _ in archive.beginnings(lambda member: "3" in member.path, 4)] == ["demo-1.0/3.bin"]
        assert not archive.problems


def test_very_many_small_members_are_read_in_linear_time() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as made:
        for number in range(30_000):
            info = tarfile.TarInfo(f"demo-1.0/{number}.py")
            info.size = 6
            made.addfile(info, io.BytesIO(b"x = 1\n"))
    began = time.process_time()
    with open_archive(buffer.getvalue(), "demo-1.0.tar.gz") as archive:
        assert all(archive.read(one) == b"x = 1\n" for one in archive.members)
    assert time.process_time() - began < 10


def test_a_database_with_a_record_that_is_none(tmp_path: Path) -> None:
    from scanner.advisories.seal import seal_of

    target = tmp_path / "db.sqlite"
    record = OsvRecord(id="GHSA-x", affected=[OsvAffected(OsvPackage("PyPI", "demo"), versions=["1.0"])])
    compile_database([from_osv(record)], target, kind="x", source="x", as_of="2026-01-01", lacks="")
    connection = sqlite3.connect(target)
    connection.execute("UPDATE advisories SET body = 7")
    connection.commit()
    connection.close()
    body = target.read_bytes().rpartition(b"\nassay sha256 ")[0]
    target.write_bytes(body + seal_of(body))
    with AdvisoryDatabase(target) as database, pytest.raises(InputError, match="a record that is none"):
        database.for_name("demo")


def test_a_stored_page_of_another_shape() -> None:
    with pytest.raises(NetworkError, match="damaged"):
        assert VersionFiles("1.0", stored=b"\xa1\xff").artifacts


def test_a_file_that_states_one_reference_five_thousand_times(tmp_path: Path) -> None:
    """Each place asked anew for the same paths, and each answer sorted every place: quadratic, 5 s for 120 KB."""
    from scanner.checks import pins
    from scanner.gathering import Known, gather_subject
    from scanner.inputs.discover import Discovery
    from scanner.model.progress import Silent
    from scanner.policy.policy import built_in_policy

    (tmp_path / "requirements.txt").write_text("./local/package\n" * 5000 + "https://index.invalid/x-1.0.zip\n" * 5000)
    file = read_requirements(tmp_path, "requirements.txt")
    began = time.process_time()
    target = target_environment("3.11", "linux-x86_64")
    resolution = build_graph([file], None, target, ResolveOptions(), lambda done, total: None)
    known = Known(target, built_in_policy().settings, datetime(2026, 1, 1, tzinfo=UTC))
    found = gather_subject(Discovery(str(tmp_path), (file,), (), ()), resolution, known, None, Silent())
    assert list(pins.run(found))
    assert time.process_time() - began < 4


def test_an_import_of_a_name_of_many_parts_is_not_parsed() -> None:
    """CPython's parser takes 4 GB for it: each part is joined anew, and each join is kept."""
    name = "a" + ".a" * 100_000
    for text in (
        f"import {name}\n",
        f"from {name} import x\n",
        f"import x, y as z, {name}\n",
        f"import x, \\\n {name}\n",
    ):
        assert too_costly(text) == "it imports names of too many parts"
        found = analyse(
            [SourceFile("setup.py", text.encode())], kind="sdist", package=PackageRef("demo", "1.0"), limits=Limits()
        )
        assert [gap.path for gap in found.unread] == ["setup.py"]  # The rest of the file is read without that line.
    assert not too_costly("import " + ".".join(["a"] * 100) + "\n")
    assert not too_costly("x = '" + "import a." * 100_000 + "'\n")


def test_a_source_of_more_tokens_than_anybody_writes_is_not_parsed() -> None:
    """4 MiB of ``a;`` become a tree of 4 GB."""
    found = analyse(
        [SourceFile("setup.py", b"a;" * 1_000_000)], kind="sdist", package=PackageRef("demo", "1.0"), limits=Limits()
    )
    assert [gap.path for gap in found.unread] == ["setup.py"]
    escaped, prose = "x = b'" + "\\x00" * 1_000_000 + "'\n", "# it's a comment\n" * 240_000
    assert not too_costly(escaped)
    assert not too_costly(prose)


def test_a_link_whose_target_is_no_name(tmp_path: Path) -> None:
    from scanner.inputs.discover import discover

    (tmp_path / "requirements.txt").write_text("idna==3.7\n")
    (tmp_path / "link.py").symlink_to("a" * 300)
    (tmp_path / "requirements-dev.txt").symlink_to("b" * 300)
    assert [one.path for one in discover(tmp_path).files] == ["requirements.txt"]


def test_a_cached_page_of_deep_nesting_is_none(tmp_path: Path) -> None:
    from scanner.index.cache import Cache

    kept = Cache(tmp_path)
    kept.keep_value("pages", "key", b"\x9b\x05" + b"\x91" * 5000 + b"\xc0")
    assert kept.page("key") is None


def test_a_zip_whose_member_has_no_name() -> None:
    body = zip_of({"x" * 8: b"", "demo-1.0/a.py": b"x = 1\n"}).replace(b"x" * 8, b"\0" * 8)
    with open_archive(body, "demo-1.0.zip") as opened:
        assert [one.path for one in opened.members] == ["", "demo-1.0/a.py"]
