"""Commands that install, found in lines of shell: ``pip install X``, ``curl … | sh``, ``git clone … && pip install``.

The shell is read as words; nothing is expanded or run. What a variable or a substitution stands for is not known.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator

import msgspec

from scanner.inputs.requirements import pinned_version, requirement_line
from scanner.model.location import Location
from scanner.model.locked import Gap, InstallCommand
from scanner.model.requirement import Requirement
from scanner.model.urls import redact

MAX_COMMANDS = 2_000
MAX_LINE = 8_192
_INSTALLER = re.compile(
    r"(?:^|[\s;&|(`\"'@-])(?:(?:[\w./-]*/)?python[\d.]*\s+-m\s+)?(?:[\w./-]*/)?"
    r"(?:pip[\d.]*\s+(?:[^-;&|\s][^;&|\s=]*=\S*\s+|-\S+\s+)*(?:install|wheel)|pipx\s+(?:install|run|inject)|uv\s+pip\s+install"
    r"|uv\s+tool\s+(?:install|run)|uv\s+add|uvx|easy_install|(?:poetry|pdm|pipenv)\s+(?:add|install))(?P<rest>(?=[\s]|$).*)"
)
_FETCH = re.compile(r"\b(?:curl|wget|iwr|irm|Invoke-WebRequest|Invoke-RestMethod)\b", re.IGNORECASE)
_INTERPRETER = re.compile(
    r"\|\s*(?:sudo\s+(?:-\S+\s+)*)?(?:env\s+)?(?:[\w./-]*/)?(?:sh|bash|zsh|dash|ksh|python[\d.]*|perl|ruby|node|iex)\b"
)
_SUBSTITUTED = re.compile(
    r"(?:\b(?:sh|bash|zsh|source|eval|python[\d.]*)\s+(?:-c\s+)?|^\.\s+)[\"']?(?:<\(|\$\(|`)\s*(?:curl|wget)\b"
)
_URL = re.compile(r"(?:https?|ftp)://[^\s\"'|;)<>`]+")
_CLONE = re.compile(r"\bgit\s+clone\b(?P<rest>[^;&|]*)")
_REPOSITORY = re.compile(r"(?:https?://|git@|ssh://|git://)[^\s\"';&|]+")
_VALUED = frozenset(
    [
        "-r",
        "--requirement",
        "-c",
        "--constraint",
        "-i",
        "--index-url",
        "--extra-index-url",
        "-f",
        "--find-links",
        "-t",
        "--target",
        "--prefix",
        "--root",
        "--src",
        "--platform",
        "--python-version",
        "--implementation",
        "--abi",
        "--python",
        "--trusted-host",
        "--no-binary",
        "--only-binary",
        "--cache-dir",
        "--timeout",
        "--retries",
        "--progress-bar",
        "-p",
        "--upgrade-strategy",
        "--proxy",
        "--cert",
        "--log",
        "--config-settings",
        "-C",
        "--report",
        "--group",
        "--extra",
        "--index",
        "--default-index",
        "--index-strategy",
        "--with",
        "--from",
        "-G",
        "--source",
        "--user-agent",
        "--override",
        "--build",
        "-w",
        "--wheel-dir",
    ]
)
_MAY_INSTALL = re.compile(
    r"\b(?:install|wheel|uvx|pipx|uv|add|inject|clone|curl|wget|iwr|irm|invoke-\w+)\b", re.IGNORECASE
)
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


def find_commands(lines: Iterable[ShellLine], path: str) -> Iterator[InstallCommand | Gap]:
    """Every installing command of a script. Text that only looks like one costs one entry with its line beside it.

    A gap stands for a command of more than ``MAX_LINE`` characters that may install something, and for what follows
    the first ``MAX_COMMANDS``.
    """
    cloned: dict[str, tuple[str, Location]] = {}
    count = 0
    for line in lines:
        location = Location(path, line.number)
        for text in _in_pieces(line.text):
            if len(text) > MAX_LINE:
                if _MAY_INSTALL.search(text):
                    said = f"a command of more than {MAX_LINE:,} characters may install something, and is not read"
                    yield Gap(location, said, _BY_HAND)
                continue
            for found in _of_line(text, location, cloned):
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


def _of_line(text: str, location: Location, cloned: dict[str, tuple[str, Location]]) -> Iterator[InstallCommand]:
    shown = redact(" ".join(text.split()))[:400]
    if (_FETCH.search(text) and _INTERPRETER.search(text)) or _SUBSTITUTED.search(text):
        url = _URL.search(text)
        yield InstallCommand("remote-script", location, shown, url=redact(url[0]) if url else "")
    clone = _CLONE.search(text)
    if clone and (repository := _REPOSITORY.search(clone["rest"])):
        origin = redact(repository[0])
        folder = re.sub(r"\.git$", "", origin.rstrip("/").rpartition("/")[2])
        cloned[folder] = (origin, location)
    # Each command of a list (``a && b; c``) is looked at by itself.
    for command in re.split(r"&&|\|\||[;|\n]", text):
        matched = _INSTALLER.search(f" {command.strip()}")
        if matched is None:
            continue
        requirements, folders = _words(matched["rest"], location)
        if requirements:
            pinned = all(is_fixed(one) for one in requirements)
            one = redact(" ".join(command.split()))[:400]
            yield InstallCommand("install", location, one, tuple(requirements), pinned=pinned)
        yield from _clones(folders, cloned, text, shown, location)


def _clones(
    folders: list[str], cloned: dict[str, tuple[str, Location]], text: str, shown: str, location: Location
) -> Iterator[InstallCommand]:
    """Installations of a folder that an earlier command cloned, or cloned and entered."""
    for folder in folders:
        parts = [one for one in re.split(r"[/\\]", folder.partition("[")[0]) if one not in ("", ".", "..")]
        name = next((one for one in parts if one in cloned), "")
        if not name and not parts:
            name = next(
                (one for one in cloned if re.search(rf"\b(?:cd|pushd|WORKDIR)\s+\S*{re.escape(one)}\b", text)), ""
            )
        if name:
            address, _ = cloned[name]
            checkout = re.search(r"\bgit\s+(?:-C\s+\S+\s+)?(?:checkout|reset\s+--hard)\s+[0-9a-f]{40}\b", text)
            yield InstallCommand("clone-install", location, shown, url=address, pinned=checkout is not None)


def is_fixed(requirement: Requirement) -> bool:
    """True for an exact version, and for a direct reference that cannot move: a full commit or a hashed file."""
    if not requirement.url:
        return bool(pinned_version(requirement))
    return bool(_COMMIT.search(requirement.url) or requirement.hashes)


def _words(rest: str, location: Location) -> tuple[list[Requirement], list[str]]:
    """(packages, folders) that an install command names; options and their values are passed over."""
    try:
        words = shlex.split(rest, comments=True)
    except ValueError:
        words = rest.split()
    found: list[Requirement] = []
    folders: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in (">", ">>", "2>", "<", "|", "&") or word.startswith(("2>", ">", "|")):
            break
        elif word.startswith("-"):
            skip = word in _VALUED
        elif word in (".", "..") or word.startswith((".[", "./", "../", "/", "~")) or word.endswith((".txt", ".in")):
            folders.append(word)
        elif not re.search(r"[$`{}*\\]|%\w+%", word):
            _take(word, location, found, folders)
    return found, folders


def _take(word: str, location: Location, found: list[Requirement], folders: list[str]) -> None:
    try:
        found.append(requirement_line(word.strip("\"'"), location))
    except ValueError:
        folders.append(word)
