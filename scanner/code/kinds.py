"""What kind of file a member is, by its path and its first bytes: a suffix is what its author chose to call it."""

from __future__ import annotations

import re
from typing import Literal

Language = Literal["python", "lines", "settings"]
"""``lines``: a ``.pth`` file, single lines of which are executed. ``settings``: what says when code runs."""

HEAD = 256
"""First bytes by which a kind is told."""
_NAMES = ("pyproject.toml", "setup.cfg", "entry_points.txt")
_PYTHON = (".py", ".pyw")
_INTERPRETER = re.compile(rb"#![ \t]*(?:[^\s]*/)?(?:env[ \t]+(?:-\S+[ \t]+|\w+=\S*[ \t]+)*)?(?:[^\s]*/)?([\w.+-]+)")
_IS_PYTHON = re.compile(rb"(?i)(?:ipython|pythonw?|pypy|jython|micropython|python-\w+)[\d.]*t?(?:\.exe)?$")
_BULK = re.compile(
    r"(?i)\.(?:mo|po|pot|svg|h|hh|hpp|hxx|c|cc|cpp|cxx|cu|cuh|f|f90|rs|go|java|js|mjs|ts|tsx|jsx|map|html?|css|scss|less"
    r"|xml|ya?ml|toml|csv|tsv|so|a|o|lib|ttf|otf|eot|woff2?|pdf|proto|rst|pxd|pxi|parquet|jinja2?|tmpl|tpl)$"
)
"""Suffixes of what is many and is no program of Python, unless its place or its mode makes it one."""

_WORKFLOWS = re.compile(
    r"(?:.*/)?(?:\.(?:github|gitea|forgejo)/(?:workflows|actions)/.*\.ya?ml|\.gitlab-ci\.ya?ml|\.circleci/config\.ya?ml"
    r"|\.travis\.ya?ml|azure-pipelines\.ya?ml)"
)

_INSTRUCTIONS = re.compile(
    r"(?i)(?:.*/)?(?:agents|claude|gemini)(?:\.local)?\.md|(?:.*/)?\.(?:cursorrules|windsurfrules|clinerules|goosehints)"
    r"|(?:.*/)?copilot-instructions\.md|(?:.*/)?\.(?:cursor|claude|windsurf|clinerules|codex|gemini|github/instructions"
    r"|github/prompts)/.*\.mdc?"
)
_AGENT_SETTINGS = re.compile(
    r"(?i)(?:.*/)?\.?mcp\.json|(?:.*/)?claude_desktop_config\.json|(?:.*/)?cline_mcp_settings\.json"
    r"|(?:.*/)?\.(?:claude|gemini|cursor|roo)/[^/]*\.json|(?:.*/)?\.vscode/(?:tasks|mcp)\.json"
)


def language_of(path: str, head: bytes = b"") -> Language | None:
    """What the engine reads a file as; ``None`` for what it does not read. ``head``: its first bytes, if at hand."""
    lowered = path.lower()
    if lowered.endswith(_PYTHON):
        return "python"
    if lowered.endswith(".pth"):
        return "lines"
    if path.endswith(_NAMES):
        return "settings"
    if lowered.endswith(".pyx") and not may_be_started(path):
        return None  # Cython is compiled; editors are told of its syntax by a first line that names Python.
    return "python" if interpreter(head) == "python" else None


def interpreter(head: bytes) -> str:
    """The program that the first line names (``#!``), without version; empty where it names none.

    ``#!python`` alone is what wheels have in ``NAME.data/scripts`` (PEP 427).
    """
    found = _INTERPRETER.match(head)
    if found is None:
        return ""
    name = found[1]
    return "python" if _IS_PYTHON.match(name) else name.decode("ascii", "replace").lower()


def may_be_started(path: str) -> bool:
    """True for a path whose place says that it is a program."""
    return ".data/scripts/" in path or path.startswith(("bin/", "scripts/")) or "/hooks/" in path


def wants_head(path: str, executable: bool) -> bool:
    """Whether the first bytes of a file are asked for: it has no suffix that says what it is, or can be started."""
    return executable or may_be_started(path) or _BULK.search(path) is None


def is_workflow(path: str) -> bool:
    """Whether a file says what a CI service runs."""
    return _WORKFLOWS.fullmatch(path) is not None


def is_instructions(path: str) -> bool:
    """Whether a file says to AI agents what to do in its tree."""
    return _INSTRUCTIONS.fullmatch(path) is not None


def is_agent_settings(path: str) -> bool:
    """Whether a file says to agents or editors which programs to start."""
    return _AGENT_SETTINGS.fullmatch(path) is not None


def is_taken_up(path: str) -> bool:
    """Whether services, agents and editors find a file of a tree by its name, and do what it says."""
    return is_workflow(path) or is_instructions(path) or is_agent_settings(path)
