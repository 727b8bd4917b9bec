"""Poetry's version constraints as PEP 440 specifiers. Source: poetry's documentation, "Dependency specification"."""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

_PART = re.compile(r"(?P<operator>\^|~=|~|===|==|!=|<=|>=|<|>|=)?\s*(?P<version>[^\s,<>=!~^|]+)")


def pep440(constraint: str) -> str:
    """``^1.2``, ``~1.2``, ``1.2.*``, ``>=1 <2`` … as PEP 440. Raises ``ValueError`` for what PEP 440 cannot say."""
    text = constraint.strip()
    if text in ("", "*"):
        return ""
    if "|" in text:
        raise ValueError("it allows one of several ranges (||)")
    if len(text) > 500 or _PART.sub("", text).strip(" ,"):
        raise ValueError("it is no version constraint")
    found = ",".join(_one(match["operator"] or "==", match["version"]) for match in _PART.finditer(text))
    specifier = ",".join(one for one in found.split(",") if one)
    try:
        SpecifierSet(specifier)
    except InvalidSpecifier as error:
        raise ValueError("it is no version constraint") from error
    return specifier


def _one(operator: str, version: str) -> str:
    if version == "*":
        return ""
    if operator in ("^", "~"):
        return _range(operator, version)
    return ("==" if operator == "=" else operator) + version


def _range(operator: str, text: str) -> str:
    try:
        version = Version(text)
    except ValueError as error:
        raise ValueError(f"{text[:40]} is no version") from error
    release = [*version.release]
    if operator == "~":
        keep = 2 if len(release) > 1 else 1
    else:
        # The caret lets everything move to the right of the first part that is not zero.
        keep = next((place + 1 for place, part in enumerate(release) if part), len(release))
    upper = release[:keep]
    upper[-1] += 1
    epoch = f"{version.epoch}!" if version.epoch else ""
    return f">={text},<{epoch}{'.'.join(map(str, upper))}"
