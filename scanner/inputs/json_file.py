"""JSON with bounds, and the line of the upper key paths, which the parser itself does not tell."""

from __future__ import annotations

import itertools
import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import msgspec

from scanner.inputs.source import SourceText
from scanner.model.errors import InputError
from scanner.model.location import Location
from scanner.model.locked import Gap

MAX_JSON_CHARACTERS = 32 * 1024 * 1024
MAX_KEY_PATHS = 400_000
MAX_DEPTH_WITH_LINES = 4
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[\[\]{},:]', re.DOTALL)


class _Open(msgspec.Struct):
    """An open object or array on the way down."""

    path: str
    is_array: bool
    index: int = -1
    fresh: bool = True


class JsonFile:
    """A parsed JSON file whose top level is an object. :meth:`at` gives the location of a key path."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        if len(source.text) > MAX_JSON_CHARACTERS:
            raise InputError(f"it is larger than {MAX_JSON_CHARACTERS // 1024 // 1024} MiB", where=source.path)
        try:
            content = json.loads(source.text)
        except json.JSONDecodeError as error:
            where = f"{source.path}:{error.lineno}:{error.colno}"
            raise InputError(f"it is not valid JSON: {error.msg}", where=where) from error
        except (RecursionError, ValueError) as error:
            why = "it is nested too deeply" if isinstance(error, RecursionError) else "it holds an absurd number"
            raise InputError(f"it is not usable JSON: {why}", where=source.path) from error
        if not isinstance(content, dict):
            raise InputError("its top level is not a JSON object", where=f"{source.path}:1")
        self.content: dict[str, Any] = content

    @cached_property
    def lines(self) -> dict[str, int]:
        """Key path (``components[3].version``) → line, from 1, down to a few levels."""
        return dict(itertools.islice(_key_lines(self.source.text), MAX_KEY_PATHS))

    def gaps(self) -> tuple[Gap, ...]:
        """A gap where the file has so many keys that the later ones are told of at the line of another."""
        if len(self.lines) < MAX_KEY_PATHS:
            return ()
        said = f"it has {MAX_KEY_PATHS:,} keys or more: what stands behind them is read, and its lines are not known"
        return (Gap(Location(self.source.path), said, "Look at who wrote a file of that size."),)

    def at(self, key_path: str) -> Location:
        """The location of a key path, or of the nearest key above it whose line is kept."""
        asked = key_path
        while asked and asked not in self.lines:
            asked = asked[: max(asked.rfind("."), asked.rfind("["), 0)]
        return Location(self.source.path, self.lines.get(asked, 0), key_path=key_path)


def plain(text: str) -> str:
    """JSON may spell unpaired surrogates, which no UTF-8 output can hold: they become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _key_lines(text: str) -> Iterator[tuple[str, int]]:
    newlines = [match.start() for match in re.finditer("\n", text)]
    stack: list[_Open] = []
    value_path = ""
    depth = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if depth > MAX_DEPTH_WITH_LINES:
            # Too deep to be named: only count the brackets until the way is up again.
            depth += (token in "[{") - (token in "]}") if len(token) == 1 else 0
            continue
        here = stack[-1] if stack else None
        if token in ("[", "{"):
            depth += 1
            if here is not None and here.is_array:
                here.index += here.fresh
                here.fresh = False
                value_path = f"{here.path}[{here.index}]"
                yield value_path, bisect_right(newlines, match.start() - 1) + 1
            if depth <= MAX_DEPTH_WITH_LINES:
                stack.append(_Open(value_path, token == "["))
        elif token in ("]", "}"):
            depth -= 1
            if len(stack) > depth >= 0:
                stack.pop()
        elif token == ",":
            if here is not None:
                # A number, true, false or null is no token: the element went by unseen.
                here.index += here.is_array and here.fresh
                here.fresh = True
        elif token != ":" and here is not None and not here.is_array and here.fresh:
            here.fresh = False
            key = token[1:-1][:200]
            value_path = f"{here.path}.{key}" if here.path else key
            yield value_path, bisect_right(newlines, match.start() - 1) + 1
        elif token != ":" and here is not None and here.is_array and here.fresh:
            here.index += 1
            here.fresh = False
            yield f"{here.path}[{here.index}]", bisect_right(newlines, match.start() - 1) + 1
