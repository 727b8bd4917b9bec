"""Many artifacts over a few processes: results in the order of the jobs, and one that kills its worker costs itself."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from scanner.code.analysis import Analysis
from scanner.code.artifacts import Job, analyse_job, failed
from scanner.code.limits import Limits

Report = Callable[[int, int], None]
SMALL = 3
KILLED = "the process that analysed it ended: it needed more memory or a deeper stack than there is"


def analyse_artifacts(
    jobs: Sequence[Job], workers: int = 0, progress: Report = lambda done, total: None, limits: Limits | None = None
) -> Iterator[tuple[Job, Analysis]]:
    """Each job with its analysis, in the order of the jobs. ``workers`` 0 means one for each core.

    A job whose worker dies is tried once more alone; if it dies again its analysis is an error, and the rest goes on.
    """
    count = min(workers or len(os.sched_getaffinity(0)), len(jobs))
    progress(0, len(jobs))
    if count <= 1 or len(jobs) <= SMALL:
        for number, job in enumerate(jobs, 1):
            yield job, analyse_job(job, limits)
            progress(number, len(jobs))
        return
    found: dict[int, Analysis] = {}
    lost = _run(jobs, list(range(len(jobs))), count, limits, found, progress)
    for number in lost:
        if _run(jobs, [number], 1, limits, found, progress):
            found[number] = failed(KILLED)
    for number, job in enumerate(jobs):
        yield job, found[number]


def _run(
    jobs: Sequence[Job],
    numbers: Sequence[int],
    workers: int,
    limits: Limits | None,
    found: dict[int, Analysis],
    progress: Report,
) -> list[int]:
    """Analyse the numbered jobs; gives the numbers of those that were lost with a worker."""
    context = multiprocessing.get_context(
        "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else None
    )
    lost: list[int] = []
    with ProcessPoolExecutor(max_workers=workers, mp_context=context) as pool:
        # The largest first, so that no worker is left alone with a big one at the end.
        order = sorted(numbers, key=lambda number: (-_size(jobs[number]), number))
        futures: list[tuple[int, Future[Analysis]]] = []
        for number in order:
            try:
                futures.append((number, pool.submit(analyse_job, jobs[number], limits)))
            except BrokenProcessPool:
                lost.append(number)
        for number, future in futures:
            try:
                found[number] = future.result()
            except BrokenProcessPool:
                lost.append(number)
            progress(len(found), len(jobs))
    return sorted(lost)


def _size(job: Job) -> int:
    path = Path(job.path)
    return path.stat().st_size if path.is_file() else 0
