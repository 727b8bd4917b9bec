"""What AI agents are told: files that instruct them, settings that start programs for them, descriptions of tools.

An agent has the rights and secrets of its user and does what these say. Text of no order is nothing here: an honest
guide may install tools, name ``.env`` and forbid to read it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from scanner.code.shell import Script
from scanner.code.source import decode

MAX_BYTES = 1024 * 1024
MAX_COMMANDS = 1_000
MAX_COMMAND = 8_000
"""Characters of one command."""
_MAX_SHOWN = 400
_NEAR = 300
_SMUGGLED = 12
"""Characters of Unicode's invisible copy of ASCII in a row; a flag of a region has at most seven."""
_TAGS = re.compile(f"[\U000e0020-\U000e007e]{{{_SMUGGLED},}}")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
_SECRET = re.compile(
    r"(?i)(?P<key>\bid_(?:rsa|ed25519|ecdsa)\b(?!\.pub)|\.ssh/(?!\w+\.pub|config\b)|\.aws/credentials|\.git-credentials"
    r"|\.cursor/mcp\.json|\bwallet\.dat)|\.(?:netrc|pypirc|npmrc)\b|\.kube/config|\.docker/config\.json"
    r"|(?<![\w.])\.env\b(?!\.)|\b(?:keystore|private keys?|seed phrases?|environment variables|api keys|passwords"
    r"|access tokens|credentials)\b"
)
_TAKES = re.compile(r"(?i)\b(?:read|cat|open|collect|gather|print|load|get|find|dump|copy|extract|take)\b")
_HANDS = re.compile(
    r"(?i)\b(?:include|pass|send|post|upload|append|attach|embed|forward|submit|transmit|exfiltrate|add)\b"
    r"[^.\n]{0,80}\b(?:in|as|to|into|with|via|at)\b|\bcurl\b|https?://"
)
_PLAIN = re.compile(
    r"(?i)\b(?:include|pass|append|attach|embed|send|upload)\s+(?:it|them|its|their|the contents?)\b[^.\n]{0,60}"
    r"\b(?:in|as|to|into|with)\b"
)
_FORBIDS = re.compile(r"(?i)\b(?:never|not|don't|avoid|without|refuse|must ?n[o']t|no|forbidden)\b")
_SILENT = re.compile(
    r"(?i)\b(?:do not|don't|never|without)\s+(?:ever\s+)?(?:mention(?:ing)?|tell(?:ing)?|inform(?:ing)?|reveal(?:ing)?"
    r"|notify(?:ing)?|alert(?:ing)?|disclos(?:e|ing))\b[^.\n]{0,60}"
    r"\b(?:this|it|the user|users?|anyone|anybody|paragraph|instructions?)\b"
)
_OVERRIDES = re.compile(
    r"(?i)(?<![\w'\"])(?:ignore|disregard|forget|override)\s+(?:all\s+|any\s+)?(?:of\s+)?(?:the\s+|your\s+)?"
    r"(?:previous|prior|above|earlier|preceding|system)\s+(?:instructions?|prompts?|rules|messages?|directives?)"
)
_ACQUITS = re.compile(
    r"(?i)\b(?:report|rate|classify|declare)\s+(?:it|this|the \w+|all \w+|everything)[^.\n]{0,40}?\bas\s+"
    r"(?:safe|benign|clean|harmless|not malicious)\b"
)
_TOOL = re.compile(rb"@[\w.]{1,80}\.tool\b|@tool\b|\bTool\(|\bmcp\b[^\n]{0,40}\bimport\b|\bimport\b[^\n]{0,40}\bmcp\b")
_STRINGS = re.compile(r"\"((?:[^\"\\\n]|\\.)*+)\"?")
"""A string that does not end is one too: each character is read once, and no text cut short hides its last command."""


def read_instructions(data: bytes) -> Script:
    """``agent_told(text)`` on each line at which an agent is told what its user would not want."""
    gaps = ("it is larger than 1 MiB, and was read only so far",) if len(data) > MAX_BYTES else ()
    text = _seen(decode(data[:MAX_BYTES]))
    made = [""] * (text.count("\n") + 1)
    for start, shown in orders_in(text):
        made[text.count("\n", 0, start)] = f"agent_told({shown!r})"
    return Script("\n".join(made) + "\n", gaps)


def read_agent_settings(data: bytes) -> Script:
    """``agent_starts(command)`` for each program that settings of agents and editors start."""
    gaps: dict[str, None] = {}
    if len(data) > MAX_BYTES:
        gaps["it is larger than 1 MiB, and was read only so far"] = None
    text = decode(data[:MAX_BYTES])
    try:
        found = list(_commands(json.loads(text)))
    except (ValueError, RecursionError):
        # With comments, or cut short: each string by itself, and all of them as one command.
        found = [one[1] for one in _STRINGS.finditer(text)]
        found.append(" ".join(found))
    if len(found) > MAX_COMMANDS:
        gaps[f"it starts more than {MAX_COMMANDS:,} programs"] = None
    if any(len(one) > MAX_COMMAND for one in found[:MAX_COMMANDS]):
        gaps[f"a program is started with more than {MAX_COMMAND:,} characters"] = None
    started = [one[:MAX_COMMAND] for one in found[:MAX_COMMANDS]]
    lines = [f"agent_starts({one!r}); shell_line({one!r})" for one in started]
    return Script("; ".join(lines) + "\n", tuple(gaps))


def _commands(node: object) -> Iterator[str]:
    """``command`` with its ``args``, wherever they stand."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()
            command, given = one.get("command"), one.get("args")
            words = command if isinstance(command, list) else [command]
            words = [*words, *(given if isinstance(given, list) else [])]
            if text := " ".join(word for word in words if isinstance(word, str)):
                yield text


def _seen(text: str) -> str:
    """The text without what stands between its letters unseen."""
    return _INVISIBLE.sub("", text)


def orders_in(text: str) -> Iterator[tuple[int, str]]:
    """Where an agent is told to hand secrets out, to forget its rules, to be silent or to acquit; and the words."""
    for smuggled in _TAGS.finditer(text):
        yield smuggled.start(), "".join(chr(ord(one) - 0xE0000) for one in smuggled[0])[:_MAX_SHOWN]
    for pattern in (_OVERRIDES, _ACQUITS):
        for one in pattern.finditer(text):
            if not _is_forbidden(text, one.start()):
                yield one.start(), text[one.start() : one.start() + _MAX_SHOWN]
    yield from hands_out(text)


def hands_out(text: str) -> Iterator[tuple[int, str]]:
    """Where an agent is told to read secrets and hand them to somebody."""
    end = -1
    for one in _SECRET.finditer(text):
        if one.start() < end:
            continue
        start = max(0, one.start() - 120, text.rfind("\n\n", max(0, one.start() - 120), one.start()) + 1)
        before = text[start : one.start()]
        paragraph = text[one.end() : one.end() + _NEAR].partition("\n\n")[0]
        takes = list(_TAKES.finditer(before))
        if not takes or _FORBIDS.search(before) is not None:
            continue
        key = one["key"] is not None
        handed = _HANDS.search(paragraph if key else paragraph[: _NEAR // 2])
        if handed is None or _FORBIDS.search(paragraph, 0, handed.start()) is not None:
            continue
        plain = key and _PLAIN.search(paragraph) is not None
        if plain or _SILENT.search(text, start, one.end() + 2 * _NEAR) is not None:
            end = one.end() + _NEAR
            yield start + takes[0].start(), text[start + takes[0].start() : end]


def _is_forbidden(text: str, start: int) -> bool:
    """Whether the words before say that it is not to be done, or speak about it."""
    before = text[max(0, start - 60) : start]
    sentence = re.split(r"[.!?\n:>]", before)[-1]
    return _FORBIDS.search(sentence) is not None or before.rstrip().endswith(("`", '"', "'", "like", "as", "e.g."))


def poisoned_tools(data: bytes) -> Iterator[tuple[int, str]]:
    """Lines of a Python file that offers tools to agents, whose text tells them to hand secrets out."""
    if b"mcp" in data or b"tool" in data or b"Tool" in data:
        if _TOOL.search(data) is None:
            return
        text = _seen(decode(data[:MAX_BYTES]))
        for start, shown in hands_out(text):
            yield text.count("\n", 0, start) + 1, shown
