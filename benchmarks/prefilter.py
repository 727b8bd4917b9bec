"""Is the code engine's filter lossless? Analyses every archive of a folder with and without it, and compares.

    python benchmarks/prefilter.py FOLDER [--workers N] [--max-mb MB]

Prints each archive whose findings or verdict differ, then one line of totals. Exit code 1 where any differs.
Archives are read in memory; nothing of them is executed.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scanner.code.analysis import Analysis
from scanner.code.artifacts import Job, analyse_job, is_archive
from scanner.model.finding import PackageRef


def compare(path: str) -> tuple[str, str, int, float, float]:
    """``(path, difference or nothing, bytes of source, seconds with, seconds without)`` of one archive."""
    job = Job(path, Path(path).name, PackageRef(Path(path).name))
    started = time.process_time()
    filtered = analyse_job(job)
    middle = time.process_time()
    full = analyse_job(job, prefilter=False)
    ended = time.process_time()
    return path, _difference(filtered, full), full.bytes, middle - started, ended - middle


def _difference(filtered: Analysis, full: Analysis) -> str:
    # What failed on both sides was not compared.
    if error := filtered.error or full.error:
        return f"not analysed: {error}"
    if filtered.findings == full.findings and filtered.verdict == full.verdict:
        return ""
    here = {(one.rule, one.id) for one in filtered.findings}
    there = {(one.rule, one.id) for one in full.findings}
    lost = ", ".join(sorted(rule for rule, _ in there - here))
    more = ", ".join(sorted(rule for rule, _ in here - there))
    return f"{filtered.verdict} with, {full.verdict} without; only without: {lost or '-'}; only with: {more or '-'}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="archives, in folders of any depth, outside the repository")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: %(default)s)")
    parser.add_argument("--max-mb", type=float, default=1e6, help="leave out archives larger than this, in MB")
    parsed = parser.parse_args(arguments)
    paths = sorted(
        str(one)
        for one in parsed.folder.rglob("*")
        if one.is_file() and is_archive(one.name) and one.stat().st_size <= parsed.max_mb * 1e6
    )
    different, size, quick, slow = 0, 0, 0.0, 0.0
    with ProcessPoolExecutor(parsed.workers, mp_context=get_context("forkserver")) as pool:
        for path, difference, read, with_filter, without in pool.map(compare, paths):
            size, quick, slow = size + read, quick + with_filter, slow + without
            if difference:
                different += 1
                print(f"{path}: {difference}", flush=True)
    print(
        f"{len(paths)} archives, {size / 1e6:.1f} MB of source: {different} differ; "
        f"{quick:.0f} CPU seconds with the filter, {slow:.0f} without"
    )
    return 1 if different else 0


if __name__ == "__main__":
    raise SystemExit(main())
