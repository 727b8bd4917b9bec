"""May this batch be used: what the consumer expects, against what the statement says and what the folder holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from scanner.batch.predicate import NamedDigest, moment
from scanner.batch.statement import Stated
from scanner.batch.verify import Compared
from scanner.files import read_bounded
from scanner.model.errors import InputError

MAX_MATERIAL = 256 * 1024 * 1024
Status = Literal["passed", "failed", "not-checked"]
Malicious = Callable[[Path], Iterable[str]]
"""Of a lock: a sentence for each release in it that the advisory database of today knows as malicious."""


class Expected(msgspec.Struct, frozen=True):
    """What the consumer asks of a batch. Empty values ask for nothing.

    ``batch`` is its id; ``after`` the sequence of the last batch that was taken; ``max_age`` in days. ``report``,
    ``locks`` and ``parents`` are files at hand that the statement must name; ``required`` says which of ``report``,
    ``lock`` and ``parents`` must have been looked at.
    """

    batch: str = ""
    after: int | None = None
    max_age: int | None = None
    report: Path | None = None
    locks: tuple[Path, ...] = ()
    parents: tuple[Stated, ...] = ()
    required: frozenset[str] = frozenset()


class Answer(msgspec.Struct, frozen=True):
    """One question, and how it was answered."""

    question: str
    status: Status
    reason: str


def judge(
    stated: Stated, compared: Compared, expected: Expected, now: datetime, malicious: Malicious
) -> Iterator[Answer]:
    """Every question with its answer. A batch is good where none failed, and none that is required was not checked."""
    yield _contents(compared)
    yield _identity(stated, expected)
    yield _sequence(stated, expected)
    yield _age(stated, expected, now)
    yield _report(stated, expected)
    yield from _locks(stated, expected, malicious)
    yield from _parents(stated, expected)


def exit_code(answers: Iterable[Answer], required: frozenset[str]) -> int:
    """1 where an answer failed, 3 where one that is required could not be had, else 0."""
    found = list(answers)
    if any(one.status == "failed" for one in found):
        return 1
    return 3 if any(one.status == "not-checked" and one.question in required for one in found) else 0


def _contents(compared: Compared) -> Answer:
    if compared.is_same:
        return Answer("contents", "passed", f"{compared.files:,} files, {compared.size:,} bytes, each as it was sealed")
    shown = ", ".join(f"{count:,} {kind}" for kind, count in compared.counts.items())
    return Answer("contents", "failed", f"the folder is not the batch: {shown}")


def _identity(stated: Stated, expected: Expected) -> Answer:
    found = stated.batch.batch
    if not expected.batch:
        return Answer("batch", "not-checked", f"it is the batch {found}; none was expected by name (--batch)")
    if found != expected.batch:
        return Answer("batch", "failed", f"it is the batch {found}, and {expected.batch} was expected")
    return Answer("batch", "passed", found)


def _sequence(stated: Stated, expected: Expected) -> Answer:
    found = stated.batch.sequence
    if expected.after is None:
        return Answer("sequence", "not-checked", "whether it was delivered before is not known (--after)")
    if found <= expected.after:
        what = f"its sequence is {found or 'not counted'}, and the last batch taken has {expected.after}"
        return Answer("sequence", "failed", f"{what}: it was delivered before, or its producer does not count")
    return Answer("sequence", "passed", f"{found}, after {expected.after}")


def _age(stated: Stated, expected: Expected, now: datetime) -> Answer:
    finished = moment(stated.batch.finished, stated.where)
    if finished > now + timedelta(days=1):
        return Answer("age", "failed", f"it says that it was sealed on {stated.batch.finished}, which is yet to come")
    if expected.max_age is None:
        return Answer("age", "not-checked", f"it was sealed on {stated.batch.finished}; no age was asked for")
    if now - finished > timedelta(days=expected.max_age):
        what = f"it was sealed on {stated.batch.finished}, more than {expected.max_age} days ago"
        return Answer("age", "failed", what)
    return Answer("age", "passed", stated.batch.finished)


def _report(stated: Stated, expected: Expected) -> Answer:
    note = stated.batch.report
    if note is None:
        said = "its statement names no audit of what made it"
        return Answer("report", "failed" if expected.report is not None else "not-checked", said)
    if note.verdict == "reject":
        return Answer("report", "failed", "its producer's audit ended in reject")
    if expected.report is None:
        said = f"its producer says that the audit ended in {note.verdict}; the report itself was not at hand (--report)"
        return Answer("report", "not-checked", said)
    if _digest(expected.report) != note.sha256:
        return Answer("report", "failed", f"{expected.report} is not the report that the statement names")
    verdict = report_verdict(expected.report)
    if verdict != note.verdict:
        what = f"the statement says that the audit ended in {note.verdict}, and the report says {verdict}"
        return Answer("report", "failed", what)
    status: Status = "failed" if verdict in ("reject", "") else "passed"
    return Answer("report", status, f"the audit ended in {verdict or 'no verdict'}")


class _Verdict(msgspec.Struct):
    verdict: str = ""


def report_verdict(path: Path) -> str:
    """The verdict of a saved report (JSON). Raises :class:`InputError`."""
    try:
        return msgspec.json.decode(read_bounded(path, MAX_MATERIAL), type=_Verdict).verdict
    except (OSError, msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise InputError(f"the report cannot be read: {error}", where=str(path)) from error


def _locks(stated: Stated, expected: Expected, malicious: Malicious) -> Iterator[Answer]:
    named: Mapping[str, NamedDigest] = {one.sha256: one for one in stated.batch.locks}
    left = dict(named)
    for path in expected.locks:
        digest = _digest(path)
        if digest not in named:
            yield Answer("lock", "failed", f"{path} is none of the locks that the statement names")
            continue
        left.pop(digest, None)
        found = list(malicious(path))
        said = "; ".join(found[:5])
        if found:
            yield Answer("lock", "failed", f"{named[digest].name} holds what is known as malicious today: {said}")
        else:
            yield Answer("lock", "passed", f"{named[digest].name} holds no release that is known as malicious today")
    for one in left.values():
        yield Answer("lock", "not-checked", f"{one.name} was not at hand (--lock)")
    if not named:
        yield Answer("lock", "not-checked", "its statement names no lock")


def _parents(stated: Stated, expected: Expected) -> Iterator[Answer]:
    given = {one.payload: one for one in expected.parents}
    for one in stated.batch.parents:
        found = given.pop(one.statement, None)
        if found is None:
            yield Answer(
                "parents", "not-checked", f"the statement of its parent {one.batch} was not at hand (--parent)"
            )
        elif found.as_parent() != one:
            what = f"it says of its parent {one.batch} what that batch's statement does not say of itself"
            yield Answer("parents", "failed", what)
        else:
            yield Answer("parents", "passed", f"its parent {one.batch} is the batch that it names")
    for other in given.values():
        yield Answer("parents", "failed", f"it does not name {other.batch.batch} as its parent")


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(read_bounded(path, MAX_MATERIAL)).hexdigest()
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror or error}", where=str(path)) from error
