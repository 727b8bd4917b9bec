"""The policy and its file. A policy is named on the command line; one found inside the audited tree is never obeyed."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path

import msgspec
import tomli

from scanner.checks.settings import (
    AdvisorySettings,
    CheckSettings,
    CodeSettings,
    HygieneSettings,
    IntegritySettings,
)
from scanner.files import read_bounded
from scanner.model.errors import InputError
from scanner.model.finding import Confidence, Severity

MAX_POLICY_BYTES = 1024 * 1024
REQUIRED_CHECKS = ("inputs", "resolution", "advisories", "pins", "indexes", "code")


class Waiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """An accepted risk. ``finding`` names one finding by id; else ``rule`` and/or ``package`` (a canonical name).

    ``expires`` is the last day on which it holds. A finding that rejects outright is covered only by its id.
    """

    owner: str
    expires: datetime.date
    reason: str
    finding: str = ""
    rule: str = ""
    package: str = ""


class PolicyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """The shape of a policy file (TOML). Every key has a default, which is the built-in policy."""

    fail_on: Severity = "high"
    min_confidence: Confidence = "medium"
    required_checks: tuple[str, ...] = REQUIRED_CHECKS
    advisories: AdvisorySettings = AdvisorySettings()
    integrity: IntegritySettings = IntegritySettings()
    hygiene: HygieneSettings = HygieneSettings()
    code: CodeSettings = CodeSettings()
    waivers: tuple[Waiver, ...] = ()


class Policy(msgspec.Struct, frozen=True):
    """A policy in force: what the file says, and which file (by path and SHA-256) it was."""

    rules: PolicyFile = PolicyFile()
    source: str = "built-in"
    sha256: str = ""

    @property
    def settings(self) -> CheckSettings:
        rules = self.rules
        return CheckSettings(rules.advisories, rules.integrity, rules.hygiene, rules.code)


def built_in_policy() -> Policy:
    encoded = msgspec.json.encode(PolicyFile(), order="deterministic")
    return Policy(sha256=hashlib.sha256(encoded).hexdigest())


def read_policy(path: Path) -> Policy:
    """Read a policy file. Raises :class:`InputError` with the line or the key path of what is wrong."""
    try:
        body = read_bounded(path, MAX_POLICY_BYTES + 1)
    except OSError as error:
        what = error.strerror or str(error)
        raise InputError(f"the policy cannot be read: {what}", where=str(path)) from error
    if len(body) > MAX_POLICY_BYTES:
        raise InputError("the policy is larger than 1 MiB", where=str(path), remedy="Name the policy file.")
    try:
        content = tomli.loads(body.decode("utf-8"))
        rules = msgspec.convert(content, PolicyFile)
    except UnicodeDecodeError as error:
        raise InputError("the policy is not UTF-8 text", where=f"{path}: byte {error.start}") from error
    except RecursionError as error:
        raise InputError("the policy is nested too deeply to be read", where=str(path)) from error
    except tomli.TOMLDecodeError as error:
        raise InputError(f"the policy is not valid TOML: {error.msg}", where=f"{path}: line {error.lineno}") from error
    except msgspec.ValidationError as error:
        what, _, key_path = str(error).partition(" - at ")
        key_path = key_path.strip("`").removeprefix("$").lstrip(".")
        remedy = "README.md, section Policy, lists the keys and their values."
        raise InputError(what, where=f"{path} ({key_path})" if key_path else str(path), remedy=remedy) from error
    except ValueError as error:  # Python reads no whole number of more than 4,300 digits.
        raise InputError("the policy holds a number that is too long", where=str(path)) from error
    for number, waiver in enumerate(rules.waivers):
        if not (waiver.finding or waiver.rule or waiver.package):
            raise InputError(
                "a waiver must name a finding, a rule or a package",
                where=f"{path} (waivers[{number}])",
                remedy='Add `finding = "assay-…"`, or `rule` and `package`, to the waiver.',
            )
        if not (waiver.owner.strip() and waiver.reason.strip()):
            raise InputError("a waiver needs an owner and a reason", where=f"{path} (waivers[{number}])")
    return Policy(rules, str(path), hashlib.sha256(body).hexdigest())
