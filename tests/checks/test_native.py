"""Native code: counted, named, with the line that starts it; never green."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from scanner.checks import native
from scanner.checks.subject import PROJECT
from scanner.integrity.native import archive_native, tree_native
from scanner.policy.decide import native_code
from tests.checks.archives_subject import archive_subject
from tests.checks.subjects import coverage, findings
from tests.checks.test_archives import ELF, JAVA, MACHO, PE
from tests.support.builders import sdist, wheel, zip_of

CODE = {"alpha/__init__.py": b"LABELS = []\n"}


def row(folder: Path, made: tuple[str, bytes]):
    subject = archive_subject(folder, made)
    assert findings(native, subject) == []
    return coverage(native, subject)["alpha==1.0"]


def test_a_pure_wheel_holds_none(tmp_path: Path) -> None:
    assert row(tmp_path, wheel("alpha", "1.0", CODE)).status == "not-applicable"


@pytest.mark.parametrize("name, body", [("_x.so", ELF), ("_x.pyd", PE), ("_x.dylib", MACHO), ("model.dat", ELF)])
def test_native_code_is_never_checked(tmp_path: Path, name: str, body: bytes) -> None:
    found = row(tmp_path, wheel("alpha", "1.0", {**CODE, f"alpha/{name}": body}))
    assert found.status == "not-checked"
    assert found.reason.startswith(f"1 native file ({len(body):,} bytes), first alpha/{name}")
    assert found.remedy


def test_a_class_of_java_and_a_text_called_library_are_none(tmp_path: Path) -> None:
    files = {**CODE, "alpha/a.class": JAVA, "alpha/libm.so": b"INPUT ( -lm )\n"}
    assert row(tmp_path, wheel("alpha", "1.0", files)).status == "not-applicable"


def test_webassembly_is_native_code(tmp_path: Path) -> None:
    files = {**CODE, "alpha/view.wasm": b"\0asm\x01\0\0\0"}
    assert "alpha/view.wasm" in row(tmp_path, wheel("alpha", "1.0", files)).reason


@pytest.mark.parametrize(
    "line",
    [
        "from alpha import _fast",
        "from ._fast import score",
        "import alpha._fast",
        "LIB = ctypes.CDLL(HERE + '/_fast.so')",
    ],
)
def test_the_line_that_starts_it_is_named(line: str) -> None:
    code = f"import ctypes\n# from alpha import _fast\n{line}\n".encode()
    filename, body = wheel("alpha", "1.0", {"alpha/__init__.py": code, "alpha/_fast.so": ELF})
    assert archive_native(body, filename, is_built=False).started == "started by alpha/__init__.py line 3"


def test_an_sdist_is_compiled_when_it_is_installed(tmp_path: Path) -> None:
    found = row(tmp_path, sdist("alpha", "1.0", {"alpha/__init__.py": b"", "alpha/_fast.c": b"int x;\n"}))
    assert found.status == "not-checked"
    assert "1 file that a compiler turns into native code, first alpha-1.0/alpha/_fast.c" in found.reason


def test_sources_in_a_wheel_are_not_compiled(tmp_path: Path) -> None:
    assert row(tmp_path, wheel("alpha", "1.0", {**CODE, "alpha/_fast.c": b"int x;\n"})).status == "not-applicable"


def test_a_library_of_the_project_itself(tmp_path: Path) -> None:
    subject = archive_subject(tmp_path, wheel("alpha", "1.0", CODE))
    root = tmp_path / "vendor"
    root.mkdir()
    (root / "score.so").write_bytes(ELF)
    found = coverage(native, msgspec.structs.replace(subject, root=str(root)))[PROJECT]
    assert (found.status, "score.so" in found.reason) == ("not-checked", True)


def test_a_tree_of_native_code_counts_each_once(tmp_path: Path) -> None:
    for name in ("a.so", "b.so", "c.txt"):
        (tmp_path / name).write_bytes(ELF)
    found = tree_native(tmp_path)
    assert (found.files, found.size) == (("a.so", "b.so", "c.txt"), 3 * len(ELF))


def test_an_archive_that_cannot_be_opened_is_a_gap(tmp_path: Path) -> None:
    assert row(tmp_path, ("alpha-1.0-py3-none-any.whl", b"PK no archive")).status == "not-checked"


def test_the_verdict_names_five_packages_and_counts_the_rest(tmp_path: Path) -> None:
    made = wheel("alpha", "1.0", {"alpha/_x.so": ELF})
    [one] = [one for one in native.run(archive_subject(tmp_path, made)) if one.subject == "alpha==1.0"]
    many = [msgspec.structs.replace(one, subject=f"p{number}==1") for number in range(7)]
    shown = "p0==1, p1==1, p2==1, p3==1, p4==1 and 2 more"
    assert native_code(many) == f"Native code was not read, for nothing here can: {shown}."
    assert native_code([]) == ""


def test_searching_the_import_is_bounded() -> None:
    files = {f"alpha/m{number:04}.py": b"x = 1\n" for number in range(500)}
    filename, body = "alpha-1.0-py3-none-any.whl", zip_of({**files, "alpha/_x.so": ELF, "alpha/z.py": b"import _x\n"})
    assert archive_native(body, filename, is_built=False).started == ""
