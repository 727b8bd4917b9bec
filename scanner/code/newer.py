"""Statements of a newer Python than the one that runs this, rewritten into what an older parser reads.

``type X = …`` and parameters of types (PEP 695, PEP 696), ``except A, B:`` (PEP 758), ``lazy import`` (PEP 810), and
the strings of :mod:`scanner.code.fstrings`. What is rewritten is evaluated as it was written; bounds and defaults of
type parameters, which the newer Python evaluates when somebody asks for them, are evaluated where they stand.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from scanner.code.fstrings import Placeholder, Rewriter, Unreadable

LITERAL = re.compile(
    r"(#[^\n]*"
    r"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
    r'|"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""'
    r"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'"
    r'|"[^"\\\n]*(?:\\.[^"\\\n]*)*")',
    re.DOTALL,
)
_LINE = re.compile(r"[^\n]")
_ALIAS = re.compile(
    r"(?m)(?:^|[;:])[ \t]*(type(?:[ \t]|\\\n)+)(?!(?:in|is|if|and|or|else|for|not|as)\b)\w+[ \t]*(?==(?!=)|\[)"
)
_GENERIC = re.compile(r"\b(def|class)(?:[ \t]|\\\n)+\w+[ \t]*(?=\[)")
_EXCEPT = re.compile(r"(?m)^[ \t]*except\b[ \t]*\*?[ \t]*(?=[^\s:(])")
_LAZY = re.compile(r"(?m)(?:^|[;:])[ \t]*(lazy[ \t]+)(?=(?:import|from)\b)")
_BRACKET = re.compile(r"[()\[\]{}]")
_PART = re.compile(r"[()\[\]{},:]|(?<![=!<>:])=(?!=)")
_LONGEST_CLAUSE = 20_000


class Edit(NamedTuple):
    """Put ``text`` in the place of what stands between ``start`` and ``end``."""

    start: int
    end: int
    text: str


def blanked(text: str) -> str:
    """The text with blanks for its comments and strings; a place in it is the same place in the text."""
    return LITERAL.sub(lambda one: _LINE.sub(" ", one[0]), text)


def without_comments(text: str) -> str:
    """The text without its comments; lines keep their numbers."""
    return LITERAL.sub(lambda one: "" if one[0][0] == "#" else one[0], text)


def in_older_syntax(text: str) -> tuple[str, dict[str, Placeholder]] | None:
    """The text in an older syntax, and what is to be put back into its tree; ``None`` where nothing is to be done."""
    rewriter = Rewriter(text)
    try:
        made = rewriter.rewritten()
    except Unreadable:
        return None
    made = without_comments(made)
    code = blanked(made)
    edits: list[Edit] = []
    for found in _LAZY.finditer(code):
        edits.append(Edit(found.start(1), found.end(1), ""))
    for found in _ALIAS.finditer(code):
        edits.append(Edit(found.start(1), found.end(1), ""))
        if code[found.end()] == "[":
            edits += _parameters(made, code, found.end(), "type")
    for found in _GENERIC.finditer(code):
        edits += _parameters(made, code, found.end(), found[1])
    for found in _EXCEPT.finditer(code):
        edits += _clause(code, found.end())
    if not edits and not rewriter.placeholders:
        return None
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits):
        if edit.start >= at:
            pieces += [made[at : edit.start], edit.text]
            at = edit.end
    return "".join([*pieces, made[at:]]), rewriter.placeholders


def _closing(code: str, start: int) -> int:
    """Where the bracket closes that opens at ``start``; -1 where it does not."""
    depth = 0
    for found in _BRACKET.finditer(code, start):
        depth += 1 if found[0] in "([{" else -1
        if not depth:
            return found.start()
    return -1


def _parameters(text: str, code: str, start: int, kind: str) -> list[Edit]:
    """Take the parameters of types out, and put their bounds and defaults where they are evaluated."""
    end = _closing(code, start)
    if end < 0:
        return []
    bounds = _bounds(text, code, start, end)
    moved = "".join(f"({one})," for one in bounds)
    lines = max(text.count("\n", start, end) - moved.count("\n"), 0)
    edits = [Edit(start, end + 1, "\\\n" * lines)]
    if not bounds:
        return edits
    after = end + 1 + len(code[end + 1 :]) - len(code[end + 1 :].lstrip(" \t"))
    if kind == "type":
        place = code.find("=", after)
        return [*edits, Edit(place + 1, place + 1, f" ({moved}) and ")] if place >= 0 else edits
    opened = code[after : after + 1] == "("
    if kind == "class":
        spread = f"*({moved})[:0]"
        return [*edits, Edit(after + opened, after + opened, f"{spread}, " if opened else f"({spread})")]
    closed = _closing(code, after) if opened else -1
    if closed < 0:
        return edits
    arrow = re.compile(r"(?:\s|\\\n)*->").match(code, closed + 1)
    place = arrow.end() if arrow is not None else closed + 1
    return [*edits, Edit(place, place, f" ({moved}) and " if arrow is not None else f" -> ({moved})")]


def _bounds(text: str, code: str, start: int, end: int) -> list[str]:
    """The expressions after the colons and equals signs of a list of type parameters."""
    found: list[str] = []
    depth, begins = 0, -1
    for part in _PART.finditer(code, start + 1, end):
        token = part[0]
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
        elif not depth:
            if begins >= 0 and token != ":":
                found.append(text[begins : part.start()].strip())
                begins = -1
            if token in ":=" and begins < 0:
                begins = part.end()
    if begins >= 0:
        found.append(text[begins:end].strip())
    return [one for one in found if one]


def _clause(code: str, start: int) -> list[Edit]:
    """Brackets around the classes of an ``except`` clause that has none."""
    depth, commas = 0, False
    for part in _PART.finditer(code, start, start + _LONGEST_CLAUSE):
        token = part[0]
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
        elif not depth and token == ",":
            commas = True
        elif not depth and token == ":":
            return [Edit(start, start, "("), Edit(part.start(), part.start(), ")")] if commas else []
    return []
