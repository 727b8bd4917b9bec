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
_LAST = frozenset([b"f", b"F", b"r", b"R"])
"""How the prefix of an f-string can end."""
_USUAL = frozenset([b", ", b",", b" ", b" + ", b"+"])
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
        """What neighbouring literals make together, a line for each run of them. Names are short: so are the literals
        that they are written in, and longer ones are left out."""
        texts, gaps = self._parts[1::2], self._parts[2::2]
        made: list[bytes] = []
        last = -1
        for number in [at for at, gap in enumerate(gaps[:-1]) if gap in _USUAL or _is_gap(gap)]:
            text = texts[number]
            if text[0] == 35 or len(text) > _REACH:
                continue
            after = number + 1
            while texts[after][0] == 35 and after + 1 < len(texts) and _is_gap(gaps[after]):
                after += 1
            following = texts[after]
            if following[0] == 35 or len(following) > _REACH:
                continue
            if last != number:
                made.append(b"\n" + text.strip(b"'\""))
            made.append(following.strip(b"'\""))
            last = after
        return b"".join(made)

    def _blanked(self, names: bool) -> bytes:
        parts = self._parts
        kept = [
            text
            if (before[-1:] in _LAST and text[0] != 35 and b"f" in before[-2:].lower())
            or (names and text[0] != 35 and _NAME.fullmatch(text))
            else text.translate(_BLANKS)
            for before, text in zip(parts[::2], parts[1::2], strict=False)
        ]
        made = [b""] * len(parts)
        made[::2], made[1::2] = parts[::2], kept
        return b"".join(made)


def _is_gap(between: bytes) -> bool:
    """Whether only blanks, a plus or a comma, and the prefix of a literal stand there."""
    return between.strip(b" \t\n\\+,") in _PREFIXES


def seams(data: bytes) -> bytes:
    """What neighbouring string literals make together in the bytes."""
    return Prose(data).met if b"'" in data or b'"' in data else b""
