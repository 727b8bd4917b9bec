"""A pool of processes over artifacts. Results come in the order of the jobs; a worker that dies costs its own job.

What the engine itself cannot bound (one call into C that does not come back) the system does: each job has a ceiling of
processor seconds and of memory, and a worker that passes it is ended. Whatever ends the iteration — its end, an error,
Ctrl-C, a reader that stops asking — ends the processes too.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from scanner.code.analysis import Analysis
from scanner.code.artifacts import Job, analyse_job, failed
from scanner.code.limits import Limits

Progress = Callable[[int, int], None]
Analyse = Callable[[Job, Limits | None], Analysis]
_COLLECT_AFTER = 32_000_000
"""Bytes of source, analysed since garbage was last collected, after which it is collected again."""
_left = 0
_SMALL_PROCESS = 120 * 1024**2
MAX_WORKER_BYTES = 6 * 1024**3
_LOST = (BrokenExecutor, MemoryError, RecursionError)


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
    jobs: Sequence[Job],
    workers: int = 0,
    progress: Progress = _quiet,
    limits: Limits | None = None,
    analyse: Analyse = analyse_job,
) -> Iterator[tuple[Job, Analysis]]:
    """Analyse jobs in ``workers`` processes (0: one for each core); yield (job, analysis) in the order of ``jobs``.
    With 1 they are analysed in this process, which no ceiling of memory or processor time then protects.

    ``progress(done, total)`` is called as results are yielded. Where a worker is ended, the jobs that had no result yet
    are each tried in a process of their own; the one that fails again has the verdict ``error``.
    """
    total = len(jobs)
    count = min(worker_count(workers), total)
    if workers == 1 or not total:
        for number, job in enumerate(jobs, 1):
            try:
                analysis = analyse(job, limits)
            except _LOST:
                analysis = _alone([], analyse, job, limits)
            progress(number, total)
            yield job, analysis
        return
    # The largest artifacts start first, so that none of them is what everybody waits for at the end.
    order = sorted(range(total), key=lambda number: (-_size(jobs[number]), number))
    pool = _executor(count)
    singly: ThreadPoolExecutor | None = None
    alone: list[ProcessPoolExecutor] = []
    try:
        futures: dict[int, Future[Analysis]] = {
            number: pool.submit(_bounded, analyse, jobs[number], limits) for number in order
        }
        for number, job in enumerate(jobs):
            try:
                analysis = futures[number].result()
            except _LOST:
                if singly is None:
                    singly = ThreadPoolExecutor(count)
                    lost = [other for other in range(number, total) if not _answered(futures[other])]
                    for other in lost:
                        futures[other] = singly.submit(_alone, alone, analyse, jobs[other], limits)
                    analysis = futures[number].result()
                else:
                    analysis = _alone(alone, analyse, job, limits)
            progress(number + 1, total)
            yield job, analysis
    finally:
        # Nothing waits here for a job that nobody wants any more.
        if singly is not None:
            singly.shutdown(wait=False, cancel_futures=True)
        for one in (pool, *alone):
            _end(one)


def _answered(future: Future[Analysis]) -> bool:
    """True where the job has a result; a pool that breaks gives every other job its own error at once."""
    return future.done() and not future.cancelled() and not isinstance(future.exception(), _LOST)


def _executor(count: int) -> ProcessPoolExecutor:
    # A fork of a threaded process can deadlock, and one of a large process keeps its pages. Only a small one that has
    # no other thread is forked, which saves starting an interpreter for each worker. "forkserver" copies none of our
    # threads and is faster than "spawn".
    method = "spawn" if os.name != "posix" else "fork" if _is_small_and_alone() else "forkserver"
    context = get_context(method)
    if method == "fork":
        importlib.import_module("scanner.code.preload")
    elif method == "forkserver":
        context.set_forkserver_preload(["scanner.code.artifacts", "scanner.code.preload"])
    return ProcessPoolExecutor(count, mp_context=context, initializer=_prepare)


def _is_small_and_alone() -> bool:
    if sys.platform != "linux" or threading.active_count() != 1:
        return False
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < _SMALL_PROCESS


def _prepare() -> None:
    """In a worker: Ctrl-C is the parent's to handle; memory has a ceiling; garbage is collected between the jobs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    gc.freeze()
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        ceiling = MAX_WORKER_BYTES if hard == resource.RLIM_INFINITY else min(hard, MAX_WORKER_BYTES)
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, hard))


def _bounded(analyse: Analyse, job: Job, limits: Limits | None) -> Analysis:
    """In a worker: one job, under a ceiling of processor seconds at which the system ends the process."""
    if not hasattr(signal, "setitimer"):
        return _clean(analyse(job, limits))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, 1.0 + 2 * (limits or Limits()).max_artifact_seconds)
    try:
        return _clean(analyse(job, limits))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _clean(analysis: Analysis) -> Analysis:
    """Collect what the analysis left, where it can be much. What was there before the first job is frozen: cheap."""
    global _left  # noqa: PLW0603 (one process, one job at a time)
    _left += analysis.bytes
    if _left > _COLLECT_AFTER:
        _left = 0
        gc.collect()
    return analysis


def _alone(pools: list[ProcessPoolExecutor], analyse: Analyse, job: Job, limits: Limits | None) -> Analysis:
    """One job in a process of its own: what kills it kills nothing else."""
    pool = _executor(1)
    pools.append(pool)
    try:
        return pool.submit(_bounded, analyse, job, limits).result()
    except _LOST as error:
        return failed(
            f"{job.filename or job.path}: the analysing process was ended by the system ({type(error).__name__}): "
            "it took too long or needed too much memory"
        )
    finally:
        _end(pool)


def _end(pool: ProcessPoolExecutor) -> None:
    """End the processes of a pool, working or not."""
    processes = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            process.terminate()


def _size(job: Job) -> int:
    try:
        return Path(job.path).stat().st_size
    except OSError:
        return 0
