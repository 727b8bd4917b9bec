"""Markers evaluated for the target, with the extras that are asked for."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

from scanner.model.environment import TargetEnvironment


@functools.lru_cache(maxsize=16384)
def _marker(text: str) -> Marker | None:
    try:
        return Marker(text)
    except (InvalidMarker, RecursionError):
        return None


def applies(marker: str, target: TargetEnvironment, extras: Iterable[str] = ()) -> bool:
    """True where the marker holds on the target for one of the extras (or none). One that cannot be read applies:
    leaving a dependency out because its marker is odd would hide it."""
    if not marker:
        return True
    parsed = _marker(marker)
    if parsed is None:
        return True
    for extra in ("", *extras):
        try:
            if parsed.evaluate({**target.markers, "extra": extra}):
                return True
        except (UndefinedComparison, UndefinedEnvironmentName, ValueError, KeyError):
            return True
    return False


_EXTRA = re.compile(
    r"""\bextra (?:==|!=|in|not in) (?:"[^"]*"|'[^']*')|(?:"[^"]*"|'[^']*') (?:==|!=|in|not in) extra\b"""
)
_TRUE = 'python_version >= "0"'


def possible(marker: str, target: TargetEnvironment) -> bool:
    """True where the marker holds on the target for some choice of extras: each question for one is taken for met.

    Locks of poetry 2 write ``extra == "gpu"`` on whatever only an extra of the project brings.
    """
    if "extra" not in marker:
        return applies(marker, target)
    parsed = _marker(marker)
    return parsed is None or applies(_EXTRA.sub(_TRUE, str(parsed)), target)
