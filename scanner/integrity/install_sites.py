"""Where a project installs packages outside its dependency files: Dockerfiles, workflows, scripts, pip.conf.

Nothing is executed or expanded: commands are read as words. What a shell would compute is not seen, and a
file that only looks like a command costs at most a finding with the line beside it.
"""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import msgspec

from scanner.ini import IniError, read_ini
from scanner.inputs.undeclared import place_of
from scanner.integrity.tree import read_text, walk
from scanner.model.location import Location
from scanner.model.requirement import IndexOption

_DOCKERFILE = re.compile(r"^(dockerfile|containerfile)(\..*)?$|\.dockerfile$", re.IGNORECASE)
_SCRIPT = (".sh", ".bash", ".ps1", ".cmd", ".bat")
_CONFIGURATION = ("pip.conf", "pip.ini", "poetry.toml")
_INSTALL = re.compile(
    r"\b(?:pip(?:3(?:\.\d+)?)?|uv(?P<by_pip>\s+pip)?)(?:\s+-\S+)*\s+(?:install|sync|wheel|download|add)\b(?P<rest>[^;&|]*)"
)
_ENVIRONMENT = re.compile(
    r"(?<![\w])(?P<name>(?:PIP_(?:EXTRA_)?INDEX_URL|PIP_TRUSTED_HOST|PIP_FIND_LINKS"
    r"|UV_(?:EXTRA_)?INDEX(?:_URL)?|UV_DEFAULT_INDEX|UV_FIND_LINKS|UV_INDEX_STRATEGY"
    r"|(?:PIP|PDM)_(?:NO|ONLY)_BINARY|UV_NO_(?:BINARY|BUILD)(?:_PACKAGE)?|POETRY_INSTALLER_(?:NO|ONLY)_BINARY))\s*[=:]\s*(?P<value>\"[^\"]*\"|'[^']*'|\S+)"
)
_OPTIONS = {
    "-i": "index-url",
    "--index-url": "index-url",
    "--default-index": "index-url",
    "--extra-index-url": "extra-index-url",
    "--index": "extra-index-url",
    "--trusted-host": "trusted-host",
    "--allow-insecure-host": "trusted-host",
    "-f": "find-links",
    "--find-links": "find-links",
    "--index-strategy": "index-strategy",
    "--no-binary": "no-binary",
    "--no-binary-package": "no-binary",
    "--only-binary": "only-binary",
    "--no-build": "only-binary",
    "--no-build-package": "only-binary",
}
_VARIABLES = {
    "PIP_INDEX_URL": "index-url",
    "UV_INDEX_URL": "index-url",
    "UV_DEFAULT_INDEX": "index-url",
    "PIP_EXTRA_INDEX_URL": "extra-index-url",
    "UV_EXTRA_INDEX_URL": "extra-index-url",
    "UV_INDEX": "extra-index-url",
    "PIP_TRUSTED_HOST": "trusted-host",
    "PIP_FIND_LINKS": "find-links",
    "UV_FIND_LINKS": "find-links",
    "UV_INDEX_STRATEGY": "index-strategy",
    "PIP_NO_BINARY": "no-binary",
    "PDM_NO_BINARY": "no-binary",
    "UV_NO_BINARY": "no-binary",
    "UV_NO_BINARY_PACKAGE": "no-binary",
    "POETRY_INSTALLER_NO_BINARY": "no-binary",
    "PIP_ONLY_BINARY": "only-binary",
    "PDM_ONLY_BINARY": "only-binary",
    "UV_NO_BUILD": "only-binary",
    "UV_NO_BUILD_PACKAGE": "only-binary",
    "POETRY_INSTALLER_ONLY_BINARY": "only-binary",
}
_OLD_ENV = re.compile(r"^\s*ENV\s+(?P<name>\w+)\s+(?P<value>[^\s=].*)$", re.IGNORECASE)
"""``ENV NAME value`` of a Dockerfile."""
_OF_FILES = ("no-binary", "only-binary")
"""Options that choose which file of a release is installed. Without a name, or with ``true``, they hold for all."""
_FILES = {"-r", "--requirement", "--requirements"}
MAX_SITES = 2_000


class InstallSite(msgspec.Struct, frozen=True, order=True):
    """A command that installs a requirements file: where it stands, and the file as the command names it."""

    location: Location
    requirements: str
    text: str


class Installation(msgspec.Struct, frozen=True):
    """What the tree says of installing: index options by place, requirement files installed, files that were read.

    ``secrets`` are the places of options whose URL holds a user name and password in clear text.
    """

    options: tuple[IndexOption, ...] = ()
    sites: tuple[InstallSite, ...] = ()
    read: tuple[str, ...] = ()
    secrets: tuple[Location, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    """What was not read, by path, and why."""

    def installers_of(self, path: str) -> tuple[InstallSite, ...]:
        """The commands that install the requirements file at that path (relative to the root)."""
        return tuple(site for site in self.sites if path in _candidates(site))


def _candidates(site: InstallSite) -> tuple[str, ...]:
    folder = posixpath.dirname(site.location.path)
    named = site.requirements.replace("\\", "/")
    return tuple({posixpath.normpath(posixpath.join(base, named)).lstrip("/") for base in ("", folder)})


def without_credentials(url: str) -> tuple[str, bool]:
    """The URL without user and password, and whether a password stood there in clear text (not ``${NAME}``)."""
    try:
        parts = urlsplit(url)
        held = "@" in parts.netloc
        user, _, host = parts.netloc.rpartition("@")
    except ValueError:
        return "an unreadable URL", False
    if not held:
        return url, False
    secret = user.partition(":")[2] or user
    clear = bool(secret) and not re.fullmatch(r"(\$\{?\w+\}?|\$\{\{.*\}\}|%\w+%|<[^>]*>|\*+)", secret)
    return urlunsplit((parts.scheme, host, parts.path, parts.query, parts.fragment)), clear


@functools.lru_cache(maxsize=8)
def installation(root: str) -> Installation:
    """Reads the tree below ``root``. Bounded in entries, depth and bytes for each file; never raises for content."""
    options: list[IndexOption] = []
    sites: list[InstallSite] = []
    read: list[str] = []
    secrets: list[Location] = []
    unread: list[tuple[str, str]] = []
    for relative, path in walk(root, unread):
        kind = _kind(relative)
        if not kind:
            continue
        text = read_text(path)
        if text is None:
            unread.append((relative, "it is no text, too large, or cannot be opened"))
            continue
        read.append(relative)
        if len(options) + len(sites) > MAX_SITES:
            unread.append((relative, f"more than {MAX_SITES} options and commands stand before it: it was not read on"))
            break
        found = _pip_configuration(relative, text) if kind == "pip" else _commands(relative, text)
        for one in found:
            if isinstance(one, InstallSite):
                sites.append(one)
                continue
            value, clear = without_credentials(one.value)
            if clear:
                secrets.append(one.location)
            options.append(msgspec.structs.replace(one, value=value))
    return Installation(tuple(options), tuple(sorted(sites)), tuple(read), tuple(sorted(secrets)), tuple(unread))


def _kind(relative: str) -> str:
    name = posixpath.basename(relative)
    lowered = name.lower()
    if lowered in _CONFIGURATION:
        return "pip"
    if _DOCKERFILE.search(name) or lowered in ("makefile", "gnumakefile", ".gitlab-ci.yml", "justfile", "procfile"):
        return "commands"
    workflow = relative.startswith((".github/workflows/", ".github/actions/", ".circleci/", ".azure-pipelines/"))
    if (workflow and lowered.endswith((".yml", ".yaml"))) or lowered.endswith(_SCRIPT):
        return "commands"
    place = place_of(relative)
    return "commands" if place is not None and place.kind != "notebook" else ""


def _commands(relative: str, text: str) -> Iterator[IndexOption | InstallSite]:
    for number, line in _logical_lines(text):
        place = Location(relative, line=number)
        for matched in _ENVIRONMENT.finditer(_OLD_ENV.sub(r"ENV \g<name>=\g<value>", line)):
            kind = _VARIABLES[matched["name"]]
            for one in matched["value"].strip("\"'").split():
                if kind not in _OF_FILES:
                    yield IndexOption(kind, one, place)
                elif names := _names(one):
                    yield IndexOption(kind, names, place)
        for matched in _INSTALL.finditer(line):
            flags = (
                {"--no-build"}
                if matched["by_pip"] or not matched[0].startswith("uv")
                else {"--no-build", "--no-binary"}
            )
            yield from _words(place, matched["rest"].split(), line, flags)


def _names(value: str) -> str:
    """The projects that a setting names, as pip writes them; ``:all:`` for ``true``, empty for ``false``."""
    text = ",".join(re.findall(r"[^\s\[\]\"',]+", value))
    return {"true": ":all:", "1": ":all:", "yes": ":all:", "false": "", "0": "", "no": ""}.get(text.lower(), text)


def _words(
    place: Location, words: list[str], line: str, flags: set[str] | frozenset[str]
) -> Iterator[IndexOption | InstallSite]:
    """Options and files of one command. ``flags`` are those of the options that take no value in it."""
    waiting = ""
    for raw in words:
        word = raw.strip("\"'")
        name, equals, value = word.partition("=")
        if waiting:
            yield from _one(place, waiting, word, line)
            waiting = ""
        elif name in flags and not equals:
            yield from _one(place, name, ":all:", line)
        elif name in _OPTIONS or name in _FILES:
            if equals:
                yield from _one(place, name, value.strip("\"'"), line)
            else:
                waiting = name
        elif word.startswith("-r") and len(word) > 2 and not word.startswith("--"):
            yield from _one(place, "-r", word[2:], line)


def _one(place: Location, option: str, value: str, line: str) -> Iterator[IndexOption | InstallSite]:
    if not value:
        return
    if option in _FILES:
        shown = re.sub(r"://[^/\s@]*@", "://", line.strip())
        yield InstallSite(place, value, shown[:300])
    else:
        yield IndexOption(_OPTIONS[option], value, place)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with backslash continuations joined, each with the number of its first physical line; comments left out."""
    start, held = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            continue
        if not held:
            start = number
        if line.rstrip().endswith("\\") and len(held) < 16_384:
            held += line.rstrip()[:-1] + " "
            continue
        yield start, held + line
        held = ""
    if held:
        yield start, held


def _pip_configuration(relative: str, text: str) -> Iterator[IndexOption]:
    """Options of ``pip.conf`` / ``pip.ini``; several values of one option stand on lines of their own."""
    try:
        parser = read_ini(text, lenient=True)
    except IniError:
        return
    lines = text.splitlines()
    placed = _placed(lines)
    kinds = {*_OPTIONS.values(), "no-index"}
    for section in parser.sections():
        for key, value in parser.items(section):
            kind = key.replace("_", "-").lower()
            at = placed.get((section, key), placed.get(("DEFAULT", key), -1))
            if kind in _OF_FILES and value is not None:
                if names := _names(value):
                    yield IndexOption(kind, names, Location(relative, line=at + 1, key_path=f"{section}.{key}"))
            elif kind in kinds and value:
                for one in value.split():
                    # The pieces of a value stand in their order: no line is looked at twice.
                    at = next((number for number in range(max(at, 0), len(lines)) if one in lines[number]), at)
                    yield IndexOption(kind, one, Location(relative, line=at + 1, key_path=f"{section}.{key}"))


def _placed(lines: list[str]) -> dict[tuple[str, str], int]:
    """(section, option) → the number of its line, from 0."""
    found: dict[tuple[str, str], int] = {}
    section = ""
    for number, line in enumerate(lines):
        if line.startswith("[") and "]" in line:
            section = line[1 : line.rindex("]")]
        elif option := re.match(r"[^=:\s](?:[^=:]*+)", line.lstrip()):
            found.setdefault((section, option[0].strip().lower()), number)
    return found
