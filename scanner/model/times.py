"""Instants: upload times as an index writes them."""

from __future__ import annotations

import functools
from datetime import UTC, datetime

from scanner.model.known import NotKnown


def instant(text: str | NotKnown) -> datetime | None:
    """The moment of an RFC 3339 text, in UTC; ``None`` where it is not known or not readable as one."""
    return None if isinstance(text, NotKnown) or not text or len(text) > 64 else _read(text)


@functools.lru_cache(maxsize=65536)
def _read(text: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00").replace("z", "+00:00"))
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
