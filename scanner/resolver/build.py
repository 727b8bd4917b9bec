"""One graph for a whole project: from lock edges where locks have them, from metadata and resolution where not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

import msgspec
from packaging.utils import NormalizedName, canonicalize_name

from scanner.index.client import IndexClient
from scanner.index.fetching import OFFLINE, gather
from scanner.index.needs import REFUSED
from scanner.inputs.projects import manifests_of_locks, unlocked
from scanner.model.artifact import Artifact
from scanner.model.coverage import DECLARED, OTHER_TARGETS, Coverage
from scanner.model.environment import TargetEnvironment
from scanner.model.faults import attempt
from scanner.model.graph import DependencyGraph, Edge, GraphBuilder, Node, Root
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile, Gap, RequirementGroup
from scanner.model.package import Package
from scanner.model.progress import Advance
from scanner.model.release import CoreMetadata, Release
from scanner.model.requirement import Requirement
from scanner.resolver.asked import Kind, unknown
from scanner.resolver.choice import Choice, choice_of, refusals
from scanner.resolver.configured import other_sources
from scanner.resolver.cutoff import later_files
from scanner.resolver.flat import FlatPin, add_pins, is_fixed, package_of, pins_for_target
from scanner.resolver.locks import CHECK, LockGraph
from scanner.resolver.markers import applies, possible
from scanner.resolver.pinned import UNSAFE, LeftOut, is_closed, left_out, with_local
from scanner.resolver.prefetch import Prefetch
from scanner.resolver.provider import NO_CHOICE, Candidate, Identifier, Provider, Want
from scanner.resolver.releases import allowed_by_locks, find_releases
from scanner.resolver.solve import LEAST_OF_DECLARED, ROUNDS_OF_DECLARED, Rounds, solve

OWN_TOOLS = ("build",)


class ResolveOptions(msgspec.Struct, frozen=True):
    """``extras`` and ``groups`` are those that the user asked for; locks always show all of theirs.

    With ``declared`` so do manifests: what was not asked for is resolved as well, each extra and group as a root of its
    own. ``exclude_newer`` is an instant (:func:`scanner.resolver.cutoff.cutoff`): files uploaded at it or later do not
    exist for the resolution.
    """

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    exclude_newer: str = ""
    prereleases: bool = False
    constraints: tuple[Requirement, ...] = ()
    declared: bool = False


class Resolution(msgspec.Struct, frozen=True):
    """The graph, what the index says of each of its packages, and what could not be resolved and why."""

    graph: DependencyGraph
    releases: dict[Package, Release]
    coverage: tuple[Coverage, ...]


class _Build:
    """What has been put together so far."""

    def __init__(
        self,
        files: Sequence[DependencyFile],
        client: IndexClient | None,
        target: TargetEnvironment,
        options: ResolveOptions,
    ) -> None:
        self.files = files
        self.client = client
        self.target = target
        self.options = options
        self.builder = GraphBuilder()
        self.coverage: list[Coverage] = []
        self.optional: set[Root] = set()
        self.allowed = allowed_by_locks(files)
        self.rounds = Rounds()
        self.declared_rounds = Rounds(ROUNDS_OF_DECLARED, LEAST_OF_DECLARED)


def build_graph(
    files: Sequence[DependencyFile],
    client: IndexClient | None,
    target: TargetEnvironment,
    options: ResolveOptions,
    progress: Advance,
    *,
    gaps: Sequence[Gap] = (),
) -> Resolution:
    """The graph of all files. Never raises for what one package or file does not tell: that is coverage.

    ``gaps`` are those of the discovery itself: parts of the tree that were not looked at.
    """
    build = _Build(files, client, target, options)
    for gap in (*gaps, *(one for file in files for one in file.gaps)):
        build.coverage.append(Coverage("inputs", str(gap.location), "not-checked", gap.reason, gap.remedy))
    names: tuple[tuple[Kind, tuple[str, ...]], ...] = (("extra", options.extras), ("group", options.groups))
    for kind, asked in names:
        for name in unknown(files, kind, asked):
            reason = f"no file states the {kind} {name[:80]}: what it would bring is not known"
            build.coverage.append(Coverage(CHECK, f"--{kind} {name[:80]}", "not-checked", reason, "Check its name."))
    covered = manifests_of_locks(files)
    for file in files:
        if file.is_lock:
            manifest = next(iter(covered.get(file.path, ())), None)
            build.coverage.extend(_survived(file, partial(_add_lock, build, file, manifest)))
    by_path = {one.path: one for one in files}
    locks: dict[str, list[DependencyFile]] = {}
    for path, manifests in covered.items():
        for manifest in manifests:
            locks.setdefault(manifest.path, []).append(by_path[path])
    for file in files:
        if not file.is_lock and file.path not in locks:
            build.coverage.extend(_survived(file, partial(_add_requirements, build, file, progress)))
        elif file.path in locks:
            build.coverage.extend(_survived(file, partial(_add_unlocked, build, file, locks[file.path])))
    graph = build.builder.build()
    ruled_out = refusals(files, graph)
    releases = find_releases(graph.packages, client, target, build.allowed, progress, ruled_out.kinds)
    for package in sorted(ruled_out.divided):
        reason = (
            "two files of the project install other files of it (--no-binary, --only-binary): one of them is judged"
        )
        build.coverage.append(Coverage(CHECK, str(package), "not-checked", reason, "Give both files the same options."))
    if client is not None and graph.packages:
        build.coverage.extend(other_sources(client.config, releases, build.allowed, CHECK))
    if options.exclude_newer:
        build.coverage.extend(later_files(releases, options.exclude_newer, CHECK))
    refused = {one.subject for one in build.coverage if one.check == DECLARED}
    for root in sorted(build.optional):
        if str(root) not in refused:
            reason = f"the {root.kind} {root.group} was not asked for: it is audited because the project states it"
            build.coverage.append(Coverage(DECLARED, str(root), "checked", reason))
    told = {one.subject for one in build.coverage if one.check == CHECK}
    for package in graph.packages:
        if str(package) not in told:
            build.coverage.append(_package_coverage(package, releases[package]))
    return Resolution(graph, releases, tuple(sorted(set(build.coverage))))


def _add_lock(build: _Build, file: DependencyFile, manifest: DependencyFile | None) -> tuple[Coverage, ...]:
    return tuple(LockGraph(file, build.target, build.builder).add(manifest))


def _survived(file: DependencyFile, job: Callable[[], Iterable[Coverage] | None]) -> Iterable[Coverage]:
    """What the job says; a fault at one file is that file's gap, and the graph goes on with the next."""
    said = attempt(job)
    if isinstance(said, NotKnown):
        return (
            Coverage(CHECK, file.path, "not-checked", f"its part of the graph is lost: {said.reason}", said.remedy),
        )
    return said or ()


def _package_coverage(package: Package, release: Release) -> Coverage:
    """Whether the index knows the package that the graph holds."""
    if package.source.kind != "index":
        return Coverage(CHECK, str(package), "checked", f"a {package.source.kind} reference, as the project states it")
    if isinstance(release.artifacts, NotKnown):
        reason = f"the index could not tell about it: {release.artifacts.reason}"
        return Coverage(CHECK, str(package), "not-checked", reason, release.artifacts.remedy)
    if not release.artifacts:
        remedy = "Ask the vendor where this version comes from: a release that was removed may have been malicious."
        return Coverage(CHECK, str(package), "not-checked", "the index lists no file of this version", remedy)
    others = len(release.artifacts) - 1
    if others and isinstance(release.chosen, Artifact):
        reason = (
            f"{release.chosen.filename} is what pip installs on the target; the release has {others} other file"
            + "s" * (others > 1)
        )
        return Coverage(CHECK, str(package), "checked", reason)
    return Coverage(CHECK, str(package), "checked")


def _add_requirements(build: _Build, file: DependencyFile, progress: Advance) -> None:
    """A file of requirements: pins give their own edges, anything else is resolved."""
    label = file.project or file.path
    choice = choice_of(file.options)
    constraints = [one for group in file.groups if group.kind == "constraint" for one in group.requirements]
    for group in file.groups:
        if group.kind == "constraint" or not group.requirements:
            continue
        root = Root(label, file.path, group.kind, group.name)
        if not _selected(group, build.options):
            if not build.options.declared:
                reason = f"the {group.kind} {group.name} was not asked for and is not part of a plain installation"
                remedy = f"Add --{group.kind} {group.name} to include it." if group.kind != "command" else ""
                build.coverage.append(Coverage(CHECK, str(root), "not-applicable", reason, remedy))
                continue
            build.optional.add(root)
        only = msgspec.structs.replace(file, groups=(group,))
        if all(is_fixed(one) for one in group.requirements):
            pins, left_out = pins_for_target(only, build.target)
            build.coverage.extend(left_out)
            _add_pinned(build, root, pins, file, constraints, progress)
        else:
            # An extra is installed with the plain dependencies: these limit its versions too.
            plain = [one for each in file.groups if each.kind == "dependencies" for one in each.requirements]
            _resolve(build, root, group.requirements, [*constraints, *(plain if group.kind == "extra" else ())], choice)


def _add_pinned(
    build: _Build,
    root: Root,
    pins: Sequence[FlatPin],
    file: DependencyFile,
    constraints: Sequence[Requirement],
    progress: Advance,
) -> None:
    """Pins, and what they need and leave out where the file is not closed by hashes."""
    if build.client is not None:
        pins = with_local(pins, build.client)
    known = _metadata_of([pin.package for pin in pins], build, progress)
    add_pins(root, list(pins), known, build.target, build.builder)
    if build.client is None:
        return
    missing, gaps = left_out(pins, known, build.target)
    closed = is_closed([pin.requirement for pin in pins], file.options)
    build.coverage.extend(one for one in gaps if not closed or REFUSED in one.remedy)
    if closed:
        build.coverage.extend(_refused(missing, file, build.files))
    if not missing or closed:
        return
    fixed = {pin.package.name: pin.package for pin in pins}
    limits = [one for one in constraints if one.name not in fixed]
    limits += [Requirement(pin.package.name, f"=={pin.package.version}") for pin in pins if not pin.requirement.url]
    limits += [pin.requirement for pin in pins if pin.requirement.url]
    asked = [
        (
            one.parent,
            Want(
                one.need.name,
                one.need.specifier,
                frozenset(one.need.extras),
                one.need.text,
                str(one.parent),
                url=one.need.url,
            ),
        )
        for one in missing
    ]
    _resolve_wants(build, root, asked, limits, choice_of(file.options), fixed)


def _refused(missing: Iterable[LeftOut], file: DependencyFile, files: Sequence[DependencyFile]) -> Iterator[Coverage]:
    """A gap for each package that needs what a closed file leaves out, where no other file of the project states it.

    pip installs nothing of such a file (``--require-hashes``); uv installs what is left out.
    """
    # A constraint installs nothing.
    groups = [group for each in files for group in each.groups if group.kind != "constraint"]
    stated = {one.name for group in groups for one in group.requirements}
    stated |= {one.package.name for each in files for one in each.locked}
    for one in missing:
        if one.need.name not in stated and one.need.name not in UNSAFE:
            reason = f"it needs {one.need.text}, which {file.path} leaves out: pip refuses the file, uv takes any"
            remedy = "Compile the file anew, so that it states all that its packages need."
            yield Coverage(CHECK, str(one.parent), "not-checked", reason, remedy)


def _add_unlocked(build: _Build, file: DependencyFile, locks: Sequence[DependencyFile]) -> None:
    """What a manifest asks for and its locks do not hold: it is installed all the same, by another tool.

    That is what a build installs (PEP 518), environments of hatch and the like, and a lock that is stale or edited.
    """
    for group in file.groups:
        if group.kind == "constraint":
            continue
        wanted = group.requirements if group.kind in OWN_TOOLS else unlocked(file, group, locks)
        if not wanted:
            continue
        root = Root(file.project or file.path, file.path, group.kind, "" if group.kind in OWN_TOOLS else group.name)
        if not _selected(group, build.options):
            if not build.options.declared:
                continue
            build.optional.add(root)
        _resolve(build, root, wanted, [])


def _selected(group: RequirementGroup, options: ResolveOptions) -> bool:
    if group.kind == "extra":
        return canonicalize_name(group.name) in {canonicalize_name(one) for one in options.extras}
    if group.kind == "command":
        return False
    if group.kind == "group":
        return canonicalize_name(group.name) in {canonicalize_name(one) for one in options.groups}
    return True


def _metadata_of(
    packages: Iterable[Package], build: _Build, progress: Advance
) -> Mapping[Package, CoreMetadata | NotKnown]:
    """Metadata of pinned packages, for their edges."""
    client = build.client
    if client is None:
        return {}
    silent: Advance = lambda done, total: None  # noqa: E731 (the stage's bar counts metadata, not pages)
    releases = find_releases(set(packages), client, build.target, build.allowed, silent)
    chosen = {one: found.chosen for one, found in releases.items() if isinstance(found.chosen, Artifact)}

    def read(package: Package) -> CoreMetadata | NotKnown:
        artifact = chosen[package]
        return client.metadata(artifact) if isinstance(artifact, Artifact) else artifact

    return gather(chosen, read, progress)


def _resolve(
    build: _Build,
    root: Root,
    requirements: Sequence[Requirement],
    constraints: Sequence[Requirement],
    choice: Choice = NO_CHOICE,
) -> None:
    """Resolve what is not fixed, with resolvelib, and add the outcome below the root."""
    build.builder.add(root)
    wanted = [one for one in requirements if applies(one.marker, build.target)]
    for one in requirements:
        if not possible(one.marker, build.target):
            reason = f"{one.location} installs it only where {one.marker}"
            build.coverage.append(Coverage(CHECK, one.name, "not-applicable", reason, OTHER_TARGETS))
    if build.client is None:
        _without_index(build, root, wanted)
        return
    asked: list[tuple[Node, Want]] = [
        (
            root,
            Want(
                one.name,
                one.specifier,
                frozenset(canonicalize_name(extra) for extra in one.extras),
                one.text,
                str(root),
                one.location,
                one.url,
            ),
        )
        for one in wanted
    ]
    references = {one.name: one for one in wanted if one.url}
    _resolve_wants(build, root, asked, constraints, choice, {}, references)


def _resolve_wants(
    build: _Build,
    root: Root,
    asked: Sequence[tuple[Node, Want]],
    constraints: Sequence[Requirement],
    choice: Choice,
    fixed: Mapping[NormalizedName, Package],
    references: Mapping[NormalizedName, Requirement] | None = None,
) -> None:
    """Resolve what each node wants and add the outcome. ``fixed`` are packages that the graph has already."""
    if build.client is None:
        return
    limits: dict[NormalizedName, str] = {}
    stated = dict(references or {})
    for limit in (*constraints, *build.options.constraints):
        if not applies(limit.marker, build.target):
            continue
        if limit.url:
            # Whoever asks for the project gets that file; who asks for none of it gets nothing.
            stated.setdefault(limit.name, limit)
        elif limit.specifier:
            limits[limit.name] = ",".join(filter(None, (limits.get(limit.name), limit.specifier)))
    provider = Provider(
        build.client,
        build.target,
        limits,
        build.options.exclude_newer,
        prereleases=build.options.prereleases,
        choice=choice,
        references=stated,
    )
    with Prefetch(provider, build.client, build.client.config.connections) as ahead:
        ahead.expect(one for _, one in asked if not one.url)
        rounds = build.declared_rounds if root in build.optional else build.rounds
        solution = solve([one for _, one in asked], provider, rounds)
    for gap in solution.gaps:
        # What pip would refuse, and was only declared, cannot reach the target. Anything else might be installed.
        check = DECLARED if gap.by_pip and root in build.optional else CHECK
        build.coverage.append(Coverage(check, str(root), "not-checked", gap.reason, gap.remedy))
    for name, filename in sorted(provider.undated.items()):
        before = build.options.exclude_newer
        reason = f"the index does not say when {filename[:200]} was uploaded: it may have existed before {before}"
        remedy = "Ask an index that states upload times, or leave out --exclude-newer."
        build.coverage.append(Coverage(CHECK, f"files of {name}", "not-checked", reason, remedy))
    if solution.mapping is not None:
        kept = [(parent, want) for parent, want in asked if want in solution.possible]
        _add_result(build, root, kept, solution.mapping, provider, fixed)


def _without_index(build: _Build, root: Root, wanted: Iterable[Requirement]) -> None:
    """Offline, only what is fixed is known; the rest is said."""
    for requirement in wanted:
        if is_fixed(requirement):
            edge = Edge(requirement.text, requirement.marker, location=requirement.location)
            build.builder.connect(root, package_of(requirement), edge, root)
            continue
        reason = f"{requirement.text} ({requirement.location}) is not pinned: {OFFLINE.reason}"
        build.coverage.append(Coverage(CHECK, str(root), "not-checked", reason, OFFLINE.remedy))


def _add_result(
    build: _Build,
    root: Root,
    asked: Sequence[tuple[Node, Want]],
    mapping: Mapping[Identifier, Candidate],
    provider: Provider,
    fixed: Mapping[NormalizedName, Package],
) -> None:
    def node(candidate: Candidate) -> Package:
        return fixed.get(candidate.name, candidate.package)

    for parent, want in asked:
        edge = Edge(want.text, location=want.location)
        build.builder.connect(parent, node(mapping[want.identifier]), edge, root)
    unknown: set[NormalizedName] = set()
    for candidate in mapping.values():
        if candidate.missing or candidate.name in fixed:
            continue
        needs = provider.needs(candidate)
        if isinstance(needs, NotKnown):
            if candidate.name not in unknown:
                unknown.add(candidate.name)
                reason = f"its dependencies are not known: {needs.reason}"
                build.coverage.append(Coverage(CHECK, str(candidate.package), "not-checked", reason, needs.remedy))
            continue
        for want in provider.get_dependencies(candidate):
            chosen = mapping.get(want.identifier)
            if chosen is None or node(chosen) == candidate.package:
                continue
            if chosen.missing:
                reason = (
                    f"{want.text} (needed by {candidate.package}) could not be resolved: {_problem(want, provider)}"
                )
                build.coverage.append(Coverage(CHECK, str(root), "not-checked", reason, _remedy(want, provider)))
                continue
            text, _, marker = want.text.partition(";")
            build.builder.connect(candidate.package, node(chosen), Edge(" ".join(text.split()), marker.strip()), root)


def _problem(want: Want, provider: Provider) -> str:
    problem = provider.problems.get(want.name)
    return problem.what if problem is not None else "no index has it"


def _remedy(want: Want, provider: Provider) -> str:
    problem = provider.problems.get(want.name)
    return (problem.remedy if problem is not None else "") or "Configure the index that has it (PIP_EXTRA_INDEX_URL)."
