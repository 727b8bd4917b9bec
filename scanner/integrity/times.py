"""Instants: upload times as an index writes them."""

from __future__ import annotations

from datetime import datetime

from scanner.model.times import instant

__all__ = ["day", "instant", "span"]


def day(when: datetime) -> str:
    """The ISO date of an instant."""
    return when.date().isoformat()


def span(earlier: datetime, later: datetime) -> str:
    """The time between two instants in words: ``5 hours``, ``12 days``, ``3 years``."""
    seconds = max(0, int((later - earlier).total_seconds()))
    for size, word in ((365 * 86400 * 2, "years"), (86400 * 2, "days"), (3600 * 2, "hours"), (120, "minutes")):
        if seconds >= size:
            unit = {"years": 365 * 86400, "days": 86400, "hours": 3600, "minutes": 60}[word]
            return f"{seconds // unit} {word}"
    return f"{seconds} seconds"
