"""What the index says of each package of the graph: its page, its files, and the one that pip would install."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import unquote

import msgspec

from scanner.index.client import IndexClient
from scanner.index.fetching import OFFLINE, gather
from scanner.model.artifact import Artifact
from scanner.model.environment import TargetEnvironment
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile
from scanner.model.package import Package
from scanner.model.progress import Advance
from scanner.model.release import CoreMetadata, ProjectPage, Release
from scanner.model.requirement import Hash
from scanner.model.urls import NO_ORIGIN, origin, split_url
from scanner.model.versions import pin_allows
from scanner.resolver.select import choose

TRUSTED_ORIGINS = frozenset({("https", "files.pythonhosted.org", 443)})
UNREAD = NotKnown("its metadata was not read")


class Allowed(msgspec.Struct, frozen=True):
    """What the locks allow for one package: digests and file names, from every file that fixes it.

    ``is_bare`` says that one of those files states no digest: whoever installs from that file takes any.
    """

    digests: frozenset[Hash]
    names: frozenset[str]
    is_bare: bool = False


def allowed_by_locks(files: Iterable[DependencyFile]) -> dict[tuple[str, str], Allowed]:
    """(name, version) → what the dependency files allow for it."""
    digests: dict[tuple[str, str], set[Hash]] = {}
    names: dict[tuple[str, str], set[str]] = {}
    bare: set[tuple[str, str]] = set()
    for file in files:
        for locked in file.locked:
            key = (locked.package.name, locked.package.version)
            digests.setdefault(key, set()).update(locked.hashes)
            if not locked.hashes and not any(one.hashes for one in locked.artifacts):
                bare.add(key)
            for artifact in locked.artifacts:
                digests[key].update(artifact.hashes)
                names.setdefault(key, set()).add(artifact.filename)
        for group in file.groups:
            for requirement in group.requirements:
                version = requirement.specifier.lstrip("=").strip()
                digests.setdefault((requirement.name, version), set()).update(requirement.hashes)
                if not requirement.hashes:
                    bare.add((requirement.name, version))
    return {
        key: Allowed(frozenset(found), frozenset(names.get(key, ())), key in bare) for key, found in digests.items()
    }


def find_releases(
    packages: Iterable[Package],
    client: IndexClient | None,
    target: TargetEnvironment,
    allowed: Mapping[tuple[str, str], Allowed],
    progress: Advance,
    refused: Mapping[Package, frozenset[str]] | None = None,
) -> dict[Package, Release]:
    """One release for each package, whatever could be learned. Without a client everything is not known.

    ``refused`` are kinds of file that options of the project rule out (``--no-binary``).
    """
    wanted = sorted(packages)
    if client is None:
        return {one: Release(one, OFFLINE, OFFLINE, direct_artifact(one, None), UNREAD) for one in wanted}
    names = sorted({one.name for one in wanted if one.source.kind == "index"})
    pages = gather(names, client.project, progress)
    kinds = refused or {}
    limits = Limits(allowed)
    return {
        one: _release(one, pages.get(one.name), client, target, limits, kinds.get(one, frozenset())) for one in wanted
    }


def _release(
    package: Package,
    page: ProjectPage | NotKnown | None,
    client: IndexClient,
    target: TargetEnvironment,
    limits: Limits,
    refused: frozenset[str],
) -> Release:
    if package.source.kind != "index" or page is None:
        none = NotKnown(f"it does not come from an index but from a {package.source.kind} reference")
        return Release(package, none, none, direct_artifact(package, client), UNREAD)
    if isinstance(page, NotKnown):
        return Release(package, page, page, page, page)
    if package.source.url and not _is_configured(package.source.url, client):
        note = NotKnown(
            f"the lock takes it from {package.source.url}, an index that only the audited project names",
            "If you trust that index, configure it (PIP_EXTRA_INDEX_URL) and run again.",
        )
        return Release(package, page, note, note, UNREAD)
    published = page.of_version(package.version)
    permitted = limits.permitted(package, published)
    of_kind = tuple(one for one in permitted if one.kind not in refused)
    if permitted and not of_kind:
        kinds = ", ".join(sorted(refused))
        note = NotKnown(f"an option of the project rules out the kind of every file of it ({kinds})", "See the option.")
        return Release(package, page, published, note, UNREAD)
    return Release(package, page, published, choose(of_kind, target), UNREAD)


class Limits:
    """What the locks allow, by project: a graph of thousands of packages asks for each of them."""

    def __init__(self, allowed: Mapping[tuple[str, str], Allowed]) -> None:
        self._by_name: dict[str, list[tuple[str, Allowed]]] = {}
        for (name, version), one in allowed.items():
            self._by_name.setdefault(name, []).append((version, one))

    def permitted(self, package: Package, published: tuple[Artifact, ...]) -> tuple[Artifact, ...]:
        """The published files that the locks allow. Where lock and index agree on none, all: the check ``pins`` says
        so."""
        pins = [one for version, one in self._by_name.get(package.name, ()) if pin_allows(version, package.version)]
        digests = frozenset().union(*(one.digests for one in pins))
        names = frozenset().union(*(one.names for one in pins))
        if not (digests or names):
            return published
        found = tuple(one for one in published if set(one.hashes) & digests or one.filename in names)
        return found or published


def _is_configured(url: str, client: IndexClient) -> bool:
    return url.rstrip("/") in {one.rstrip("/") for one in client.config.shown}


def direct_artifact(package: Package, client: IndexClient | None) -> Artifact | NotKnown:
    """The file of a direct reference, where its host is one that the auditor's configuration already trusts."""
    source = package.source
    if source.kind == "index":
        return OFFLINE
    if source.kind == "vcs":
        remedy = "Check the repository out and audit it on its own."
        return NotKnown("it comes from version control; no repository is cloned", remedy)
    if source.kind == "path":
        return NotKnown("it is a folder or file of the project; the project's own tree is analysed instead")
    host = split_url(source.url).hostname or ""
    # Scheme, host and port: another port of a trusted host is another server, and would be handed the credentials.
    trusted = TRUSTED_ORIGINS | {origin(one) for one in (client.config.urls if client else ())}
    if source.kind != "url" or origin(source.url) not in trusted - {NO_ORIGIN}:
        remedy = "Download it in a safe place and pass the file to `assay scan`."
        return NotKnown(f"only the audited project names the server {host or source.url}; it is not contacted", remedy)
    return Artifact(unquote(split_url(source.url).path.rpartition("/")[2]), source.url, direct=True)


def read_metadata(
    releases: Mapping[Package, Release], client: IndexClient, progress: Advance
) -> dict[Package, Release]:
    """The releases with their metadata, read from the local store once the artifacts have been fetched."""
    chosen = {one: found.chosen for one, found in releases.items() if not isinstance(found.chosen, NotKnown)}
    read = gather(chosen, lambda package: client.metadata(_artifact(chosen[package])), progress)
    done: dict[Package, Release] = {}
    for package, release in releases.items():
        value = read.get(package)
        metadata: CoreMetadata | NotKnown = UNREAD
        if value is not None:
            metadata = value
        elif isinstance(release.chosen, NotKnown):
            metadata = release.chosen
        done[package] = msgspec.structs.replace(release, metadata=metadata)
    return done


def _artifact(value: Artifact | NotKnown) -> Artifact:
    assert isinstance(value, Artifact)
    return value
