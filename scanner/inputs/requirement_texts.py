"""Requirements files that only their content shows: ``deps.txt``, ``freeze.txt``, ``requirements/a/b.txt``.

Nothing but pip's format has lines that state names with versions and nothing else. A list of words, of paths or of
URLs is none: a bare name counts only where the file's own name says what it is.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import msgspec

from scanner.files import read_bounded
from scanner.inputs import requirements
from scanner.inputs.pip_options import words_of
from scanner.inputs.requirement_lines import requirement_line
from scanner.inputs.requirements import logical_lines
from scanner.inputs.settings_walk import states_more_than_a_name
from scanner.inputs.source import decode
from scanner.model.errors import InputError
from scanner.model.location import Location
from scanner.model.locked import DependencyFile, RequirementGroup

MAX_LOOKED_AT = 256 * 1024
"""Bytes of a file by which it is judged; one that is judged to be a requirements file is read whole."""
_TEXTS = re.compile(r"(?i)[^/]+\.(?:txt|in|pip|list|lst|reqs?|deps|frozen|lock)")
_HINT = re.compile(
    r"(?i)requirements?(?![a-z])|(?<![a-z])(?:constraints?|reqs?|deps|dependenc(?:y|ies)|freeze|frozen|pip)(?![a-z])"
)
_OTHERS = re.compile(r"(?i)(?<![a-z])(?:apt|brew|conda|system|ubuntu|debian|yum|dnf|apk|npm|go|cargo|gem)(?![a-z])")
_FIRST = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*(?:#[^\n]*\n\s*)*(?P<first>[^\s#])")
_BEGINS = re.compile(rb"[A-Za-z0-9\-.]")
_MORE = re.compile(rb"[=<>@+]|--hash")
"""What a line has that states more than a name: most lists of words are left out by this alone."""


def may_state_requirements(relative: str) -> bool:
    """True for a file of text that may be a requirements file, by its name."""
    pure = PurePosixPath(relative)
    if pure.parent.suffix in (".egg-info", ".dist-info"):
        return False  # What a distribution says of itself.
    return _TEXTS.fullmatch(pure.name) is not None or (not pure.suffix and _hints(relative))


def states_requirements(root: Path, relative: str, *, named: bool = False) -> bool:
    """Whether the content is pip's: every line is one of its lines, and one of them states more than a bare name.

    Where the file's own name, or its folder's, says that it lists requirements, or where it is ``named`` as such a
    file elsewhere, bare names are enough.
    """
    try:
        data = read_bounded(root / relative, MAX_LOOKED_AT)
    except OSError:
        return False
    first = _FIRST.match(data)
    if first is None or not _BEGINS.match(first["first"]):
        return False
    if len(data) >= MAX_LOOKED_AT:
        data = data[: data.rfind(b"\n") + 1]
    try:
        text = decode(data, relative)
    except InputError:
        return False
    hinted = named or _hints(relative)
    if not hinted and not _MORE.search(data):
        return False
    names, exact = 0, False
    for line in logical_lines(text):
        try:
            words = words_of(line.text)
            if not words.requirement and not hinted and not any(one.kind for one in words.options):
                return False
            if words.stray:
                return False
            if words.requirement:
                found = requirement_line(line.text, Location(relative, line.number))
                more = states_more_than_a_name(found)
                # Lists of paths and of addresses are no requirements.
                if found.url and not more and not hinted:
                    return False
                names += 1
                exact = exact or more
        except ValueError:
            return False
    # A file without a suffix that holds one word is no list: a branch called ``deps`` in git's own folder.
    return exact or (names > 0 and (named or (hinted and bool(PurePosixPath(relative).suffix))))


def read(root: Path, relative: str) -> DependencyFile:
    """The file, its requirements as a group of its own name: nothing says that the project needs them always.

    Raises :class:`InputError` as the reader of requirements files does.
    """
    file = requirements.read(root, relative)
    groups = tuple(
        RequirementGroup("group", relative, one.requirements) if one.kind == "dependencies" else one
        for one in file.groups
    )
    return msgspec.structs.replace(file, groups=groups)


def _hints(relative: str) -> bool:
    """True where the file's name, or that of a folder above it, speaks of requirements, and of none but Python's."""
    pure = PurePosixPath(relative)
    if _OTHERS.search(pure.name):
        return False
    folders = any(one.lower() in ("requirements", "requirement", "reqs") for one in pure.parts[:-1])
    return folders or _HINT.search(pure.stem) is not None
