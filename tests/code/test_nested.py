"""Archives within artifacts and trees: the Python in them is read like the rest, or is a gap."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from scanner.code import nested
from scanner.code.analysis import Analysis
from tests.code.test_kinds import HONEST, STEALER, of_sdist, of_tree, of_wheel, places
from tests.support.builders import zip_of

HIDDEN = zip_of({"inner/__init__.py": STEALER.encode()})
CLEAN = zip_of({"inner/__init__.py": HONEST.encode()})


def tar_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as made:
        for name, body in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            made.addfile(entry, io.BytesIO(body))
    return buffer.getvalue()


def paths(analysis: Analysis) -> set[str]:
    return {path for path, _ in places(analysis)}


@pytest.mark.parametrize("name", ["x.zip", "x.egg", "x.pyz", "x-1.0-py3-none-any.whl", "x.dat"])
def test_python_in_an_archive_of_a_wheel_is_found_at_its_own_line(name: str) -> None:
    found = of_wheel({f"example/{name}": HIDDEN})
    assert found.verdict == "malicious"
    assert (f"example/{name}!/inner/__init__.py", 2) in places(found)
    assert of_wheel({f"example/{name}": CLEAN}).verdict == "clean"


def test_python_in_an_archive_of_an_sdist_and_of_a_tree_is_found(tmp_path: Path) -> None:
    assert of_sdist({"vendor/x.zip": HIDDEN}).verdict == "malicious"
    assert of_tree(tmp_path, {"vendor/x.zip": HIDDEN}).verdict == "malicious"
    assert of_tree(tmp_path, {"vendor/x.zip": CLEAN}).verdict == "clean"


@pytest.mark.parametrize("first", [b"#!/usr/bin/env python3\n", b"#!python\n"])
def test_a_zipapp_is_opened_behind_its_first_line(tmp_path: Path, first: bytes) -> None:
    body = first + zip_of({"__main__.py": STEALER.encode()})
    found = of_tree(tmp_path, {"tool": body, "x.pyz": body})
    assert {"tool!/__main__.py", "x.pyz!/__main__.py"} <= paths(found)


def test_an_sdist_within_a_tree_runs_its_setup_at_install(tmp_path: Path) -> None:
    inner = tar_of({"x-1.0/setup.py": STEALER.encode(), "x-1.0/PKG-INFO": b"Name: x\n"})
    found = of_tree(tmp_path, {"dist/x-1.0.tar.gz": inner})
    assert found.verdict == "malicious"
    assert "install" in {one.trigger for one in found.findings}


def test_two_levels_are_opened_and_the_third_is_a_gap(tmp_path: Path) -> None:
    second = zip_of({"y.zip": HIDDEN})
    assert "a.zip!/y.zip!/inner/__init__.py" in paths(of_tree(tmp_path, {"a.zip": second}))
    third = of_tree(tmp_path, {"a.zip": zip_of({"z.zip": second})})
    assert not third.findings
    assert [one.path for one in third.gaps] == ["a.zip!/z.zip!/y.zip"]
    assert third.verdict == "incomplete"


def test_what_cannot_be_opened_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = HIDDEN[: len(HIDDEN) // 2]
    found = of_tree(tmp_path, {"a.zip": damaged, "b.whl": b"no archive", "c.tgz": b""})
    assert {one.path for one in found.gaps} == {"a.zip", "b.whl", "c.tgz"}
    assert found.verdict == "incomplete"
    monkeypatch.setattr(nested, "MAX_BYTES", 20)
    assert {one.path for one in of_wheel({"example/x.zip": HIDDEN}).gaps} == {"example/x.zip"}


def test_the_archives_past_the_bound_are_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nested, "MAX_ARCHIVES", 3)
    found = of_wheel({f"example/{n}.zip": HIDDEN for n in range(5)})
    assert len(paths(found)) == 3
    assert {one.path for one in found.gaps} == {"example/3.zip", "example/4.zip"}


def test_an_archive_of_the_tests_is_opened_only_where_something_names_it() -> None:
    plain = of_wheel({"example/tests/data/x.zip": HIDDEN})
    assert plain.verdict == "clean"
    assert not plain.gaps
    reached = of_wheel({"example/__init__.py": "p = 'tests/data/' + 'x.zip'\n", "example/tests/data/x.zip": HIDDEN})
    assert reached.verdict == "malicious"


def test_an_archive_without_code_says_nothing(tmp_path: Path) -> None:
    found = of_tree(
        tmp_path, {"data.zip": zip_of({"a.txt": b"1", "b.png": b"\x89PNG"}), "sheet.xlsx": zip_of({"x": b""})}
    )
    assert found.verdict == "clean"
    assert not found.gaps


@pytest.mark.parametrize(("target", "unread"), [("Etc/GMT", False), ("../../secret.py", True), ("/etc/x.py", True)])
def test_a_link_in_an_archive_without_code_is_a_gap_where_it_leaves_the_archive(target: str, unread: bool) -> None:
    # Regression: dateutil ships its time zones as a tar with links to links, and every audit with it was inconclusive.
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        for name, to in (("Etc/UTC", ""), ("Etc/GMT", "Etc/UTC"), ("Etc/Greenwich", target)):
            member = tarfile.TarInfo(name)
            if to:
                member.type, member.linkname = tarfile.LNKTYPE, to
            archive.addfile(member)
    found = of_wheel({"example/__init__.py": HONEST, "example/zones.tar.gz": written.getvalue()})
    assert {one.path for one in found.gaps} == ({"example/zones.tar.gz!/Etc/Greenwich"} if unread else set())


def test_findings_of_two_archives_with_one_content_have_ids_of_their_own() -> None:
    found = of_wheel({"example/a.zip": HIDDEN, "example/b.zip": HIDDEN})
    assert len({one.id for one in found.findings}) == len(found.findings) > 1
