"""Every bound of a reader says that it was reached: what lies behind one is a gap, and never silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scanner.inputs import installed, json_file, pipfile, pyproject, sbom, setup_py, setup_scope, setup_values, uv_lock
from scanner.inputs.discover import discover
from scanner.inputs.ecosystems import seen_file
from scanner.model.locked import DependencyFile
from scanner.resolver.configured import _files


def read_setup(root: Path, text: str) -> DependencyFile:
    (root / "setup.py").write_text("from setuptools import setup\n" + text)
    return setup_py.read(root, "setup.py")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("setup(install_requires=['a', 'b', 'c', 'd'])", "more than 3 items"),
        ("setup(install_requires=[None, None, None, 'd'])", "more than 3 items"),
        ("setup(install_requires=['a', 'b'] + ['c', 'd'])", "more than 3 items"),
        ("setup(install_requires='a b c d'.split())", "more than 3 items"),
        ("setup(install_requires='a\\nb\\nc\\nd'.splitlines())", "more than 3 items"),
        ("setup(install_requires=['" + "a" * 41 + "'])", "a text of more than 40 characters"),
        ("setup(install_requires=['" + "a" * 30 + "' + '" + "b" * 30 + "'])", "a text of more than 40 characters"),
        ("a = '" + "a" * 30 + "'\nsetup(install_requires=[f'{a}{a}'])", "a text of more than 40 characters"),
        ("setup(install_requires=['%s' % '" + "a" * 41 + "'])", "a text is put together from parts"),
        ("setup(install_requires=open('" + "a" * 30 + "').readlines())", "a path is too long"),
    ],
)
def test_values_of_setup_py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, reason: str) -> None:
    for module in (setup_scope, setup_values):
        monkeypatch.setattr(module, "MAX_ITEMS", 3)
        monkeypatch.setattr(module, "MAX_TEXT", 40)
    monkeypatch.setattr(setup_values, "MAX_PATH", 20)
    found = read_setup(tmp_path, text)
    assert [one.reason for one in found.gaps] == [
        f"its install_requires is computed ({reason}), which only running it would tell"
    ]


def test_entries_and_calls_of_setup_py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup_values, "MAX_ITEMS", 1)
    found = read_setup(tmp_path, "setup(extras_require={'a': ['b'], 'c': ['d']})")
    assert [one.reason for one in found.gaps] == ["some of its extras are computed, which only running it would tell"]
    found = read_setup(tmp_path, "setup(name='a')\n" * 11)
    assert [(one.location.line, one.reason) for one in found.gaps] == [
        (12, "it calls setup() more than 10 times: the others are not read")
    ]


def test_groups_of_pyproject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyproject, "MAX_EXPANDED", 2)
    text = '[dependency-groups]\na = ["b", {include-group = "c"}]\nc = ["d", "e"]\n'
    (tmp_path / "pyproject.toml").write_text(text)
    found = pyproject.read(tmp_path, "pyproject.toml")
    assert [(one.location.line, one.reason) for one in found.gaps] == [
        (2, "the group and those that it includes hold more than 2 requirements: not all are read")
    ]


def test_forks_of_a_workspace_in_uv_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uv_lock, "MAX_FORKS", 1)
    forks = "".join(f'[[package]]\nname = "a"\nversion = "{one}"\nsource = {{ registry = "x" }}\n' for one in "12")
    text = f'version = 1\n[manifest]\nrequirements = [{{ name = "a" }}]\n{forks}'
    (tmp_path / "uv.lock").write_text(text)
    found = uv_lock.read(tmp_path, "uv.lock")
    assert [(one.location.line, one.reason) for one in found.gaps] == [
        (3, "the lock holds more than 1 entries of a: which of the others it means is not followed")
    ]


def test_inventory_of_another_ecosystem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "package-lock.json").write_text(
        json.dumps({"packages": {f"node_modules/{one}": {"version": "1"} for one in "abc"}})
    )
    whole = seen_file(tmp_path, "package-lock.json")
    assert whole is not None
    monkeypatch.setattr("scanner.inputs.ecosystems.MAX_LISTED", 1)
    found = seen_file(tmp_path, "package-lock.json")
    assert found is not None
    assert (found.packages, found.inventory) == (3, ("a==1",))
    assert found.reason == f"{whole.reason}; 2 of them are not listed either, for there are more than 1"


def test_lines_of_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Pipfile.lock").write_text(json.dumps({"default": {"a": {"version": "==1"}, "b": {"version": "==1"}}}))
    (tmp_path / "bom.json").write_text(
        json.dumps({"bomFormat": "CycloneDX", "components": [{"name": "a", "version": "1", "purl": "pkg:pypi/a@1"}]})
    )
    for read, name in ((pipfile.read_lock, "Pipfile.lock"), (sbom.read, "bom.json")):
        monkeypatch.setattr(json_file, "MAX_KEY_PATHS", 400_000)
        whole = read(tmp_path, name)
        assert whole.gaps == ()
        monkeypatch.setattr(json_file, "MAX_KEY_PATHS", 2)
        found = read(tmp_path, name)
        assert [one.package for one in found.locked] == [one.package for one in whole.locked]
        assert [one.reason for one in found.gaps] == [
            "it has 2 keys or more: what stands behind them is read, and its lines are not known"
        ]


def test_a_folder_of_the_configuration_that_cannot_be_listed(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert _files(str(tmp_path / "loop")) is None
    assert _files(str(tmp_path / "absent")) == {}
    assert _files("\0") is None


def test_distributions_of_an_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "MAX_DISTRIBUTIONS", 1)
    for name in "ab":
        folder = tmp_path / "lib/python3.12/site-packages" / f"{name}-1.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (folder / "RECORD").write_text("")
    found = installed.read_environment(tmp_path)
    assert [one.package.name for one in found.locked] == ["a"]
    assert [one.reason for one in found.gaps] == ["it holds more than 1 distributions: none is read from here on"]


def test_a_noxfile_with_dependencies_of_its_own_is_read_as_both(tmp_path: Path) -> None:
    block = '# /// script\n# dependencies = ["nox", "hidden==1.0"]\n# ///\n'
    body = "import nox\n@nox.session\ndef t(session):\n    session.install('other==2.0')\n"
    (tmp_path / "noxfile.py").write_text(block + body)
    texts = [each.text for file in discover(tmp_path).files for one in file.commands for each in one.requirements]
    assert texts == ["other==2.0", "nox", "hidden==1.0"]
