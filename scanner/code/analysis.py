"""Analysis of one artifact: files in, findings, capabilities, coverage and a verdict out."""

from __future__ import annotations

import codecs
import gc
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Literal

import msgspec

from scanner.code.anchors import can_matter
from scanner.code.bytecode import unread_bytecode
from scanner.code.capabilities import capabilities
from scanner.code.catalogue import load_catalogue
from scanner.code.evidence import make_findings
from scanner.code.glance import BLANKS, CLIPBOARDS, OBFUSCATORS, glance
from scanner.code.imported_tests import imported_tests
from scanner.code.instructions import poisoned_tools
from scanner.code.limits import Limits
from scanner.code.matcher import Matcher
from scanner.code.members import Members
from scanner.code.program import Program
from scanner.code.relevance import relevant
from scanner.code.rules import ArtifactVerdict, load_rules
from scanner.code.source import SourceFile, decode, is_coded_otherwise, silently, unknown_codec
from scanner.code.structure import archive_facts, fact, hidden_columns, pth_lines
from scanner.code.triggers import Layout, is_aside, layout, trigger_of
from scanner.code.verdict import decide
from scanner.model.capability import Capability
from scanner.model.coverage import Coverage
from scanner.model.finding import TRIGGERS, Finding, PackageRef, Trigger

CHECK = "code"
_RECURSION = 12_000
_FIRST: tuple[Trigger, ...] = ("install", "interpreter-start", "entry-point", "import", "call", "not-code")
"""The order in which files are evaluated."""


RUNS: frozenset[Trigger] = frozenset({"install", "interpreter-start", "import", "entry-point"})
"""The moments at which code runs without that anybody calls a function of it."""


_STARTS_FILES = re.compile(
    rb"\.(?:sh|bash)['\"]|\bspec_from_file_location\b|\brun_path\b|\bload_source\b|\bshell_line\b|\bSourceFileLoader\b"
    rb"|['\"](?:[\w./]{0,40}/)?(?:ba|da|z|k|a)?sh['\" ]|\bsys\s{0,9}\.\s{0,9}executable\b"
    rb"|['\"](?:[\w./]{0,40}/)?python[\d.]{0,9}['\" ]"
)
"""What may start a member by its path, which is read only then."""
_EXECUTES = re.compile(rb"(?<![\w.])exec(?:file)?\b")
_READS_FILES = re.compile(rb"\bopen\b|\bread_(?:text|bytes|binary)\b|\bget_data\b|\bgetlines?\b")


MAX_SEARCHED = 10 * 1024**3
"""Bytes of source, times names looked for in it, that are searched for who names an unread file: a few seconds."""
_NO_MOMENTS: Mapping[str, Trigger] = {}


class Gap(msgspec.Struct, frozen=True, order=True):
    """A file that was not read, or read only in part: its path, why, and the earliest moment at which it can run."""

    path: str
    reason: str
    trigger: Trigger


class Analysis(msgspec.Struct, frozen=True):
    """What the engine says of one artifact or tree. ``bytes`` counts Python source, ``files`` the files it is in.

    ``gaps`` and ``coverage`` hold one entry for each file that could be seen only in part; findings have no graph
    paths yet.
    """

    findings: tuple[Finding, ...]
    capabilities: tuple[Capability, ...]
    coverage: tuple[Coverage, ...]
    verdict: ArtifactVerdict
    deciding_rules: tuple[str, ...]
    files: int
    bytes: int
    seconds: float
    error: str = ""
    gaps: tuple[Gap, ...] = ()

    @property
    def unread(self) -> tuple[Gap, ...]:
        """The gaps in what runs by itself: at install, at interpreter start, at import or from an entry point."""
        return tuple(one for one in self.gaps if one.trigger in RUNS)


def analyse(
    files: Iterable[SourceFile],
    *,
    kind: Literal["wheel", "sdist", "tree", "file"],
    package: PackageRef,
    limits: Limits | None = None,
    prefilter: bool = True,
    artifact_name: str = "",
    names: Iterable[str] = (),
    heads: Mapping[str, bytes] | None = None,
    gaps: Iterable[tuple[str, str]] = (),
    unread: Iterable[Gap] = (),
    read: Callable[[str], bytes | None] | None = None,
) -> Analysis:
    """Analyse the files of one artifact.

    ``files`` are those that have a language (:mod:`scanner.code.kinds`); ``names`` are the paths of all members (where
    left out: of ``files``); ``heads`` holds the first bytes of members that are not source; ``gaps`` are (path, reason)
    of what could not be read, asked for at the end; ``unread`` are more, of which the moment is known. ``read`` gives
    the first bytes of any member, for what code starts by its path.
    ``prefilter=False`` parses and evaluates all of every file, which must give the same findings, slowly.
    """
    started = time.process_time()
    limits = limits or Limits()
    held: dict[str, SourceFile] = {}
    in_part: dict[str, str] = {}
    total = 0
    for file in files:
        if file.size > limits.max_file_bytes:
            in_part[file.path] = (
                f"the file is larger than {limits.max_file_bytes // 1048576} MiB: its beginning was read"
            )
            file = SourceFile(file.path, file.data[: limits.max_file_bytes])
        held[file.path] = file
        total += file.size
    all_names = sorted({*names, *held})
    where = layout(held, kind, all_names)
    with silently():
        for path in imported_tests(held, where, limits):
            where.asides[path] = False
            where.triggers.pop(path, None)
    program = Program(held, where, load_catalogue(), limits)
    program.defers = prefilter
    if read is not None:
        program.members = Members(all_names, where.prefix, read)
    recursion = sys.getrecursionlimit()
    # Trees are freed by their reference counts; the collector would walk through each of them again and again.
    collecting = gc.isenabled()
    gc.disable()
    try:
        with silently():
            _evaluate(program, where, prefilter)
            archive_facts(program, where, all_names, dict(heads or {}))
            unread_bytecode(program, where, all_names, heads or {})
    finally:
        sys.setrecursionlimit(recursion)
        program.release()
        if collecting:
            gc.enable()
    if not prefilter:
        _drop_silent(program)
    if total <= limits.small_bytes and program.events:
        fact(program, "small", next(iter(sorted(held)), ""), "not-code", detail=f"{total} bytes of source in all")
    matched = Matcher(program.events, kind).matches(load_rules())
    # Files that are read late can still be found damaged.
    in_part = {**program.gaps, **dict(gaps), **in_part}
    members = frozenset(all_names)
    moments = (Gap(path, reason, _moment(program, where, path, members)) for path, reason in in_part.items())
    missing = tuple(sorted({*moments, *started_earlier(unread, where, held.values(), program.moments)}))
    verdict, deciding = decide(matched, bool(missing))
    extra = {}
    at_install = sorted(
        (one for one in program.events if one.trigger == "install"), key=lambda one: (one.path, one.line)
    )
    if at_install and "fact:cmdclass" in {role for one in at_install for role in one.roles}:
        first = next(one for one in at_install if "fact:cmdclass" in one.roles)
        extra["install-time-code"] = f"{first.path}:{first.line}: cmdclass={{{first.detail}}}"
    subject = artifact_name or str(package)
    sources = [path for path, file in held.items() if file.language in {"python", "lines"}]
    return Analysis(
        findings=make_findings(matched, held, package, artifact_name),
        capabilities=capabilities(program, where, all_names, extra),
        coverage=tuple(
            Coverage(
                CHECK,
                f"{subject}!/{one.path}" if artifact_name else one.path,
                "not-checked",
                one.reason,
                "Read this file by hand.",
            )
            for one in missing
        ),
        verdict=verdict,
        deciding_rules=deciding,
        files=len(sources),
        bytes=total,
        seconds=round(time.process_time() - started, 4),
        gaps=missing,
    )


def started_earlier(
    unread: Iterable[Gap], where: Layout, sources: Iterable[SourceFile], moments: Mapping[str, Trigger] = _NO_MOMENTS
) -> list[Gap]:
    """The gaps, each at the earliest moment at which it is known that the file is run, or at which source runs that
    names it: whoever names a file at that moment may load it then."""
    gaps = [
        msgspec.structs.replace(one, trigger=min(one.trigger, moments.get(one.path, one.trigger), key=TRIGGERS.index))
        for one in unread
    ]
    late = {one.path.rpartition("/")[2].encode("utf-8", "surrogatepass") for one in gaps if one.trigger not in RUNS}
    named: dict[bytes, Trigger] = {}
    room = MAX_SEARCHED
    for file in sources if late else ():
        trigger = trigger_of(file.path, where)
        if trigger not in RUNS or file.language not in {"python", "lines"} or is_aside(file.path, where):
            continue
        room -= len(late) * file.size
        for base in late if room >= 0 else ():
            if base and base in file.data:
                named[base] = min(named.get(base, trigger), trigger, key=TRIGGERS.index)
        if room < 0:
            # Too many names for too much source: each of them may stand in it.
            named = {base: min(named.get(base, trigger), trigger, key=TRIGGERS.index) for base in late}
    return [
        one
        if one.trigger in RUNS
        else msgspec.structs.replace(
            one, trigger=named.get(one.path.rpartition("/")[2].encode("utf-8", "surrogatepass"), one.trigger)
        )
        for one in gaps
    ]


def _moment(program: Program, where: Layout, path: str, members: Set[str]) -> Trigger:
    """The earliest moment at which what could not be read of a file would run. A gap that no member has is one of the
    whole artifact."""
    known = program.moments.get(path, "not-code")
    planned = trigger_of(path, where) if path in program.files or path not in members else "not-code"
    return min(known, planned, key=TRIGGERS.index)


def _evaluate(program: Program, where: Layout, prefilter: bool) -> None:
    chosen: list[tuple[int, str]] = []
    for path in sorted(program.files):
        trigger = trigger_of(path, where)
        if program.files[path].language == "lines":
            _startup_lines(program, path, program.files[path].data)
            continue
        if program.files[path].language != "python" or is_aside(path, where):
            continue
        data = program.files[path].data
        if b"\0" in data and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            program.gaps.setdefault(path, "it holds binary data, which is no source")
        if is_coded_otherwise(data):
            data = decode(data).encode("utf-8", "surrogatepass")
        elif codec := unknown_codec(data):
            program.gaps.setdefault(path, f"its encoding is one that Python does not have: {codec[:40]}")
        seen = program.glances[path] = glance(data)
        if not seen.isdisjoint(BLANKS):
            hidden_columns(program, path, data, trigger)
        for line, told in poisoned_tools(data):
            fact(program, "agent-told", path, trigger, line=line, detail=told)
        if not seen.isdisjoint(OBFUSCATORS):
            fact(program, "obfuscator", path, trigger, detail="the mark of an obfuscator")
        text = data.decode("utf-8", "replace") if not seen.isdisjoint(CLIPBOARDS) else ""
        if text and program.catalogue.says("text.crypto-address", text):
            fact(program, "crypto-address", path, trigger)
        chosen.append((_FIRST.index(trigger), path))
    if prefilter:
        wanted = _wanted(program, where, [path for _, path in chosen])
        chosen = [(rank, path) for rank, path in chosen if path in wanted]
    for _, path in sorted(chosen):
        if time.process_time() - program.started > program.limits.max_artifact_seconds:
            program.gaps.setdefault(path, "the time for this artifact was spent before this file was reached")
            continue
        trigger = trigger_of(path, where)
        program.tree(path)
        sys.setrecursionlimit(_RECURSION)
        try:
            program.run(path, trigger)
            program.run_rest(path, trigger)
        finally:
            sys.setrecursionlimit(1000)
        if program.parsed[path].tree is None:
            labels = program.catalogue.string_labels(program.parsed[path].text)
            fact(program, "unparsed", path, trigger, labels, 1)
        program.parsed[path] = msgspec.structs.replace(program.parsed[path], text="")
        program.forget(path, trigger)


def _wanted(program: Program, where: Layout, paths: list[str]) -> frozenset[str]:
    """Files that some rule could be about, and those that run at install or at interpreter start in any case."""
    texts = {path: program.files[path].data for path in paths}
    always = {
        path
        for path in paths
        if trigger_of(path, where) in {"install", "interpreter-start"}
        or _STARTS_FILES.search(texts[path]) is not None
        or (_EXECUTES.search(texts[path]) is not None and _READS_FILES.search(texts[path]) is not None)
    }
    return relevant(texts, program.linked, program.small, program.entered, program.marks, program.glances) | always


def _drop_silent(program: Program) -> None:
    """Without the prefilter: leave out silent events of files without an anchor (see ``scanner.code.anchors``)."""
    silent = program.catalogue.silent_roles | {"file-read", "file-open-write", "monkeypatch"}
    matters = {
        path: can_matter(program.files[path].data)
        for path in {one.path for one in program.events}
        if program.files[path].language == "python"
    }
    program.events[:] = [one for one in program.events if one.roles - silent or matters.get(one.path, True)]


def _startup_lines(program: Program, path: str, data: bytes) -> None:
    """Every line of a ``.pth`` file that starts with ``import`` is executed at each start of the interpreter."""
    for number, line in pth_lines(data):
        labels = {"hidden-columns"} if "  " * 20 in line or "\t" * 8 in line else set()
        fact(program, "startup-line", path, "interpreter-start", frozenset(labels), number, line.strip()[:200])
        program.run_line(path, line, number, "interpreter-start")
