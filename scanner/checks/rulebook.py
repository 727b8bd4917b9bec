"""The page of each rule of the checks: what it finds, why that matters, what to do, which controls it speaks to.

The pages are data (``pages/<check>.toml``), one table per rule, read when first asked for. A check takes title,
remedy, references and controls of its findings from here, so that a finding, the documentation and the rule
metadata of an export never say different things.
"""

from __future__ import annotations

import functools
import tomllib
from importlib import resources

import msgspec

from scanner.model.finding import Category, Severity


class RulePage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule's page. ``id`` is ``<check>/<name>``. ``severity`` is the usual one; a finding may say another."""

    id: str
    title: str
    category: Category
    severity: Severity
    what: str
    why: str
    remedy: str
    references: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()


@functools.cache
def _pages_of(check: str) -> dict[str, RulePage]:
    source = resources.files("scanner.checks").joinpath("pages", f"{check}.toml")
    if not source.is_file():
        return {}
    tables = tomllib.loads(source.read_text(encoding="utf-8"))
    pages = (msgspec.convert({"id": f"{check}/{name}", **table}, RulePage) for name, table in tables.items())
    return {page.id: page for page in pages}


def rule_page(rule: str) -> RulePage | None:
    """The page of the rule, or ``None`` where no check of ours has a rule of that id."""
    check, _, name = rule.partition("/")
    if not name or not check.replace("-", "").isalnum():
        return None
    return _pages_of(check).get(rule)


def all_pages() -> tuple[RulePage, ...]:
    """Every page, sorted by rule id."""
    folder = resources.files("scanner.checks").joinpath("pages")
    checks = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(sorted((page for check in checks for page in _pages_of(check).values()), key=lambda page: page.id))
