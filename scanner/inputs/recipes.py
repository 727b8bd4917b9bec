"""What notebooks, recipes of CI systems and files of other tools install: strings that a tool hands to a shell.

A file is read by the shape of its text (YAML, JSON, cells of a notebook), not by the keys of one tool: any string
that is a command which installs is one, under whatever key it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from scanner.inputs.commands import ShellLine, find_commands, shell_lines
from scanner.inputs.json_file import JsonFile
from scanner.inputs.source import SourceText
from scanner.inputs.toml import TomlFile
from scanner.inputs.yaml_nodes import Mapping, Node, Scalar, Sequence, parse_yaml, walk_nodes
from scanner.inputs.yaml_variables import variables_of
from scanner.model.errors import InputError
from scanner.model.location import Location
from scanner.model.locked import Gap, InstallCommand

Found = Iterator[InstallCommand | Gap]
# Keys under which a tool names packages one by one: cog, BentoML, MLflow.
_PACKAGE_LISTS = frozenset(["python_packages", "packages", "dependencies", "build_dependencies"])
_STRING = re.compile(r'"((?:\\.|[^"\\])*)(?:"|\\?\Z)')
_WHOLE = re.compile(r"\b(?:install|uvx|run|add)\s")
_SHELL_LINE = re.compile(r"\s*+(?:[\w, ]++=\s*+)?(?:!!?|%)(?!%)(?P<command>.*)")
_SHELL_CELL = re.compile(r"\s*%%(?:bash|sh|script|cmd|zsh|system|sx|!)")


def yaml_strings(source: SourceText) -> Found:
    """Every text of a YAML file, and every list of words (``command: [pip, install, x]``, ``entrypoint`` and ``args``).

    Raises :class:`YamlError` as :func:`parse_yaml` does.
    """
    root = parse_yaml(source.text)
    known = variables_of(root)
    for _, node in walk_nodes(root):
        lines: tuple[tuple[int, str], ...] = ()
        if isinstance(node, Scalar):
            lines = node.raw_lines or ((node.line, node.text),)
        elif isinstance(node, Sequence):
            # A list of whole commands is no command: each was looked at by itself.
            whole = any(isinstance(one, Scalar) and _WHOLE.search(one.text) for one in node.items)
            lines = () if whole else ((node.line, _joined(node)),)
        elif (start := node.get("entrypoint") or node.get("command")) and (rest := node.get("args")):
            lines = ((node.line, f"{_joined(start)} {_joined(rest)}"),)
        yield from find_commands(shell_lines(lines), source.path, known)


def yaml_packages(source: SourceText) -> Found:
    """As :func:`yaml_strings`, with the lists under keys that name packages.

    Raises :class:`YamlError` as :func:`parse_yaml` does.
    """
    yield from yaml_strings(source)
    for _, node in walk_nodes(parse_yaml(source.text)):
        for key, value in node.entries if isinstance(node, Mapping) else ():
            for item in value.items if key in _PACKAGE_LISTS and isinstance(value, Sequence) else ():
                if isinstance(item, Scalar):
                    yield from find_commands([ShellLine(item.line, f"pip install {_quoted(item.text)}")], source.path)


def json_strings(source: SourceText) -> Found:
    """Every string of a JSON file, comments and all, by the line it stands on; and each run of strings with nothing but
    commas between them, over one line or several, as the words of one command."""
    lines: list[ShellLine] = []
    words: list[str] = []
    first = 1

    def ended() -> None:
        if len(words) > 1:
            lines.append(ShellLine(first, " ".join(map(_quoted, words))))
        words.clear()

    for number, line in enumerate(source.text.splitlines(), 1):
        at = 0
        for one in _STRING.finditer(line):
            if words and line[at : one.start()].strip(" \t,"):
                ended()
            first = first if words else number
            words.append(_unescaped(one[1]))
            lines.append(ShellLine(number, words[-1]))
            at = one.end()
        if line[at:].strip(" \t,"):
            ended()
    ended()
    yield from find_commands(lines, source.path)


def notebook(source: SourceText) -> Found:
    """``%pip install x``, ``!pip install x`` and cells of shell (``%%bash``). Source: nbformat 3 and 4, IPython."""
    try:
        file = JsonFile(source)
    except InputError as error:
        said = f"what it installs is not known: {error.what.partition(chr(10))[0]}"
        yield Gap(Location(source.path), said, "Look at it by hand.")
        return
    for key_path, cell in _cells(file.content):
        key = "source" if "source" in cell else "input"
        body = cell.get(key)
        parts = body if isinstance(body, list) else [body]
        text = "".join(one for one in parts if isinstance(one, str))
        # Whole commands first: what a backslash continues has no mark of its own.
        found = list(shell_lines(enumerate(text.splitlines(), 1)))
        if not _SHELL_CELL.match(text):
            found = [ShellLine(one.number, each["command"]) for one in found if (each := _SHELL_LINE.match(one.text))]
        if found:
            line = file.at(f"{key_path}.{key}").line
            # A part is a line of the cell in every notebook that a tool wrote, and stands on a line of the file.
            step = 1 if isinstance(body, list) else 0
            yield from find_commands((ShellLine(line + one.number * step, one.text) for one in found), source.path)


def _cells(content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    sheets = content.get("worksheets")
    holders = [("", content)]
    if isinstance(sheets, list):
        holders += [(f"worksheets[{number}].", one) for number, one in enumerate(sheets) if isinstance(one, dict)]
    for prefix, holder in holders:
        cells = holder.get("cells")
        for number, cell in enumerate(cells if isinstance(cells, list) else ()):
            if isinstance(cell, dict) and cell.get("cell_type") == "code":
                yield f"{prefix}cells[{number}]", cell


def _joined(node: Node) -> str:
    if isinstance(node, Scalar):
        return node.text
    items = node.items if isinstance(node, Sequence) else ()
    return " ".join(_quoted(one.text) for one in items if isinstance(one, Scalar))


def _quoted(text: str) -> str:
    return f"'{text}'" if re.search(r"[\s<>;!&|]", text) and "'" not in text else text


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text


def tox_toml(source: SourceText) -> Found:
    """``deps`` and ``requires`` of any table of a ``tox.toml``, and its commands, which are lists of words."""
    try:
        file = TomlFile(source)
    except InputError as error:
        said = f"what it installs is not known: {error.what.partition(chr(10))[0]}"
        yield Gap(Location(source.path), said, "Look at it by hand.")
        return
    waiting: list[tuple[str, str, Any]] = [("", "", file.content)]
    while waiting:
        path, key, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend((f"{path}.{name}".lstrip("."), name, one) for name, one in value.items())
        elif isinstance(value, list):
            words = [one for one in value if isinstance(one, str)]
            line = file.at(path).line
            texts = [" ".join(map(_quoted, words))]
            if key in ("deps", "requires"):
                texts = [f"pip install {_quoted(one)}" for one in words]
            yield from find_commands([ShellLine(line, one) for one in texts], source.path)
            waiting.extend((f"{path}[{number}]", key, one) for number, one in enumerate(value) if one not in words)
