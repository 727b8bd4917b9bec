"""What files need, parsed once: the requirements of every file of a project that was looked at, in one cache entry.

A resolution that goes back through the history of a project asks for the metadata of hundreds of its releases. Reading
one entry for all costs what two of them cost one by one; and most of that is parsing the requirements.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable

import msgspec
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from scanner.index.cache import Cache
from scanner.model.known import NotKnown
from scanner.model.urls import redact

FORM = "3"
"""Goes up when the reading of requirements changes."""
REFUSED = "pip refuses this release and takes an older one: pin one whose metadata can be read."
MAX_KEPT = 5_000
"""Files of one project in one entry."""


class Need(msgspec.Struct, frozen=True, array_like=True):
    """One ``Requires-Dist``: its parts, and the text as written. Extras and name are canonical; ``url`` is a direct
    reference without credentials."""

    name: NormalizedName
    specifier: str
    extras: tuple[str, ...]
    marker: str
    text: str
    url: str = ""


Needs = tuple[Need, ...]


@functools.lru_cache(maxsize=65536)
def _parsed(text: str) -> Need | None:
    try:
        found = Requirement(text)
        specifier = str(found.specifier)
    except (ValueError, RecursionError):  # InvalidRequirement is one, and so are numbers of thousands of digits.
        return None
    extras = tuple(sorted(canonicalize_name(one) for one in found.extras))
    marker = str(found.marker) if found.marker else ""
    url = redact(found.url or "")
    return Need(canonicalize_name(found.name), specifier, extras, marker, redact(text) if url else text, url)


def needs_of(requires_dist: Iterable[str]) -> Needs | NotKnown:
    """The requirements; not known where PEP 508 refuses one of them: pip (from 24.1 on) then refuses the release."""
    found: list[Need] = []
    for text in requires_dist:
        need = _parsed(text)
        if need is None:
            return NotKnown(f"its metadata states a requirement that PEP 508 refuses ({text[:80]})", REFUSED)
        found.append(need)
    return tuple(found)


def is_refused(needs: Needs | NotKnown) -> bool:
    """True where the metadata can be read and pip refuses what it says."""
    return isinstance(needs, NotKnown) and needs.remedy == REFUSED


class NeedsStore:
    """Digest of a file → what it needs, kept by project. Safe to use from several threads; :meth:`flush` writes."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._guard = threading.Lock()
        self._held: dict[str, dict[str, Needs]] = {}
        self._changed: set[str] = set()

    def get(self, name: str, digest: str) -> Needs | None:
        return self._of(name).get(digest) if digest else None

    def add(self, name: str, digest: str, needs: Needs) -> None:
        held = self._of(name)
        with self._guard:
            if digest and len(held) < MAX_KEPT:
                held[digest] = needs
                self._changed.add(name)

    def flush(self) -> None:
        """Write what is new. Two processes at once may lose what one of them learned: it is learned again."""
        with self._guard:
            for name in sorted(self._changed):
                self._cache.keep_value("needs", f"{FORM} {name}", msgspec.msgpack.encode(self._held[name]))
            self._changed.clear()

    def _of(self, name: str) -> dict[str, Needs]:
        with self._guard:
            if name not in self._held:
                body = self._cache.value("needs", f"{FORM} {name}")
                try:
                    self._held[name] = msgspec.msgpack.decode(body, type=dict[str, Needs]) if body else {}
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    self._held[name] = {}
            return self._held[name]
