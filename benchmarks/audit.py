"""A whole audit from outside: exit code, seconds, bytes kept in an empty cache, and memory of all its processes.

    python benchmarks/audit.py PATH [--cache DIR]

Memory is the sum of the resident sets of the process and its descendants, sampled from /proc (Linux only).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EVERY_SECONDS = 0.25


def resident(root: int) -> int:
    """Bytes resident in the process and everything that it started."""
    parents: dict[int, int] = {}
    pages: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text()
            pages[int(entry.name)] = int((entry / "statm").read_text().split()[1])
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue  # It ended while we looked.
    ours = {root}
    while more := {one for one, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(pages.get(one, 0) for one in ours) * os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path")
    parser.add_argument("--cache", help="a cache folder to use again (default: an empty one)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        cache = Path(chosen.cache or f"{name}/cache")
        command = [sys.executable, "-m", "scanner", "audit", chosen.path, "--quiet", "--output", f"{name}/report"]
        started, peak = time.perf_counter(), 0
        running = subprocess.Popen(command, env={**os.environ, "XDG_CACHE_HOME": str(cache)})
        while running.poll() is None:
            peak = max(peak, resident(running.pid))
            time.sleep(EVERY_SECONDS)
        seconds = time.perf_counter() - started
        kept = sum(one.stat().st_size for one in cache.rglob("*") if one.is_file())
    print(f"exit {running.returncode}, {seconds:.1f} s, {kept / 1e6:.0f} MB in the cache, peak {peak / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
