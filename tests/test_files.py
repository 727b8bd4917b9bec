"""Only regular files are opened, and none is read past its bound: pipes, devices, sockets, links, in every place."""

from __future__ import annotations

import ast
import os
import socket
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.cli import main
from scanner.files import NotRegularError, inside, open_regular, read_bounded

SCANNER = Path(__file__).resolve().parent.parent / "scanner"
WRITES = {"update.py", "seed.py", "write.py", "cache.py", "client.py", "cli.py", "upgrade.py", "second_opinion.py"}
ALLOWED = {
    "advisories/seal.py path.open",  # appends to the file that this process has just made
    "advisories/export.py archive.open",  # members of archives, which are open already
    "index/zip_methods.py archive.open",
    "index/remote_zip.py opened.open",
    "code/catalogue.py path.read_text",  # the rules that are shipped
    "code/rules.py path.read_text",
    "code/rulefiles.py path.read_bytes",
    "batch/manifest.py path.open",  # writes the manifest into an empty folder of its own
    "signing/keys.py os.open",  # writes a new key, where no file is yet
    "git/opening.py os.open",  # below a folder handle, with the same questions
    "integrity/install_sites.py read_text",  # our own function of that name
}
OPENERS = ("open", "read_bytes", "read_text")


def test_no_module_opens_a_file_by_another_way() -> None:
    """``open``, ``Path.open``, ``read_bytes`` and ``read_text`` follow the path into whatever it names."""
    found = []
    for path in sorted(SCANNER.rglob("*.py")):
        if path.name == "files.py" or path.name in WRITES:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            name = called.rpartition(".")[2]
            # What is shipped with assay is its own: resources, rules and templates are named by its own code.
            own = any(one in called for one in ("resources", "rule_folder()", "template_folder()", "__file__"))
            if name in OPENERS and not own and "encoding" not in {one.arg for one in node.keywords}:
                found.append(f"{path.relative_to(SCANNER)}:{node.lineno} {called}")
    left = {one.partition(":")[0] + " " + one.split(" ")[1] for one in found} - ALLOWED
    assert left == set()


@pytest.fixture(params=["pipe", "socket", "device", "link to a device", "folder", "loop"])
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Path], None]:
    """Puts something at a path that is no regular file."""

    def make(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if request.param == "pipe":
            os.mkfifo(path)
        elif request.param == "socket":
            with socket.socket(socket.AF_UNIX) as one:
                here = Path.cwd()
                os.chdir(path.parent)  # the address of a socket is short
                try:
                    one.bind(path.name)
                finally:
                    os.chdir(here)
        elif request.param == "device":
            path.symlink_to("/dev/null")
        elif request.param == "link to a device":
            path.symlink_to("/dev/zero")
        elif request.param == "folder":
            path.mkdir()
        else:
            path.symlink_to(path)

    return make


def test_what_is_no_regular_file_is_refused_before_it_is_opened(odd: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "odd"
    odd(path)
    with pytest.raises(OSError, match=r"only regular files|symbolic links"):
        open_regular(path)
    with pytest.raises(OSError, match=r"only regular files|symbolic links"):
        read_bounded(path, 10, follow=False)


def test_a_pipe_that_takes_the_place_of_a_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exchanged between the question and the opening: the opening does not wait, and what was opened is asked again."""
    path = tmp_path / "file"
    path.write_bytes(b"x")
    real = os.open

    def exchanged(name: str | Path, flags: int) -> int:
        path.unlink()
        os.mkfifo(path)
        return real(name, flags)

    monkeypatch.setattr("scanner.files.os.open", exchanged)
    with pytest.raises(NotRegularError, match="a pipe"):
        open_regular(path)


def test_reading_takes_memory_for_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as opened:
        opened.truncate(8 * 1024**3)
    tracemalloc.start()
    try:
        assert len(read_bounded(path, 4096)) == 4096
        small = tmp_path / "small"
        small.write_bytes(b"abc")
        assert read_bounded(small, 2 * 1024**3) == b"abc"
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024**2
    finally:
        tracemalloc.stop()
    assert len(read_bounded("/proc/self/status", 1024**2)) > 100  # a size of 0 is claimed
    with pytest.raises(OSError, match="null"):
        read_bounded("a\0b", 10)


def test_paths_that_leave_the_root_or_mean_nothing(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "out").symlink_to("/etc")
    assert inside(tmp_path, ".", "a/../b.txt") == "b.txt"
    for named in ("../x", "/etc/passwd", "out/passwd", "loop", "a\0b"):
        assert inside(tmp_path, ".", named) == ""


PLACES = (
    "base.txt", ".gitignore", ".git/index", ".git/HEAD", "README.md", "pyproject.toml", "uv.lock", "setup.cfg",
    "Dockerfile", "Makefile", "install.sh", "tox.ini", ".github/workflows/a.yml", ".pre-commit-config.yaml",
    "package-lock.json", "go.mod", "Cargo.lock", "pkg/code.py", "pkg/data.png", "bom.json", "pip.conf",
    "sub/pyvenv.cfg", "requirements/dev.txt", "environment.yml", "MANIFEST.in",
)  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "requirements.txt").write_text("-r base.txt\nidna==3.4\n", encoding="utf-8")
    (root / "setup.py").write_text(
        "from setuptools import setup\n"
        "setup(name='x', description=open('README.md').read(), install_requires=open('base.txt').read().split())\n",
        encoding="utf-8",
    )
    (root / "base.txt").write_text("six==1.16.0\n", encoding="utf-8")
    (root / "app.py").write_text("x = 1\n", encoding="utf-8")
    return root


@pytest.mark.parametrize("place", PLACES)
def test_a_pipe_anywhere_in_the_tree_ends_no_command(
    place: str, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    with _patience():
        code = main(["audit", str(project), "--offline", "--output", str(tmp_path / "out"), "--no-db-update"])
        assert code in (1, 2, 3)
        assert main(["scan", str(project)]) in (0, 1, 3)
        assert main(["affected", "idna", str(project)]) in (0, 1, 3)
    if place == "base.txt":
        assert code == 2 or "base.txt" in capsys.readouterr().out


def test_odd_files_that_the_command_line_names(
    odd: Callable[[Path], None], project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.json"
    odd(path)
    requirements = tmp_path / "requirements.txt"
    odd(requirements)
    with _patience():
        for command in (
            ["audit", str(project), "--offline", "--policy", str(path)],
            ["audit", str(project), "--offline", "--baseline", str(path)],
            ["audit", str(path), "--offline"],
            ["audit", str(requirements), "--offline"],
            ["report", str(path)],
            ["resolve", str(requirements), "--offline"],
        ):
            assert main(command) == 2, command
            assert capsys.readouterr().err.startswith("assay: ")
        assert main(["affected", "idna", str(path)]) == 3
        assert main(["scan", str(path)]) in (2, 3) or path.is_dir()


class _patience:
    """Fails, and does not hang, where a pipe is waited for: the run ends after two minutes."""

    def __enter__(self) -> None:
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        if not self._done.wait(120):
            os.write(2, b"a command waits for something that is no regular file\n")
            os._exit(99)

    def __exit__(self, *_: object) -> None:
        self._done.set()
