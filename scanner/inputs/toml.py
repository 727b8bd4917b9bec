"""TOML with bounds, and the line of every key path, which the parser itself does not tell."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import tomli

from scanner.inputs.source import SourceText
from scanner.model.errors import InputError
from scanner.model.location import Location

_TOKEN = re.compile(
    r'(?P<comment>#[^\n]*)|(?P<long>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5})'
    r"|(?P<text>\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*')|(?P<mark>[\[\]{},=\n])|(?P<bare>[^\s\[\]{},=#\"']+)",
    re.DOTALL,
)
MAX_TOML_CHARACTERS = 16 * 1024 * 1024
MAX_KEY_PATHS = 400_000
MAX_DOTS = 1_000_000
MAX_KEY_PATH = 400
_KEY_OF_LINE = re.compile(r"^[^=\"'\n#,]*", re.MULTILINE)
_KEY_PART = re.compile(r"\"((?:\\.|[^\"\\])*)\"|'([^']*)'|([A-Za-z0-9_-]+)")


class TomlFile:
    """A parsed TOML file. ``content`` is the document; :meth:`at` gives the location of a key path."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        if len(source.text) > MAX_TOML_CHARACTERS:
            raise InputError(f"it is larger than {MAX_TOML_CHARACTERS // 1024 // 1024} MiB", where=source.path)
        if _dots_of_keys(source.text) > MAX_DOTS:
            remedy = "No dependency file needs such keys; look at who wrote this one."
            raise InputError("its keys are dotted beyond all use", where=source.path, remedy=remedy)
        try:
            self.content: dict[str, Any] = tomli.loads(source.text)
        except tomli.TOMLDecodeError as error:
            where = f"{source.path}:{error.lineno}:{error.colno}"
            raise InputError(f"it is not valid TOML: {error.msg}", where=where) from error
        except RecursionError as error:
            remedy = "No dependency file needs that depth; look at who wrote this one."
            raise InputError("its tables or arrays are nested too deeply", where=source.path, remedy=remedy) from error
        except ValueError as error:
            raise InputError(f"it is not valid TOML: {error}", where=source.path) from error

    @cached_property
    def lines(self) -> dict[str, int]:
        """Key path (``package[3].wheels[0]``) → line, from 1."""
        return dict(itertools.islice(key_lines(self.source.text), MAX_KEY_PATHS))

    def at(self, key_path: str) -> Location:
        """The location of a key path, or of the nearest key above it that stands in the text."""
        asked = key_path
        while asked and asked not in self.lines:
            asked = asked[: max(asked.rfind("."), asked.rfind("["), 0)]
        return Location(self.source.path, self.lines.get(asked, 0), key_path=key_path)


def _dots_of_keys(text: str) -> int:
    """How many dots the keys and headers of the text hold: the parser's work grows with each of them."""
    return sum(line.count(".") for line in _KEY_OF_LINE.findall(text))


def key_lines(text: str) -> Iterator[tuple[str, int]]:
    """Every key path of a valid TOML text with its line: tables, keys, elements of arrays, keys of inline tables."""
    newlines = [match.start() for match in re.finditer("\n", text)]
    tokens = _tokens(text)
    counts: dict[str, int] = {}
    prefix = ""
    for kind, token, offset in tokens:
        if token == "\n" or kind == "comment":
            continue
        line = bisect_right(newlines, offset - 1) + 1
        if token == "[":
            prefix = _header(tokens, counts)[:MAX_KEY_PATH]
            yield prefix, line
            continue
        path = _join(prefix, _key(tokens, token))
        yield path, line
        yield from _value(tokens, path, newlines)


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    for match in _TOKEN.finditer(text):
        yield match.lastgroup or "", match.group(), match.start()


def _join(prefix: str, key: str) -> str:
    return (f"{prefix}.{key}" if prefix else key)[:MAX_KEY_PATH]


def _parts(text: str) -> list[str]:
    return [double or single or bare for double, single, bare in _KEY_PART.findall(text)]


def _key(tokens: Iterator[tuple[str, str, int]], first: str) -> str:
    """The dotted key that starts with a token and ends before the equals sign."""
    text = [first]
    for _, token, _ in tokens:
        if token in ("=", "\n"):
            break
        text.append(token)
    return ".".join(_parts("".join(text)))


def _header(tokens: Iterator[tuple[str, str, int]], counts: dict[str, int]) -> str:
    """The path of a ``[table]`` or ``[[array]]`` header; names of arrays of tables get the index of the last one."""
    text: list[str] = []
    is_array = False
    for kind, token, _ in tokens:
        if token == "\n":
            break
        if token == "[":
            is_array = True
        elif token != "]" and kind != "comment":
            text.append(token)
    path = ""
    parts = _parts("".join(text))
    for number, part in enumerate(parts):
        path = _join(path, part)[:MAX_KEY_PATH]
        last = number == len(parts) - 1
        if is_array and last:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = f"{path}[{counts[path]}]"
    return path


def _value(tokens: Iterator[tuple[str, str, int]], path: str, newlines: list[int]) -> Iterator[tuple[str, int]]:
    """Elements and inner keys of one value, up to the end of its statement. The stack holds the open containers."""
    stack: list[list[Any]] = []
    fresh = False
    for kind, token, offset in tokens:
        if kind == "comment" or (token == "\n" and stack):
            continue
        if token == "\n":
            return
        here = stack[-1][1] if stack else path
        if token in ("]", "}"):
            if stack:
                stack.pop()
            fresh = False
            continue
        if token == ",":
            fresh = True
            continue
        line = bisect_right(newlines, offset - 1) + 1
        if stack and stack[-1][0] == "[" and fresh:
            stack[-1][2] += 1
            here = f"{stack[-1][1]}[{stack[-1][2]}]"
            yield here, line
        elif stack and stack[-1][0] == "{" and fresh:
            here = _join(stack[-1][1], _key(tokens, token))
            stack[-1][2] = here
            yield here, line
            fresh = False
            continue
        elif stack:
            here = stack[-1][2] if stack[-1][0] == "{" else here
        fresh = False
        if token in ("[", "{"):
            stack.append([token, here, -1])
            fresh = True
