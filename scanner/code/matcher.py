"""Matching: events against rules. Pure: the same events and rules give the same matches in the same order."""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from scanner.code.events import Event
from scanner.code.rules import Also, Match, Rule
from scanner.model.finding import Severity


class Matched(msgspec.Struct, frozen=True):
    """A rule that holds: the event that it is about, and the others that it needed."""

    rule: Rule
    match: Match
    event: Event
    others: tuple[Event, ...]

    @property
    def severity(self) -> Severity:
        return self.match.severity or self.rule.severity


class Matcher:
    """Indexes events by role, then asks each rule."""

    def __init__(self, events: Sequence[Event], kind: str) -> None:
        self.kind = kind
        self.by_role: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            for role in event.roles:
                self.by_role[role].append(event)

    def matches(self, rules: Iterable[Rule]) -> list[Matched]:
        """Every (rule, event) that holds; for one rule and event, the first clause that does."""
        if not self.by_role:
            return []
        found: list[Matched] = []
        for rule in rules:
            seen: set[int] = set()
            for match in rule.match:
                if match.kinds and self.kind not in match.kinds:
                    continue
                if any(role in self.by_role for role in match.absent):
                    continue
                triggers = match.triggers or rule.triggers
                for role in match.event:
                    for event in self.by_role.get(role, ()):
                        if event.order in seen or (triggers and event.trigger not in triggers):
                            continue
                        others = self._holds(match, event)
                        if others is not None:
                            seen.add(event.order)
                            found.append(Matched(rule, match, event, others))
        return found

    def _holds(self, match: Match, event: Event) -> tuple[Event, ...] | None:
        if not labels_hold(match.labels, match.without, event.labels):
            return None
        if match.paths and not any(_named(pattern, event.path.lower()) for pattern in match.paths):
            return None
        if match.names and not any(_named(pattern, event.name) for pattern in match.names):
            return None
        others: list[Event] = []
        for also in match.also:
            one = self._other(also, event)
            if one is None:
                return None
            others.append(one)
        return tuple(others)

    def _other(self, also: Also, event: Event) -> Event | None:
        for role in also.event:
            for other in self.by_role.get(role, ()):
                if other.order == event.order:
                    continue
                if also.scope == "context" and other.context != event.context:
                    continue
                if also.scope == "file" and other.path != event.path:
                    continue
                if labels_hold(also.labels, also.without, other.labels):
                    return other
        return None


def labels_hold(wanted: tuple[tuple[str, ...], ...], without: tuple[str, ...], labels: frozenset[str]) -> bool:
    """True where the labels include one of each list, and none of ``without``. ``path.*`` stands for all such."""
    return all(any(_has(one, labels) for one in group) for group in wanted) and not any(
        _has(one, labels) for one in without
    )


def _has(pattern: str, labels: frozenset[str]) -> bool:
    if pattern.endswith("*"):
        return any(label.startswith(pattern[:-1]) for label in labels)
    return pattern in labels


def _named(pattern: str, name: str) -> bool:
    return fnmatch.fnmatchcase(name, pattern)
