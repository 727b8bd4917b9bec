"""Source text: bytes to text (PEP 263), text to a syntax tree, and what is done with a file that does not parse."""

from __future__ import annotations

import ast
import codecs
import contextlib
import re
import warnings
from collections.abc import Callable, Iterator

import msgspec

from scanner.code.fstrings import Placeholder, restored
from scanner.code.kinds import Language, language_of
from scanner.code.limits import Limits
from scanner.code.newer import in_older_syntax
from scanner.code.pieces import WORTH_CUTTING, in_pieces
from scanner.code.salvage import salvaged
from scanner.encoding import codec_of, cookie
from scanner.parsing import TooCostlyError, parse_python

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
MAX_REPAIRS = 60


class SourceFile:
    """One file of an artifact or tree: POSIX path relative to its root, its ``size`` in bytes, what it is read as, and
    its bytes, which may be read when they are first asked for."""

    __slots__ = ("_data", "_read", "language", "path", "size")

    def __init__(
        self,
        path: str,
        data: bytes | None = None,
        *,
        size: int = 0,
        read: Callable[[], bytes] | None = None,
        language: Language | None = None,
    ) -> None:
        """Either ``data``, or the ``size`` that is claimed and what reads the bytes. Where no language is given, the
        path tells it."""
        self.path = path
        self.language = language or language_of(path)
        self.size = size if data is None else len(data)
        self._data = data
        self._read = read

    @property
    def data(self) -> bytes:
        if self._data is None:
            self._data = self._read() if self._read is not None else b""
            self.size = len(self._data)
        return self._data


class Parsed(msgspec.Struct, frozen=True):
    """``tree`` with the text it was made from. ``repaired`` counts lines that had to be translated from Python 2 or
    blanked before the rest would parse; ``reason`` is not empty where there is no tree at all."""

    tree: ast.Module | None
    text: str
    repaired: int = 0
    reason: str = ""


def decode(data: bytes) -> str:
    """The text by byte-order mark or coding cookie, else UTF-8, else Latin-1; never an error."""
    if data.startswith(codecs.BOM_UTF8):
        return data[3:].decode("utf-8", "replace")
    if data.startswith(_UTF_16):
        return data.decode("utf-16", "replace")
    if name := codec_of(cookie(data)):
        with contextlib.suppress(ValueError):
            return data.decode(name, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def is_coded_otherwise(data: bytes) -> bool:
    """Whether the text differs from the bytes as UTF-8: names may stand in it that do not stand in the bytes."""
    return data.startswith(_UTF_16) or codec_of(cookie(data)) not in ("", "utf-8", "ascii")


def unknown_codec(data: bytes) -> str:
    """The encoding that the cookie states, where Python has none of that name: somebody would have to bring it."""
    stated = cookie(data)
    try:
        return "" if not stated or codec_of(stated) or codecs.lookup(stated) else stated
    except (LookupError, ValueError):
        return stated


def reads_docstrings(data: bytes) -> bool:
    """Whether this code may look at docstrings, its own or others'."""
    return b"__doc__" in data or b"getdoc" in data


def parse(data: bytes | str, limits: Limits, repair: bool = True) -> Parsed:
    """The syntax tree, where need be of a repaired text; ``Parsed.tree`` is ``None`` where nothing can be parsed."""
    text = decode(data) if isinstance(data, bytes) else data
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ").replace("\f", " ")
    if len(text) > WORTH_CUTTING:
        return _parsed_in_pieces(plain, repair)
    tree, fault = (None, None) if _too_deep(plain) else _try(plain)
    if tree is not None:
        return Parsed(tree, plain)
    if isinstance(fault, TooCostlyError):
        return _parsed_in_pieces(plain, repair)
    fixed = _fixed(plain, repair, fault)
    if isinstance(fixed, str):
        return _repaired(plain) if repair and isinstance(fault, SyntaxError) else Parsed(None, plain, reason=fixed)
    tree, _ = _try(fixed[0])
    assert tree is not None
    restored(tree, fixed[1])
    return Parsed(tree, plain, repaired=fixed[2])


def _parsed_in_pieces(plain: str, repair: bool) -> Parsed:
    reason = "it is not valid Python"

    def fix(piece: str) -> tuple[str, dict[str, Placeholder], int] | None:
        nonlocal reason
        if _too_deep(piece):
            reason = _TOO_DEEP
            return None
        tree, fault = _try(piece)
        if tree is not None:
            return piece, {}, 0
        fixed = _fixed(piece, repair, fault)
        if isinstance(fixed, str):
            reason = fixed
            return None
        return fixed

    found = in_pieces(plain, fix)
    if found is None:
        return Parsed(None, plain, reason=reason)
    return Parsed(ast.Module(found[0], []), plain, repaired=found[1])


_TOO_DEEP = "its brackets are nested too deeply"


def _fixed(text: str, repair: bool, fault: Exception | None) -> tuple[str, dict[str, Placeholder], int] | str:
    """A text that does not parse as one that does, what is to be put back into its tree, and how many statements of it
    could not be read as they are; else why there is none."""
    if not isinstance(fault, SyntaxError):
        return _TOO_DEEP if fault is None else "the parser gave up on its nesting"
    older, placeholders = in_older_syntax(text) or (text, {})
    if older is not text:
        tree, _ = _try(older)
        if tree is not None and restored(tree, placeholders):
            return older, placeholders, 0
    if not repair:
        return "it is not valid Python"
    made, count = salvaged(older, _translate)
    tree, _ = _try(made)
    if tree is None:
        return "it is not valid Python"
    return made, placeholders, max(1, count + (not restored(tree, placeholders)))


def _too_deep(text: str, limit: int = 180) -> bool:
    """True where more brackets are open than the parser allows (200); counted only where that is possible."""
    if text.count("(") + text.count("[") + text.count("{") < limit:
        return False
    if not any(bracket * 40 in text for bracket in "([{") and "-" * 500 not in text and "not " * 400 not in text:
        return False
    depth = deepest = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    return deepest > limit


@contextlib.contextmanager
def silently() -> Iterator[None]:
    """Without the parser's warnings about the analysed source. Around many calls of :func:`parse`: setting the filters
    costs as much as parsing a short function."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _try(text: str) -> tuple[ast.Module | None, Exception | None]:
    try:
        return parse_python(text), None
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        return None, error if isinstance(error, SyntaxError | TooCostlyError) else RecursionError()


MAX_TRANSLATED = 4_000
"""Characters of a line of Python 2; the patterns below are not linear."""
_PRINT = re.compile(r"^(\s*(?:[^#'\"]*:\s*|.*;\s*)?)print(?:\s*>>\s*[\w.]+\s*,)?\s+(?!\()([^#;]*)(.*)$")
_PRINT_BARE = re.compile(r"^(\s*)print\s*(>>.*)?$")
_EXCEPT = re.compile(r"^(\s*except\s+[\w.,() ]+?)\s*,\s*(\w+)\s*:(.*)$")
_EXEC = re.compile(r"^(\s*(?:[^#'\"]*:\s*|.*;\s*)?)exec\s+([^;#]+?)(\s+in\s+[\w., ()]+)?\s*(;.*)?$")
_RAISE = re.compile(r"^(\s*raise\s+[\w.]+)\s*,\s*(.+)$")
_OCTAL = re.compile(r"(?<![\w.])0([0-7]+)L?(?![\w.])")
_UNICODE_RAW = re.compile(r"\b[uU][rR](?=['\"])")
_LONG = re.compile(r"(?<![\w.])(\d+|0[xX][0-9a-fA-F]+)[lL]\b")


def _translate(line: str) -> str:
    """A line of Python 2 in Python 3's spelling, as far as one line shows."""
    if len(line) > MAX_TRANSLATED:
        return line
    line = line.expandtabs(8)
    line = _EXCEPT.sub(r"\1 as \2:\3", line)
    line = _EXEC.sub(r"\1exec(\2)\4", line)
    if _PRINT_BARE.match(line):
        line = _PRINT_BARE.sub(r"\1print()", line)
    else:
        line = _PRINT.sub(lambda one: f"{one[1]}print({one[2].rstrip().rstrip(',')}){one[3]}", line)
    line = _RAISE.sub(r"\1(\2)", line)
    line = _UNICODE_RAW.sub("r", _LONG.sub(r"\1", _OCTAL.sub(r"0o\1", line)))
    return line.replace("<>", "!=").replace("`", "'")


def _repaired(text: str) -> Parsed:
    """Parse with faulty lines translated or blanked, so that the rest of the file is still analysed as code."""
    lines = text.split("\n")
    touched: set[int] = set()
    blanked: set[int] = set()
    if any("\t" in line for line in lines[:5000]):
        lines = [line.expandtabs(8) for line in lines]
    for _ in range(MAX_REPAIRS):
        tree, fault = _try("\n".join(lines))
        if tree is not None:
            return Parsed(tree, text, repaired=max(1, len(touched | blanked)))
        if not isinstance(fault, SyntaxError):
            break
        at = min(max((fault.lineno or 1) - 1, 0), len(lines) - 1)
        if not touched:
            translated = [_translate(line) for line in lines]
            touched |= {number for number, line in enumerate(lines) if translated[number] != line}
            touched.add(-1)
            if translated != lines:
                lines = translated
                continue
        while at > 0 and (at in blanked or not lines[at].strip()):
            at -= 1
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        if "indent" in str(fault.msg) and at > 0:
            previous = next((lines[one] for one in range(at - 1, -1, -1) if lines[one].strip()), "")
            opened = previous.rstrip().endswith(":")
            before = len(previous) - len(previous.lstrip())
            if "expected an indented block" in str(fault.msg):
                lines[at] = " " * (before + 4) + lines[at].strip()
                blanked.add(at)
                continue
            indent = " " * (before + (4 if opened else 0))
            if at not in touched:
                lines[at] = indent + lines[at].lstrip()
                touched.add(at)
                continue
        if not _blank_statement(lines, at, blanked):
            lines[at] = indent + "pass"
            blanked.add(at)
    return _longest_prefix(lines, text)


_OPENS_BLOCK = re.compile(r"(?:async\s+)?(?:def|class|if|elif|else|for|while|try|except|finally|with)\b|@")


def _blank_statement(lines: list[str], at: int, blanked: set[int]) -> bool:
    """Blank the whole of a bracketed top-level statement that holds the faulty line; false where there is none."""
    start = at
    while start > 0 and (not lines[start].strip() or lines[start][0] in " \t)]}#"):
        start -= 1
    if _OPENS_BLOCK.match(lines[start]) or not any(bracket in lines[start] for bracket in "([{"):
        return False
    end = start + 1
    while end < len(lines) and (not lines[end].strip() or lines[end][0] in " \t)]}#"):
        end += 1
    for number in range(start, end):
        lines[number] = ""
        blanked.add(number)
    return True


def _longest_prefix(lines: list[str], text: str) -> Parsed:
    """The longest prefix of whole top-level statements that parses (a truncated file, mostly)."""
    starts = [number for number, line in enumerate(lines) if line[:1].strip() and line[0] not in ")]}#"]
    for cut in reversed(starts[-40:]):
        tree, _ = _try("\n".join(lines[:cut]))
        if tree is not None and tree.body:
            return Parsed(tree, text, repaired=len(lines) - cut)
    return Parsed(None, text, reason="it is not valid Python")
