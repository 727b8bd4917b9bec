"""tox's ini format, in ``tox.ini``, in ``setup.cfg`` and in ``legacy_tox_ini``: what its environments install.

Source: tox's documentation, "Configuration".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.inputs.commands import find_commands, is_fixed, shell_lines
from scanner.inputs.requirements import requirement_line
from scanner.inputs.setup_cfg import Entry, Sections, ini_sections
from scanner.inputs.source import SourceText
from scanner.model.location import Location
from scanner.model.locked import Gap, InstallCommand, NamedFile
from scanner.model.urls import redact

_BY_HAND = "Look at it by hand."
Found = Iterator[InstallCommand | Gap | NamedFile]
_OPTION_OF_A_PLACE = re.compile(r"(?:-e|--editable)[\s=]*")
# What pip refuses as a requirement, and what other tools take: ``@scope/name@1``, ``name@1.2``, ``name:1.2``.
_OF_OTHER_TOOLS = re.compile(r"@[\w.-]+/[\w.-]+(?:@\S*)?|[\w.-]+[@:][\w.^~-]*")
_SUBSTITUTION = re.compile(r"\{(?:env:[^:{}]+|posargs):([^{}]*)\}|\{posargs\}")
_REFERENCE = re.compile(r"\{\[(?P<section>[^\]{}]+)\](?P<key>[\w-]+)\}")
_INCLUDES = re.compile(r"(?:-r|--requirement)[\s=]*+(?P<file>\S+)")
_HERE = re.compile(r"^\{(?:toxinidir|tox_root|package_root)\}[/\\]?")
MAX_REFERENCES = 20


def tox_environments(source: SourceText) -> Found:
    """``deps`` and ``commands`` of every environment; factors (``py39: x``) are taken off the front."""
    sections = ini_sections(source.text)
    for section, options in sections.items():
        if not section.startswith(("testenv", "tox")):
            continue
        for entry in (*options.get("deps", []), *options.get("requires", [])):
            yield from _tox_entry(entry, section, sections, source.path, 0)
        for key in ("commands", "commands_pre", "commands_post", "install_command"):
            lines = [(entry.line, entry.text) for entry in options.get(key, [])]
            yield from find_commands(shell_lines(lines), source.path)


def _tox_entry(entry: Entry, section: str, sections: Sections, path: str, depth: int) -> Found:
    """One line of ``deps``: a default stands for what the environment may say, a reference for what it names."""
    location = Location(path, entry.line, key_path=f"{section}.deps")
    text = re.sub(r"^[\w.,{}!-]+:\s+", "", entry.text).strip()
    text = _SUBSTITUTION.sub(lambda found: found[1] or "", text).strip()
    if named := _REFERENCE.fullmatch(text):
        other, key = named["section"], named["key"]
        entries = sections.get(other, {}).get(key)
        if entries is None or depth >= MAX_REFERENCES:
            yield Gap(location, f"it names {text[:80]}, which is not found: what that installs is not known", _BY_HAND)
        elif other.startswith(("testenv", "tox")) and key in ("deps", "requires"):
            return  # read where it stands
        else:
            for one in entries:
                yield from _tox_entry(one, section, sections, path, depth + 1)
        return
    text = _OPTION_OF_A_PLACE.sub("", text)
    if named := _INCLUDES.fullmatch(text):
        path = _HERE.sub("", named["file"])
        if "{" in path:
            yield Gap(location, f"tox fills in {path[:80]}: what that installs is not known", "State it without {…}.")
        else:
            yield NamedFile(location, path)
        return
    # A folder of the project is read by its own manifests; an option names nothing.
    if not text or text.startswith(("-", "{toxinidir}", "{tox_root}", "{package_root}")):
        return
    if "{" in text:
        yield Gap(location, f"tox fills in {text[:80]}: what it installs is not known", "State it without {…}.")
        return
    yield from named_package(text, location)


def named_package(text: str, location: Location) -> Found:
    """The package that an entry names. A folder's own manifests say what it brings, and they are read."""
    if text.startswith(".") or ("/" in text and "://" not in text and "@ " not in text) or not text.strip():
        return
    try:
        requirement = requirement_line(text, location)
    except ValueError:
        if not _OF_OTHER_TOOLS.fullmatch(text.strip()):
            said = f"{redact(text)[:80]} is no requirement that can be read: what it installs is not known"
            yield Gap(location, said, _BY_HAND)
        return
    yield InstallCommand("install", location, requirement.text, (requirement,), pinned=is_fixed(requirement))
