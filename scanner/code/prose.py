"""Prose: the comments and strings of a file told from its code by one regular expression, before anything is parsed."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

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
_PREFIXES = frozenset([b"", b"r", b"b", b"f", b"u", b"t", b"rb", b"br", b"rf", b"fr", b"R", b"B", b"F", b"U"])
_LAST = frozenset([b"f", b"F", b"t", b"T", b"r", b"R"])
"""How the prefix of an f-string or t-string (PEP 750) can end."""
_HOLDING = re.compile(rb"[fFtT]")
_USUAL = frozenset([b", ", b",", b" ", b" + ", b"+"])
_OPENS_GAP = frozenset(bytes([byte]) for byte in b" \t\n\\+,rbfutRBFUT") | {b""}
"""How what stands between neighbouring literals can begin."""
_REACH = 64
LONG_QUOTES = (b'"""', b"'''")
_LONGEST_HEADER = 12
"""Comments and strings (default values, annotations) within a header, beyond which it is not looked at."""
_BRACKETS = ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))
_BLANKS = bytes(10 if byte == 10 else 32 for byte in range(256))


class Prose:
    """The bytes of a file, taken apart. A place in ``code`` and ``named`` is the same place in the file."""

    def __init__(self, data: bytes) -> None:
        self._parts: list[bytes] = _TOKEN.split(data)

    @classmethod
    def _of(cls, parts: list[bytes]) -> Prose:
        made = cls(b"")
        made._parts = parts
        return made

    @classmethod
    def together(cls, proses: Sequence[Prose]) -> Prose:
        """Several files, one after the other. A string that is open at the end of one does not reach into the next."""
        parts = [b""]
        for one in proses:
            parts[-1] += one._parts[0]
            parts += one._parts[1:]
            parts[-1] += b"\n"
        return cls._of(parts)

    @functools.cached_property
    def data(self) -> bytes:
        """The bytes that were taken apart."""
        return b"".join(self._parts)

    def undocumented(self) -> Prose:
        """The same without the docstrings of functions and classes; lines keep their numbers."""
        parts = self._parts
        numbers = [
            number
            for number in range(1, len(parts), 2)
            if parts[number].startswith(LONG_QUOTES) and self._is_docstring(number)
        ]
        if not numbers:
            return self
        kept: list[bytes] = []
        before, at = parts[0], 1
        for number in numbers:
            if number > at:
                kept += [before, *parts[at : number - 1]]
                before = parts[number - 1]
            # Where the prefix of the literal stands is code now.
            stem = before.removesuffix(b"r").removesuffix(b"R")
            before = b"%bpass%b%b" % (stem, b"\n" * parts[number].count(b"\n"), parts[number + 1])
            at = number + 2
        return self._of([*kept, before, *parts[at:]])

    def _is_docstring(self, number: int) -> bool:
        """Whether that string is the first statement of a function or class: it stands on a line of its own after a
        header that this can follow back to its ``def`` or ``class``."""
        parts = self._parts
        after = parts[number + 1].lstrip(b" \t")
        if after[:1] != b"\n" and (after or (number + 2 < len(parts) and parts[number + 2][0] != 35)):
            return False
        before = parts[number - 1]
        if before[-1:] in (b"r", b"R"):
            before = before[:-1]
        header, at = before.rstrip(b" \t"), number - 1
        if not header.endswith(b"\n"):
            return False
        while not (stripped := header.rstrip(b" \t\n")) and at > 1 and parts[at - 1][0] == 35:
            at -= 2
            header = parts[at]
        if not stripped.endswith(b":"):
            return False
        header = stripped
        for _ in range(_LONGEST_HEADER):
            start = max(header.rfind(b"def "), header.rfind(b"class "))
            if start >= 0:
                # Only at the start of a line is it the word; and within brackets a colon comes before a value.
                begins = header[header.rfind(b"\n", 0, start) + 1 : start].strip(b" \t") in (b"", b"async")
                return begins and all(
                    header.count(opened, start) == header.count(closed, start) for opened, closed in _BRACKETS
                )
            if at < 2:
                return False
            at -= 2
            header = parts[at] + header
        return False

    @functools.cached_property
    def torn(self) -> bool:
        """Whether some f-string may have been cut in two: one that holds quotes of its own kind (PEP 701)."""
        return any(
            text.count(b"{") != text.count(b"}")
            for before, text in zip(self._parts[::2], self._parts[1::2], strict=False)
            if before[-1:] in _LAST and text[0] != 35 and _HOLDING.search(before[-2:]) is not None
        )

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
        for number in [
            at for at, gap in enumerate(gaps[:-1]) if gap in _USUAL or (gap[:1] in _OPENS_GAP and _is_gap(gap))
        ]:
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
            if (before[-1:] in _LAST and text[0] != 35 and _HOLDING.search(before[-2:]) is not None)
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
