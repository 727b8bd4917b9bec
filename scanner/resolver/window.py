"""Which versions of a sorted list a specifier allows, looking only at those between its bounds.

A project like ``botocore`` has two thousand releases, and a backtracking resolution asks hundreds of times.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from packaging.specifiers import SpecifierSet
from packaging.version import Version

Item = TypeVar("Item")


@functools.lru_cache(maxsize=65536)
def specifiers(text: str) -> SpecifierSet:
    return SpecifierSet(text)


@functools.lru_cache(maxsize=65536)
def bounds(text: str) -> tuple[Version | None, Version | None]:
    """(lower, upper) of a specifier, both inclusive and only as narrow as is certain; ``None`` is open."""
    lower: Version | None = None
    upper: Version | None = None
    for one in specifiers(text):
        try:
            version = Version(one.version)
        except ValueError:
            continue  # A wildcard, or an arbitrary equality: no bound is taken from it.
        if one.operator in (">=", ">", "~=", "==") and (lower is None or version > lower):
            lower = version
        if one.operator in ("<=", "<") and (upper is None or version < upper):
            upper = version
    return lower, upper


def allowed(
    text: str,
    newest_first: Sequence[Item],
    version_of: Callable[[Item], Version],
    usable: Callable[[Item], bool] = lambda _: True,
    *,
    prereleases: bool = False,
) -> Iterator[Item]:
    """What the specifier allows of the usable, newest first; pre-releases where it names one, or where nothing else is
    left. Whether one is usable is only asked once the specifier allows it."""
    specifier = specifiers(text)
    everything = prereleases or bool(specifier.prereleases)
    window = list(_between(text, newest_first, version_of)) if text else newest_first
    found = False
    for one in window:
        version = version_of(one)
        if (everything or not version.is_prerelease) and specifier.contains(version, prereleases=True) and usable(one):
            found = True
            yield one
    if not found and not everything:
        yield from (one for one in window if specifier.contains(version_of(one), prereleases=True) and usable(one))


def _between(text: str, newest_first: Sequence[Item], version_of: Callable[[Item], Version]) -> Iterator[Item]:
    lower, upper = bounds(text)
    start = 0
    if upper is not None:
        low, high = 0, len(newest_first)
        while low < high:
            middle = (low + high) // 2
            if version_of(newest_first[middle]) > upper:
                low = middle + 1
            else:
                high = middle
        start = low
        # ``<=1.0`` allows ``1.0+local``, which sorts above it (PEP 440).
        while start and version_of(newest_first[start - 1]).local:
            start -= 1
    for number in range(start, len(newest_first)):
        if lower is not None and version_of(newest_first[number]) < lower:
            return
        yield newest_first[number]
