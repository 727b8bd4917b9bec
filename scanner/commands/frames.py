"""Findings of one artifact as text: a code frame for each, as a compiler shows an error."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.code.analysis import Analysis
from scanner.model.finding import Evidence, Finding
from scanner.report.safe_text import log_line, log_text

MAX_LAYER_LINES = 12


def artifact_text(path: str, analysis: Analysis) -> str:
    """The verdict line, each finding with its frames and decoded layers, and what was seen only in part."""
    return "\n".join(_lines(path, analysis)) + "\n"


def _lines(path: str, analysis: Analysis) -> Iterator[str]:
    decided = f" by {', '.join(analysis.deciding_rules)}" if analysis.deciding_rules else ""
    yield f"{log_line(path)}: {analysis.verdict}{decided}"
    if analysis.error:
        yield f"  {log_line(analysis.error)}"
    for finding in analysis.findings:
        yield ""
        yield from _finding(finding)
    if analysis.coverage:
        yield ""
        yield f"  seen only in part: {len(analysis.coverage)} files"
        for one in analysis.coverage[:5]:
            yield f"    {log_line(one.subject.rpartition('!/')[2])}: {log_line(one.reason)}"
    if analysis.findings or analysis.coverage:
        yield ""


def _finding(finding: Finding) -> Iterator[str]:
    yield f"  {finding.severity}[{finding.rule}]: {log_line(finding.summary)}"
    for evidence in finding.evidence:
        yield from _frame(evidence)
    for label, value in finding.details:
        if label == "what was seen":
            yield f"    = {log_line(value)}"
    yield f"    = next: {log_line(finding.remediation)}"


def _frame(evidence: Evidence) -> Iterator[str]:
    width = len(str(evidence.excerpt[-1].number)) if evidence.excerpt else 1
    yield f"    {' ' * width}--> {log_line(str(evidence.location))}"
    if evidence.excerpt:
        yield f"    {' ' * width} |"
    for line in evidence.excerpt:
        mark = ">" if line.marked else " "
        yield f"    {line.number:>{width}} |{mark} {log_text(line.text).rstrip()}".rstrip()
    if evidence.note:
        yield f"    {' ' * width} = {log_line(evidence.note)}"
    for layer in evidence.layers:
        yield f"    {' ' * width} = decoded ({log_line(layer.how)}):"
        shown = layer.text.splitlines()
        for text in shown[:MAX_LAYER_LINES]:
            yield f"    {' ' * width}     {log_text(text)[:160]}"
        if layer.truncated or len(shown) > MAX_LAYER_LINES:
            yield f"    {' ' * width}     … (cut)"
