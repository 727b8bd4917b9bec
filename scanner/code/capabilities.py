"""Capabilities: what the code of a package can do, each with the first line that proves it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set

from scanner.code.compatible import compatible_starts, normalised
from scanner.code.program import Program
from scanner.code.source import decode, is_coded_otherwise
from scanner.code.triggers import Layout, trigger_of
from scanner.model.capability import Capability
from scanner.parsing import parse_python

NAMES = (
    "dynamic-code",
    "environment",
    "filesystem-write",
    "install-time-code",
    "native-code",
    "network",
    "persistence",
    "subprocess",
)

_TEXT: dict[str, re.Pattern[bytes]] = {
    "network": re.compile(
        rb"^[ \t]*(?:import|from)[ \t]+(?:requests|urllib3|urllib2|urllib\.request|"
        rb"httpx|aiohttp|socket|http\.client|ftplib|smtplib|websockets?|paramiko|grpc|boto3|pycurl|telnetlib|dns)\b"
        rb"|^[ \t]*from[ \t]+urllib[ \t]+import\b[^\n#]*\brequest\b|^[ \t]*import\b[^\n#]*\burllib\.request\b"
        rb"|\burllib\.url(?:open|retrieve)\(",
        re.M,
    ),
    "subprocess": re.compile(
        rb"\b(?:subprocess\.(?:run|Popen|call|check_call|check_output|getoutput)|os\.(?:system|popen|exec[lv]p?e?|spawn\w+|startfile)|pty\.spawn|create_subprocess_(?:exec|shell))\s*\("
    ),
    "filesystem-write": re.compile(
        rb"\bopen\([^()\n]{1,120},\s*(?:mode\s*=\s*)?['\"][wax]b?\+?['\"]|\.write_(?:text|bytes)\(|\bshutil\.(?:copy\w*|move|rmtree)\(|\bos\.(?:remove|unlink|rename|replace|makedirs)\("
    ),
    "environment": re.compile(rb"\bos\.(?:environ\b|getenv\s*\()"),
    "dynamic-code": re.compile(rb"(?<![\w.])(?<!def )(?:exec|eval)\s*\(|\bmarshal\.loads?\(|\bpickle\.loads?\("),
    "native-code": re.compile(rb"^[ \t]*(?:import|from)[ \t]+(?:ctypes|cffi)\b", re.M),
    "persistence": re.compile(
        rb"CurrentVersion\\{1,2}Run\b|LaunchAgents|/etc/systemd/system|\.config/autostart|schtasks\s+/create|/etc/cron"
    ),
}
LITERALS: dict[str, frozenset[bytes]] = {
    "network": frozenset(
        b"requests urllib httpx aiohttp socket http.client ftplib smtplib paramiko grpc boto3 pycurl telnetlib".split()
    ).union([b"import dns", b"from dns"]),
    "subprocess": frozenset(
        [b"subprocess", b"os.system", b"os.popen", b"os.exec", b"os.spawn", b"os.startfile", b"pty.spawn"]
    ),
    "filesystem-write": frozenset(
        [b"open(", b".write_text(", b".write_bytes(", b"shutil.", b"os.re", b"os.unlink", b"os.makedirs"]
    ),
    "environment": frozenset([b"os.environ", b"os.getenv"]),
    "dynamic-code": frozenset([b"exec", b"eval", b"marshal", b"pickle"]),
    "native-code": frozenset([b"ctypes", b"cffi"]),
    "persistence": frozenset(
        [b"CurrentVersion", b"LaunchAgents", b"/etc/systemd", b".config/autostart", b"schtasks", b"/etc/cron"]
    ),
}
"""What a line must hold before its pattern is tried: a plain search is many times faster."""
_NATIVE = re.compile(r"\.(?:so|pyd|dylib|dll)$")


def capabilities(program: Program, where: Layout, names: list[str], extra: Mapping[str, str]) -> tuple[Capability, ...]:
    """Each capability with its first proof (``path:line`` and the line), in the order of paths.

    The text decides which line to look at, the syntax tree of that line whether it is code and not prose.
    ``extra`` holds capabilities that structure proves (install-time code).
    """
    found: dict[str, str] = dict(extra)
    native = next((name for name in sorted(names) if _NATIVE.search(name)), None)
    if native is not None:
        found.setdefault("native-code", native)
    paths = [
        path
        for path, file in sorted(program.files.items())
        if file.language == "python" and trigger_of(path, where) != "call"
    ]
    wanted = [name for name in sorted(_TEXT) if name not in found]
    for path in paths:
        if not wanted:
            break
        data, seen = program.files[path].data, program.glances.get(path)
        if is_coded_otherwise(data):
            data, seen = decode(data).encode("utf-8", "surrogatepass"), None
        plain = normalised(data, seen) if seen is None or not seen.isdisjoint(compatible_starts()) else data
        if plain is not data:
            data, seen = plain, None
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        before = len(found)
        for name in wanted:
            literals = LITERALS[name] if seen is None else LITERALS[name] & seen
            if literals and (proof := _first(data, literals, _TEXT[name], name)):
                found[name] = f"{path}:{proof}"
        if len(found) > before:
            wanted = [name for name in wanted if name not in found]
    return tuple(Capability(name, found[name]) for name in sorted(found))


def _first(data: bytes, literals: Set[bytes], pattern: re.Pattern[bytes], name: str) -> str:
    """The proof on the first line that holds a literal and the pattern; empty where there is none."""
    places = {literal: at for literal in literals if (at := data.find(literal)) >= 0}
    while places:
        at = min(places.values())
        start = data.rfind(b"\n", 0, at) + 1
        end = data.find(b"\n", at)
        seen = end if end >= 0 else len(data)
        if pattern.search(data, start, min(seen, start + 4000)) and (proof := _proof(data, start, name)):
            return proof
        places = {
            literal: later
            for literal, place in places.items()
            if (later := place if place > seen else data.find(literal, seen + 1)) >= 0
        }
    return ""


def _proof(data: bytes, at: int, name: str) -> str:
    """``line: text`` where the line at that offset is code; empty where it is a comment or a docstring's prose."""
    start = data.rfind(b"\n", 0, at) + 1
    while start < len(data) and data[start : start + 1] == b"\n":
        start += 1
    end = data.find(b"\n", start)
    line = data[start : end if end >= 0 else len(data)]
    if len(line) > 2000:
        return ""
    text = line.decode("utf-8", "replace").strip()
    if text.startswith(("#", ">>>", "...")):
        return ""
    if name not in {"persistence"} and not _is_code(text):
        return ""
    return f"{data.count(bytes([10]), 0, start) + 1}: {text[:120]}"


def _is_code(text: str) -> bool:
    """True where the line, or the statement that it opens, parses."""
    for candidate in (
        text,
        text + "\n pass",
        "try:\n pass\n" + text + "\n pass",
        "if 1:\n pass\n" + text + "\n pass",
        text + ")",
        text + "])",
    ):
        try:
            parse_python(candidate)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return True
    return False
