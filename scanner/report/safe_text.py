"""Text from outside, made inert: what cannot be seen is spelled out, what could be clicked is not.

Markup is the business of each format's own escaping (autoescape in HTML); this module deals with what escaping leaves
alone: terminal escapes, bidirectional overrides (CVE-2021-42574), zero-width and other invisible characters, stacked
combining marks, unpaired surrogates, and links.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import unicodedata
from urllib.parse import quote, urlsplit

# Controls, format characters, line and paragraph separators, spaces other than U+0020 and U+3000, surrogates,
# private use, variation selectors, tags, and letters that draw nothing. Literal so that it costs nothing at start-up
# and does not change with the interpreter's Unicode version; a test holds it against `unicodedata`.
_HIDDEN = re.compile(
    "["
    "\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891"
    "\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800"
    "\\u3164\\ud800-\\uf8ff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe\\uffff"
    "\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff"
    "]"
)
_LOG_COMMAND = re.compile(r"##(\w{0,20})\[")
_LINE_BREAKS = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
_MAX_MARKS = 2
_SCHEME_AND_HOST = re.compile(
    r"(?i)\b(?:h(?:tt|xx)ps?|ftps?|wss?|tcp|udp|ssh|git|smb|ldaps?|data|javascript|file)(?:\+\w+)?:(?://)?"
    r"[^\s\"'<>()\[\]{},;|\\^`]*"
)
_BARE_HOST = re.compile(r"(?i)\bwww\.(?=[\w-])")
_SLUG = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,95}")
MAX_LINK = 2000


def plain(text: str, *, tab: str = "    ") -> str:
    """The text with everything invisible spelled out as ``[U+202E]``; line feeds stay, tabs become ``tab``."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\t", tab)
    text = _HIDDEN.sub(_spelled, text)
    return text if text.isascii() else _thin_marks(text)


def one_line(text: str) -> str:
    """As :func:`plain`, on one line: each line break is one space."""
    if text.isascii() and text.isprintable():
        return text
    return plain(_LINE_BREAKS.sub(" ", text), tab=" ")


def without_commands(text: str) -> str:
    """The text with nothing that a CI runner could take for a command in its log: ``::`` becomes ``:[:]``, and the
    brackets of ``##[…]`` and ``##vso[…]`` are set apart, at any place of a line (a wrapped line begins anywhere)."""
    if "::" in text:
        text = text.replace("::", ":[:]")
    return _LOG_COMMAND.sub(r"##\1 [", text) if "##" in text else text


def log_text(text: str) -> str:
    """As :func:`plain`, for what may be read by a CI runner: without commands."""
    return without_commands(plain(text))


def log_line(text: str) -> str:
    """As :func:`one_line`, for what may be read by a CI runner: without commands."""
    return without_commands(one_line(text))


def capped(text: str, limit: int) -> str:
    """At most ``limit`` characters, saying how many are left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]} [… {len(text) - limit:,} more characters]"


def defang(text: str) -> str:
    """URLs made unclickable in the usual notation: ``hxxps://host[.]example/path``. The text is otherwise the same."""
    if ":" in text:
        text = _SCHEME_AND_HOST.sub(_defanged, text)
    return _BARE_HOST.sub("www[.]", text) if "www." in text.lower() else text


def https_link(text: str) -> str | None:
    """The URL in a form that is safe in an attribute, where it is ``https`` with a real host and no user; else None.

    Every character outside the URL's own alphabet is percent-encoded, so nothing can leave the attribute.
    """
    if len(text) > MAX_LINK or not text.isascii() or not text.isprintable():
        return None
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or not host or "@" in parts.netloc or not _is_host(host):
        return None
    authority = host if port is None else f"{host}:{port}"
    path = quote(parts.path, safe="/%:@!$&*+,;=~-._")
    query = "?" + quote(parts.query, safe="/%:@!$&*+,;=~-._?") if parts.query else ""
    fragment = "#" + quote(parts.fragment, safe="/%:@!$&*+,;=~-._?") if parts.fragment else ""
    return f"https://{authority}{path}{query}{fragment}"


def slug(text: str) -> str:
    """The text where it can be an HTML id or a fragment as it stands; else a digest of it."""
    if _SLUG.fullmatch(text):
        return text
    return "x" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _spelled(match: re.Match[str]) -> str:
    return f"[U+{ord(match[0]):04X}]"


def _thin_marks(text: str) -> str:
    """No character carries more than two combining marks: a pile of them paints over the lines around it."""
    if not any(map(unicodedata.combining, text)):
        return text
    parts: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        parts.append(f"[U+{ord(character):04X}]" if run > _MAX_MARKS else character)
    return "".join(parts)


def _defanged(match: re.Match[str]) -> str:
    scheme, _, rest = match[0].partition(":")
    slashes = "//" if rest.startswith("//") else ""
    host, slash, path = rest.removeprefix("//").partition("/")
    if not host and not slash and not slashes:
        return match[0]
    lowered = scheme.lower()
    if lowered.startswith("htt"):
        scheme = scheme[0] + ("xx" if scheme[1:3].islower() else "XX") + scheme[3:]
    elif not lowered.startswith("hxx"):
        scheme = f"{scheme}[:]" if not slashes else scheme
        return f"{scheme}{'' if not slashes else '[:]'}{slashes}{_dots(host)}{slash}{path}"
    return f"{scheme}:{slashes}{_dots(host)}{slash}{path}"


def _dots(host: str) -> str:
    return host.replace("[.]", ".").replace(".", "[.]")


def _is_host(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host)) and ":" not in host
    except ValueError:
        return bool(re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}", host))
