"""Compiled bytecode: which of it the interpreter would run in place of source (PEP 3147), and so was not read.

Bytecode is never unmarshalled. What stands in ``__pycache__`` beside its source is run instead of that source where its
header says that it fits (PEP 552): the header is its maker's word.
"""

from __future__ import annotations

import re

from scanner.code.program import Program
from scanner.code.triggers import Layout, trigger_of
from scanner.model.finding import Trigger

_CACHED = re.compile(r"^(?P<folder>(?:.*/)?)__pycache__/(?P<stem>[^/]+?)\.[\w-]+(?:\.opt-\w+)?\.pyc$")
_REASON = "compiled bytecode, which is not read"


def unread_bytecode(program: Program, where: Layout, names: list[str]) -> None:
    """A gap for each member that holds bytecode, at the moment at which the interpreter would run it."""
    known = frozenset(names)
    for name in names:
        if name.lower().endswith((".pyc", ".pyo")):
            program.gaps.setdefault(name, _REASON)
            program.moments[name] = _moment(name, where, known)


def source_of(name: str) -> str:
    """The path of the source that bytecode was compiled from."""
    cached = _CACHED.match(name)
    return f"{cached['folder']}{cached['stem']}.py" if cached is not None else name[:-1]


def _moment(name: str, where: Layout, known: frozenset[str]) -> Trigger:
    source = source_of(name)
    if _CACHED.match(name) is not None:
        # Without its source nothing in this folder is imported.
        return trigger_of(source, where) if source in known else "call"
    # Beside its source the interpreter takes the source.
    return "call" if source in known or name.lower().endswith(".pyo") else trigger_of(source, where)
