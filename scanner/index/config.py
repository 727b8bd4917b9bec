"""Which indexes are asked, and how: from the environment and the *auditor's* own configuration of pip and uv.

An index that only an audited file names is never contacted: it is reported (check ``indexes``), not obeyed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec

from scanner.index.pip_settings import is_true, pip_settings
from scanner.index.uv_settings import from_files, from_variables
from scanner.model.errors import UsageError
from scanner.model.urls import NO_ORIGIN, origin, redact

DEFAULT_INDEX = "https://pypi.org/simple"
NO_KEYRING = ("", "auto", "disabled")
"""pip's ``auto`` asks a keyring only where it may also ask the user."""


class IndexConfig(msgspec.Struct, frozen=True):
    """``urls`` are Simple API roots, the default first; they may hold credentials and are printed only redacted.

    ``timeout`` is (connect, read) in seconds. ``ca_bundle`` is a PEM file, or a folder of them, in the place of the
    system's authorities. ``trusted_hosts`` (``host`` or ``host:port``) are not verified: the auditor said so.
    ``ignored`` are configured indexes that are neither http nor https and so not asked; ``find_links`` the configured
    pages and folders of files. pip takes files from both, and they are not read here.
    """

    urls: tuple[str, ...] = (DEFAULT_INDEX,)
    timeout: tuple[float, float] = (6.0, 30.0)
    retries: int = 3
    connections: int = 12
    ca_bundle: str = ""
    ignored: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    proxy: str = ""
    client_certificate: str = ""
    keyring: bool = False

    @property
    def shown(self) -> tuple[str, ...]:
        return tuple(redact(url) for url in self.urls)


def from_environment(environment: Mapping[str, str] | None = None) -> IndexConfig:
    """The variables of uv and pip, else pip's files, else the user's ``uv.toml``, else PyPI.

    The default index is the first that one of them names; further indexes are those of all. Raises
    :class:`UsageError` where the default is no http or https URL.
    """
    env = os.environ if environment is None else environment
    variables, files, pip = from_variables(env), from_files(env), pip_settings(env)
    default = variables.default or pip.get("index-url") or files.default or DEFAULT_INDEX
    # An explicit index serves packages that name it; whatever an audited file names is reported, and not obeyed.
    further = [one for one in (*variables.indexes, *files.indexes) if not one.default and not one.explicit]
    links = tuple(dict.fromkeys((*pip.get("find-links", "").split(), *variables.find_links, *files.find_links)))
    ignored: list[str] = []
    if is_true(pip.get("no-index", "")) or variables.no_index or files.no_index:
        return IndexConfig(urls=(), find_links=links)
    urls: list[str] = []
    named = (*pip.get("extra-index-url", "").split(), *(one.url for one in further))
    for url in (default.strip(), *named):
        clean = url.rstrip("/")
        if origin(clean) != NO_ORIGIN:
            urls.append(clean)
        elif url is not default or clean:
            ignored.append(clean)
    if origin(default.strip()) == NO_ORIGIN:
        raise UsageError(
            "the configured package index is not an http or https URL",
            where=redact(default),
            remedy=f"Set PIP_INDEX_URL to a Simple API root such as {DEFAULT_INDEX}; in a user or a password of it, "
            "write /, ?, # and @ as %2F, %3F, %23 and %40.",
        )
    bundle = pip.get("cert") or env.get("REQUESTS_CA_BUNDLE") or env.get("CURL_CA_BUNDLE") or ""
    providers = (variables.keyring_provider, pip.get("keyring-provider", ""), files.keyring_provider)
    return IndexConfig(
        urls=tuple(dict.fromkeys(urls)),
        ca_bundle=_path(bundle),
        ignored=tuple(dict.fromkeys(ignored)),
        find_links=links,
        trusted_hosts=tuple(_hosts(pip.get("trusted-host", ""), *variables.insecure_hosts, *files.insecure_hosts)),
        proxy=pip.get("proxy", ""),
        client_certificate=_path(pip.get("client-cert", "")),
        keyring=next((one for one in providers if one), "") not in NO_KEYRING,
    )


def _path(text: str) -> str:
    """A path as pip reads it: ``~`` is the user's folder."""
    return os.path.expanduser(text) if text.startswith("~") else text  # noqa: PTH111 (a folder may be unknown)


def _hosts(*texts: str) -> list[str]:
    """``host`` or ``host:port`` in lower case; of a URL (uv takes one) its host and port."""
    found = [one.lower() for text in texts for one in text.split()]
    return sorted({one.partition("://")[2].partition("/")[0] if "://" in one else one for one in found})
