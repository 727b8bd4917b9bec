"""``[tool.*]`` of pyproject.toml: what tools of any name install, and what only looks like that."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.inputs import hatch, key_words, pyproject, setup_cfg, tool_keys
from scanner.model.locked import DependencyFile


def read(root: Path, text: str) -> DependencyFile:
    (root / "pyproject.toml").write_text('[project]\nname = "app"\nversion = "1"\n' + text)
    return pyproject.read(root, "pyproject.toml")


def groups(file: DependencyFile) -> dict[tuple[str, str], list[str]]:
    return {
        (one.kind, one.name): [each.text for each in one.requirements] for one in file.groups if one.kind != "build"
    }


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('[tool.rye]\ndev-dependencies = ["six"]\n', "rye"),
        ('[tool.briefcase.app.x]\nrequires = ["six"]\n', "briefcase-app-x"),
        ('[tool.briefcase.app.x.macOS]\nrequires = ["six"]\n', "briefcase-app-x-macos"),
        ('[tool.cibuildwheel]\ntest-requires = "six"\n', "cibuildwheel"),
        ('[tool.cibuildwheel.linux]\ntest-requires = ["six"]\n', "cibuildwheel-linux"),
        ('[[tool.cibuildwheel.overrides]]\nselect = "*"\ntest-requires = ["six"]\n', "cibuildwheel-overrides"),
        ('[tool.tox.env.a]\ndeps = ["six", "-e", "-e .", ".[x]", "./lib"]\n', "tox-env-a"),
        ('[tool.hatch.env]\nrequires = ["six"]\n', "hatch-env"),
        ('[tool.pdm]\nplugins = ["six"]\n', "pdm-plugins"),
    ],
)
def test_a_tool_that_is_known_to_install_its_list(tmp_path: Path, text: str, name: str) -> None:
    found = read(tmp_path, text)
    assert groups(found) == {("group", name): ["six"]}
    assert not found.gaps


def test_plugins_of_poetry_are_in_its_own_notation(tmp_path: Path) -> None:
    found = read(tmp_path, '[tool.poetry.requires-plugins]\nsix = "^1.2"\n')
    assert groups(found) == {("group", "poetry-plugins"): ["six>=1.2,<2"]}


@pytest.mark.parametrize(
    ("items", "counts"),
    [
        ('["six>=1"]', True),
        ('["six>=1", "idna"]', True),
        ('["six @ https://h.invalid/six-1.0-py3-none-any.whl"]', True),
        ('["core", "plugins"]', False),
        ('["six>=1", "no requirement at all"]', False),
        ('">=3.11"', False),
        ("[1, 2]", False),
        ("true", False),
    ],
)
def test_of_any_other_tool_a_list_counts_where_it_can_be_nothing_else(tmp_path: Path, items: str, counts: bool) -> None:
    found = read(tmp_path, f"[tool.other.part]\ndependencies = {items}\n")
    assert bool(groups(found)) == counts
    assert not found.gaps


@pytest.mark.parametrize(
    "text",
    [
        '[tool.briefcase.app.x.linux]\nsystem_requires = ["libgirepository1.0-dev=1"]\n',
        '[tool.hatch]\nrequires-python = ">=3.11"\n',
        '[tool.mypy]\nplugins = ["pydantic.mypy"]\n',
        '[tool.pytest.ini_options]\nrequired_plugins = ["pytest-cov>=1"]\nmarkers = ["slow: pip install x first"]\n',
        '[tool.other]\ndescription = "pip install six"\n',
        '[tool.deptry]\npep621_dev_dependency_groups = ["dev"]\n',
        '[tool.other]\ninstall_command = "pip install -e ."\n',
    ],
)
def test_what_only_looks_like_a_list_or_a_command_is_none(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    assert not groups(found)
    assert not found.gaps
    assert not found.commands


@pytest.mark.parametrize(
    "text",
    [
        '[tool.poe.tasks]\na = "pip install six==1.0"\n',
        '[tool.poe.tasks.a]\nshell = """\necho\npip install \\\\\n  six==1.0\n"""\n',
        '[tool.pdm.scripts]\npost_install = {composite = ["pip install six==1.0"]}\n',
        '[tool.hatch.envs.default.scripts]\na = ["echo", "pip install six==1.0"]\n',
        '[tool.hatch.envs.default]\npost-install-commands = ["pip install six==1.0"]\n',
        '[tool.tox.env.a]\ncommands = [["pip", "install", "six==1.0"]]\n',
        '[tool.cibuildwheel]\nbefore-build = "pip install six==1.0"\n',
        '[tool.semantic_release]\nbuild_command = "pip install six==1.0 && x"\n',
        "[tool.tox]\nlegacy_tox_ini = '''\n[testenv]\ndeps = six==1.0\n'''\n",
    ],
)
def test_commands_of_tools_count_once_at_their_line(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    assert [(one.requirements[0].text, one.pinned) for one in found.commands] == [("six==1.0", True)]
    assert found.commands[0].location.line >= 5
    assert groups(found) == {("undeclared", "pyproject.toml"): ["six==1.0"]}


def test_a_file_that_a_tool_includes_is_part_of_its_list(tmp_path: Path) -> None:
    (tmp_path / "deps.list").write_text("six==1.0\n")
    found = read(tmp_path, '[tool.tox.env.a]\ndeps = ["-r {tox_root}/deps.list", "-r ../out.txt", "{env:WHAT}"]\n')
    assert groups(found) == {("group", "tox-env-a"): ["six==1.0"]}
    assert found.includes == ("deps.list",)
    assert [one.reason.partition(",")[0] for one in found.gaps] == [
        "it reads ../out.txt",
        "{env:WHAT} is no requirement that can be read: parts of it are filled in by the tool",
    ]


def test_bounds_are_gaps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool_keys, "MAX_LISTED", 1)
    found = read(tmp_path, '[tool.rye]\ndev-dependencies = ["six", "idna"]\n')
    assert [one.reason for one in found.gaps] == ["it lists more than 1 requirements: it is not read"]
    monkeypatch.setattr(tool_keys, "MAX_VALUES", 2)
    found = read(tmp_path, '[tool.rye]\na = 1\nb = 2\ndev-dependencies = ["six"]\n')
    assert [one.reason for one in found.gaps] == ["its tables hold more than 2 values: what follows is not read"]


def test_hatch_toml_and_setup_cfg_say_the_same_as_pyproject(tmp_path: Path) -> None:
    (tmp_path / "hatch.toml").write_text('[env]\nrequires = ["six"]\n[envs.a.scripts]\nb = "pip install idna==1.0"\n')
    file = hatch.read(tmp_path, "hatch.toml")
    assert groups(file) == {("group", "env"): ["six"], ("undeclared", "hatch.toml"): ["idna==1.0"]}
    (tmp_path / "setup.cfg").write_text("[tox:tox]\nenvlist = a\n[testenv]\ndeps =\n    six==1.0\n    -e .\n")
    file = setup_cfg.read(tmp_path, "setup.cfg")
    assert groups(file) == {("undeclared", "setup.cfg"): ["six==1.0"]}
    assert file.commands[0].location.line == 5


@pytest.mark.parametrize(
    ("keys", "is_command"),
    [
        (("buildCommand",), True),
        (("tasks", "a"), True),
        (("phases", "install", "commands"), True),
        (("jobs", "paths", "description"), False),
        (("run", "description"), False),
        (("paths", "/install", "get", "x"), False),
        ((), False),
    ],
)
def test_words_of_keys(keys: tuple[str, ...], is_command: bool) -> None:
    assert key_words.names_commands(keys) is is_command
