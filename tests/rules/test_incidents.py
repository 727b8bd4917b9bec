"""Look-alikes of real incidents, inert, each with the whole user-visible output as a snapshot.

A folder ``bad_*`` or ``good_*`` holds ``wheel/`` or ``sdist/`` (the artifact's tree) and ``expected.txt``. To write the
snapshots anew after a deliberate change: ``ASSAY_WRITE_SNAPSHOTS=1 python -m pytest tests/rules/test_incidents.py``,
then read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scanner.code.analysis import Analysis, analyse
from scanner.code.source import SourceFile
from scanner.commands.frames import artifact_text
from scanner.model.finding import PackageRef

INCIDENTS = sorted(path for path in (Path(__file__).parent / "incidents").iterdir() if path.is_dir())


def analysed(folder: Path) -> Analysis:
    kind = "wheel" if (folder / "wheel").is_dir() else "sdist"
    root = folder / kind
    files = [
        SourceFile(path.relative_to(root).as_posix(), path.read_bytes())
        for path in sorted(root.rglob("*"))
        if path.is_file()
    ]
    return analyse(files, kind=kind, package=PackageRef("example", "1.0"), artifact_name=f"example-1.0.{kind}")


@pytest.mark.parametrize("folder", INCIDENTS, ids=lambda path: path.name)
def test_incident(folder: Path) -> None:
    analysis = analysed(folder)
    assert (analysis.verdict in {"malicious", "suspicious"}) is folder.name.startswith("bad_")
    text = artifact_text(folder.name, analysis)
    expected = folder / "expected.txt"
    if os.environ.get("ASSAY_WRITE_SNAPSHOTS"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


def test_the_pth_stage_is_shown_decoded() -> None:
    analysis = analysed(Path(__file__).parent / "incidents" / "bad_pth_decoded_stage")
    finding = next(one for one in analysis.findings if one.rule == "environment-sent")
    assert finding.trigger == "interpreter-start"
    layers = [layer for evidence in finding.evidence for layer in evidence.layers]
    assert any("collect" in layer.text and "base64" in layer.how for layer in layers)
