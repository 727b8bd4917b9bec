"""Structural facts: what the shape of an artifact says, without reading its code as code."""

from __future__ import annotations

import re

from scanner.code.bytecode import source_of
from scanner.code.events import Event
from scanner.code.program import Program
from scanner.code.triggers import Layout, trigger_of
from scanner.model.finding import Trigger

_MAGIC = ((b"MZ", "Windows"), (b"\x7fELF", "ELF"), (b"\xcf\xfa\xed\xfe", "Mach-O"), (b"\xca\xfe\xba\xbe", "Mach-O"))
_LIBRARY = re.compile(r"(?i)\.(?:so|pyd|dll|dylib|a|o|lib)(?:\.[\d.]+)?$|\.so\.")
_RUNS = re.compile(r"(?i)\.(?:exe|scr|com|msi|bat|cmd|ps1|vbs|hta|jar|lnk)$")
_NO_PROGRAM = re.compile(r"(?i)\.(?:png|jpe?g|gif|ico|txt|md|json|wav|mp3|log|pyc|pyo)$")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_COMPILED = (".pyc", ".pyo", ".so", ".pyd", ".dll", ".dylib")
_COMMANDS = (
    "bash cat chmod chown cmd cp crontab curl dig dir echo env git gpg grep hostname ifconfig ip kill ls mount mv"
    " netstat nslookup openssl passwd ping powershell ps python python3 rm scp sed sh ssh su sudo systemctl tar"
    " uname wget whoami xargs"
)
KNOWN_COMMANDS = frozenset(_COMMANDS.split())
"""Commands of operating systems and developers that no package of the index should put before the real one."""
_HIDDEN = re.compile(rb"(?<![ \t])[ \t]{120,}+(?:;|import\b|exec\b|eval\b|__import__|from\b|[\w.]++\()")
_SHOWN = re.compile(rb"\S")


def fact(
    program: Program,
    name: str,
    path: str,
    trigger: Trigger,
    labels: frozenset[str] = frozenset(),
    line: int = 0,
    detail: str = "",
) -> None:
    """Record one structural fact as an event of role ``fact:<name>``."""
    program.events.append(
        Event(
            frozenset({f"fact:{name}"}),
            name,
            labels,
            trigger,
            path,
            line,
            line,
            program.new_context(),
            program.new_order(),
            detail=detail[:200],
        )
    )


def archive_facts(program: Program, where: Layout, names: list[str], heads: dict[str, bytes]) -> None:
    """Facts of the members by name and first bytes. ``heads`` holds the first bytes of members that are not source."""
    sources = [name for name in names if name.endswith((".py", ".pyw"))]
    real = [name for name in sources if not name.endswith("setup.py")]
    compiled = [name for name in names if name.endswith(_COMPILED)]
    if compiled and not real and where.kind in {"wheel", "sdist"}:
        bytecode = frozenset({"bytecode"}) if any(name.endswith((".pyc", ".pyo")) for name in compiled) else frozenset()
        detail = f"{len(compiled)} compiled modules, no source"
        fact(program, "compiled-only", min(compiled), "import", bytecode, detail=detail)
    sourced = frozenset(sources)
    for name in sorted(name for name in names if name.endswith(".pyc") and real):
        if trigger_of(name, where) != "call" and source_of(name) not in sourced:
            fact(program, "stray-bytecode", name, "import", detail="bytecode without its source")
            break
    for name in sorted(heads):
        kind = next((word for magic, word in _MAGIC if heads[name].startswith(magic)), "")
        if kind and kind != "Mach-O" and not _LIBRARY.search(name) and len(heads[name]) >= 64:
            disguised = _NO_PROGRAM.search(name) is not None
            fact(
                program,
                "executable",
                name,
                "not-code",
                frozenset({"disguised"}) if disguised else frozenset(),
                detail=f"{kind} executable",
            )
        elif name.endswith(".typed") and _CONTROL.search(heads[name]):
            fact(program, "binary-marker", name, "not-code", detail="a type marker that holds binary data")
        elif _RUNS.search(name):
            fact(program, "script-file", name, "not-code", detail=name.rpartition(".")[2])
    taken = sorted({name for name, _ in where.entry_points if name.lower() in KNOWN_COMMANDS})
    if taken:
        at = next((path for path in sorted(program.files) if path.endswith(("entry_points.txt", "pyproject.toml"))), "")
        fact(program, "shadowed-command", at, "entry-point", detail=", ".join(taken))
    for name in names:
        base = name.rpartition("/")[2]
        startup = base in {"sitecustomize.py", "usercustomize.py"} and name in program.files
        if startup and trigger_of(name, where) == "interpreter-start":
            fact(program, "startup-module", name, "interpreter-start", line=1)


def hidden_columns(program: Program, path: str, data: bytes, trigger: Trigger) -> None:
    """Code pushed out of sight by a run of blanks on a line of code."""
    if b" " * 120 not in data and b"\t" * 60 not in data:
        return
    for line, text in enumerate(data.split(b"\n"), 1):
        found = _after_blanks(text) if len(text) > 120 else b""
        if found and found[:1] not in b"\"'|+-*":
            if b"import" in found or b"exec" in found or b"eval" in found:
                detail = found[-160:].decode("utf-8", "replace").strip()
                fact(program, "hidden-columns", path, trigger, line=line, detail=detail)
            return


def _after_blanks(line: bytes) -> bytes:
    """From the first character of the line that shows to its end, where code follows a run of blanks; else empty.

    What a comment hides is no code: the character stands after the last ``#`` before the run. Each byte is looked at a
    bounded number of times, however many runs there are.
    """
    floor = seen = 0
    shown = _SHOWN.search(line)
    for run in _HIDDEN.finditer(line):
        comment = line.rfind(b"#", seen, run.start())
        seen = run.start()
        if comment >= floor:
            floor = comment + 1
            shown = _SHOWN.search(line, floor)
        if shown is not None and shown.start() < run.start():
            return line[shown.start() :]
    return b""


def pth_lines(data: bytes) -> list[tuple[int, str]]:
    """The lines of a ``.pth`` file that the interpreter would execute: those that start with ``import``.

    Since Python 3.13 ``site`` passes over a byte-order mark.
    """
    text = data.decode("utf-8-sig", "replace")
    return [
        (number, line) for number, line in enumerate(text.splitlines(), 1) if line.startswith(("import ", "import\t"))
    ]
