"""The vocabulary of the rules turned around: from words and pieces of literals to what they can mean."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import NamedTuple

from scanner.code.catalogue import Catalogue, load_catalogue
from scanner.code.decoders import DECODERS, ENCODERS
from scanner.code.literals import Literals

Need = frozenset[bytes]
ALIASES = {b"urllib2": b"urllib", b"httplib": b"http", b"posix": b"os", b"nt": b"os", b"_socket": b"socket"}
ALIASES |= {b"cPickle": b"pickle", b"Cryptodome": b"Crypto", b"thread": b"_thread"}
_HEADLESS = frozenset({"?"})
_SPLIT = re.compile(r"[\s/\\]+")
_SPLIT_PATH = re.compile(r"[/\\]+")
"""A command's words may be elements of a list, a path's parts arguments of a call."""
HANDED = frozenset({"handed"})
"""The role of a call within a family that data of this machine go into."""
_BY_FAMILY = {"hosts": HANDED, "places": frozenset({"handed.place"}), "logs": frozenset({"handed.log"})}
"""What a name of a family can be, as far as the filter knows: a place needs a location beside it, a log a handler."""
OF_FAMILIES = frozenset().union(*_BY_FAMILY.values())
NATURAL = frozenset({b"exec", b"eval"})
BUILTINS = frozenset({b"__builtins__", b"__builtin__", b"builtins", b"__self__"})
"""Ways to all builtins: ``print.__self__`` is their module."""
REFLECTIVE = frozenset(
    {b"getattr", b"__dict__", b"vars", b"globals", b"locals", b"attrgetter", b"methodcaller", b"__getattribute__"}
    | {b"import_module", b"__import__", b"modules"}
)
LOOKED_UP = frozenset([b"import_module", b"__import__", b"modules"]) | BUILTINS
"""Words by which a module is had without an import statement."""
SCRAMBLERS = frozenset([b"fromhex", b"maketrans", b"to_bytes", b"oct", b"unichr"])
CODED = frozenset([b"decode", b"encode", b"translate", b"unicode_escape", b"escape"])
_FIXED = frozenset().union(
    NATURAL, BUILTINS, REFLECTIVE, SCRAMBLERS, CODED,
    [b"chr", b"bytes", b"bytearray", b"hex", b"open", b"io", b"__file__", b"moves", b"replace", b"reversed"],
    [b"write", b"write_text", b"write_bytes"],
    [b"__code__", b"ip_address", b"IPv4Address", b"IPv6Address", b"UUID", b"inet_aton", b"inet_pton"],
)  # fmt: skip
"""Words that are asked for beside those of the catalogue."""


def _table(names: Iterable[tuple[str, frozenset[str]]]) -> dict[bytes, list[tuple[Need, frozenset[str]]]]:
    """Last part of a name → what else must be written for it, and what it means."""
    made: dict[bytes, list[tuple[Need, frozenset[str]]]] = {}
    for name, means in names:
        parts = name.split(".")
        # Old spellings leave out the middle of these (``urllib.urlopen``, ``urllib2.urlopen``, ``httplib``).
        middle = [one for one in parts[1:-1] if one.endswith("()") or parts[0] not in {"urllib", "http"}]
        need = {one.removesuffix("()").encode() for one in (*parts[: len(parts) > 1], *middle) if one not in _HEADLESS}
        made.setdefault(parts[-1].removesuffix("()").encode(), []).append((frozenset(need), means))
    return made


class Said(NamedTuple):
    """What must be written: one of ``pieces``, or all pieces of one of ``literals``; one of ``words`` or ``texts``, if
    any; what ``scan`` finds."""

    pieces: Need
    literals: tuple[Need, ...]
    words: Need
    texts: Need
    scan: str


class Vocabulary:
    """The catalogue, turned around: from words to roles and labels."""

    def __init__(self, catalogue: Catalogue) -> None:
        families = ((name, _BY_FAMILY[kind]) for name, kind in catalogue.families.items())
        self.roles = _table([*catalogue.roles.items(), *families])
        labelled = {**catalogue.labels}
        for name in DECODERS:
            labelled[name] = labelled.get(name, frozenset()) | {"decoded"}
        for name in ENCODERS:
            labelled[name] = labelled.get(name, frozenset()) | {"encoded"}
        self.labels = _table(labelled.items())
        self.parameters = {name.encode(): labels for name, labels in catalogue.parameters.items()}
        self.parameter_labels = frozenset().union(*self.parameters.values())
        self.heads = {name.partition(".")[0].removesuffix("()").encode() for name in catalogue.roles if "." in name}
        self.by_head: dict[bytes, list[tuple[Need, frozenset[str]]]] = {head: [] for head in self.heads}
        for entries in self.roles.values():
            for need, roles in entries:
                for head in need & self.heads:
                    self.by_head[head].append((need, roles))
        self.strings: dict[str, list[Said]] = {}
        for one in catalogue.strings:
            split = _SPLIT_PATH.split if one.label.startswith("path.") else _SPLIT.split
            # Of a piece of one letter nothing can be said that costs less than reading on: it counts as written.
            literals = tuple(
                frozenset(piece.encode() for piece in split(literal) if len(piece.encode()) > 1)
                for literal in one.literals
            )
            words, texts = (frozenset(text.encode() for text in some) for some in (one.words, one.texts))
            alone = frozenset(piece for literal in literals if len(literal) == 1 for piece in literal)
            several = tuple(literal for literal in literals if len(literal) != 1)
            self.strings.setdefault(one.label, []).append(Said(alone, several, words, texts, one.scan))
        pieces = {
            piece
            for some in self.strings.values()
            for said in some
            for one in (said.pieces, *said.literals)
            for piece in one
        }
        written = {text for some in self.strings.values() for said in some for text in said.texts}
        self.destinations = tuple(sorted(label for label in self.strings if label.startswith("dest.")))
        self.pieces = Literals(texts=pieces | written)
        self.parameter_names = Literals(words=self.parameters)
        self.whole = Literals(words={word for some in self.strings.values() for said in some for word in said.words})
        needed = {
            word for table in (self.roles, self.labels) for some in table.values() for need, _ in some for word in need
        }
        self.names = Literals(
            words={*self.roles, *self.labels, *self.heads, *needed, *ALIASES, *ALIASES.values(), *_FIXED}
        )
        self.all_roles = frozenset(role for roles in catalogue.roles.values() for role in roles) | {
            "file-read", "file-open-write", "hidden-name", "layer", *HANDED,
        }  # fmt: skip


@functools.cache
def vocabulary() -> Vocabulary:
    return Vocabulary(load_catalogue())
