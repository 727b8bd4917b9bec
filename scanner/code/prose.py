"""Prose: the comments and strings of a file told from its code by one regular expression, before anything is parsed."""

from __future__ import annotations

import functools
import re

_TOKEN = re.compile(
    rb"(#[^\n]*"
    rb"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
    rb'|"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""'
    rb"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'"
    rb'|"[^"\\\n]*(?:\\.[^"\\\n]*)*")',
    re.DOTALL,
)
"""Loops over plain characters, with the others between: alternatives at each character would cost much more."""
_LISTED = re.compile(rb"__all__\s*\+?=\s*[\[(][^\])]*[\])]")
_NAME = re.compile(rb"['\"]+[\w.]+['\"]+")
_PREFIXES = frozenset([b"", b"r", b"b", b"f", b"u", b"rb", b"br", b"rf", b"fr", b"R", b"B", b"F", b"U"])
_REACH = 64
_BLANKS = bytes(10 if byte == 10 else 32 for byte in range(256))


class Prose:
    """The bytes of a file, taken apart. A place in ``code`` and ``named`` is the same place in the file."""

    def __init__(self, data: bytes) -> None:
        self._parts = _TOKEN.split(data)

    @functools.cached_property
    def code(self) -> bytes:
        """The file with comments and strings blanked; f-strings, which hold code, are kept."""
        return self._blanked(False)

    @functools.cached_property
    def named(self) -> bytes:
        """The same with those strings kept that could be the name of something (but not the lists of ``__all__``)."""
        return _LISTED.sub(lambda one: one[0].translate(_BLANKS), self._blanked(True))

    @functools.cached_property
    def strings(self) -> bytes:
        """The strings, each on lines of its own."""
        return b"\n".join([one for one in self._parts[1::2] if one[0] != 35])

    @functools.cached_property
    def joined(self) -> bytes:
        """What the strings hold, without anything between them: neighbouring literals, of which Python makes one, stand
        together as they do in ``"powers" "hell"``, ``"powers" + "hell"`` and ``"".join(["powers", "hell"])``."""
        return b"".join([one.strip(b"'\"") for one in self._parts[1::2] if one[0] != 35])

    @functools.cached_property
    def met(self) -> bytes:
        """What neighbouring literals make together, a line for each run of them. A long literal keeps its ends."""
        made: list[bytes] = []
        run: list[bytes] = []
        gap = b"."
        for number in range(1, len(self._parts), 2):
            text = self._parts[number]
            if text[0] == 35:
                gap += self._parts[number + 1]
                continue
            text = text.strip(b"'\"")
            if len(text) > 2 * _REACH:
                text = text[:_REACH] + b"\n" + text[-_REACH:]
            if gap.strip(b" \t\n\\+,") in _PREFIXES:
                run.append(text)
            else:
                if len(run) > 1:
                    made.append(b"".join(run))
                run = [text]
            gap = self._parts[number + 1]
        if len(run) > 1:
            made.append(b"".join(run))
        return b"\n".join(made)

    def _blanked(self, names: bool) -> bytes:
        parts = list(self._parts)
        for number in range(1, len(parts), 2):
            text = parts[number]
            if text[0] == 35 or not (_holds_code(parts[number - 1]) or (names and _NAME.fullmatch(text))):
                parts[number] = text.translate(_BLANKS)
        return b"".join(parts)


def seams(data: bytes) -> bytes:
    """What neighbouring string literals make together in the bytes."""
    return Prose(data).met if b"'" in data or b'"' in data else b""


def _holds_code(before: bytes) -> bool:
    """Whether the string after these bytes is an f-string."""
    return before[-1:] in b"fFrR" and b"f" in before[-2:].lower() and bool(before)
