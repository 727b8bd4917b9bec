"""``[tool.*]`` of ``pyproject.toml``, of tools that no reader of ours knows one by one, by the words of their keys.

Lists under ``requires``, ``deps``, ``dev-dependencies`` and their kin are requirements; texts under ``before-build``,
``scripts`` and their kin are commands. Of a tool that is not known to install such a list, it counts where it can be
nothing else: each item is a requirement, and one of them states a version or a place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from scanner.inputs.commands import ShellLine, find_commands, shell_lines
from scanner.inputs.included import included_requirements
from scanner.inputs.installs import joined_words
from scanner.inputs.key_words import lists_requirements, names_commands
from scanner.inputs.manifest import Reading
from scanner.inputs.requirement_lines import requirement_line
from scanner.inputs.source import SourceText
from scanner.model.locked import Gap, InstallCommand, NamedFile, RequirementGroup
from scanner.model.requirement import Requirement
from scanner.model.urls import redact

INSTALLS = frozenset({"tox", "cibuildwheel", "rye", "briefcase", "hatch", "pdm", "rapids-build-backend", "pyodide"})
"""Tools that are known to install what such lists name, bare names too."""
READ_ELSEWHERE = frozenset({"uv", "poetry", "flit", "setuptools", "pixi"})
"""Tools whose lists have a reader of their own; their commands are looked for here."""
_OWN_READERS = (("hatch", "envs"), ("hatch", "build"), ("pdm", "dev-dependencies"), ("pdm", "resolution"))
MAX_VALUES = 200_000
MAX_LISTED = 20_000
_HERE = re.compile(r"^\{(?:project|package|toxinidir|tox_root|package_root)\}/?")
_INCLUDES = re.compile(r"(?:-r|--requirement|-c|--constraint)[\s=]*(?P<file>\S.*)")
_OPTION_OF_A_PLACE = re.compile(r"(?:-e|--editable)[\s=]*")
Keys = tuple[str, ...]


class ToolKeys:
    """One walk over the tables of the tools; ``groups`` and ``commands`` are what they say."""

    def __init__(self, reading: Reading, root: Path, relative: str, *prefix: str) -> None:
        self.reading = reading
        self.root = root
        self.relative = relative
        self.prefix = prefix
        self.groups: list[RequirementGroup] = []
        self.commands: list[InstallCommand | Gap | NamedFile] = []
        for keys, value in self._values():
            self._value(keys, value)

    def _values(self) -> Iterator[tuple[Keys, Any]]:
        """Every list and text below the tables, each with its keys, in the order of the file."""
        waiting: list[tuple[Keys, Any]] = [((), self.reading.dig(*self.prefix))]
        seen = 0
        while waiting:
            keys, value = waiting.pop()
            seen += 1
            if seen > MAX_VALUES:
                said = f"its tables hold more than {MAX_VALUES:,} values: what follows is not read"
                self.reading.gap(self._path(keys), said, "Look at it by hand.")
                return
            if isinstance(value, dict):
                waiting.extend(((*keys, name), one) for name, one in reversed(value.items()))
                continue
            yield keys, value
            if isinstance(value, list):
                waiting.extend((keys, one) for one in reversed(value) if isinstance(one, dict | list))

    def _value(self, keys: Keys, value: Any) -> None:
        if not keys:
            return
        tool = keys[0].lower() if self.prefix == ("tool",) else self.relative.rpartition("/")[2].partition(".")[0]
        inner = keys[1:] if self.prefix == ("tool",) else keys
        if lists_requirements(keys[-1]) and isinstance(value, list | str) and not self._is_read(tool, inner):
            self._requirements(keys, value, is_known=tool in INSTALLS)
        elif tool == "tox" and keys[-1] == "legacy_tox_ini" and isinstance(value, str):
            self._old_tox(keys, value)
        elif names_commands(keys):
            self._commands(keys, value)

    def _is_read(self, tool: str, inner: Keys) -> bool:
        if tool in READ_ELSEWHERE:
            return True
        return any((tool, *inner)[: len(one)] == one for one in _OWN_READERS)

    def _requirements(self, keys: Keys, value: Any, *, is_known: bool) -> None:
        # cibuildwheel takes a text of words; only there is a text that is no list one of requirements.
        items = value if isinstance(value, list) else value.split() if is_known else []
        if not all(isinstance(one, str) for one in items):
            items = [one for one in items if isinstance(one, str)] if is_known else []
        if len(items) > MAX_LISTED:
            said = f"it lists more than {MAX_LISTED:,} requirements: it is not read"
            self.reading.gap(self._path(keys), said, "Look at it by hand.")
            return
        found: list[Requirement] = []
        gaps: list[Gap] = []
        for number, item in enumerate(items):
            self._item(item, self._path(keys) + (f"[{number}]" if isinstance(value, list) else ""), found, gaps)
        if not is_known and (gaps or not any(one.specifier or one.url for one in found)):
            return
        self.reading.gaps.extend(gaps)
        if found:
            name = canonicalize_name("-".join(keys[:-1]) or keys[-1])
            self.groups.append(RequirementGroup("group", name, tuple(found)))

    def _item(self, item: str, key_path: str, found: list[Requirement], gaps: list[Gap]) -> None:
        """One entry. A folder's own manifests say what it brings, and they are read."""
        location = self.reading.file.at(key_path)
        text = _OPTION_OF_A_PLACE.sub("", item.strip())
        if named := _INCLUDES.fullmatch(text):
            path = _HERE.sub("", named["file"].strip())
            included = included_requirements(self.root, self.relative, [path], location)
            gaps.extend(included.gaps)
            self.reading.includes.update(included.includes)
            if text.startswith(("-r", "--r")):
                found.extend(included.requirements)
            return
        text = _HERE.sub("./", text)
        if not text or text.startswith((".", "-")) or ("/" in text and "://" not in text and "@ " not in text):
            return
        try:
            if "{" in text:
                raise ValueError("parts of it are filled in by the tool")
            found.append(requirement_line(text, location))
        except ValueError as error:
            said = f"{redact(text)[:80]} is no requirement that can be read: {str(error)[:200]}"
            gaps.append(Gap(location, said, "Look at it by hand."))

    def _old_tox(self, keys: Keys, text: str) -> None:
        from scanner.inputs.tox import tox_environments

        line = self.reading.file.at(self._path(keys)).line
        try:
            # Empty lines in front keep the numbers of the file's own lines.
            self.commands.extend(tox_environments(SourceText(self.relative, "\n" * line + text, "")))
        except ValueError as error:
            self.reading.gap(self._path(keys), f"what it installs is not known: {error}", "Look at it by hand.")

    def _commands(self, keys: Keys, value: Any) -> None:
        """A text of one command or more, or a list: of whole commands, or of the words of one."""
        line = self.reading.file.at(self._path(keys)).line
        texts = [value] if isinstance(value, str) else []
        if isinstance(value, list):
            words = [one for one in value if isinstance(one, str)]
            texts = [*words, joined_words(words)]
        lines = [ShellLine(line, one) for text in texts for one in _commands_of(text)]
        self.commands.extend(find_commands(lines, self.relative))

    def _path(self, keys: Keys) -> str:
        return ".".join((*self.prefix, *keys))


def _commands_of(text: str) -> list[str]:
    return [one.text for one in shell_lines(enumerate(text.splitlines(), 1))]
