"""``report.cdx.json``: CycloneDX 1.6 with components, dependencies, vulnerabilities (VEX analysis) and declarations.

Built with ``cyclonedx-python-lib`` (the extra ``cyclonedx``). The library has no declarations, so they are added to the
JSON that it writes, in the shape of the 1.6 schema. The serial number follows from the report's digest.
"""

from __future__ import annotations

import hashlib
import json
import uuid
import warnings
from datetime import UTC, datetime
from typing import Any

from scanner.model.errors import UsageError
from scanner.model.finding import Finding
from scanner.model.graph import Root
from scanner.model.known import NotKnown
from scanner.model.report import PackageEntry, Report, WaivedFinding
from scanner.report import json_format
from scanner.report.context import DEFAULT_CONTEXT, RenderContext
from scanner.report.declarations import declarations
from scanner.report.safe_text import capped, defang, https_link, one_line, plain
from scanner.report.summary import ordered

INSTALL = "Install it with: python -m pip install 'assay[cyclonedx]'"
_VULNERABLE = frozenset({"vulnerability", "malicious"})
_ROOT_REF = "project"


def render(report: Report, context: RenderContext = DEFAULT_CONTEXT) -> bytes:
    """Raises :class:`UsageError` where the extra is not installed."""
    try:
        import cyclonedx  # noqa: F401
    except ImportError as error:
        raise UsageError("CycloneDX needs the extra `cyclonedx`, which is not installed", remedy=INSTALL) from error
    from cyclonedx.output.json import JsonV1Dot6

    digest = hashlib.sha256(json_format.render(report)).hexdigest()
    bom = _bom(report, digest)
    with warnings.catch_warnings():
        # The library warns of a project without dependencies; ours may have none, and that is no fault.
        warnings.simplefilter("ignore", UserWarning)
        document = json.loads(JsonV1Dot6(bom).output_as_string())
    _sort(document)
    document["declarations"] = declarations(report, _ROOT_REF)
    return json_format.ascii_json(document)


def _bom(report: Report, digest: str) -> Any:
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.tool import ToolRepository

    project = Component(name=_line(report.run.project) or "project", type=ComponentType.APPLICATION, bom_ref=_ROOT_REF)
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_OID, digest), version=1)
    bom.metadata.component = project
    bom.metadata.timestamp = _moment(report.run.time)
    tool = Component(name=_line(report.tool.name) or "assay", version=_line(report.tool.version, 400), bom_ref="tool")
    bom.metadata.tools = ToolRepository(components=[tool])
    bom.metadata.properties = [
        Property(name="assay:verdict", value=report.verdict),
        Property(name="assay:decided-by", value=_line(report.decided_by)),
        Property(name="assay:report-sha256", value=digest),
    ]
    components = [_component(one, number, report) for number, one in enumerate(report.packages)]
    for one in components:
        bom.components.add(one)
    _dependencies(bom, project, components, report)
    _vulnerabilities(bom, components, report)
    return bom


def _component(entry: PackageEntry, number: int, report: Report) -> Any:
    from cyclonedx.model import HashAlgorithm, HashType, Property
    from cyclonedx.model.component import Component, ComponentType

    component = Component(
        name=_line(entry.name) or "unnamed",
        version=_line(entry.version, 400) or None,
        type=ComponentType.LIBRARY,
        bom_ref=_reference(number),
        purl=_purl(entry),
        description=_line(entry.summary) or None,
    )
    if not isinstance(entry.sha256, NotKnown) and _is_sha256(entry.sha256):
        component.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=entry.sha256))
    if not isinstance(entry.licence, NotKnown) and _line(entry.licence):
        component.licenses.add(_licence(_line(entry.licence)))
    for capability in entry.capabilities:
        component.properties.add(
            Property(name=f"assay:capability:{_line(capability.name, 80)}", value=_line(capability.proof))
        )
    subject = f"{entry.name}=={entry.version}"
    for one in sorted(report.coverage):
        if one.subject == subject and one.status != "checked":
            said = _line(f"{one.status}: {one.reason}")
            component.properties.add(Property(name=f"assay:coverage:{_line(one.check, 80)}", value=said))
    return component


def _licence(text: str) -> Any:
    """``license.id`` for one SPDX identifier, ``expression`` for an SPDX expression, else ``license.name``."""
    from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
    from cyclonedx.spdx import is_supported_id
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        expression = canonicalize_license_expression(text)
    except (InvalidLicenseExpression, ValueError, SyntaxError, RecursionError, MemoryError):
        return DisjunctiveLicense(name=text)
    if is_supported_id(expression):
        return DisjunctiveLicense(id=expression)
    # One identifier that the schema does not list would make the document invalid.
    lone = " " not in expression and not expression.startswith("LicenseRef-")
    return DisjunctiveLicense(name=text) if lone else LicenseExpression(expression)


def _dependencies(bom: Any, project: Any, components: list[Any], report: Report) -> None:
    """Edges by purl and version; the roots of the graph are the project itself."""
    index = {(one.name, one.version): number for number, one in enumerate(report.packages)}
    below: dict[int, list[Any]] = {}
    for edge in report.graph.edges:
        child = report.graph.nodes[edge.child]
        parent = report.graph.nodes[edge.parent]
        target = index.get((child.name, child.version))
        origin = -1 if isinstance(parent.root, Root) else index.get((parent.name, parent.version))
        if target is not None and origin is not None and target != origin:
            below.setdefault(origin, []).append(components[target])
    bom.register_dependency(project, below.get(-1, []))
    for number, component in enumerate(components):
        bom.register_dependency(component, below.get(number, []))


def _vulnerabilities(bom: Any, components: list[Any], report: Report) -> None:
    refs = {(one.name, one.version): component for one, component in zip(report.packages, components, strict=True)}
    found: list[tuple[Finding, WaivedFinding | None]] = [(one, None) for one in ordered(report.findings)]
    found += [(one.finding, one) for one in report.waived]
    for finding, waiver in found:
        if finding.category in _VULNERABLE:
            bom.vulnerabilities.add(
                _vulnerability(finding, waiver, refs.get((finding.package.name, finding.package.version)))
            )


def _vulnerability(finding: Finding, waiver: WaivedFinding | None, component: Any) -> Any:
    from cyclonedx.model import Property, XsUri
    from cyclonedx.model.impact_analysis import ImpactAnalysisState
    from cyclonedx.model.vulnerability import (
        BomTarget,
        Vulnerability,
        VulnerabilityAdvisory,
        VulnerabilityAnalysis,
        VulnerabilityRating,
        VulnerabilityReference,
        VulnerabilitySeverity,
        VulnerabilitySource,
    )

    # A waiver accepts a risk: it never says "not affected". A malicious release is exploitable by its nature.
    if waiver is not None:
        said = f"Accepted by {waiver.owner} until {waiver.expires}: {waiver.reason}"
        analysis = VulnerabilityAnalysis(state=ImpactAnalysisState.IN_TRIAGE, detail=_text(said))
    elif finding.category == "malicious":
        analysis = VulnerabilityAnalysis(state=ImpactAnalysisState.EXPLOITABLE, detail=_text(finding.summary))
    else:
        analysis = VulnerabilityAnalysis(state=ImpactAnalysisState.IN_TRIAGE, detail="Not analysed for reachability.")
    names = [_line(one, 200) for one in finding.aliases if _line(one)]
    links = [link for link in map(https_link, finding.references) if link]
    severity = VulnerabilitySeverity(finding.severity)
    return Vulnerability(
        bom_ref=f"finding-{_line(finding.id, 200)}",
        id=names[0] if names else _line(finding.id, 200) or "unnamed",
        source=VulnerabilitySource(name="assay"),
        references=[VulnerabilityReference(id=one, source=VulnerabilitySource(name="alias")) for one in names[1:]],
        ratings=[VulnerabilityRating(severity=severity)],
        description=_line(finding.title),
        detail=_text(finding.summary),
        recommendation=_text(finding.remediation),
        advisories=[VulnerabilityAdvisory(url=XsUri(one)) for one in links],
        analysis=analysis,
        affects=[BomTarget(ref=component.bom_ref.value)] if component is not None else [],
        properties=[
            Property(name="assay:rule", value=_line(finding.rule)),
            Property(name="assay:confidence", value=finding.confidence),
            Property(name="assay:trigger", value=finding.trigger),
        ],
    )


def _reference(number: int) -> str:
    return f"package-{number:05d}"


def _purl(entry: PackageEntry) -> Any:
    from packageurl import PackageURL

    name = _line(entry.name)
    return PackageURL("pypi", None, name, _line(entry.version) or None) if name else None


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and all(character in "0123456789abcdef" for character in text)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _line(text: str, limit: int = 1000) -> str:
    return capped(defang(one_line(text)), limit).strip()


def _text(text: str, limit: int = 4000) -> str:
    return capped(defang(plain(text)), limit)


def _sort(document: dict[str, Any]) -> None:
    """The library sorts its sets; lists of ours keep their order. Only the order of references is made certain here."""
    for entry in document.get("dependencies", []):
        entry.get("dependsOn", []).sort()
    document.get("dependencies", []).sort(key=lambda entry: entry["ref"])
