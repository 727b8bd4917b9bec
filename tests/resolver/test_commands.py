"""``assay resolve`` and ``assay why`` on a loopback index; nothing that is read is run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tomli
from packaging.pylock import Pylock

from scanner.cli import main
from tests.support.builders import wheel
from tests.support.index_server import Index


@pytest.fixture
def project(tmp_path: Path, index: Index) -> tuple[Path, Path]:
    """A project whose every build hook would leave a marker, and the marker's path."""
    marker = tmp_path / "executed"
    plant = f"open({str(marker)!r}, 'w').close()\n"
    root = tmp_path / "project"
    root.mkdir()
    body = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    body += '[project]\nname = "app"\nversion = "1"\ndependencies = ["a"]\n'
    (root / "pyproject.toml").write_text(body)
    for name in ("setup.py", "backend.py"):
        (root / name).write_text(plant)
    (root / "app.pth").write_text("import os; " + plant)
    index.add("a", wheel("a", requires=["b>=1"], files={"a.pth": "import os; " + plant}))
    index.add("b", wheel("b"))
    return root, marker


FORMATS = ["tree", "json", "requirements", "pylock", "mermaid", "dot"]


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_names_the_whole_graph_and_nothing_runs(
    project: tuple[Path, Path], capsys: pytest.CaptureFixture[str], form: str
) -> None:
    root, marker = project
    assert main(["resolve", str(root), "--format", form]) == 0
    text = capsys.readouterr().out
    assert "a" in text
    if form == "json":
        assert [one["name"] for one in json.loads(text)["packages"]] == ["a", "b"]
    elif form == "pylock":
        lock = Pylock.from_dict(tomli.loads(text))
        assert [one.name for one in lock.packages] == ["a", "b"]
    elif form == "requirements":
        assert text.count("--hash=sha256:") == 2
    else:
        assert "b==1.0" in text
    assert not marker.exists()


def test_why_gives_requirement_and_place(project: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    root, marker = project
    assert main(["why", "b", str(root)]) == 0
    text = capsys.readouterr().out
    assert "requires a  at pyproject.toml:8" in text
    assert "requires b>=1" in text
    assert main(["why", "zzz", str(root)]) == 1
    assert not marker.exists()
