"""Looks ahead: fetches, many at once, the pages and metadata that the resolution will most likely ask for next.

The resolution itself stays what it is, one decision after another; it only finds its answers already there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from scanner.model.errors import AssayError
from scanner.resolver.provider import Identifier, Provider, Want

MAX_LOOKED_AT = 5_000


class Prefetch:
    """Follows requirements ahead of the resolution, each project and set of extras once."""

    def __init__(self, provider: Provider, workers: int) -> None:
        self._provider = provider
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="look-ahead")
        self._guard = threading.Lock()
        self._seen: set[Identifier] = set()
        self._ended = False

    def __enter__(self) -> Prefetch:
        return self

    def __exit__(self, *_: object) -> None:
        with self._guard:
            self._ended = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def expect(self, wants: Iterable[Want]) -> None:
        """Start to fetch what these lead to. Returns at once."""
        for want in wants:
            with self._guard:
                if self._ended or want.identifier in self._seen or len(self._seen) >= MAX_LOOKED_AT:
                    continue
                self._seen.add(want.identifier)
                self._pool.submit(self._look, want)

    def _look(self, want: Want) -> None:
        """The best candidate for this one requirement, its metadata, and so on with what that requires."""
        try:
            found = self._provider.find_matches(want.identifier, {want.identifier: iter((want,))}, {})
            candidate = next(found(), None)
            if candidate is not None:
                self.expect(list(self._provider.get_dependencies(candidate)))
        except AssayError:
            return  # The resolution will meet the same error, and say it.
