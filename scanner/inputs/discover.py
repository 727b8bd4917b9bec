"""Find every dependency file of a project, read those whose format is known, and list the others as seen."""

from __future__ import annotations

import importlib
import posixpath
import re
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from scanner.model.errors import InputError
from scanner.model.faults import because_of
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, Gap, SeenFile

if TYPE_CHECKING:
    from scanner.inputs.undeclared import Place
    from scanner.inputs.walk import Walk

MAX_DEPENDENCY_FILES = 2000
MAX_STATED = 150_000
"""Requirements and locked packages of all dependency files that are read in one audit."""
_NOT_STATED = "it lies in version control's folder, or in one that git ignores, and no file of the project names it"
Read = Callable[[Path, str], DependencyFile]


class Format(msgspec.Struct, frozen=True):
    """A format that is read: how its files are named, and the module below ``scanner.inputs`` that reads them.

    ``kind`` is also the plainest of the names that ``pattern`` matches. A reader is imported when its first file is
    met: most projects have two of the formats.
    """

    kind: str
    pattern: str
    module: str
    function: str = "read"

    def read(self, root: Path, relative: str) -> DependencyFile:
        """Raises :class:`InputError` for a file that cannot be read."""
        reader: Read = getattr(importlib.import_module(f"scanner.inputs.{self.module}"), self.function)
        return reader(root, relative)


FORMATS: tuple[Format, ...] = (
    Format("uv.lock", r"uv\.lock", "uv_lock"),
    Format("poetry.lock", r"poetry\.lock", "poetry_lock"),
    Format("pdm.lock", r"pdm\.lock", "pdm_lock"),
    Format("pylock.toml", r"pylock(\.[^.]+)?\.toml", "pylock"),
    Format("pyproject.toml", r"pyproject\.toml", "pyproject"),
    Format("uv.toml", r"uv\.toml", "uv_table"),
    Format("hatch.toml", r"hatch\.toml", "hatch"),
    Format("pixi.toml", r"pixi\.toml", "pixi"),
    Format("pixi.lock", r"pixi\.lock", "pixi_lock"),
    Format("conda-lock.yml", r"conda-lock\.ya?ml|.*\.conda-lock\.ya?ml", "conda_locks"),
    Format("Pipfile", r"Pipfile(?!\.lock$)([-_.][^/]*)?", "pipfile"),
    Format("Pipfile.lock", r"Pipfile\.lock", "pipfile", "read_lock"),
    Format("setup.cfg", r"setup\.cfg", "setup_cfg"),
    Format("setup.py", r"setup\.py", "setup_py"),
    Format("environment.yml", r"(conda[-_.])?env(ironment)?([-_.][^.]+)?\.ya?ml", "environment_yml"),
    Format(
        "requirements.txt",
        r"(?i)(.*[-_.])?(requirements|constraints)(\d[^/]*|[-_.].*)?\.(txt|in)|requirements?\.txt",
        "requirements",
    ),
)
REQUIREMENTS = FORMATS[-1]
_PLAIN_NAMES = {one.kind: one for one in FORMATS}
_SBOM = r"(?i)(.*[-_.])?(bom|sbom|cdx|spdx)([-_.].*)?\.json|.*\.(cdx|spdx)\.json"
_OTHER_SBOM = r"(?i)(.*[-_.])?(bom|sbom|cdx|spdx)([-_.].*)?\.(xml|ya?ml|rdf)|.*\.(spdx|cdx)(\.(xml|ya?ml|rdf))?"
"""Bills of materials in the forms that are not read: CycloneDX XML, SPDX as tags, YAML or RDF."""
_ANY_SBOM = rf"(?i)(.*/)?({_SBOM.removeprefix('(?i)')}|{_OTHER_SBOM.removeprefix('(?i)')})"
_SBOM_FORMAT = Format("SBOM", _SBOM, "sbom")
_FOLDER_REQUIREMENTS = r"(?i)[^/]+\.(txt|in)"
_SBOM_REASON = "a bill of materials tells of what was once built; name the file itself to audit what it lists"


class Discovery(msgspec.Struct, frozen=True):
    """``root`` is the audited folder; ``tree`` every file of the project (POSIX, relative), for the code checks.

    ``gaps`` are parts of the tree that were not looked at because a bound was reached.
    """

    root: str
    files: tuple[DependencyFile, ...]
    seen: tuple[SeenFile, ...]
    tree: tuple[str, ...]
    gaps: tuple[Gap, ...] = ()


def format_of(path: str) -> Format | None:
    """The format that reads a file, by its name; ``requirements/*.txt`` counts as requirements."""
    pure = PurePosixPath(path)
    plain = _PLAIN_NAMES.get(pure.name)
    if plain:
        return plain
    for one in FORMATS:
        if re.fullmatch(one.pattern, pure.name):
            return one
    if pure.parent.name.lower() in ("requirements", "reqs") and re.fullmatch(_FOLDER_REQUIREMENTS, pure.name):
        return REQUIREMENTS
    return None


def discover(path: Path) -> Discovery:
    """Everything that states dependencies below a folder, or one dependency file, or an installed environment.

    Raises :class:`InputError` where there is nothing to audit, and where a file that states dependencies cannot be
    read: an audit that left out a lock would speak of another project.
    """
    if not path.exists():
        raise InputError("there is no such file or folder", where=str(path), remedy="Check the path.")
    from scanner.inputs.source import counted_reads

    with counted_reads():
        return _one_file(path) if path.is_file() else _folder(path)


def _folder(path: Path) -> Discovery:
    from scanner.inputs import undeclared
    from scanner.inputs.further import further_files
    from scanner.inputs.inline import may_be_script
    from scanner.inputs.walk import Walk

    root = path.resolve()
    found = Walk(root)
    tree = tuple(found.files())
    if _is_installed(root, tree):
        return discover_environment(root)
    stating = [one for one in tree if found.states_dependencies(one)]
    readable = [(one, known) for one in stating if (known := format_of(one))]
    if len(readable) > MAX_DEPENDENCY_FILES:
        what = f"it holds {len(readable)} dependency files; at most {MAX_DEPENDENCY_FILES} are read in one audit"
        raise InputError(what, where=str(path), remedy="Audit its projects one by one.")
    files, faults = read_all(root, readable, found.is_apart)
    if faults:
        raise _joined(faults)
    installing = [(one, place) for one in stating if (place := undeclared.place_of(one))]
    installing += [(one, undeclared.SCRIPT) for one in stating if may_be_script(root, one)]
    gaps = tuple(found.gaps)
    if len(installing) > MAX_DEPENDENCY_FILES:
        first, _ = installing[MAX_DEPENDENCY_FILES]
        said = f"{len(installing):,} files may install something: none is read from here on"
        gaps += (Gap(Location(first), said, "Audit its projects one by one."),)
    read = (_commands(root, one, place) for one, place in installing[:MAX_DEPENDENCY_FILES])
    unclaimed = [
        one for one in stating if not (format_of(one) or undeclared.place_of(one) or re.fullmatch(_ANY_SBOM, one))
    ]
    files = [*files, *(one for one in read if one)]
    more = further_files(root, unclaimed, files, [one for one, _ in installing])
    gaps += more.gaps
    files = _combined([*files, *more.files])
    seen = _seen(root, tree, found)
    if not files:
        listed = ", ".join(sorted({one.path for one in seen})[:5])
        raise InputError(
            "it holds no dependency file that can be read" + (f" (seen, but not read: {listed})" if listed else ""),
            where=str(path),
            remedy="Name the project's folder: the one with pyproject.toml, a lock file or requirements.txt.",
        )
    return Discovery(str(root), tuple(files), seen, tree, gaps)


def _is_installed(root: Path, tree: Sequence[str]) -> bool:
    """True for a folder that is an environment, and no project: it holds distributions, and every dependency file in
    it is one that a distribution brought."""
    from scanner.inputs.installed import installed_files, site_folders

    sites = site_folders(root)
    if not sites:
        return (root / "pyvenv.cfg").is_file() and not any(format_of(one) for one in tree)
    brought = installed_files(root, sites)
    return all(one in brought for one in tree if format_of(one))


def discover_environment(folder: Path) -> Discovery:
    """An installed environment (``--environment DIR``). Raises :class:`InputError` where it holds no distribution."""
    from scanner.inputs.installed import read_environment

    return Discovery(str(folder.resolve()), (read_environment(folder.resolve()),), (), ())


def discover_all(path: Path | None, environment: Path | None) -> Discovery:
    """The project at ``path`` (here, where neither is named), with what an environment has installed beside it."""
    if environment is None:
        return discover(path or Path())
    installed = discover_environment(environment)
    if path is None:
        return installed
    found = discover(path)
    return msgspec.structs.replace(found, files=(*found.files, *installed.files))


def _never(path: str) -> bool:
    """No file is apart from the project."""
    del path
    return False


def read_all(
    root: Path, readable: Sequence[tuple[str, Format]], is_apart: Callable[[str], bool] = _never
) -> tuple[list[DependencyFile], list[InputError]]:
    """Every file read, and every error met: the user mends them all at once. A file that ``is_apart`` from what the
    project's people wrote is nothing that they can mend: there a fault is a gap."""
    files: list[DependencyFile] = []
    faults: list[InputError] = []
    from scanner.inputs.source import TooManyError

    stated = 0
    included: set[str] = set()
    for relative, found in readable:
        if relative in included:
            continue  # a part of the file that includes it
        try:
            files.append(found.read(root, relative))
            included.update(files[-1].includes)
            stated += len(files[-1].locked) + sum(len(group.requirements) for group in files[-1].groups)
            if stated > MAX_STATED:
                what = f"its dependency files state more than {MAX_STATED:,} packages up to this one"
                return files, [InputError(what, where=relative, remedy="Audit its projects one by one.")]
        except TooManyError as error:
            return files, [error]
        except InputError as error:
            if is_apart(relative):
                gap = Gap(Location(relative), error.what.partition("\n")[0], error.remedy)
                files.append(DependencyFile(relative, found.kind, "", gaps=(gap,)))
            else:
                faults.append(error)
        except Exception as error:  # noqa: BLE001 (a reader's fault costs its file, which is then a gap)
            files.append(_unread(relative, found.kind, error))
    return files, faults


def _unread(relative: str, kind: str, error: Exception) -> DependencyFile:
    """A file at which its reader met a fault that nobody foresaw: it states nothing, and a gap says so."""
    why = because_of(error)
    return DependencyFile(relative, kind, "", gaps=(Gap(Location(relative), why.reason, why.remedy),))


def _commands(root: Path, relative: str, place: Place) -> DependencyFile | None:
    """What a script, a recipe or a workflow installs; ``None`` where nothing."""
    from scanner.inputs import undeclared

    try:
        return undeclared.read(root, relative, place)
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 (as above)
        return _unread(relative, "commands", error)


def _combined(files: list[DependencyFile]) -> list[DependencyFile]:
    """Files that others include are part of those; files that say nothing of dependencies are left out."""
    from scanner.inputs.dynamic import is_dynamic_gap
    from scanner.inputs.projects import bind_workspace
    from scanner.inputs.settings import with_settings

    included = {other for one in files for other in one.includes if other != one.path}
    in_loops = {
        one.path for one in files if any(one.path in other.includes and other.path in one.includes for other in files)
    }
    first_of_loop = {min(in_loops)} if in_loops else set()
    kept = [one for one in files if one.path not in included or one.path in first_of_loop]
    stated_elsewhere = {
        posixpath.dirname(one.path)
        for one in kept
        if one.kind in ("setup.py", "setup.cfg") and any(group.kind == "dependencies" for group in one.groups)
    }
    found = []
    for file in kept:
        says_nothing = not (file.groups or file.gaps or file.locked or file.options or file.commands)
        if says_nothing and file.kind in ("setup.py", "setup.cfg"):
            continue
        if file.kind == "pyproject.toml" and posixpath.dirname(file.path) in stated_elsewhere:
            gaps = tuple(one for one in file.gaps if not is_dynamic_gap(one))
            file = msgspec.structs.replace(file, gaps=gaps)
        found.append(file)
    # A project may need nothing; its own code is audited all the same.
    return bind_workspace(with_settings(found) or [one for one in kept if one.project])


def _seen(root: Path, tree: Sequence[str], found: Walk) -> tuple[SeenFile, ...]:
    from scanner.inputs.ecosystems import seen_file

    stating = [one for one in tree if found.states_dependencies(one)]
    seen = [one for path in stating if (one := seen_file(root, path)) is not None]
    seen.extend(SeenFile(one, "SBOM", _SBOM_REASON) for one in stating if re.fullmatch(_SBOM, PurePosixPath(one).name))
    seen.extend(
        SeenFile(one, "SBOM", f"{_SBOM_REASON}, as JSON")
        for one in stating
        if re.fullmatch(_OTHER_SBOM, PurePosixPath(one).name)
    )
    seen.extend(
        SeenFile(one, known.kind, _NOT_STATED)
        for one in tree
        if not found.states_dependencies(one) and not found.is_alias(one) and (known := format_of(one))
    )
    seen.extend(SeenFile(path, "folder", reason) for path, reason in found.skipped)
    linked = "a link to a file; links are not followed, so that no audit leaves its folder"
    seen.extend(SeenFile(one, "link", linked) for one in found.links if format_of(one))
    return tuple(sorted(seen, key=lambda one: one.path))


def _joined(faults: list[InputError]) -> InputError:
    if len(faults) == 1:
        return faults[0]
    first, *others = faults
    what = first.what + "".join(f"\n{one.message}" for one in others)
    return InputError(what, where=first.where, remedy=first.remedy)


def _one_file(path: Path) -> Discovery:
    known = format_of(path.name)
    root, name = path.resolve().parent, path.name
    if known is None:
        from scanner.inputs import tool_settings, undeclared

        file = undeclared.read(root, name) if undeclared.place_of(name) else None
        if file is None and tool_settings.is_settings(name):
            file = tool_settings.read(root, name).file
        if file is not None:
            return Discovery(str(root), (file,), (), ())
        if path.suffix == ".json":
            known = _SBOM_FORMAT
        elif path.suffix in (".txt", ".in", ".pip"):
            known = REQUIREMENTS
        elif re.fullmatch(_OTHER_SBOM, path.name):
            what = "a bill of materials is read as JSON alone"
            raise InputError(what, where=str(path), remedy="Export it as CycloneDX JSON or SPDX JSON.")
        else:
            names = ", ".join(one.kind for one in FORMATS)
            raise InputError("its name is not that of a dependency file", where=str(path), remedy=f"Known: {names}.")
    file = known.read(root, name)
    if not (file.groups or file.gaps or file.locked or file.options or file.project):
        raise InputError("it states no dependency", where=name, remedy="Name the project's folder instead.")
    return Discovery(str(root), (file,), (), ())
