"""Relevance: the files of an artifact for which some rule could hold. The others are not parsed.

From each rule this derives what a file must be able to give: an act of one of its roles, a label of each of its groups,
and the other acts that it names. Which acts and labels a file can give is read from its bytes (``marks``), and which
of the acts can run at import from its outline (``contexts``). For code that runs at import in an artifact whose files
are judged together, any text counts as possible; else text must be written in pieces that can be found, or be hidden.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Set

import msgspec

from scanner.code.anchors import can_matter
from scanner.code.catalogue import load_catalogue
from scanner.code.compatible import compatible_starts, normalised
from scanner.code.contexts import contexts, divided, run_at_import
from scanner.code.marks import Marks, without_prose
from scanner.code.prose import Prose
from scanner.code.rules import Also, Match, load_rules
from scanner.code.source import decode, is_coded_otherwise, reads_docstrings
from scanner.code.vocabulary import HANDED

_SHARP = frozenset({"network", "dns", "process", "clone"})
_OUT_OF_DATA = frozenset({"unpickle", "data-code"})
_AT_CALL = frozenset({"call"})
_AT_IMPORT = frozenset({"import", "entry-point"})


class Clause(msgspec.Struct, frozen=True):
    """One way in which a rule holds, as far as a file decides it. ``apart``: as one of ``others``, the act may happen
    at another moment than the first."""

    roles: frozenset[str]
    labels: tuple[tuple[str, ...], ...]
    others: tuple[Clause, ...] = ()
    apart: bool = False


@functools.cache
def clauses(at_import: bool, small: bool = True) -> tuple[Clause, ...]:
    """The clauses of all rules for acts at import (or from an entry point), or for acts when called.

    ``small``: with those that only hold in an artifact with little source.
    """
    wanted = _AT_IMPORT if at_import else _AT_CALL
    found: dict[Clause, None] = {}
    for rule in load_rules():
        for match in rule.match:
            triggers = match.triggers or rule.triggers
            if triggers and not wanted & set(triggers):
                continue
            roles = frozenset(role for role in match.event if not role.startswith("fact:"))
            if not at_import:
                # What a family is given is noted where code runs by itself.
                roles -= HANDED
            only_small = any("fact:small" in also.event for also in match.also)
            if roles and (small or not only_small):
                found[_clause(match, roles)] = None
    return tuple(found)


def _clause(match: Match | Also, roles: frozenset[str]) -> Clause:
    others = tuple(
        _clause(also, frozenset(also.event))
        for also in getattr(match, "also", ())
        if also.scope != "artifact" and not any(role.startswith("fact:") for role in also.event)
    )
    facts = tuple(also.event for also in getattr(match, "also", ()) if "fact:crypto-address" in also.event)
    apart = getattr(match, "scope", "context") != "context"
    return Clause(roles, (*match.labels, *((("text.crypto-address",),) if facts else ())), others, apart)


@functools.cache
def _said() -> frozenset[str]:
    """The labels that strings give."""
    return frozenset(one.label for one in load_catalogue().strings)


def _holds(
    clause: Clause,
    roles: Collection[str],
    everywhere: Collection[str],
    marks: Marks,
    any_text: bool,
    whole: Marks | None = None,
) -> bool:
    """``marks``: of the text that runs at that moment; ``whole``: of the file, for what may happen at another."""
    if clause.roles.isdisjoint(roles):
        return False
    if any_text and (marks.large or clause.roles.isdisjoint(_SHARP & set(roles))):
        any_text = False
    for group in clause.labels:
        if not any((any_text and label in _said()) or marks.has(label) for label in group):
            return False
    return all(
        _holds(other, everywhere, everywhere, whole or marks, any_text)
        if other.apart
        else _holds(other, roles, everywhere, marks, any_text, whole)
        for other in clause.others
    )


def marks_of(data: bytes, large: bool, seen: Set[bytes] | None = None, logs: bool = True) -> Marks:
    """The marks of one file: of its code, without docstrings that nothing reads. ``large``: of a large artifact.
    ``seen``: what a first pass over the bytes saw, if there was one. ``logs``: see :class:`Marks`."""
    plain = plain_bytes(data, seen)
    prose = Prose(plain)
    return Marks(prose if reads_docstrings(plain) else prose.undocumented(), large, logs)


def _handles_logs(data: bytes) -> bool:
    """Whether a file may say who receives what is logged."""
    return (
        b"Handler" in data or b"handlers" in data or (b"logging" in data and (b"Filter" in data or b"Format" in data))
    )


def relevant(
    files: Mapping[str, bytes],
    linked: bool,
    small: bool,
    started: Collection[str],
    known: dict[str, Marks],
    glances: Mapping[str, set[bytes]],
) -> frozenset[str]:
    """The paths of those ``files`` that must be evaluated.

    ``linked``: values flow from file to file at import, so that the import of all files is judged together.
    ``small``: the artifact holds little source. ``started``: files that hold functions which entry points call.
    ``known`` keeps the marks of the files that are; ``glances`` holds what a first pass over each file saw.
    """
    texts = {path: data for path, data in files.items() if can_matter(data, glances[path])}
    if not texts:
        return frozenset()
    logs = any(map(_handles_logs, files.values()))
    if linked:
        plain = {path: plain_bytes(data, glances[path]) for path, data in files.items()}
        whole = {path: Prose(data) for path, data in plain.items()}
        if not any(reads_docstrings(data) for data in plain.values()):
            whole = {path: prose.undocumented() for path, prose in whole.items()}
        marks = Marks(Prose.together(list(whole.values())), logs=logs)
        parts = [contexts(without_prose(prose, marks) or prose.data) for prose in whole.values()]
        entered = any(path in started for path in files)
        if _at_import(marks, run_at_import(parts) if not entered else marks.words, small):
            # A second look, as at the files of large artifacts: names where code stands.
            marks.refine()
            if _at_import(marks, run_at_import(parts) if not entered else marks.words, small):
                return frozenset(files)
        return frozenset(path for path in texts if _waits(Marks(whole[path], logs=logs), small))
    found: set[str] = set()
    for path, data in texts.items():
        marks = marks_of(data, large=True, seen=glances[path], logs=logs)
        if not (_at_call(marks, small) or _possible(marks, small)):
            continue
        marks.refine()
        if _at_call(marks, small) or _imported(marks, path in started, small):
            found.add(path)
            known[path] = marks
    return frozenset(found)


def plain_bytes(data: bytes, seen: Set[bytes] | None = None) -> bytes:
    """The bytes as UTF-8 with identifiers as the interpreter sees them."""
    if is_coded_otherwise(data):
        data, seen = decode(data).encode("utf-8", "surrogatepass"), None
    if seen is None or not seen.isdisjoint(compatible_starts()):
        data = normalised(data, seen)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data.replace(b"\f", b" ")


@functools.cache
def _by_role(at_import: bool, small: bool) -> dict[str, tuple[Clause, ...]]:
    """The clauses, each under one of its roles for every role it has."""
    found: dict[str, list[Clause]] = {}
    for one in clauses(at_import, small):
        for role in sorted(one.roles):
            found.setdefault(role, []).append(one)
    return {role: tuple(some) for role, some in found.items()}


def _some_holds(
    at_import: bool,
    small: bool,
    roles: Collection[str],
    everywhere: Collection[str],
    marks: Marks,
    whole: Marks | None = None,
) -> bool:
    by_role = _by_role(at_import, small)
    if at_import and not _OUT_OF_DATA.isdisjoint(roles):
        # What stands in the data may call anything.
        roles = {*roles, "dynamic-code", "layer"}
    return any(
        _holds(one, roles, everywhere, marks, at_import, whole)
        for role in roles
        if role in by_role
        for one in by_role[role]
    )


def _at_call(marks: Marks, small: bool) -> bool:
    return _some_holds(False, small, marks.all_roles, marks.all_roles, marks)


def _waits(marks: Marks, small: bool) -> bool:
    """Whether some rule could hold when a function of the file is called, also on the second look."""
    if not _at_call(marks, small):
        return False
    marks.refine()
    return _at_call(marks, small)


def _possible(marks: Marks, small: bool) -> bool:
    """Whether some rule about import could hold, if all of the file ran then."""
    return _some_holds(True, small, marks.all_roles, marks.all_roles, marks)


def _imported(marks: Marks, whole: bool, small: bool) -> bool:
    """Whether some rule could hold when the file of a large artifact is imported: with the acts and the texts that its
    own course then has, for no value comes from another file."""
    if not _possible(marks, small):
        return False
    if whole:
        return True
    mentioned, waiting = divided([marks.outline])
    if not _at_import(marks, mentioned, small):
        return False
    return not waiting or _at_import(marks, mentioned, small, marks.without(waiting))


def _at_import(marks: Marks, mentioned: set[bytes], small: bool, part: Marks | None = None) -> bool:
    """``part``: the marks of the text that runs then, where they are asked apart."""
    roles = marks.roles({word.lstrip(b".") for word in mentioned}, mentioned if marks.large else None)
    return _some_holds(True, small, roles, marks.all_roles, part or marks, marks)


@functools.cache
def _sought(small: bool) -> tuple[tuple[Clause, bool, frozenset[str]], ...]:
    """Clauses, whether they are about acts at import, and the roles of the acts that a call must give for them.

    What an act needs beside it in the same course of action is seen where the act is: there, or in what it calls. What
    happens at import is seen at import; only what may happen at another moment is looked for in calls.
    """
    found = [
        (
            one,
            at_import,
            (frozenset[str]() if at_import else one.roles).union(*(other.roles for other in one.others if other.apart)),
        )
        for at_import in (False, True)
        for one in clauses(at_import, small)
    ]
    return tuple(entry for entry in found if entry[2])


def useful_words(marks: Marks, small: bool) -> set[bytes] | None:
    """The words of which a function must hold one for some rule to be about it when it is called; ``None``: any."""
    everywhere = marks.all_roles
    found: set[str] = set()
    for one, at_import, roles in _sought(small):
        if (
            not roles <= found
            and not one.roles.isdisjoint(everywhere)
            and _holds(one, everywhere, everywhere, marks, at_import)
        ):
            found |= roles
    return marks.words_for(frozenset(found)) if found else set()
