"""Notebooks (nbformat 3 and 4) as Python: the code cells in order, their shell lines and magics as calls.

A line stands where it stands in the file, as far as each has a line of its own there. ``!command`` and ``%%bash``
become ``shell_line(…)``. What no reader here knows is a gap with a reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from scanner.code.lenient import NotJsonError, Pairs, Text, read_lenient
from scanner.code.source import decode, silently

MAX_LINES = 200_000
MAX_MAGICS = 8
"""Magics of a cell, one before the other."""
MAX_CELL = 4 * 1024 * 1024
"""Characters of a cell."""
_SHELLS = frozenset({"bash", "sh", "zsh", "ksh", "dash", "script", "system", "sx", "!", "cmd", "powershell"})
_TIMED = frozenset({"capture", "time", "timeit", "prun", "python", "python3", "pypy", "memit", "mprun", "cython"})
"""Cell magics whose body is Python."""
_SHOWN = frozenset({"html", "HTML", "svg", "SVG", "latex", "markdown"})
"""Cell magics whose body is only shown."""
_CELL = re.compile(r"%%(!|[\w.]+)[ \t]*([^\n]*)")
_LINE = re.compile(
    r"(?P<indent>[ \t]*+)(?P<name>(?:[\w.\[\]'\":, ]+=[ \t]*)?)(?P<mark>!!?|%)[ \t]*(?P<rest>[^=].*)$", re.DOTALL
)
_PROMPT = re.compile(r"(?:>>>|\.\.\.|In \[\d+\]:)(?: |$)")
_EXPRESSION = re.compile(r"\{([^{}]{1,200})\}")
_ESCAPES = re.compile(r"[ \t]*(?:\?|[,;/]\S)|.*\S\?{1,2}[ \t]*$")


class Notebook(msgspec.Struct, frozen=True):
    """``text`` is Python; ``gaps`` say what of the notebook is not in it."""

    text: str
    gaps: tuple[str, ...] = ()


def read_notebook(data: bytes) -> Notebook:
    """The code of a notebook. Bytes that are no notebook give one gap and no text."""
    try:
        document = read_lenient(decode(data))
    except NotJsonError as error:
        return Notebook("", (f"it is no notebook that can be read: {error}",))
    if not isinstance(document, Pairs):
        return Notebook("", ("it is no notebook that can be read: it is no object",))
    language = _language(document)
    if language:
        return Notebook("", (f"its cells are written in {language}, which is not read",))
    lines: dict[int, str] = {}
    gaps: list[str] = []
    last = 0
    for number, cell in enumerate(_cells(document), 1):
        source = list(_lines(cell))
        if sum(len(line) for line, _ in source) > MAX_CELL:
            gaps.append(f"cell {number}: it is larger than {MAX_CELL // 1048576} MiB")
            continue
        made, reason = _python([line for line, _ in source])
        if reason:
            gaps.append(f"cell {number}: {reason}")
        for line, (_, at) in zip(made, source, strict=True):
            last = max(last + 1, at)
            lines[last] = line
        if last > MAX_LINES:
            gaps.append(f"only the first {number} cells were read: it has more lines than the bound allows")
            break
    return Notebook("\n".join(lines.get(number, "") for number in range(1, last + 1)) + "\n", tuple(gaps))


def _language(document: Pairs) -> str:
    """The language of its kernel where that is not Python; empty otherwise."""
    for metadata in document.all("metadata"):
        if not isinstance(metadata, Pairs):
            continue
        kernel = metadata.first("kernelspec")
        if isinstance(kernel, Pairs):
            told = [str(kernel.first(key) or "") for key in ("name", "language", "display_name")]
            if any("py" in one.lower() or "conda" in one.lower() for one in told) or not told[1]:
                return ""
            return told[1][:40]
    return ""


def _cells(document: Pairs) -> Iterator[list[Any]]:
    """The sources of each code cell: of nbformat 4, and of the worksheets of nbformat 3 (``input``)."""
    tables = [document, *(one for sheets in document.all("worksheets") if isinstance(sheets, list) for one in sheets)]
    for table in tables:
        for cells in table.all("cells") if isinstance(table, Pairs) else ():
            for cell in cells if isinstance(cells, list) else ():
                if isinstance(cell, Pairs):
                    kinds = cell.all("cell_type")
                    if "code" in kinds or not kinds:
                        yield [*cell.all("source"), *cell.all("input")]


def _lines(sources: list[Any]) -> Iterator[tuple[str, int]]:
    for source in sources:
        parts = source if isinstance(source, list) else [source]
        text = ""
        places: list[int] = []
        for part in parts:
            if isinstance(part, Text):
                # A part that ends without a line break goes on in the next one.
                if not places or text.endswith("\n"):
                    places.append(part.line)
                places += [part.line] * part.rstrip("\n").count("\n")
                text += part
        lines = text.rstrip("\n").split("\n")
        for number, line in enumerate(lines):
            yield line.rstrip("\r"), places[number] if number < len(places) else 0


def _python(lines: list[str], depth: int = 0) -> tuple[list[str], str]:
    """The lines of a cell as lines of Python, as many as they were; and what was not read of it."""
    made = [_PROMPT.sub("", line, count=1) for line in lines]
    first = next((number for number, line in enumerate(made) if line.strip()), 0)
    if made and (indent := made[first][: len(made[first]) - len(made[first].lstrip())]):
        made = [line.removeprefix(indent) for line in made]
    if made and (magic := _CELL.match(made[first])) is not None:
        if depth == MAX_MAGICS:
            return [f"# {line}" for line in lines], "more magics stand before it than the bound allows"
        return _magic(magic[1], magic[2].strip(), made, first, depth + 1)
    if _parses(made):
        return made, ""
    made = _escaped(made)
    if _parses(made):
        return made, ""
    return [f"# {line}" for line in lines], "it is not valid Python"


def _magic(name: str, rest: str, lines: list[str], first: int, depth: int) -> tuple[list[str], str]:
    blank = [""] * (first + 1)
    body = lines[first + 1 :]
    if name in _SHELLS or (name == "script" and rest):
        if name == "script" and "python" in rest:
            inner, reason = _python(body, depth)
            return [*blank, *inner], reason
        shell = [_system(line, "") if line.strip() else "" for line in _joined(body)]
        return [*blank, *shell], ""
    if name in _TIMED:
        inner, reason = _python(body, depth)
        if name in {"timeit", "time", "prun"} and rest and _parses([rest]):
            blank[-1] = rest
        return [*blank, *inner], reason
    if name in {"writefile", "file"}:
        target = rest.rsplit(maxsplit=1)[-1] if rest else ""
        blank[-1] = f"open({target!r}, 'w').write({chr(10).join(body)!r})"
        return [*blank, *[""] * len(body)], ""
    shown = [f"# {line}" for line in lines]
    return shown, "" if name in _SHOWN else f"the cell of the magic %%{name[:40]} is not read"


def _escaped(lines: list[str]) -> list[str]:
    """Shell lines, line magics and requests for help, each as Python on the line where it begins."""
    found = []
    for line in _joined(lines, "!%"):
        matched = _LINE.match(line)
        if matched is None or not (matched["name"] == "" or "=" in matched["name"]):
            found.append(f"# {line}" if _ESCAPES.match(line) else line)
            continue
        found.append(matched["indent"] + matched["name"] + _call(matched["mark"], matched["rest"].strip()))
    return found


def _call(mark: str, rest: str) -> str:
    if mark != "%":
        return _system(rest, "")
    name, _, given = rest.partition(" ")
    given = given.strip()
    if name == "run":
        words = [word for word in given.split() if not word.startswith("-")]
        if given.startswith("-m") and words:
            return f"__import__('runpy').run_module({words[0]!r})"
        return f"__import__('runpy').run_path({words[0]!r})" if words else "None"
    if name in {"pip", "conda", "mamba", "uv"}:
        return _system(given, f"{name} ")
    if name in _SHELLS or name in {"sc", "alias"}:
        return _system(given, "")
    if name in {"time", "timeit", "prun"}:
        inner = re.sub(r"^(?:-\w+[ \t]*(?:\d+[ \t]+)?)+", "", given)
        return inner if inner and _parses([inner]) else "None"
    if name == "load_ext" and re.fullmatch(r"[\w.]+", given):
        return f"__import__('importlib').import_module({given!r})"
    return "None"


def _system(command: str, before: str) -> str:
    """A call that runs a command. Python expressions in braces are its values, as IPython fills them in."""
    values = [one.strip() for one in _EXPRESSION.findall(command)]
    given = "".join(f", ({one})" for one in values if _parses([f"({one})"]))
    return f"shell_line({before + command!r}{given})"


def _joined(lines: list[str], marks: str = "") -> list[str]:
    """Lines that end in a backslash with those that follow, on the line of the first; blank lines in their place."""
    found: list[str] = []
    number = 0
    while number < len(lines):
        parts, taken = [lines[number]], 1
        if not marks or any(mark in lines[number] for mark in marks):
            while parts[-1].endswith("\\") and number + taken < len(lines):
                parts[-1] = parts[-1][:-1]
                parts.append(lines[number + taken].strip())
                taken += 1
        found += [" ".join(parts), *[""] * (taken - 1)]
        number += taken
    return found


def _parses(lines: list[str]) -> bool:
    try:
        with silently():
            ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
