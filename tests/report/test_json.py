"""``report.json``: its schema, its bytes, and what is refused when one is read back."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from scanner.model.errors import InputError
from scanner.model.report import SCHEMA_VERSION, Report
from scanner.report import json_format
from scanner.report.render import load, render
from tests.report.hostile import ATTACKS, hostile_report
from tests.report.sample import build_report

SCHEMA = Path(json_format.__file__).parent / "schema" / f"report-{SCHEMA_VERSION}.schema.json"


def test_the_committed_schema_is_the_one_of_the_types() -> None:
    assert SCHEMA.read_bytes() == json_format.schema(), "write json_format.schema() to the file again"


def test_the_sample_is_valid_and_comes_back_equal(report: Report) -> None:
    body = render(report, "json")
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(json.loads(body))
    assert load(body) == report


def test_top_level_keys_and_the_fields_that_others_read(report: Report) -> None:
    value = json.loads(render(report, "json"))
    assert value.keys() >= {
        *("schema_version", "tool", "verdict", "reasons", "database", "packages", "graph", "findings", "coverage")
    }
    assert value["findings"][0].keys() >= {
        *("id", "rule", "severity", "confidence", "trigger", "package", "evidence", "paths", "remediation"),
        "references",
    }
    assert value["findings"][0]["package"].keys() == {"name", "version"}
    assert value["coverage"][0].keys() == {"check", "subject", "status", "reason", "remedy"}


def test_the_same_report_gives_the_same_bytes(report: Report) -> None:
    assert render(report, "json") == render(build_report(), "json")


@pytest.mark.parametrize("start", range(len(ATTACKS)))
def test_hostile_strings_are_values_and_pure_ascii_without_escapes_of_terminals(start: int) -> None:
    body = render(hostile_report(start), "json")
    assert all(byte == 0x0A or 0x20 <= byte < 0x7F for byte in body)
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(json.loads(body))
    assert render(load(body), "json") == body


def mutated(change: dict[str, object]) -> bytes:
    value = msgspec.to_builtins(build_report(3, findings=1))
    value.update(change)
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not a report"),
        (b'{"a":' * 100_000, "not JSON"),
        (b"[]", "not a report"),
        (b"{}", "schema version none"),
        (b'{"schema_version": "2.0"}', "schema version 2.0"),
        (b'{"schema_version": "1.0"}', "missing required field"),
        (mutated({"verdict": "fine"}), "verdict"),
        (mutated({"packages": 3}), "packages"),
    ],
)
def test_what_is_no_report_is_refused_with_the_reason(body: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        load(body, "x.json")
    assert "x.json" in caught.value.message
    assert caught.value.remedy


def test_an_edge_out_of_range_is_refused() -> None:
    value = json.loads(render(build_report(3, findings=1), "json"))
    value["graph"]["edges"][0]["child"] = 99
    with pytest.raises(InputError, match=r"graph\.edges\[0\]"):
        load(json.dumps(value).encode())


def test_fields_of_a_later_minor_version_are_ignored() -> None:
    assert load(mutated({"schema_version": "1.7", "new_field": [1]})).run.project == "labeling-vendor"


@pytest.mark.parametrize("kind", ["json", "sarif", "markdown", "text", "annotations", "html"])
def test_no_password_of_a_url_is_left_in_any_format(report: Report, kind: str) -> None:
    finding = report.findings[0]
    told = msgspec.structs.replace(finding, summary=f"{finding.summary} from https://u:p@s3cretpw@host.invalid/simple")
    leaky = msgspec.structs.replace(report, findings=(told, *report.findings[1:]))
    assert b"s3cretpw" in render(leaky, "json")
    body = render(load(render(leaky, "json")), kind)
    assert b"s3cretpw" not in body
    assert b"host" in body
