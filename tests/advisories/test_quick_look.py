"""``assay db match``: the quick look at one file. What it says, what it does not hide, and what it does not load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SLOW_TO_IMPORT = (
    "cvss",
    "logging",
    "lzma",
    "networkx",
    "packaging.requirements",
    "packaging.tags",
    "platformdirs",
    "requests",
    "shutil",
    "subprocess",
    "tempfile",
    "tomllib",
)


def match(path: Path, *words: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scanner", "db", "match", str(path), *words],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=REPOSITORY,
        env={**os.environ, **(environment or {})},
        check=False,
    )


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked seed, as a database that can be named."""
    from scanner.advisories.seed import bundled_database

    return bundled_database(tmp_path_factory.mktemp("seed"))


def test_it_names_what_is_affected_and_what_it_did_not_look_up(tmp_path: Path, seed: Path) -> None:
    lines = ("litellm==1.82.8", "attrs==25.1.0", "somewhere>=2", "-r https://host.invalid/more.txt")
    (tmp_path / "requirements.txt").write_text("\n".join(lines))
    done = match(tmp_path / "requirements.txt", "--database", str(seed), "--format", "json")
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert ("litellm", "1.82.8", True) in {(one["name"], one["version"], one["malicious"]) for one in told["matches"]}
    assert (told["looked_at"], told["no_version"]) == (2, ["somewhere"])
    assert "host.invalid" in told["not_read"][0]
    shown = match(tmp_path / "requirements.txt", "--database", str(seed)).stdout
    assert "MALICIOUS" in shown
    assert "Not read: requirements.txt:4: " in shown


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("attrs==25.1.0\n", 0),
        ("attrs==25.1.0\nother>=1\n", 3),
        ("attrs==25.1.0\n-r https://host.invalid/more.txt\n", 3),
        ("litellm==1.82.8\n", 1),
        ("litellm==\n", 2),
    ],
)
def test_nothing_is_green_that_was_not_looked_up(tmp_path: Path, seed: Path, text: str, code: int) -> None:
    (tmp_path / "requirements.txt").write_text(text)
    assert match(tmp_path / "requirements.txt", "--database", str(seed)).returncode == code


def test_it_loads_only_what_it_needs(tmp_path: Path, seed: Path) -> None:
    """Start-up is most of its time: each of these once was loaded, and each takes milliseconds."""
    (tmp_path / "requirements.txt").write_text("Django==2.2.1\nrequests==2.19.0rc1.post2  # of old\n")
    words = ["db", "match", str(tmp_path / "requirements.txt"), "--database", str(seed), "--format", "json"]
    code = f"import sys; from scanner.cli import main; main({words!r}); print(sorted(sys.modules), file=sys.stderr)"
    # Without site, whose hooks of other distributions would import what they please.
    paths = os.pathsep.join([str(REPOSITORY), *(one for one in sys.path if one.endswith("site-packages"))])
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert json.loads(done.stdout)["matches"]
    loaded = done.stderr
    assert [one for one in SLOW_TO_IMPORT if f"'{one}'" in loaded] == []
