"""URLs, and text that holds them, without their secrets.

Source of the grammar: RFC 3986, section 3.2. People write passwords with ``@``, ``/`` and ``?`` in them all the same,
and what no parser takes for a user and a password is a secret nevertheless.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

import msgspec

REDACTED = "REDACTED"
NO_ORIGIN = ("", "", 0)
"""The origin of what is no http or https URL; it is never the origin of anything configured."""
Value = TypeVar("Value")

# Every repetition is bounded or ends at a character that it does not hold: time is linear in the text.
_SCHEME = r"(?P<scheme>(?<![\w+.-])[A-Za-z][A-Za-z0-9+.-]{0,30}:)"
_IN_TEXT = re.compile(_SCHEME + r"(?P<slashes>//)(?P<rest>[^\s\"'<>`]+)")
_ALONE = re.compile(_SCHEME + r"(?P<slashes>//)(?P<rest>\S+)")
_BARE = re.compile(
    r"(?<![\w.%+@-])(?<![^:]/)(?P<user>[\w.%+-]{1,64}):(?P<secret>[^\s\"'<>`/@][^\s\"'<>`]{0,255}@)"
    r"(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252}(?::[0-9]{1,5}(?![\w]))?)"
)
_QUERY = re.compile(r"(?P<before>[?&;#](?P<name>[\w.~%-]{1,64})=)(?P<value>[^\s\"'<>`&;#]+)")
_SECRET_PART = ("token", "secret", "passw", "signature", "credential", "apikey", "accesskey", "privatekey")
_SECRET_WORD = frozenset({"sig", "key", "auth", "authorization", "pwd", "pw", "pass", "jwt", "sid", "sas", "session"})
_TOKEN = re.compile(r"gh[a-z]_|github_pat_|glpat-|pypi-Ag|AKIA|ASIA|xox[a-z]-|eyJ[\w-]+\.|sk-|npm_|hf_")
_NO_USER = frozenset({"pkg", "mailto", "urn", "sip", "cpe", "data"})
_LONG = 32


def redact(text: str) -> str:
    """The text without user and password in any URL of it, and with token-like values of queries as ``REDACTED``.

    The ``git@`` of SSH URLs, which is no secret, is kept, and so is the host that a client would connect to: a URL must
    not be able to show another one. Where no client could read the URL, up to the last ``@`` counts as secret.
    """
    if "@" in text:
        if "://" in text:
            alone = _ALONE.fullmatch(text)
            text = _of_url(alone) if alone else _IN_TEXT.sub(_of_url, text)
        text = _BARE.sub(_of_bare, text)
    return _QUERY.sub(_of_query, text) if "=" in text else text


def redact_all(value: Value) -> Value:
    """The value with every text in it redacted: structs, mappings and sequences are followed; others stay as they are.

    What does not change is the same object, so that a large report costs little.
    """
    changed: object = value
    if isinstance(value, str):
        changed = redact(value)
    elif isinstance(value, tuple | list):
        items = [redact_all(one) for one in value]
        if any(new is not old for new, old in zip(items, value, strict=True)):
            changed = tuple(items) if isinstance(value, tuple) else items
    elif isinstance(value, Mapping):
        changed = {redact_all(key): redact_all(one) for key, one in value.items()}
    elif isinstance(value, msgspec.Struct):
        fields = {
            name: new
            for name in value.__struct_fields__
            if (new := redact_all(old := getattr(value, name))) is not old and new != old
        }
        changed = msgspec.structs.replace(value, **fields) if fields else value
    return changed  # type: ignore[return-value]


def without_user(url: str) -> str:
    """A URL that is asked for, without user and password; its query stays, for signed URLs are nothing without it."""
    scheme, separator, rest = url.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if not separator or "@" not in authority:
        return url
    return f"{scheme}://{authority.rpartition('@')[2]}{rest[len(authority) :]}"


def beside(url: str, suffix: str) -> str:
    """The URL of the file whose name is longer by ``suffix`` (PEP 658: ``.metadata``), with the same query."""
    path, question, query = url.partition("?")
    return f"{path}{suffix}{question}{query}"


def origin(url: str) -> tuple[str, str, int]:
    """(scheme, host, port) of an http or https URL, in lower case and with the scheme's port where none is named.

    Empty and 0 for what is no such URL: such an origin is never equal to one that was configured.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return NO_ORIGIN
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return NO_ORIGIN
    return (parts.scheme, parts.hostname, port if port is not None else 443 if parts.scheme == "https" else 80)


def _of_url(match: re.Match[str]) -> str:
    scheme, rest = match["scheme"], match["rest"]
    if "@" not in rest:
        return match[0]
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    tail = rest[len(authority) :]
    user, at, host = authority.rpartition("@")
    if user.endswith(f":{REDACTED}"):
        return match[0]
    if at:
        kept = "git@" if user == "git" and "ssh" in scheme else ""
        before, _, after = tail.rpartition("@")
        if before and ":" in user and _is_host(after):
            # A password of both ``@`` and ``/``, or an address in the path: the host stays as a client reads it.
            tail = f"/{REDACTED}@{after}"
        return f"{scheme}//{kept}{host}{tail}"
    before, _, after = rest.rpartition("@")
    name, colon, port = authority.partition(":")
    if not colon or authority.startswith("["):
        return match[0]
    if not port.isdecimal() and port:
        return f"{scheme}//{after}"
    if "." not in name and name != "localhost" and _is_host(after):
        return f"{scheme}//{name}:{REDACTED}@{after}"
    return match[0]


def _of_bare(match: re.Match[str]) -> str:
    if match["user"].lower() in _NO_USER:
        return match[0]
    if _is_host(match["host"]):
        return match["host"]
    # The last ``@`` may stand before a branch or a version: ``user:password@host/project.git@main``.
    text, at = match[0], match.end("secret") - match.start() - 1
    while (at := text.rfind("@", 0, at)) > 0:
        if _is_host(text[at + 1 :]):
            return text[at + 1 :]
    return match[0]


def _of_query(match: re.Match[str]) -> str:
    return f"{match['before']}{REDACTED}" if _is_secret(match["name"], match["value"]) else match[0]


def _is_secret(name: str, value: str) -> bool:
    lowered = re.sub(r"[-_.~]", "", name.lower())
    words = re.split(r"[-_.~]", name.lower())
    if any(one in lowered for one in _SECRET_PART) or not _SECRET_WORD.isdisjoint(words) or _TOKEN.match(value):
        return True
    # A long value of mixed letters and digits that is no digest.
    return (
        len(value) >= _LONG
        and re.fullmatch(r"[\w.~%+/=-]+", value) is not None
        and re.search("[a-z]", value) is not None
        and re.search("[A-Z]", value) is not None
        and re.search("[0-9]", value) is not None
    )


def _is_host(text: str) -> bool:
    """True for what begins like the host of a URL: a name with a domain, ``localhost``, an address, or a named port.

    ``1.0``, ``main`` and ``v2.1`` after an ``@`` are references of a repository or versions, and no hosts.
    """
    found = re.match(r"(?P<name>[A-Za-z0-9][A-Za-z0-9.-]{0,252})(?P<port>:[0-9]{1,5}(?![\w]))?", text)
    if found is None:
        return False
    name = found["name"].rstrip(".").lower()
    last = name.rpartition(".")[2]
    if found["port"] or name == "localhost" or re.fullmatch(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}", name):
        return True
    return "." in name and len(last) >= 2 and last.isalpha()


def split_url(url: str) -> SplitResult:
    """The parts of a URL, whatever text it is: what ``urlsplit`` refuses has its scheme and no host."""
    try:
        return urlsplit(url)
    except ValueError:
        scheme, separator, rest = url.partition("://")
        return SplitResult(scheme.lower() if separator else "", "", rest if separator else url, "", "")
