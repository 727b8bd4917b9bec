"""From an archive, a tree or a file to what :func:`scanner.code.analysis.analyse` takes."""

from __future__ import annotations

import functools
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from scanner.code import nested
from scanner.code.analysis import Analysis, Gap, analyse
from scanner.code.forms import MAX_FORM_BYTES, form_of, translated
from scanner.code.kinds import HEAD, Language, language_of, wants_head
from scanner.code.limits import Limits
from scanner.code.members import MAX_READ
from scanner.code.pickles import is_pickle
from scanner.code.source import SourceFile
from scanner.code.triggers import Kind, Layout, is_aside, prefix_of
from scanner.files import read_bounded
from scanner.index.archive import Archive, ArchiveLimits, Member, open_archive
from scanner.index.links import leaving_links, reaching_links
from scanner.inputs.walk import Walk
from scanner.model.artifact import artifact_kind
from scanner.model.errors import AssayError
from scanner.model.finding import PackageRef

ARCHIVES = (".whl", ".egg", ".zip", ".pyz", ".pyzw", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar", ".tbz")
_HEADS = (
    ".exe",
    ".scr",
    ".com",
    ".msi",
    ".bat",
    ".cmd",
    ".ps1",
    ".vbs",
    ".hta",
    ".jar",
    ".lnk",
    ".txt",
    ".dat",
    ".bin",
    ".png",
    ".jpg",
    ".gif",
    ".log",
    ".tmp",
    ".md",
    ".json",
    ".ico",
    ".wav",
    ".mp3",
    ".pyc",
    ".pyo",
    ".typed",
)


class Job(msgspec.Struct, frozen=True):
    """One artifact or tree to analyse: ``path`` on disk, the ``filename`` it is known by (empty for a tree)."""

    path: str
    filename: str
    package: PackageRef


def is_source(path: str) -> bool:
    """True for a path whose name alone says that the engine reads it."""
    return language_of(path) is not None


def is_archive(path: str) -> bool:
    return path.lower().endswith(ARCHIVES)


def analyse_job(job: Job, limits: Limits | None = None, prefilter: bool = True) -> Analysis:
    """Analyse one job. An archive that cannot be opened, and one on which the engine itself fails, gives an analysis
    whose verdict is ``error``: one artifact must not end the audit of all others."""
    limits = limits or Limits()
    try:
        if Path(job.path).is_dir():
            return _tree(job, limits, prefilter)
        if is_archive(job.filename or job.path):
            return analyse_archive(job.path, job.filename or Path(job.path).name, job.package, limits, prefilter)
        return _file(job, limits, prefilter)
    except AssayError as error:
        return failed(error.message)
    except OSError as error:
        return failed(f"{job.path}: {error.strerror or error}")
    except (MemoryError, RecursionError):
        # The pool tries these once more, in a process of their own.
        raise
    except Exception as error:  # noqa: BLE001 (whatever hostile source brings to light)
        place = traceback.extract_tb(error.__traceback__)[-1]
        return failed(
            f"{job.filename or job.path}: a fault of assay ended the analysis ({type(error).__name__}: {error}; "
            f"{Path(place.filename).name}:{place.lineno}). Read this artifact by hand, and report the fault"
        )


def failed(reason: str) -> Analysis:
    """The analysis of something that could not be analysed at all."""
    return Analysis((), (), (), "error", (), 0, 0, 0.0, error=reason)


def analyse_archive(
    source: str | bytes,
    filename: str,
    package: PackageRef,
    limits: Limits | None = None,
    prefilter: bool = True,
    within: tuple[str, ...] = (),
) -> Analysis:
    """Analyse a wheel, sdist, egg or zip from a path or from its bytes; nothing is unpacked to disk.

    ``within``: the names of the archives that it lies in, the outermost first.
    """
    limits = limits or Limits()
    gaps: list[tuple[str, str]] = []
    bounds = ArchiveLimits(total_bytes=nested.MAX_BYTES) if within else ArchiveLimits()
    with open_archive(source, filename, bounds) as archive:
        names = [member.path for member in archive.members if member.kind == "file"]
        heads = dict(archive.beginnings(_wanted_head, HEAD))

        def problems(holds_code: bool = True) -> Iterator[tuple[str, str]]:
            members = archive.members
            reached = reaching_links(members, is_source) if holds_code else leaving_links(members)
            for problem in archive.problems:
                if problem.code != "link" or problem.member in reached:
                    yield problem.member or filename, f"{problem.code}: {problem.message}"

        if within:
            kind = nested.kind_of(filename, names)
            if not nested.holds_code(names, heads):
                gaps.extend(problems(holds_code=False))
                return analyse([], kind=kind, package=package, limits=limits, artifact_name=within[0], gaps=gaps)
        else:
            kind = "wheel" if artifact_kind(filename) in {"wheel", "egg"} else "sdist"

        def found_at_last() -> Iterator[tuple[str, str]]:
            yield from gaps
            yield from problems()

        sources = list(_sources(archive, kind, limits, gaps, heads))
        where = Layout(kind, prefix_of(kind, names))
        unread: list[Gap] = []
        if _loads_pickles(sources, where):
            # Any file can be loaded as a pickle, whatever its suffix.
            others = archive.beginnings(lambda one: one.path not in heads and not is_source(one.path), HEAD)
            heads.update((path, head) for path, head in others if is_pickle(path, head))
        formed = frozenset(one for one in names if form_of(one, heads.get(one, b"")))
        if formed:
            opened_forms = archive.files(_is_one_of(formed), MAX_FORM_BYTES + 1)
            sources += translated(((one.member.path, one.data) for one in opened_forms), heads, where, unread)
        found = analyse(
            sources,
            kind=kind,
            package=package,
            limits=limits,
            prefilter=prefilter,
            artifact_name=within[0] if within else filename,
            names=names,
            heads=_structural(heads),
            gaps=found_at_last(),
            unread=unread,
            read=lambda name: archive.read(name, MAX_READ + 1),
        )
        inner = [one for one in names if nested.is_nested(one, heads.get(one, b""))]
        if not inner:
            return found
        chosen = nested.wanted(inner, where, sources)
        held = (
            (one.member.path, one.data, one.truncated) for one in archive.files(_is_one_of(chosen), nested.MAX_BYTES)
        )
        opened = _opened(held, chosen, found, (*within, filename), package, limits, prefilter)
        outermost = within[0] if within else filename
        return nested.with_inner(found, list(opened), outermost, outermost, where, sources)


def _opened(
    held: Iterable[tuple[str, str | bytes, bool]],
    chosen: Sequence[str],
    outer: Analysis,
    within: tuple[str, ...],
    package: PackageRef,
    limits: Limits,
    prefilter: bool,
) -> Iterator[tuple[str, Analysis]]:
    """The analysis of each archive that lies within an artifact or tree. ``held``: path, what to open, too large."""
    seconds = outer.seconds
    opened = frozenset(chosen[: nested.MAX_ARCHIVES])
    for path in chosen[nested.MAX_ARCHIVES :]:
        yield path, failed(f"only {nested.MAX_ARCHIVES} archives of an artifact are opened")
    for path, source, too_large in held:
        left = limits.max_artifact_seconds - seconds
        if path not in opened:
            continue
        if too_large:
            found = failed("the archive is larger than the bound, and was not opened")
        elif len(within) > nested.MAX_DEPTH:
            found = failed(f"it lies in more than {nested.MAX_DEPTH} archives, and was not opened")
        elif left <= 0:
            found = failed("the time for this artifact was spent before this archive was reached")
        else:
            bounds = msgspec.structs.replace(limits, max_artifact_seconds=left)
            try:
                found = analyse_archive(source, path, package, bounds, prefilter, within)
            except AssayError as error:
                found = failed(error.message)
            seconds += found.seconds
        yield path, found


_LOADS = re.compile(rb"pickle|joblib|\bdill\b|\btorch\b|\bshelve\b")


def _loads_pickles(sources: Iterable[SourceFile], where: Layout) -> bool:
    """Whether source that is no test mentions something that loads pickles."""
    return any(_LOADS.search(one.data) is not None for one in sources if not is_aside(one.path, where))


def _is_one_of(paths: Iterable[str]) -> Callable[[Member], bool]:
    wanted = frozenset(paths)
    return lambda member: member.path in wanted


def _sources(
    archive: Archive, kind: Kind, limits: Limits, gaps: list[tuple[str, str]], heads: Mapping[str, bytes]
) -> Iterator[SourceFile]:
    """The source files of an archive. The tests in a wheel are inflated only where something reaches them."""
    bound = limits.max_file_bytes + 1
    total = count = 0
    late: list[Member] = []
    where = Layout(kind)
    languages: dict[str, Language] = {}

    def is_read_now(member: Member) -> bool:
        head = heads.get(member.path, b"")
        language = language_of(member.path, head)
        if language is None or (nested.is_nested(member.path, head) and language_of(member.path) is None):
            return False
        languages[member.path] = language
        if kind == "wheel" and member.kind == "file" and is_aside(member.path, where):
            late.append(member)
            return False
        return True

    def is_too_much(path: str, size: int) -> bool:
        nonlocal total, count
        total += size
        count += 1
        if count > limits.max_files or total > limits.max_artifact_bytes:
            gaps.append((path, "the artifact holds more source than the bound allows"))
            return True
        return False

    for one in archive.files(is_read_now, bound):
        path = one.member.path
        if is_too_much(path, len(one.data)):
            continue
        if one.truncated:
            gaps.append((path, "the file is larger than the bound: its beginning was read"))
        yield SourceFile(path, one.data[: limits.max_file_bytes], language=languages[path])
    for member in late:
        size = min(member.size, bound)
        if not is_too_much(member.path, size):
            read = functools.partial(_read, archive, member, bound)
            yield SourceFile(member.path, size=size, read=read, language=languages[member.path])


def _read(archive: Archive, member: Member, bound: int) -> bytes:
    return archive.read(member, bound) or b""


def _wanted_head(member: Member) -> bool:
    return (
        not nested.is_nested(member.path, b"")
        and _may_be_more(member.path)
        and wants_head(member.path, member.executable)
    )


def _may_be_more(path: str) -> bool:
    """Whether the first bytes of a file can tell more than its name: torch names its models as Python its paths."""
    return not is_source(path) or path.lower().endswith(".pth")


def _structural(heads: Mapping[str, bytes]) -> dict[str, bytes]:
    """The first bytes of files whose shape says something of the artifact."""
    return {
        path: head
        for path, head in heads.items()
        if path.lower().endswith(_HEADS) and not path.rpartition("/")[2].lower().startswith("license")
    }


def _file(job: Job, limits: Limits, prefilter: bool) -> Analysis:
    path = Path(job.path)
    head = read_bounded(path, HEAD)
    unread: list[Gap] = []
    if form_of(path.name, head):
        held = [(path.name, read_bounded(path, MAX_FORM_BYTES + 1))]
        files = list(translated(held, {path.name: head}, Layout("file"), unread))
    else:
        data = read_bounded(path, limits.max_file_bytes + 1)
        files = [SourceFile(path.name, data, language=language_of(path.name, head) or "python")]
    return analyse(
        files, kind="file", package=job.package, limits=limits, prefilter=prefilter, names=[path.name], unread=unread
    )


def _tree(job: Job, limits: Limits, prefilter: bool) -> Analysis:
    root = Path(job.path)
    gaps: list[tuple[str, str]] = []
    heads: dict[str, bytes] = {}
    files: list[SourceFile] = []
    names: list[str] = []
    total = 0
    inner: list[tuple[str, int]] = []
    formed: list[str] = []
    bulk: list[str] = []
    found = Walk(root)
    for name in found.files():
        path = root / name
        names.append(name)
        try:
            state = path.stat()
            head = b""
            if _may_be_more(name) and wants_head(name, bool(state.st_mode & 0o111)):
                head = read_bounded(path, HEAD)
            if _may_be_more(name) and nested.is_nested(name, head):
                inner.append((name, state.st_size))
                language = language_of(name)
            elif form_of(name, head):
                formed.append(name)
                heads[name] = head
                language = language_of(name)
            else:
                language = language_of(name, head)
            if language:
                size = state.st_size
                if len(files) >= limits.max_files or total + size > limits.max_artifact_bytes:
                    gaps.append((name, "the tree holds more source than the bound allows"))
                    continue
                data = read_bounded(path, limits.max_file_bytes + 1)
                total += len(data)
                files.append(SourceFile(name, data, language=language))
            elif head:
                heads[name] = head
            elif name not in heads:
                bulk.append(name)
        except OSError as error:
            gaps.append((name, f"it cannot be read: {error.strerror or error}"))
    gaps.extend((gap.location.path, gap.reason) for gap in found.gaps)
    if _loads_pickles(files, Layout("tree")):
        for name in bulk:
            if is_pickle(name, head := (_member(root, name, HEAD) or b"")):
                formed.append(name)
                heads[name] = head
    unread: list[Gap] = []
    files += translated(_held(root, formed, gaps), heads, Layout("tree"), unread)
    analysis = analyse(
        files,
        kind="tree",
        package=job.package,
        limits=limits,
        prefilter=prefilter,
        names=names,
        heads=_structural(heads),
        gaps=gaps,
        unread=unread,
        read=lambda name: _member(root, name),
    )
    if not inner:
        return analysis
    chosen = nested.wanted([name for name, _ in inner], Layout("tree"), files)
    sizes = dict(inner)
    held = ((name, str(root / name), nested.too_large(name, sizes[name])) for name in chosen)
    opened = _opened(held, chosen, analysis, ("",), job.package, limits, prefilter)
    return nested.with_inner(analysis, list(opened), str(job.package), "", Layout("tree"), files)


def _member(root: Path, name: str, size: int = MAX_READ + 1) -> bytes | None:
    try:
        return read_bounded(root / name, size)
    except OSError:
        return None


def _held(root: Path, names: Iterable[str], gaps: list[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    """Files of a tree that have a form of their own, one after another; one that cannot be read goes to ``gaps``."""
    for name in names:
        try:
            yield name, read_bounded(root / name, MAX_FORM_BYTES + 1)
        except OSError as error:
            gaps.append((name, f"it cannot be read: {error.strerror or error}"))
