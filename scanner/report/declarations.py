"""CycloneDX 1.6 *declarations* for the controls matrix: one claim a control, the outcome as evidence, not conformance.

Only controls that the audit could assess are claimed; a claim without evidence would be none.
"""

from __future__ import annotations

from typing import Any

from scanner.model.report import Report
from scanner.report.controls import OUTCOME_WORDS, control_rows
from scanner.report.safe_text import one_line


def declarations(report: Report, target: str) -> dict[str, Any]:
    """The object under ``declarations``: ``target`` is the bom-ref of what was audited."""
    claims: list[dict[str, Any]] = []
    evidence: list[dict[str, Any]] = []
    for entry in control_rows(report):
        for row in entry.rows:
            if row.outcome == "not-assessed":
                continue
            said = f"{OUTCOME_WORDS[row.outcome]}: {one_line(row.basis)}"
            proof: dict[str, Any] = {"bom-ref": f"evidence-{row.id}", "propertyName": row.id, "description": said}
            evidence.append(proof)
            claim: dict[str, Any] = {
                "bom-ref": f"claim-{row.id}",
                "target": target,
                "predicate": f"{entry.framework.title} ({entry.framework.edition}), {row.ref}: {row.title}",
                "reasoning": said,
            }
            claim["counterEvidence" if row.outcome == "contradicts" else "evidence"] = [proof["bom-ref"]]
            claims.append(claim)
    return {"assessors": [{"bom-ref": "assessor", "thirdParty": True}], "claims": claims, "evidence": evidence}
