"""Looks ahead: fetches, many at once, the pages and metadata that the resolution will most likely ask for next.

The resolution itself stays what it is, one decision after another; it only finds its answers already there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from packaging.utils import NormalizedName

from scanner.index.client import IndexClient
from scanner.model.artifact import Artifact
from scanner.model.errors import AssayError
from scanner.resolver.provider import Identifier, Provider, Want

MAX_LOOKED_AT = 5_000


class Prefetch:
    """Follows requirements ahead of the resolution, each project and set of extras once."""

    def __init__(self, provider: Provider, client: IndexClient, workers: int) -> None:
        self._provider = provider
        self._client = client
        self._asked: set[str] = set()
        provider.foresee = self.expect
        provider.foresee_files = self.expect_files
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
        """Start to fetch what these lead to, and return at once. What the cache has would only be in the way here."""
        for want in wants:
            at_hand = want.identifier in self._seen or self._client.at_hand(want.name)
            with self._guard:
                if self._ended or want.identifier in self._seen or len(self._seen) >= MAX_LOOKED_AT:
                    continue
                self._seen.add(want.identifier)
                if not at_hand:
                    self._pool.submit(self._look, want)

    def expect_files(self, name: NormalizedName, artifacts: Iterable[Artifact]) -> None:
        """Start to fetch what these files of a project need, each once, into the client. Returns at once."""
        for artifact in artifacts:
            with self._guard:
                if not self._ended and artifact.url not in self._asked:
                    self._asked.add(artifact.url)
                    self._pool.submit(self._client.needs, name, artifact)

    def _look(self, want: Want) -> None:
        """The best candidate for this one requirement, its metadata, and so on with what that requires."""
        try:
            found = self._provider.find_matches(want.identifier, {want.identifier: iter((want,))}, {})
            candidate = next(found(), None)
            if candidate is not None:
                list(self._provider.get_dependencies(candidate))  # Which tells ``expect`` of each.
        except AssayError:
            return  # The resolution will meet the same error, and say it.
