"""One process that reads mutants: bounded in CPU time and memory, and honest about every exception that is not ours."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import logging
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, MutableSequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.fuzz.mutate import mutant
from benchmarks.fuzz.reader import Reader, Refused, Seed
from scanner.model import faults
from scanner.model.errors import AssayError

SLOW_SECONDS = 5.0
GROWTH_BYTES = 300 * 1024**2
CEILING_BYTES = 3 * 1024**3
"""Address space beyond what the process has at its start: an input that wants more gets a ``MemoryError``."""
MAX_TRIES = 400
PREFIX = "assay-fuzz-"
"""How the working folder of a process begins; its id follows."""


class TooSlowError(BaseException):
    """Five seconds of CPU time are over. No ``except Exception`` catches it."""


@dataclass
class Outcome:
    """What a batch gave. ``failures`` is key → what the input was recorded as."""

    reader: str
    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    tracebacks: int = 0
    slow: int = 0
    grown: int = 0
    slowest: float = 0.0
    peak: int = 0
    seconds: float = 0.0
    failures: dict[str, str] = field(default_factory=dict)


def alarm(signum: int, frame: object) -> None:
    raise TooSlowError


class Bench:
    """The readers of one process, warm: each has read all of its seeds."""

    def __init__(self, readers: dict[str, Reader], found: Path) -> None:
        shared = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=shared if shared.is_dir() else None))
        self.readers = readers
        self.found = found
        self.seeds = {name: one.seeds() for name, one in readers.items()}
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        signal.signal(signal.SIGPROF, alarm)

    def accepted_seeds(self) -> dict[str, tuple[int, int]]:
        """Reader → (seeds that it accepts, seeds)."""
        counted = {}
        for name, reader in self.readers.items():
            taken = 0
            for seed in self.seeds[name]:
                with contextlib.suppress(AssayError, Refused):
                    taken += reader.read(seed, self.emptied())
            counted[name] = (taken, len(self.seeds[name]))
        return counted

    def emptied(self) -> Path:
        """The working folder, with nothing in it."""
        with os.scandir(self.folder) as entries:
            for one in entries:
                if one.is_dir(follow_symlinks=False):
                    shutil.rmtree(one.path)
                else:
                    Path(one.path).unlink()
        return self.folder

    def ended(self, reader: Reader, seed: Seed) -> tuple[str, BaseException | None]:
        """How reading ended: ``accepted``, ``read``, ``refused``, ``slow``, or ``failed`` with what was raised."""
        folder = self.emptied()
        signal.setitimer(signal.ITIMER_PROF, SLOW_SECONDS)
        SWALLOWED.clear()
        try:
            taken = reader.read(seed, folder)
            # A fault that became a gap keeps its promise to the user, and is a fault all the same.
            return ("failed", SWALLOWED[0]) if SWALLOWED else ("accepted" if taken else "read", None)
        except (AssayError, Refused):
            return "refused", None
        except TooSlowError as error:
            return "slow", error
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            return "failed", error
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    def batch(self, name: str, start: int, end: int, run: str, at: MutableSequence[float]) -> Outcome:
        """The inputs numbered from ``start`` to before ``end``; the same for the same ``run``."""
        reader, seeds = self.readers[name], self.seeds[name]
        outcome = Outcome(name)
        began = time.process_time()
        reset_peak()
        for number in range(start, end):
            at[0], at[1], at[2] = number, time.process_time(), time.monotonic()
            made = mutant(random.Random(f"{run}:{name}:{number}"), seeds)
            before = time.process_time()
            how, error = self.ended(reader, made)
            spent = time.process_time() - before
            outcome.inputs += 1
            outcome.accepted += how == "accepted"
            outcome.refused += how == "refused"
            outcome.slowest = max(outcome.slowest, spent)
            if how == "slow" or spent > SLOW_SECONDS:
                outcome.slow += 1
                self._keep(outcome, "slow", reader, made, error)
            elif error is not None:
                outcome.tracebacks += 1
                self._keep(outcome, "failed", reader, made, error)
            grown = peak_bytes() - BASELINE[0]
            outcome.grown += grown > GROWTH_BYTES
            if grown > GROWTH_BYTES and outcome.peak <= GROWTH_BYTES:
                self._keep(outcome, "grown", reader, made, None)
            outcome.peak = max(outcome.peak, grown)
        outcome.seconds = time.process_time() - began
        gc.collect()
        return outcome

    def _keep(self, outcome: Outcome, kind: str, reader: Reader, made: Seed, error: BaseException | None) -> None:
        """Record the input once for each place, as small as it can be made with a bounded number of tries."""
        place = place_of(error) if error is not None else f"input of {len(made.body)} bytes"
        name = type(error).__name__ if error is not None else kind
        key = f"{reader.name}-{kind}-{name}-{place}"
        if key in outcome.failures:
            return
        digest = hashlib.sha256(key.encode()).hexdigest()[:10]
        folder = self.found / f"{reader.name.replace('/', '_').replace(' ', '_')}-{kind}-{digest}"
        outcome.failures[key] = str(folder)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            return
        shown = "".join(traceback.format_exception(error))[-20_000:] if error is not None else ""
        (folder / "what.txt").write_text(f"{key}\nname: {made.name}\n\n{shown}", errors="replace")
        (folder / "input").write_bytes(made.body)
        if kind == "failed":
            small = smaller(made.body, lambda body: self._fails_so(reader, made, body, place))
            (folder / "smallest").write_bytes(small)

    def _fails_so(self, reader: Reader, made: Seed, body: bytes, place: str) -> bool:
        how, error = self.ended(reader, Seed(made.name, made.form, body))
        return how == "failed" and error is not None and place_of(error) == place


def smaller(body: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """The input without the pieces that it fails without, from halves down to single bytes."""
    tries, size = 0, max(1, len(body) // 2)
    while tries < MAX_TRIES:
        at, changed = 0, False
        while at < len(body) and tries < MAX_TRIES:
            tries += 1
            shorter = body[:at] + body[at + size :]
            if fails(shorter):
                body, changed = shorter, True
            else:
                at += size
        if size == 1 and not changed:
            break
        size = max(1, size // 2)
    return body


def place_of(error: BaseException) -> str:
    """The last line of ours that it passed, as ``file:line``."""
    ours = [one for one in traceback.extract_tb(error.__traceback__) if "/scanner/" in one.filename]
    last = (ours or list(traceback.extract_tb(error.__traceback__)) or [None])[-1]
    return f"{last.filename.rpartition('/scanner/')[2]}:{last.lineno}" if last is not None else "nowhere"


SWALLOWED: list[BaseException] = []
"""Faults that the product turned into gaps while the last input was read."""
BASELINE = [0]


def peak_bytes() -> int:
    """The highest resident set since :func:`reset_peak`.

    ``ru_maxrss`` is none: it keeps what the process was before ``exec``, and no reset lowers that.
    """
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def reset_peak() -> None:
    """Linux forgets the highest resident set when asked to; elsewhere it is that of the whole process."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def limit_memory() -> None:
    """A process that would take the machine's memory with it is refused it."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + CEILING_BYTES, resource.RLIM_INFINITY))


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Nothing that a reader prints reaches the table."""
    with (
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        yield


def work(pipe: Connection, run: str, found: str, at: MutableSequence[float]) -> None:
    """The life of a process: warm up, tell of the seeds, then a batch for each message until there is none."""
    from benchmarks.fuzz.registry import all_readers
    from benchmarks.fuzz.transport import install

    os.environ.update({"HOME": "/nonexistent", "ASSAY_NO_DB_UPDATE": "1", "PIP_CONFIG_FILE": os.devnull})
    sys.setrecursionlimit(1000)
    install()
    faults.show = SWALLOWED.append
    bench = Bench(all_readers(), Path(found))
    try:
        with silent():
            pipe.send(bench.accepted_seeds())
            gc.collect()
            gc.freeze()
            reset_peak()
            BASELINE[0] = peak_bytes()
            limit_memory()
            while (asked := pipe.recv()) is not None:
                pipe.send(bench.batch(*asked, run, at))
    except (EOFError, KeyboardInterrupt):
        return
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)
