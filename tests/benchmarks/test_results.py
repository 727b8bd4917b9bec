"""The figures: nothing is counted away."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.detection.manifest import Sample
from benchmarks.detection.measure import Cost, run, tree
from benchmarks.detection.results import evaluate, in_the_middle, table
from benchmarks.detection.tools import Judged, Outcome

COST = Cost(2.0, 4.0, 10_000_000, (0.1, 0.2), 0)
ROOT = Path(__file__).resolve().parents[2]


def sample(path: str, label: str, kind: str = "sdist", inert: str = "") -> Sample:
    return Sample(path, path, "1", label, kind, "", 1_000_000, inert=inert)


def test_inert_errors_and_archives_without_a_result_stay_in_the_denominator() -> None:
    samples = [
        sample("m1", "malicious"),
        sample("m2", "malicious"),
        sample("m3", "malicious", inert="no Python file"),
        sample("m4", "malicious"),
        sample("w1", "benign", "wheel"),
        sample("s1", "benign"),
        sample("s2", "benign"),
    ]
    outcomes = {
        "m1": Outcome("malicious", ("rule-a",)),
        "m2": Outcome("suspicious", ("rule-b",)),
        "m3": Outcome("clean"),
        "w1": Outcome("noted"),
        "s1": Outcome("suspicious", ("rule-b",)),
        "s2": Outcome("error", detail="broken"),
    }
    figures = evaluate(samples, Judged(outcomes, COST))
    assert figures["recall"]["archives"] == 4
    assert (figures["recall"]["flagged"], figures["recall"]["malicious"], figures["recall"]["errors"]) == (2, 1, 1)
    assert figures["recall"]["flagged_percent"] == 50.0
    assert figures["false_positives"]["wheels"]["flagged"] == 0
    assert figures["false_positives"]["sdists"]["flagged_percent"] == 50.0
    assert [one["name"] for one in figures["misses"]] == ["m3", "m4"]
    assert [one["name"] for one in figures["inert"]] == ["m3"]
    assert figures["false_positive_list"][0]["rules"] == ["rule-b"]
    assert figures["cost"]["megabytes_per_second"] == 3.5
    assert figures["cost"]["megabytes_per_cpu_second"] == 1.75
    text = table({"tool": {"version": "1", **figures}})
    assert "| recall: malicious or suspicious | 2/4 (50.0 %) |" in text
    assert "| load average before, after | 0.1, 0.2 |" in text


def test_cost_counts_children(tmp_path: Path) -> None:
    grandchild = "import time; held = bytearray(80_000_000); time.sleep(0.8)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])"
    cost = run([sys.executable, "-c", child], stdout=tmp_path / "out", stderr=tmp_path / "err", cwd=tmp_path)
    assert cost.exit_code == 0
    assert cost.peak_bytes > 80_000_000
    assert cost.seconds >= 0.8


def test_timeout_ends_the_command(tmp_path: Path) -> None:
    started = time.monotonic()
    cost = run(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        stdout=tmp_path / "o",
        stderr=tmp_path / "e",
        cwd=tmp_path,
        timeout=0.5,
    )
    assert time.monotonic() - started < 20
    assert cost.exit_code != 0


def test_a_process_that_is_gone_has_no_usage() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert tree(process.pid) == {}


def test_processor_time_of_workers_of_a_fork_server_is_counted(tmp_path: Path) -> None:
    script = tmp_path / "work.py"
    script.write_text(
        "import multiprocessing, time\n"
        "def burn(seconds):\n"
        "    end = time.process_time() + seconds\n"
        "    while time.process_time() < end: pass\n"
        "if __name__ == '__main__':\n"
        "    context = multiprocessing.get_context('forkserver')\n"
        "    worker = context.Process(target=burn, args=(1.0,))\n"
        "    worker.start()\n"
        "    worker.join()\n"
    )
    cost = run([sys.executable, str(script)], stdout=tmp_path / "o", stderr=tmp_path / "e", cwd=tmp_path)
    assert cost.exit_code == 0
    assert cost.cpu_seconds > 0.6


@pytest.mark.parametrize("command", ["prepare", "run"])
def test_command_line_refuses_the_test_half(command: str, tmp_path: Path) -> None:
    more = ["--tool", "floor"] if command == "run" else ["--malicious-repository", ".", "--ranking", "none"]
    arguments = [
        sys.executable,
        str(ROOT / "benchmarks/detection.py"),
        command,
        "--corpus",
        str(tmp_path),
        "--half",
        "test",
        *more,
    ]
    result = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "--publish" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_corpus_inside_the_repository_is_refused() -> None:
    arguments = [sys.executable, str(ROOT / "benchmarks/detection.py"), "prepare", "--corpus", str(ROOT / "corpus")]
    result = subprocess.run(
        [*arguments, "--malicious-repository", ".", "--ranking", "none"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "outside" in result.stderr
    assert not (ROOT / "corpus").exists()


def test_of_several_rounds_the_one_in_the_middle_counts_and_all_are_told() -> None:
    rounds = [
        Judged({"a": Outcome(verdict)}, Cost(seconds, 4.0, 10_000_000, (0.1, 0.2), 0))
        for seconds, verdict in ((3.1, "clean"), (2.5, "clean"), (2.7, "noted"))
    ]
    judged = in_the_middle(rounds)
    assert judged.cost.seconds == 2.7
    assert judged.notes == ["seconds of the rounds: 3.1, 2.5, 2.7", "the verdicts differ between rounds"]
    assert in_the_middle(rounds[:1]).notes == []
