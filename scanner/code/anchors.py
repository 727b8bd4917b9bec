"""Anchors: what must be written in a file for any rule to match it. Files without an anchor are never parsed.

Derived from the catalogue. A rule needs an event, an event needs a catalogued name, and a name is reached in one of
these ways, each of which leaves a mark in the bytes of the file:

* ``module.attribute``: the module's name followed by the attribute;
* ``from module import attribute``, or the module under another name (``import module as m``, ``x = module``,
  ``getattr(module, …)``): the module's name *not* followed by an attribute that no rule knows;
* a builtin or a name that is distinctive by itself (``exec``, ``urlopen``): that word;
* a name that is put together at run time: a trick that is itself written out (``__import__`` or ``import_module`` of
  something that is no literal, ``__builtins__``, ``builtins`` with ``getattr`` or ``__dict__``).

Words are found by splitting, and compared as sets, which costs a small part of one regular expression with as many
alternatives. Identifiers that only NFKC makes ASCII are normalised first.
"""

from __future__ import annotations

import functools
import itertools
import re

import msgspec

from scanner.code.catalogue import load_catalogue
from scanner.code.compatible import compatible_starts, normalised
from scanner.code.literals import LETTERS, beginnings
from scanner.code.lookups import alone, imports_computed, names_computed, scope_computed
from scanner.code.source import decode, is_coded_otherwise

_LETTERS = frozenset(bytes([byte]) for byte in LETTERS)
_WORDS = bytes(byte if (chr(byte).isalnum() and byte < 128) or byte == 95 else 32 for byte in range(256))
_DISTINCT_HEADS = frozenset({"urllib", "http", "importlib", "concurrent", "xmlrpc", "types", "?"})
"""Modules of which only the last part of a name tells anything; ``os`` and its like have their own pattern."""
_DISTINCT = tuple(sorted(head.encode() for head in _DISTINCT_HEADS - {"?"}))
_HIDERS = frozenset({b"__builtins__", b"__builtin__", b"__pyarmor__", b"cmdclass"})
_REFLECTION = frozenset(
    {b"getattr", b"__dict__", b"vars", b"globals", b"locals", b"attrgetter", b"methodcaller", b"__getattribute__"}
)
_PLACES = frozenset(
    {
        b"LaunchAgents",
        b"LaunchDaemons",
        b"bashrc",
        b"zshrc",
        b"bash_profile",
        b"crontab",
        b"CurrentVersion",
        b"autostart",
        b"sitecustomize",
        b"usercustomize",
        b"authorized_keys",
        b"rhosts",
        b"sudoers",
        b"gitconfig",
        b"hooks",
        b"npmrc",
        b"condarc",
        b"devcontainer",
        b"claude",
        b"CLAUDE",
        b"cursor",
        b"cursorrules",
        b"codex",
        b"AGENTS",
        b"GEMINI",
        b"gemini",
        b"windsurf",
        b"clinerules",
        b"rmtree",
        b"rglob",
        b"encrypt",
        b"__code__",
    }
)
"""For rules over silent roles (file writes): the places that they are about, as written. A file without any anchor
gives no silent events either, so that the engine with and without this filter agrees by definition."""
_STARTUP = re.compile(
    rb"Programs.{0,4}Startup|/etc/(?:cron|passwd|shadow|pam)|systemd/(?:system|user)|/\.profile\b|\.pth\b|mcp\.json"
    rb"|pip\.(?:conf|ini)|tasks\.json|jupyter_|profile_default|uv\.toml|git/config|git-templates|copilot-instr"
)
_STARTUP_PARTS = (
    b"Startup", b"/etc/", b"systemd/", b"/.profile", b".pth", b"mcp.json", b"pip.conf", b"pip.ini", b"tasks.json",
    b"jupyter_", b"profile_default", b"uv.toml", b"git/config", b"git-templates", b"copilot-instr",
)  # fmt: skip
_PLAIN_SIGHTS = frozenset(
    [
        b"exec",
        b"eval",
        b"builtins",
        b"os",
        b"__import__",
        b"import_module",
        b"modules",
        b"__file__",
        b"remove",
        b"unlink",
        b"expanduser",
    ]
)
_SELF = re.compile(rb"(?:remove|unlink)\b[^\n]*__file__")


_SHORT = 4
"""Letters up to which the name of an attribute is looked for only in files that mention its module."""


class Anchors(msgspec.Struct, frozen=True):
    """``words`` select a file by themselves; ``modules`` map a module's name to the attributes that matter, ``hints``
    to words of which one is written wherever something of it is; ``leaves`` are all last parts of names (for pieces of
    a file whose imports stand elsewhere)."""

    words: frozenset[bytes]
    modules: dict[bytes, frozenset[bytes]]
    hints: dict[bytes, frozenset[bytes]]
    leaves: frozenset[bytes]
    os_uses: re.Pattern[bytes]
    os_words: frozenset[bytes]


@functools.cache
def anchors() -> Anchors:
    """The anchors of the shipped catalogue."""
    catalogue = load_catalogue()
    words: set[str] = set()
    modules: dict[str, set[str]] = {}
    hints: dict[str, set[str]] = {}
    leaves: set[str] = set()
    of_os: set[str] = set()
    loud = [name for name, roles in catalogue.roles.items() if roles - catalogue.silent_roles]
    for name in (*loud, *catalogue.families):
        parts = name.replace("()", "").split(".")
        leaves.add(parts[-1])
        if len(parts) == 1:
            words.add(parts[0])
        elif parts[0] == "os":
            of_os.add(parts[1])
        elif parts[0] in _DISTINCT_HEADS:
            words.add(parts[-1] if parts[0] not in {"http", "urllib"} or len(parts) < 4 else parts[2])
        else:
            modules.setdefault(parts[0], set()).add(parts[1])
            # A short word stands everywhere: a longer one says more.
            hints.setdefault(parts[0], set()).add(next((one for one in parts[1:] if len(one) > _SHORT), parts[1]))
    words |= {"urllib2", "httplib"}
    words -= {"exec", "eval"}
    listed = "|".join(sorted(of_os | {"__dict__", "__getattribute__"}))
    os_uses = re.compile(
        rf"os(?:\s*\.\s*(?:{listed})\b|\s+(?:as|import|if|or|and|else|for)\b|\s*[,)\]}}\n;#:]|\s*\\|['\"])".encode()
    )
    return Anchors(
        frozenset(one.encode() for one in words),
        {head.encode(): frozenset(one.encode() for one in found) for head, found in modules.items()},
        {head.encode(): frozenset(one.encode() for one in found) for head, found in hints.items()},
        frozenset(one.encode() for one in leaves | {"exec", "eval", "import_module", "__import__", "getattr"})
        | _HIDERS,
        os_uses,
        frozenset(one.encode() for one in of_os),
    )


def words_of(data: bytes) -> set[bytes]:
    """The identifiers, keywords and numbers in the bytes."""
    return set(data.translate(_WORDS).split())


_BEFORE_OS = re.compile(rb"(?:[=(,\[{:'\"]|#[^\n]*|\b(?:from|return|yield|else|or|and|in|lambda))$")


@functools.cache
def sight_words() -> frozenset[bytes]:
    """The words that :func:`can_matter` asks for. Short names of attributes stand everywhere and are left out."""
    known = anchors()
    attributes = {one for some in known.hints.values() for one in some if len(one) > _SHORT}
    return frozenset(attributes).union(
        known.words, known.os_words, known.modules, _HIDERS, _PLACES, _REFLECTION, _PLAIN_SIGHTS, _DISTINCT,
        _BUILTIN_WAYS,
    )  # fmt: skip


def sight_texts() -> frozenset[bytes]:
    """The pieces of text that :func:`can_matter` asks for."""
    return compatible_starts().union(_STARTUP_PARTS)


def _by_words(data: bytes) -> set[bytes]:
    """The sights of bytes of which no glance was taken."""
    return words_of(data) | {one for one in sight_texts() if one in data}


_BUILTIN_WAYS = frozenset([b"builtins", b"__self__"])
"""Ways to all builtins: ``print.__self__`` is their module."""
_LOOKED_AT = frozenset([*_BUILTIN_WAYS, b"os", *_DISTINCT])


def can_matter(data: bytes, seen: set[bytes] | None = None) -> bool:
    """False only where no rule can match the file. ``seen`` holds the sights that stand in the bytes, if known."""
    if is_coded_otherwise(data):
        data, seen = decode(data).encode("utf-8", "surrogatepass"), None
    found = _by_words(data) if seen is None else seen
    if not found.isdisjoint(compatible_starts()) and (plain := normalised(data, seen)) is not data:
        data, found = plain, found | words_of(plain)
    known = anchors()
    if not known.words.isdisjoint(found) or not _HIDERS.isdisjoint(found) or not _PLACES.isdisjoint(found):
        return True
    if (b"exec" in found or b"eval" in found) and _is_bare(data):
        return True
    heads = known.modules.keys() & found
    reflective = (
        not _REFLECTION.isdisjoint(found) and (bool(heads) or not _LOOKED_AT.isdisjoint(found)) and names_computed(data)
    )
    if not _BUILTIN_WAYS.isdisjoint(found) and (reflective or b"exec" in found or b"eval" in found):
        return True
    for head in heads:
        if _uses(data, head, reflective, found):
            return True
    if reflective and any(head in found and _looked_into(data, head) for head in _DISTINCT):
        return True
    if b"os" in found and (reflective or not known.os_words.isdisjoint(found)) and _uses_os(data):
        return True
    if imports_computed(data, found) or scope_computed(data, found):
        return True
    if b"expanduser" in found and (b"remove" in found or b"unlink" in found):
        return True
    if b"__file__" in found and (b"remove" in found or b"unlink" in found) and _SELF.search(data) is not None:
        return True
    return not found.isdisjoint(_STARTUP_PARTS) and _STARTUP.search(data) is not None


_CHAIN = re.compile(rb"(?:\s*\.\s*\w+)*")
_AS = re.compile(rb"[ \t\\]+as\b")
_FROM = re.compile(rb"[\s\\]+import\b([^\n]*)")


@functools.cache
def _submodules() -> frozenset[bytes]:
    """Modules within those of ``_DISTINCT`` that hold something of the catalogue."""
    names = [name.split(".") for name in load_catalogue().roles if name.partition(".")[0] in _DISTINCT_HEADS]
    return frozenset(part.encode() for parts in names for part in parts[1:-1])


_ENDS = (b"\n", b";", b",", b")", b"#", b"\r", b"")


def _looked_into(data: bytes, head: bytes) -> bool:
    """A module of that name, or one within it, is bound to another name, passed to something, or taken apart."""
    for at in beginnings(data, head):
        if at and (data[at - 1] in LETTERS or data[at - 1 : at] == b"."):
            continue
        chain = _CHAIN.match(data, at + len(head))
        end = chain.end() if chain is not None else at + len(head)
        parts = words_of(data[at + len(head) : end])
        if not parts.isdisjoint(_LOOKED_INTO):
            return True
        if not parts <= _submodules():
            continue
        before = data[max(at - 60, 0) : at].rstrip(_BLANK)
        after = data[end : end + 80].lstrip(_BLANK)[:1]
        if data[at - 1 : at] in _QUOTES and data[end : end + 1] == data[at - 1 : at]:
            # The name of the module as a string, for ``__import__`` and its like.
            return True
        if before.endswith(b"from"):
            names = _FROM.match(data, end)
            if names is not None:
                listed = words_of(names[1] if b"(" not in names[1] else data[names.start(1) : names.start(1) + 600])
                if not _submodules().isdisjoint(listed) or b"*" in names[1]:
                    return True
        elif (
            (before.endswith((b"import", b",")) and _AS.match(data, end) is not None)
            or (before[-1:] in (b"(", b",", b"[", b"{", b":") and after in (b",", b")", b"]", b"}", b"#"))
            or (before[-1:] == b"=" and data[end : end + 80].lstrip(b" \t\\")[:1] in _ENDS)
        ):
            return True
    return False


def _stands(data: bytes, word: bytes) -> bool:
    """Whether the word stands somewhere by itself."""
    return any(True for _ in alone(data, word))


def _is_bare(data: bytes) -> bool:
    """``exec`` or ``eval`` stand there as names of their own."""
    return any(
        not at or not (data[at - 1 : at].isalnum() or data[at - 1] in b"._")
        for word in (b"exec", b"eval")
        for at in beginnings(data, word)
    )


def _uses_os(data: bytes) -> bool:
    """Some mention of ``os`` leads to what starts programs, or hands the module on. A literal first byte makes the
    pattern fast; what stands before a match is looked at afterwards."""
    for matched in anchors().os_uses.finditer(data):
        start = matched.start()
        if start and (data[start - 1 : start].isalnum() or data[start - 1] == 95):
            continue
        after = matched.group()[2:].lstrip()
        if after[:1] == b"." or after == b"as":
            return True
        if _BEFORE_OS.search(data[max(start - 60, 0) : start].rstrip(_BLANK)) is not None:
            return True
    return False


_LOOKED_INTO = (b"__dict__", b"__getattribute__")
_HANDS_ON = re.compile(rb"(?:[=(,\[{:'\"]|\b(?:else|return|yield|or|and|lambda|in))\s*$")


_CLAUSES = re.compile(rb"import[\s\\]+(?:[\w.]+(?:[\s\\]+as[\s\\]+\w+)?[\s\\]*,[\s\\]*)*")
_CLAUSES_ONLY = re.compile(rb"[\w.,\s\\]*")
_LONGEST_CLAUSES = 20_000
_MOST_TRIES = 50
_BLANK = b" \t\n\r\v\f\\"
_APART = frozenset(bytes([byte]) for byte in b"," + _BLANK)


_QUOTES = frozenset([b"'", b'"'])


def is_imported(data: bytes, name: bytes) -> bool:
    """Whether an import statement names a module of that name in a clause, or imports from it. Each mention is looked
    at from behind: a pattern for whole statements would try at every import."""
    return any(data[at - 1 : at] in _APART and _is_clause(data, at) for at in beginnings(data, name))


def _is_bound(data: bytes, name: bytes) -> bool:
    """Whether that is so, or a string is the name. Mostly neither is: then splitting is the fastest way to all mentions
    of a name that stands within many others."""
    at = -len(name)
    for piece, following in itertools.pairwise(data.split(name)):
        at += len(piece) + len(name)
        last = piece[-1:]
        if last in _APART:
            if following[:1] not in _LETTERS and _is_clause(data, at):
                return True
        elif last in _QUOTES and following[:1] == last:
            return True
    return False


def _is_clause(data: bytes, at: int) -> bool:
    """Whether what stands there is what an import statement names."""
    before = data[max(at - 60, 0) : at].rstrip(_BLANK)
    if before[-1:] != b",":
        return not before or before.endswith((b"import", b"from"))
    start = max(at - _LONGEST_CLAUSES, 0)
    statement = data.rfind(b"import", start, at)
    tries = 0
    while statement >= 0:
        tries += 1
        if tries > _MOST_TRIES or _CLAUSES.fullmatch(data, statement, at) is not None:
            return True
        statement = data.rfind(b"import", start, statement)
    return bool(start) and _CLAUSES_ONLY.fullmatch(data, start, at) is not None


@functools.cache
def _mention(head: bytes) -> re.Pattern[bytes]:
    # It begins with a literal, which makes it fast; what stands before a match is looked at afterwards.
    return re.compile(head + rb"\b(?:\s*(\.)\s*(\w+)|\s+(as|import)\b([^\n]*)|)")


def _brought_in(data: bytes, at: int) -> bool:
    """Whether ``from`` or ``import`` stands before that place."""
    before = data[max(at - 60, 0) : at]
    return before.rstrip(b" \t\n\\").endswith((b"from", b"import")) and before[-1:] in b" \t\n\\"


def _uses(data: bytes, head: bytes, reflective: bool, found: set[bytes]) -> bool:
    """Whether some mention of a module can lead to what the catalogue knows of it. Short names are not ``found``."""
    hints, attributes = anchors().hints[head], anchors().modules[head]
    if (
        hints.isdisjoint(found)
        and not reflective
        and not any(_stands(data, one) for one in hints if len(one) <= _SHORT)
    ):
        return False
    if not _is_bound(data, head):
        return False
    for matched in _mention(head).finditer(data):
        at = matched.start()
        if at and (data[at - 1 : at].isalnum() or data[at - 1] in b"_."):
            continue
        dot, attribute, keyword, rest = matched.groups()
        before = _brought_in(data, at)
        if dot:
            if attribute in _LOOKED_INTO:
                return True
            if before or attribute in attributes:
                # "import a.b" and "from a.b import …" lead into a submodule, whose names this table does not split.
                if (
                    before
                    and attribute not in attributes
                    and attributes.isdisjoint(words_of(data[matched.end() : matched.end() + 400]))
                ):
                    continue
                return True
        elif keyword == b"import":
            names = words_of(rest if b"(" not in rest else data[matched.start(4) : matched.start(4) + 600])
            if not attributes.isdisjoint(names) or b"*" in rest:
                return True
        elif keyword == b"as":
            return True
        elif not before:
            start = max(data.rfind(b"\n", 0, matched.start()), data.rfind(b";", 0, matched.start())) + 1
            line = data[start : matched.start()]
            if b"#" in line or line.lstrip()[:7] == b"import " or line.lstrip()[:5] == b"from ":
                continue
            after = data[matched.end() : matched.end() + 1]
            # A bare mention hands the module on: an argument, an assignment, a result, a string given to an import. At
            # the start of a line it goes on with what the line before began.
            if after in b",)]};'\"\n\r #" and (not line.strip() or _HANDS_ON.search(line)):
                return True
    return False
