"""f-strings and t-strings of a newer Python (PEP 701, PEP 750) in the syntax of an older one.

Before 3.12 the expression in an f-string may not hold the quotes around it, a backslash, a comment or a line break.
Here each expression of such a string becomes a name, and :func:`restored` puts the expression back into the tree:
what is evaluated is what was written.
"""

from __future__ import annotations

import ast
import bisect
import re

import msgspec

_TOKEN = re.compile(
    r"(?P<comment>#[^\n]*)|(?P<string>(?P<prefix>[A-Za-z]{0,2})(?P<quote>'''|\"\"\"|'|\"))|\w+|\\\n|[^\S\n]+|[^\w\s]|\n"
)
_PREFIXES = frozenset(["", "r", "b", "u", "f", "t", "br", "rb", "fr", "rf", "tr", "rt"])
_OPENED, _CLOSED = "([{", ")]}"
_DEEPEST = 60
_CONVERSION = re.compile(r"!\s*(\w)\s*")
_NEXT = re.compile(r"[{}\\\n'\"]")


class Unreadable(Exception):  # noqa: N818 - it says what was met
    """The text ends within a string, or its strings are nested too deeply."""


class Placeholder(msgspec.Struct, frozen=True):
    """An expression that was taken out of a string: its own text, in the older syntax, and the line it begins in."""

    text: str
    line: int


class Rewriter:
    """Goes through a text once. ``placeholders`` are what was taken out of it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.placeholders: dict[str, Placeholder] = {}
        self._prefix = "_placeholder"
        while self._prefix in text:
            self._prefix += "_"
        self._breaks = [one.start() for one in re.finditer("\n", text)]

    def rewritten(self) -> str:
        """The text with its strings in the older syntax; every line keeps its number."""
        made, _ = self._code(0, 0)
        return made + "\n"

    def _code(self, at: int, depth: int) -> tuple[str, int]:
        """Code up to the end of the text, or in a string (``depth`` > 0) to the end of the expression."""
        text, made, brackets, start = self.text, [], 0, at
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                at += 1
                continue
            token = found[0]
            if found["string"] is not None and found["prefix"].lower() in _PREFIXES:
                end, string = self._string(found, depth)
                made += [text[start:at], string]
                start = at = end
                continue
            if depth and found["string"] is None:
                if token in _OPENED:
                    brackets += 1
                elif token in _CLOSED:
                    if not brackets:
                        break
                    brackets -= 1
                elif not brackets and (token == ":" or (token == "!" and text[at + 1 : at + 2] != "=")):
                    break
                elif found["comment"]:
                    made.append(text[start:at])
                    start = found.end()
            at = found.start("quote") if found["string"] is not None and found["prefix"] else found.end()
        else:
            if depth:
                raise Unreadable
        made.append(text[start:at])
        return "".join(made), at

    def _string(self, found: re.Match[str], depth: int) -> tuple[int, str]:
        """Where the string ends, and how it is written in the older syntax."""
        text, prefix, quote = self.text, found["prefix"].lower(), found["quote"]
        at = found.end()
        if "f" in prefix or "t" in prefix:
            if depth >= _DEEPEST:
                raise Unreadable
            return self._formatted(found.start(), at, prefix, quote, depth)
        while True:
            end = text.find(quote, at)
            if end < 0:
                raise Unreadable
            slash = text.find("\\", at, end)
            if slash < 0:
                break
            at = slash + 2
        if len(quote) == 1 and "\n" in text[found.end() : end].replace("\\\n", ""):
            raise Unreadable
        return end + len(quote), text[found.start() : end + len(quote)]

    def _formatted(self, begins: int, at: int, prefix: str, quote: str, depth: int) -> tuple[int, str]:
        taken = len(self.placeholders)
        pieces, end, plain = self._pieces(at, prefix, quote, depth, False)
        end += len(quote)
        if plain and "t" not in prefix:
            for name in list(self.placeholders)[taken:]:
                del self.placeholders[name]
            return end, self.text[begins:end]
        lines = self.text.count("\n", begins, end)
        made = prefix.replace("t", "f") + quote + "".join(pieces) + quote
        return end, made + "\\\n" * (lines - made.count("\n"))

    def _pieces(self, at: int, prefix: str, quote: str, depth: int, in_spec: bool) -> tuple[list[str], int, bool]:
        """What stands between the quotes, or in a format specification up to its brace. The last: the older syntax
        has all of it as it is."""
        text, made, plain = self.text, [], True
        start = at
        while True:
            found = _NEXT.search(text, at)
            if found is None:
                raise Unreadable
            token, at = found[0], found.start()
            if text.startswith(quote, at):
                break
            if token == "\\":
                named = "r" not in prefix and text.startswith("N{", at + 1)
                at = text.find("}", at) + 1 if named else at + (1 if text[at + 1 : at + 2] in ("{", "}") else 2)
                if not at:
                    raise Unreadable
            elif token == "\n" and len(quote) == 1:
                raise Unreadable
            elif token == "{" and not in_spec and text.startswith("{", at + 1):
                at += 2
            elif token == "{":
                made.append(text[start:at])
                piece, at, same = self._field(at + 1, prefix, quote, depth, in_spec)
                made.append(piece)
                plain, start = plain and same, at
            elif token == "}" and in_spec:
                break
            else:
                at += 2 if token == "}" and text.startswith("}", at + 1) else 1
        made.append(text[start:at])
        return made, at, plain

    def _field(self, at: int, prefix: str, quote: str, depth: int, in_spec: bool) -> tuple[str, int, bool]:
        """One ``{expression!r:spec}``: how it is written, where it ends, and whether the older syntax has it."""
        text, begins = self.text, at
        expression, at = self._code(at, depth + 1)
        written = text[begins:at]
        plain = expression == written and quote[0] not in written and "\\" not in written and "#" not in written
        plain = plain and ("\n" not in written or len(quote) == 3)
        conversion, shown = "", ""
        stripped = expression.rstrip()
        if stripped.endswith("=") and stripped[-2:-1] not in ("=", "!", "<", ">", ":"):
            expression = stripped[:-1]
            shown, conversion = "".join(re.findall(r"[\w=. +*-]+", written)), "!r"
        if text[at] == "!":
            found = _CONVERSION.match(text, at)
            if found is None:
                raise Unreadable
            conversion, at = f"!{found[1]}", found.end()
        spec: list[str] = []
        if text[at : at + 1] == ":":
            parts, at, same = self._pieces(at + 1, prefix, quote, depth + 1, True)
            plain = plain and same and not (in_spec and any("{" in one for one in parts))
            if in_spec:
                # The older syntax has no third level: what stands there is evaluated beside the value.
                inner = [one[1:-1].partition("!")[0].partition(":")[0] for one in parts if one.startswith("{")]
                expression = f"({', '.join([f'({expression})', *inner])},)[0]"
            else:
                spec = [":", *parts]
        if text[at : at + 1] != "}":
            raise Unreadable
        name = f"{self._prefix}_{len(self.placeholders)}"
        line = bisect.bisect_left(self._breaks, begins) + 1
        self.placeholders[name] = Placeholder(expression.strip(), line)
        return f"{shown}{{{name}{conversion}{''.join(spec)}}}", at + 1, plain


def restored(tree: ast.Module, placeholders: dict[str, Placeholder]) -> bool:
    """Put the expressions back into the tree; false where one of them is none."""
    made: dict[str, ast.expr] = {}
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.Name) and value.id in placeholders:
                found = made.get(value.id) or _parsed(placeholders[value.id])
                if found is None:
                    return False
                made[value.id] = found
                setattr(node, name, found)
                waiting.append(found)
            elif isinstance(value, ast.AST):
                waiting.append(value)
            elif isinstance(value, list):
                for number, one in enumerate(value):
                    if isinstance(one, ast.Name) and one.id in placeholders:
                        found = made.get(one.id) or _parsed(placeholders[one.id])
                        if found is None:
                            return False
                        made[one.id] = value[number] = found
                        waiting.append(found)
                    elif isinstance(one, ast.AST):
                        waiting.append(one)
    return True


def _parsed(one: Placeholder) -> ast.expr | None:
    try:
        made = ast.parse(f"({one.text}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    ast.increment_lineno(made, one.line - 1)
    return made
