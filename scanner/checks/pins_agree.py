"""The three-way comparison of one pin: lock with index, index with bytes, lock with bytes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from packaging.utils import parse_wheel_filename

from scanner.checks.build import evidence, make
from scanner.checks.subject import Subject
from scanner.integrity.compare import (
    added_later,
    allowed_bytes,
    bytes_against,
    comparable,
    covered_by,
    lock_against_index,
    unpublished,
    wrong_size,
)
from scanner.integrity.pins import Pin
from scanner.integrity.times import day, instant, span
from scanner.model.artifact import Artifact
from scanner.model.finding import Finding, PackageRef
from scanner.model.known import NotKnown
from scanner.model.package import Package
from scanner.model.release import Release
from scanner.model.requirement import Hash

GRACE = timedelta(hours=24)
"""Release jobs upload for hours: a file that comes within a day of the others belongs to the same release."""
MAX_SHOWN = 6


def agreement(subject: Subject, pin: Pin, node: Package) -> Iterator[Finding]:
    """Findings about one pin, held against its release and its bytes, as far as each is known."""
    release = subject.releases.get(node)
    published = release.artifacts if release is not None else NotKnown("the index was not asked")
    mismatched = False
    if release is not None and not isinstance(published, NotKnown) and node.source.kind == "index":
        for finding in _index_findings(subject, pin, node, published):
            mismatched = mismatched or finding.rejects
            yield finding
        yield from _yanked(subject, pin, node, release, published)
    yield from _bytes_findings(subject, pin, node, against_lock=not mismatched)


def _reference(node: Package) -> PackageRef:
    return PackageRef(node.name, node.version)


def _index_findings(subject: Subject, pin: Pin, node: Package, published: tuple[Artifact, ...]) -> Iterator[Finding]:
    path = pin.location.path
    if not published:
        yield make(
            "pins/version-not-published",
            _reference(node),
            f"{path} fixes {node}, and the index does not list one file of that version.",
            [evidence(pin.location, "the pinned version", text=pin.text)],
            key=(path,),
            subject=subject,
            node=node,
            confidence="high",
        )
        return
    for one in lock_against_index(pin, published):
        what = f"the file {one.filename}" if one.filename else "every file of the release"
        yield make(
            "pins/hash-mismatch-index",
            _reference(node),
            f"{path} fixes {node} to a digest that is not the one the index publishes for {what}.",
            [evidence(pin.location, "the digest in the lock belongs to other bytes", text=pin.text)],
            key=(path, one.filename, *one.stated),
            subject=subject,
            node=node,
            rejects=True,
            details=(("in the lock", _some(one.stated)), ("on the index", _some(one.actual))),
        )
        if not one.filename:
            return
    missing = unpublished(pin, published)
    if missing:
        yield make(
            "pins/file-not-published",
            _reference(node),
            f"{path} allows {len(missing)} file(s) of {node} that the index does not list.",
            [evidence(pin.location, "allowed by the lock, not on the index", text=pin.text)],
            key=(path, *missing),
            subject=subject,
            node=node,
            confidence="medium",
            details=(("not on the index", _some(missing)),),
        )
    late, newest = added_later(pin, published, GRACE)
    if late and newest is not None:
        accepted = [one for one in late if _accepted(one, subject.target.tags)]
        lines = [_late_line(one, newest) for one in late]
        yield make(
            "pins/file-added-after-lock",
            _reference(node),
            f"The index lists {len(late)} file(s) of {node} that {path} does not know and that were uploaded after "
            f"every file that it knows.",
            [evidence(pin.location, "the lock does not have the newer files", text=pin.text)],
            key=(path, *(one.filename for one in late)),
            subject=subject,
            node=node,
            severity="medium" if accepted else "low",
            confidence="high",
            details=tuple(("added", line) for line in lines[:MAX_SHOWN]),
        )


def _late_line(artifact: Artifact, newest: object) -> str:
    from datetime import datetime

    when = instant(artifact.upload_time)
    if when is None or not isinstance(newest, datetime):
        return artifact.filename
    return f"{artifact.filename} on {day(when)}, {span(newest, when)} after the newest file in the lock"


def _accepted(artifact: Artifact, tags: tuple[str, ...]) -> bool:
    """True for a wheel that the audited target would install."""
    try:
        wheel_tags = parse_wheel_filename(artifact.filename)[3]
    except ValueError:
        return False
    return any(str(tag) in tags for tag in wheel_tags)


def _yanked(
    subject: Subject, pin: Pin, node: Package, release: Release, published: tuple[Artifact, ...]
) -> Iterator[Finding]:
    chosen = release.chosen
    reason = chosen.yanked if not isinstance(chosen, NotKnown) else ""
    if not reason and published and all(one.yanked for one in published):
        reason = published[0].yanked
    if not reason:
        return
    alarming = any(word in reason.lower() for word in ("malicious", "malware", "compromis", "security", "vulnerab"))
    yield make(
        "pins/yanked",
        _reference(node),
        f"{node}, fixed in {pin.location.path}, was yanked from the index: {reason}",
        [evidence(pin.location, "a yanked release is installed only because it is pinned", text=pin.text)],
        key=(pin.location.path,),
        subject=subject,
        node=node,
        severity="high" if alarming else "medium",
        details=(("reason", reason),),
    )


def _bytes_findings(subject: Subject, pin: Pin, node: Package, *, against_lock: bool) -> Iterator[Finding]:
    fetched = subject.fetched.get(node)
    if fetched is None or isinstance(fetched, NotKnown):
        return
    artifact = fetched.artifact
    sides: list[tuple[str, tuple[Hash, ...], bool]] = [("the index", artifact.hashes, True)]
    release = subject.releases.get(node)
    listed = release is not None and not isinstance(release.artifacts, NotKnown) and bool(artifact.hashes)
    # A file of the release that the lock does not allow says nothing about the files that it does allow.
    if against_lock and (not listed or covered_by(pin, artifact) or not comparable(pin, (artifact,))):
        named = tuple(one for file in pin.artifacts if file.filename == artifact.filename for one in file.hashes)
        sides.append((pin.location.path, named or pin.hashes, bool(named)))
    for who, stated, of_this_file in sides:
        expected, actual = (bytes_against if of_this_file else allowed_bytes)(fetched, stated)
        if expected:
            yield make(
                "pins/hash-mismatch-bytes",
                _reference(node),
                f"The bytes of {artifact.filename} do not have the digest that {who} states.",
                [evidence(pin.location, f"digest stated by {who}", text=pin.text, sha256=fetched.sha256)],
                key=(pin.location.path, artifact.filename, *expected),
                subject=subject,
                node=node,
                rejects=True,
                details=(("stated by", who), ("stated", _some(expected)), ("of the bytes read", _some(actual))),
            )
            return
    if wrong_size(fetched):
        yield make(
            "pins/size-mismatch",
            _reference(node),
            f"The index says that {artifact.filename} has {artifact.size} bytes; {fetched.size} were read.",
            [evidence(pin.location, "size stated by the index", text=pin.text, sha256=fetched.sha256)],
            key=(pin.location.path, artifact.filename),
            subject=subject,
            node=node,
        )


def _some(values: tuple[str, ...]) -> str:
    shown = ", ".join(values[:MAX_SHOWN])
    return f"{shown} and {len(values) - MAX_SHOWN} more" if len(values) > MAX_SHOWN else shown
