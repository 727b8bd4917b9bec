"""Which indexes are asked, and how: from the command line, the environment and the *auditor's* pip configuration.

An index that only an audited file names is never contacted: it is reported (check ``indexes``), not obeyed.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from scanner.model.errors import UsageError
from scanner.model.urls import redact

DEFAULT_INDEX = "https://pypi.org/simple"


class IndexConfig(msgspec.Struct, frozen=True):
    """``urls`` are Simple API roots, the default first; they may hold credentials and are printed only redacted.

    ``timeout`` is (connect, read) in seconds. ``ignored`` lists configured sources that were not used, and why.
    """

    urls: tuple[str, ...] = (DEFAULT_INDEX,)
    timeout: tuple[float, float] = (6.0, 30.0)
    retries: int = 3
    connections: int = 12
    ca_bundle: str = ""
    ignored: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        return tuple(redact(url) for url in self.urls)


def from_environment(environment: Mapping[str, str] | None = None) -> IndexConfig:
    """``PIP_INDEX_URL``, ``UV_DEFAULT_INDEX``, ``PIP_EXTRA_INDEX_URL`` …, else the user's ``pip.conf``, else PyPI."""
    env = os.environ if environment is None else environment
    configured = _pip_settings(env)
    default = env.get("UV_DEFAULT_INDEX") or env.get("UV_INDEX_URL") or env.get("PIP_INDEX_URL")
    default = default or configured.get("index-url") or DEFAULT_INDEX
    extra = env.get("PIP_EXTRA_INDEX_URL") or configured.get("extra-index-url", "")
    urls: list[str] = []
    ignored: list[str] = []
    for url in (default, *extra.split(), *env.get("UV_EXTRA_INDEX_URL", "").split()):
        clean = url.partition("=")[2] if "=" in url.partition("://")[0] else url
        if not clean.startswith(("https://", "http://")):
            ignored.append(f"{redact(clean)}: only http and https indexes are asked")
        elif clean.rstrip("/") not in urls:
            urls.append(clean.rstrip("/"))
    if not urls:
        raise UsageError(
            "the configured package index is not an http or https URL",
            where=redact(default),
            remedy="Set PIP_INDEX_URL to a Simple API root such as https://pypi.org/simple.",
        )
    bundle = env.get("PIP_CERT") or env.get("REQUESTS_CA_BUNDLE") or configured.get("cert", "")
    return IndexConfig(urls=tuple(urls), ca_bundle=bundle, ignored=tuple(ignored))


def _pip_settings(env: Mapping[str, str]) -> dict[str, str]:
    """The ``[global]`` section of pip's configuration files, later files overriding earlier ones."""
    home = Path(env.get("HOME", "~")).expanduser()
    places = [Path("/etc/pip.conf"), Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"]
    places += [home / ".pip" / "pip.conf"]
    if env.get("PIP_CONFIG_FILE"):
        places.append(Path(env["PIP_CONFIG_FILE"]))
    settings: dict[str, str] = {}
    for place in places:
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(place, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError, OSError):
            continue
        if parser.has_section("global"):
            settings.update(parser.items("global"))
    return settings
