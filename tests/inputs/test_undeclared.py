"""Installations outside manifests: each is found with its line, and only what is pinned joins a group."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.inputs import undeclared
from scanner.inputs.discover import discover
from scanner.model.locked import DependencyFile

COMMIT = "0123456789012345678901234567890123456789"


def read(root: Path, name: str, body: str) -> DependencyFile:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(body)
    file = undeclared.read(root, name)
    assert file is not None
    return file


def shown(file: DependencyFile) -> list[tuple[int, str, list[str], bool]]:
    return [
        (one.location.line, one.kind, [each.text for each in one.requirements], one.pinned) for one in file.commands
    ]


def test_dockerfile(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        "Dockerfile",
        f"""\
FROM python:3.11
RUN apt-get update && \\
    pip install --no-cache-dir -i https://u:secret@x.invalid/simple flask==2.0 "numpy>=1" && \\
    pip install -r requirements.txt
RUN curl -sSL https://u:secret@h.invalid/i.sh | sudo -E bash -
RUN ["pip", "install", "idna==3.7"]
RUN git clone https://git.invalid/a/tool.git && cd tool && pip install -e .
RUN python3 -m pip install $EXTRA git+https://git.invalid/a/c@main .
RUN bash -c "$(curl -fsSL https://h.invalid/x)"
RUN pip install git+https://git.invalid/a/d@{COMMIT}
""",
    )
    assert shown(file) == [
        (2, "install", ["flask==2.0", "numpy>=1"], False),
        (5, "remote-script", [], False),
        (6, "install", ["idna==3.7"], True),
        (7, "clone-install", [], False),
        (8, "install", ["git+https://git.invalid/a/c@main"], False),
        (9, "remote-script", [], False),
        (10, "install", [f"git+https://git.invalid/a/d@{COMMIT}"], True),
    ]
    assert [one.url for one in file.commands if one.url] == [
        "https://h.invalid/i.sh",
        "https://git.invalid/a/tool.git",
        "https://h.invalid/x",
    ]
    assert "secret" not in repr(file)
    (group,) = file.groups
    assert group.kind == "undeclared"
    assert [one.name for one in group.requirements] == ["flask", "idna", "d"]


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        (
            ".github/workflows/ci.yml",
            (
                "jobs:\n  a:\n    steps:\n    - run: pip install tox==4\n    - run: |\n        uv pip install build\n"
                "        wget -qO- https://h.invalid/s | sh\n"
            ),
            [
                (4, "install", ["tox==4"], True),
                (6, "install", ["build"], False),
                (7, "remote-script", [], False),
            ],
        ),
        (
            "tox.ini",
            "[testenv]\ndeps =\n  pytest==8\n  py39: mock\n  -rreq.txt\ncommands = pip install zed\n",
            [(3, "install", ["pytest==8"], True), (4, "install", ["mock"], False), (6, "install", ["zed"], False)],
        ),
        (
            "noxfile.py",
            'def t(session):\n  session.install("pytest>=8", "-r", "x.txt")\n  session.run("pip", "install", "k==2")\n',
            [(2, "install", ["pytest>=8"], False), (3, "install", ["k==2"], True)],
        ),
        (
            ".pre-commit-config.yaml",
            (
                "repos:\n- repo: x\n  hooks:\n  - id: a\n    additional_dependencies: [types-x==1, 'y']\n"
                "  - id: b\n    language: node\n    additional_dependencies: [eslint]\n"
            ),
            [(5, "install", ["types-x==1"], True), (5, "install", ["y"], False)],
        ),
        ("Makefile", "a:\n\t@pip install z==1 # note\n", [(2, "install", ["z==1"], True)]),
        ("run.sh", "#!/bin/sh\n# pip install no\nFOO=1 pip3 -q install 'a==1'\n", [(3, "install", ["a==1"], True)]),
    ],
)
def test_each_place(tmp_path: Path, name: str, body: str, expected: list[tuple[int, str, list[str], bool]]) -> None:
    assert shown(read(tmp_path, name, body)) == expected


def test_a_script_that_installs_nothing_is_no_dependency_file(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("echo hello | sh\n")
    assert undeclared.read(tmp_path, "run.sh") is None


def test_a_folder_with_nothing_but_a_dockerfile_can_be_audited(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("RUN pip install idna==3.7\n")
    assert [one.kind for one in discover(tmp_path).files] == ["Dockerfile"]


def test_a_workflow_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    file = read(tmp_path, ".github/workflows/x.yml", "a:\n\t- b\n")
    assert [gap.location.line for gap in file.gaps] == [2]
