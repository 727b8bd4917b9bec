"""Scripts that state their own dependencies: the ``# /// script`` block that ``uv run`` and ``pipx run`` install.

Source: "Inline script metadata" of the PyPA specifications (PEP 723). The block is TOML in comments; no code is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

from scanner.files import read_bounded
from scanner.inputs.commands import ShellLine, find_commands
from scanner.inputs.source import SourceText
from scanner.inputs.toml import TomlFile
from scanner.model.errors import InputError
from scanner.model.location import Location
from scanner.model.locked import Gap, InstallCommand

MAX_SCRIPT = 64 * 1024 * 1024
_BY_HAND = "Look at it by hand."
_START = "# /// script"
_NATIVE = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
_STARTS = re.compile(rb"(?:\A|\A\xef\xbb\xbf|[\r\n])# /// script[^\S\r\n]*(?:[\r\n]|\Z)")


def may_be_script(root: Path, relative: str) -> bool:
    """True for a file of Python, or one without a suffix, in which a block starts."""
    suffix = PurePosixPath(relative).suffix.lower()
    if suffix not in (".py", ".pyw", ""):
        return False
    try:
        data = read_bounded(root / relative, MAX_SCRIPT)
    except OSError:
        return False  # a file that cannot be opened is told of where the tree's code is read
    path = PurePosixPath(relative)
    if not suffix and (
        (path.name in ("METADATA", "PKG-INFO") and path.parent.suffix in (".dist-info", ".egg-info"))
        or data.startswith(_NATIVE)
    ):
        return False  # The README of a wheel may show a block, and so may a program that reads them.
    # A null byte does not matter: the packages are installed before Python refuses it.
    return _STARTS.search(data) is not None


def inline_metadata(source: SourceText) -> Iterator[InstallCommand | Gap]:
    """``dependencies`` of the block. A block that is no TOML, a second one, and sources of its own are gaps."""
    blocks = list(_blocks(source.text))
    for first, text in blocks[1:2]:
        del text
        yield Gap(Location(source.path, first), "it has several script blocks, which no tool takes", _BY_HAND)
    for first, text in blocks[:1]:
        try:
            # Empty lines in front keep the numbers of the script's own lines.
            file = TomlFile(msgspec.structs.replace(source, text="\n" * first + text))
        except InputError as error:
            said = f"what its script block installs is not known: {error.what.partition(chr(10))[0]}"
            yield Gap(Location(source.path, first), said, _BY_HAND)
            return
        stated = file.content.get("dependencies", [])
        for number, item in enumerate(stated if isinstance(stated, list) else [stated]):
            location = file.at(f"dependencies[{number}]")
            found = list(_named(item, location)) if isinstance(item, str) else []
            yield from found or [Gap(location, "no requirement that can be read stands here", _BY_HAND)]
        tool = file.content.get("tool")
        if isinstance(tool, dict) and tool.get("uv"):
            said = "its script block has settings of uv, and they are not read: packages may come from elsewhere"
            yield Gap(file.at("tool.uv"), said, _BY_HAND)


def _named(item: str, location: Location) -> Iterator[InstallCommand | Gap]:
    quote = '"' if "'" in item else "'"
    line = ShellLine(location.line, f"pip install {quote}{item.replace(quote, '')}{quote}")
    for found in find_commands([line], location.path):
        yield msgspec.structs.replace(found, location=location)


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """(line of the start, text without the comment signs) of each block; it ends at the last ``# ///`` of its run."""
    lines = [one.rstrip("\r") for one in text.split("\n")]
    number = 0
    while number < len(lines):
        if lines[number].rstrip() != _START:
            number += 1
            continue
        end = number + 1
        closed = 0
        while end < len(lines) and (lines[end] == "#" or lines[end].startswith("# ")):
            closed = end if lines[end].rstrip() == "# ///" else closed
            end += 1
        if closed:
            yield number + 1, "\n".join(one[2:] for one in lines[number + 1 : closed])
        number = max(closed, number) + 1
