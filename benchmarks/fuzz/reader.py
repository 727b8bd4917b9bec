"""What a fuzzed reader is: its seeds, how often it is asked, and one function that reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


class Refused(Exception):  # noqa: N818 (it says what happened)
    """What the callers of a reader expect of it beside an ``AssayError``."""


@dataclass(frozen=True)
class Seed:
    """One input that a reader accepts. ``name`` is the file's (or part's) name, ``form`` chooses the mutators:
    ``text``, ``json``, ``toml``, ``python``, ``zip``, ``tar`` or ``bytes``."""

    name: str
    form: str
    body: bytes


Read = Callable[[Seed, Path], bool]
"""Reads one seed or mutant in an empty folder. True where it was accepted; an ``AssayError``, where it was refused."""


@dataclass(frozen=True)
class Reader:
    """``weight`` is its share of all inputs. ``seeds`` is called once in each process."""

    name: str
    weight: int
    seeds: Callable[[], list[Seed]]
    read: Read
