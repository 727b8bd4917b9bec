"""What is chosen for a corpus, and what counts as inert."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from benchmarks.detection.archives import Member
from benchmarks.detection.benign import newest
from benchmarks.detection.inert import inert_reason
from benchmarks.detection.malicious import Blob, choose_releases, collect, list_blobs
from benchmarks.detection.split import half_of, order_key


def test_one_release_per_name_the_newest_and_its_sdist() -> None:
    blobs = [
        Blob("1", "Some_Name", "1.9", "some_name-1.9.tar.gz"),
        Blob("2", "some-name", "1.10", "some_name-1.10-py3-none-any.whl"),
        Blob("3", "some-name", "1.10", "some_name-1.10.tar.gz"),
        Blob("4", "some.name", "not-a-version", "some_name-x.tar.gz"),
    ]
    assert [blob.oid for blob in choose_releases(blobs, half_of("some-name"))] == ["3"]
    other = "test" if half_of("some-name") == "development" else "development"
    assert choose_releases(blobs, other) == []


def test_order_of_names_is_fixed_and_not_alphabetic() -> None:
    names = [f"name-{number}" for number in range(30)]
    chosen = [
        blob.name for blob in choose_releases([Blob("o", name, "1", "f.tar.gz") for name in names], "development")
    ]
    assert chosen == sorted((name for name in names if half_of(name) == "development"), key=order_key)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository of inert archives: five renamed copies of one package, and one of its own kind."""
    root = tmp_path / "repository"
    root.mkdir()
    development = [name for name in (f"sample-{number}" for number in range(40)) if half_of(name) == "development"][:6]
    for number, name in enumerate(development):
        code = f"for item in range({number}):\n    value_{number} = [item, 'x{number}']\n" * 4
        if number == 5:
            code = "class Thing:\n    def method(self, other):\n        return other if other else self\n"
        folder = root / name / "1.0"
        folder.mkdir(parents=True)
        with zipfile.ZipFile(folder / f"{name}-1.0.zip", "w") as archive:
            archive.writestr(f"{name}/module.py", code)
    run = ["git", "-c", "user.name=n", "-c", "user.email=e@example.invalid", "-C", str(root)]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "samples"]):
        subprocess.run([*run, *arguments], check=True)
    return root


def test_campaigns_are_capped_and_archives_are_stored_not_executable(repository: Path, tmp_path: Path) -> None:
    assert len(list_blobs(repository)) == 6
    samples = collect(repository, tmp_path / "corpus", "development", 100)
    sizes = sorted(sum(other.cluster == one.cluster for other in samples) for one in samples)
    assert sizes == [1, 3, 3, 3]
    for sample in samples:
        stored = tmp_path / "corpus" / sample.path
        assert stored.stat().st_mode & 0o777 == 0o600
    assert samples == collect(repository, tmp_path / "corpus", "development", 100)


def file(filename: str, uploaded: str = "2026-01-01T00:00:00Z", **more: Any) -> dict[str, Any]:
    return {"filename": filename, "upload-time": uploaded, "yanked": False, "hashes": {}, **more}


def test_newest_final_release_before_the_date() -> None:
    files = [
        file("pkg-1.0-py3-none-any.whl"),
        file("pkg-1.2-py3-none-any.whl"),
        file("pkg-1.3-py3-none-any.whl", yanked="broken"),
        file("pkg-2.0rc1-py3-none-any.whl"),
        file("pkg-3.0-py3-none-any.whl", "2026-12-24T00:00:00Z"),
        file("pkg-4.0.tar.gz"),
        file("broken"),
    ]
    chosen = newest(files, "wheel", "2026-11-24")
    assert chosen is not None
    assert chosen["filename"] == "pkg-1.2-py3-none-any.whl"
    sdist = newest(files, "sdist", "2026-11-24")
    assert sdist is not None
    assert sdist["filename"] == "pkg-4.0.tar.gz"
    assert newest([], "wheel", "2026-11-24") is None


def test_pure_wheel_is_preferred_then_linux() -> None:
    windows, linux, pure = (
        f"p-1-{tag}.whl" for tag in ("cp311-cp311-win_amd64", "cp311-cp311-manylinux_2_17_x86_64", "py3-none-any")
    )
    assert newest([file(windows), file(linux)], "wheel", "2027")["filename"] == linux  # type: ignore[index]
    assert newest([file(windows), file(pure), file(linux)], "wheel", "2027")["filename"] == pure  # type: ignore[index]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "no Python file"),
        ({"p/setup.py": "from setuptools import setup\nsetup(name='p')"}, "only setup() with metadata"),
        (
            {"p/setup.py": "setup(long_description=open('README').read())", "p/m.py": "def f():\n    print('x')"},
            "only calls that read, print or describe the package",
        ),
        ({"p/setup.py": "setup(cmdclass={'install': X})"}, ""),
        ({"p/setup.py": "setup(**options)"}, ""),
        ({"p/setup.py": "open('x', 'w').write('y')"}, ""),
        ({"p/setup.py": "print 'python 2'"}, ""),
        ({"p/m.py": "exec('x')"}, ""),
        ({"p/m.py": "import os", "p/x.pth": "import m"}, ""),
        ({"p/m.py": "import os", "p/x.exe": "MZ"}, ""),
    ],
)
def test_inert(files: dict[str, str], expected: str) -> None:
    assert inert_reason([Member(name, text.encode()) for name, text in files.items()]) == expected


def test_unreadable_archive_is_inert_and_says_so() -> None:
    assert "cannot be read" in inert_reason([], "BadZipFile: x")
    assert inert_reason([Member("a.py", b"exec(1)")], "EOFError: x") == ""
