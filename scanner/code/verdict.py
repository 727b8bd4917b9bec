"""The verdict of an artifact: the gravest contribution of the rules that matched, and which rules those are."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.code.matcher import Matched
from scanner.code.rules import ArtifactVerdict

_ORDER: tuple[ArtifactVerdict, ...] = ("malicious", "suspicious", "noted")


def decide(matched: Iterable[Matched], in_part: bool) -> tuple[ArtifactVerdict, tuple[str, ...]]:
    """``(verdict, ids of the rules that decided)``; ``clean`` where nothing matched.

    ``in_part``: something was not read, or not read whole. Then nothing less than *suspicious* is said, but
    ``incomplete``: what was left unread may be worse than what was seen.

    There is no sum and no score: one match of a rule whose contribution is *malicious* makes the artifact malicious.
    """
    by: dict[str, set[str]] = {}
    for one in matched:
        by.setdefault(one.match.verdict or one.rule.verdict, set()).add(one.rule.id)
    for level in _ORDER:
        if level == "noted" and in_part:
            break
        if level in by:
            return level, tuple(sorted(by[level]))
    return "incomplete" if in_part else "clean", ()
