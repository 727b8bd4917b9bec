"""Strings that tools hand to a shell: each installation is found with its line, and prose is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scanner.inputs import undeclared


def found(root: Path, name: str, body: str) -> list[tuple[int, list[str]]]:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(body)
    file = undeclared.read(root, name)
    if file is None:
        return []
    assert not file.gaps
    return [(one.location.line, [each.text for each in one.requirements]) for one in file.commands]


def book(*cells: dict[str, object]) -> str:
    return json.dumps({"cells": list(cells), "nbformat": 4}, indent=1)


def code(*lines: str) -> dict[str, object]:
    return {"cell_type": "code", "outputs": [], "source": list(lines)}


@pytest.mark.parametrize(
    "lines",
    [
        ("%pip install a==1\n",),
        ("import os\n", "  !pip install a==1\n"),
        ("x = !pip install a==1\n",),
        ("!{sys.executable} -m pip install a==1",),
        ("!pip install \\\n", "  a==1\n"),
        ("%%bash\n", "pip install a==1\n"),
        ("%%capture\n", "!uv pip install a==1\n"),
        ("%sx pip install a==1\n",),
    ],
)
def test_a_cell_that_installs(tmp_path: Path, lines: tuple[str, ...]) -> None:
    text = book(code("print(1)\n"), code(*lines))
    ((line, names),) = found(tmp_path, "a.ipynb", text)
    assert names == ["a==1"]
    assert "install" in text.splitlines()[line - 1]


def test_a_cell_of_prose_or_of_python_installs_nothing(tmp_path: Path) -> None:
    prose: dict[str, object] = {"cell_type": "markdown", "source": ["!pip install a==1\n"]}
    assert found(tmp_path, "a.ipynb", book(prose, code("print('pip install a==1')\n", "%matplotlib inline\n"))) == []


def test_a_cell_of_the_older_format(tmp_path: Path) -> None:
    sheet = {"cells": [{"cell_type": "code", "input": "!pip install a==1"}]}
    assert [names for _, names in found(tmp_path, "a.ipynb", json.dumps({"worksheets": [sheet]}))] == [["a==1"]]


def test_a_notebook_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text("{")
    file = undeclared.read(tmp_path, "a.ipynb")
    assert file is not None
    assert file.gaps


@pytest.mark.parametrize(
    ("name", "body", "line"),
    [
        ("compose.yaml", "services:\n  a:\n    command: [pip, install, a==1]\n", 3),
        ("cloudbuild.yaml", "steps:\n- entrypoint: pip\n  args: ['install', 'a==1']\n", 2),
        ("Taskfile.yml", "tasks:\n  a:\n    cmds:\n    - |\n      true\n      pip install a==1\n", 6),
        ("tox.toml", 'env_list = ["a"]\n[env_run_base]\ndeps = ["a==1"]\n', 3),
        ("tox.toml", '[env.x]\ncommands = [["pip", "install", "a==1"]]\n', 2),
        ("cog.yaml", "build:\n  python_packages:\n  - a==1\n", 3),
        (".devcontainer/devcontainer.json", '{ // note\n "postCreateCommand": "pip install a==1",\n}\n', 2),
        (".devcontainer/devcontainer.json", '{"c": [\n"pip",\n"install",\n"a==1"\n]}\n', 2),
        (".devcontainer/devcontainer.json", '{\n "postCreateCommand": ["pip", "install", "a==1"]\n}\n', 2),
    ],
)
def test_a_string_that_installs(tmp_path: Path, name: str, body: str, line: int) -> None:
    assert found(tmp_path, name, body) == [(line, ["a==1"])]
