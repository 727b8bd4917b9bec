"""Installations outside manifests: each is found with its line, and only what is pinned joins a group."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.inputs import commands, undeclared
from scanner.inputs import discover as discover_module
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
    assert [(one.kind, one.name, [each.name for each in one.requirements]) for one in file.groups] == [
        ("undeclared", "Dockerfile", ["flask", "idna", "d"]),
        ("command", "Dockerfile:2", ["flask", "numpy"]),
        ("command", "Dockerfile:8", ["c"]),
    ]


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
        (
            "build.sh",
            "pip wheel . -w dist\npip wheel a==1 --wheel-dir dist\n",
            [(2, "install", ["a==1"], True)],
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


def gaps(root: Path, name: str, body: str) -> list[tuple[int, str]]:
    return [(one.location.line, one.reason) for one in read(root, name, body).gaps]


LONG = "x" * commands.MAX_LINE


def test_a_command_behind_a_long_one_is_found(tmp_path: Path) -> None:
    file = read(tmp_path, "run.sh", f"echo {LONG} && pip install a==1; echo b | pip install c==2\n")
    assert [each for _, _, found, _ in shown(file) for each in found] == ["a==1", "c==2"]
    assert not file.gaps


@pytest.mark.parametrize("command", [f"pip install {LONG} a==1", f"curl https://h.invalid/{LONG} | sh"])
def test_a_command_that_is_too_long_to_read_is_a_gap(tmp_path: Path, command: str) -> None:
    ((line, said),) = gaps(tmp_path, "run.sh", f"true\n{command}\n")
    assert line == 2
    assert "may install something, and is not read" in said


def test_a_long_line_that_installs_nothing_is_no_gap(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text(f"echo {LONG}\n")
    assert undeclared.read(tmp_path, "run.sh") is None


def test_commands_past_the_bound_are_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MAX_COMMANDS", 2)
    file = read(tmp_path, "run.sh", "pip install a\npip install b\npip install c\n")
    assert len(file.commands) == 2
    assert [one.location.line for one in file.gaps] == [3]


def test_files_that_install_past_the_bound_are_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discover_module, "MAX_DEPENDENCY_FILES", 1)
    for name in ("a.sh", "b.sh"):
        (tmp_path / name).write_text("pip install idna==3.7\n")
    found = discover(tmp_path)
    assert [one.path for one in found.files] == ["a.sh"]
    assert [one.location.path for one in found.gaps] == ["b.sh"]


def test_a_noxfile_that_cannot_be_parsed_is_a_gap(tmp_path: Path) -> None:
    assert [line for line, _ in gaps(tmp_path, "noxfile.py", "import nox\ndef (:\n")] == [2]


@pytest.mark.parametrize("entry", ["a==", "{env:WHAT}", "{[other]deps}", "pytest{env:V}", "-e {env:WHERE}"])
def test_a_dependency_of_tox_that_is_not_known_is_a_gap(tmp_path: Path, entry: str) -> None:
    assert [line for line, _ in gaps(tmp_path, "tox.ini", f"[testenv]\ndeps =\n  {entry}\n")] == [3]


def test_what_tox_fills_in_is_known_where_the_file_says_it(tmp_path: Path) -> None:
    body = (
        "[base]\ndeps = idna==3.7\n[testenv]\ndeps =\n  {[base]deps}\n  pytest{env:V:==8}\n  {env:MORE:}\n  .[x]\n"
        "  -e{toxinidir}\n  {toxinidir}/a\n  tests/plugin\n  -r{toxinidir}/r.txt\n"
    )
    file = read(tmp_path, "tox.ini", body)
    assert [(line, found) for line, _, found, _ in shown(file)] == [(2, ["idna==3.7"]), (6, ["pytest==8"])]
    assert not file.gaps


def test_references_of_tox_in_a_ring_end(tmp_path: Path) -> None:
    file = read(tmp_path, "tox.ini", "[a]\nd = {[a]d}\n[testenv]\ndeps = {[a]d}\n")
    assert file.gaps


def test_a_hook_of_another_language_is_no_gap(tmp_path: Path) -> None:
    entries = "['@a/b@1.2', 'prettier@2.1', 'scss_lint:1.2', 'github.com/a/b@v1', './x', 'idna==3.7']"
    body = f"repos:\n- repo: x\n  hooks:\n  - id: a\n    additional_dependencies: {entries}\n"
    assert not read(tmp_path, ".pre-commit-config.yaml", body).gaps
    assert gaps(tmp_path, ".pre-commit-config.yaml", "repos:\n- hooks:\n  - additional_dependencies: ['a==']\n")
