"""The command line: start-up time, exit codes, errors without tracebacks, silence when piped."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scanner import __version__

pytestmark = pytest.mark.usefixtures("seed_is_unpacked")

REPOSITORY = Path(__file__).resolve().parents[1]


def assay(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scanner", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=cwd or REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        check=False,
    )


def test_help_starts_in_under_a_third_of_a_second() -> None:
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        assert assay("--help").returncode == 0
        taken.append(time.perf_counter() - started)
    assert min(taken) < 0.3


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, scanner.cli as c\ntry: c.main(['--help'])\nexcept SystemExit: pass\nprint(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    for heavy in ("msgspec", "networkx", "requests", "rich", "jinja2", "pygments", "packaging"):
        assert f"'{heavy}'" not in loaded.stdout


def test_version_and_usage() -> None:
    assert assay("--version").stdout == f"assay {__version__}\n"
    for wrong in ([], ["no-such-command"], ["audit", "x", "y"], ["audit", "x", "--fail-on", "terrible"]):
        assert assay(*wrong).returncode == 2


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "no dependency file"),
        ({"uv.lock": b"version = [\n"}, "uv.lock:"),
        ({"pyproject.toml": b"[project\n"}, "pyproject.toml:1"),
        ({"requirements.txt": b"\x7fELF\x01\x00\xff"}, "requirements.txt:1"),
        ({"poetry.lock": b"[[package]]\nversion = 1\n"}, "poetry.lock:1"),
    ],
    ids=["empty", "malformed-lock", "malformed-toml", "binary", "wrong-shape"],
)
def test_input_that_cannot_be_audited_is_one_error_with_its_place_and_exit_2(
    tmp_path: Path, files: dict[str, bytes], words: str
) -> None:
    for name, body in files.items():
        (tmp_path / name).write_bytes(body)
    done = assay("audit", str(tmp_path), "--offline", "--output", str(tmp_path / "out"))
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.startswith("assay: ")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "out").exists()


def test_an_include_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-r locked.txt\n")
    (tmp_path / "locked.txt").mkdir()
    done = assay("audit", str(tmp_path), "--offline")
    assert done.returncode == 3
    assert "locked.txt" in done.stdout


def test_terminal_escapes_in_an_error_are_made_visible(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("evil\x1b[2Jname ==\n")
    done = assay("audit", str(tmp_path), "--offline")
    assert done.returncode == 2
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--python-version", "2.7"], "--python-version"),
        (["--platform", "amiga"], "--platform"),
        (["--format", "html,pdf"], "--format"),
        (["--policy", "missing.toml"], "missing.toml"),
    ],
)
def test_usage_errors_name_the_option_and_the_choices(tmp_path: Path, arguments: list[str], words: str) -> None:
    (tmp_path / "requirements.txt").write_text("idna==3.7\n")
    done = assay("audit", str(tmp_path), "--offline", *arguments)
    assert (done.returncode, words in done.stderr) == (2, True)


def test_a_source_date_epoch_that_is_no_number_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("idna==3.7\n")
    done = assay("audit", str(tmp_path), "--offline", SOURCE_DATE_EPOCH="yesterday")
    assert (done.returncode, "SOURCE_DATE_EPOCH" in done.stderr) == (2, True)


def test_a_policy_inside_the_audited_tree_is_never_obeyed(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("litellm==1.82.8\n")
    for name in ("assay.toml", "policy.toml", ".assay.toml"):
        (tmp_path / name).write_text('fail-on = "info"\nrequired-checks = []\n')
    done = assay("audit", str(tmp_path), "--offline", "--output", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "malicious" in done.stdout


def test_quiet_leaves_the_exit_code_and_the_files_only(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("idna==3.7\n")
    done = assay("audit", str(tmp_path), "--offline", "--quiet", "--output", str(tmp_path / "out"))
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["report.html", "report.json"]


def test_the_readme_names_every_command_and_every_check() -> None:
    from scanner.checks import CHECKS
    from scanner.cli import COMMANDS

    text = (REPOSITORY / "README.md").read_text("utf-8")
    for command in COMMANDS:
        assert f"| `assay {command}" in text, command
    for check in CHECKS:
        assert f"| {check.meta.id} |" in text, check.meta.id


def test_the_readme_lists_every_key_of_a_policy_with_its_section() -> None:
    import msgspec

    from scanner.policy.policy import PolicyFile

    text = (REPOSITORY / "README.md").read_text("utf-8").partition("## Policy")[2].partition("\n## ")[0]
    for field in msgspec.structs.fields(PolicyFile):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            for inner in msgspec.structs.fields(field.type):
                stated = {f"`{field.encode_name}.{inner.encode_name}`", f"`.{inner.encode_name}`"}
                assert any(one in text for one in stated), (field.encode_name, inner.encode_name)
        else:
            assert f"`{field.encode_name}`" in text, field.encode_name
