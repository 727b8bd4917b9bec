"""A pool of processes over artifacts. Results come in the order of the jobs; a worker that dies costs its own job."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from scanner.code.analysis import Analysis
from scanner.code.artifacts import Job, analyse_job, failed
from scanner.code.limits import Limits

Progress = Callable[[int, int], None]


def _quiet(done: int, total: int) -> None:
    """The default progress: says nothing."""


def worker_count(asked: int) -> int:
    """``asked``, or where 0, one for each core that this process may use."""
    return (
        asked
        if asked > 0
        else max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    )


def analyse_artifacts(
    jobs: Sequence[Job], workers: int = 0, progress: Progress = _quiet, limits: Limits | None = None
) -> Iterator[tuple[Job, Analysis]]:
    """Analyse jobs in ``workers`` processes (0: one for each core); yield (job, analysis) in the order of ``jobs``.

    ``progress(done, total)`` is called as results are yielded. A job whose worker was killed is tried once more by
    itself; where that fails too, its analysis has the verdict ``error``.
    """
    total = len(jobs)
    count = min(worker_count(workers), total)
    if count <= 1:
        for number, job in enumerate(jobs, 1):
            analysis = analyse_job(job, limits)
            progress(number, total)
            yield job, analysis
        return
    yield from _in_processes(jobs, count, progress, limits)


def _executor(count: int) -> ProcessPoolExecutor:
    # "forkserver" copies none of our threads (a fork of a threaded process can deadlock) and is faster than "spawn".
    method = "forkserver" if os.name == "posix" else "spawn"
    context = get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(["scanner.code.artifacts"])
    return ProcessPoolExecutor(count, mp_context=context)


def _in_processes(
    jobs: Sequence[Job], count: int, progress: Progress, limits: Limits | None
) -> Iterator[tuple[Job, Analysis]]:
    total = len(jobs)
    # The largest artifacts start first, so that none of them is what everybody waits for at the end.
    order = sorted(range(total), key=lambda number: (-_size(jobs[number]), number))
    pool = _executor(count)
    try:
        futures: dict[int, Future[Analysis]] = {
            number: pool.submit(analyse_job, jobs[number], limits) for number in order
        }
        for number, job in enumerate(jobs):
            try:
                analysis = futures[number].result()
            except (BrokenExecutor, MemoryError, RecursionError):
                analysis = _alone(job, limits)
            progress(number + 1, total)
            yield job, analysis
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _alone(job: Job, limits: Limits | None) -> Analysis:
    """One job in a process of its own: what kills it kills nothing else."""
    with _executor(1) as pool:
        try:
            return pool.submit(analyse_job, job, limits).result()
        except (BrokenExecutor, MemoryError, RecursionError) as error:
            return failed(
                f"{job.filename or job.path}: the analysing process was ended by the system ({type(error).__name__})"
            )


def _size(job: Job) -> int:
    try:
        return Path(job.path).stat().st_size
    except OSError:
        return 0
