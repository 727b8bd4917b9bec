"""The vocabulary of the rules: which qualified names and strings mean what. Data of ``rules/catalogue/*.toml``."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

import msgspec
import tomli
from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

from scanner.code.rulefiles import rule_files
from scanner.model.errors import InputError

MAX_LABELLED = 24 * 1024
_NONE: frozenset[str] = frozenset()
_BLOB = re.compile(r"[A-Za-z0-9+/=_\\-]{1500}")


class StringMeaning(msgspec.Struct, frozen=True):
    """``label`` is given to strings that hold one of ``literals`` (lower case) and, where given, match ``pattern``.

    ``scan``, where given, is found in every file in which such a string is written out: the filter asks it. So is one
    of ``words`` (whole) or ``texts``, where there are any (lower case).
    """

    label: str
    literals: tuple[str, ...]
    pattern: str = ""
    scan: str = ""
    words: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def matches(self, text: str) -> bool:
        """Whether the pattern, if any, is found in the text."""
        return not self.pattern or _compiled(self.pattern).search(text) is not None


# Compiling all of them takes longer than most files do, and most are never asked for.
@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@functools.cache
def compiled_bytes(pattern: str) -> re.Pattern[bytes]:
    """The pattern of :attr:`StringMeaning.scan`."""
    return re.compile(pattern.encode())


class Catalogue:
    """``roles``: qualified name → what calling it does. ``labels``: qualified name → what its value holds.

    ``families``: how the names of a family begin → its kind; ``taken``: the labels of what no family is to be given.
    """

    def __init__(self) -> None:
        self.roles: dict[str, frozenset[str]] = {}
        self.labels: dict[str, frozenset[str]] = {}
        self.strings: list[StringMeaning] = []
        self.capabilities: dict[str, str] = {}
        self.parameters: dict[str, frozenset[str]] = {}
        self.silent_roles: frozenset[str] = frozenset()
        self.meanings: dict[str, str] = {}
        self.runs_argument: frozenset[str] = frozenset()
        self.families: dict[str, str] = {}
        self.taken: frozenset[str] = frozenset()
        self._finder = BytesAhoCorasick(())
        self._meant: list[frozenset[int]] = []
        self._seen: dict[str, frozenset[str]] = {}

    def family(self, name: str) -> str:
        """The kind of family (``hosts``, ``places``) that a qualified name belongs to; empty where it is of none."""
        end = len(name)
        while end > 0:
            found = self.families.get(name[:end])
            if found is not None:
                return found
            end = max(name.rfind(".", 0, end), name.rfind("()", 0, end))
        return ""

    def finish(self) -> None:
        """Build the one matcher that finds the literals of all meanings of strings."""
        meant: dict[str, set[int]] = {}
        for number, meaning in enumerate(self.strings):
            for literal in meaning.literals:
                meant.setdefault(literal, set()).add(number)
        encoded = [one.encode() for one in meant]
        self._finder = BytesAhoCorasick(encoded, MatchKind.Standard, Implementation.DFA)
        self._meant = [frozenset(numbers) for numbers in meant.values()]

    def string_labels(self, text: str) -> frozenset[str]:
        """The labels of a string by what is written in it."""
        if len(text) < 3:
            return frozenset()
        found = self._seen.get(text)
        if found is None:
            if len(text) > MAX_LABELLED:
                text = text[:MAX_LABELLED] + "\n" + text[-MAX_LABELLED // 3 :]
            if len(text) > 1500:
                # Encoded data say nothing by themselves, and cost patterns the most.
                text = _BLOB.sub(" ", text)
            found = self._label(text)
            if len(self._seen) > 20_000:
                self._seen.clear()
            if len(text) < 2000:
                self._seen[text] = found
        return found

    def says_nothing(self, texts: Iterable[str]) -> bool:
        """Whether none of the texts gives a label: found with one search for all, where they are many."""
        together = "\0".join(texts).lower().encode("utf-8", "surrogatepass")
        return not self._finder.find_matches_as_indexes(together, overlapping=True)

    def says(self, label: str, text: str) -> bool:
        """Whether a text of any length holds what gives strings the label."""
        lowered = text.lower()
        return any(
            any(one in lowered for one in meaning.literals) and meaning.matches(text)
            for meaning in self.strings
            if meaning.label == label
        )

    def _label(self, text: str) -> frozenset[str]:
        found = self._finder.find_matches_as_indexes(text.lower().encode("utf-8", "surrogatepass"), overlapping=True)
        if not found:
            return _NONE
        candidates = sorted(frozenset().union(*(self._meant[one] for one in {number for number, _, _ in found})))
        return frozenset(
            meaning.label for meaning in (self.strings[number] for number in candidates) if meaning.matches(text)
        )


def _merge(target: dict[str, frozenset[str]], names: Iterable[str], value: str) -> None:
    for name in names:
        target[name] = target.get(name, frozenset()) | {value}


def _strings(where: str, table: dict[str, object], key: str) -> tuple[str, ...]:
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise InputError(f"{key} must be a list of strings", where=where)
    return tuple(found)


@functools.cache
def load_catalogue() -> Catalogue:
    """Read ``rules/catalogue/*.toml``. Raises :class:`InputError` where a file is not what it must be."""
    catalogue = Catalogue()
    for path in rule_files("catalogue"):
        try:
            document = tomli.loads(path.read_text("utf-8"))
        except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"not a catalogue file: {error}", where=str(path)) from None
        for role, table in document.get("role", {}).items():
            names = _strings(str(path), table, "names")
            _merge(catalogue.roles, names, role)
            catalogue.meanings[role] = str(table.get("what", ""))
            if table.get("silent"):
                catalogue.silent_roles |= {role}
            if table.get("capability"):
                for name in names:
                    catalogue.capabilities.setdefault(name, table["capability"])
        for label, table in document.get("label", {}).items():
            _merge(catalogue.labels, _strings(str(path), table, "names"), label)
            catalogue.meanings[label] = str(table.get("what", ""))
        for label, table in document.get("parameter", {}).items():
            _merge(catalogue.parameters, _strings(str(path), table, "names"), label)
            catalogue.meanings[label] = str(table.get("what", ""))
        for label, table in document.get("string", {}).items():
            catalogue.meanings[label] = str(table.get("what", ""))
            pattern = str(table.get("pattern", ""))
            literals = tuple(one.lower() for one in _strings(str(path), table, "literals"))
            scan = str(table.get("scan", ""))
            written = table.get("written", {})
            words, texts = (_strings(f"{path}: {label}", written, key) for key in ("words", "texts"))
            catalogue.strings.append(StringMeaning(label, literals, pattern, scan, words, texts))
        for kind, table in document.get("family", {}).items():
            catalogue.families |= dict.fromkeys(_strings(str(path), table, "names"), kind)
        catalogue.taken |= frozenset(_strings(str(path), document.get("taken", {}), "names"))
        runs = document.get("runs-argument", {})
        catalogue.runs_argument |= frozenset(_strings(str(path), runs, "names"))
    catalogue.finish()
    return catalogue
