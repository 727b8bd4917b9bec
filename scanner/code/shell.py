"""Shell scripts, Makefiles and hook tables as Python: each command line becomes a ``shell_line(…)`` on its own line.

Nothing is expanded or run. The text of a variable that is set plainly stands in for it, so that what was read into it
is seen where it is used. Python in a here-document is Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from scanner.code.kinds import HEAD, interpreter
from scanner.code.source import decode

MAX_BYTES = 1024 * 1024
MAX_LINE = 8_000
SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh", "ash", "fish"})
_ASSIGNED = re.compile(r"(?:export\s+|local\s+|readonly\s+)?([A-Za-z_]\w*)\s*[:?]?=\s*([^\n]{1,400})$")
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)[^{}]{0,40}\}|\(([A-Za-z_]\w*)\)|([A-Za-z_]\w*))")
_HERE = re.compile(r"(?P<python>\bpython[\d.]*\s[^|;&<]{0,80})?<<(?P<dash>-?)\s*['\"\\]?(?P<end>\w+)['\"]?")
_ENTRY = re.compile(r"[\s{,-]*entry\s*:\s*(?P<rest>[^\n]{1,2000})")
_STARTS = re.compile(
    r"(?:^|[;&|(`]|\b(?:then|do|else|exec|sudo|env|nohup|time|eval)\s|(?P<shell>(?:\b(?:sh|bash|zsh|dash|ksh|source)|(?<!\S)\.)\s))\s*"
    r"(?:[A-Za-z_]\w*=\S*\s+)*(?:-\w+\s+)*(?P<python>(?:[\w./~-]*/)?(?:python|pypy)[\w.]*\s+(?:-[bBdEiIOqsSuvWx]+\s+)*"
    r"|\$[({]?\w*(?:PY|py)\w*[)}]?\s+)?(?=(?P<path>\.{0,2}[\w./-]*\w[\w./-]*))"
)
MAX_STARTED = 50


def is_shell(path: str, data: bytes) -> bool:
    """Whether a file is a shell script, by its first line or by its suffix."""
    return interpreter(data[:HEAD]) in SHELLS or path.lower().endswith((".sh", ".bash"))


def read_shell(data: bytes) -> str:
    """The lines of a shell script."""
    return _lines(decode(data).split("\n"), hashes=True)


def read_makefile(data: bytes) -> str:
    """The recipes of a Makefile, with the variables that it sets."""
    lines = []
    for line in decode(data).split("\n"):
        recipe = line.startswith("\t")
        lines.append(line.strip().lstrip("@-+") if recipe or _ASSIGNED.match(line) else "")
    return _lines(lines, hashes=True)


def read_hooks(data: bytes) -> str:
    """What ``.pre-commit-config.yaml`` starts: the ``entry`` of each hook."""
    lines = []
    for line in decode(data).split("\n"):
        found = _ENTRY.match(line) or re.search(r"[{,]\s*entry\s*:\s*(?P<rest>[^\n,}]{1,2000})", line[:4000])
        lines.append(found["rest"].strip("'\" ") if found is not None else "")
    return _lines(lines, hashes=False)


def started_by(command: str) -> Iterator[tuple[str, Literal["python", "shell", ""]]]:
    """Paths that a command starts, or gives to an interpreter; and which one that is."""
    for number, found in enumerate(_STARTS.finditer(command[:4000])):
        if number >= MAX_STARTED:
            return
        yield found["path"], "python" if found["python"] is not None else "shell" if found["shell"] is not None else ""


def _lines(lines: list[str], hashes: bool) -> str:
    made: list[str] = []
    known: dict[str, str] = {}
    number = 0
    while number < len(lines):
        parts = [lines[number].rstrip("\r")]
        number += 1
        while parts[-1].endswith("\\") and number < len(lines):
            parts[-1] = parts[-1][:-1]
            parts.append(lines[number].strip())
            number += 1
        text = " ".join(parts).strip()
        blank = [""] * (len(parts) - 1)
        if not text or (hashes and text.startswith("#")):
            made += ["", *blank]
            continue
        here = _HERE.search(text[:MAX_LINE])
        body: list[str] = []
        if here is not None:
            while number < len(lines) and lines[number].strip() != here["end"]:
                body.append(lines[number])
                number += 1
            number += 1
        if (assigned := _ASSIGNED.match(text)) is not None and len(known) < 500:
            known[assigned[1]] = assigned[2].strip("'\"")
        spoken = _VARIABLE.sub(lambda one: known.get(one[1] or one[2] or one[3], one[0]), text[:MAX_LINE])
        line = f"shell_line({spoken[:MAX_LINE]!r})"
        if here is not None and here["python"] is not None:
            line += f"; exec({chr(10).join(body)!r})"
            body = [""] * len(body)
        elif body:
            # What is fed to a program: a shell, or a file that is started later.
            made += [line, *blank, *(f"shell_line({one[:MAX_LINE]!r})" if one.strip() else "" for one in body), ""]
            continue
        made += [line, *blank, *body, *([""] if here is not None else [])]
    return "\n".join(made) + "\n"
