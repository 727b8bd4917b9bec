"""The fuzz driver: seeds are accepted, the same seed gives the same inputs, and each kind of fault is noticed."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.fuzz import worker
from benchmarks.fuzz.__main__ import WAITED_SECONDS, Worker, add, table
from benchmarks.fuzz.journal import Journal
from benchmarks.fuzz.mutate import mutant
from benchmarks.fuzz.reader import Reader, Seed
from benchmarks.fuzz.readers_kept import odd_tree
from benchmarks.fuzz.registry import all_readers, batches, shares
from benchmarks.fuzz.transport import install
from benchmarks.fuzz.worker import Bench, Outcome, smaller
from scanner.model import faults
from scanner.model.errors import InputError

SEEDS = [Seed("x.txt", "text", b"one line\nanother line\n")]


@pytest.fixture(autouse=True)
def as_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the driver sets for its processes is set back."""
    from requests.adapters import HTTPAdapter

    before = signal.getsignal(signal.SIGPROF)
    monkeypatch.setattr(HTTPAdapter, "send", HTTPAdapter.send)
    monkeypatch.setattr(faults, "show", worker.SWALLOWED.append)
    monkeypatch.setattr(worker, "BASELINE", [worker.peak_bytes()])
    yield
    signal.signal(signal.SIGPROF, before)


def bench(tmp_path: Path, read: object, seeds: list[Seed] = SEEDS) -> Bench:
    return Bench({"x": Reader("x", 1, lambda: seeds, read)}, tmp_path / "found")  # type: ignore[arg-type]


def test_every_reader_accepts_all_of_its_seeds(tmp_path: Path) -> None:
    install()
    counted = Bench(all_readers(), tmp_path).accepted_seeds()
    assert counted
    assert {name: (taken, of) for name, (taken, of) in counted.items() if taken < of or not of} == {}


def test_mutants_are_of_every_form_and_the_same_for_the_same_seed() -> None:
    forms = set()
    for name, reader in all_readers().items():
        seeds = reader.seeds()
        for number in range(20):
            first, second = (mutant(random.Random(f"1:{name}:{number}"), seeds) for _ in range(2))
            assert first == second
        forms |= {one.form for one in seeds}
    assert forms == {"text", "bytes", "json", "toml", "python", "zip", "tar"}


def test_inputs_are_shared_by_weight_and_none_is_left_out() -> None:
    counts = shares(10_000, {"a": 3, "b": 1, "c": 1})
    assert (sum(counts.values()), counts["b"], counts["c"]) == (10_000, 2_000, 2_000)
    asked = batches(counts)
    for name, count in counts.items():
        assert [n for one, start, end in asked if one == name for n in range(start, end)] == list(range(count))


def test_a_fault_is_recorded_once_with_the_smallest_input_that_shows_it(tmp_path: Path) -> None:
    def read(seed: Seed, folder: Path) -> bool:
        if b"in" in seed.body:
            raise KeyError("in")
        return True

    outcome = bench(tmp_path, read).batch("x", 0, 50, "1", [0.0, 0.0, 0.0])
    assert outcome.tracebacks > 1
    [folder] = (tmp_path / "found").iterdir()
    assert (folder / "smallest").read_bytes() == b"in"
    assert "KeyError" in (folder / "what.txt").read_text()


def test_a_fault_that_became_a_gap_counts(tmp_path: Path) -> None:
    def read(seed: Seed, folder: Path) -> bool:
        def fails() -> None:
            raise ZeroDivisionError

        return faults.attempt(fails) is not None

    assert bench(tmp_path, read).batch("x", 0, 3, "1", [0.0, 0.0, 0.0]).tracebacks == 3


def test_errors_of_ours_are_no_faults(tmp_path: Path) -> None:
    def read(seed: Seed, folder: Path) -> bool:
        raise InputError("it is none")

    outcome = bench(tmp_path, read).batch("x", 0, 5, "1", [0.0, 0.0, 0.0])
    assert (outcome.refused, outcome.tracebacks, outcome.failures) == (5, 0, {})


def test_what_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SLOW_SECONDS", 0.1)

    def read(seed: Seed, folder: Path) -> bool:
        while True:
            try:
                sum(range(1000))
            except Exception:  # noqa: BLE001 (a reader that catches all must be stopped too)
                continue

    outcome = bench(tmp_path, read).batch("x", 0, 1, "1", [0.0, 0.0, 0.0])
    assert (outcome.slow, outcome.tracebacks) == (1, 0)


def takes_sixty_mebibytes(found: Path) -> Outcome:
    kept: list[bytes] = []

    def read(seed: Seed, folder: Path) -> bool:
        kept.append(b"x" * 60 * 1024**2)
        return True

    worker.GROWTH_BYTES = 30 * 1024**2
    worker.BASELINE[0] = worker.peak_bytes()
    return bench(found, read).batch("x", 0, 1, "1", [0.0, 0.0, 0.0])


def test_what_grows_is_noticed(tmp_path: Path) -> None:
    # In a process of its own, as in the driver: this one may have been larger before, and not each kernel forgets it.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        outcome = pool.apply(takes_sixty_mebibytes, [tmp_path])
    assert outcome.peak > 30 * 1024**2
    assert any("grown" in key for key in outcome.failures)


def test_smaller_keeps_what_is_needed() -> None:
    assert smaller(b"a" * 100 + b"XY" + b"b" * 100, lambda body: b"X" in body and b"Y" in body) == b"XY"


def test_the_table_adds_up() -> None:
    first, second = Outcome("x", 10, 4, 5, 1, 0, 1, 0.5, 10, 1.0), Outcome("x", 10, 6, 4, 0, 0, 0, 0.7, 20, 1.0)
    add(first, second)
    assert "| x | 20 | 2 of 2 | 50.0% | 45.0% | 1 | 0 | 1 | 0.70 | 0 | 10 |" in table([first], {"x": (2, 2)})


def test_a_run_goes_on_where_it_stopped_and_runs_again_what_failed(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    first = Journal(path, 1)
    good, bad = Outcome("x", 250, 200), Outcome("x", 250, 200, tracebacks=1, failures={"x-failed": "there"})
    first.add(("x", 0, 250), good)
    first.add(("x", 250, 500), bad)
    with path.open("a") as opened:
        opened.write('{"seed": 1, "batch": ["x", 5')
    again = Journal(path, 1)
    assert again.done == {("x", 0, 250): good, ("x", 250, 500): bad}
    assert [again.is_done(("x", start, start + 250)) for start in (0, 250, 500)] == [True, False, False]
    assert Journal(path, 2).done == {}


def test_a_tree_whose_list_names_a_pipe_twice_makes_no_writer_wait(tmp_path: Path) -> None:
    """The driver hung for hours on a file that it wrote into a pipe of its own."""
    listed = b"f requirements.txt idna==3.7\np x -\nf x content\nl up ..\nf up/outside text\nf y z\n"
    assert odd_tree(Seed("tree", "text", listed), tmp_path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["root"]


def test_a_process_that_waits_is_lost_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that waits for a pipe spends no CPU time: only the clock tells."""
    one = Worker.__new__(Worker)
    one.at, one.batch = [0.0, 0.0, 1000.0], ("reader", 0, 9)  # type: ignore[assignment]
    monkeypatch.setattr(Worker, "seconds", lambda self: 1.0)
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0 + WAITED_SECONDS - 1)
    assert not one.is_lost()
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0 + WAITED_SECONDS + 1)
    assert one.is_lost()
    one.batch = None
    assert not one.is_lost()
