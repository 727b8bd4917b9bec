"""Templates as the Python that rendering them would run: expressions and blocks of Jinja, Mako, Tornado and Bottle."""

from __future__ import annotations

import re

MAX_TEXT = 200_000
"""Characters of a template that are read."""
MAX_PIECES = 2_000
_PIECE = re.compile(r"\{\{([^{}]*)\}\}|\{%([^{}%]*)%\}|\$\{([^{}]*)\}|<%!?([^%]*)%>|^[ \t]*+%([^\n]*)$", re.MULTILINE)
_WORDS = re.compile(r"^\s*+(?:if|elif|for\s+[\w,\s]+?\s+in|set\s+\w+\s*=|do|import|raw|apply|include)\s+")


def code_of(text: str) -> str:
    """The code of a template, one expression or block a line, with what no Python says left out; empty where it calls
    nothing. Filters of Jinja (``x|join``) read as operators."""
    found: list[str] = []
    for number, piece in enumerate(_PIECE.finditer(text[:MAX_TEXT])):
        if number >= MAX_PIECES:
            break
        code = next((one for one in piece.groups() if one is not None), "")
        if "(" not in code:
            continue
        if piece[4] is not None:
            found.append(code)
        else:
            found.append(_WORDS.sub("", code.strip("- \t\n")).replace("\n", " ").rstrip(":"))
    return "\n".join(found)
