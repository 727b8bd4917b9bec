"""What a key of a settings file says that its value is: a list of requirements, a command, or prose.

Tools spell one word in many ways (``beforeBuild``, ``before-build``, ``before_build``), so keys are compared by their
words, in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_WORD = re.compile(r"[A-Z]?[a-z]++|[A-Z]++(?![a-z])")
MAX_KEY = 200
_REQUIREMENTS = frozenset({"dependencies", "deps", "requires", "require", "requirements"})
_OF_OTHERS = frozenset({"system", "apt", "brew", "conda", "npm", "node", "cargo"})
"""Whose packages are none of Python's: ``system_requires``."""
_METADATA = (frozenset({"requires", "python"}), frozenset({"requires", "dist"}))
"""What a distribution says of itself, in copies of its metadata: nothing is installed by it."""
_COMMANDS = frozenset(
    {
        *("run", "runs", "script", "scripts", "shell", "bash", "sh", "cmd", "cmds", "command", "commands", "exec"),
        *("entry", "entrypoint", "args", "install", "setup", "prepare", "provision", "bootstrap", "init", "build"),
        *("task", "tasks", "step", "steps", "hook", "hooks", "before", "after", "pre", "post", "start", "on"),
        *("prebuild", "postbuild", "preinstall", "postinstall", "runcmd", "bootcmd", "userdata"),
    }
)
_PROSE = frozenset(
    {
        *("description", "summary", "title", "name", "label", "message", "text", "content", "note", "notes", "help"),
        *("doc", "docs", "documentation", "comment", "comments", "about", "example", "examples", "readme"),
        *("markdown", "body", "placeholder", "prompt", "question", "answer", "instruction", "instructions"),
        *("response", "input", "output", "log", "error", "warning", "warnings", "url", "urls", "homepage"),
    }
)


@lru_cache(maxsize=4096)
def words_of_key(key: str) -> frozenset[str]:
    """The words of a key, in lower case; a part of more than ``MAX_KEY`` characters is no key that a tool asks for."""
    return frozenset(one.lower() for one in _WORD.findall(key[:MAX_KEY]))


def lists_requirements(key: str) -> bool:
    """True for a key under which tools list requirements: ``deps``, ``test-requires``, ``devDependencies``."""
    words = words_of_key(key)
    return not words.isdisjoint(_REQUIREMENTS) and words.isdisjoint(_OF_OTHERS) and words not in _METADATA


def names_commands(keys: Sequence[str]) -> bool:
    """True where a text is a command by its own key, or by the key of the table or list that it stands in.

    ``keys`` are those from the top of the file to the value, the value's own last. A key that announces prose
    (``description``) wins: there ``pip install x`` is advice to a reader.
    """
    own = words_of_key(keys[-1]) if keys else frozenset()
    if not own.isdisjoint(_PROSE):
        return False
    return any(not words_of_key(one).isdisjoint(_COMMANDS) for one in keys[-2:])
