"""The OSV evaluation algorithm with PEP 440 order. Source: OSV schema, "Evaluation"; PEP 440, "Version ordering".

Advisories of one package are prepared once (:class:`Matcher`), so that many versions are matched quickly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, Protocol

import msgspec
from packaging.version import Version

from scanner.model.advisory import Advisory, Affected, AffectedRange
from scanner.model.versions import parse_version

ORDERED = frozenset({"ECOSYSTEM", "SEMVER"})
COMMIT_EVENTS = ("introduced", "fixed", "last_affected", "limit")
Answer = Literal["affected", "not-affected", "not-comparable"]
_PLAIN = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*", re.ASCII)


class Match(msgspec.Struct, frozen=True):
    """One advisory's answer for one version of a package."""

    name: str
    version: str
    advisory: Advisory
    answer: Answer


class Records(Protocol):
    """Where the advisories of a name come from."""

    def for_name(self, name: str) -> tuple[Advisory, ...]: ...


class _Range:
    """A range with its events sorted: sources do not promise an order. At one version, an end comes before a
    beginning: "fixed 2, introduced 2" is affected from 2 on."""

    __slots__ = ("events", "limits", "unbounded", "unreadable")

    def __init__(self, found: AffectedRange) -> None:
        events: list[tuple[Version, int, str]] = []
        self.limits: list[Version] = []
        self.unbounded = True
        self.unreadable = False
        for event in found.events:
            if event.kind == "limit" and event.version == "*":
                continue
            # "0" stands before every version, also before the pre-releases of 0.
            at = parse_version("0.dev0" if event.version == "0" and event.kind != "limit" else event.version)
            if at is None:
                self.unreadable = True
            elif event.kind == "limit":
                self.limits.append(at)
            else:
                events.append((at, 1 if event.kind == "introduced" else 0, event.kind))
        if self.limits:
            self.unbounded = any(event.kind == "limit" and event.version == "*" for event in found.events)
        self.events = sorted(events)

    def holds(self, version: Version) -> bool:
        if not self.unbounded and not any(version < limit for limit in self.limits):
            return False
        vulnerable = False
        for at, _, kind in self.events:
            if at > version:
                break
            if kind == "introduced":
                vulnerable = True
            elif kind == "fixed" or version > at:
                vulnerable = False
        return vulnerable


class _Entry:
    """One affected package of an advisory, prepared. Ranges are sorted when first needed."""

    __slots__ = ("_found", "_ranges", "listed", "ordered")

    def __init__(self, found: Affected) -> None:
        self._found = found
        self._ranges: list[_Range] | None = None
        self.listed = frozenset(found.versions)
        self.ordered = any(one.kind in ORDERED for one in found.ranges)

    def answer(self, parsed: Version | None, spellings: frozenset[str]) -> Answer:
        if spellings and not spellings.isdisjoint(self.listed):
            return "affected"
        if not self.ordered:
            return "not-affected"
        if parsed is None:
            return "not-comparable"
        if self._ranges is None:
            self._ranges = [_Range(one) for one in self._found.ranges if one.kind in ORDERED]
        if any(one.holds(parsed) for one in self._ranges):
            return "affected"
        # A bound that cannot be ordered leaves the question open, unless the source also lists every version.
        open_question = not self.listed and any(one.unreadable for one in self._ranges)
        return "not-comparable" if open_question else "not-affected"


class Matcher:
    """The advisories of one package name (canonical), ready for many versions."""

    def __init__(self, name: str, advisories: Iterable[Advisory]) -> None:
        self._prepared = [
            (one, [_Entry(found) for found in one.affected if found.name == name])
            for one in advisories
            if not one.withdrawn
        ]
        # How the sources spell each version: 1.0 and 1.0.0 are one version, and each text is normalised only once.
        self._spellings: dict[str | Version, set[str]] = {}
        texts = frozenset().union(*(entry.listed for _, entries in self._prepared for entry in entries))
        for text in texts:
            self._spellings.setdefault(_key(text), set()).add(text)

    def answers(self, version: str) -> Iterator[tuple[Advisory, Answer]]:
        """Each advisory that affects the version, or of which that cannot be said (``not-comparable``)."""
        if not self._prepared:
            return
        parsed = parse_version(version)
        # A local version (2.0.1+cu118) is a build of its public version, and as vulnerable as that.
        public = parsed if parsed is None or parsed.local is None else Version(parsed.public)
        spellings = frozenset(self._spellings.get(_key(version), ()))
        if public is not parsed:
            spellings |= self._spellings.get(_key(str(public)), set())
        for advisory, entries in self._prepared:
            found: Answer = "not-affected"
            for entry in entries:
                answer = entry.answer(public, spellings)
                if answer == "affected":
                    found = answer
                    break
                if answer == "not-comparable":
                    found = answer
            if found != "not-affected":
                yield advisory, found


def _key(text: str) -> str | Version:
    """Equal for versions that PEP 440 holds equal (``1.0``, ``1.0.0``, ``v1``); legacy versions: their text.

    A plain version is its own text without trailing zeros: no two kinds of key are ever equal versions.
    """
    if _PLAIN.fullmatch(text):
        while text.endswith(".0"):
            text = text[:-2]
        return text
    parsed = parse_version(text)
    if parsed is None:
        return f"legacy:{text.strip().lower()}"
    # "v1.0" and "01.0" are plain versions in another dress.
    return _key(plain) if _PLAIN.fullmatch(plain := str(parsed)) else parsed


def affects(advisory: Advisory, name: str, version: str) -> Answer:
    """Whether the advisory affects that version of the package.

    ``not-comparable``: the version is none that PEP 440 can order, no list names it, and ranges would have to decide.
    """
    return next((answer for _, answer in Matcher(name, (advisory,)).answers(version)), "not-affected")


def commit_answer(advisory: Advisory, name: str, commit: str) -> Answer:
    """Whether the GIT ranges of an advisory hold a commit (full, lower case).

    Which commits lie between two others only the repository's history tells, which is not asked for: a commit that a
    range names is placed, a range without an end holds every commit after its beginning, and from "0" on that is all.
    For the rest the answer is ``not-comparable``.
    """
    found: Answer = "not-affected"
    ranges = [one for entry in advisory.affected if entry.name == name for one in entry.ranges if one.kind == "GIT"]
    for one in () if advisory.withdrawn else ranges:
        named = {kind: {event.version for event in one.events if event.kind == kind} for kind in COMMIT_EVENTS}
        ends = named["fixed"] | named["limit"] - {"*"}
        if commit in named["introduced"] | named["last_affected"]:
            return "affected"
        if "0" in named["introduced"] and not ends | named["last_affected"]:
            return "affected"
        if commit not in ends:
            found = "not-comparable"
    return found


def match_all(records: Records, packages: Iterable[tuple[str, str]]) -> Iterator[Match]:
    """Every match of many (canonical name, version), sorted by name; each name is looked up once."""
    matcher, current = None, ""
    for name, version in sorted(set(packages)):
        if matcher is None or name != current:
            matcher, current = Matcher(name, records.for_name(name)), name
        for advisory, answer in matcher.answers(version):
            yield Match(name, version, advisory, answer)


def fixed_versions(advisory: Advisory, name: str, version: str) -> tuple[str, ...]:
    """Every version above this one at which a range of the advisory ends as fixed, in order: one for each branch."""
    current = parse_version(version)
    found = {
        event.version: at
        for one in advisory.affected
        if one.name == name
        for ranged in one.ranges
        if ranged.kind in ORDERED
        for event in ranged.events
        if event.kind == "fixed" and (at := parse_version(event.version)) is not None
        if current is None or at > current
    }
    return tuple(sorted(found, key=lambda text: found[text]))
