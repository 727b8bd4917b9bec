"""Mutations of Python source that keep most of it parseable: statements put in, blocks wrapped, names exchanged."""

from __future__ import annotations

import keyword
import random
import re

from benchmarks.fuzz import text

_NAME = re.compile(rb"\b[A-Za-z_]\w*\b")
_LITERAL = re.compile(rb"\b\d+\b|'[^'\n]*'|\"[^\"\n]*\"")
_INDENT = re.compile(rb"[ \t]*")
NAMES = (
    "os.environ",
    "os.system",
    "getattr",
    "exec",
    "eval",
    "__import__",
    "globals()",
    "vars()",
    "open",
    "base64.b64decode",
    "zlib.decompress",
    "bytes.fromhex",
    "''.join",
    "chr",
    "map",
    "lambda x: x",
    "requests.post",
    "subprocess.run",
    "self",
    "cls",
    "super()",
    "None",
    "type",
    "compile",
    "__builtins__",
    "sys.modules",
    "importlib.import_module",
    "functools.reduce",
    "operator.itemgetter",
    "codecs.decode",
)
LITERALS = (
    "0",
    "-1",
    "10**9",
    "1 << 64",
    "1e308",
    "''",
    "b''",
    "'\\x00' * 99",
    "'aW1wb3J0IG9z'",
    "'{}'.format",
    "f'{x!r:>{w}}'",
    "[]",
    "{}",
    "()",
    "...",
    "[*range(9)]",
    "{**{}}",
    "'%s' % x",
    "b'\\xff\\xfe'",
    "r'\\'",
    "'a' 'b'",
    "0xFFFFFFFFFFFFFFFFFFFF",
    "1_000",
    "3j",
    "not 1",
    "'\\N{BULLET}'",
    "{1, 2}",
    "[x for x in y]",
    "(lambda: 0)()",
    "'' if x else b''",
    "x[::-1]",
    "x[1:2, ...]",
    "~0",
    "1 if 1 else 2",
    "await_",
    "(yield)",
)
STATEMENTS = (
    "x = {L}",
    "x += {L}",
    "{N}({L})",
    "{N}({L}, **{N})",
    "for i in range(10**7): x += chr(i)",
    "while True: x = x + {L}",
    "import {M} as q",
    "from {M} import *",
    "from . import {M}",
    "from ..{M} import y as {I}",
    "def {I}(*a, **k): return {N}",
    "class {I}({I}): {I} = {I}",
    "class {I}(metaclass={N}): pass",
    "x = [i ^ j for i in {L} for j in {L}]",
    "x = {L} * 10**8",
    "x = {L} << 10**6",
    "del x",
    "global x",
    "nonlocal x",
    "return {N}({L})",
    "raise {N} from {N}",
    "assert {L}",
    "exec({N}({L}))",
    "eval('{N}')",
    "async def {I}(): await {N}()",
    "match x:\n    case {{'a': [*_]}} | None if x: pass",
    "with {N}({L}) as (a, *b): pass",
    "a, *b = c = {L}",
    "x: int = {L}",
    "try: {N}()\nexcept* {N} as e: pass",
    "lambda *a, b=({L}): (yield)",
    "(x := {L})",
    "x = x[x](x)[x]",
    "x.y.z = {N}",
    "type X[T] = {N}",
    "@{N}\n@{N}({L})\ndef {I}(): pass",
    "x = ''.join(chr(ord(c) ^ 7) for c in {L})",
    "globals()[{L}] = {N}",
    "setattr({N}, {L}, {N})",
    "__import__({L}).{I}({L})",
    "{I}.__class__.__base__.__subclasses__()[{L}]",
    "def f(x): return f(f(x))",
    "f = lambda: f()",
    "x = [x, x]; x.append(x)",
    "d = {{}}; d['d'] = d",
    "x = '%' + x; x %= x",
    "print(*{L}, sep={L})",
    "if {L}: {N}()\nelif {N}: pass\nelse: x = {L}",
    "b = bytes({L}).translate({L})",
    "x = '{L}'.format(*{N}, **{N})",
    "x = int('9' * 5000)",
    "x = '9' * 10**6; y = int(x[:6000])",
    "x = 2 ** 10 ** 7",
    "from __future__ import annotations",
    "x = sum([[1]], []) * 10**6",
    "exec('x=' + '(' * 500 + ')' * 500)",
    "x = zlib.decompress(b'x\\x9c')",
    "x = '\\ud800'.encode()",
    "x = b'\\xff'.decode({L})",
)
MODULES = (
    "os",
    "sys",
    "base64",
    "urllib.request",
    "requests",
    "ctypes",
    "marshal",
    "pickle",
    "x",
    "setuptools",
    "json",
    "__main__",
    "builtins",
)
HEADERS = (
    "if x:",
    "for i in x:",
    "while x:",
    "def {I}(x, y={L}):",
    "class {I}:",
    "try:",
    "with {N}() as x:",
    "async def {I}():",
    "if False:",
    "for a, (b, *c) in {L}:",
    "@{N}\ndef {I}(self):",
    "else:",
    "match x:",
)
NESTS = (
    "({})",
    "[{}]",
    "-{}",
    "not {}",
    "f({})",
    "{}+1",
    "lambda: {}",
    "{}.a",
    "{}[0]",
    "x if {} else y",
    "f'{{{}}}'",
    "{} or x",
    "*{}",
    "{{1: {}}}",
)


def mutate(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    """One to five changes; one in twelve inputs is changed as plain text instead."""
    if rng.random() < 0.08:
        return text.changed(rng, body, others)
    for _ in range(1 + min(4, int(rng.expovariate(0.8)))):
        body = rng.choice(_CHANGES)(rng, body, others)
    return body[: text.MOST]


def filled(rng: random.Random, template: str) -> str:
    """A template with names, literals, modules and identifiers put in."""
    for mark, words in (("{N}", NAMES), ("{L}", LITERALS), ("{M}", MODULES)):
        while mark in template:
            template = template.replace(mark, rng.choice(words), 1)
    while "{I}" in template:
        template = template.replace(
            "{I}", rng.choice(("x", "f", "g", "run", "Command", "__init__", "__getattr__", "setup", "main", "x1")), 1
        )
    return template.replace("{{", "{").replace("}}", "}")


def _insert(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    lines = body.split(b"\n")
    at = rng.randrange(len(lines))
    indent = _INDENT.match(lines[at])
    lead = indent[0] if indent else b""
    new = filled(rng, rng.choice(STATEMENTS)).encode()
    lines[at:at] = [lead + one for one in new.split(b"\n")]
    return b"\n".join(lines)


def _wrap(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    """Some lines put under a header, one level deeper."""
    lines = body.split(b"\n")
    start = rng.randrange(len(lines))
    end = min(len(lines), start + rng.choice((1, 2, 5, 20)))
    indent = _INDENT.match(lines[start])
    lead = indent[0] if indent else b""
    header = [lead + one for one in filled(rng, rng.choice(HEADERS)).encode().split(b"\n")]
    inner = [b"    " + one for one in lines[start:end]]
    after = [lead + b"except Exception: pass"] if header[-1].endswith(b"try:") else []
    return b"\n".join([*lines[:start], *header, *inner, *after, *lines[end:]])


def _name(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    found = [one for one in _NAME.finditer(body) if not keyword.iskeyword(one[0].decode())]
    if not found:
        return body
    one = rng.choice(found)
    new = rng.choice(found)[0] if rng.random() < 0.6 else rng.choice(NAMES).encode()
    return body[: one.start()] + new + body[one.end() :]


def _literal(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    found = list(_LITERAL.finditer(body))
    if not found:
        return body
    one = rng.choice(found)
    return body[: one.start()] + rng.choice(LITERALS).encode() + body[one.end() :]


def _nest(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    found = list(_LITERAL.finditer(body))
    if not found:
        return body
    one = rng.choice(found)
    made, shape = one[0].decode("utf-8", "replace"), rng.choice(NESTS)
    for _ in range(rng.choice((2, 10, 60, 150))):
        made = shape.replace("{}", made) if "{{" not in shape else shape.format(made)
        if len(made) > 20_000:
            break
    return body[: one.start()] + made.encode("utf-8", "replace") + body[one.end() :]


def _other(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    """A whole statement of another seed put between two lines at the left margin."""
    pieces = re.split(rb"\n(?=\S)", rng.choice(others) if others else body)
    mine = re.split(rb"\n(?=\S)", body)
    at = rng.randrange(len(mine) + 1)
    return b"\n".join([*mine[:at], rng.choice(pieces), *mine[at:]])


def _drop(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    mine = re.split(rb"\n(?=\S)", body)
    del mine[rng.randrange(len(mine))]
    return b"\n".join(mine)


def _twice(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    mine = re.split(rb"\n(?=\S)", body)
    one = rng.choice(mine)
    return b"\n".join([body, *[one] * rng.choice((1, 3, 30) if len(one) < 400 else (1,))])


def _inside(rng: random.Random, body: bytes, others: list[bytes]) -> bytes:
    """The source as a string that is executed: a layer."""
    if len(body) > 4000:
        return body
    how = rng.randrange(3)
    shown = repr(body.decode("utf-8", "replace"))
    if how == 0:
        return f"exec({shown})\n".encode("utf-8", "replace")
    if how == 1:
        return f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {shown}])\n".encode("utf-8", "replace")
    return f"def f(s=({shown})):\n    exec(compile(s, '', 'exec'))\nf()\n".encode("utf-8", "replace")


_CHANGES = (_insert, _insert, _insert, _wrap, _name, _name, _literal, _nest, _other, _drop, _twice, _inside)
