"""Marks: which acts and labels of the catalogue the bytes of a file can lead to, before anything is parsed.

Every answer errs towards yes. A name is reached only where its last part is written (also in pieces that stand beside
each other), where its module is handed to something that looks names up, or where names are put together at run time; a
string says something only where the pieces of its literal are written, or where text is assembled.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable

from scanner.code.anchors import is_imported
from scanner.code.catalogue import compiled_bytes, load_catalogue
from scanner.code.contexts import Body, Contexts, contexts
from scanner.code.hidden import (
    CLOSED,
    ESCAPED,
    QUOTES,
    REVERSED,
    decodes_otherwise,
    holds_payload,
    makes_text_of_numbers,
    replaces,
    unescaped,
)
from scanner.code.literals import beginnings
from scanner.code.lookups import imports_computed
from scanner.code.prose import Prose
from scanner.code.vocabulary import (
    ALIASES,
    BUILTINS,
    HANDED,
    LOOKED_UP,
    NATURAL,
    OF_FAMILIES,
    REFLECTIVE,
    SCRAMBLERS,
    Need,
    Said,
    vocabulary,
)

_TABLES_OF_NAMES = frozenset([b"globals", b"locals", b"vars", b"__dict__", b"modules"])
_TYPES = frozenset([b"FunctionType", b"CodeType"])
_CALLED = re.compile(rb"['\"]?\s*(?:\(|as\b)")
_TAKEN = re.compile(rb"(?:(?:=|return|yield|else|:)\s*(?:\w+\s*\.\s*)*|['\"])$")
_NO_BARE = (b"_", b".", b"'", b'"')
_ENDS = (b"", b",", b")", b"]", b"}", b";", b"\n", b"'", b'"', b"#")
"""What stands after a name that is a value by itself."""
_HANDS = (b"(", b",", b"=", b"[", b"{", b":", b"'", b'"')


class Marks:
    """The marks of one file, or of several that are judged together; each is looked for when it is asked for."""

    def __init__(self, prose: Prose, large: bool = False, logs: bool = True) -> None:
        """``large``: the file is part of a large artifact, where what is hidden must be hidden in the file itself.
        ``logs``: some file of the artifact may handle what is logged."""
        tables = vocabulary()
        self.prose = prose
        self.code = data = prose.data
        self.large, self.logs, self._refined = large, logs, False
        self._known: dict[str, bool] = {}
        self._known_names: dict[bytes, bool] = {}
        self._handed: dict[bytes, bool] = {}
        self.words = self._with_aliases(tables.names.within(data))
        self._spelt: set[bytes] = set()
        if self._runs_text():
            self._spelt = set().union(*(map(tables.names.within, (*self._other_readings, self.prose.met)))) - self.words
            self.words |= self._spelt
            self._forget()

    @functools.cached_property
    def _other_readings(self) -> tuple[bytes, ...]:
        """What the strings say where their escapes are read, or where they are read backwards."""
        if not self.large:
            return ()
        found: list[bytes] = []
        if b"\\" in self.code and ESCAPED.search(self.code) is not None:
            found.append(ESCAPED.sub(unescaped, self.prose.joined))
        if REVERSED.search(self.code) is not None:
            found.append(self.prose.joined[::-1])
        return tuple(found)

    @functools.cached_property
    def _pieces(self) -> set[bytes]:
        """The pieces of literals of the catalogue that the strings hold."""
        within = vocabulary().pieces.within
        return within(self.prose.joined.lower()).union(*(within(one.lower()) for one in self._other_readings))

    def _runs_text(self) -> bool:
        """Whether what a string says can be looked up as a name, or run."""
        return not (REFLECTIVE | BUILTINS | NATURAL).isdisjoint(self.words) or not self.all_roles.isdisjoint(
            {"process", "dynamic-code"}
        )

    def _forget(self) -> None:
        for name in _LOOKED_AT:
            self.__dict__.pop(name, None)
        self._known.clear()
        self._handed.clear()

    @functools.cached_property
    def _whole(self) -> set[bytes]:
        return vocabulary().whole.within(self._text.lower())

    @functools.cached_property
    def _text(self) -> bytes:
        """The strings one by one, once more without anything between them, and in their other readings."""
        return b"\n".join((self.prose.strings, self.prose.joined, *self._other_readings))

    def _with_aliases(self, words: set[bytes]) -> set[bytes]:
        words |= {head for alias, head in ALIASES.items() if alias in words}
        return words | {b"urllib", b"http"} if b"moves" in words else words

    @functools.cached_property
    def outline(self) -> Contexts:
        """What runs at import and what waits."""
        blanked = without_prose(self.prose, self)
        return contexts(self.code if blanked is None else blanked)

    def refine(self) -> None:
        """Look again, closer: at the names where only code stands, and for what decoders could decode."""
        words, self.words = self.words, self._with_aliases(vocabulary().names.within(self.prose.code))
        self._refined = True
        self._forget()
        if self._runs_text():
            self.words = words
            self._forget()

    def without(self, bodies: Iterable[Body]) -> Marks:
        """The marks of the same file without those bodies of functions (of :attr:`outline`)."""
        data, pieces, at = self.prose.data, [], 0
        for body in sorted(bodies, key=lambda one: one.start):
            if body.start >= at:
                pieces.append(data[at : body.start])
                at = body.end
        made = Marks(Prose(b" pass\n".join([*pieces, data[at:]])), self.large, self.logs)
        if self._refined:
            made.refine()
        return made

    # --- how names are reached

    @functools.cached_property
    def computed_import(self) -> bool:
        """A module is imported by a name that is no plain literal."""
        return imports_computed(self.code, self.words)

    @functools.cached_property
    def numbers(self) -> bool:
        """Text is made of numbers: of a list that is written out, or of other numbers one by one."""
        return makes_text_of_numbers(self.words, self._stated)

    @functools.cached_property
    def assembled(self) -> bool:
        """Text comes about by escapes, numbers, reversal or replacement."""
        data = self.code
        return (
            not SCRAMBLERS.isdisjoint(self.words)
            or self.numbers
            or (b"\\" in data and ESCAPED.search(data) is not None)
            or REVERSED.search(data) is not None
            or self._replaces
        )

    @functools.cached_property
    def scrambled(self) -> bool:
        """Text comes about here that is not written here: it is assembled, or a decoder gives it."""
        return self.assembled or "decoded" in self.name_labels

    @functools.cached_property
    def hides_text(self) -> bool:
        """Strings come about here that the pieces of literals do not show.

        In a large artifact escapes and reversed literals are read, and what a decoder gives must stand encoded in the
        file: else it comes from elsewhere, and is no text of this file.
        """
        if not self.large or not self._refined:
            return self.scrambled
        code = self.code
        return (
            self.numbers
            or not self.words.isdisjoint({b"maketrans", b"unichr", b"b85decode", b"a85decode"})
            or self._replaces
            or b"rot13" in code
            or b"rot_13" in code
            or (
                ("decoded" in self.name_labels or not SCRAMBLERS.isdisjoint(self.words) or self.altered)
                and holds_payload(self.prose.strings)
            )
        )

    @functools.cached_property
    def hides_names(self) -> bool:
        """Names come about here that are not written here. Of a large artifact, as for :attr:`hides_text`; the encoding
        of a name is short, and a literal turned around stands before its slice."""
        if not self.large or not self._refined:
            return self.scrambled
        decodes = "decoded" in self.name_labels or self.altered or not SCRAMBLERS.isdisjoint(self.words)
        return (
            self.hides_text
            or any(
                CLOSED.search(self.code, max(one.start() - 20, 0), one.start()) for one in REVERSED.finditer(self.code)
            )
            or (decodes and holds_payload(self.prose.strings, 6))
        )

    @functools.cached_property
    def _replaces(self) -> bool:
        """Letters of a literal are replaced, or it is turned around."""
        return replaces(self.words, self.code)

    @functools.cached_property
    def altered(self) -> bool:
        """Data are decoded here by other means than a decoder of the catalogue."""
        return decodes_otherwise(self.words, self.code, self._stated)

    @functools.cached_property
    def bare(self) -> bool:
        """``exec`` or ``eval`` are used as builtins, or builtins are looked up by name."""
        return not BUILTINS.isdisjoint(self.words) or (not NATURAL.isdisjoint(self.words) and uses_natural(self._coded))

    @property
    def _named(self) -> bytes:
        """Where names are looked for: in all of the file, or, on the second look, in its code and its short strings."""
        return self.prose.named if self._refined else self.code

    @property
    def _coded(self) -> bytes:
        """Where statements are looked for: in all of the file, or, on the second look, in its code."""
        return self.prose.code if self._refined else self.code

    @property
    def _stated(self) -> bytes:
        """Where operators and calls are looked for: on the second look only in code, unless text is run as code."""
        return self.code if self.bare else self._coded

    @functools.cached_property
    def handed_on(self) -> bool:
        """Some module is passed to something, where names are looked up by string."""
        return not REFLECTIVE.isdisjoint(self.words) and any(map(self._hands_on, vocabulary().heads & self.words))

    def _hands_on(self, head: bytes) -> bool:
        """Whether a module of that name is passed to something."""
        known = self._handed.get(head)
        if known is None:
            # A name that no import binds is a variable that is called like a module.
            known = self._handed[head] = (
                not self.words.isdisjoint(LOOKED_UP) or is_imported(self._coded, head)
            ) and self._is_handed_on(head)
        return known

    def _roles_of(self, head: bytes) -> set[str]:
        """Roles of the acts that a module of that name holds, as far as what else they need is written."""
        return {role for need, roles in vocabulary().by_head[head] if need <= self.words for role in roles}

    def _is_handed_on(self, head: bytes) -> bool:
        data = self._named
        for at in beginnings(data, head):
            end = at + len(head)
            after = data[end : end + 1]
            if after not in _ENDS and (
                not after.isspace() or ((rest := data[end : end + 80].lstrip()) and rest[:1] not in _ENDS)
            ):
                continue
            before = data[max(at - 60, 0) : at].rstrip(b" \t\n\\")
            if before[-1:] in _HANDS or before.endswith(
                (b"return", b"yield", b"else", b"or", b"and", b"in", b"lambda")
            ):
                return True
        return False

    @functools.cached_property
    def all_roles(self) -> frozenset[str]:
        """Roles of the acts that can be reached by any of its words."""
        return frozenset(self.roles(self.words))

    def roles(self, words: set[bytes], mentioned: set[bytes] | None = None) -> set[str]:
        """Roles of the acts that can be reached by the words of a part of the file. ``mentioned``: the same words with
        the dots before attributes; then an attribute counts where its module is at hand in that part."""
        tables = vocabulary()
        found: set[str] = set()
        for leaf in tables.roles.keys() & words:
            if (leaf in NATURAL and not self.bare) or (leaf in _TYPES and not self._makes_code):
                continue
            for need, roles in tables.roles[leaf]:
                if (need <= self.words or (self.computed_import and self.hides_names)) and (
                    mentioned is None or leaf in mentioned or not need or self._at_hand(need, words)
                ):
                    found |= roles
        if not REFLECTIVE.isdisjoint(words):
            for head in tables.heads & self.words:
                more = self._roles_of(head)
                # To look for a module in the text costs more than to see that it would add nothing.
                if not more <= found and self._hands_on(head):
                    found |= more
        if b"open" in words:
            found |= {"file-read", "file-open-write"}
        if b"__code__" in words:
            found.add("dynamic-code")
        if self.hides_names and not REFLECTIVE.isdisjoint(words):
            found.add("hidden-name")
            if self.computed_import or b"__builtins__" in words or b"builtins" in words:
                found |= tables.all_roles
        if found & {"process", "dynamic-code"}:
            if (
                ("process" in found and b"write" in self.words)
                or b"write_text" in self.words
                or b"write_bytes" in self.words
            ):
                found.add("layer")
            if self.hides_names and ("dynamic-code" in found or b"python" in self._text):
                found |= tables.all_roles
        if ("handed.log" in found and self.logs) or (
            "handed.place" in found and any(map(self.has, tables.destinations))
        ):
            found |= HANDED
        return found

    @functools.cached_property
    def _makes_code(self) -> bool:
        """The types of functions and code are called, or bound to another name; not only compared with."""
        return not self._refined or any(
            _CALLED.match(self._named, at + len(word)) is not None
            or _TAKEN.search(self._named[max(at - 100, 0) : at]) is not None
            for word in _TYPES
            for at in beginnings(self._named, word)
        )

    def _at_hand(self, need: Need, words: set[bytes]) -> bool:
        """Whether one of the names that lead to an attribute is among the words, or is bound under another name."""
        return not need.isdisjoint(words) or self.computed_import or any(self._rebound(one) for one in need)

    def _rebound(self, name: bytes) -> bool:
        known = self._known_names.get(name)
        if known is None:
            known = self._known_names[name] = _rebinds(name).search(self.code) is not None
        return known

    def words_for(self, wanted: frozenset[str]) -> set[bytes] | None:
        """Words of which a function must hold one to reach an act of the roles ``wanted``; ``None``: any will do."""
        tables = vocabulary()
        if not HANDED.isdisjoint(wanted):
            wanted |= OF_FAMILIES
        if self.hides_names and (self.bare or self.computed_import) and "dynamic-code" in self.all_roles:
            return None
        found = {
            leaf
            for leaf in tables.roles.keys() & self.words
            if any(
                (need <= self.words or self.computed_import) and roles & wanted for need, roles in tables.roles[leaf]
            )
        }
        if wanted & {"file-read", "file-open-write"}:
            found.add(b"open")
        if self.handed_on or self.hides_names or not self._spelt.isdisjoint(found):
            # The name may stand nowhere in the function that looks it up.
            found |= REFLECTIVE | BUILTINS
        return found

    # --- labels

    @functools.cached_property
    def name_labels(self) -> frozenset[str]:
        tables = vocabulary()
        found: set[str] = set()
        for leaf in tables.labels.keys() & self.words:
            for need, labels in tables.labels[leaf]:
                if need <= self.words or (self.computed_import and self.assembled):
                    found |= labels
        return frozenset(found)

    @functools.cached_property
    def _parameter_labels(self) -> frozenset[str]:
        """Labels of parameters by their names."""
        tables = vocabulary()
        return frozenset().union(
            *(tables.parameters[name] for name in tables.parameter_names.within(self.code.lower()))
        )

    def has(self, label: str) -> bool:
        """Whether a value of this file can carry the label."""
        known = self._known.get(label)
        if known is None:
            known = self._known[label] = self._has(label)
        return known

    def _has(self, label: str) -> bool:
        if label.endswith("*"):
            return True
        if label in self.name_labels or (label in vocabulary().parameter_labels and label in self._parameter_labels):
            return True
        made = _MADE_LABELS.get(label)
        if made is not None:
            return made(self)
        strings = vocabulary().strings.get(label)
        if strings is None:
            return label not in load_catalogue().meanings
        return self.hides_text or any(map(self._says, strings))

    def _says(self, one: Said) -> bool:
        return (
            (not one.pieces.isdisjoint(self._pieces) or any(literal <= self._pieces for literal in one.literals))
            and (
                not (one.words or one.texts)
                or not one.texts.isdisjoint(self._pieces)
                or not one.words.isdisjoint(self._whole)
            )
            and (not one.scan or compiled_bytes(one.scan).search(self._text) is not None)
        )


def uses_natural(code: bytes) -> bool:
    """``exec`` or ``eval`` stand there as names of their own, outside strings."""
    for word in NATURAL:
        for at in beginnings(code, word):
            before = code[max(at - 4, 0) : at]
            if (
                not before[-1:].isalnum()
                and before[-1:] not in _NO_BARE
                and before != b"def "
                and code[at + len(word) : at + len(word) + 1] not in QUOTES
            ):
                return True
    return False


_LOOKED_AT = (
    "all_roles", "altered", "assembled", "bare", "computed_import", "handed_on", "hides_text", "name_labels", "numbers",
    "hides_names", "outline", "scrambled", "_makes_code", "_replaces",
)  # fmt: skip
"""What is worked out from the words when it is asked for."""


_MADE_LABELS: dict[str, Callable[[Marks], bool]] = {
    "decoded": lambda marks: (
        marks.altered
        or not marks.words.isdisjoint(
            {b"ip_address", b"IPv4Address", b"IPv6Address", b"UUID", b"inet_aton", b"inet_pton"}
        )
    ),
    "hidden-destination": lambda marks: marks.has("decoded") and marks.hides_text,
    "computed": lambda marks: marks.numbers or b"oct" in marks.words or b"hex" in marks.words,
    "fetched": lambda marks: not marks.all_roles.isdisjoint({"network", "dns"}),
    "dropped": lambda marks: not marks.all_roles.isdisjoint({"file-write", "network"}),
    "dropped.fetched": lambda marks: marks.has("fetched"),
    "dropped.decoded": lambda marks: marks.has("decoded"),
    "encoded": lambda marks: False,
    "whole-home": lambda marks: b"expanduser" in marks.words or b"home" in marks.words,
    "metadata-sent": lambda marks: marks.has("dest.metadata"),
    "intercepted": lambda marks: True,
    "executable": lambda marks: True,
    "hidden-recipient": lambda marks: b"bcc" in marks.code.lower(),
    "file": lambda marks: b"open" in marks.words or b"io" in marks.words,
    "own-file": lambda marks: b"__file__" in marks.words,
    "variable": lambda marks: True,
    "known-text": lambda marks: True,
    "parameter": lambda marks: True,
}  # fmt: skip


@functools.cache
def _rebinds(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"\b" + name + rb"(?:\.[\w.]+)?[ \t]+(?:as|import)\b")


def without_prose(prose: Prose, marks: Marks) -> bytes | None:
    """The file with comments and strings blanked, so that only code mentions a name: all strings where nothing looks
    names up, else those that could be no name. ``None`` where code is run from text, which mentions names too."""
    if not BUILTINS.isdisjoint(marks.words) and not (REFLECTIVE | NATURAL).isdisjoint(marks.words):
        return None
    blanked = prose.code if REFLECTIVE.isdisjoint(marks.words) else prose.named
    return None if not NATURAL.isdisjoint(marks.words) and uses_natural(blanked) else blanked
