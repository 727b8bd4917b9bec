"""Every rule carries documentation, controls and examples, and its examples hold."""

from __future__ import annotations

import re

import pytest

from scanner.code.analysis import Analysis, analyse
from scanner.code.artifacts import is_source
from scanner.code.rules import Example, Rule, load_rules
from scanner.code.source import SourceFile
from scanner.model.finding import PackageRef

RULES = load_rules()
CASES = [
    (rule, wanted, number, example)
    for rule in RULES
    for wanted, examples in ((True, rule.examples.bad), (False, rule.examples.good))
    for number, example in enumerate(examples)
]


def run_example(example: Example) -> Analysis:
    data = example.code.encode()
    files = [SourceFile(example.path, data)] if is_source(example.path) else []
    heads = {} if files else {example.path: data}
    return analyse(
        files,
        kind=example.kind,
        package=PackageRef("example", "1.0"),
        names=[example.path, *example.members],
        heads=heads,
    )


@pytest.mark.parametrize(
    ("rule", "wanted", "example"),
    [
        pytest.param(rule, wanted, example, id=f"{rule.id}-{'bad' if wanted else 'good'}-{number}")
        for rule, wanted, number, example in CASES
    ],
)
def test_example(rule: Rule, wanted: bool, example: Example) -> None:
    found = {one.rule for one in run_example(example).findings}
    assert (rule.id in found) is wanted, f"found {sorted(found)}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_is_complete(rule: Rule) -> None:
    """A rule without documentation, controls, ATT&CK ids, references or examples is not shipped."""
    for text in (rule.title, rule.what, rule.why, rule.honest, rule.remediation):
        assert len(text) > 15, rule.id
    assert rule.examples.bad
    assert rule.examples.good
    assert rule.controls
    assert rule.attack
    assert all(re.fullmatch(r"T\d{4}(\.\d{3})?", one) for one in rule.attack)
    assert rule.references
    assert all(one.startswith("https://") for one in rule.references)
    assert rule.match


def test_labels_and_roles_of_rules_exist() -> None:
    """A rule that names a label or role nobody gives would never match, in silence."""
    from scanner.code.catalogue import load_catalogue

    catalogue = load_catalogue()
    labels = {
        label for table in (catalogue.labels, catalogue.parameters) for found in table.values() for label in found
    }
    labels |= {one.label for one in catalogue.strings}
    labels |= {
        "decoded",
        "computed",
        "encoded",
        "fetched",
        "known-text",
        "file",
        "own-file",
        "parameter",
        "in-layer",
        "dropped",
        "dropped.fetched",
        "dropped.decoded",
        "hidden-columns",
        "bytecode",
        "disguised",
        "marshalled",
        "variable",
        "shell",
        "hidden-window",
        "payload",
        "writing",
        "unparsed",
        "local-function",
        "hidden-destination",
        "beyond-bounds",
        "whole-home",
        "metadata-sent",
        "intercepted",
        "executable",
        "hidden-recipient",
        "conditional",
    }
    roles = {role for found in catalogue.roles.values() for role in found}
    roles |= {"layer", "hidden-name", "file-open-write", "file-read", "monkeypatch", "handed"}
    for rule in RULES:
        for match in rule.match:
            wanted = [match, *match.also]
            for one in wanted:
                assert all(role in roles or role.startswith("fact:") for role in one.event), (rule.id, one.event)
                named = [label for group in one.labels for label in group] + list(one.without)
                assert all(label in labels for label in named if not label.endswith("*")), (rule.id, named)
