"""The *auditor's* configuration of pip: its files and its ``PIP_*`` variables, in pip's order of precedence.

Source: https://pip.pypa.io/en/stable/topics/configuration/. Of one file ``[install]`` stands above ``[global]``, of
several the later one, and the environment above all files. ``PIP_CONFIG_FILE=/dev/null`` leaves out every file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from scanner.files import read_bounded
from scanner.ini import IniError, read_ini

SECTIONS = ("global", "install")
MAX_BYTES = 1024 * 1024


def pip_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Option (long form, without dashes) → value. Several values of one option are separated by white space."""
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for place in _places(environment):
        try:
            parser = read_ini(read_bounded(place, MAX_BYTES).decode("utf-8-sig"))
        except (IniError, UnicodeDecodeError, OSError):
            continue
        for section in SECTIONS:
            if parser.has_section(section):
                found[section].update({_option(key): value.strip() for key, value in parser.items(section)})
    settings = {key: value for section in SECTIONS for key, value in found[section].items()}
    for key, value in environment.items():
        # An empty variable is as none, as for pip.
        if key.startswith("PIP_") and value:
            settings[_option(key.removeprefix("PIP_"))] = value
    return settings


def is_true(value: str) -> bool:
    """pip's words for a switch that is on."""
    return value.strip().lower() in ("y", "yes", "t", "true", "on", "1")


def _option(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("--")


def _places(environment: Mapping[str, str]) -> list[Path]:
    """pip's files, the later above the earlier: of the machine, of the user, of this environment, and the one named."""
    named = environment.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return []
    home = Path(environment.get("HOME", "~")).expanduser()
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    if sys.platform == "win32":
        machine = [Path(environment.get("PROGRAMDATA", "C:\\ProgramData")) / "pip" / name]
        user = [home / "pip" / name, Path(environment.get("APPDATA") or home / "AppData" / "Roaming") / "pip" / name]
    else:
        folders = (environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
        machine = [Path(one) / "pip" / name for one in reversed(folders) if one] + [Path("/etc/pip.conf")]
        user = [
            home / ".pip" / name,
            Path(environment.get("XDG_CONFIG_HOME") or home / ".config").expanduser() / "pip" / name,
        ]
        if sys.platform == "darwin":
            machine.insert(0, Path("/Library/Application Support/pip") / name)
            user.append(home / "Library" / "Application Support" / "pip" / name)
    if not named:
        return [*machine, *user, Path(sys.prefix) / name]
    # A file that is named stands in the place of the user's own.
    stated = Path(named).expanduser()
    return [*machine, *([] if stated.exists() else user), Path(sys.prefix) / name, stated]
