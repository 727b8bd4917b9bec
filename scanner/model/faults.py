"""Faults that nobody foresaw: each costs the subject at which it arose, and what escapes says where it was.

A fault is told as the kind of the exception and the line of ours that raised it. Its message is left out: it may hold
text of whoever is audited, secrets, or addresses of memory that differ from run to run. ``ASSAY_DEBUG=1`` prints the
whole traceback to stderr.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

from scanner.model.errors import AssayError, UsageError
from scanner.model.known import NotKnown
from scanner.model.progress import Advance, Progress

Value = TypeVar("Value")
REMEDY = "This is a fault of assay: report it, with the traceback that ASSAY_DEBUG=1 prints; look at it by hand."
MAX_SUBJECT = 200
_PACKAGE = Path(__file__).parents[1]


def told(error: BaseException) -> str:
    """One line for an exception: its kind, and the innermost line of this package that it passed through."""
    place = ""
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if path.is_relative_to(_PACKAGE):
            place = f" at {path.relative_to(_PACKAGE).as_posix()}:{frame.lineno}"
    return f"{type(error).__name__}{place}"


def because_of(error: Exception) -> NotKnown:
    """Why something is not known, from whatever prevented it: our own error in its words, any other as a fault."""
    if isinstance(error, AssayError):
        where = f" ({error.where})" if error.where else ""
        return NotKnown(f"{error.what}{where}", error.remedy)
    show(error)
    return NotKnown(f"it met a fault that nobody foresaw ({told(error)})", REMEDY)


def show(error: BaseException) -> None:
    """The traceback on stderr, where ``ASSAY_DEBUG`` asks for it."""
    if os.environ.get("ASSAY_DEBUG", "") not in ("", "0"):
        traceback.print_exception(error, file=sys.stderr)


def attempt(job: Callable[[], Value]) -> Value | NotKnown:
    """What the job gives, or why it gave nothing. Any exception of its own costs its own result (also
    ``RecursionError`` and ``MemoryError``); what the user got wrong and what ends the process (Ctrl-C, exit) passes."""
    try:
        return job()
    except (BrokenPipeError, UsageError):
        raise
    except Exception as error:  # noqa: BLE001 (the one place where a fault becomes a value)
        return because_of(error)


@contextmanager
def during(stage: str, subject: str = "") -> Iterator[None]:
    """What leaves the block as a fault carries the stage and the subject; the innermost ones are told."""
    try:
        yield
    except Exception as error:
        if not hasattr(error, "assay_at"):
            shown = subject if len(subject) <= MAX_SUBJECT else f"{subject[:MAX_SUBJECT]}…"
            error.assay_at = f"{stage}: {shown}" if shown else stage  # type: ignore[attr-defined]
        raise


def where_it_was(error: BaseException) -> str:
    """The stage and subject that :func:`during` noted, or the empty string."""
    return str(getattr(error, "assay_at", ""))


class Staged:
    """A progress whose every stage also names itself to the faults that leave it."""

    def __init__(self, progress: Progress, subject: str) -> None:
        self._progress = progress
        self._subject = subject

    def stage(self, title: str) -> AbstractContextManager[Advance]:
        return self._open(title)

    @contextmanager
    def _open(self, title: str) -> Iterator[Advance]:
        with during(title, self._subject), self._progress.stage(title) as advance:
            yield advance
