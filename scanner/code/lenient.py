"""JSON as notebooks have it: ``NaN``, trailing commas, a byte-order mark; every text with the line it stands on."""

from __future__ import annotations

import json
import re
from typing import Any

MAX_DEPTH = 60
_TOKEN = re.compile(
    r'[\s,:]*+(?:(?P<text>"(?:[^"\\]++|\\.)*+")|(?P<mark>[\[\]{}])|(?P<word>[^\s,:\[\]{}"]++))', re.DOTALL
)


class NotJsonError(ValueError):
    """The text is no JSON, even read leniently."""


class Text(str):
    """A text and the ``line`` of the file on which it begins, counted from 1."""

    __slots__ = ("line",)
    line: int


class Pairs(list[tuple[Any, Any]]):
    """An object: keys and values in order, with those that stand twice."""

    def all(self, key: str) -> list[Any]:
        """The values of a key: readers differ on which of several counts."""
        return [value for name, value in self if name == key]

    def first(self, key: str) -> Any:
        return next(iter(self.all(key)), None)


def read_lenient(text: str) -> Any:
    """The value: :class:`Pairs`, lists, :class:`Text`; numbers and words as plain ``str``. Raises `NotJsonError`."""
    root: list[Any] = []
    open_ones: list[list[Any]] = [root]
    kinds = [""]
    line, counted, at = 1, 0, 0
    while True:
        token = _TOKEN.match(text, at)
        if token is None:
            break
        at = token.end()
        mark = token["mark"]
        if mark is None:
            if (written := token["text"]) is not None:
                line += text.count("\n", counted, token.start("text"))
                counted = token.start("text")
                open_ones[-1].append(_text(written, line))
            else:
                open_ones[-1].append(token["word"])
        elif mark in "[{":
            if len(open_ones) > MAX_DEPTH:
                raise NotJsonError("it is nested too deeply")
            open_ones.append([])
            kinds.append(mark)
        else:
            if len(open_ones) < 2 or kinds.pop() + mark not in ("[]", "{}"):
                raise NotJsonError("its brackets do not match")
            done = open_ones.pop()
            open_ones[-1].append(done if mark == "]" else Pairs(zip(done[::2], done[1::2], strict=False)))
    if len(open_ones) > 1 or text[at:].strip(" \t\r\n,:\0") or not root:
        raise NotJsonError("it does not end where its value ends")
    return root[0]


def _text(written: str, line: int) -> Text:
    try:
        read = json.loads(written, strict=False)
    except ValueError:
        read = written[1:-1]
    made = Text(read)
    made.line = line
    return made
