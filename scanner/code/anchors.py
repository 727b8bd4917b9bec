"""Anchors: the literals without which a file cannot match any rule. Files without one are never parsed.

Derived from the catalogue. A rule needs at least one event, an event needs a catalogued name, and a name is reached
in one of three ways: its module is imported (the module's name is then written in the file), it is a builtin (its own
name is written), or it is hidden behind a trick that is written out itself (``__import__``, ``globals``, ``getattr`` on
a module …). Each of the three leaves a literal; this module collects them all. Identifiers that only NFKC makes
ASCII are normalised before the search.
"""

from __future__ import annotations

import functools
import re
import unicodedata

from scanner.code.catalogue import load_catalogue
from scanner.code.source import decode

_HIDERS = ("__import__", "import_module", "builtins", "__builtins__", "__builtin__", "__subclasses__")
_SHARED_MODULES = frozenset({"os", "sys", "builtins", "shutil", "io", "pathlib", "platform", "str", "open()", "bytes"})
"""Modules that most honest files import: there the function's own name is the anchor."""
_TOO_COMMON = frozenset(
    {"open", "write", "read", "get", "remove", "unlink", "print", "input", "compile", "type", "start"}
)
_SILENT = (
    r"(?:remove|unlink)\b[^\n]*__file__|Programs.{0,4}Startup|LaunchAgents|LaunchDaemons|\.config/autostart|/etc/cron"
    r"|\bcrontab\b|systemd/(?:system|user)|\.(?:bashrc|zshrc|bash_profile)\b|/\.profile\b|(?:site|user)customize|CurrentVersion"
)
"""For rules over silent roles (file writes and deletions): the places that they are about, as they are written. A file
without any anchor gives no silent events either, so that the two modes of the engine agree by definition."""


def _anchors_of(name: str) -> set[str]:
    parts = name.replace("()", "").split(".")
    head = parts[0]
    if len(parts) == 1:
        return set() if head in _TOO_COMMON else {head}
    if head in _SHARED_MODULES or head == "?":
        return set() if parts[-1] in _TOO_COMMON else {parts[-1]}
    if head == "urllib":
        return {"urlopen", "urlretrieve", "urllib2"} if parts[1] == "request" else set()
    if head == "http":
        return {"HTTPConnection", "HTTPSConnection", "httplib"}
    return {head}


@functools.cache
def anchor_pattern() -> re.Pattern[bytes]:
    """All anchors as one pattern over bytes."""
    catalogue = load_catalogue()
    words: set[str] = set(_HIDERS)
    for name, roles in catalogue.roles.items():
        if roles - catalogue.silent_roles:
            words |= _anchors_of(name)
    words -= {"eval", "exec"}
    listed = "|".join(re.escape(word) for word in sorted(words))
    pattern = (
        rf"\b(?:{listed})\b|(?<!\.)\beval\b|\bexec\b|\bgetattr\s*\(\s*(?:os|sys)\b|\bos\s+as\s|=\s*os\s*$|{_SILENT}"
    )
    return re.compile(pattern.encode(), re.MULTILINE)


_COMPATIBILITY = re.compile(
    rb"\xf0\x9d[\x90-\x9f]|\xef\xbc[\xa0-\xbf]|\xef\xbd[\x80-\x9a]|\xe2\x93|\xf0\x9f\x84|\xe1\xb5|\xc2\xaa|\xc2\xba"
)


def can_matter(data: bytes) -> bool:
    """False only where no rule can match the file."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or (b"coding" in data[:200] and b"utf" not in data[:200].lower()):
        data = decode(data).encode("utf-8", "surrogatepass")
    if anchor_pattern().search(data) is not None:
        return True
    if not data.isascii() and _COMPATIBILITY.search(data) is not None:
        text = unicodedata.normalize("NFKC", data.decode("utf-8", "replace"))
        return anchor_pattern().search(text.encode("utf-8", "surrogatepass")) is not None
    return False
