"""Conflicting extras, groups and projects in ``uv.lock`` (``tool.uv.conflicts``): how its markers name them.

Where two extras cannot be installed together, uv forks its lock and writes on each edge under which of them it holds,
in the only place that PEP 508 leaves for it: ``extra == 'extra-6-openai-gpu'`` is the extra ``gpu`` of ``openai``
(whose name has six letters), ``group-…`` a dependency group, ``project-6-openai`` the project's plain dependencies.
"""

from __future__ import annotations

import re
from collections.abc import Set

_CONDITION = re.compile(
    r"""extra (?P<operator>[=!]=) (?P<quote>['"])(?P<name>(?:extra|group|project)-\d+-[^'"]*)(?P=quote)"""
)
_TRUE, _FALSE = "python_version >= '0'", "python_version < '0'"


def name_of(kind: str, project: str, item: str = "") -> str:
    """How a marker names an ``extra`` or a ``group`` of a project, or the ``project`` itself."""
    return f"{kind}-{len(project)}-{project}" + (f"-{item}" if kind != "project" else "")


def names_in(marker: str) -> frozenset[str]:
    """Every extra, group and project that the marker depends on, as it names them."""
    return frozenset(one["name"] for one in _CONDITION.finditer(marker)) if "extra" in marker else frozenset()


def decided(marker: str, active: Set[str]) -> str:
    """The marker in the words of PEP 508 alone, where exactly the ``active`` ones are installed."""

    def replaced(match: re.Match[str]) -> str:
        return _TRUE if (match["name"] in active) == (match["operator"] == "==") else _FALSE

    return _CONDITION.sub(replaced, marker) if "extra" in marker else marker


def readable(marker: str) -> str:
    """The marker for people: ``extra == 'openai[gpu]'``, ``group == 'openai:dev'``, ``project == 'openai'``."""

    def replaced(match: re.Match[str]) -> str:
        kind, length, rest = match["name"].split("-", 2)
        size = int(length[:6])
        project, item = rest[:size], rest[size + 1 :]
        shown = {"extra": f"{project}[{item}]", "group": f"{project}:{item}", "project": project}[kind]
        return f"{kind} {match['operator']} '{shown}'"

    return _CONDITION.sub(replaced, marker) if "extra" in marker else marker
