"""Ways that are open: (group, way) → what would close it. Closing one turns its test red until it is taken off here."""

from __future__ import annotations

OPEN: dict[tuple[str, str], str] = {}

GAPS: frozenset[tuple[str, str]] = frozenset()
"""(group, way) whose rightful answer is a gap, or a refusal, for whatever the way brings in."""
