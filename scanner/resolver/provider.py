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
from packaging.utils import NormalizedName
from packaging.version import Version

from scanner.index.client import IndexClient
from scanner.index.needs import Needs
from scanner.model.artifact import Artifact
from scanner.model.environment import TargetEnvironment
from scanner.model.errors import AssayError
from scanner.model.known import NotKnown
from scanner.model.location import Location
from scanner.model.release import VersionFiles
from scanner.model.versions import parse_version
from scanner.resolver.markers import applies
from scanner.resolver.select import allows_python, choose
from scanner.resolver.window import allowed, specifiers

Identifier = tuple[NormalizedName, frozenset[str]]

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


class Offered:
    """One version of a project on its page: its files that the target's Python and the date allow, looked at late."""

    __slots__ = ("_allowed", "_files", "_usable", "_version", "text")

    def __init__(self, files: VersionFiles, allowed: Callable[[Artifact], bool]) -> None:
        self.text = files.version
        self._files = files
        self._allowed = allowed
        self._version: Version | None = None
        self._usable: list[Artifact] | None = None

    @property
    def version(self) -> Version:
        if self._version is None:
            self._version = Version(self.text)
        return self._version

    @property
    def artifacts(self) -> list[Artifact]:
        if self._usable is None:
            self._usable = [one for one in self._files.artifacts if self._allowed(one)]
        return self._usable


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
        self._versions: dict[NormalizedName, list[Offered]] = {}
        self._met: dict[tuple[NormalizedName, str], tuple[list[Offered], Iterator[Offered]]] = {}
        self._guard = threading.Lock()
        self._chosen: dict[tuple[NormalizedName, Version], Artifact | NotKnown] = {}
        self._needs: dict[str, Needs | NotKnown] = {}
        self._identifiers: dict[NormalizedName, list[Identifier]] = {}
        self._applying: dict[tuple[str, frozenset[str]], bool] = {}
        self.problems: dict[NormalizedName, AssayError] = {}
        self.foresee: Callable[[Sequence[Want]], None] = _nothing
        """Told of requirements as soon as they are known, so that somebody may fetch what they will lead to."""
        self.foresee_files: Callable[[NormalizedName, Sequence[Artifact]], None] = _nothing
        """Told of the files whose metadata backtracking will most likely ask for."""
        self._tried: dict[NormalizedName, int] = {}

    def identify(self, requirement_or_candidate: Want | Candidate) -> Identifier:
        identifier = requirement_or_candidate.name, requirement_or_candidate.extras
        listed = self._identifiers.setdefault(identifier[0], [])
        if identifier not in listed:
            listed.append(identifier)
        return identifier

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
        # The same project with other extras is the same version: what is asked of one is asked of all.
        known = {*self._identifiers.get(name, ()), identifier}
        wants = [one for key in known if key in requirements for one in requirements[key]]
        asked = {one.specifier for one in wants} | {self._constraints.get(name, "")}
        text = ",".join(sorted(asked - {""}))
        refused = {one.version for one in incompatibilities[identifier]} if identifier in incompatibilities else set()

        def candidates() -> Iterator[Candidate]:
            return self._candidates(identifier, text, refused)

        return candidates

    def _allowed(self, name: NormalizedName, text: str) -> Iterator[Offered]:
        """What the specifier allows, newest first; remembered, because a resolution asks the same again and again."""
        key = (name, text)
        if key not in self._met:
            found = allowed(
                text,
                self._available(name),
                lambda one: one.version,
                lambda one: bool(one.artifacts),
                prereleases=self._prereleases,
            )
            self._met[key] = ([], found)
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
        for offered in self._allowed(name, text):
            version, spelled, artifacts = offered.version, offered.text, offered.artifacts
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
        needs = self.needs(candidate)
        if isinstance(needs, NotKnown):
            return
        wants = tuple(self._wants(needs, candidate))
        self.foresee(wants)
        yield from wants

    def needs(self, candidate: Candidate) -> Needs | NotKnown:
        """What the candidate needs, or why it is not known. Never raises: the resolution goes on."""
        key = candidate.artifact.url
        if key not in self._needs:
            if not self._client.needs_at_hand(candidate.name, candidate.artifact):
                tried = self._tried[candidate.name] = self._tried.get(candidate.name, 0) + 1
                if tried % LOOK_EVERY == BACKTRACKING:
                    self.foresee_files(candidate.name, self._older_files(candidate))
            try:
                self._needs[key] = self._client.needs(candidate.name, candidate.artifact)
            except AssayError as error:
                self._needs[key] = NotKnown(error.what, error.remedy)
        return self._needs[key]

    def _older_files(self, candidate: Candidate) -> list[Artifact]:
        """The files that backtracking will come to next if it goes on rejecting one version after another."""
        found: list[Artifact] = []
        for offered in self._available(candidate.name):
            if len(found) == LOOK_AHEAD:
                break
            if offered.version < candidate.version:
                chosen = choose([one for one in offered.artifacts if not one.yanked], self._target)
                if chosen:
                    found.append(chosen)
        return found

    def _available(self, name: NormalizedName) -> list[Offered]:
        """Versions, newest first. One may turn out to have no file that the target's Python and the date allow."""
        if name in self._versions:
            return self._versions[name]
        try:
            page = self._client.project(name)
        except AssayError as error:
            self.problems[name] = error
            self._versions[name] = []
            return []
        self._versions[name] = [
            Offered(one, self._is_usable) for one in page.releases if parse_version(one.version) is not None
        ]
        return self._versions[name]

    def _is_usable(self, artifact: Artifact) -> bool:
        if self._exclude_newer and not self._old_enough(artifact):
            return False
        return allows_python(artifact.requires_python, self._target)

    def _old_enough(self, artifact: Artifact) -> bool:
        return isinstance(artifact.upload_time, str) and artifact.upload_time < self._exclude_newer

    def _wants(self, needs: Needs, candidate: Candidate) -> Iterator[Want]:
        """The requirements that apply on the target for the candidate's extras."""
        by = f"{candidate.name}=={candidate.version}"
        for need in needs:
            if not self._applies(need.marker, candidate.extras):
                continue
            if candidate.extras and need.marker and "extra" not in need.marker:
                continue  # The candidate without extras, which this one needs, brings it.
            yield Want(need.name, need.specifier, frozenset(need.extras), need.text, by)

    def _applies(self, marker: str, extras: frozenset[str]) -> bool:
        if not marker:
            return True
        key = (marker, extras)
        if key not in self._applying:
            self._applying[key] = applies(marker, self._target, extras)
        return self._applying[key]


def _nothing(*_: object) -> None:
    """Nobody looks ahead."""


@functools.lru_cache(maxsize=65536)
def _strength(specifier: str) -> tuple[bool, bool]:
    """Whether it pins, and whether it bounds from above."""
    operators = {one.operator for one in specifiers(specifier)}
    return bool(operators & {"==", "==="}), bool(operators & {"<", "<=", "~=", "=="})


@functools.lru_cache(maxsize=65536)
def _meets(specifier: str, version: str) -> bool:
    return specifiers(specifier).contains(version, prereleases=True)
