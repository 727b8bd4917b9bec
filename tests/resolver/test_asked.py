"""Extras and groups that a command names and the project does not have."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.cli import main
from tests.resolver.test_locks import REGISTRY, package

PROJECT = """\
[project]
name = "demo"
version = "1"
{more}
[project.optional-dependencies]
Serve_It = []
[dependency-groups]
dev = ["foo==1.0"]
"""


@pytest.mark.parametrize("command", ["resolve", "audit"])
@pytest.mark.parametrize(("option", "name", "known"), [("--extra", "server", "serve-it"), ("--group", "devel", "dev")])
def test_an_unknown_name_is_a_usage_error_with_the_known_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, option: str, name: str, known: str
) -> None:
    body = PROJECT.replace("= []", '= ["bar==1.0"]').format(more="dependencies = []")
    (tmp_path / "pyproject.toml").write_text(body)
    assert main([command, str(tmp_path), "--offline", option, name]) == 2
    said = capsys.readouterr().err
    assert name in said
    assert f"Known: {known}." in said


def test_a_known_name_in_any_spelling_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = PROJECT.replace("= []", '= ["bar==1.0"]').format(more="dependencies = []")
    (tmp_path / "pyproject.toml").write_text(body)
    assert main(["resolve", str(tmp_path), "--offline", "--extra", "serve.it", "--group", "DEV"]) == 3
    assert "bar==1.0" in capsys.readouterr().out


def test_names_of_a_lock_are_known(tmp_path: Path) -> None:
    lock = "version = 1\n" + package(
        "app",
        source='source = { virtual = "." }',
        body='[package.optional-dependencies]\nfast = [{ name = "web" }]\n'
        '[package.dev-dependencies]\ndev = [{ name = "web" }]',
    )
    (tmp_path / "uv.lock").write_text(lock + package("web", source=REGISTRY))
    assert main(["resolve", str(tmp_path), "--offline", "--extra", "fast", "--group", "dev"]) == 3
    assert main(["resolve", str(tmp_path), "--offline", "--extra", "slow"]) == 2


def test_where_a_build_decides_the_extras_an_unknown_one_is_a_gap(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = '[project]\nname = "demo"\nversion = "1"\ndynamic = ["optional-dependencies"]\ndependencies = ["a==1"]\n'
    (tmp_path / "pyproject.toml").write_text(body)
    assert main(["resolve", str(tmp_path), "--offline", "--extra", "gpu"]) == 3
    assert "no file states the extra gpu" in capsys.readouterr().err


def test_an_extra_that_is_empty_is_known(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT.format(more="dependencies = []"))
    assert main(["resolve", str(tmp_path), "--offline", "--extra", "serve-it"]) == 0
