"""What the audit calls the project."""

from __future__ import annotations

from pathlib import Path

from scanner.gathering import project_name
from scanner.inputs.discover import discover


def test_a_project_is_called_by_its_manifest_and_not_by_its_conda_environment(tmp_path: Path) -> None:
    (tmp_path / "environment.yml").write_text("name: analytics\ndependencies:\n  - pip:\n    - click==8.1.7\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "vendor"\nversion = "1"\ndependencies = ["attrs"]\n')
    assert project_name(discover(tmp_path), tmp_path) == "vendor"


def test_a_project_without_a_manifest_is_called_by_its_folder(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("click==8.1.7\n")
    assert project_name(discover(tmp_path), tmp_path) == tmp_path.name
