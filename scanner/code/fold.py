"""Folding: what an operator, a method of a constant, or a harmless builtin gives for concrete arguments.

Every function gives the concrete result or ``UNKNOWN``. Sizes are checked *before* the work is done, so that
``"a" * 10**9`` or doubling a string forty times costs nothing.
"""

from __future__ import annotations

import ast
import json
import operator
from collections.abc import Callable
from typing import Any

from scanner.code.decoders import FAILURES, codec
from scanner.code.values import UNKNOWN

MAX_INT_BITS = 16_384

_PLAIN: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.BitXor: operator.xor,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.RShift: operator.rshift,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | bytes | list | tuple | dict) else 1


def _small(value: Any) -> bool:
    return not isinstance(value, int) or value.bit_length() <= MAX_INT_BITS


def binary(kind: type[ast.operator], left: Any, right: Any, limit: int) -> Any:
    """``left <operator> right`` within ``limit`` elements."""
    if left is UNKNOWN or right is UNKNOWN or not (_small(left) and _small(right)):
        return UNKNOWN
    try:
        if kind is ast.Mult:
            if isinstance(left, int) and not isinstance(right, int | float):
                left, right = right, left
            if isinstance(right, int) and _size(left) * max(right, 0) > limit and not isinstance(left, int | float):
                return UNKNOWN
            return left * right
        if kind is ast.Pow:
            if not (isinstance(left, int | float) and isinstance(right, int | float)) or abs(right) > 512:
                return UNKNOWN
            return left**right if (_small(left) and left.__class__ is not int) or abs(left) < 1 << 32 else UNKNOWN
        if kind is ast.LShift:
            return left << right if isinstance(right, int) and 0 <= right <= 4096 else UNKNOWN
        if kind is ast.Mod and isinstance(left, str | bytes):
            return _percent(left, right, limit)
        if kind is ast.Add and _size(left) + _size(right) > limit:
            return UNKNOWN
        done = _PLAIN.get(kind)
        return done(left, right) if done is not None else UNKNOWN
    except FAILURES:
        return UNKNOWN


def _percent(left: Any, right: Any, limit: int) -> Any:
    if len(left) > limit // 4 or any(digit * 5 in repr(left)[:2000] for digit in "123456789"):
        return UNKNOWN
    return left % (tuple(right) if isinstance(right, list) else right)


def unary(kind: type[ast.unaryop], value: Any) -> Any:
    """``not``, ``-``, ``+`` and ``~`` of a number or truth value."""
    if value is UNKNOWN or not _small(value):
        return UNKNOWN
    try:
        if kind is ast.Not:
            return not value
        if kind is ast.USub:
            return -value
        return ~value if kind is ast.Invert else +value
    except FAILURES:
        return UNKNOWN


def compare(kind: type[ast.cmpop], left: Any, right: Any) -> Any:
    """One comparison."""
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    try:
        return bool(_COMPARE[kind](left, right))
    except FAILURES:
        return UNKNOWN


def subscript(value: Any, index: Any) -> Any:
    """``value[index]``; ``index`` may be a ``slice`` of concrete numbers."""
    if value is UNKNOWN or index is UNKNOWN:
        return UNKNOWN
    try:
        return value[index]
    except FAILURES:
        return UNKNOWN


_TEXT_METHODS = frozenset(
    [
        "join",
        "replace",
        "split",
        "rsplit",
        "strip",
        "lstrip",
        "rstrip",
        "lower",
        "upper",
        "swapcase",
        "title",
        "capitalize",
        "encode",
        "decode",
        "format",
        "translate",
        "maketrans",
        "startswith",
        "endswith",
        "find",
        "index",
        "count",
        "hex",
        "splitlines",
        "partition",
        "rpartition",
        "removeprefix",
        "removesuffix",
        "isdigit",
        "isalpha",
        "casefold",
    ]
)
_GROWING = frozenset({"replace", "join", "format", "translate"})


def method(value: Any, name: str, arguments: list[Any], keywords: dict[str, Any], limit: int) -> Any:
    """A method of a concrete string or bytes value."""
    if name not in _TEXT_METHODS or any(one is UNKNOWN for one in arguments + list(keywords.values())):
        return UNKNOWN
    try:
        if name == "decode":
            return codec(value, *arguments[:1], **{key: one for key, one in keywords.items() if key == "encoding"})
        if name == "join":
            pieces = list(arguments[0])
            if sum(_size(one) for one in pieces) + len(value) * len(pieces) > limit:
                return UNKNOWN
            return value.join(pieces)
        if name == "replace" and _size(value) * max(1, _size(arguments[1])) > limit and arguments[0] in {"", b""}:
            return UNKNOWN
        if name == "format" and (len(value) > 65_536 or any(digit * 4 in value for digit in "123456789")):
            return UNKNOWN
        if name == "encode" and arguments and str(arguments[0]).lower() in {"rot13", "rot_13"}:
            return codec(value, "rot13")
        found = getattr(value, name)(*arguments, **keywords)
    except FAILURES:
        return UNKNOWN
    if name in _GROWING and _size(found) > limit:
        return UNKNOWN
    return list(found) if isinstance(found, tuple) else found


def _chr(number: Any) -> Any:
    return chr(number)


def _int(value: Any, base: Any = 10) -> Any:
    if isinstance(value, str | bytes) and len(value) > 4000:
        return UNKNOWN
    return int(value) if base == 10 else int(value, base)


def _bytes(value: Any = b"", *_: Any) -> Any:
    if isinstance(value, int):
        return bytes(value) if 0 <= value <= 65_536 else UNKNOWN
    return value.encode("utf-8") if isinstance(value, str) else bytes(value)


def _str(value: Any = "", *_: Any, **__: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace") if _ else str(value)
    return str(value) if isinstance(value, str | float | bool) or _small(value) else UNKNOWN


def _range(*arguments: Any) -> Any:
    numbers = range(*arguments)
    return list(numbers) if len(numbers) <= 65_536 else UNKNOWN


def _zip(*sequences: Any, **_: Any) -> Any:
    return [list(one) for one in zip(*sequences, strict=False)]


BUILTINS: dict[str, Callable[..., Any]] = {
    "chr": _chr,
    "unichr": _chr,
    "ord": lambda one: one if isinstance(one, int) else ord(one),
    "int": _int,
    "str": _str,
    "bytes": _bytes,
    "bytearray": _bytes,
    "len": len,
    "reversed": lambda one: list(reversed(one)),
    "list": lambda one=(): list(one),
    "tuple": lambda one=(): list(one),
    "set": lambda one=(): sorted(set(one), key=repr),
    "sorted": lambda one, **_: sorted(one),
    "range": _range,
    "xrange": _range,
    "enumerate": lambda one, start=0: [[number, each] for number, each in enumerate(one, start)],
    "zip": _zip,
    "hex": hex,
    "bin": bin,
    "abs": abs,
    "sum": lambda one, *_: sum(one),
    "min": min,
    "max": max,
    "bool": bool,
    "float": float,
    "repr": lambda one: repr(one) if isinstance(one, str | bytes | int) and _small(one) else UNKNOWN,
    "dict": lambda one=(), **more: {**dict(one), **more},
    "round": round,
    "pow": lambda base, exponent, modulus=None: (
        pow(base, exponent, modulus) if modulus and _small(base) and _small(exponent) else UNKNOWN
    ),
    "divmod": lambda left, right: list(divmod(left, right)),
    "operator.add": operator.add,
    "operator.xor": operator.xor,
    "str.join": lambda text, pieces: text.join(pieces),
    "str.encode": lambda text, *_: text.encode(),
    "bytes.decode": lambda data, *_: data.decode("utf-8", "replace"),
    "os.path.join": lambda *parts: "/".join(str(one).rstrip("/\\") for one in parts),
    "os.path.basename": lambda path: str(path).replace("\\", "/").rpartition("/")[2],
    "ast.literal_eval": lambda text: ast.literal_eval(text) if len(text) < 100_000 else UNKNOWN,
    "json.loads": lambda text: json.loads(text) if len(text) < 1_000_000 else UNKNOWN,
}


def builtin(name: str, arguments: list[Any], keywords: dict[str, Any], limit: int) -> Any:
    """A builtin or pure library function of concrete arguments."""
    done = BUILTINS.get(name)
    if done is None or any(one is UNKNOWN for one in arguments) or any(one is UNKNOWN for one in keywords.values()):
        return UNKNOWN
    if not all(_small(one) for one in arguments) or sum(_size(one) for one in arguments) > limit:
        return UNKNOWN
    try:
        return done(*arguments, **keywords)
    except FAILURES:
        return UNKNOWN
