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
from scanner.index.needs import Needs, is_refused
from scanner.model.artifact import Artifact
from scanner.model.environment import TargetEnvironment
from scanner.model.errors import AssayError
from scanner.model.known import NotKnown
from scanner.model.location import Location
from scanner.model.package import Package
from scanner.model.release import VersionFiles
from scanner.model.requirement import Requirement
from scanner.model.versions import parse_version
from scanner.resolver.choice import Choice
from scanner.resolver.cutoff import existed
from scanner.resolver.flat import package_of
from scanner.resolver.markers import applies
from scanner.resolver.releases import direct_artifact
from scanner.resolver.select import allows_python, choose
from scanner.resolver.window import allowed, specifiers

Identifier = tuple[NormalizedName, frozenset[str]]

NO_CHOICE = Choice()
NO_VERSION = Version("0.dev0")
"""Of a direct reference whose version nobody states, and of a project that no index has."""
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
    url: str = ""
    """A direct reference: the project comes from there, whoever else asks for it."""

    @property
    def identifier(self) -> Identifier:
        return self.name, self.extras


class Candidate(msgspec.Struct, frozen=True, eq=True):
    """One version of one project with the file that pip would take for it. ``artifact`` is not known for a direct
    reference that is not read, and for a project that no index has."""

    name: NormalizedName
    version: Version
    text: str
    extras: frozenset[str]
    artifact: Artifact | NotKnown
    package: Package
    missing: bool = False


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
    """``constraints`` limit versions without asking for anything; ``exclude_newer`` is the instant from which on
    files do not exist (see :mod:`scanner.resolver.cutoff`)."""

    def __init__(
        self,
        client: IndexClient,
        target: TargetEnvironment,
        constraints: Mapping[NormalizedName, str],
        exclude_newer: str = "",
        *,
        prereleases: bool = False,
        choice: Choice = NO_CHOICE,
        references: Mapping[NormalizedName, Requirement] | None = None,
    ) -> None:
        self._client = client
        self._target = target
        self._constraints = constraints
        self._exclude_newer = exclude_newer
        self._prereleases = prereleases
        self._choice = choice
        self._references = dict(references or {})
        self.tolerant = False
        """Let a project that no index has, or that could not be asked for, stand in the graph of the others."""
        self._versions: dict[NormalizedName, list[Offered]] = {}
        self._met: dict[tuple[NormalizedName, str], tuple[list[Offered], Iterator[Offered]]] = {}
        self._guard = threading.Lock()
        self._chosen: dict[tuple[NormalizedName, Version], Artifact | NotKnown] = {}
        self._needs: dict[str, Needs | NotKnown] = {}
        self._identifiers: dict[NormalizedName, list[Identifier]] = {}
        self._applying: dict[tuple[str, frozenset[str]], bool] = {}
        self.problems: dict[NormalizedName, AssayError] = {}
        self.undated: dict[NormalizedName, str] = {}
        """Projects of which a file was left out because nobody says when it was uploaded, with that file."""
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
        # Who asked is moved forward, too, as in pip: else all versions of what stands between are tried in vain.
        causes |= {cause.parent.name for cause in backtrack_causes if cause.parent}
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
        urls = sorted({one.url for one in wants if one.url})

        def candidates() -> Iterator[Candidate]:
            reference = self._reference(name, urls)
            if reference is not None:
                return self._direct(identifier, reference, refused)
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
                prereleases=self._prereleases or self._choice.prereleases(name),
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

    def _reference(self, name: NormalizedName, urls: Sequence[str]) -> Requirement | None:
        """The direct reference that the project comes from: one of the file itself, of a constraint, or of a package
        that needs it."""
        if name in self._references:
            return self._references[name]
        return Requirement(name, url=urls[0], text=f"{name} @ {urls[0]}") if urls else None

    def _direct(self, identifier: Identifier, reference: Requirement, refused: set[Version]) -> Iterator[Candidate]:
        name, extras = identifier
        package = package_of(reference)
        version = parse_version(package.version) or NO_VERSION
        if version not in refused:
            artifact = direct_artifact(package, self._client)
            yield Candidate(name, version, package.version, extras, artifact, package)

    def _candidates(self, identifier: Identifier, text: str, refused: set[Version]) -> Iterator[Candidate]:
        found = self._offers(identifier, text, refused)
        if self._choice.prefer_binary:
            found = iter(sorted(found, key=lambda one: not (one.artifact and one.artifact.kind == "wheel")))
        unsound: list[Candidate] = []
        sound = False
        for candidate in found:
            if is_refused(self.needs(candidate)):
                unsound.append(candidate)
                continue
            sound = True
            yield candidate
        if not sound:
            # pip would install none of them. They stay in the graph, with a gap: a package that is left out is lost.
            yield from unsound
            if not unsound and self.tolerant and identifier[0] in self.problems and NO_VERSION not in refused:
                error = self.problems[identifier[0]]
                nothing = NotKnown(error.what, error.remedy)
                package = Package(identifier[0], "")
                yield Candidate(identifier[0], NO_VERSION, "", identifier[1], nothing, package, missing=True)

    def _offers(self, identifier: Identifier, text: str, refused: set[Version]) -> Iterator[Candidate]:
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
                yield Candidate(name, version, spelled, extras, chosen, Package(name, spelled))

    def is_satisfied_by(self, requirement: Want, candidate: Candidate) -> bool:
        if candidate.version == NO_VERSION or requirement.url:
            return True  # A reference that names no version has the one that it has.
        return _meets(requirement.specifier, candidate.text)

    def get_dependencies(self, candidate: Candidate) -> Iterable[Want]:
        """What the candidate needs on the target; with extras it needs itself without them, at the same version."""
        if candidate.extras:
            same = "" if candidate.version == NO_VERSION else f"=={candidate.version}"
            yield Want(candidate.name, same, frozenset(), f"{candidate.name}{same}")
        needs = self.needs(candidate)
        if isinstance(needs, NotKnown):
            return
        wants = tuple(self._wants(needs, candidate))
        self.foresee(wants)
        yield from wants

    def needs(self, candidate: Candidate) -> Needs | NotKnown:
        """What the candidate needs, or why it is not known. Never raises: the resolution goes on."""
        if isinstance(candidate.artifact, NotKnown):
            # A folder of the project states its own dependencies, which are read where it lies.
            return () if candidate.package.source.kind == "path" else candidate.artifact
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
            Offered(one, lambda artifact: self._is_usable(name, artifact))
            for one in page.releases
            if parse_version(one.version) is not None
        ]
        return self._versions[name]

    def _is_usable(self, name: NormalizedName, artifact: Artifact) -> bool:
        if not self._choice.allows(name, artifact):
            return False
        if not allows_python(artifact.requires_python, self._target):
            return False
        if not self._exclude_newer:
            return True
        answer = existed(artifact, self._exclude_newer)
        if answer is None and artifact.kind != "other":
            self.undated.setdefault(name, artifact.filename)
        return answer is True

    def _wants(self, needs: Needs, candidate: Candidate) -> Iterator[Want]:
        """The requirements that apply on the target for the candidate's extras."""
        by = f"{candidate.name}=={candidate.version}"
        for need in needs:
            if not self._applies(need.marker, candidate.extras):
                continue
            if candidate.extras and need.marker and "extra" not in need.marker:
                continue  # The candidate without extras, which this one needs, brings it.
            yield Want(need.name, need.specifier, frozenset(need.extras), need.text, by, url=need.url)

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
