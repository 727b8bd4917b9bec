"""``report.md``: a comment on a pull request.

GitHub-flavoured Markdown in which nothing from outside is markup, a link, an image, a mention or a table cell's end;
about 60,000 characters at most, since a comment may have 65,536.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.model.finding import Finding
from scanner.model.known import NotKnown
from scanner.model.report import Report
from scanner.report.context import DEFAULT_CONTEXT, RenderContext
from scanner.report.safe_text import capped, defang, https_link, log_line
from scanner.report.summary import (
    VERDICT_MEANINGS,
    VERDICT_TITLES,
    direct_and_transitive,
    gap_groups,
    many,
    ordered,
    severity_counts,
)
from scanner.report.words import SEVERITY_WORDS, TRIGGER_WORDS

MAX_CHARACTERS = 60_000
MAX_EXCERPT = 8
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+.!|~>$^=:-])")
_MENTION = re.compile(r"@")


def render(report: Report, context: RenderContext = DEFAULT_CONTEXT) -> bytes:
    parts = list(_head(report))
    size = sum(len(part) for part in parts)
    findings = ordered(report.findings)
    shown = 0
    for finding in findings:
        block = "\n".join(_finding(finding)) + "\n"
        if size + len(block) > MAX_CHARACTERS:
            break
        parts.append(block)
        size += len(block)
        shown += 1
    if shown < len(findings):
        parts.append(f"\n{many(len(findings) - shown, 'more finding')} in the full report.\n")
    parts.append("\n".join(_foot(report)))
    return ("\n".join(parts).rstrip() + "\n").encode("utf-8")


def text(value: str, limit: int = 600) -> str:
    """Words from outside as words: what Markdown reads is escaped, links are defanged, ``@`` cannot mention."""
    safe = capped(defang(log_line(value)), limit)
    safe = safe.replace("&", "&amp;").replace("<", "&lt;")
    return _MENTION.sub("`@`", _SPECIAL.sub(r"\\\1", safe))


def code(value: str, limit: int = 300) -> str:
    """An inline code span whose fence is longer than any run of backticks inside; a pipe cannot end a table cell."""
    safe = capped(defang(log_line(value)), limit).replace("|", "¦")
    if not safe.strip():
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", safe)), default=0))
    pad = " " if safe[0] in "` " or safe[-1] in "` " else ""
    return f"{fence}{pad}{safe}{pad}{fence}"


def block(lines: list[str], language: str = "") -> str:
    """A fenced block; the fence is longer than any run of backticks inside."""
    body = "\n".join(capped(defang(log_line(line)), 300) for line in lines)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", body)), default=0))
    return f"{fence}{language}\n{body}\n{fence}"


def _head(report: Report) -> Iterator[str]:
    yield f"## Supply-chain audit: {VERDICT_TITLES[report.verdict]}\n"
    yield f"{VERDICT_MEANINGS[report.verdict]} Decided by {code(report.decided_by)}.\n"
    yield "\n".join(f"- {text(reason)}" for reason in report.reasons) + "\n"
    counts = severity_counts(report.findings)
    direct, transitive = direct_and_transitive(report)
    yield "| " + " | ".join(SEVERITY_WORDS[one] for one in SEVERITY_WORDS) + " | Accepted | Packages |"
    yield "|" + " ---: |" * (len(counts) + 2)
    row = [*(f"{number:,}" for number in counts.values()), f"{len(report.waived):,}"]
    yield f"| {' | '.join(row)} | {len(report.packages):,} ({direct:,} direct, {transitive:,} transitive) |\n"
    gaps = gap_groups(report)
    yield f"### Not checked ({sum(len(one.subjects) for one in gaps):,})\n"
    if not gaps:
        yield "Every check ran on everything it applies to.\n"
    for gap in gaps[:12]:
        required = " (required by the policy)" if gap.required else ""
        names = ", ".join(code(one, 80) for one in gap.subjects[:5])
        more = f" and {len(gap.subjects) - 5:,} more" if len(gap.subjects) > 5 else ""
        remedy = f" {text(gap.remedy)}" if gap.remedy else ""
        yield f"- {text(gap.title)}{required}: {text(gap.reason)}{remedy} {names}{more}"
    if len(gaps) > 12:
        yield f"- {len(gaps) - 12:,} more reasons in the full report"
    yield f"\n### Findings ({len(report.findings):,})\n"
    if not report.findings:
        yield "None in what was checked.\n"


def _finding(finding: Finding) -> Iterator[str]:
    yield f"<details><summary><b>{SEVERITY_WORDS[finding.severity]}</b> {_html(finding.title)}</summary>\n"
    yield f"{code(str(finding.package))}, rule {code(finding.rule)}, confidence {finding.confidence}, "
    yield f"{TRIGGER_WORDS[finding.trigger].lower()}\n"
    yield f"{text(finding.summary, 1500)}\n"
    yield f"**What to do** {text(finding.remediation, 1000)}\n"
    for path in finding.paths[:2]:
        yield "Brought in by " + " → ".join(code(f"{step.name} {step.version}".strip(), 80) for step in path) + "\n"
    for evidence in finding.evidence[:2]:
        yield f"{code(str(evidence.location))}\n"
        if evidence.excerpt:
            marked = [one for one in evidence.excerpt if one.marked] or list(evidence.excerpt)
            yield block([f"{one.number}: {one.text}" for one in marked[:MAX_EXCERPT]]) + "\n"
        for layer in evidence.layers[:2]:
            yield f"Decoded: {code(layer.how)}\n\n" + block(layer.text.splitlines()[:MAX_EXCERPT]) + "\n"
    links = [link for link in map(https_link, finding.references[:6]) if link]
    if links:
        yield " · ".join(f"<{link}>" for link in links) + "\n"
    yield f"{code(finding.id)}\n\n</details>\n"


def _html(value: str) -> str:
    """Inside the summary tag Markdown is not read: HTML escaping is what counts there."""
    safe = capped(defang(log_line(value)), 300)
    safe = safe.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    # A renderer may read Markdown here all the same, so what could open a span is written as a character reference.
    safe = re.sub(r"[\\`*_\[\]!#~|$:]", lambda match: f"&#{ord(match[0])};", safe)
    return safe.replace("@", "<code>@</code>")


def _foot(report: Report) -> Iterator[str]:
    database = report.database
    known = f"advisories not known: {text(database.reason)}" if isinstance(database, NotKnown) else ""
    if not isinstance(database, NotKnown):
        known = f"advisories as of {text(database.as_of, 40)}"
    tool = f"{text(report.tool.name, 40)} {text(report.tool.version, 40)}"
    yield f"\n<sub>{tool}, {text(report.run.time, 60)}, {known}, network {text(report.run.network, 40)}</sub>"
