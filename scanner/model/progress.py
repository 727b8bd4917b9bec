"""How a long stage tells how far it is, without knowing whether anybody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Advance = Callable[[int, int], None]
"""Called with (done, total); the total may grow while a stage runs."""


class Progress(Protocol):
    """Opens a stage by its title and gives the function that reports how far it is."""

    def stage(self, title: str) -> AbstractContextManager[Advance]: ...


class Silent:
    """Progress that nobody sees: piped output, tests."""

    @contextmanager
    def stage(self, title: str) -> Iterator[Advance]:
        def ignore(done: int, total: int) -> None:
            del done, total

        del title
        yield ignore
