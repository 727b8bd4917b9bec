"""Promise 1: nothing that is audited runs. Every build and start-up hook is planted; every command is run over them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import msgspec
import pytest

from scanner.cli import COMMANDS
from scanner.signing.keys import make_key
from tests.support.builders import sdist, wheel
from tests.support.index_server import Index

REPOSITORY = Path(__file__).parents[1]

WATCH = '''\
"""Installed as sitecustomize of every interpreter that assay starts: writes down what would run audited content."""
import os, sys

log = os.environ["WATCH_LOG"]
audited = os.environ["WATCH_TREE"]
word = "ran-" + "audited-code"
installed = (*os.environ["WATCH_OWN"].split(os.pathsep), "<frozen ")


def watch(event, arguments):
    if event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.startfile", "pty.spawn"):
        note(event, repr(arguments)[:300])
    elif event == "exec":
        code = arguments[0]
        if code.co_filename.startswith(audited) or (
            not code.co_filename.startswith(installed) and word in repr(code.co_consts)
        ):
            note(event, code.co_filename)
    elif event == "compile":
        # To parse is not to compile: ast.parse asks for a tree, and no code object is made.
        caller = sys._getframe(0).f_back
        parsing = caller and caller.f_code.co_name == "parse" and caller.f_code.co_filename.endswith("ast.py")
        source = arguments[0] if isinstance(arguments[0], (str, bytes)) else b""
        text = source.decode("latin-1") if isinstance(source, bytes) else source
        if word in text and not parsing:
            note(event, str(arguments[1]))
    elif event == "import":
        if arguments[0] in ("thief", "hooked", "backend", "app_package") or str(arguments[1] or "").startswith(audited):
            note(event, str(arguments[0]))
    elif event in ("marshal.loads", "marshal.load", "pickle.find_class"):
        if word in repr(arguments)[:10000]:
            note(event, repr(arguments)[:300])


def note(event, what):
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{event}: {what}\\n".encode())
    os.close(handle)


sys.addaudithook(watch)
'''


class Trap(msgspec.Struct):
    project: Path
    artifacts: Path
    marker: Path
    log: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "scanner", *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=self.project.parent,
            env=self.environment,
            check=False,
        )


@pytest.fixture
def trap(tmp_path: Path, index: Index) -> Trap:
    """A project, a wheel and an sdist in which every hook would leave a marker, and an index that serves them."""
    marker, log = tmp_path / "executed", tmp_path / "watch.log"
    plant = f"note = 'ran-audited-code'; open({str(marker)!r}, 'a').write(note)\n"
    project, artifacts = tmp_path / "vendor", tmp_path / "artifacts"
    for folder in (project / "app_package", artifacts, tmp_path / "watch"):
        folder.mkdir(parents=True)
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["thief"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "vendor"\ndynamic = ["version"]\ndependencies = ["thief", "hooked"]\n'
    )
    for name in ("setup.py", "backend.py", "conftest.py", "sitecustomize.py", "app_package/__init__.py", "noxfile.py"):
        (project / name).write_text(plant)
    (project / "vendor_init.pth").write_text("import os; " + plant)
    (project / "requirements.txt").write_text("-e .\nthief\n")
    backend = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    bare = b"Metadata-Version: 2.1\nName: thief\nVersion: 1.0\n"
    thief = {"setup.py": plant, "backend.py": plant, "pyproject.toml": backend, "thief/__init__.py": plant}
    hooked = {"hooked/__init__.py": plant, "hooked.pth": "import os; " + plant, "sitecustomize.py": plant}
    for name, (filename, body) in {
        "thief": sdist("thief", files=thief, pkg_info=bare),
        "hooked": wheel("hooked", files=hooked),
    }.items():
        index.add(name, (filename, body))
        (artifacts / filename).write_bytes(body)
    (tmp_path / "watch" / "sitecustomize.py").write_text(WATCH)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(tmp_path / "watch"), str(REPOSITORY))),
        "WATCH_LOG": str(log),
        "WATCH_TREE": str(project),
        "WATCH_OWN": os.pathsep.join(
            (*(sysconfig.get_path(one) for one in ("stdlib", "platstdlib", "purelib")), str(REPOSITORY / "scanner"))
        ),
    }
    return Trap(project, artifacts, marker, log, environment)


def every_command(trap: Trap) -> dict[str, tuple[str, ...]]:
    project, beside = str(trap.project), trap.project.parent
    make_key(beside / "key.pem", beside / "key.pub.pem")
    sealed = ("--output", str(beside / "sealed"), "--batch", "b", "--key", str(beside / "key.pem"), "--environment")
    environment = beside / "environment" / "thief-1.0.dist-info"
    environment.mkdir(parents=True)
    return {
        "batch": ("batch", "seal", project, *sealed, str(environment.parent)),
        "audit": ("audit", project, "--output", str(trap.project.parent / "report")),
        "resolve": ("resolve", project),
        "why": ("why", "thief", project),
        "affected": ("affected", "thief", project),
        "scan": ("scan", project, str(trap.artifacts)),
        "capabilities": ("capabilities", project, str(trap.artifacts)),
        "report": ("report", str(trap.project.parent / "report" / "report.json"), "--output", "-"),
        "rules": ("rules",),
        "db": ("db", "status"),
        "cache": ("cache", "info"),
    }


def test_no_command_runs_a_line_of_what_it_reads(trap: Trap) -> None:
    commands = every_command(trap)
    assert set(commands) == set(COMMANDS), "a new command must be put before the trap too"
    for name, arguments in commands.items():
        done = trap.run(*arguments)
        assert "Traceback" not in done.stderr, (name, done.stderr)
        assert done.returncode in (0, 1, 3), (name, done.stderr)
        assert not trap.marker.exists(), name
        assert not trap.log.exists(), (name, trap.log.read_text())
    report = json.loads((trap.project.parent / "report" / "report.json").read_text())
    assert {"thief", "hooked"} <= {one["name"] for one in report["packages"]}, "the trap must have been walked into"


def test_the_watch_would_have_seen_it(trap: Trap) -> None:
    """The proof that the silence above means something: what assay must not do is done on purpose."""
    code = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', '']);"
        f" sys.path.insert(0, {str(trap.project)!r}); import app_package"
    )
    subprocess.run([sys.executable, "-c", code], env=trap.environment, check=True, timeout=60)
    seen = {line.partition(":")[0] for line in trap.log.read_text().splitlines()}
    assert {"subprocess.Popen", "compile", "exec", "import"} <= seen
    assert trap.marker.exists()
