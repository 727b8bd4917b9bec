"""Holds a verified publisher against an expectation that the same response of the index cannot supply.

In this order, and only the first that exists: the publisher that the policy names; the publisher of an earlier report
(trust on first use); the publisher of the releases before. The source URL in the metadata is compared beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from scanner.checks.build import make
from scanner.checks.subject import Subject
from scanner.integrity.provenance import NoAttestation, Publisher, Verified
from scanner.integrity.sigstore import verify
from scanner.model.finding import Evidence, Finding, PackageRef
from scanner.model.known import NotKnown
from scanner.model.location import Location
from scanner.model.package import Package

FORGES = ("github.com", "gitlab.com")


def expectations(
    subject: Subject, package: Package, outcome: Verified | NoAttestation, place: Evidence, root: bytes
) -> Iterator[Finding]:
    """Findings where the publisher is another than expected, or where there was one and is none now."""
    pinned = subject.settings.integrity.publishers.get(package.name, ())
    if isinstance(outcome, NoAttestation):
        yield from _absent(subject, package, place, root, pinned=pinned)
        return
    publishers = (outcome.publisher, *outcome.others)
    known = subject.known_publishers.get(package.name, ())
    if pinned:
        yield from _against_policy(subject, package, publishers, pinned, place)
    elif known and not {one.url.lower() for one in publishers} <= {url.lower() for url in known}:
        yield _changed(subject, package, outcome, ("an earlier report", ", ".join(known)), (place,))
    else:
        yield from _against_history(subject, package, outcome, place, root)
    yield from _against_metadata(subject, package, outcome.publisher, place)


def previous(subject: Subject, package: Package, root: bytes) -> tuple[tuple[str, Verified], ...]:
    """The earlier releases whose attestation holds, newest first: (version, what was verified).

    Their digest is the one that the index lists: the bytes of earlier releases are not read.
    """
    found: list[tuple[str, Verified]] = []
    for one in subject.history.get(package, ()):
        sha256 = one.artifact.digest("sha256")
        if isinstance(one.provenance, bytes) and sha256:
            outcome = verify(one.provenance, one.artifact.filename, sha256, root)
            if isinstance(outcome, Verified):
                found.append((one.version, outcome))
    return tuple(found)


def _ref(package: Package) -> PackageRef:
    return PackageRef(package.name, package.version)


def _absent(
    subject: Subject, package: Package, place: Evidence, root: bytes, *, pinned: tuple[str, ...]
) -> Iterator[Finding]:
    before = previous(subject, package, root)
    known = subject.known_publishers.get(package.name, ())
    if before or known:
        gaps = [one for one in subject.history.get(package, ()) if one.provenance is None]
        since = f"{package.name} {before[0][0]} was published by {before[0][1].publisher}" if before else ""
        told = since or f"an earlier report saw {package.name} published by {', '.join(known)}"
        yield make(
            "attestations/attested-before",
            _ref(package),
            f"{package} has no attestation, and {told}.",
            [place, *(_past(version, one) for version, one in before)],
            key=("attested-before",),
            subject=subject,
            node=package,
            # A project that attests some releases and not others tells nothing by leaving one out.
            severity="medium" if gaps else None,
            confidence="medium" if gaps else "high",
        )
    if pinned or subject.settings.integrity.require_attestations:
        asked = f"the policy expects {', '.join(pinned)}" if pinned else "the policy requires attestations"
        yield make(
            "attestations/missing",
            _ref(package),
            f"{package} has no attestation, and {asked}.",
            [place],
            key=("missing",),
            subject=subject,
            node=package,
        )


def _against_policy(
    subject: Subject, package: Package, publishers: tuple[Publisher, ...], pinned: tuple[str, ...], place: Evidence
) -> Iterator[Finding]:
    accepted = {url.lower().rstrip("/") for url in pinned}
    for publisher in publishers:
        if not publisher.identities & accepted:
            yield make(
                "attestations/publisher-not-allowed",
                _ref(package),
                f"{package} was published by {publisher}, and the policy accepts only {', '.join(pinned)}.",
                [place],
                key=(publisher.url, publisher.workflow),
                subject=subject,
                node=package,
                rejects=True,
                details=(("published by", str(publisher)), ("policy", ", ".join(pinned))),
            )


def _against_history(
    subject: Subject, package: Package, outcome: Verified, place: Evidence, root: bytes
) -> Iterator[Finding]:
    before = previous(subject, package, root)
    if not before:
        return
    version, last = before[0]
    now, then = outcome.publisher, last.publisher
    if now.url.lower() not in {one.publisher.url.lower() for _, one in before}:
        yield _changed(subject, package, outcome, (f"release {version}", str(then)), (place, _past(version, last)))
    elif now.workflow not in {one.publisher.workflow for _, one in before}:
        yield make(
            "attestations/workflow-changed",
            _ref(package),
            f"{package} was published by the workflow {now.workflow}, and {version} by {then.workflow}.",
            [place, _past(version, last)],
            key=(now.url, now.workflow, then.workflow),
            subject=subject,
            node=package,
            details=(("now", str(now)), ("before", str(then))),
        )
    elif now.environment not in {one.publisher.environment for _, one in before}:
        shown = now.environment or "no environment"
        yield make(
            "attestations/environment-changed",
            _ref(package),
            f"{package} was published from {shown}, and {version} from {then.environment or 'no environment'}.",
            [place, _past(version, last)],
            key=(now.url, now.environment, then.environment),
            subject=subject,
            node=package,
            # An environment is where reviewers and branch rules are enforced: losing it weighs more than gaining one.
            severity=None if not now.environment else "low",
            details=(("now", str(now)), ("before", str(then))),
        )


def _changed(
    subject: Subject, package: Package, outcome: Verified, expected: tuple[str, str], found: tuple[Evidence, ...]
) -> Finding:
    source, then = expected
    return make(
        "attestations/publisher-changed",
        _ref(package),
        f"{package} was published by {outcome.publisher}; {source} was published by {then}.",
        found,
        key=(outcome.publisher.url, then),
        subject=subject,
        node=package,
        confidence="high",
        details=(
            ("now", str(outcome.publisher)),
            ("before", then),
            ("commit", outcome.commit or "not stated"),
            ("log entry", f"{outcome.log_index} of {outcome.time}"),
        ),
    )


def _past(version: str, one: Verified) -> Evidence:
    note = f"release {version}: published by {one.publisher}; log entry {one.log_index} of {one.time}"
    return Evidence(Location(f"provenance of {version}"), note=note)


def _against_metadata(subject: Subject, package: Package, publisher: Publisher, place: Evidence) -> Iterator[Finding]:
    release = subject.releases.get(package)
    if release is None or isinstance(release.metadata, NotKnown):
        return
    repository = _repository(publisher.url) or _repository(f"https://{publisher.source}")
    declared = {
        found
        for url in (release.metadata.home_page, *(url for _, url in release.metadata.project_urls))
        if (found := _repository(url))
    }
    if repository and declared and repository not in declared:
        yield make(
            "attestations/source-differs",
            _ref(package),
            f"{package} was published from {repository}; its metadata names {', '.join(sorted(declared)[:4])}.",
            [place],
            key=(repository, *sorted(declared)),
            subject=subject,
            node=package,
            confidence="medium",
        )


def _repository(url: str) -> str:
    """``host/owner/name`` of a forge URL, lower case, or empty."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    host = (parts.hostname or "").lower().removeprefix("www.")
    pieces = [piece for piece in parts.path.split("/") if piece]
    if host not in FORGES or len(pieces) < 2 or pieces[0] in ("sponsors", "orgs"):
        return ""
    return f"{host}/{pieces[0]}/{pieces[1].removesuffix('.git')}".lower()
