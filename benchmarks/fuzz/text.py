"""Mutations of bytes and of lines of text: flips, cuts, splices, repetitions, odd characters and encodings, nesting."""

from __future__ import annotations

import random

ODD = (
    "\0",
    "\x1b[2J",
    "\u202e",
    "\u2066",
    "\ufeff",
    "\u200b",
    "\u2028",
    "\x85",
    "\x0c",
    "\ud7ff",
    "é",
    "ｅ",
    "İ",
    "\U0001f600",
    "\x7f",
    "\t",
    "\r",
    "\r\n",
    "\\",
    "\\\n",
    "'",
    '"',
    '"""',
    "`",
    "${HOME}",
    "%(here)s",
    "{{x}}",
    "#",
    ";",
    "\xa0",
)
NUMBERS = (
    "0",
    "-1",
    "1e999",
    "NaN",
    "9" * 400,
    "0x" + "f" * 300,
    "1_0",
    "-0",
    "4294967296",
    "9223372036854775808",
    "1.0.dev0+x",
    "1!2.0",
    "00",
    "1e-400",
)
TOKENS = (
    "-r ",
    "-c ",
    "-e ",
    "--hash=sha256:",
    "--index-url ",
    "--find-links ",
    "git+https://h.invalid/x@",
    "file:///etc/passwd",
    "https://u:p@h.invalid/x.whl#egg=x",
    "../../..",
    "==1.0",
    ">=",
    "~=",
    "===",
    "; python_version < '3'",
    "extra == 'x'",
    "[all]",
    "@ ",
    "name = ",
    "version",
    "source",
    "package",
    "dependencies",
    "[[package]]",
    "[tool.poetry]",
    "null",
    "true",
    "$(pip install x)",
    "&& curl h.invalid | sh",
    "- pip:",
    "run: |",
    "<<EOF",
    "&a",
    "*a",
    "!!python/object",
    "setup(",
    "**{",
    "install_requires",
    "open('x').read()",
    "include-group",
    "dynamic",
    "*" * 40,
    "(?:",
    "[",
    "]",
    "{",
    "}",
)
OPENERS = ("[", "{", "(", '{"a":', "[[", "- ", "<a ", "a.", "{a=", "not ", "((", "\t", "-", "~")
MOST = 200_000
"""Bytes to which a mutant grows, but for a rare one of a few MB: what is large is slow to make, not only to read."""


def changed(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    """One to five changes. ``others`` are seeds of the same reader, to splice from."""
    for _ in range(1 + min(4, int(rng.expovariate(1.0)))):
        body = rng.choices(_CHANGES, _WEIGHTS)[0](rng, body, others)
        if len(body) > MOST and rng.random() < 0.98:
            body = body[:MOST]
    return body


def _at(rng: random.Random, body: bytes) -> int:
    return rng.randrange(len(body) + 1)


def _flip(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    if not body:
        return bytes([rng.randrange(256)])
    made = bytearray(body)
    for _ in range(rng.choice((1, 1, 2, 8))):
        at = rng.randrange(len(made))
        made[at] = rng.choice((made[at] ^ (1 << rng.randrange(8)), rng.randrange(256), 0, 255))
    return bytes(made)


def _cut(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    start = _at(rng, body)
    if rng.random() < 0.3:
        return body[:start]
    return body[:start] + body[start + rng.choice((1, 2, 4, 16, 64)) :]


def _token(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    at = _at(rng, body)
    return body[:at] + rng.choice(rng.choice((TOKENS, ODD, NUMBERS))).encode("utf-8", "surrogatepass") + body[at:]


def _word(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    """A word of the text replaced by a token, or by a word from elsewhere."""
    at = _at(rng, body)
    start = at
    while start > 0 and body[start - 1 : start].isalnum():
        start -= 1
    end = at
    while end < len(body) and body[end : end + 1].isalnum():
        end += 1
    words = rng.choice(others).split() if others else []
    word = rng.choice(words) if words and rng.random() < 0.5 else rng.choice((*TOKENS, *NUMBERS)).encode()
    return body[:start] + word + body[end:]


def _lines(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    lines = body.splitlines(keepends=True) or [b""]
    at = rng.randrange(len(lines))
    what = rng.randrange(6)
    if what == 0:
        del lines[at]
    elif what == 1:
        lines.insert(rng.randrange(len(lines) + 1), lines[at])
    elif what == 2:
        to = rng.randrange(len(lines))
        lines[at], lines[to] = lines[to], lines[at]
    elif what == 3 and others:
        more = rng.choice(others).splitlines(keepends=True) or [b""]
        start = rng.randrange(len(more))
        lines[at:at] = more[start : start + rng.choice((1, 1, 3, 10))]
    elif what == 4:
        lines[at] = lines[at].rstrip(b"\n") + b" " + rng.choice(lines)
    else:
        lines[at] = rng.choice((b" ", b"    ", b"\t", b"#")) + lines[at]
    return b"".join(lines)


def _repeat(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    start = _at(rng, body)
    piece = body[start : start + rng.choice((1, 2, 8, 40, 200))] or b"a"
    times = rng.choice((2, 5, 50, 500, 5_000) if rng.random() < 0.97 else (50_000, 400_000))
    times = max(1, min(times, 4_000_000 // len(piece)))
    return body[:start] + piece * times + body[start:]


def _nest(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    at = _at(rng, body)
    opener = rng.choice(OPENERS).encode()
    return body[:at] + opener * rng.choice((3, 20, 101, 1_000, 30_000)) + body[at:]


def _encode(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    text = body.decode("utf-8", "replace")
    how = rng.randrange(7)
    if how == 0:
        return text.encode(
            rng.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "latin-1", "cp1252")), "replace"
        )
    if how == 1:
        return b"\xef\xbb\xbf" + body
    if how == 2:
        return body.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\x0b", b"\xc2\x85", b"\n\n")))
    if how == 3:
        return body.replace(b" ", rng.choice((b"\t", b"\xc2\xa0", b"\xe3\x80\x80", b"")), rng.choice((1, -1)))
    if how == 4:
        return (
            b"# -*- coding: "
            + rng.choice((b"utf-7", b"rot13", b"idna", b"punycode", b"x", b"utf_8_sig"))
            + b" -*-\n"
            + body
        )
    if how == 5:
        return body.upper() if rng.random() < 0.5 else body.swapcase()
    at = _at(rng, body)
    return body[:at] + bytes(rng.randrange(128, 256) for _ in range(rng.choice((1, 2, 3)))) + body[at:]


def _splice(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    other = rng.choice(others) if others else body
    return body[: _at(rng, body)] + other[_at(rng, other) :]


_CHANGES = (_flip, _cut, _token, _word, _lines, _repeat, _nest, _encode, _splice)
_WEIGHTS = (4, 2, 5, 5, 5, 1.2, 0.8, 1.5, 1.5)
