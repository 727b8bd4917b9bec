"""What one dependency file says, whatever its format: requirements by group, locked packages, index options."""

from __future__ import annotations

from typing import Literal

import msgspec

from scanner.model.artifact import Artifact
from scanner.model.known import NotKnown
from scanner.model.location import Location
from scanner.model.names import NormalizedName
from scanner.model.package import Package, Source
from scanner.model.requirement import Hash, IndexOption, Requirement


class LockedDependency(msgspec.Struct, frozen=True):
    """An edge of a lock: to a name, and where the lock forks to one version (empty: whichever the lock holds).

    ``marker`` is PEP 508 text; in a uv lock with conflicting extras it also has the names of
    :mod:`scanner.inputs.uv_conflicts`.
    """

    name: NormalizedName
    version: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    source_url: str = ""
    extra: str = ""
    """The extra of the *depending* package that brings this edge; empty for its plain dependencies."""
    group: str = ""
    """The dependency group of the depending project that brings this edge (PEP 735); empty for none."""
    specifier: str = ""
    source: Source | None = None
    """Where the lock holds one version from several sources: the one that this edge means."""


class LockedPackage(msgspec.Struct, frozen=True):
    """One package of a lock, with the edges, files and hashes that the lock itself states.

    ``dependencies`` is ``NotKnown`` for formats that lock a flat list. ``artifacts`` are the files that the lock names
    (``url`` empty where it names only file and hash); ``hashes`` those that it gives without a file name.
    ``is_project`` marks the project's own entries (uv ``virtual``, ``editable``, workspace members).
    """

    package: Package
    location: Location
    dependencies: tuple[LockedDependency, ...] | NotKnown
    artifacts: tuple[Artifact, ...] = ()
    hashes: tuple[Hash, ...] = ()
    marker: str = ""
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    is_project: bool = False


class RequirementGroup(msgspec.Struct, frozen=True):
    """Requirements that are installed together. ``kind`` and ``name`` say which: ``("dependencies", "")``,
    ``("extra", "gpu")``, ``("group", "dev")`` (PEP 735), ``("build", "")`` (PEP 518), ``("constraint", "")``.

    Of commands outside manifests, ``("undeclared", "Makefile")`` holds all that is pinned, and ``("command",
    "Makefile:3")`` what one command installs that pins not all of it: what a resolver would choose on the day."""

    kind: Literal["dependencies", "extra", "group", "build", "constraint", "undeclared", "command"]
    name: str
    requirements: tuple[Requirement, ...]


class Gap(msgspec.Struct, frozen=True):
    """Something in a dependency file that could not be read or is deliberately not followed, said so."""

    location: Location
    reason: str
    remedy: str = ""


class InstallCommand(msgspec.Struct, frozen=True):
    """A command outside any manifest that brings code onto the machine, as it stands in a script or a recipe.

    ``kind``: ``install`` (``pip install X`` and its kin), ``remote-script`` (what a download hands to an interpreter,
    as in ``curl … | sh``), ``clone-install`` (a repository is cloned and then installed). ``requirements`` are the
    packages that it names (none for ``remote-script``), ``url`` the script or repository without credentials,
    ``text`` the command as written, without credentials. ``pinned``: a full commit, or exact versions throughout.
    """

    kind: Literal["install", "remote-script", "clone-install"]
    location: Location
    text: str
    requirements: tuple[Requirement, ...] = ()
    url: str = ""
    pinned: bool = False


class NamedFile(msgspec.Struct, frozen=True):
    """A file that another hands to an installer as one of requirements, as it is written there: ``-r {toxinidir}/x``
    is ``x``. It is relative to the folder of the file that names it, or to the root."""

    location: Location
    path: str


class DependencyFile(msgspec.Struct, frozen=True):
    """One dependency file, read. ``kind`` is the format (``requirements.txt``, ``uv.lock`` …), ``sha256`` its digest.

    ``project`` and ``version`` name the project it belongs to where the file says so. ``includes`` are the other files
    it pulled in (``-r``, ``-c``), relative to the audited root: they are part of this file and not roots of their own.
    """

    path: str
    kind: str
    sha256: str
    project: str = ""
    version: str | NotKnown = NotKnown("the file does not name a version")
    requires_python: str = ""
    groups: tuple[RequirementGroup, ...] = ()
    locked: tuple[LockedPackage, ...] = ()
    options: tuple[IndexOption, ...] = ()
    includes: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    commands: tuple[InstallCommand, ...] = ()
    """Every installing command of a file that is no manifest; its pinned requirements are also in the groups."""
    names: tuple[NamedFile, ...] = ()
    """Files of requirements that it names, and that are dependency files of their own."""

    @property
    def is_lock(self) -> bool:
        """True when the file fixes versions: it holds locked packages, not only requirements."""
        return bool(self.locked)


class SeenFile(msgspec.Struct, frozen=True):
    """A file that states dependencies and was not read (or is another ecosystem's): listed, with the reason.

    ``inventory`` holds what it names, as ``name==version``, sorted and capped; ``packages`` the count of all.
    """

    path: str
    kind: str
    reason: str
    packages: int | NotKnown = NotKnown("not counted")
    inventory: tuple[str, ...] = ()
