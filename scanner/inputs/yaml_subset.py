"""The part of YAML in which dependency lists are written: block and flow maps and lists; plain, quoted, block text.

Source: YAML 1.2. What lies outside (tags, aliases, complex keys) is kept as plain text or ends the reading with an
error that names the line: no guess is made. Every text keeps the line on which it starts; nothing is converted.
"""

from __future__ import annotations

import re
from typing import Union

import msgspec

MAX_LINES = 100_000
MAX_DEPTH = 60
MAX_CONTINUED = 200
MAX_LINE = 20_000
_KEY = re.compile(r"(?P<key>\"(?:\\.|[^\"\\])*\"|'(?:''|[^'])*'|[^\s\"'\[\]{}#&*!|>%@`,][^#]*?|\S)\s*:(?:\s+|$)")
_BLOCK = re.compile(r"[|>][-+0-9]*\s*(#.*)?$")
_PROPERTY = re.compile(r"[&!][^\s\[\]{},]*\s*")


class Scalar(msgspec.Struct, frozen=True):
    """A text; ``raw_lines`` are its (number, text) lines where it is a block (``|``, ``>``)."""

    line: int
    text: str
    raw_lines: tuple[tuple[int, str], ...] = ()


class Sequence(msgspec.Struct, frozen=True):
    line: int
    items: tuple[Node, ...]


class Mapping(msgspec.Struct, frozen=True):
    line: int
    entries: tuple[tuple[str, Node], ...]

    def get(self, key: str) -> Node | None:
        return next((value for name, value in self.entries if name == key), None)


Node = Union["Scalar", "Sequence", "Mapping"]


class YamlError(ValueError):
    """What is outside the subset, and on which line."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


def parse_yaml(text: str) -> Node:
    """The first document of a YAML text. Raises :class:`YamlError`."""
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise YamlError(MAX_LINES, f"it has more than {MAX_LINES} lines")
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE:
            raise YamlError(number, f"the line has more than {MAX_LINE} characters")
    reader = _Reader(lines)
    node = reader.block(0, 0)
    reader.skip_empty()
    if reader.place < len(lines) and not reader.at_document_end():
        raise YamlError(reader.place + 1, "its indentation does not fit what stands above")
    return node


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.place = 0
        self.skip_empty()
        while self.place < len(lines) and lines[self.place].startswith(("---", "%")):
            if lines[self.place][3:].strip():
                break
            self.place += 1
            self.skip_empty()

    def at_document_end(self) -> bool:
        return self.lines[self.place].startswith(("---", "..."))

    def skip_empty(self) -> None:
        while self.place < len(self.lines):
            stripped = self.lines[self.place].strip()
            if stripped and not stripped.startswith("#"):
                return
            self.place += 1

    def indent(self) -> int:
        line = self.lines[self.place]
        width = len(line) - len(line.lstrip(" "))
        if line[width : width + 1] == "\t":
            raise YamlError(self.place + 1, "it is indented with tabs")
        return width

    def block(self, least: int, depth: int) -> Node:
        """The node that starts on the next line indented at least so far; empty text where there is none."""
        self.skip_empty()
        if depth > MAX_DEPTH:
            raise YamlError(self.place + 1, "it is nested too deeply")
        if self.place >= len(self.lines) or self.at_document_end() or self.indent() < least:
            return Scalar(self.place, "")
        width = self.indent()
        text = self.lines[self.place][width:]
        if text == "-" or text.startswith("- "):
            return self._sequence(width, depth)
        if _KEY.match(text):
            return self._mapping(width, depth)
        self.place += 1
        return self._inline(text, self.place, width - 1, depth)

    def _sequence(self, width: int, depth: int) -> Sequence:
        start = self.place + 1
        items: list[Node] = []
        while True:
            self.skip_empty()
            if self.place >= len(self.lines) or self.at_document_end() or self.indent() != width:
                break
            line = self.lines[self.place]
            rest = line[width:]
            if rest != "-" and not rest.startswith("- "):
                break
            body = rest[1:].lstrip(" ")
            if not body or body.startswith("#"):
                self.place += 1
                items.append(self.block(width + 1, depth + 1))
            elif body.startswith("- ") or body == "-" or _KEY.match(body):
                # The dash counts as indentation of what follows it.
                inner = len(line) - len(body)
                self.lines[self.place] = " " * inner + body
                items.append(self.block(inner, depth + 1))
            else:
                self.place += 1
                items.append(self._inline(body, self.place, width, depth))
        return Sequence(start, tuple(items))

    def _mapping(self, width: int, depth: int) -> Mapping:
        start = self.place + 1
        entries: list[tuple[str, Node]] = []
        while True:
            self.skip_empty()
            if self.place >= len(self.lines) or self.at_document_end() or self.indent() != width:
                break
            text = self.lines[self.place][width:]
            matched = _KEY.match(text)
            if matched is None or text.startswith("- "):
                break
            key = _unquoted(matched["key"])
            rest = _PROPERTY.sub("", text[matched.end() :].strip(), count=1).strip() if matched else ""
            self.place += 1
            if rest and not rest.startswith("#"):
                entries.append((key, self._inline(rest, self.place, width, depth)))
                continue
            self.skip_empty()
            # A list may stand at the same indentation as the key it belongs to.
            is_list = (
                self.place < len(self.lines)
                and self.indent() == width
                and re.match(r"-(\s|$)", self.lines[self.place][width:]) is not None
                and not self.at_document_end()
            )
            entries.append((key, self.block(width if is_list else width + 1, depth + 1)))
        return Mapping(start, tuple(entries))

    def _inline(self, text: str, number: int, width: int, depth: int) -> Node:
        """A value that starts on a line: block text, a flow collection, or plain text with its continuation lines."""
        if _BLOCK.match(text):
            return self._block_text(number, width)
        if text[0] in "[{":
            return self._flow(text, number, depth)
        if text[0] in "\"'":
            last = min(len(self.lines), self.place + MAX_CONTINUED)
            while not _closed(text) and self.place < last:
                text += " " + self.lines[self.place].strip()
                self.place += 1
            return Scalar(number, _unquoted(text))
        parts = [_without_comment(text)]
        while self.place < len(self.lines):
            line = self.lines[self.place]
            if not line.strip() or line.lstrip().startswith("#") or self.indent() <= width:
                break
            parts.append(_without_comment(line.strip()))
            self.place += 1
        return Scalar(number, " ".join(parts))

    def _block_text(self, number: int, width: int) -> Scalar:
        found: list[tuple[int, str]] = []
        while self.place < len(self.lines):
            line = self.lines[self.place]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= width:
                break
            found.append((self.place + 1, line.strip()))
            self.place += 1
        return Scalar(number, "\n".join(text for _, text in found), tuple(found))

    def _flow(self, text: str, number: int, depth: int) -> Node:
        """``[a, b]`` or ``{k: v}``, over as many lines as it takes."""
        tokens = list(_flow_tokens(text, number))
        still_open = _open_brackets(tokens)
        while still_open > 0 and self.place < len(self.lines):
            self.place += 1
            more = list(_flow_tokens(self.lines[self.place - 1].strip(), self.place))
            still_open += _open_brackets(more)
            tokens.extend(more)
        node, used = _flow_node(tokens, 0, depth)
        if used < len(tokens):
            raise YamlError(number, "text follows a closing bracket")
        return node


_FLOW_TOKEN = re.compile(
    r"\s*(?:(?P<comment>#.*$)|(?P<mark>[\[\]{},])|(?P<text>\"(?:\\.|[^\"\\])*\"|'(?:''|[^'])*'|[^\s\[\]{},][^\[\]{},]*))"
)


def _flow_tokens(text: str, number: int) -> list[tuple[int, str]]:
    found = []
    for match in _FLOW_TOKEN.finditer(text):
        if match["comment"] is None:
            found.append((number, (match["mark"] or match["text"]).strip()))
    return found


def _open_brackets(tokens: list[tuple[int, str]]) -> int:
    return sum((one in ("[", "{")) - (one in ("]", "}")) for _, one in tokens)


def _flow_node(tokens: list[tuple[int, str]], place: int, depth: int) -> tuple[Node, int]:
    if place >= len(tokens):
        raise YamlError(tokens[-1][0] if tokens else 1, "a bracket is not closed")
    number, token = tokens[place]
    if depth > MAX_DEPTH:
        raise YamlError(number, "it is nested too deeply")
    if token not in ("[", "{"):
        return Scalar(number, _unquoted(token)), place + 1
    closing = "]" if token == "[" else "}"
    items: list[Node] = []
    entries: list[tuple[str, Node]] = []
    place += 1
    while place < len(tokens) and tokens[place][1] != closing:
        line, text = tokens[place]
        if text == ",":
            place += 1
            continue
        if token == "{":
            key, _, value = text.partition(":")
            place += 1
            node: Node = Scalar(line, _unquoted(value.strip()))
            if not value.strip() and place < len(tokens) and tokens[place][1] in ("[", "{"):
                node, place = _flow_node(tokens, place, depth + 1)
            entries.append((_unquoted(key.strip()), node))
        else:
            node, place = _flow_node(tokens, place, depth + 1)
            items.append(node)
    if place >= len(tokens):
        raise YamlError(number, "a bracket is not closed")
    return (Sequence(number, tuple(items)) if token == "[" else Mapping(number, tuple(entries))), place + 1


def _without_comment(text: str) -> str:
    return re.split(r"\s#", text, maxsplit=1)[0].strip()


def _closed(text: str) -> bool:
    return re.match(r"(\"(?:\\.|[^\"\\])*\"|'(?:''|[^'])*')\s*(#.*)?$", text) is not None


def _unquoted(text: str) -> str:
    text = text.strip()
    if text[:1] == '"':
        inner = re.match(r'"((?:\\.|[^"\\])*)', text)
        return re.sub(r"\\(.)", lambda one: {"n": "\n", "t": "\t"}.get(one[1], one[1]), inner[1]) if inner else text
    if text[:1] == "'":
        inner = re.match(r"'((?:''|[^'])*)", text)
        return inner[1].replace("''", "'") if inner else text
    return text
