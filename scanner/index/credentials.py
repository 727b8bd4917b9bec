"""Which user and password go with a request: those that the auditor configured for that scheme, host and port.

Sources, in pip's order: the index URL itself, ``.netrc``, and the ``keyring`` command where the configuration names it.
They serve the index and its files on the same origin. A URL that only an audited file names is asked without any.
"""

from __future__ import annotations

import functools
import itertools
import netrc
import os
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from scanner.model.urls import NO_ORIGIN, origin, without_user

KEYRING_SECONDS = 60.0
MAX_KEYRING_BYTES = 64 * 1024


class Login(msgspec.Struct, frozen=True):
    """A user and a password, as they are and not as a URL writes them. Printed without either."""

    user: str
    password: str

    def __repr__(self) -> str:
        return "Login(REDACTED)"


class _Index(msgspec.Struct, frozen=True):
    """A configured index: its origin, its URL without user and password, and what the URL said of them."""

    origin: tuple[str, str, int]
    url: str
    user: str | None
    password: str | None


Ask = Callable[[str, str | None], Login | None]
"""(service, user or ``None``) → what a keyring holds for them."""


class Credentials:
    """The logins of the configured indexes. Safe to use from several threads."""

    def __init__(self, urls: Sequence[str], *, keyring: Ask | None = None) -> None:
        self._indexes = [_read(url) for url in urls]
        self._netrc = Netrc()
        self._keyring = keyring
        self._held: dict[str, Login | None] = {}
        self._lock = threading.Lock()

    def of(self, url: str) -> Login | None:
        """What to send with a request of that URL, which an index or the configuration names; ``None`` for nothing."""
        for index in self._nearest(url):
            login = self._known(index)
            if login is not None:
                return login
        scheme, host, port = origin(url)
        # An index may keep its files on another host, which ``.netrc`` names: at that host's own door and no other.
        return self._netrc.of(host, default=False) if (scheme, port) == ("https", 443) else None

    def asked(self, url: str) -> Login | None:
        """What the keyring has for that URL, asked once for each index, after a server has refused a request."""
        for index in self._nearest(url):
            login = self._from_keyring(index)
            if login is not None:
                return login
        return None

    def is_configured(self, url: str) -> bool:
        """True where the URL lies on the origin of a configured index."""
        return bool(self._nearest(url))

    def _nearest(self, url: str) -> list[_Index]:
        """The configured indexes of the URL's origin, those that share the longest path with it first (as pip)."""
        here = origin(url)
        if here == NO_ORIGIN:
            return []
        found = [one for one in self._indexes if one.origin == here]
        return sorted(found, key=lambda one: -_shared(one.url, url))

    def _known(self, index: _Index) -> Login | None:
        with self._lock:
            held = self._held.get(index.url)
        if held is not None:
            return held
        if index.password is not None:
            return Login(index.user or "", index.password)
        found = self._netrc.of(index.origin[1], default=True)
        if found is not None and index.user in (None, found.user):
            return found
        # A token alone is written in the place of the user; with a keyring it may be a user whose password lies there.
        asked = self._keyring is None or index.url in self._held
        return Login(index.user, "") if index.user and asked else None

    def _from_keyring(self, index: _Index) -> Login | None:
        if self._keyring is None or index.password is not None:
            return None
        with self._lock:
            # One question at a time: a keyring may show a window.
            if index.url not in self._held:
                host = urlsplit(index.url).netloc
                self._held[index.url] = self._keyring(index.url, index.user) or self._keyring(host, index.user)
            return self._held[index.url]


def _shared(one: str, other: str) -> int:
    """How many parts of their paths two URLs of one origin have in common."""
    both = zip(urlsplit(one).path.split("/"), urlsplit(other).path.split("/"), strict=False)
    return sum(1 for _ in itertools.takewhile(lambda parts: parts[0] == parts[1], both))


def _read(url: str) -> _Index:
    authority = urlsplit(url).netloc if origin(url) != NO_ORIGIN else ""
    user, separator, password = authority.rpartition("@")[0].partition(":")
    return _Index(
        origin(url),
        without_user(url).rstrip("/"),
        unquote(user) if user or separator else None,
        unquote(password) if separator else None,
    )


class Netrc:
    """``NETRC``, ``~/.netrc`` or ``~/_netrc``, read when first asked. Such a file names hosts alone, not ports."""

    @functools.cached_property
    def _hosts(self) -> Mapping[str, tuple[str, str | None, str | None]]:
        named = os.environ.get("NETRC")
        for place in (named,) if named else ("~/.netrc", "~/_netrc"):
            path = Path(place).expanduser()
            if path.is_file():
                try:
                    return netrc.netrc(str(path)).hosts
                except (netrc.NetrcParseError, OSError, UnicodeDecodeError, RuntimeError):
                    return {}
        return {}

    def of(self, host: str, *, default: bool) -> Login | None:
        """The entry of that host, or with ``default`` the one of every host."""
        found = self._hosts.get(host) or (self._hosts.get("default") if default else None)
        return Login(found[0] or found[1] or "", found[2] or "") if found else None


def keyring_command(environment: Mapping[str, str] | None = None) -> Ask:
    """Asks the ``keyring`` program of the user's ``PATH``; nothing where there is none, or where it has no answer."""
    env = os.environ if environment is None else environment

    def ask(service: str, user: str | None) -> Login | None:
        program = _program("keyring", env.get("PATH", ""))
        if program is None:
            return None
        # Without a user only ``--mode creds`` (keyring 25.2 and later) can answer: a line of each.
        words = ["get", service, user] if user is not None else ["--mode", "creds", "get", service]
        try:
            done = subprocess.run(  # noqa: S603 (the user's own program, found by an absolute path of theirs)
                [program, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**env, "PYTHONIOENCODING": "utf-8"},
                cwd="/" if os.sep == "/" else None,
                timeout=KEYRING_SECONDS,
                check=False,
            )
        except (OSError, ValueError, subprocess.SubprocessError):
            return None
        lines = done.stdout[:MAX_KEYRING_BYTES].decode("utf-8", "replace").splitlines()
        if done.returncode or not lines or (user is None and len(lines) < 2):
            return None
        return Login(user, lines[0]) if user is not None else Login(lines[0], lines[1])

    return ask


def _program(name: str, path: str) -> str | None:
    """The program, from the folders of ``PATH`` that are named absolutely: the working directory may be audited."""
    for folder in path.split(os.pathsep):
        for suffix in ("", ".exe"):
            candidate = Path(folder) / f"{name}{suffix}"
            if folder and candidate.is_absolute() and candidate.is_file() and os.access(candidate, os.X_OK):
                return str(candidate)
    return None
