"""Settings of any tool, in YAML, JSON or TOML under any name: what they have installed.

Tools differ in their names and agree in their words. So a file is read by its shape: lists of packages under ``pip``
and its kin (conda, Ansible, Ray, Meltano, Databricks), files of requirements that are named (Read the Docs, Prefect),
lists of requirements that state versions, and commands under keys that announce commands. A prefilter over the bytes
leaves out the files in which none of these words stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

from scanner.files import read_bounded
from scanner.inputs import environment_yml
from scanner.inputs.commands import find_commands, shell_lines
from scanner.inputs.installs import with_installs
from scanner.inputs.json_file import MAX_JSON_CHARACTERS, JsonFile
from scanner.inputs.plain_nodes import PlainNodes, strict_json
from scanner.inputs.settings_walk import SettingsWalk
from scanner.inputs.source import MAX_FILE_BYTES, SourceText, read_source
from scanner.inputs.toml import TomlFile
from scanner.inputs.yaml_nodes import Mapping, Node, Sequence, YamlError, parse_documents
from scanner.model.errors import InputError
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, Gap

KIND = "tool settings"
MAX_TOTAL = 1024 * 1024 * 1024
"""Bytes of settings that are searched for a word of installers, all files together."""
_SUFFIXES = frozenset({".yml", ".yaml", ".json", ".jsonc", ".json5", ".toml", ".sls", ".config"})
_OTHERS = frozenset({"package.yaml", "stack.yaml", "pubspec.yaml", "pubspec.lock", "shard.yml", "Chart.yaml"})
"""Manifests of other ecosystems, whose lists have the form of requirements and name other packages."""
_WORDS = re.compile(
    rb"(?<![A-Za-z])pip(?:x|env|3)?(?![a-z])|pypi|(?<![A-Za-z])uv(?:x|[\"']?[ :])|[Rr]equirements?(?![a-z])"
    rb"|(?m:^[ \t]{0,99}[\"']?python[23]?[\"']?[ \t]{0,9}:)"
    rb"|poetry add|easy_install|[Pp]ython[-_]?(?:[Pp]ackages|[Dd]ependencies|[Mm]odules)"
)
_TOKENS = (b"pip", b"pypi", b"uv", b"equirement", b"poetry add", b"easy_install", b"ython")
_LIST_TOKENS = (b"eps", b"EPS", b"epende", b"EPENDE", b"equires", b"EQUIRES", b"ackages", b"ACKAGES", b"lugins")
"""Words one of which stands wherever the patterns find something; they are found far faster."""
_LISTS = re.compile(rb"(?i)(?:dependencies|deps|requires|packages|plugins)[\"']?\s{0,99}[:=]")
_VERSIONS = re.compile(rb"\w\s{0,9}(?:[=~!<>]=|@ ?[\w+]{2,9}://)")
_ITEMS = re.compile(rb"(?m)(?:^[ \t]{0,99}-[ \t]{1,9}|[\[,]\s{0,9})[\"']?[A-Za-z][\w.\[\]-]{0,80}==")
_KEYS = (
    rb"(?m:(?:^[ \t]{0,99}(?:-[ \t]{1,9})?|[{,][ \t]{0,9})"
    rb"[\"']?(?:pip|pypi|requirements)[\w-]{0,40}[\"']?[ \t]{0,9}[:=])"
    rb"|\"(?:\w{0,40}[Cc]ommand|run|script|cmd)\"\s{0,9}:\s{0,9}\"[^\"]{0,200}pip3?\sinstall\b"
)
_SURELY_JSON = re.compile(_KEYS)
_SURELY = re.compile(_KEYS + rb"|(?<![\w-])pip3?\s{1,9}install\b")
"""What hardly stands in a file for another reason: where a file cannot be read, it makes that a gap. Texts of data,
which is what large files of JSON hold, speak of commands too."""
_RECIPE = re.compile(r"(?m)^requirements:\s*$")
_RECIPE_PARTS = re.compile(r"(?m)^[ \t]{1,20}(?:run|host|build|run_constrained):")
_RECIPE_LINE = re.compile(r"^[ \t]{0,40}-[ \t]{1,9}(?P<name>[A-Za-z0-9][\w.-]*)")
_NOT_AUDITED = frozenset({"python", "pip", "setuptools", "wheel", "conda-build", "git", "cmake", "make", "ninja"})
_BY_HAND = "Look at it by hand."


class Settings(msgspec.Struct, frozen=True):
    """What one file of settings says. ``named`` are files of the tree that it gives out as files of requirements."""

    file: DependencyFile | None
    named: tuple[str, ...] = ()


def is_settings(relative: str) -> bool:
    """True for a file that may be the settings of a tool, by its name."""
    return PurePosixPath(relative).suffix.lower() in _SUFFIXES


def speaks_of_installing(data: bytes) -> bool:
    """The prefilter: whether a word stands in the bytes without which nothing is installed."""
    if any(one in data for one in _TOKENS) and _WORDS.search(data):
        return True
    if b"==" in data and _ITEMS.search(data):
        return True
    if not any(one in data for one in _LIST_TOKENS):
        return False
    return _LISTS.search(data) is not None and _VERSIONS.search(data) is not None


def candidates(root: Path, paths: Iterator[str], gaps: list[Gap]) -> Iterator[str]:
    """Those of the paths whose bytes pass the prefilter. What lies behind the bound of all bytes is a gap."""
    total = 0
    for path in paths:
        if total > MAX_TOTAL:
            said = f"the settings of tools hold more than {MAX_TOTAL // 1024 // 1024:,} MiB: none is read from here on"
            gaps.append(Gap(Location(path), said, "Audit its projects one by one."))
            return
        try:
            data = read_bounded(root / path, MAX_FILE_BYTES)
        except OSError:
            continue  # Where nobody can read it, no tool can.
        total += len(data)
        if speaks_of_installing(data):
            yield path


def read(root: Path, relative: str, *, commands: bool = True) -> Settings:
    """What one file says. Nothing in it makes an error: what cannot be read, and may install, is a gap.

    ``commands`` is false for a file whose commands another reader looks for.
    """
    try:
        source = read_source(root, relative)
    except InputError as error:
        return _unread(root, relative, Location(relative), error.what.partition("\n")[0])
    if (recipe := _recipe(source)) is not None:
        return Settings(recipe if recipe.gaps or recipe.commands else None)
    try:
        documents = _documents(source)
    except YamlError as error:
        return _unread(root, relative, Location(relative, error.line), str(error))
    except InputError as error:
        # Another form than its name says is read by no tool; past a bound of ours a tool may read it.
        if "not valid" in error.what or "top level" in error.what:
            return Settings(None)
        return _unread(root, relative, Location(relative), error.what.partition("\n")[0])
    if any(_is_environment(one) for one in documents):
        return Settings(environment_yml.read(root, relative))
    of_others = PurePosixPath(relative).name in _OTHERS
    walk = SettingsWalk(root, relative, commands=commands, lists=not of_others)
    try:
        for document in documents:
            walk.read(document)
    except YamlError as error:
        said = f"what it installs is not known: {error}"
        walk.found.append(Gap(Location(relative, error.line), said, _BY_HAND))
    file = DependencyFile(
        relative,
        KIND,
        source.sha256,
        options=tuple(walk.options),
        includes=tuple(sorted(walk.includes)),
    )
    file = with_installs(file, walk.found)
    says = file.commands or file.gaps
    return Settings(file if says else None, tuple(sorted(walk.named)))


def _documents(source: SourceText) -> tuple[Node, ...]:
    suffix = PurePosixPath(source.path).suffix.lower()
    if suffix == ".toml":
        toml = TomlFile(source)
        return (PlainNodes(lambda path: toml.at(path).line).node(toml.content),)
    if suffix in (".yml", ".yaml", ".sls", ".config"):
        return parse_documents(source.text)
    if source.text.lstrip()[:1] == "[":
        source = msgspec.structs.replace(source, text='{"": ' + source.text + "}")
    try:
        json = JsonFile(source)
    except InputError:
        if len(source.text) > MAX_JSON_CHARACTERS:
            raise
        json = JsonFile(msgspec.structs.replace(source, text=strict_json(source.text)))
    return (PlainNodes(lambda path: json.at(path).line).node(json.content),)


def _is_environment(document: Node) -> bool:
    """True for an environment of conda: channels beside a list of dependencies, or a list of pip in that list."""
    listed = document.get("dependencies") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(listed, Sequence):
        return False
    by_pip = any(isinstance(one, Mapping) and one.get("pip") is not None for one in listed.items)
    return by_pip or document.get("channels") is not None


def _unread(root: Path, relative: str, location: Location, why: str) -> Settings:
    try:
        surely = (_SURELY_JSON if ".json" in relative.lower() else _SURELY).search(
            read_bounded(root / relative, MAX_FILE_BYTES)
        ) is not None
    except OSError:
        surely = False
    if not surely:
        return Settings(None)
    gap = Gap(location, f"what it installs is not known: {why}", _BY_HAND)
    return Settings(DependencyFile(relative, KIND, "", gaps=(gap,)))


def _recipe(source: SourceText) -> DependencyFile | None:
    """A conda recipe, which is a template that conda-build fills in. Its packages come from conda channels."""
    start = _RECIPE.search(source.text) if source.path.endswith((".yaml", ".yml")) else None
    if start is None or not _RECIPE_PARTS.search(source.text, start.end()):
        return None
    names: list[str] = []
    for text in source.text[start.end() :].splitlines():
        if text[:1].strip() and not text.startswith(("#", "{")):
            break  # The next key at the top.
        found = _RECIPE_LINE.match(text)
        if found and found["name"].lower() not in _NOT_AUDITED:
            names.append(found["name"])
    file = DependencyFile(source.path, "conda recipe", source.sha256)
    file = with_installs(file, find_commands(shell_lines(enumerate(source.text.splitlines(), 1)), source.path))
    if not names:
        return file
    shown = ", ".join(dict.fromkeys(names[:12])) + (" …" if len(names) > 12 else "")
    line = source.text.count("\n", 0, start.start()) + 1
    said = f"a conda recipe: what its requirements install is not resolved: {shown}"
    gap = Gap(Location(source.path, line), said, "Audit the packages that it builds with a conda tool.")
    return msgspec.structs.replace(file, gaps=(*file.gaps, gap))
