"""The *auditor's* configuration of uv: ``uv.toml`` of the user and of the machine, and its ``UV_*`` variables.

Source: https://docs.astral.sh/uv/reference/settings/ and /reference/environment/. A ``uv.toml`` beside the project is
the project's own word, and is not obeyed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import tomli

from scanner.files import read_bounded
from scanner.model.urls import without_user

MAX_BYTES = 1024 * 1024


class UvIndex(msgspec.Struct, frozen=True):
    """An index as uv has it configured. ``explicit``: only for packages whose source names it."""

    url: str
    name: str = ""
    default: bool = False
    explicit: bool = False


class UvSettings(msgspec.Struct, frozen=True):
    """What uv is told of indexes, in its order of precedence (the first wins)."""

    indexes: tuple[UvIndex, ...] = ()
    keyring_provider: str = ""
    insecure_hosts: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False

    @property
    def default(self) -> str:
        """The URL that stands in the place of PyPI; empty where none does."""
        return next((one.url for one in self.indexes if one.default), "")


def from_variables(environment: Mapping[str, str]) -> UvSettings:
    """``UV_INDEX``, ``UV_DEFAULT_INDEX``, ``UV_INDEX_URL``, ``UV_EXTRA_INDEX_URL``, ``UV_INDEX_<NAME>_USERNAME`` …"""
    found = [_named(one) for one in environment.get("UV_INDEX", "").split()]
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        if environment.get(variable):
            found.append(msgspec.structs.replace(_named(environment[variable]), default=True))
    found += [UvIndex(one) for one in environment.get("UV_EXTRA_INDEX_URL", "").split()]
    return UvSettings(
        tuple(_with_login(one, environment) for one in found),
        environment.get("UV_KEYRING_PROVIDER", ""),
        tuple(environment.get("UV_INSECURE_HOST", "").split()),
        tuple(environment.get("UV_FIND_LINKS", "").replace(",", " ").split()),
        environment.get("UV_NO_INDEX", "").lower() in ("1", "true"),
    )


def from_files(environment: Mapping[str, str]) -> UvSettings:
    """The user's ``uv.toml``, then the machine's; ``UV_CONFIG_FILE`` names another, ``UV_NO_CONFIG`` leaves all out."""
    if environment.get("UV_NO_CONFIG", "").lower() in ("1", "true"):
        return UvSettings()
    home = Path(environment.get("HOME", "~")).expanduser()
    user = Path(environment.get("XDG_CONFIG_HOME") or home / ".config").expanduser()
    if os.name == "nt":
        user = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
    machine = [Path(one) for one in (environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep) if one]
    places = [user / "uv" / "uv.toml", *(one / "uv" / "uv.toml" for one in machine), Path("/etc/uv/uv.toml")]
    if environment.get("UV_CONFIG_FILE"):
        places = [Path(environment["UV_CONFIG_FILE"])]
    found = [_read(place, environment) for place in places]
    return UvSettings(
        tuple(index for one in found for index in one.indexes),
        next((one.keyring_provider for one in found if one.keyring_provider), ""),
        tuple(host for one in found for host in one.insecure_hosts),
        tuple(link for one in found for link in one.find_links),
        any(one.no_index for one in found),
    )


def _read(place: Path, environment: Mapping[str, str]) -> UvSettings:
    try:
        content: dict[str, Any] = tomli.loads(read_bounded(place, MAX_BYTES).decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError, RecursionError, ValueError):
        return UvSettings()
    indexes: list[UvIndex] = []
    for item in _list(content.get("index")):
        if isinstance(item, dict) and isinstance(item.get("url"), str):
            name = item.get("name")
            indexes.append(
                UvIndex(
                    item["url"],
                    name if isinstance(name, str) else "",
                    item.get("default") is True,
                    item.get("explicit") is True,
                )
            )
    # The settings of `uv pip` may stand in a table of their own.
    pip = content.get("pip")
    tables = [content, pip if isinstance(pip, dict) else {}]
    for table in tables:
        indexes += [UvIndex(one) for one in _texts(table.get("extra-index-url"))]
        indexes += [UvIndex(one, default=True) for one in _texts(table.get("index-url"))]
    return UvSettings(
        tuple(_with_login(one, environment) for one in indexes),
        next((one for table in tables for one in _texts(table.get("keyring-provider"))), ""),
        tuple(one for table in tables for one in _texts(table.get("allow-insecure-host"))),
        tuple(one for table in tables for one in _texts(table.get("find-links"))),
        any(table.get("no-index") is True for table in tables),
    )


def _named(text: str) -> UvIndex:
    """``NAME=URL`` or ``URL``."""
    name, separator, url = text.partition("=")
    return UvIndex(url, name) if separator and "://" not in name else UvIndex(text)


def _with_login(index: UvIndex, environment: Mapping[str, str]) -> UvIndex:
    """The index with the user and the password that the variables of its name give."""
    scheme, separator, rest = index.url.partition("://")
    key = "".join(one if one.isascii() and one.isalnum() else "_" for one in index.name.upper())
    user = environment.get(f"UV_INDEX_{key}_USERNAME") if key else None
    password = environment.get(f"UV_INDEX_{key}_PASSWORD") if key else None
    if not separator or (user is None and password is None):
        return index
    rest = without_user(index.url).removeprefix(f"{scheme}://")
    login = quote(user or "", safe="") + (f":{quote(password, safe='')}" if password is not None else "")
    return msgspec.structs.replace(index, url=f"{scheme}://{login}@{rest}")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
