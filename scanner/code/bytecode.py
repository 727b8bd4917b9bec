"""Compiled bytecode: which of it the interpreter would run in place of source (PEP 3147), and so was not read.

Bytecode is never unmarshalled. What stands in ``__pycache__`` beside its source is run instead of that source where
its header says that it fits (PEP 552): by no check at all, by a digest of the source, or by the time at which the
source was written. Installing a wheel writes its sources anew, so that no time in it fits; a tree keeps its times.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from scanner.code.program import Program
from scanner.code.triggers import Layout, trigger_of
from scanner.model.finding import Trigger

_CACHED = re.compile(r"^(?P<folder>(?:.*/)?)__pycache__/(?P<stem>[^/]+?)\.[\w-]+(?:\.opt-\w+)?\.pyc$")
_HEADER = 16
_UNCHECKED = 0b01
_REASON = "compiled bytecode, which is not read"


def unread_bytecode(program: Program, where: Layout, names: list[str], heads: Mapping[str, bytes]) -> None:
    """A gap for each member that holds bytecode, at the moment at which the interpreter would run it. ``heads`` are the
    first bytes of members, as far as they are known."""
    known = frozenset(names)
    for name in names:
        if name.lower().endswith((".pyc", ".pyo")):
            program.gaps.setdefault(name, _REASON)
            program.moments[name] = _moment(name, where, known, heads.get(name, b""))


def source_of(name: str) -> str:
    """The path of the source that bytecode was compiled from."""
    cached = _CACHED.match(name)
    return f"{cached['folder']}{cached['stem']}.py" if cached is not None else name[:-1]


def _moment(name: str, where: Layout, known: frozenset[str], head: bytes) -> Trigger:
    source = source_of(name)
    if _CACHED.match(name) is not None:
        # Without its source nothing in this folder is imported.
        fits = source in known and not (where.kind == "wheel" and _is_checked(head))
        return trigger_of(source, where) if fits else "call"
    # Beside its source the interpreter takes the source.
    return "call" if source in known or name.lower().endswith(".pyo") else trigger_of(source, where)


def _is_checked(head: bytes) -> bool:
    """Whether the interpreter holds the bytecode against its source before it runs it (PEP 552: the flags are the
    second word; bit 0 says by digest, bit 1 that the digest is checked). Other flags are refused."""
    return len(head) >= _HEADER and int.from_bytes(head[4:8], "little") != _UNCHECKED
