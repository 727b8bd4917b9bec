"""One walk over the nodes of a file of settings: lists of packages, named files of requirements, and commands."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from scanner import files
from scanner.inputs import requirements
from scanner.inputs.commands import ShellLine, find_commands, is_fixed, shell_lines
from scanner.inputs.installs import joined_words
from scanner.inputs.key_words import lists_requirements, names_commands, words_of_key
from scanner.inputs.requirement_lines import requirement_line
from scanner.inputs.requirements import Line
from scanner.inputs.variables import Variables
from scanner.inputs.yaml_nodes import MAX_NODES, Mapping, Node, Scalar, Sequence, YamlError
from scanner.inputs.yaml_variables import variables_of
from scanner.model.errors import InputError
from scanner.model.location import Location
from scanner.model.locked import Gap, InstallCommand
from scanner.model.requirement import IndexOption, Requirement

_INSTALLERS = frozenset({"pip", "pypi", "uv", "pipx"})
_LISTS = frozenset(
    {"packages", "package", "dependencies", "deps", "requirements", "install", "url", "modules", "list", "installed"}
)
_NAMES = ("name", "names", "package", "packages", "install", "dependencies", "modules", "pkgs")
_TEMPLATE = re.compile(r"\{\{|\$\{\{|<%")
_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?(?:\[[\w, .-]*\])?")
_IN_ONE_WORD = re.compile(r"""(?:^|\s)name=(?:"([^"]*)"|'([^']*)'|(\S+))""")
_COMMENT = re.compile(r"(^|\s)#.*$")
_BY_TOOL = re.compile(r"(?:pipx|pip|pypi):(?P<name>.+)")
"""Keys of mise and its kin: ``"pipx:black" = "24.1"``."""
_PYTHONS = frozenset({"python", "python2", "python3"})
"""Under ``packages`` or ``dependencies``: whose packages those are (Platform.sh, CloudFormation)."""
_BY_HAND = "Look at it by hand."
Keys = tuple[str, ...]


class SettingsWalk:
    """``found`` are commands and gaps in the order of the text; ``named`` files of the tree that are given out as files
    of requirements; ``options`` and ``includes`` those of lists in pip's own format.

    ``commands`` is false for a file whose commands another reader looks for; ``lists`` for a manifest of another
    ecosystem, in which a list counts only under a key that names Python's installers.
    """

    def __init__(self, root: Path, relative: str, *, commands: bool = True, lists: bool = True) -> None:
        self.root = root
        self.relative = relative
        self.commands = commands
        self.lists = lists
        self.found: list[InstallCommand | Gap] = []
        self.named: set[str] = set()
        self.options: list[IndexOption] = []
        self.includes: set[str] = set()
        self._taken: set[Requirement] = set()
        self._known: Variables | None = None

    def read(self, document: Node) -> None:
        """Take in one document. Raises :class:`YamlError` past ``MAX_NODES``."""
        self._known = variables_of(document) if self.commands else None
        if isinstance(document, Sequence):
            self._listed(document, surely=False)
        waiting: list[tuple[Keys, Node]] = [((), document)]
        seen = 0
        while waiting:
            keys, node = waiting.pop()
            seen += 1
            if seen > MAX_NODES:
                raise YamlError(node.line, f"it has more than {MAX_NODES:,} nodes")
            if isinstance(node, Mapping):
                self._started(node, keys)
                for key, value in node.entries:
                    self._entry((*keys[-2:], key), value)
                waiting.extend(((*keys[-2:], key), value) for key, value in reversed(node.entries))
            elif isinstance(node, Sequence):
                for one in node.items:
                    if isinstance(one, Sequence) and names_commands(keys):
                        self._commands(one)
                waiting.extend((keys, one) for one in reversed(node.items) if not isinstance(one, Scalar))

    def _entry(self, keys: Keys, value: Node) -> None:
        key = keys[-1].rpartition(".")[2]
        words = words_of_key(key) | ({"pip"} & {keys[-1].partition(".")[0]})
        if (by_tool := _BY_TOOL.fullmatch(key)) and isinstance(value, Scalar):
            self._versions({by_tool["name"]: value})
        elif not words.isdisjoint(_INSTALLERS) and (len(words) == 1 or not words.isdisjoint(_LISTS)):
            self._installer(value, surely=not words.isdisjoint(_LISTS))
        elif "python" in words and not words.isdisjoint({"packages", "dependencies", "modules"}):
            self._listed(value, surely=True)
        elif "requirements" in words or "requirement" in words:
            if not self._named(value):
                self._listed(value, surely=False)
        elif key in _PYTHONS and not words_of_key("".join(keys[-2:-1])).isdisjoint({"packages", "dependencies"}):
            self._installer(_first_versions(value), surely=False)
        elif lists_requirements(key) or not words.isdisjoint({"packages", "libraries", "plugins"}):
            self._listed(value, surely=False)
        elif not words.isdisjoint({"file", "filename", "path"}) and "requirements" in words_of_key(
            "".join(keys[-2:-1])
        ):
            self._named(value)
        if names_commands(keys):
            self._commands(value)

    def _installer(self, value: Node, *, surely: bool) -> None:
        """What stands under ``pip`` and its kin: a list, a table of a task, versions by name, or a text."""
        if isinstance(value, Mapping):
            stated = next((one for name in _NAMES if (one := value.get(name)) is not None), None)
            version = value.get("version")
            if isinstance(stated, Scalar) and isinstance(version, Scalar) and _NAME.fullmatch(stated.text):
                self._versions({stated.text: version})
            elif stated is not None:
                self._listed(stated, surely=True)
            elif all(isinstance(one, Scalar) for _, one in value.entries):
                versions = {key: one for key, one in value.entries if isinstance(one, Scalar)}
                if all(_NAME.fullmatch(key) and _is_version(one.text) for key, one in versions.items()):
                    self._versions(versions)
        elif isinstance(value, Sequence) and any(isinstance(one, Mapping) for one in value.items):
            for one in value.items:
                if isinstance(one, Mapping) and any(one.get(name) for name in _NAMES):
                    self._installer(one, surely=True)
        elif isinstance(value, Scalar) and (task := _IN_ONE_WORD.search(value.text)):
            self._listed(Scalar(value.line, task[1] or task[2] or task[3]), surely=True)
        else:
            self._listed(value, surely=surely or isinstance(value, Sequence))

    def _versions(self, versions: dict[str, Scalar]) -> None:
        """Name → version or specifier (``*`` and the empty text for any), as in tables of Pipfile's kind."""
        for name, value in versions.items():
            text = value.text.strip()
            specifier = "" if text in ("*", "latest", "") else f"=={text}" if text[:1].isdigit() else text
            self._take([Line(value.line, f"{name}{specifier}")])

    def _named(self, value: Node) -> bool:
        """Whether each text names a file of the tree, by its place beside this file or below the root."""
        scalars = [one for one in (value.items if isinstance(value, Sequence) else (value,)) if isinstance(one, Scalar)]
        paths = [self._file(one.text.strip()) for one in scalars]
        self.named.update(one for one in paths if one)
        return bool(paths) and all(paths)

    def _file(self, text: str) -> str:
        if not text or len(text) > 500 or "\n" in text:
            return ""
        for base in (PurePosixPath(self.relative).parent.as_posix(), "."):
            path = files.inside(self.root, base, text)
            if path and files.is_regular(self.root / path):
                return path
        return ""

    def _listed(self, value: Node, *, surely: bool) -> None:
        """A list, or a text of one entry, of lines or of words.

        Where not ``surely`` a list of requirements, it counts where it can be nothing else.
        """
        if isinstance(value, Mapping) or not (surely or self.lists):
            return
        if isinstance(value, Sequence):
            scalars = [one for one in value.items if isinstance(one, Scalar)]
            if len(scalars) != len(value.items) and not surely:
                return
            lines = [Line(one.line, one.text) for one in scalars]
        else:
            lines = [Line(number, text) for number, text in value.raw_lines] or _entries(value)
        lines = [Line(one.number, text) for one in lines if (text := _COMMENT.sub("", one.text).strip())]
        valid, exact = self._looked_at(lines)
        if not lines or any(self._file(one.text) for one in lines):
            return
        if (valid and exact) or (surely and (valid or exact)):
            self._take(lines)
        elif surely and any(_TEMPLATE.search(one.text) for one in lines):
            first = next(one for one in lines if _TEMPLATE.search(one.text))
            said = f"the tool fills in {first.text[:80]}: what it installs is not known"
            self.found.append(Gap(Location(self.relative, first.number), said, "State it without a template."))

    def _looked_at(self, lines: list[Line]) -> tuple[bool, bool]:
        """(each line is an option or a requirement, one of them states a version or a place of an archive)."""
        valid, exact = True, False
        for line in lines:
            if line.text.startswith("-"):
                continue
            try:
                one = requirement_line(line.text, Location(self.relative, line.number))
            except ValueError:
                valid = False
                continue
            exact = exact or states_more_than_a_name(one)
        return valid, exact

    def _take(self, lines: list[Line]) -> None:
        try:
            file = requirements.read_lines(self.root, self.relative, lines)
        except InputError as error:
            location = Location(self.relative, lines[0].number if lines else 0)
            said = f"what it installs is not known: {error.what.partition(chr(10))[0]}"
            self.found.append(Gap(location, said, _BY_HAND))
            return
        self.options.extend(file.options)
        self.includes.update(file.includes)
        self.found.extend(file.gaps)
        for group in file.groups:
            for one in group.requirements if group.kind == "dependencies" else ():
                # A folder's own manifests say what it brings, and they are read.
                # A list within a table is met by the key of the table, and by its own.
                if not one.url.startswith("file:") and one.name != "python" and one not in self._taken:
                    self._taken.add(one)
                    self.found.append(InstallCommand("install", one.location, one.text, (one,), pinned=is_fixed(one)))

    def _started(self, node: Mapping, keys: Keys) -> None:
        """A program beside its arguments: ``entrypoint: pip``, ``args: [install, x]``."""
        start = node.get("entrypoint") or node.get("command")
        if start is not None and (rest := node.get("args")) is not None:
            self._found([ShellLine(node.line, joined_words([*_texts(start), *_texts(rest)]))])

    def _commands(self, value: Node) -> None:
        if isinstance(value, Scalar):
            self._found(list(shell_lines(value.raw_lines or ((value.line, value.text),))))
        elif isinstance(value, Sequence):
            scalars = [one for one in value.items if isinstance(one, Scalar)]
            lines = [line for one in scalars for line in shell_lines(one.raw_lines or ((one.line, one.text),))]
            self._found([*lines, ShellLine(value.line, joined_words([one.text for one in scalars]))])

    def _found(self, lines: list[ShellLine]) -> None:
        self.found.extend(find_commands(lines, self.relative, self._known) if self.commands else ())


def _first_versions(value: Node) -> Node:
    """Versions that stand in lists of one (``packages: python: x: ["1.0"]`` of CloudFormation) without their lists."""
    if not isinstance(value, Mapping):
        return value
    return Mapping(
        value.line,
        tuple((key, one.items[0] if isinstance(one, Sequence) and one.items else one) for key, one in value.entries),
    )


def states_more_than_a_name(requirement: Requirement) -> bool:
    """True for a requirement that is hardly anything else: with a version, a hash, or the place of an archive."""
    url = requirement.url
    is_archive = url.startswith(("git+", "hg+")) or (" @ " in requirement.text or url.endswith(".whl"))
    return bool(requirement.specifier or requirement.hashes or (url and is_archive and not url.startswith("file:")))


def _entries(value: Scalar) -> list[Line]:
    """A text of one requirement, or of several with blanks or commas between them."""
    text = value.text.strip()
    try:
        requirement_line(text, Location(""))
    except ValueError:
        if _TEMPLATE.search(text):
            return [Line(value.line, text)]
        return [Line(value.line, one) for one in re.split(r"[\s,]+", text) if one]
    return [Line(value.line, text)]


def _is_version(text: str) -> bool:
    text = text.strip()
    if text in ("*", "latest", ""):
        return True
    try:
        SpecifierSet(f"=={text}" if text[:1].isdigit() else text)
    except InvalidSpecifier:
        return False
    return True


def _texts(node: Node) -> list[str]:
    items = node.items if isinstance(node, Sequence) else (node,)
    return [one.text for one in items if isinstance(one, Scalar)]
