"""The rules: what combination of acts and labels matters, at which moment, and why. Data of ``rules/*.toml``."""

from __future__ import annotations

import functools
import re
from typing import Literal

import msgspec
import tomli

from scanner.code.rulefiles import rule_files, rule_pack_digest
from scanner.model.errors import InputError
from scanner.model.finding import Confidence, Severity, Trigger

ArtifactVerdict = Literal["malicious", "suspicious", "incomplete", "noted", "clean", "error"]
Contribution = Literal["malicious", "suspicious", "noted"]


class Also(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another event that must be there: in the same course of action, the same file, or the same artifact."""

    event: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...] = ()
    without: tuple[str, ...] = ()
    scope: Literal["context", "file", "artifact"] = "context"


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to match: an event of one of the roles ``event`` at one of ``triggers`` whose labels include one of each
    list in ``labels`` and none of ``without``; and every ``also``. ``names`` narrows to qualified names (a prefix ends
    in ``*``); ``absent`` lists roles that must not occur in the artifact; ``kinds`` narrows to kinds of
    artifacts, ``paths`` to paths (``*`` and ``?`` as in a shell)."""

    event: tuple[str, ...]
    triggers: tuple[Trigger, ...] = ()
    labels: tuple[tuple[str, ...], ...] = ()
    without: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    also: tuple[Also, ...] = ()
    absent: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    verdict: Contribution | None = None
    severity: Severity | None = None


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Inert source that must (or must not) match, at a path of an artifact of a kind."""

    code: str
    path: str = "package/__init__.py"
    members: tuple[str, ...] = ()
    kind: Literal["wheel", "sdist", "tree", "file"] = "wheel"


class Examples(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bad: tuple[Example, ...]
    good: tuple[Example, ...]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule. ``what``, ``why`` and ``honest`` are its page; ``attack`` are MITRE ATT&CK ids; ``verdict`` is what one
    finding of it makes of an artifact."""

    id: str
    title: str
    severity: Severity
    confidence: Confidence
    verdict: Contribution
    what: str
    why: str
    honest: str
    remediation: str
    attack: tuple[str, ...]
    controls: tuple[str, ...]
    references: tuple[str, ...]
    match: tuple[Match, ...]
    examples: Examples
    triggers: tuple[Trigger, ...] = ()


class _File(msgspec.Struct, frozen=True):
    rule: tuple[Rule, ...] = ()


@functools.cache
def load_rules() -> tuple[Rule, ...]:
    """All rules of the pack, by id. Raises :class:`InputError` that names the file and the key at fault."""
    found: dict[str, Rule] = {}
    for path in rule_files():
        try:
            document = tomli.loads(path.read_text("utf-8"))
            made = msgspec.convert({"rule": document.get("rule", [])}, _File)
        except (tomli.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
            raise InputError(f"not a rule file: {error}", where=str(path)) from None
        for rule in made.rule:
            if rule.id in found:
                raise InputError(f"the rule {rule.id} stands twice", where=str(path))
            if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.id):
                raise InputError(f"{rule.id!r} is not a rule id: small letters, digits and dashes", where=str(path))
            found[rule.id] = rule
    return tuple(found[one] for one in sorted(found))


__all__ = ["Also", "ArtifactVerdict", "Example", "Match", "Rule", "load_rules", "rule_pack_digest"]
