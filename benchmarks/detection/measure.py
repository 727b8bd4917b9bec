"""Run one command and say what it cost: seconds, processor seconds, peak of resident memory, children included."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

PERIOD = 0.2
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """``peak_bytes`` is the largest sum of resident sets of the process and its descendants, sampled every 0.2 s.

    Pages that they share are counted in each. ``cpu_seconds`` is what the system accounts to children it waited for,
    or the sum of what the samples saw of each process where that is more: workers of a fork server are waited for by
    nobody of ours. ``load`` is the load average of the last minute, before and after.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    load: tuple[float, float]
    exit_code: int


@dataclass(frozen=True)
class Usage:
    """One process now: its parent, resident bytes, and processor seconds so far."""

    parent: int
    rss: int
    cpu: float


def _processes() -> dict[int, Usage]:
    found: dict[int, Usage] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # Fields of proc(5) after the name, which may hold anything: 4 ppid, 14 utime, 15 stime, 24 rss.
                fields = (entry / "stat").read_text(encoding="latin-1").rpartition(")")[2].split()
                cpu = (int(fields[11]) + int(fields[12])) / _TICK
                found[int(entry.name)] = Usage(int(fields[1]), int(fields[21]) * _PAGE, cpu)
            except (OSError, IndexError, ValueError):
                continue
    return found


def tree(root: int) -> dict[int, Usage]:
    """A process and all its descendants now; empty when it is gone."""
    processes = _processes()
    children: dict[int, list[int]] = {}
    for pid, usage in processes.items():
        children.setdefault(usage.parent, []).append(pid)
    found: dict[int, Usage] = {}
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        if pid in processes and pid not in found:
            found[pid] = processes[pid]
            waiting.extend(children.get(pid, ()))
    return found


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
    cpu: dict[int, float] = {}
    done = threading.Event()
    started = monotonic()
    with stdout.open("wb") as out, stderr.open("wb") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=cwd, env={**os.environ, **(environment or {})})

        def watch() -> None:
            nonlocal peak
            while not done.is_set():
                now = tree(process.pid)
                peak = max(peak, sum(usage.rss for usage in now.values()))
                cpu.update({pid: usage.cpu for pid, usage in now.items()})
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
        round(max(used, sum(cpu.values())), 2),
        peak,
        (round(load_before, 2), round(os.getloadavg()[0], 2)),
        process.returncode,
    )
