"""Output goes where the user said, whole or not at all, and never through a link of the audited tree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scanner.cli import main
from scanner.commands.place import output_folder
from scanner.commands.write import replace_file
from scanner.model.errors import UsageError


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "vendor"
    folder.mkdir()
    (folder / "requirements.txt").write_text("")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A folder of the user, with files that have the names of a report's."""
    folder = tmp_path / "precious"
    folder.mkdir()
    for name in ("report.html", "report.json"):
        (folder / name).write_text("mine")
    return folder


def untouched(precious: Path) -> bool:
    return sorted(one.name for one in precious.iterdir()) == ["report.html", "report.json"] and all(
        one.read_text() == "mine" for one in precious.iterdir()
    )


@pytest.mark.parametrize("arguments", [[], ["."], ["requirements.txt"], [".", "--output", "assay-report"]])
def test_a_link_with_the_name_of_the_report_s_folder_is_not_followed(
    vendor: Path, precious: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (vendor / "assay-report").symlink_to(precious)
    assert main(["audit", *arguments, "--offline", "--quiet"]) == 2
    assert "link that lies in the audited tree" in capsys.readouterr().err
    assert untouched(precious)


@pytest.mark.parametrize("output", ["out/a/b", "out/../precious", "sub/out", "sub/../out/x", "../vendor/out"])
def test_nor_is_one_on_the_way_to_the_folder(vendor: Path, precious: Path, output: str) -> None:
    (vendor / "out").symlink_to(precious)
    (vendor / "sub").mkdir()
    (vendor / "sub" / "out").symlink_to("../out")
    assert main(["audit", "--offline", "--quiet", "--output", output]) == 2
    assert untouched(precious)


def test_nor_is_one_of_the_repository_around_the_audited_folder(vendor: Path, precious: Path) -> None:
    (vendor / ".git").mkdir()
    (vendor / "backend").mkdir()
    (vendor / "backend" / "requirements.txt").write_text("")
    (vendor / "out").symlink_to(precious)
    assert main(["audit", "backend", "--offline", "--quiet", "--output", "out"]) == 2
    assert untouched(precious)


def test_nor_is_one_that_a_link_of_the_user_leads_to(vendor: Path, precious: Path, tmp_path: Path) -> None:
    (vendor / "out").symlink_to(precious)
    (tmp_path / "shortcut").symlink_to(vendor / "out")
    with pytest.raises(UsageError, match="audited tree"):
        output_folder(str(tmp_path / "shortcut"), [vendor])


@pytest.mark.parametrize("target", ["file", "folder", "nowhere", "itself"])
def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(vendor: Path, precious: Path, target: str) -> None:
    (vendor / "out").mkdir()
    meant = {"file": precious / "report.json", "folder": precious, "nowhere": precious / "new", "itself": "report.json"}
    (vendor / "out" / "report.json").symlink_to(meant[target])
    main(["audit", "--offline", "--quiet", "--output", "out", "--format", "json"])
    assert not (vendor / "out" / "report.json").is_symlink()
    assert (vendor / "out" / "report.json").read_bytes().startswith(b"{")
    assert untouched(precious)


def test_links_of_the_user_are_followed(vendor: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "reports").symlink_to(tmp_path / "disk")
    main(["audit", "--offline", "--quiet", "--output", str(tmp_path / "reports" / "one"), "--format", "json"])
    assert (tmp_path / "disk" / "one" / "report.json").is_file()


def test_links_in_a_circle_are_an_error_of_ours(vendor: Path, tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert main(["audit", "--offline", "--quiet", "--output", str(tmp_path / "a" / "x")]) == 2


def test_a_saved_report_is_written_under_the_same_rule(vendor: Path, precious: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    main(["audit", "--offline", "--quiet", "--output", str(saved), "--format", "json"])
    (vendor / "assay-report").symlink_to(precious)
    assert main(["report", str(saved / "report.json")]) == 2
    assert untouched(precious)


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(OSError, match="No space"):
        replace_file(path, b"new")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["report.json"]
