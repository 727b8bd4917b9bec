"""Statements that do not parse, one by one: what surrounds them is read as it is, and of each of them what can be read.

A statement in a syntax that is not known here becomes one that evaluates the expressions in it and gives an unknown
value; the header of a block keeps its block. Lines keep their numbers.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from scanner.code.newer import blanked
from scanner.parsing import parse_python

_MARK = re.compile(r"[()\[\]{}]|\\\n|\n")
_RESTARTS = re.compile(r"(?:import|from|def|class|async|try|while|with|@)(?:\b|\w)")
"""What no line within brackets begins with: a bracket that stays open ends before it."""
_CONTINUES = re.compile(r"(?:elif|else|except|finally|case)\b")
_BEFORE = {
    "elif": "if 1: pass\n",
    "else": "if 1: pass\n",
    "except": "try: pass\n",
    "finally": "try: pass\n",
    "case": "match 1:\n",
}
_MATCH = re.compile(r"match\b")
_OPENER = re.compile(r"(elif|else|except|finally|case|(?:async\s+)?def|class)\b(?:\s+(\w+))?")
_CHAIN = re.compile(r"(?<![\w.])[^\W\d]\w*(?:[ \t]*\.[ \t]*\w+)*[ \t]*[(\[]")
TARGET = re.compile(r"\s*([^\W\d]\w*(?:\.\w+)*)\s*(?::[^=\n]*)?=(?!=)")
_MOST_TRIES = 60
_LONGEST = 200_000


class Line(NamedTuple):
    """A logical line: where it lies in the text, and the column it begins in."""

    start: int
    end: int
    indent: int


def logical_lines(code: str) -> Iterator[Line]:
    """The lines of a text whose strings and comments are blanked, with what brackets and backslashes join to them.
    Blank lines belong to the line before them."""
    start = depth = 0
    indent = -1
    for found in _MARK.finditer(code + "\n"):
        token, at = found[0], found.end()
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth = max(depth - 1, 0)
        elif token == "\n":
            if depth and _RESTARTS.match(code, at) is None:
                continue
            depth = 0
            line = code[start:at]
            content = line.lstrip(" \t")
            if not content.strip():
                if indent < 0:
                    yield Line(start, min(at, len(code)), 0)
                    start = at
                continue
            yield Line(start, min(at, len(code)), len(line) - len(content))
            start = at


def top_level(code: str) -> list[tuple[int, int, list[Line]]]:
    """The statements that stand at the margin: start, end, and their lines."""
    found: list[tuple[int, int, list[Line]]] = []
    held: list[Line] = []
    decorated = False
    for line in logical_lines(code):
        content = code[line.start + line.indent : line.end]
        if held and not line.indent and content.strip() and not _CONTINUES.match(content) and not decorated:
            found.append((held[0].start, held[-1].end, held))
            held = []
        held.append(line)
        decorated = content.startswith("@") or (decorated and not content.strip())
    if held:
        found.append((held[0].start, held[-1].end, held))
    return found


def salvaged(text: str, translate: Callable[[str], str]) -> tuple[str, int]:
    """The text with each statement that does not parse replaced, and how many these are. ``translate``: of a line in
    an older syntax, the line in that of today."""
    code = blanked(text)
    pieces: list[str] = []
    count = 0
    for start, end, lines in top_level(code):
        if _parses(text[start:end]):
            pieces.append(text[start:end])
            continue
        for number, line in enumerate(lines):
            content = text[line.start : line.end]
            opens = number + 1 < len(lines) and lines[number + 1].indent > line.indent
            if not content.strip() or _is_whole(content, code[line.start : line.end], opens):
                pieces.append(content)
                continue
            count += 1
            older = "\n".join(map(translate, content.split("\n")))
            if older != content and _is_whole(older, blanked(older), opens):
                pieces.append(older)
                continue
            made = _replaced(content, code[line.start : line.end], opens)
            pieces.append(made + "\n" * (content.count("\n") - made.count("\n")))
    return "".join(pieces), count


def _parses(text: str, mode: str = "exec") -> bool:
    try:
        if mode == "exec":
            parse_python(text)
        else:
            ast.parse(text, mode=mode)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True


def _is_whole(content: str, code: str, opens: bool) -> bool:
    """Whether a logical line parses in its place."""
    text = content.strip(" \t")
    if text.startswith("#"):
        return True
    if text.startswith("@"):
        return _parses(f"{text}\ndef f(): pass\n")
    first = _CONTINUES.match(text)
    before = _BEFORE[first[0]] if first is not None else ""
    if first is not None and first[0] == "case" and _parses(text):
        return True
    if before.endswith(":\n"):
        text = " " + text
    if opens or code.rstrip().endswith(":"):
        # A comment after the colon would hide what follows it on the line.
        body = "case _: pass" if _MATCH.match(text) else "pass"
        text = f"{text.rstrip()}\n{' ' * 9}{body}\n"
        if body != "pass" and _parses(text):
            return True
        text = text.replace("case _: pass", "pass")
    return _parses(before + text) or (opens and not code.rstrip().endswith(":") and _parses(content.strip()))


def _replaced(content: str, code: str, opens: bool) -> str:
    """A logical line that does not parse, as one that does and evaluates what is readable of it."""
    indent = content[: len(content) - len(content.lstrip(" \t"))]
    parts = _readable(content, code)
    value = f"({', '.join(f'({one})' for one in parts)},)" if parts else "..."
    if not opens and not code.rstrip().endswith(":"):
        target = TARGET.match(code)
        named = target is not None and not keyword.iskeyword(target[1].partition(".")[0])
        return f"{indent}{target[1]} = [...,{value}][0:]" if target is not None and named else f"{indent}{value}"
    tail = "" if opens else " pass"
    opener = _OPENER.match(code.strip())
    word = opener[1] if opener is not None else ""
    name = opener[2] if opener is not None and opener[2] and opener[2].isidentifier() else "_"
    if word in {"else", "finally"}:
        return f"{indent}{word}:{tail}"
    if word == "except":
        return f"{indent}except {value}:{tail}"
    if word == "case":
        return f"{indent}case _ if {value}:{tail}"
    if word == "class":
        return f"{indent}class {name}(*{value if parts else '()'}):{tail}"
    if word.endswith("def"):
        return f"{indent}{word} {name}(*_arguments, **_named) -> {value}:{tail}"
    return f"{indent}{'elif' if word == 'elif' else 'if'} {value}:{tail}"


def _readable(content: str, code: str) -> list[str]:
    """The expressions in a statement: calls and items as far as their brackets go, the outermost that parse."""
    found: list[str] = []
    at = tries = 0
    while tries < _MOST_TRIES:
        chain = _CHAIN.search(code, at, _LONGEST)
        if chain is None:
            break
        at = chain.end()
        if keyword.iskeyword(chain[0].rstrip("([ \t")):
            continue
        tries += 1
        end = _end_of_chain(code, chain.end() - 1)
        if end >= 0 and _parses(f"({content[chain.start() : end]}\n)", "eval"):
            found.append(content[chain.start() : end].strip())
            at = end
    return found


def _end_of_chain(code: str, opened: int) -> int:
    """Where a chain of calls, items and attributes ends whose first bracket stands there; -1 where it does not."""
    while True:
        depth = 0
        for mark in re.compile(r"[()\[\]{}]").finditer(code, opened, _LONGEST):
            depth += 1 if mark[0] in "([{" else -1
            if not depth:
                break
        else:
            return -1
        further = re.compile(r"(?:[ \t]*\.[ \t]*\w+)*").match(code, mark.end())
        end = further.end() if further is not None else mark.end()
        if code[end : end + 1] not in ("(", "["):
            return end
        opened = end
