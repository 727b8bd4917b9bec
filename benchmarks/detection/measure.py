"""Run one command and say what it cost: seconds, processor seconds, peak of resident memory, children included."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

PERIOD = 0.1
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Cost:
    """``peak_bytes`` is the largest sum of resident sets of the process and its descendants, sampled every 0.1 s.

    Pages that they share are counted in each. ``load`` is the load average of the last minute, before and after.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    load: tuple[float, float]
    exit_code: int


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(encoding="latin-1").rpartition(")")[2].split()
            except OSError:
                continue
            found.setdefault(int(fields[1]), []).append(int(entry.name))
    return found


def tree_rss(root: int) -> int:
    """Resident bytes of a process and all its descendants now; 0 when it is gone."""
    children = _children()
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        waiting.extend(children.get(pid, ()))
        try:
            total += int(Path("/proc", str(pid), "statm").read_text(encoding="ascii").split()[1]) * _PAGE
        except (OSError, IndexError):
            continue
    return total


def run(
    command: list[str],
    *,
    stdout: Path,
    stderr: Path,
    cwd: Path,
    environment: dict[str, str] | None = None,
    timeout: float | None = None,
) -> Cost:
    """Run ``command`` with its output in files. A timeout ends it and shows as the exit code of the signal."""
    load_before = os.getloadavg()[0]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = 0
    done = threading.Event()
    started = monotonic()
    with stdout.open("wb") as out, stderr.open("wb") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=cwd, env={**os.environ, **(environment or {})})

        def watch() -> None:
            nonlocal peak
            while not done.is_set():
                peak = max(peak, tree_rss(process.pid))
                done.wait(PERIOD)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        finally:
            done.set()
            watcher.join()
    seconds = monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(
        round(seconds, 2),
        round(used, 2),
        peak,
        (round(load_before, 2), round(os.getloadavg()[0], 2)),
        process.returncode,
    )
