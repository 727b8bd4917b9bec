"""Several vendors on one page: a comparison first, then each report whole, with anchors of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from scanner.model.errors import UsageError
from scanner.model.known import NotKnown
from scanner.model.report import Report
from scanner.report.context import DEFAULT_CONTEXT, RenderContext
from scanner.report.document import Document, document_of
from scanner.report.html import page
from scanner.report.summary import severity_counts

MAX_REPORTS = 20
MAX_SHARED = 40


class VendorRow(msgspec.Struct, frozen=True):
    """One vendor of the comparison."""

    document: Document
    severities: tuple[tuple[str, int], ...]
    required_gaps: int
    database: str
    assets: int


class SharedFinding(msgspec.Struct, frozen=True):
    """A rule and package that more than one vendor has; ``links`` are (project, anchor)."""

    title: str
    package: str
    severity: str
    links: tuple[tuple[str, str], ...]


class Comparison(msgspec.Struct, frozen=True):
    rows: tuple[VendorRow, ...]
    shared: tuple[SharedFinding, ...]
    shared_packages: int


def render_merged(reports: Sequence[Report], context: RenderContext = DEFAULT_CONTEXT) -> bytes:
    """One HTML page of the reports, in the order given. Raises :class:`UsageError` for fewer than two or too many."""
    if not 2 <= len(reports) <= MAX_REPORTS:
        raise UsageError(
            f"--merge takes from 2 to {MAX_REPORTS} reports; {len(reports)} were named",
            remedy="Name the report.json of each vendor.",
        )
    documents = [document_of(one, context, prefix=f"v{number}-") for number, one in enumerate(reports, 1)]
    rows = tuple(vendor_row(one) for one in documents)
    comparison = Comparison(rows, shared_findings(documents), shared_packages(reports))
    return page(documents, title=f"{len(reports)} vendors: supply-chain audits compared", comparison=comparison)


def vendor_row(document: Document) -> VendorRow:
    report = document.report
    return VendorRow(
        document=document,
        severities=tuple(severity_counts(report.findings).items()),
        required_gaps=sum(len(one.subjects) for one in document.gaps if one.required),
        database="not known" if isinstance(report.database, NotKnown) else report.database.as_of,
        assets=len(report.assets),
    )


def shared_findings(documents: Sequence[Document]) -> tuple[SharedFinding, ...]:
    """By finding id: the same rule said the same of the same package; the worst first."""
    found: dict[str, list[tuple[int, str]]] = {}
    for number, document in enumerate(documents):
        for view in document.findings:
            places = found.setdefault(view.finding.id, [])
            if number not in {one for one, _ in places}:
                places.append((number, view.anchor))
    shared = []
    for document in documents:
        for view in document.findings:
            places = found.pop(view.finding.id, [])
            if len(places) > 1:
                links = tuple((documents[number].report.run.project, anchor) for number, anchor in places)
                severity = view.finding.severity
                shared.append(SharedFinding(view.finding.title, str(view.finding.package), severity, links))
    return tuple(shared[:MAX_SHARED])


def shared_packages(reports: Sequence[Report]) -> int:
    """How many packages, by name and version, are in more than one report."""
    counted = Counter(key for report in reports for key in {(one.name, one.version) for one in report.packages})
    return sum(number > 1 for number in counted.values())
