"""Commands that install, found in lines of shell: ``pip install X``, ``curl … | sh``, ``git clone … && pip install``.

The shell is read as words, with the values that the same file gives to its variables; nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from scanner.inputs.downloads import Downloads
from scanner.inputs.install_words import read_words
from scanner.inputs.requirement_lines import pinned_version
from scanner.inputs.variables import Variables
from scanner.model.location import Location
from scanner.model.locked import Gap, InstallCommand
from scanner.model.requirement import Requirement
from scanner.model.urls import redact

MAX_COMMANDS = 2_000
MAX_LINE = 8_192
_INSTALLER = re.compile(
    r"(?:^|[\s;&|(`\"'@)}-])(?:(?:[\w./-]*/)?python[\d.]*[\"')}]{0,3}\s+-m\s+)?(?:[\w./-]*/)?"
    r"(?:pip[\d.]*(?:\.exe)?[\"')}`]{0,3}\s+(?:[^-;&|\s][^;&|\s=]*=\S*\s+|-\S+\s+)*(?:install|wheel|download)"
    r"|(?P<program>uvx|pipx\s+run|uv\s+tool\s+run)|(?P<script>uv\s+run)|pipx\s+(?:install|inject)|uv\s+pip\s+install"
    r"|uv\s+tool\s+install|uv\s+add|easy_install|(?P<groups>(?:poetry|pdm|pipenv)\s+(?:add|install)))(?P<rest>(?=[\s]|$).*)"
)
_FETCH = re.compile(r"\b(?:curl|wget|iwr|irm|Invoke-WebRequest|Invoke-RestMethod)\b", re.IGNORECASE)
_INTERPRETER = re.compile(
    r"\|\s*(?:sudo\s+(?:-\S+\s+)*)?(?:env\s+)?(?:[\w./-]*/)?(?:sh|bash|zsh|dash|ksh|python[\d.]*|perl|ruby|node|iex)\b"
)
_SUBSTITUTED = re.compile(
    r"(?:\b(?:sh|bash|zsh|source|eval|python[\d.]*)\s+(?:-c\s+)?|^\.\s+)[\"']?(?:<\(|\$\(|`)\s*(?:curl|wget)\b"
)
_URL = re.compile(r"(?:https?|ftp)://[^\s\"'|;)<>`]+")
_CALLED = re.compile(r"\bpip\b[\w.\s;'\"]{0,80}\(\s*\[(?P<words>[^\]\n]{1,4000})\]")
"""``python -c "import pip; pip.main(['install', 'x'])"``."""
_MAY_INSTALL = re.compile(
    r"\b(?:install|wheel|uvx|pipx|uv|add|inject|download|clone|curl|wget|iwr|irm|invoke-\w+)\b", re.IGNORECASE
)
_SPLIT_WORD = re.compile(r"\w(?:\"\"|''|\\)\w")
_BY_HAND = "Look at it by hand."
_COMMIT = re.compile(r"@[0-9a-f]{40}(?:$|#)")


class ShellLine(msgspec.Struct, frozen=True):
    """One logical line of shell, and the number of the physical line on which it starts."""

    number: int
    text: str


def shell_lines(lines: Iterable[tuple[int, str]]) -> Iterator[ShellLine]:
    """Lines with ``\\`` continuations joined and whole-line comments left out."""
    parts: list[str] = []
    first = 0
    for number, raw in lines:
        text = raw.strip()
        if text.startswith("#") and not text.startswith("#!"):
            continue
        first = first or number
        if text.endswith("\\"):
            parts.append(text[:-1])
            continue
        yield ShellLine(first, " ".join([*parts, text]))
        parts, first = [], 0
    if parts:
        yield ShellLine(first, " ".join(parts))


def find_commands(
    lines: Iterable[ShellLine], path: str, known: Variables | None = None
) -> Iterator[InstallCommand | Gap]:
    """Every installing command of a script. Text that only looks like one costs one entry with its line beside it.

    Variables stand for each value that the lines, or the settings around them (``known``), give them.

    A gap stands for a command of more than ``MAX_LINE`` characters that may install something, and for what follows
    the first ``MAX_COMMANDS``.
    """
    lines = list(lines)
    variables = Variables(known)
    for line in lines:
        variables.gather(line.text)
    downloads = Downloads()
    count = 0
    told: set[str] = set()
    for line in lines:
        location = Location(path, line.number)
        for text in _in_pieces(line.text):
            if len(text) > MAX_LINE:
                if _MAY_INSTALL.search(text):
                    said = f"a command of more than {MAX_LINE:,} characters may install something, and is not read"
                    yield Gap(location, said, _BY_HAND)
                continue
            for found in _of_line(text, location, downloads, variables):
                if isinstance(found, Gap) and found.reason in told:
                    continue
                told.add(found.reason if isinstance(found, Gap) else "")
                count += 1
                if count > MAX_COMMANDS:
                    said = f"more than {MAX_COMMANDS:,} commands install something: what follows is not read"
                    yield Gap(location, said, _BY_HAND)
                    return
                yield found


def _in_pieces(text: str) -> Iterator[str]:
    """A line, or the runs of whole commands of one that is too long, each as long as may be read.

    A pipe keeps its ends together: ``curl … | sh`` means something that neither half means. One that is too long for
    that is cut at its bars, and given whole too, so that what it pipes into a shell is told of.
    """
    if len(text) <= MAX_LINE:
        yield text
        return
    piece = ""
    for part in re.split(r"(?<=&&)|(?<=\|\|)|(?<=[;\n])", text):
        if len(part) > MAX_LINE:
            yield from (piece, part)
            yield from (one for one in re.split(r"(?<=\|)", part) if len(one) <= MAX_LINE)
            piece = ""
        elif len(piece) + len(part) > MAX_LINE:
            yield piece
            piece = part
        else:
            piece += part
    yield piece


def _of_line(
    text: str, location: Location, downloads: Downloads, variables: Variables
) -> Iterator[InstallCommand | Gap]:
    done: set[InstallCommand | Gap] = set()
    for expanded in variables.expand(text):
        for one in _of_expanded(_as_run(expanded), location, downloads):
            if one not in done:
                done.add(one)
                yield one


def _as_run(text: str) -> str:
    """The text without quotes and backslashes that a shell takes out of a word: ``p""ip``, ``pi\\p``."""
    if called := _CALLED.search(text):
        text = f"pip {re.sub(r'[^-=<>~!.@:/+a-zA-Z0-9_]+', ' ', called['words'])}"
    return re.sub(r"(?<=\w)(?:\"\"|''|\\)(?=\w)", "", text) if _SPLIT_WORD.search(text) else text


def _of_expanded(text: str, location: Location, downloads: Downloads) -> Iterator[InstallCommand | Gap]:
    fetches = _FETCH.search(text) is not None
    if (fetches and _INTERPRETER.search(text)) or _SUBSTITUTED.search(text):
        url = _URL.search(text)
        yield InstallCommand("remote-script", location, _shown(text), url=redact(url[0]) if url else "")
    yield from downloads.note(text, location, fetches=fetches)
    # Each command of a list (``a && b; c``) is looked at by itself.
    for command in re.split(r"&&|\|\||[;|\n]", text):
        matched = _INSTALLER.search(f" {command.strip()}")
        if matched is None:
            continue
        most = 1 if matched["program"] else 0 if matched["script"] else None
        words = read_words(matched["rest"], location, most=most, names_groups=matched["groups"] is not None)
        fetched = list(downloads.installed(words.places, text, location))
        # What was downloaded before is judged by where it came from, not as a file of the tree.
        packages = [one for one in words.packages if not (fetched and one.url.startswith("file:"))]
        if packages:
            pinned = all(is_fixed(one) for one in packages)
            yield InstallCommand("install", location, _shown(command), tuple(packages), pinned=pinned)
        if words.unknown:
            said = f"it installs {redact(words.unknown[0])[:80]}, and what that stands for is not known"
            yield Gap(location, said, "Name the packages in a requirements file, with their versions.")
        yield from fetched


def _shown(text: str) -> str:
    return redact(" ".join(text.split()))[:400]


def is_fixed(requirement: Requirement) -> bool:
    """True for an exact version, and for a direct reference that cannot move: a full commit or a hashed file."""
    if not requirement.url:
        return bool(pinned_version(requirement))
    return bool(_COMMIT.search(requirement.url) or requirement.hashes)
