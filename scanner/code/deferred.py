"""Deferred bodies: the statements of a function, parsed when the evaluation enters it. Most functions it never enters.

The file is parsed with the bodies of its functions left out. That is safe only where the text between two headers is
surely a body: the headers are found outside strings and comments, each must come back from the parser as a function
with nothing in it, and a file with an f-string that the lexer here could have cut in two is parsed whole.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, SupportsIndex, overload

from scanner.code.contexts import end_of_body
from scanner.code.prose import LONG_QUOTES, Prose

_SHORTEST = 2
"""Lines of a body from which it is left out."""
_HEADER = re.compile(rb"def[ \t]++\w++[ \t]*+\((?:[^()]++|\((?:[^()]++|\([^()]*+\))*+\))*+\)[^\n:]*+:[ \t]*+\n")
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")

Parse = Callable[[str], list[ast.stmt] | None]
Whole = Callable[[], Iterable[ast.stmt]]


class Cut(NamedTuple):
    """A body that is left out: where it lies in the bytes, and its first and last lines."""

    start: int
    end: int
    line: int
    last: int


class Deferred(list[ast.stmt]):
    """The body of a function. Its statements are there as soon as somebody looks at them."""

    def __init__(self, fill: Callable[[], tuple[Sequence[ast.stmt], int]]) -> None:
        super().__init__()
        self._fill: Callable[[], tuple[Sequence[ast.stmt], int]] | None = fill
        self._shift = 0

    @property
    def shift(self) -> int:
        """What is to be added to the line numbers of the statements, which were parsed apart from the file."""
        self._ready()
        return self._shift

    def _ready(self) -> None:
        if self._fill is not None:
            fill, self._fill = self._fill, None
            statements, self._shift = fill()
            self.extend(statements)

    def __iter__(self) -> Iterator[ast.stmt]:
        self._ready()
        return super().__iter__()

    def __len__(self) -> int:
        self._ready()
        return super().__len__()

    @overload
    def __getitem__(self, place: SupportsIndex) -> ast.stmt: ...
    @overload
    def __getitem__(self, place: slice) -> list[ast.stmt]: ...
    def __getitem__(self, place: Any) -> Any:
        self._ready()
        return super().__getitem__(place)


def without_bodies(prose: Prose) -> tuple[bytes, list[Cut]]:
    """The file with ``pass`` for the bodies of its functions, every line keeping its number, and what was left out."""
    if prose.torn:
        return prose.data, []
    data, code = prose.data, prose.code
    pieces: list[bytes] = []
    cuts: list[Cut] = []
    at, line = 0, 1
    place = code.find(b"def ")
    while place >= 0:
        begins = code.rfind(b"\n", 0, place) + 1
        indent = code[begins:place]
        header = _HEADER.match(code, place)
        place = code.find(b"def ", place + 4)
        if (
            header is None
            or indent.strip(b" \t") not in (b"", b"async")
            or code[max(begins - 2, 0) : begins] == b"\\\n"
        ):
            continue
        indent = indent[: len(indent) - len(indent.lstrip(b" \t"))]
        start, end = header.end(), end_of_body(code, indent, header.end())
        lines = data.count(b"\n", start, end)
        if lines < _SHORTEST:
            continue
        if any(code.count(quote, start, end) % 2 for quote in LONG_QUOTES):
            # It ends within an f-string, whose lines need no indentation.
            continue
        line += data.count(b"\n", at, start)
        pieces += [data[at:start], indent, b" pass", b"\n" * lines]
        place = code.find(b"def ", end)
        cuts.append(Cut(start, end, line, line + _last_line(data, start, end)))
        at = end
        line += lines
    return b"".join([*pieces, data[at:]]), cuts


def _last_line(data: bytes, start: int, end: int) -> int:
    """How many lines after its first the last statement of a body ends."""
    text = data[start:end].rstrip()
    while (comment := text.rfind(b"\n") + 1) and text[comment:].lstrip().startswith(b"#"):
        text = text[:comment].rstrip()
    return text.count(b"\n")


def defer(tree: ast.Module, data: bytes, cuts: list[Cut], parse: Parse, whole: Whole) -> bool:
    """Give the functions of the tree their bodies, to be parsed when they are looked at. False where a cut is missing
    from the tree (it was no function) or the tree is too deep: the file must be parsed as it is.

    ``parse`` gives the statements of a text, or ``None``; ``whole`` the statements of the file where that fails.
    """
    left = {cut.line: cut for cut in cuts}
    try:
        _fill_in(tree.body, data, left, parse, whole)
    except RecursionError:  # Hundreds of ``elif``, each of which lies within the one before it.
        return False
    return not left


def _fill_in(body: Iterable[Any], data: bytes, left: dict[int, Cut], parse: Parse, whole: Whole) -> int:
    """Defer the cuts below these statements; gives the last line that one of them reaches."""
    last = 0
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_left_out(node, left):
            cut = left.pop(node.body[0].lineno)
            node.end_lineno = cut.last
            node.body = Deferred(_filler(node, data, cut, parse, whole))
        else:
            for name in _BLOCKS:
                below = getattr(node, name, None)
                if isinstance(below, list):
                    reached = _fill_in(below, data, left, parse, whole)
                    if reached > (getattr(node, "end_lineno", 0) or 0) and hasattr(node, "end_lineno"):
                        node.end_lineno = reached
        last = max(last, getattr(node, "end_lineno", 0) or 0)
    return last


def _is_left_out(node: ast.FunctionDef | ast.AsyncFunctionDef, left: dict[int, Cut]) -> bool:
    return len(node.body) == 1 and isinstance(node.body[0], ast.Pass) and node.body[0].lineno in left


def _filler(
    node: ast.FunctionDef | ast.AsyncFunctionDef, data: bytes, cut: Cut, parse: Parse, whole: Whole
) -> Callable[[], tuple[Sequence[ast.stmt], int]]:
    name, line = node.name, node.lineno

    def fill() -> tuple[Sequence[ast.stmt], int]:
        made = parse("if 1:\n" + data[cut.start : cut.end].decode("utf-8", "replace"))
        if made is not None and len(made) == 1 and isinstance(made[0], ast.If) and not made[0].orelse:
            return made[0].body, cut.line - 2
        return _body_of(whole(), name, line), 0

    return fill


def _body_of(statements: Iterable[ast.stmt], name: str, line: int) -> Sequence[ast.stmt]:
    """The body of the function of that name and line among the statements of a whole file."""
    for statement in statements:
        for node in ast.walk(statement):
            if (
                isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                and node.name == name
                and abs(node.lineno - line) <= 1
            ):
                return node.body
    return ()
