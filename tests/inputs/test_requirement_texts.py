"""Requirements files that only their content shows, and lists that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.inputs import requirement_texts
from scanner.inputs.discover import discover

PINNED = "six==1.0\nidna>=3 ; python_version > '3' # why\n-r more.list\n"


def stated(root: Path, name: str, text: str | bytes) -> bool:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return requirement_texts.may_state_requirements(name) and requirement_texts.states_requirements(root, name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("freeze.txt", PINNED),
        ("what.txt", PINNED),
        ("what.list", "six @ https://h.invalid/six-1.0-py3-none-any.whl\n"),
        ("what.txt", "git+https://h.invalid/x\n"),
        ("what.txt", "# a comment\n\n--index-url https://h.invalid\nsix==1.0\n"),
        ("what.txt", "six \\\n  --hash=sha256:" + "a" * 64 + "\n"),
        ("what.txt", "six==1.0\n".encode("utf-16")),
        ("deps.txt", "six\nidna\n"),
        ("test-reqs.txt", "six\n"),
        ("requirements/a/b.txt", "six\n"),
        ("test_deps", "six==1.0\n"),
    ],
)
def test_what_pip_would_install_from(tmp_path: Path, name: str, text: str | bytes) -> None:
    assert stated(tmp_path, name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.txt", "person\nbicycle\ncar\n"),
        ("class_names.txt", "person\ntraffic-light\n"),
        ("urls.txt", "https://h.invalid/a.zip\nhttps://h.invalid/b.tar.gz\n"),
        ("train.txt", "images/0001.jpg\nimages/0002.jpg\n"),
        ("values.txt", "1.0\n2.5\n"),
        ("notes.txt", "six==1.0 is what we need here\n"),
        ("README.txt", "Install six==1.0\n"),
        ("apt-deps.txt", "libgl1\nffmpeg\n"),
        ("packages.txt", "libgl1\nffmpeg\n"),
        ("config.txt", "a=1\nb=2\n"),
        ("MANIFEST.in", "include README.rst\nprune docs\n"),
        ("deps.txt", ""),
        ("deps.txt", "# nothing\n"),
        ("deps", "e514e69eaefb73904a29c16f5f4417db091d9c9b\n"),
        ("a.egg-info/requires.txt", "six (>=1.0)\n"),
        ("robots.txt", "User-agent: *\nDisallow: /\n"),
        ("binary.txt", b"six==1.0\n\0\xff"),
        ("LICENSE", "six==1.0\n"),
    ],
)
def test_what_pip_would_not_install_from(tmp_path: Path, name: str, text: str | bytes) -> None:
    assert not stated(tmp_path, name, text)


def test_it_is_a_group_of_its_own_name_and_its_includes_are_part_of_it(tmp_path: Path) -> None:
    for name, text in {"requirements.txt": "idna\n", "what.txt": PINNED, "more.list": "attrs==1.0\n"}.items():
        (tmp_path / name).write_text(text)
    file = discover(tmp_path).files[-1]
    assert (file.path, file.includes) == ("what.txt", ("more.list",))
    assert [(one.kind, one.name, len(one.requirements)) for one in file.groups] == [("group", "what.txt", 3)]
    assert [one.path for one in discover(tmp_path).files] == ["requirements.txt", "what.txt"]


def test_a_long_file_is_judged_by_its_beginning_and_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirement_texts, "MAX_LOOKED_AT", 20)
    assert stated(tmp_path, "what.txt", "six==1.0\n" * 3 + "this is no requirement\n")
    file = requirement_texts.read(tmp_path, "what.txt")
    assert len(file.groups[0].requirements) == 3
    assert [one.location.line for one in file.gaps] == [4]


def test_numbers_follow_the_word_in_names_of_requirements_files(tmp_path: Path) -> None:
    (tmp_path / "requirements2.txt").write_text("six\n")
    assert [(one.path, one.groups[0].kind) for one in discover(tmp_path).files] == [
        ("requirements2.txt", "dependencies")
    ]
