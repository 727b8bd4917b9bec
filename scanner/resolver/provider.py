"""The resolvelib provider: pip's rules over the index client, with static metadata only.

An sdist-only release counts, as it does for pip. A candidate whose dependencies are not known is taken, with a gap.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import resolvelib
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from scanner.index.client import IndexClient
from scanner.model.artifact import Artifact
from scanner.model.environment import TargetEnvironment
from scanner.model.errors import AssayError
from scanner.model.known import NotKnown
from scanner.model.location import Location
from scanner.model.release import CoreMetadata
from scanner.model.versions import parse_version
from scanner.resolver.markers import applies
from scanner.resolver.select import allows_python, choose
from scanner.resolver.window import allowed, specifiers

Identifier = tuple[NormalizedName, frozenset[str]]
Available = tuple[Version, str, list[Artifact]]
"""A version, how the index spells it, and its files."""


BACKTRACKING = 3
"""So many versions of one project looked at mean that the resolution goes back through its history."""
LOOK_EVERY = 12
LOOK_AHEAD = 36


class Want(msgspec.Struct, frozen=True):
    """A requirement on its way through the resolution: what, by whom, and where that is written."""

    name: NormalizedName
    specifier: str
    extras: frozenset[str]
    text: str
    by: str = ""
    location: Location = Location("")

    @property
    def identifier(self) -> Identifier:
        return self.name, self.extras


class Candidate(msgspec.Struct, frozen=True, eq=True):
    """One version of one project with the file that pip would take for it."""

    name: NormalizedName
    version: Version
    text: str
    extras: frozenset[str]
    artifact: Artifact


class Provider(resolvelib.AbstractProvider[Want, Candidate, Identifier]):
    """``constraints`` limit versions without asking for anything; ``exclude_newer`` is an RFC 3339 moment or date."""

    def __init__(
        self,
        client: IndexClient,
        target: TargetEnvironment,
        constraints: Mapping[NormalizedName, str],
        exclude_newer: str = "",
        *,
        prereleases: bool = False,
    ) -> None:
        self._client = client
        self._target = target
        self._constraints = constraints
        self._exclude_newer = exclude_newer
        self._prereleases = prereleases
        self._versions: dict[NormalizedName, list[Available]] = {}
        self._met: dict[tuple[NormalizedName, str], tuple[list[Available], Iterator[Available]]] = {}
        self._guard = threading.Lock()
        self._chosen: dict[tuple[NormalizedName, Version], Artifact | NotKnown] = {}
        self._metadata: dict[str, CoreMetadata | NotKnown] = {}
        self.problems: dict[NormalizedName, AssayError] = {}
        self.foresee: Callable[[Sequence[Want]], None] = _nothing
        """Told of requirements as soon as they are known, so that somebody may fetch what they will lead to."""
        self.foresee_files: Callable[[Sequence[Artifact]], None] = _nothing
        """Told of the files whose metadata backtracking will most likely ask for."""
        self._tried: dict[NormalizedName, int] = {}

    def identify(self, requirement_or_candidate: Want | Candidate) -> Identifier:
        return requirement_or_candidate.name, requirement_or_candidate.extras

    def get_preference(
        self,
        identifier: Identifier,
        resolutions: Mapping[Identifier, Candidate],
        candidates: Mapping[Identifier, Iterator[Candidate]],
        information: Mapping[Identifier, Iterator[Any]],
        backtrack_causes: Sequence[Any],
    ) -> tuple[bool, bool, bool, int, str]:
        """Pins first, then what causes backtracking, then what somebody bounds from above, then by name."""
        causes = {cause.requirement.name for cause in backtrack_causes}
        free, unbounded = True, True
        for one in information[identifier]:
            pins, bounds = _strength(one.requirement.specifier)
            free, unbounded = free and not pins, unbounded and not bounds
        return (free, identifier[0] not in causes, unbounded, len(identifier[1]), identifier[0])

    def find_matches(
        self,
        identifier: Identifier,
        requirements: Mapping[Identifier, Iterator[Want]],
        incompatibilities: Mapping[Identifier, Iterator[Candidate]],
    ) -> Callable[[], Iterator[Candidate]]:
        """Candidates, the version that pip would try first, first; none is looked at before it is its turn."""
        name = identifier[0]
        wants = [one for key, found in requirements.items() if key[0] == name for one in found]
        asked = {one.specifier for one in wants} | {self._constraints.get(name, "")}
        text = ",".join(sorted(asked - {""}))
        refused = {one.version for key, found in incompatibilities.items() if key == identifier for one in found}

        def candidates() -> Iterator[Candidate]:
            return self._candidates(identifier, text, refused)

        return candidates

    def _allowed(self, name: NormalizedName, text: str) -> Iterator[Available]:
        """What the specifier allows, newest first; remembered, because a resolution asks the same again and again."""
        key = (name, text)
        if key not in self._met:
            every = self._available(name)
            self._met[key] = ([], allowed(text, every, lambda one: one[0], prereleases=self._prereleases))
        known, rest = self._met[key]
        number = 0
        while True:
            with self._guard:
                if number == len(known):
                    following = next(rest, None)
                    if following is None:
                        return
                    known.append(following)
            yield known[number]
            number += 1

    def _candidates(self, identifier: Identifier, text: str, refused: set[Version]) -> Iterator[Candidate]:
        name, extras = identifier
        pinned = {one.version for one in specifiers(text) if one.operator in ("==", "===")}
        for version, spelled, artifacts in self._allowed(name, text):
            if version in refused:
                continue
            # A yanked release is taken only where somebody pins it (PEP 592).
            if all(one.yanked for one in artifacts) and not (pinned and spelled in pinned | {str(version)}):
                continue
            if (name, version) not in self._chosen:
                usable = [one for one in artifacts if not one.yanked] or artifacts
                self._chosen[name, version] = choose(usable, self._target)
            chosen = self._chosen[name, version]
            if chosen:
                yield Candidate(name, version, spelled, extras, chosen)

    def is_satisfied_by(self, requirement: Want, candidate: Candidate) -> bool:
        return _meets(requirement.specifier, candidate.text)

    def get_dependencies(self, candidate: Candidate) -> Iterable[Want]:
        """What the candidate needs on the target; with extras it needs itself without them, at the same version."""
        if candidate.extras:
            yield Want(candidate.name, f"=={candidate.version}", frozenset(), f"{candidate.name}=={candidate.version}")
        metadata = self.metadata(candidate)
        if isinstance(metadata, NotKnown) or isinstance(metadata.requires_dist, NotKnown):
            return
        wants = tuple(wants_of(metadata.requires_dist, candidate, self._target))
        self.foresee(wants)
        yield from wants

    def metadata(self, candidate: Candidate) -> CoreMetadata | NotKnown:
        """The candidate's metadata, or why it is not known. Never raises: the resolution goes on."""
        key = candidate.artifact.url
        if key not in self._metadata:
            tried = self._tried[candidate.name] = self._tried.get(candidate.name, 0) + 1
            if tried % LOOK_EVERY == BACKTRACKING:
                self.foresee_files(self._older_files(candidate))
            try:
                self._metadata[key] = self._client.metadata(candidate.artifact)
            except AssayError as error:
                self._metadata[key] = NotKnown(error.what, error.remedy)
        return self._metadata[key]

    def _older_files(self, candidate: Candidate) -> list[Artifact]:
        """The files that backtracking will come to next if it goes on rejecting one version after another."""
        found: list[Artifact] = []
        for version, _, artifacts in self._available(candidate.name):
            if version < candidate.version and len(found) < LOOK_AHEAD:
                chosen = choose([one for one in artifacts if not one.yanked], self._target)
                if chosen:
                    found.append(chosen)
        return found

    def _available(self, name: NormalizedName) -> list[Available]:
        """Versions, newest first, with the files that the target's Python and the date allow."""
        if name in self._versions:
            return self._versions[name]
        try:
            page = self._client.project(name)
        except AssayError as error:
            self.problems[name] = error
            self._versions[name] = []
            return []
        spelled: dict[str, list[Artifact]] = {}
        for artifact in page.artifacts:
            if not self._exclude_newer or self._old_enough(artifact):
                spelled.setdefault(artifact.version, []).append(artifact)
        found: dict[Version, tuple[str, list[Artifact]]] = {}
        for text, artifacts in spelled.items():
            version = parse_version(text)
            usable = [one for one in artifacts if allows_python(one.requires_python, self._target)]
            if version is not None and usable:
                found.setdefault(version, (text, []))[1].extend(usable)
        ordered = [(version, *found[version]) for version in sorted(found, reverse=True)]
        self._versions[name] = ordered
        return ordered

    def _old_enough(self, artifact: Artifact) -> bool:
        return isinstance(artifact.upload_time, str) and artifact.upload_time < self._exclude_newer


def _nothing(_: object) -> None:
    """Nobody looks ahead."""


@functools.lru_cache(maxsize=65536)
def _strength(specifier: str) -> tuple[bool, bool]:
    """Whether it pins, and whether it bounds from above."""
    operators = {one.operator for one in specifiers(specifier)}
    return bool(operators & {"==", "==="}), bool(operators & {"<", "<=", "~=", "=="})


@functools.lru_cache(maxsize=65536)
def _parsed(text: str) -> Parsed | None:
    try:
        return Parsed(text)
    except InvalidRequirement:
        return None


@functools.lru_cache(maxsize=65536)
def _meets(specifier: str, version: str) -> bool:
    return specifiers(specifier).contains(version, prereleases=True)


def wants_of(requires_dist: Iterable[str], candidate: Candidate, target: TargetEnvironment) -> Iterator[Want]:
    """The requirements that apply on the target for the candidate's extras. Unreadable ones are left out."""
    for text in requires_dist:
        parsed = _parsed(text)
        if parsed is None:
            continue
        marker = str(parsed.marker) if parsed.marker else ""
        if not applies(marker, target, candidate.extras):
            continue
        if candidate.extras and marker and applies(marker, target) and "extra" not in marker:
            continue
        yield Want(
            name=canonicalize_name(parsed.name),
            specifier=str(parsed.specifier),
            extras=frozenset(canonicalize_name(one) for one in parsed.extras),
            text=text,
            by=f"{candidate.name}=={candidate.version}",
        )
