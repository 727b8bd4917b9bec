"""Pins: every locked artifact has a strong hash, and lock, index and bytes agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from scanner.checks.pins_agree import agreement
from scanner.checks.pins_lines import file_findings, pin_findings
from scanner.checks.places import by_name, is_own_folder
from scanner.checks.run import each_package
from scanner.checks.subject import CheckMeta, Outcome, Subject
from scanner.integrity.compare import comparable, held_against_bytes
from scanner.integrity.pins import Pin, pins_of
from scanner.model.coverage import Coverage
from scanner.model.faults import because_of
from scanner.model.finding import Finding
from scanner.model.known import NotKnown
from scanner.model.package import Package
from scanner.model.versions import pin_allows

META = CheckMeta(
    id="pins",
    title="Pinned versions and hashes",
    needs_network=False,
    category="integrity",
    scope=("package",),
    controls=("ssdf-ps.3.1", "s2c2f-aud-3"),
)


def run(subject: Subject) -> Iterator[Outcome]:
    """Findings by file and line, and one coverage for each package of the graph."""
    pins = collect(subject)
    named = by_name(subject)
    seen: set[str] = set()
    for path, group in groupby(pins, key=lambda pin: pin.location.path):
        members = tuple(group)
        try:
            for finding in _all_of(subject, path, members, named):
                if finding.id not in seen:
                    seen.add(finding.id)
                    yield finding
        except Exception as error:  # noqa: BLE001 (one hostile file costs its own row)
            why = because_of(error)
            yield Coverage(META.id, path, "not-checked", why.reason, why.remedy)
    by_node: dict[Package, list[Pin]] = {}
    for pin in pins:
        for node in nodes_of(pin, named):
            by_node.setdefault(node, []).append(pin)
    yield from each_package(
        META, subject, lambda package: (_coverage(subject, package, tuple(by_node.get(package, ()))),)
    )


def collect(subject: Subject) -> tuple[Pin, ...]:
    """Every pin of every file, each place once, by file and line."""
    found: dict[tuple[object, ...], Pin] = {}
    for file in subject.files:
        for pin in pins_of(file):
            found.setdefault((pin.location, pin.name, pin.version), pin)
    return tuple(sorted(found.values(), key=lambda pin: (pin.location, pin.name, pin.version)))


def nodes_of(pin: Pin, named: Mapping[str, tuple[Package, ...]]) -> tuple[Package, ...]:
    """The packages of the graph that a pin fixes: by the lock's own entry, by version, or by direct reference."""
    same = named.get(pin.name, ())
    if pin.package is not None and pin.package in same:
        return (pin.package,)
    if pin.kind in ("url", "vcs", "path"):
        return tuple(one for one in same if one.source.kind == pin.kind)
    if not pin.version:
        return ()
    return tuple(one for one in same if pin_allows(pin.version, one.version))


def _all_of(
    subject: Subject, path: str, pins: tuple[Pin, ...], named: Mapping[str, tuple[Package, ...]]
) -> Iterator[Finding]:
    yield from file_findings(subject, path, pins)
    hashed = any(pin.all_hashes for pin in pins)
    for pin in pins:
        nodes = nodes_of(pin, named)
        node = nodes[0] if nodes else None
        yield from pin_findings(subject, pin, node, file_has_hashes=hashed)
        if node is not None:
            yield from agreement(subject, pin, node)


def _coverage(subject: Subject, package: Package, pins: tuple[Pin, ...]) -> Coverage:
    """``checked`` means that what the files say was held against the index and against the bytes."""
    kind = package.source.kind
    if is_own_folder(subject, package):
        return Coverage(META.id, str(package), "not-applicable", "it is a folder of the project, which no hash pins")
    if kind == "path":
        reason = "it is a file of the project, or lies outside of it: its bytes were held against no digest"
        return Coverage(META.id, str(package), "not-checked", reason, "Take it from an index, with a hash.")
    if kind == "vcs" and not package.source.commit:
        return Coverage(META.id, str(package), "not-checked", "no commit is fixed for it", "Fix a full commit.")
    if kind == "vcs":
        return Coverage(META.id, str(package), "not-applicable", "a version control commit stands in place of a hash")
    fetched = subject.fetched.get(package, NotKnown("its artifact was not read"))
    if kind == "url":
        if isinstance(fetched, NotKnown):
            return Coverage(META.id, str(package), "not-checked", _because(fetched), fetched.remedy)
        hashed = [pin for pin in pins if pin.all_hashes]
        if hashed and not any(held_against_bytes(pin, fetched) for pin in hashed):
            return _in_no_known_algorithm(package, hashed)
        return Coverage(META.id, str(package), "checked", "the bytes of a direct reference; no index lists them")
    release = subject.releases.get(package)
    published = release.artifacts if release is not None else NotKnown("the index was not asked about it")
    if isinstance(published, NotKnown):
        reason = f"its hashes were not compared with the index: {published.reason}"
        return Coverage(META.id, str(package), "not-checked", reason, published.remedy)
    if isinstance(fetched, NotKnown):
        return Coverage(META.id, str(package), "not-checked", _because(fetched), fetched.remedy)
    hashed = [pin for pin in pins if pin.all_hashes]
    if hashed and not any(comparable(pin, published) for pin in hashed):
        if not any(held_against_bytes(pin, fetched) for pin in hashed):
            return _in_no_known_algorithm(package, hashed)
        reason = "lock and index state digests of different algorithms; the lock was held against the bytes only"
        return Coverage(META.id, str(package), "checked", reason)
    if not hashed:
        return Coverage(META.id, str(package), "checked", "no file gives a hash for it: index and bytes were compared")
    return Coverage(META.id, str(package), "checked")


def _in_no_known_algorithm(package: Package, pins: list[Pin]) -> Coverage:
    names = ", ".join(sorted({one.algorithm for pin in pins for one in pin.all_hashes}))
    reason = f"its pins are digests by {names[:80]}, in which its bytes could not be hashed"
    return Coverage(META.id, str(package), "not-checked", reason, "Pin it with sha256 digests.")


def _because(fetched: NotKnown) -> str:
    return f"its bytes were not read and compared: {fetched.reason}"
