"""SARIF and CycloneDX against their published schemas, and against what their readers do with them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import jsonschema
import msgspec
import pytest

from scanner.model.errors import UsageError
from scanner.model.report import Report
from scanner.report.render import render
from tests.report.hostile import ATTACKS, hostile_report
from tests.report.sample import build_report

SARIF_PACKAGE = "@microsoft/jest-sarif@1.0.0-beta.0"
SARIF_MEMBER = "lib/schemas/sarif-2.1.0-rtm.5.json"
SARIF_SHA256 = "2d99159ae54a3eea97f81781cff48780548657c35949f4b7f25e99a2ba4de4f8"


def test_sarif_is_valid_by_the_published_schema(report: Report, npm_file: Callable[[str, str, str], bytes]) -> None:
    schema = json.loads(npm_file(SARIF_PACKAGE, SARIF_MEMBER, SARIF_SHA256))
    validator = jsonschema.validators.validator_for(schema)(schema)
    for one in (report, build_report(1, findings=0), *map(hostile_report, range(len(ATTACKS)))):
        validator.validate(json.loads(render(one, "sarif")))


def test_sarif_results_lie_on_the_line_that_brings_the_package_in(report: Report) -> None:
    run = json.loads(render(report, "sarif"))["runs"][0]
    by_id = {one["partialFingerprints"]["assayFindingId/v1"]: one for one in run["results"]}
    vulnerable = next(one for one in report.findings if one.rule == "advisories/vulnerable")
    physical = by_id[vulnerable.id]["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "requirements.txt", "uriBaseId": "PROJECTROOT"}
    assert physical["region"]["startLine"] == vulnerable.evidence[0].location.line


def test_sarif_every_rule_index_points_at_its_rule(report: Report) -> None:
    run = json.loads(render(report, "sarif"))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    assert all(one["help"]["text"] and one["properties"]["security-severity"] for one in rules)


def test_sarif_waivers_are_suppressions_and_gaps_are_notifications(report: Report) -> None:
    run = json.loads(render(report, "sarif"))["runs"][0]
    suppressed = [one for one in run["results"] if "suppressions" in one]
    assert [one["partialFingerprints"]["assayFindingId/v1"] for one in suppressed] == [report.waived[0].finding.id]
    assert suppressed[0]["suppressions"][0]["status"] == "accepted"
    said = " ".join(one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"])
    assert "the extra is not installed" in said


def test_sarif_uris_are_relative_whatever_the_path_says() -> None:
    for start in range(len(ATTACKS)):
        for result in json.loads(render(hostile_report(start), "sarif"))["runs"][0]["results"]:
            uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            assert ":" not in uri
            assert not uri.startswith("/")


def test_cyclonedx_is_valid_by_the_published_schema(report: Report) -> None:
    schema = pytest.importorskip("cyclonedx.schema", reason="the extra cyclonedx is not installed")
    from cyclonedx.validation.json import JsonStrictValidator

    validator = JsonStrictValidator(schema.SchemaVersion.V1_6)
    for one in (report, build_report(1, findings=0), *map(hostile_report, range(len(ATTACKS)))):
        assert validator.validate_str(render(one, "cyclonedx").decode()) is None


def test_cyclonedx_holds_every_package_its_hash_its_edges_and_its_vulnerabilities(report: Report) -> None:
    pytest.importorskip("cyclonedx", reason="the extra cyclonedx is not installed")
    bom = json.loads(render(report, "cyclonedx"))
    assert {one["name"] for one in bom["components"]} == {one.name for one in report.packages}
    hashed = [one for one in bom["components"] if one.get("hashes")]
    assert len(hashed) == sum(isinstance(one.sha256, str) for one in report.packages)
    assert sum(len(one.get("dependsOn", [])) for one in bom["dependencies"]) > 40
    states = {one["analysis"]["state"] for one in bom["vulnerabilities"]}
    assert states == {"exploitable", "in_triage"}
    claims = {one["bom-ref"]: one for one in bom["declarations"]["claims"]}
    assert "counterEvidence" in claims["claim-sp800-161-si-3"]
    assert "claim-ssdf-po.1.3" not in claims


@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        ("MIT AND (Apache-2.0 OR LicenseRef-Corp)", {"expression": "MIT AND (Apache-2.0 OR LicenseRef-Corp)"}),
        ("LicenseRef-Corp", {"expression": "LicenseRef-Corp"}),
        ("MIT", {"license": {"id": "MIT"}}),
        ("apache-2.0", {"license": {"id": "Apache-2.0"}}),
        ("BSD", {"license": {"name": "BSD"}}),
        ("MIT+", {"license": {"name": "MIT+"}}),
        ("MIT License", {"license": {"name": "MIT License"}}),
        ("(" * 900, {"license": {"name": "(" * 900}}),
        ("MIT AND", {"license": {"name": "MIT AND"}}),
        ("__import__('os')", {"license": {"name": "__import__('os')"}}),
    ],
)
def test_cyclonedx_licences_are_what_tools_can_evaluate(stated: str, shown: dict[str, object]) -> None:
    pytest.importorskip("cyclonedx.schema", reason="the extra cyclonedx is not installed")
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    report = build_report(1)
    entry = msgspec.structs.replace(report.packages[0], licence=stated)
    text = render(msgspec.structs.replace(report, packages=(entry,)), "cyclonedx").decode()
    assert json.loads(text)["components"][0]["licenses"] == [shown]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_cyclonedx_is_reproducible(report: Report) -> None:
    pytest.importorskip("cyclonedx", reason="the extra cyclonedx is not installed")
    assert render(report, "cyclonedx") == render(build_report(), "cyclonedx")


def test_without_the_extra_the_error_says_how_to_install_it(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cyclonedx", None)
    with pytest.raises(UsageError) as caught:
        render(report, "cyclonedx")
    assert "assay[cyclonedx]" in caught.value.remedy
