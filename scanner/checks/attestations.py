"""Attestations: who published each file, verified offline, and whether that is who published it before."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.checks.attestations_expected import expectations
from scanner.checks.build import evidence, make
from scanner.checks.places import is_own_folder, places
from scanner.checks.run import each_package
from scanner.checks.subject import CheckMeta, Outcome, Subject
from scanner.integrity.provenance import Invalid, NoAttestation, Unsupported, Verified
from scanner.integrity.provenance import Outcome as AttestationOutcome
from scanner.integrity.sigstore import verify
from scanner.integrity.trust_root import trust_root
from scanner.model.coverage import Coverage
from scanner.model.finding import Evidence, Finding, PackageRef
from scanner.model.known import NotKnown
from scanner.model.location import Location
from scanner.model.package import Package

META = CheckMeta(
    id="attestations",
    title="Who published each file (PEP 740)",
    needs_network=True,
    category="integrity",
    scope=("package",),
    controls=("ssdf-ps.3.2", "s2c2f-aud-1"),
)


def run(subject: Subject) -> Iterator[Outcome]:
    """One coverage for each package; findings for attestations that are invalid, changed, or gone."""
    root = trust_root(subject.settings.integrity.trust_root)
    where = places(subject)

    def one(package: Package) -> Iterator[Outcome]:
        outcome = outcome_of(subject, package, root)
        location, text = where[package]
        place = evidence(location, _note(outcome), text=text)
        yield from _findings(subject, package, outcome, place, root)
        yield _coverage(subject, package, outcome)

    yield from each_package(META, subject, one)


def outcome_of(subject: Subject, package: Package, root: bytes | None = None) -> AttestationOutcome:
    """What is known of the publisher of the chosen artifact, as a value."""
    if package.source.kind != "index":
        return NotKnown("it does not come from an index")
    release = subject.releases.get(package)
    if release is None:
        return NotKnown("the index was not asked about it")
    if isinstance(release.chosen, NotKnown):
        return release.chosen
    raw = subject.provenance.get(package, NotKnown("its provenance was not fetched"))
    if raw is None:
        return NoAttestation()
    if isinstance(raw, NotKnown):
        return raw
    fetched = subject.fetched.get(package)
    sha256 = fetched.sha256 if fetched else release.chosen.digest("sha256")
    if not sha256:
        return NotKnown("neither its bytes nor its SHA-256 are known")
    chosen_root = root if root is not None else trust_root(subject.settings.integrity.trust_root)
    return verify(raw, release.chosen.filename, sha256, chosen_root)


def summary(subject: Subject, package: Package) -> str | NotKnown:
    """One cell of the inventory: the verified publisher, ``none``, what is wrong, or why it is not known."""
    outcome = outcome_of(subject, package)
    if isinstance(outcome, Verified):
        return str(outcome.publisher)
    if isinstance(outcome, Invalid):
        return f"invalid: {outcome.why}"
    if isinstance(outcome, NoAttestation):
        return "none"
    return NotKnown(outcome.why) if isinstance(outcome, Unsupported) else outcome


def _note(outcome: AttestationOutcome) -> str:
    if isinstance(outcome, Verified):
        return f"published by {outcome.publisher}; log entry {outcome.log_index} of {outcome.time}"
    if isinstance(outcome, Invalid):
        return outcome.why
    return "the index lists no attestation for this file" if isinstance(outcome, NoAttestation) else ""


def _coverage(subject: Subject, package: Package, outcome: AttestationOutcome) -> Coverage:
    check, who = META.id, str(package)
    if is_own_folder(subject, package) or package.source.kind == "vcs":
        return Coverage(check, who, "not-applicable", "only published files have attestations")
    if package.source.kind != "index":
        return Coverage(check, who, "not-checked", "it does not come from an index, which would list its attestation")
    if isinstance(outcome, NotKnown):
        return Coverage(check, who, "not-checked", outcome.reason, outcome.remedy)
    if isinstance(outcome, Unsupported):
        return Coverage(check, who, "not-checked", outcome.why, "Install a newer release of assay.")
    if isinstance(outcome, NoAttestation):
        return Coverage(check, who, "checked", "the index lists no attestation for the file")
    return Coverage(check, who, "checked")


def _findings(
    subject: Subject, package: Package, outcome: AttestationOutcome, place: Evidence, root: bytes
) -> Iterator[Finding]:
    if isinstance(outcome, (NotKnown, Unsupported)):
        return
    who = PackageRef(package.name, package.version)
    release = subject.releases[package]
    filename = "" if isinstance(release.chosen, NotKnown) else release.chosen.filename
    if isinstance(outcome, Invalid):
        rule = "attestations/other-file" if outcome.code in ("other-file", "other-bytes") else "attestations/invalid"
        yield make(
            rule,
            who,
            f"The attestation of {filename} does not hold: {outcome.why}.",
            [place, Evidence(Location("provenance", artifact=filename), note=outcome.code)],
            key=(filename, outcome.code),
            subject=subject,
            node=package,
            rejects=True,
            details=(("file", filename), ("reason", outcome.code)),
        )
        return
    yield from expectations(subject, package, outcome, place, root)
