"""Compatible letters: characters that are no ASCII but stand for ASCII in an identifier (PEP 3131: NFKC).

``oſ.ſyſtem`` is ``os.system`` to the interpreter. Text is normalised only where one of these stands in it: whole files
would cost too much, and other characters lead to no name of the catalogue.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Set

_RANGES = (
    (0xAA, 0xAA), (0xBA, 0xBA), (0x132, 0x133), (0x13F, 0x140), (0x149, 0x149), (0x17F, 0x17F), (0x1C4, 0x1CC),
    (0x1F1, 0x1F3), (0x2B0, 0x2B8), (0x2E1, 0x2E3), (0x1D2C, 0x1D6A), (0x1D9C, 0x1DBF), (0x1E9A, 0x1E9A),
    (0x2071, 0x2071), (0x207F, 0x207F), (0x2090, 0x209C), (0x2102, 0x2102), (0x210A, 0x2115), (0x2118, 0x211D),
    (0x2124, 0x2124), (0x2128, 0x2128), (0x212A, 0x2139), (0x2145, 0x2149), (0x2160, 0x217F), (0x2C7C, 0x2C7D),
    (0xA7F2, 0xA7F4), (0xFB00, 0xFB06), (0xFE33, 0xFE34), (0xFE4D, 0xFE4F), (0xFF10, 0xFF19), (0xFF21, 0xFF3A),
    (0xFF3F, 0xFF3F), (0xFF41, 0xFF5A), (0x107A5, 0x107A5), (0x1D400, 0x1D7FF), (0x1FBF0, 0x1FBF9),
)  # fmt: skip
"""Code points, first and last, between which all such characters of Unicode lie (a test holds it complete)."""


def _encoded() -> list[bytes]:
    return [chr(point).encode() for first, last in _RANGES for point in range(first, last + 1)]


@functools.cache
def compatible_starts() -> frozenset[bytes]:
    """How these characters begin in UTF-8; short ones as a whole."""
    return frozenset(_ends())


@functools.cache
def _ends() -> dict[bytes, frozenset[bytes]]:
    """How a character begins → the bytes with which it can end; of a short one, nothing more."""
    ends: dict[bytes, set[bytes]] = {}
    for text in _encoded():
        start = text if len(text) == 2 else text[:-1]
        ends.setdefault(start, set()).add(text[len(start) :])
    return {start: frozenset(some) for start, some in ends.items()}


def _stands_in(data: bytes, seen: Set[bytes] | None) -> bool:
    """Whether one of these characters does. One plain search for each beginning is faster than a pattern for all."""
    for start, ends in _ends().items():
        if seen is not None and start not in seen:
            continue
        length = len(next(iter(ends)))
        at = data.find(start)
        while at >= 0:
            at += len(start)
            if data[at : at + length] in ends:
                return True
            at = data.find(start, at)
    return False


def normalised(data: bytes, seen: Set[bytes] | None = None) -> bytes:
    """The bytes (UTF-8) with identifiers as the interpreter sees them; the same object where nothing changes. ``seen``:
    the literals that stand in the bytes, those of :func:`compatible_starts` among them, if that is known."""
    if data.isascii() or not _stands_in(data, seen):
        return data
    return _remembered(data) if len(data) <= _REMEMBERED_UP_TO else _normalised(data)


def _normalised(data: bytes) -> bytes:
    return unicodedata.normalize("NFKC", data.decode("utf-8", "replace")).encode("utf-8", "surrogatepass")


# The same file is asked for several times, soon after each other.
_REMEMBERED_UP_TO = 1_000_000
_remembered = functools.lru_cache(16)(_normalised)


def as_read(text: str, seen: Set[bytes] | None = None) -> str:
    """The same for text. ``seen``: of its bytes in UTF-8."""
    if text.isascii():
        return text
    return normalised(text.encode("utf-8", "surrogatepass"), seen).decode("utf-8", "replace")
