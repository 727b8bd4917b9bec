"""Code with its syntax marked: Pygments reads the tokens, seven classes of our own draw them.

Highlighting is an ornament: text that is too long, or of a language without a lexer here, is shown as it is.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from scanner.report.safe_text import defang, plain

if TYPE_CHECKING:
    from pygments.lexer import Lexer

MAX_CHARACTERS = 40_000
_LEXERS = {
    "python": ("pygments.lexers.python", "PythonLexer"),
    "json": ("pygments.lexers.data", "JsonLexer"),
    "yaml": ("pygments.lexers.data", "YamlLexer"),
    "toml": ("pygments.lexers.configs", "TOMLLexer"),
    "ini": ("pygments.lexers.configs", "IniLexer"),
    "docker": ("pygments.lexers.configs", "DockerLexer"),
    "bash": ("pygments.lexers.shell", "BashLexer"),
    "shell": ("pygments.lexers.shell", "BashLexer"),
    "sh": ("pygments.lexers.shell", "BashLexer"),
    "powershell": ("pygments.lexers.shell", "PowerShellLexer"),
    "javascript": ("pygments.lexers.javascript", "JavascriptLexer"),
}
_SUFFIXES = {
    ".py": "python",
    ".pyi": "python",
    ".pth": "python",
    ".json": "json",
    ".yml": "yaml",
    ".yaml": "yaml",
    ".toml": "toml",
    ".lock": "toml",
    ".cfg": "ini",
    ".ini": "ini",
    ".sh": "bash",
    ".ps1": "powershell",
    ".js": "javascript",
}
# Prefixes of Pygments' token names, the longest first; anything else is drawn plain.
_CLASSES = (
    ("Token.Literal.String", "s"),
    ("Token.Literal.Number", "m"),
    ("Token.Name.Builtin", "b"),
    ("Token.Name.Function", "f"),
    ("Token.Name.Class", "f"),
    ("Token.Name.Decorator", "f"),
    ("Token.Name.Tag", "f"),
    ("Token.Keyword", "k"),
    ("Token.Comment", "c"),
    ("Token.Operator.Word", "k"),
)


def language_of(path: str) -> str:
    """The language of a file by its name; the empty string where there is none to mark."""
    name = PurePosixPath(path).name.lower()
    if name.startswith("dockerfile"):
        return "docker"
    return _SUFFIXES.get(PurePosixPath(name).suffix, "")


def highlighted_lines(lines: Iterable[str], language: str) -> list[Markup]:
    """One piece of safe markup for each line: invisible characters spelled out, URLs defanged, syntax marked."""
    safe = [defang(plain(line.replace("\n", " ").replace("\r", " "), tab="\t")) for line in lines]
    text = "\n".join(safe)
    if language not in _LEXERS or len(text) > MAX_CHARACTERS:
        return [escape(line) for line in safe]
    drawn: list[list[Markup]] = [[]]
    for kind, value in _lexer(language).get_tokens(text):
        css = _css(kind)
        for number, part in enumerate(value.split("\n")):
            if number:
                drawn.append([])
            if part:
                drawn[-1].append(Markup('<span class="{}">{}</span>').format(css, part) if css else escape(part))
    if len(drawn) != len(safe):  # the lexer dropped or added a line end: then truth before ornament
        return [escape(line) for line in safe]
    return [Markup("").join(parts) for parts in drawn]


@functools.cache
def _lexer(language: str) -> Lexer:
    module, name = _LEXERS[language]
    made: Lexer = getattr(importlib.import_module(module), name)(stripnl=False, ensurenl=False)
    return made


@functools.cache
def _css(kind: Any) -> str:
    name = str(kind)
    return next((css for prefix, css in _CLASSES if name.startswith(prefix)), "")
