"""Contexts: which text of a file runs when it is imported, and which only when somebody calls it. By lines, unparsed.

Everything that is not plainly the body of a function counts as run at import; so does a function whose name is
mentioned where something runs, and a method whose name and class are.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

import msgspec

from scanner.code.anchors import words_of
from scanner.code.catalogue import load_catalogue
from scanner.code.prose import seams

_HEAD = re.compile(
    rb"^(?P<decorated>(?:[ \t]*+@[^\n]*+\n)*+)(?P<indent>[ \t]*+)(?:(?:async[ \t]+)?def[ \t]+(?P<name>\w++)[ \t]*+"
    rb"(?P<header>\((?:[^()'\"#]++|'[^'\\\n]*+'|\"[^\"\\\n]*+\"|\((?:[^()]++|\([^()]*+\))*+\))*+\)[^\n:]*+:)"
    rb"[ \t]*(?:#[^\n]*)?\n|class[ \t]+(?P<cls>\w+)(?P<bases>[^\n]*)\n)",
    re.MULTILINE,
)
_START = re.compile(rb"\n[ \t]*(?:@|def[ \t]|class[ \t]|async[ \t])")
"""Where a header can start. It begins with a literal, so that the lines between cost next to nothing."""
_DECORATOR = re.compile(rb"@[ \t]*([\w.]+)")
"""What is called with the function. Its own arguments stand outside every body anyway."""
_IMPORT = re.compile(
    rb"^[ \t]*+(?:from[ \t]++([\w.]++)[ \t]++)?import[ \t]++"
    rb"(?:\((?:(?!\bas\b)[\w,\s])*+\)[ \t]*+|(?:(?!\bas\b)[\w., \t])++)(?:#[^\n]*)?$",
    re.MULTILINE,
)
"""Imports that rename nothing: who uses what they bring in must write its name again."""
_DEFAULT = re.compile(rb"=[^=]")


class Body(msgspec.Struct, frozen=True):
    """The body of a function: its name, the class it stands in, its text, the names of its decorators, how far it is
    indented, and which bytes of the file it is."""

    name: bytes
    cls: bytes
    text: bytes
    decorators: set[bytes]
    indent: bytes
    start: int
    end: int


class Contexts(msgspec.Struct, frozen=True):
    """``outside``: the words that stand outside functions. ``bodies``: the functions. ``bases``: of each class, the
    words of its header."""

    outside: set[bytes]
    bodies: tuple[Body, ...]
    bases: tuple[tuple[bytes, set[bytes]], ...]


@functools.cache
def _runners() -> frozenset[bytes]:
    names = {name.replace("()", "").rpartition(".")[2].encode() for name in load_catalogue().runs_argument}
    return frozenset(names | {b"exec", b"eval"})


def contexts(data: bytes) -> Contexts:
    """Split a file. Where the split is in doubt, all of it stands outside."""
    outside: list[bytes] = []
    bodies: list[Body] = []
    bases: list[tuple[bytes, set[bytes]]] = []
    within: list[tuple[int, bytes]] = []
    at = 0
    for matched in _heads(data):
        start = matched.start("indent")
        if start < at:
            continue
        indent = matched["indent"]
        while within and within[-1][0] >= len(indent):
            within.pop()
        continued = data[max(start - 3, 0) : start]
        if b"\\\n" in continued or b"\\\r\n" in continued:
            continue
        if matched["cls"]:
            within.append((len(indent), matched["cls"]))
            if b"metaclass" not in matched["bases"] and not matched["decorated"]:
                outside.append(data[at : matched.start("cls")])
                bases.append((matched["cls"], mentions(matched["bases"])))
                # A body on the line of the header, or a call among the bases, runs at once.
                at = (
                    matched.start("bases")
                    if b"(" in matched["bases"][1:] or not matched["bases"].rstrip().endswith(b":")
                    else matched.end()
                )
            continue
        end = end_of_body(data, indent, matched.end())
        body = data[matched.end() : end]
        if body.count(b'"""') % 2 or body.count(b"'''") % 2:
            continue
        outside.append(data[at:start])
        default = _DEFAULT.search(matched["header"])
        if default is not None and b"(" in matched["header"][default.end() :]:
            outside.append(matched["header"])
        text = matched["header"] + b"\n" + body
        cls = within[-1][1] if within else b""
        decorators = words_of(b" ".join(_DECORATOR.findall(matched["decorated"])))
        bodies.append(Body(matched["name"], cls, text, decorators, indent, matched.end(), end))
        at = end
    outside.append(data[at:])
    return Contexts(mentions(_IMPORT.sub(_imported, b"\n".join(outside))), tuple(bodies), tuple(bases))


def _imported(found: re.Match[bytes]) -> bytes:
    """What stays of an import that renames nothing: the module, where any name of it is an act."""
    module: bytes | None = found[1]
    return module if module is not None and not _families().isdisjoint(module.split(b".")) else b""


@functools.cache
def _families() -> frozenset[bytes]:
    return frozenset(name.rpartition(".")[2].encode() for name in load_catalogue().families if not name.endswith("()"))


_MENTIONED = bytes(byte if (chr(byte).isalnum() and byte < 128) or byte in b"_." else 32 for byte in range(256))


def mentions(data: bytes) -> set[bytes]:
    """The words of the bytes, and of neighbouring literals; what is written as an attribute has its dot before it."""
    return set(data.replace(b".", b" .").translate(_MENTIONED).split()) | words_of(seams(data))


@functools.lru_cache(256)
def _after(indent: bytes) -> re.Pattern[bytes]:
    """The end of the last line of a body: what follows is neither indented further nor blank nor a comment."""
    return re.compile(rb"\n(?!" + re.escape(indent) + rb"[ \t]|[ \t]*(?:#[^\n]*)?\n)")


def end_of_body(data: bytes, indent: bytes, start: int) -> int:
    """Where the lines end that belong to a header with that indentation, which ends at ``start``."""
    after = _after(indent).search(data, start - 1)
    return after.start() + 1 if after is not None else len(data)


def _heads(data: bytes) -> Iterator[re.Match[bytes]]:
    """The headers of functions and classes, in order."""
    matched = _HEAD.match(data)
    at = 0
    while True:
        if matched is not None:
            yield matched
            at = matched.end() - 1
        place = _START.search(data, at)
        if place is None:
            return
        at = place.start() + 1
        matched = _HEAD.match(data, at)


def run_at_import(parts: Iterable[Contexts]) -> set[bytes]:
    """What the text that can run when these files are imported mentions (see :func:`mentions`)."""
    return divided(list(parts))[0]


def divided(known: list[Contexts]) -> tuple[set[bytes], list[Body]]:
    """What is mentioned by that text, and the bodies whose text does not run then."""
    words: set[bytes] = set()
    for one in known:
        words |= one.outside
    waiting = [body for one in known for body in one.bodies]
    bases = [pair for one in known for pair in one.bases]
    names = {body.name for body in waiting} | {name for name, _ in bases} | _runners()
    alone = len(known) == 1
    while True:
        before = len(words)
        for name, found in bases:
            if name in words or (not alone and b"." + name in words):
                words |= found
        left: list[Body] = []
        for body in waiting:
            if _reached(body, words, names, alone):
                words |= mentions(body.text)
            else:
                left.append(body)
        waiting = left
        if len(words) == before:
            return words, waiting


def _reached(body: Body, words: set[bytes], names: set[bytes], alone: bool) -> bool:
    if body.decorators and not body.decorators.isdisjoint(names) and (body.decorators - {b"property"}) & names:
        return True
    if body.cls and body.cls not in words and (alone or b"." + body.cls not in words):
        # Nobody makes one of the class; but the body of the class itself calls its functions by their bare names.
        return body.name in words
    # Methods that Python calls by itself, and what a module is asked for by PEP 562.
    return _mentioned(body, words, alone) or body.name.startswith(b"__")


def _mentioned(body: Body, words: set[bytes], alone: bool) -> bool:
    """A function of one file alone is called by its bare name; methods, and functions of other files, by an attribute.
    Where a dot stands by itself, or a module can be looked up, every attribute counts."""
    if body.name in words:
        return True
    if body.cls or not alone or b"." in words or not words.isdisjoint(_OWN_MODULE):
        return b"." + body.name in words
    return False


_OWN_MODULE = frozenset([b".modules", b"modules", b".import_module", b"import_module", b"__import__"])
