"""Hidden text: what in the bytes of a file shows that strings come about which are not written in it."""

from __future__ import annotations

import operator
import re
import string
from collections.abc import Set

from scanner.code.vocabulary import CODED

ESCAPED = re.compile(
    rb"\\(?:x[2-7][0-9a-fA-F]|u00[2-7][0-9a-fA-F]|U000000[2-7]|1[0-7]{2}|[4-7][0-7](?![0-7])|0[4-7][0-7]|N\{)"
)
REVERSED = re.compile(rb"::\s*-\s*1")
_LONG = re.compile(rb"[A-Za-z0-9+/_-]{6,}={0,2}")
_HEX = re.compile(rb"(?!0123456789)(?=[a-fA-F]*\d)[0-9a-fA-F]+")
# These begin with a literal, which makes them fast.
_BINARY = re.compile(rb"\\(?:x[0-9a-fA-F]{2}[^\n]?(?:\\x[0-9a-fA-F]{2}[^\n]?){2}|[0-7]{3}\\[0-7]{3}\\[0-7]{3})")
_PERCENT = re.compile(rb"%[0-9a-fA-F]{2}%[0-9a-fA-F]{2}")
CLOSED = re.compile(rb"['\"]\s*\[\s*$")
"""The end of a literal before its slice."""
_REPLACED = re.compile(rb"\.(?:replace|translate)\s*\(")
_JOINED_BACKWARDS = re.compile(rb"join\s*\(\s*reversed\b")
_MADE_OF_NUMBERS = re.compile(rb"byte(?:s|array)\s*\(")
_TURNED = re.compile(
    rb"\s*(?:\)|(?!\d)[\w.]+(?:\[[^\[\]\n]*\])*\s*(?:,\s*(?:encoding\s*=\s*)?(?:['\"][\w-]+['\"]\s*)?)?\))"
)
_INTEGERS = re.compile(rb",\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d")
_NUMBERS_PASSED = re.compile(rb"byte(?:s|array)\b")
_PASSES = re.compile(rb"(?:map\s*\(|=)\s*$")
_XOR = re.compile(rb"\^=?\s*[\w(]")
_CODECS = re.compile(rb"code\s*\(\s*['\"](?:hex|base64|rot|zlib|bz2|zip)")
QUOTES = (b"'", b'"')


def makes_text_of_numbers(words: Set[bytes], code: bytes) -> bool:
    """Text is made of numbers: of a list that is written out, or of other numbers one by one."""
    if words.isdisjoint({b"chr", b"bytes", b"bytearray", b"unichr"}):
        return False
    if b"chr" in words or b"unichr" in words:
        return True
    listed = _INTEGERS.search(code) is not None
    if listed and any(
        _PASSES.search(code[max(one.start() - 30, 0) : one.start()]) for one in _NUMBERS_PASSED.finditer(code)
    ):
        return True
    for matched in _MADE_OF_NUMBERS.finditer(code):
        before = code[matched.start() - 1 : matched.start()] if matched.start() else b" "
        # ``bytes(name)`` and ``bytes(name, "ascii")`` only turn one value into another.
        if (
            not before.isalnum()
            and before not in (b"_", b".")
            and (listed or _TURNED.match(code, matched.end()) is None)
        ):
            return True
    return False


def replaces(words: Set[bytes], code: bytes) -> bool:
    """Letters of a literal are replaced, or it is turned around."""
    return (
        (b"replace" in words or b"translate" in words)
        and any(code[one.start() - 1 : one.start()] in QUOTES for one in _REPLACED.finditer(code))
    ) or (b"reversed" in words and _JOINED_BACKWARDS.search(code) is not None)


def decodes_otherwise(words: Set[bytes], code: bytes, stated: bytes) -> bool:
    """Data are decoded here by other means than a decoder of the catalogue. ``stated``: where operators count."""
    if b"^" in stated:
        for matched in _XOR.finditer(stated):
            before = stated[max(matched.start() - 3, 0) : matched.start()].rstrip()
            if before[-1:].isalnum() or (before[-1:] in b"_)]" and before):
                return True
    return REVERSED.search(stated) is not None or (
        not words.isdisjoint(CODED)
        and (
            b"translate" in words
            or b"unicode_escape" in code
            or b"unicode-escape" in code
            or _CODECS.search(code) is not None
        )
    )


def unescaped(one: re.Match[bytes]) -> bytes:
    """The character of an escape, as far as one byte says it."""
    text = one[0]
    try:
        return text.decode("unicode_escape").encode("ascii") if text[:3] != b"\\N{" else text
    except UnicodeError:
        return text


def holds_payload(strings: bytes, shortest: int = 16) -> bool:
    """Whether some of the strings could be encoded text: letters, digits and signs mixed as in base64 or hex, of at
    least ``shortest`` characters, or binary or percent escapes."""
    if (b"\\" in strings and _BINARY.search(strings)) or (b"%" in strings and _PERCENT.search(strings)):
        return True
    return any(
        len(text) >= shortest and (_HEX.fullmatch(text) is not None or _is_mixed(text))
        for text in set(_LONG.findall(strings))
    )


def _is_mixed(text: bytes) -> bool:
    """Whether letters and digits change as often as they do in base64: in words, and in the names made of them, they
    change at every third or fourth place."""
    text = text.rstrip(b"=")
    # Each change has a sign beside it that is no small letter: where these are few, there is nothing to count.
    if len(text.translate(None, _SMALL)) * 4 < len(text):
        return False
    kinds = text.translate(_KINDS)
    changes: int = sum(map(operator.ne, kinds, kinds[1:]))
    return changes * 2 >= len(kinds)


_SMALL = string.ascii_lowercase.encode()
_KINDS = bytes(
    1 if chr(byte).isupper() else 2 if chr(byte).islower() else 3 if chr(byte).isdigit() else 4 for byte in range(256)
)
