"""Shell scripts, Makefiles and hook tables as Python: each command line becomes a ``shell_line(…)`` on its own line.

Nothing is expanded or run. The text of a variable that is set plainly stands in for it, so that what was read into it
is seen where it is used. Python in a here-document is Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from scanner.code.kinds import HEAD, interpreter
from scanner.code.source import decode

MAX_BYTES = 8 * 1024 * 1024
MAX_LINE = 64_000
"""Characters of a command line. A longer one is read in pieces, and is a gap: what belongs together stands apart."""
MAX_VARIABLES = 10_000
MAX_STARTED = 1_000
"""Programs that one command line starts."""
SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh", "ash", "fish"})
_ASSIGNED = re.compile(r"(?:export\s+|local\s+|readonly\s+)?([A-Za-z_]\w*)\s*[:?]?=\s*([^\n]+)$")
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)[^{}]{0,40}\}|\(([A-Za-z_]\w*)\)|([A-Za-z_]\w*))")
_HERE = re.compile(
    r"(?<!<)<<(?P<dash>-?)[ \t]*(?:'(?P<single>[^'\n]+)'|\"(?P<double>[^\"\n]+)\"|\\?(?P<plain>[^\s;&|<>()'\"\\]+))"
)
_HERE_TEXT = re.compile(r"<<<[ \t]*(?:'([^']*)'|\"([^\"]*)\")")
_PYTHON = re.compile(r"\b(?:python|pypy)[\d.]*(?:\s|$)")
_INTO_PYTHON = re.compile(r"[^|;&]*\|\s*(?:(?:sudo|env|exec|nohup)\s+)*(?:[\w.~-]*/)*(?:python|pypy)")
_OPENS_CODE = re.compile(r"(?:\s-[bBdEiIOqsSuvx]*c\s*|<<<[ \t]*)(['\"])")
_SEPARATOR = re.compile(r"[;&|\n]|\s")
_ENTRY = re.compile(r"[\s{,-]*entry\s*:\s*(?P<rest>[^\n]+)")
_ENTRY_WITHIN = re.compile(r"[{,]\s*entry\s*:\s*(?P<rest>[^\n,}]+)")
_STARTS = re.compile(
    r"(?:^|[;&|(`]|\b(?:then|do|else|exec|sudo|env|nohup|time|eval)\s|(?P<shell>(?:(?<![\w.-])(?:sh|bash|zsh|dash|ksh|source)|(?<!\S)\.)\s))\s*"
    r"(?:[A-Za-z_]\w*=\S*\s+)*(?:-\w+\s+)*(?P<python>(?:[\w./~-]*/)?(?:python|pypy)[\w.]*\s+(?:-[bBdEiIOqsSuvWx]+\s+)*"
    r"|\$[({]?(?=\w*(?:PY|py))\w++[)}]?\s+)?(?=(?P<path>\.{0,2}[\w./-]*\w[\w./-]*))"
)
_MODULE_OR_WORD = re.compile(r"(?<!\S)-[bBdEiIOqsSuvx]*m\s*([\w.]+)|[\w./\\-]+")
_PYTHON_FILE = re.compile(r"\.pyw?\b")


class Script(msgspec.Struct, frozen=True):
    """The Python that stands for a file of shell lines, and why something of it was not read as it is."""

    text: str
    gaps: tuple[str, ...] = ()


def is_shell(path: str, data: bytes) -> bool:
    """Whether a file is a shell script, by its first line or by its suffix."""
    return interpreter(data[:HEAD]) in SHELLS or path.lower().endswith((".sh", ".bash"))


def read_shell(data: bytes) -> Script:
    """The lines of a shell script."""
    return _lines(decode(data).split("\n"), hashes=True)


def read_makefile(data: bytes) -> Script:
    """The recipes of a Makefile, with the variables that it sets."""
    lines = []
    for line in decode(data).split("\n"):
        recipe = line.startswith("\t")
        lines.append(line.strip().lstrip("@-+") if recipe or _ASSIGNED.match(line) else "")
    return _lines(lines, hashes=True)


def read_hooks(data: bytes) -> Script:
    """What ``.pre-commit-config.yaml`` starts: the ``entry`` of each hook."""
    lines = []
    for line in decode(data).split("\n"):
        found = _ENTRY.match(line) or _ENTRY_WITHIN.search(line)
        lines.append(found["rest"].strip("'\" ") if found is not None else "")
    return _lines(lines, hashes=False)


def started_by(command: str) -> Iterator[tuple[str, Literal["python", "shell", ""]]]:
    """Paths that a command starts, or gives to an interpreter; and which one that is."""
    for found in _STARTS.finditer(command):
        yield found["path"], "python" if found["python"] is not None else "shell" if found["shell"] is not None else ""


def modules_of(command: str) -> Iterator[tuple[str, str]]:
    """Modules that a command starts by ``-m``, and Python files that it names: (module, "") or ("", path)."""
    for found in _MODULE_OR_WORD.finditer(command):
        if found[1] is not None:
            yield found[1], ""
        elif ends := [one.end() for one in _PYTHON_FILE.finditer(found[0]) if one.start()]:
            yield "", found[0][: ends[-1]]


class _Variables:
    """The variables that a script sets plainly, and their texts."""

    def __init__(self, gaps: dict[str, None]) -> None:
        self._known: dict[str, str] = {}
        self._gaps = gaps

    def set_by(self, text: str) -> None:
        assigned = _ASSIGNED.match(text)
        if assigned is None:
            return
        if len(self._known) < MAX_VARIABLES:
            self._known[assigned[1]] = assigned[2].strip("'\"")
        else:
            self._gaps[f"it sets more than {MAX_VARIABLES:,} variables"] = None

    def put_into(self, text: str) -> str:
        """The text with what is known of its variables."""
        room = MAX_LINE

        def value(one: re.Match[str]) -> str:
            nonlocal room
            known = self._known.get(one[1] or one[2] or one[3])
            if known is None:
                return one[0]
            room -= len(known)
            if room < 0:
                self._gaps[_LONG] = None
                return one[0]
            return known

        return _VARIABLE.sub(value, text)


_LONG = f"a command line of it has more than {MAX_LINE:,} characters, and was read in pieces"


def _pieces(text: str, gaps: dict[str, None]) -> Iterator[str]:
    """A line in pieces that are short enough, cut where a word ends."""
    while len(text) > MAX_LINE:
        gaps[_LONG] = None
        cut = max((one.end() for one in _SEPARATOR.finditer(text, MAX_LINE // 2, MAX_LINE)), default=MAX_LINE)
        yield text[:cut]
        text = text[cut:]
    yield text


def _is_python(text: str, start: int, end: int) -> bool:
    """Whether what stands for the standard input there (a here-document) is read by Python."""
    segment = text[max(text.rfind(one, 0, start) for one in "|;&") + 1 : start]
    return _PYTHON.search(segment) is not None or _INTO_PYTHON.match(text, end) is not None


def _until(quote: str, text: str, lines: list[str], number: int, room: int) -> list[str]:
    """The lines up to the one that closes a quote; none where it is closed at once, or not within ``room``."""
    found: list[str] = []
    if text.count(quote) % 2 == text.count("\\" + quote) % 2:
        while number < len(lines) and (room := room - len(lines[number]) - 1) >= 0:
            found.append(lines[number].rstrip("\r"))
            number += 1
            if found[-1].count(quote) % 2 != found[-1].count("\\" + quote) % 2:
                return found
    return []


def _lines(lines: list[str], hashes: bool) -> Script:
    made: list[str] = []
    gaps: dict[str, None] = {}
    variables = _Variables(gaps)
    ends = {line.strip() for line in lines}
    number = 0
    endless = False
    ahead = 16 * MAX_LINE
    while number < len(lines):
        parts = [lines[number].rstrip("\r")]
        number += 1
        while parts[-1].endswith("\\") and number < len(lines):
            parts[-1] = parts[-1][:-1]
            parts.append(lines[number].strip())
            number += 1
        text = " ".join(parts).strip()
        if _PYTHON.search(text) is not None and (opened := _OPENS_CODE.search(text)) is not None:
            # Python over several lines, in quotes.
            more = _until(opened[1], text[opened.end() :], lines, number, min(ahead, MAX_LINE - len(text)))
            ahead -= sum(map(len, more)) or (MAX_LINE if opened[1] not in text[opened.end() :] else 0)
            if ahead <= 0:
                gaps["more of it stands in quotes over several lines than the bound allows"] = None
            text = "\n".join([text, *more])
            parts += more
            number += len(more)
        blank = [""] * (len(parts) - 1)
        if not text or (hashes and text.startswith("#")):
            made += ["", *blank]
            continue
        variables.set_by(text)
        line = "; ".join(f"shell_line({one!r})" for one in _pieces(variables.put_into(text), gaps))
        line += "".join(
            f"; exec({(one[1] or one[2] or '')!r})"
            for one in _HERE_TEXT.finditer(text)
            if _is_python(text, one.start(), one.end())
        )
        after: list[str] = []
        for here in _HERE.finditer(text):
            end = here["single"] or here["double"] or here["plain"]
            python = _is_python(text, here.start(), here.end())
            if end.strip() not in ends:
                # A shift of bits, or a document that the end of the file ends.
                if python and not endless:
                    endless = True
                    line += f"; exec({chr(10).join(lines[number:])!r})"
                continue
            body = []
            while number < len(lines):
                written = lines[number].rstrip("\r")
                number += 1
                if (written.lstrip("\t") if here["dash"] else written) == end:
                    break
                body.append(written)
            if python:
                line += f"; exec({chr(10).join(body)!r})"
                after += [""] * (len(body) + 1)
            else:
                # What is fed to a program: a shell, or a file that is started later.
                after += [
                    "; ".join(f"shell_line({piece!r})" for piece in _pieces(one, gaps)) if one.strip() else ""
                    for one in body
                ]
                after.append("")
        made += [line, *blank, *after]
    return Script("\n".join(made) + "\n", tuple(gaps))
