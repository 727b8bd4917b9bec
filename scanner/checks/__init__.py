"""The checks, in the order in which they run and report. A new check is one file and one line here."""

from __future__ import annotations

from scanner.checks import (
    advisories,
    archives,
    attestations,
    code,
    drift,
    hygiene,
    indexes,
    manifests,
    native,
    pins,
    source_drift,
    undeclared,
)
from scanner.checks.subject import Check

CHECKS: tuple[Check, ...] = (
    Check(advisories.META, advisories.run),
    Check(pins.META, pins.run),
    Check(indexes.META, indexes.run),
    Check(code.META, code.run),
    Check(native.META, native.run),
    Check(archives.META, archives.run),
    Check(drift.META, drift.run),
    Check(source_drift.META, source_drift.run),
    Check(attestations.META, attestations.run),
    Check(hygiene.META, hygiene.run),
    Check(manifests.META, manifests.run),
    Check(undeclared.META, undeclared.run),
)
