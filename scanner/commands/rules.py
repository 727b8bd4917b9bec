"""``assay rules``: the rules of the code engine, and the page of one of them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanner.code.rules import Rule


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    explain = actions.add_parser("explain", help="print the page of one rule")
    explain.add_argument("id", metavar="ID", help="the rule's id, as findings name it")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="the form of the list")


def run(arguments: argparse.Namespace) -> int:
    import sys

    from scanner.code.rulefiles import rule_pack_digest
    from scanner.code.rules import load_rules
    from scanner.model.errors import UsageError

    rules = load_rules()
    if arguments.action == "explain":
        found = next((one for one in rules if one.id == arguments.id), None)
        if found is None:
            raise UsageError(f"there is no rule {arguments.id!r}", remedy="assay rules lists them all.")
        sys.stdout.write("\n".join(page(found)) + "\n")
        return 0
    if arguments.format == "json":
        import json

        listed = [
            {
                "id": one.id,
                "title": one.title,
                "severity": one.severity,
                "confidence": one.confidence,
                "verdict": one.verdict,
                "attack": one.attack,
                "controls": one.controls,
            }
            for one in rules
        ]
        sys.stdout.write(json.dumps({"digest": rule_pack_digest(), "rules": listed}) + "\n")
        return 0
    width = max(len(one.id) for one in rules)
    for one in rules:
        sys.stdout.write(f"{one.id:<{width}}  {one.severity:<8}  {one.verdict:<10}  {one.title}\n")
    sys.stdout.write(f"{len(rules)} rules; rule pack sha256 {rule_pack_digest()}\n")
    return 0


def page(rule: Rule) -> Iterator[str]:
    """The page of a rule, generated from its data: what it does, why it is bad, an example, what honest code does."""
    yield f"{rule.id}: {rule.title}"
    yield f"severity {rule.severity}, confidence {rule.confidence}; one match makes an artifact {rule.verdict}"
    yield ""
    for heading, text in (
        ("What it finds", rule.what),
        ("Why it is bad", rule.why),
        ("What honest code does", rule.honest),
        ("What to do", rule.remediation),
    ):
        yield heading
        yield f"  {text}"
        yield ""
    yield "It matches"
    for match in rule.match:
        yield f"  {' or '.join(match.event)}" + (f" named {', '.join(match.names)}" if match.names else "")
        triggers = match.triggers or rule.triggers
        yield f"    at {', '.join(triggers)}" if triggers else "    at any moment"
        for group in match.labels:
            yield f"    with {' or '.join(group)}"
        if match.without:
            yield f"    without {', '.join(match.without)}"
        for also in match.also:
            yield f"    and, in the same {also.scope}, {' or '.join(also.event)}" + "".join(
                f" with {' or '.join(group)}" for group in also.labels
            )
        yield f"    which is {match.verdict or rule.verdict} and {match.severity or rule.severity}"
    yield ""
    yield "Example"
    yield from (f"  {line[:140]}" for line in rule.examples.bad[0].code.strip("\n").splitlines()[:14])
    if rule.examples.good:
        yield ""
        yield "Not matched"
        yield from (f"  {line[:140]}" for line in rule.examples.good[0].code.strip("\n").splitlines()[:14])
    yield ""
    yield f"MITRE ATT&CK: {', '.join(rule.attack)}"
    yield f"Controls: {', '.join(rule.controls)}"
    yield from (f"  {one}" for one in rule.references)
