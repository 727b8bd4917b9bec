"""Large files, parsed piece by piece: the tree of one takes a hundred times its bytes.

Statements at the margin are parsed when the evaluation comes to them, and let go of after it. Those that hold others
(functions, classes, branches) stay: who comes back finds the same ones.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from scanner.code.fstrings import Placeholder, restored
from scanner.code.newer import blanked, without_comments
from scanner.code.salvage import TARGET, top_level
from scanner.parsing import parse_python, too_costly

WORTH_CUTTING = 1024 * 1024
"""Characters from which a text is parsed in pieces."""
_PIECE = 128 * 1024
_STATEMENT = re.compile(r"\n(?=[^\s#)\]}])(?!(?:elif|else|except|finally|case)\b)")
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
_SIMPLE = (
    *(ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Import, ast.ImportFrom, ast.Pass),
    *(ast.Delete, ast.Assert, ast.Raise, ast.Global),
)
_MOST_TRIES = 5_000
_LONGEST_TARGET = 1_000


class Piece(NamedTuple):
    """Whole statements as a text that parses, the line before the first of them, and what is put back into their
    tree."""

    text: str
    line: int
    placeholders: dict[str, Placeholder]


class Pieces(list[ast.stmt]):
    """The statements of a module; each time somebody goes through them, they are parsed anew."""

    def __init__(self, pieces: list[Piece]) -> None:
        super().__init__()
        self._pieces = pieces
        self._kept: dict[tuple[int, int], ast.stmt] = {}

    def __len__(self) -> int:
        return len(self._pieces)

    def __getitem__(self, place: Any) -> Any:
        return list(self)[place] if isinstance(place, slice) else next(islice(iter(self), place, None))

    def __iter__(self) -> Iterator[ast.stmt]:
        for number, piece in enumerate(self._pieces):
            tree = parse_python("\n" * piece.line + piece.text)
            restored(tree, piece.placeholders)
            statements = tree.body
            del tree
            for place in range(len(statements)):
                statement = statements[place]
                statements[place] = _NOTHING
                if not isinstance(statement, _SIMPLE):
                    statement = self._kept.setdefault((number, place), statement)
                yield statement


_NOTHING = ast.Pass()
Fix = Callable[[str], tuple[str, dict[str, Placeholder], int] | None]


def in_pieces(text: str, fix: Fix) -> tuple[Pieces, int] | None:
    """The statements of a large text, and how many could be read in part only; ``None`` where some piece cannot be
    parsed at all. A statement that would take too much memory gives an unknown value.

    ``fix`` makes a text parse: the text, what is to be put back into its tree, and how many statements it replaced.
    """
    text = without_comments(text)
    code = blanked(text)
    made: list[Piece] = []
    count = line = 0
    for start, end in _smaller(text, code):
        if too_costly(text[start:end]):
            target = TARGET.match(code, start, start + _LONGEST_TARGET)
            value = f"{target[1]} = ..." if target is not None else "..."
            fixed: tuple[str, dict[str, Placeholder], int] | None = (value + "\n", {}, 1)
        else:
            fixed = fix(text[start:end])
        if fixed is None:
            return None
        made.append(Piece(fixed[0], line, fixed[1]))
        count += fixed[2]
        line += text.count("\n", start, end)
    return Pieces(made), count


def _smaller(text: str, code: str) -> Iterator[tuple[int, int]]:
    """Where pieces begin and end; a statement that would take too much memory is one of its own."""
    for start, end in _cut(code):
        if not too_costly(text[start:end]):
            yield start, end
            continue
        begins = start
        for first, last, _ in top_level(code[start:end]):
            if too_costly(text[start + first : start + last]):
                if start + first > begins:
                    yield begins, start + first
                yield start + first, start + last
                begins = start + last
        if begins < end:
            yield begins, end


def _cut(code: str) -> Iterator[tuple[int, int]]:
    """Where whole statements begin and end, some of them together."""
    start = 0
    while len(code) - start > 2 * _PIECE:
        counted, depth, cut = start, 0, -1
        for number, found in enumerate(_STATEMENT.finditer(code, start + _PIECE)):
            at = found.end()
            for opened, closed in _BRACKETS:
                depth += code.count(opened, counted, at) - code.count(closed, counted, at)
            counted = at
            before = code[code.rfind("\n", 0, at - 1) + 1 : at - 1]
            if not depth and before[:1] != "@" and before[-1:] != "\\":
                cut = at
                break
            if number > _MOST_TRIES:
                break
        if cut < 0:
            break
        yield start, cut
        start = cut
    yield start, len(code)
