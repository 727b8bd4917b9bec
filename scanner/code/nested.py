"""Archives within an artifact or tree: the Python in them is analysed as that of an artifact of its own.

A zip can be put on ``sys.path``, a wheel can be installed from beside the code, a zipapp can be started. What of them
is not read is a gap: past the bounds on depth, number and bytes, or where an archive is damaged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from scanner.code.analysis import CHECK, Analysis, Gap, started_earlier
from scanner.code.forms import form_of
from scanner.code.kinds import language_of
from scanner.code.rules import ArtifactVerdict
from scanner.code.source import SourceFile
from scanner.code.triggers import Kind, Layout, is_aside
from scanner.model.capability import Capability
from scanner.model.coverage import Coverage
from scanner.model.finding import SEVERITIES, Finding, finding_id

MAX_DEPTH = 2
"""Archives within archives that are opened."""
MAX_ARCHIVES = 200
"""Archives of one artifact or tree that are opened."""
MAX_BYTES = 256 * 1024 * 1024
"""Bytes of an archive that lies within another one, which is held in memory."""
MAX_PACKED = 64 * 1024 * 1024
"""Bytes of a compressed tar in a tree: its names are known only when all of it is inflated."""
_ZIP = b"PK\x03\x04"
_ZIPS = (".whl", ".egg", ".zip", ".pyz", ".pyzw", ".npz")
_TARS = (".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar")
_ORDER: tuple[ArtifactVerdict, ...] = ("malicious", "suspicious", "incomplete", "noted", "clean")
_CONFIGURATION = frozenset({"setup.py", "pyproject.toml", "PKG-INFO"})


def is_nested(path: str, head: bytes) -> bool:
    """True for a member that is an archive by its name or by its first bytes."""
    if path.lower().endswith((*_ZIPS, *_TARS)) or head.startswith(_ZIP):
        return True
    # A zipapp: the line that starts it, and the archive.
    return head.startswith(b"#!") and _ZIP in head


def too_large(path: str, size: int) -> bool:
    """Whether an archive on disk is past the bound; of a zip, only what is wanted is inflated."""
    return path.lower().endswith(_TARS) and size > MAX_PACKED


def kind_of(path: str, names: Iterable[str]) -> Kind:
    """What an archive is analysed as: an sdist where it looks like one, else something that an import can reach."""
    if path.lower().endswith((".whl", ".egg")):
        return "wheel"
    return (
        "sdist" if any(name.count("/") < 2 and name.rpartition("/")[2] in _CONFIGURATION for name in names) else "wheel"
    )


def holds_code(names: Iterable[str], heads: Mapping[str, bytes]) -> bool:
    """Whether some member is source, bytecode, a notebook, a pickle, or an archive that may hold some."""
    return any(
        language_of(name) in {"python", "lines"}
        or name.lower().endswith(".pyc")
        or form_of(name, heads.get(name, b"")) is not None
        or is_nested(name, heads.get(name, b""))
        for name in names
    )


def wanted(paths: Iterable[str], where: Layout, sources: Sequence[SourceFile]) -> list[str]:
    """The archives to open, in order: all but those of tests, documentation and examples that no source names."""
    read = [one for one in sources if not is_aside(one.path, where)]
    left = MAX_ARCHIVES
    chosen = []
    for path in sorted(paths):
        if is_aside(path, where):
            left -= 1
            name = path.rpartition("/")[2].encode("utf-8", "surrogatepass")
            if left > 0 and not any(name in one.data for one in read):
                continue
        chosen.append(path)
    return chosen


def with_inner(
    outer: Analysis,
    found: Iterable[tuple[str, Analysis]],
    subject: str,
    artifact: str,
    where: Layout,
    sources: Sequence[SourceFile],
) -> Analysis:
    """The analysis of the whole: that of the artifact, and of the archives within it, each under its path.

    A place within an archive is ``archive!/member``. ``subject`` and ``artifact`` are as :func:`analyse` has them;
    ``sources`` tell at which moment an archive that was not read may be put on ``sys.path``.
    """
    findings = list(outer.findings)
    gaps = list(outer.gaps)
    coverage = list(outer.coverage)
    able = {one.name: one for one in outer.capabilities}
    verdict, deciding = outer.verdict, outer.deciding_rules
    files, size, seconds = outer.files, outer.bytes, outer.seconds
    for path, inner in found:
        missing = inner.gaps
        if inner.verdict == "error":
            seen = started_earlier([Gap(path, inner.error, "call")], where, sources)
            missing = tuple(Gap("", one.reason, one.trigger) for one in seen)
            inner = msgspec.structs.replace(inner, verdict="incomplete")
        findings += [_within(path, one) for one in inner.findings]
        for one in missing:
            place = f"{path}!/{one.path}" if one.path else path
            gaps.append(Gap(place, one.reason, one.trigger))
            at = f"{subject}!/{place}" if artifact else place
            coverage.append(Coverage(CHECK, at, "not-checked", one.reason, "Read this file by hand."))
        for capability in inner.capabilities:
            able.setdefault(capability.name, Capability(capability.name, f"{path}!/{capability.proof}"))
        if _ORDER.index(inner.verdict) < _ORDER.index(verdict):
            verdict, deciding = inner.verdict, inner.deciding_rules
        elif inner.verdict == verdict:
            deciding = tuple(sorted({*deciding, *inner.deciding_rules}))
        files, size, seconds = files + inner.files, size + inner.bytes, seconds + inner.seconds
    findings.sort(key=lambda one: (SEVERITIES.index(one.severity), one.rule, one.evidence[0].location))
    return msgspec.structs.replace(
        outer,
        findings=tuple(findings),
        gaps=tuple(sorted(gaps)),
        coverage=tuple(sorted(coverage, key=lambda one: one.subject)),
        capabilities=tuple(able[name] for name in sorted(able)),
        verdict=verdict,
        deciding_rules=deciding,
        files=files,
        bytes=size,
        seconds=round(seconds, 4),
    )


def _within(path: str, finding: Finding) -> Finding:
    return msgspec.structs.replace(
        finding,
        id=finding_id(finding.rule, finding.package, path, finding.id),
        evidence=tuple(
            msgspec.structs.replace(
                one, location=msgspec.structs.replace(one.location, path=f"{path}!/{one.location.path}")
            )
            for one in finding.evidence
        ),
    )
