"""Evidence: matched rules as findings, each with the place, the lines, the decoded layers and the moment."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

from scanner.code.catalogue import load_catalogue
from scanner.code.events import Event
from scanner.code.matcher import Matched
from scanner.code.source import SourceFile, decode
from scanner.model.finding import (
    SEVERITIES,
    TRIGGERS,
    Category,
    CodeLine,
    DecodedLayer,
    Evidence,
    Finding,
    PackageRef,
    finding_id,
)
from scanner.model.location import Location

AROUND = 3
MAX_LINE = 200
MAX_PLACES = 4
MAX_FILES = 20
MAX_LAYERS = 6
COMPROMISED = "If it is already installed, treat the machine as compromised and rotate what it could reach."
"""Said of what is malicious, and of nothing else: it costs those who believe it a day."""
_TRIGGER_WORDS = {
    "install": "when the package is installed or built",
    "interpreter-start": "each time the interpreter starts",
    "import": "when the module is imported",
    "entry-point": "when its command is run",
    "call": "when the function is called",
    "not-code": "",
}


def make_findings(
    matched: Sequence[Matched], files: Mapping[str, SourceFile], package: PackageRef, artifact: str
) -> tuple[Finding, ...]:
    """One finding for each rule and file, with up to ``MAX_PLACES`` places; gravest first, then by rule and path.

    What is no code (eight launchers in one package) is one finding for each rule and severity.
    """
    groups: dict[tuple[str, str], list[Matched]] = defaultdict(list)
    for one in matched:
        apart = one.severity if one.event.trigger == "not-code" else one.event.path
        groups[one.rule.id, apart].append(one)
    made = [_finding(group, files, package, artifact) for group in groups.values()]
    return tuple(sorted(made, key=lambda one: (SEVERITIES.index(one.severity), one.rule, one.evidence[0].location)))


def _finding(group: list[Matched], files: Mapping[str, SourceFile], package: PackageRef, artifact: str) -> Finding:
    def order(one: Matched) -> tuple[int, int, str, int]:
        return SEVERITIES.index(one.severity), TRIGGERS.index(one.event.trigger), one.event.path, one.event.line

    group.sort(key=order)
    places = MAX_PLACES if group[0].event.trigger != "not-code" else MAX_FILES
    first = group[0]
    rule = first.rule
    contribution = first.match.verdict or rule.verdict
    evidence: list[Evidence] = []
    placed: set[tuple[str, int]] = set()
    for one in group:
        for event in (one.event, *one.others):
            if (event.path, event.line) not in placed and len(evidence) < places:
                placed.add((event.path, event.line))
                evidence.append(_evidence(event, files, artifact))
    marked = [line.text for line in evidence[0].excerpt if line.marked] or [first.event.detail]
    when = _TRIGGER_WORDS[first.event.trigger]
    summary = f"{rule.title}: {first.event.name}" + (f", {when}" if when else "") + "."
    category: Category = "malicious" if contribution == "malicious" else "code"
    return Finding(
        id=finding_id(rule.id, package, first.event.path, *marked),
        rule=rule.id,
        check="code",
        title=rule.title,
        severity=first.severity,
        confidence=rule.confidence,
        category=category,
        package=package,
        summary=summary,
        remediation=f"{rule.remediation} {COMPROMISED}" if contribution == "malicious" else rule.remediation,
        trigger=first.event.trigger,
        rejects=contribution == "malicious",
        evidence=tuple(evidence),
        references=rule.references,
        controls=tuple(dict.fromkeys((*rule.controls, *(f"attack-{one.lower()}" for one in rule.attack)))),
        details=(("verdict", contribution), ("what was seen", _seen(first))),
    )


def _seen(one: Matched) -> str:
    meanings = load_catalogue().meanings
    labels = sorted({label for event in (one.event, *one.others) for label in event.labels if meanings.get(label)})
    return "; ".join(meanings[label] for label in labels[:8]) or one.event.name


def _evidence(event: Event, files: Mapping[str, SourceFile], artifact: str) -> Evidence:
    file = files.get(event.path)
    excerpt: tuple[CodeLine, ...] = ()
    digest = ""
    if file is not None:
        digest = hashlib.sha256(file.data).hexdigest()
        excerpt = _excerpt(file, event)
    layers = tuple(_capped(one) for one in event.layers[:MAX_LAYERS])
    note = f"{event.name}: {_printable(event.detail)}" if event.detail else event.name
    return Evidence(
        location=Location(event.path, line=event.line, end_line=event.end_line, artifact=artifact),
        note=note[:300],
        sha256=digest,
        excerpt=excerpt,
        layers=layers,
    )


def _capped(layer: DecodedLayer) -> DecodedLayer:
    return DecodedLayer(layer.how, layer.text[:2000], layer.truncated or len(layer.text) > 2000, layer.language)


def _printable(text: str) -> str:
    return text[:160]


def _excerpt(file: SourceFile, event: Event) -> tuple[CodeLine, ...]:
    if not event.line:
        return ()
    lines = decode(file.data).split("\n")
    last = min(event.end_line, event.line + 6)
    found = []
    for number in range(max(1, event.line - AROUND), min(len(lines), last + AROUND) + 1):
        text = lines[number - 1].rstrip("\r")
        if len(text) > MAX_LINE and "  " * 30 in text:
            # Code hidden behind blanks: show what stands there, not the blanks.
            head, tail = text.lstrip()[:60], text.rstrip()[-110:].lstrip()
            text = f"{head} … {tail}"
        found.append(CodeLine(number, text[:MAX_LINE], event.line <= number <= last))
    return tuple(found)
