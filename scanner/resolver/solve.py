"""One resolution with resolvelib, within bounds: what fits together, or why nothing does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import resolvelib

from scanner.resolver.provider import Candidate, Identifier, Provider, Want

MAX_ROUNDS = 20_000
ROUNDS_OF_ALL = 60_000
LEAST_ROUNDS = 500
"""Of backtracking: for one file, for all of a project, and what is left for each where the others took it all."""
ROUNDS_OF_DECLARED = 1_000
LEAST_OF_DECLARED = 200
"""The same for the extras and groups that nobody asked for: there may be dozens, and most hold all the others."""
FIRST_ROUNDS = 300
"""After so many, it is asked whether what the file itself states contradicts itself."""
MAX_LOOKED_AT = 200
"""Versions of one project that are looked at for that."""


class Unmet(msgspec.Struct, frozen=True):
    """Why something cannot be resolved. ``by_pip``: pip would refuse to install it, for every source answered."""

    reason: str
    remedy: str
    by_pip: bool


class Solution(msgspec.Struct, frozen=True):
    """``mapping`` is ``None`` where nothing fits; ``gaps`` also tell of single requirements that
    no version meets, which are not among the ``possible`` ones."""

    mapping: Mapping[Identifier, Candidate] | None
    possible: list[Want]
    gaps: tuple[Unmet, ...]


class Rounds(resolvelib.BaseReporter[Want, Candidate, Identifier]):
    """How many rounds are left for the resolutions of a project, and how many each has where none are."""

    def __init__(self, left: int | None = None, least: int | None = None) -> None:
        self.left = ROUNDS_OF_ALL if left is None else left
        self.least = LEAST_ROUNDS if least is None else least

    def starting_round(self, index: int) -> None:
        self.left -= 1


def solve(asked: Sequence[Want], provider: Provider, rounds: Rounds) -> Solution:
    """What pip would install for the requirements that can be met at all."""
    missing = [one for one in asked if not _has_match(one, (), provider)]
    gaps = [Unmet(_why_none(one, provider), "See its line.", one.name not in provider.problems) for one in missing]
    possible = [one for one in asked if one not in missing]
    most = min(MAX_ROUNDS, max(rounds.least, rounds.left))
    bound = min(FIRST_ROUNDS, most)
    while True:
        resolver: resolvelib.Resolver[Want, Candidate, Identifier] = resolvelib.Resolver(provider, rounds)
        try:
            return Solution(resolver.resolve(possible, max_rounds=bound).mapping, possible, tuple(gaps))
        except resolvelib.ResolutionImpossible as error:
            if provider.problems and not provider.tolerant:
                # pip would stop here. What is missing is said by name, and costs the others nothing.
                provider.tolerant = True
                continue
            gaps.append(Unmet(explain(error), "Relax one of them.", not provider.problems))
        except resolvelib.ResolutionTooDeep:
            said = contradiction(possible, provider)
            if not said and bound < most:
                bound = most
                continue
            if said:
                gaps.append(Unmet(said, "Relax one of them.", not provider.problems))
            else:
                reason = f"no solution was found within {most} rounds"
                gaps.append(Unmet(reason, "Commit a lock file.", by_pip=False))
        return Solution(None, possible, tuple(gaps))


def contradiction(asked: Sequence[Want], provider: Provider) -> str:
    """Why one of the requirements can never be met beside the others, whatever they bring: each of its versions needs
    something that they exclude. Empty where that is not so, or not known."""
    for want in asked:
        parts: set[str] = set()
        for number, candidate in enumerate(_matches(want, asked, provider)):
            need = _excluded(candidate, asked, provider)
            if need is None or number == MAX_LOOKED_AT:
                break
            parts.add(f"{candidate.name}=={candidate.text} requires {need.text}")
            parts.update(_stated(one) for one in asked if one.name == need.name)
        else:
            if parts:
                return _contradict(parts)
    return ""


def _excluded(candidate: Candidate, asked: Sequence[Want], provider: Provider) -> Want | None:
    """The first of the candidate's needs that has a version, and none that what is asked for allows."""
    names = {one.name for one in asked}
    for need in provider.get_dependencies(candidate):
        if need.name in names and not _has_match(need, asked, provider) and _has_match(need, (), provider):
            return need
    return None


def _matches(want: Want, beside: Sequence[Want], provider: Provider) -> Iterator[Candidate]:
    """Candidates for what the want names that all the others allow, too."""
    wants: dict[Identifier, list[Want]] = {want.identifier: [want]}
    for one in beside:
        wants.setdefault(one.identifier, []).append(one)
    return provider.find_matches(want.identifier, {key: iter(found) for key, found in wants.items()}, {})()


def _has_match(want: Want, beside: Sequence[Want], provider: Provider) -> bool:
    return any(True for _ in _matches(want, beside, provider))


def _why_none(want: Want, provider: Provider) -> str:
    problem = provider.problems.get(want.name)
    if problem is not None:
        return f"{want.text} ({want.location}) could not be resolved: {problem.what}"
    return f"{want.text} ({want.location}) is met by no version that the target can install"


def explain(error: resolvelib.ResolutionImpossible[Want, Candidate]) -> str:
    """Who requires what, in the user's words."""
    return _contradict(
        {
            f"{cause.parent.name}=={cause.parent.text} requires {cause.requirement.text}"
            if cause.parent
            else _stated(cause.requirement)
            for cause in error.causes
        }
    )


def _stated(want: Want) -> str:
    return f"{want.by} ({want.location}) requires {want.text}"


def _contradict(parts: Iterable[str]) -> str:
    return "these requirements contradict each other: " + "; ".join(sorted(parts)[:8])
