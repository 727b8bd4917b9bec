"""Python source into a syntax tree, bounded in what the parser itself would take.

CPython's parser has no bound of its own but nesting. A dotted name of an import is joined anew at each dot and every
join is kept (a name of 200 kB takes 4 GB), and a statement of two letters is a tree of 900 bytes (4 MiB take 4 GB).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

MAX_TOKENS = 1_000_000
"""Names, numbers, strings and operators of one text: about 1 GB of tree at worst, 400 MB for what people write."""
MAX_JOINED = 64 * 1024 * 1024
"""Characters that the parser would join for the dotted names of all imports together."""
FEW_DOTS = 200
_IMPORT = re.compile(r"\b(?:import|from)\b(?:[\w., \t\f*()]++|\\\n)*+")
_PIECE = re.compile(r"\w++|[.,]")
_TOKEN = re.compile(
    r"#[^\n]*+|\\['\"]|'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'|\"[^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+\"|\w++|[^\w\s]", re.DOTALL
)


class TooCostlyError(ValueError):
    """The text would take more memory to parse than any source is worth; its message says what it has too many of."""


def parse_python(source: str | bytes) -> ast.Module:
    """As :func:`ast.parse`. Raises :class:`TooCostlyError`, which is a ``ValueError`` as for a NUL, before memory is
    taken."""
    text = source if isinstance(source, str) else source.decode("latin-1")
    if reason := too_costly(text):
        raise TooCostlyError(reason)
    return ast.parse(source)


def too_costly(text: str) -> str:
    """What the text has too many of, or the empty string."""
    if text.count(".") > FEW_DOTS and "import" in text and _joined(text) > MAX_JOINED:
        return "it imports names of too many parts"
    if len(text) > MAX_TOKENS and sum(1 for _ in _TOKEN.finditer(text)) > MAX_TOKENS:
        return f"it has more than {MAX_TOKENS:,} tokens"
    return ""


def _joined(text: str) -> int:
    total = 0
    for found in _IMPORT.finditer(text):
        statement = found[0]
        if statement.count(".") > FEW_DOTS:
            total += sum(parts * length // 2 for parts, length in _names(statement))
    return total


def _names(statement: str) -> Iterator[tuple[int, int]]:
    """(parts, characters) of each dotted name: words with dots between them, whatever blanks stand around those."""
    parts = length = 0
    last = ""
    for found in _PIECE.finditer(statement):
        piece = found[0]
        if piece == "," or (piece != "." and last not in ("", ".")):
            yield parts, length
            parts = length = 0
        parts += piece != "."
        length += len(piece)
        last = piece
    yield parts, length
