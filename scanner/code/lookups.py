"""Lookups: names of attributes, modules and builtins that are not plainly written where they are looked up.

Each way of looking something up has a form in which the name stands there as one literal. Anything else may be a name
that is put together, or the lookup itself under another name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.code.literals import LETTERS, beginnings

_LITERAL = rb"\s*['\"][\w.]*['\"]\s*"
_SUBSCRIPT = rb"\[[^\[\](){},'\"#]*+\]"
_ARGUMENT = (
    rb"(?:[^\[\](){},'\"#]++|" + _SUBSCRIPT + rb"|\((?:[^(){}'\"#]++|\((?:[^(){}'\"#]++|\([^(){}'\"#]*+\))*+\))*+\))*+"
)
"""An argument without strings, displays and comments, in which a comma could be taken for the end of it."""
_FROM_LITERAL = rb"\s*(?:\[" + _LITERAL + rb"\]|\.\s*\w+\s*\(" + _LITERAL + rb"[,)])"
_PLAINLY = re.compile(rb"\s*\(" + _LITERAL + rb"[,)]")
_LOOKUPS = (
    (b"getattr", re.compile(rb"\s*\(" + _ARGUMENT + rb"," + _LITERAL + rb"[,)]")),
    (b"__dict__", re.compile(_FROM_LITERAL + rb"|\s*=(?!=)")),
    (b"__getattribute__", _PLAINLY),
    (b"attrgetter", _PLAINLY),
    (b"methodcaller", _PLAINLY),
    (b"vars", re.compile(rb"\s*\(" + _ARGUMENT + rb"\)" + _FROM_LITERAL)),
)
"""What looks names up, and what follows where the name is plainly written. Anything else is a name that may be put
together: also what looks up under another name, or what gives the names of a module to something."""
_SPACES = (b"globals", b"locals", b"vars")
_SPACE = re.compile(rb"\s*\(\s*\)")
_SPACE_USED = re.compile(_FROM_LITERAL + rb"|\s*\[[^\[\]\n]*+\]\s*=(?!=)")
_ONLY_IMPORTED = re.compile(rb"\s*from\s+[\w.]+\s+import\s+\(?(?:\w+(?:\s+as\s+\w+)?\s*,\s*)*\Z")
_LONGEST_IMPORT = 1_000
_NEXT_IMPORTED = re.compile(rb"[ \t]*(?:[,)\r\n#]|\Z)")


def names_computed(data: bytes) -> bool:
    """Something is looked up by a name that is not written there as one literal."""
    return any(
        plainly.match(data, at + len(word)) is None and not _is_only_imported(data, at, at + len(word))
        for word, plainly in _LOOKUPS
        for at in alone(data, word)
    )


def _is_only_imported(data: bytes, start: int, end: int) -> bool:
    """Whether the word is imported there under its own name."""
    if _NEXT_IMPORTED.match(data, end) is None or start - data.rfind(b"\n", 0, start) > _LONGEST_IMPORT:
        return False
    return _ONLY_IMPORTED.match(data, data.rfind(b"\n", 0, start) + 1, start) is not None


def imports_computed(data: bytes, words: set[bytes]) -> bool:
    """A module is imported by a name that is no plain literal. ``words`` are those that stand in the bytes."""
    return any(
        _PLAINLY.match(data, at + len(word)) is None and not _is_only_imported(data, at, at + len(word))
        for word in (b"__import__", b"import_module")
        if word in words
        for at in beginnings(data, word)
    ) or (b"modules" in words and _modules_computed(data))


_OF_SYS = re.compile(rb"(\bin\s+)?\bsys\s*\.\s*\Z")
_FROM_SYS = re.compile(rb"from\s+sys\s+import\b")
_KEY = rb"(?:\s*__name__\s*|" + _LITERAL + rb")"
_MODULES_PLAINLY = re.compile(
    rb"\s*(?:\[" + _KEY + rb"\]|\[[^\[\]\n]*+\]\s*=(?!=)"
    rb"|\.\s*(?:(?:get|pop|setdefault)\s*\(" + _KEY + rb"[,)]|(?:keys|values|items|copy|update)\s*\())"
)


def _modules_computed(data: bytes) -> bool:
    """A module is had from ``sys.modules`` by another key than a literal or the file's own name."""
    if b"sys" not in data:
        return False
    imported = _FROM_SYS.search(data) is not None
    for at in alone(data, b"modules"):
        of_sys = _OF_SYS.search(data, max(at - 40, 0), at)
        if (
            (imported if of_sys is None else of_sys[1] is None)
            and _MODULES_PLAINLY.match(data, at + 7) is None
            and not _is_only_imported(data, at, at + 7)
        ):
            return True
    return False


def scope_computed(data: bytes, words: set[bytes]) -> bool:
    """The names of a scope, builtins among them, are had as a table and looked up by no plain literal."""
    return any(
        (space := _SPACE.match(data, at + len(word))) is not None and _SPACE_USED.match(data, space.end()) is None
        for word in _SPACES
        if word in words
        for at in alone(data, word)
    )


def alone(data: bytes, word: bytes) -> Iterator[int]:
    """Where the word stands by itself."""
    return (at for at in beginnings(data, word) if not at or data[at - 1] not in LETTERS)
