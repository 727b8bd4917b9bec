"""Progress bars on a terminal's stderr; nothing at all when stderr is piped."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from scanner.model.progress import Advance, Progress, Silent


class Bars:
    """One bar a stage, drawn by rich on stderr; a finished stage leaves one line with its count and time."""

    @contextmanager
    def stage(self, title: str) -> Iterator[Advance]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        columns = (TextColumn("{task.description:<22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with RichProgress(*columns, console=Console(stderr=True)) as bars:
            task = bars.add_task(title, total=None)

            def advance(done: int, total: int) -> None:
                bars.update(task, completed=done, total=total)

            yield advance


def progress_for_terminal(*, quiet: bool = False) -> Progress:
    """Bars where a person watches stderr, silence elsewhere."""
    return Bars() if sys.stderr.isatty() and not quiet else Silent()
