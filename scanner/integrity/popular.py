"""Names of popular projects, and how a name can be mistaken for one of them.

``data/popular.txt.gz`` holds the canonical names of the most downloaded projects of the public index as of November
2026, most downloaded first, one a line.
"""

from __future__ import annotations

import functools
import gzip
import re
from importlib import resources
from typing import Literal

import msgspec

TARGETS = 3_000
"""How many of the most downloaded names are worth imitating; all of the list are exempt from suspicion themselves."""
MIN_LENGTH = 5
SHORT_RANK = 200
"""Names of five letters have many honest neighbours: only the best known of them are worth imitating."""
MAX_LENGTH = 64
Likeness = Literal["known-confusion", "look-alike", "separator", "word-order", "one-letter"]
KNOWN_CONFUSIONS = {
    "attr": "attrs",
    "crypto": "pycryptodome",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "git": "gitpython",
    "jwt": "pyjwt",
    "pil": "pillow",
    "request": "requests",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "usb": "pyusb",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}
"""Import names that people type where the distribution has another name, each taken by somebody else on the index."""


class Resemblance(msgspec.Struct, frozen=True):
    """``name`` could be taken for ``target``, the ``rank``-th most downloaded project, because of ``how``."""

    name: str
    target: str
    rank: int
    how: Likeness


@functools.cache
def popular() -> dict[str, int]:
    """Canonical name → rank, from 1."""
    raw = resources.files("scanner.integrity").joinpath("data", "popular.txt.gz").read_bytes()
    names = gzip.decompress(raw).decode("ascii").split()
    return {name: rank for rank, name in enumerate(names, 1)}


@functools.cache
def _targets() -> tuple[str, ...]:
    return tuple(list(popular())[:TARGETS])


@functools.cache
def _by_shape() -> dict[tuple[str, str], str]:
    """(kind of shape, shape) → the most downloaded name of that shape."""
    found: dict[tuple[str, str], str] = {}
    for name in _targets():
        for key in (("look-alike", _letters(name)), ("separator", _joined(name)), ("word-order", _words(name))):
            found.setdefault(key, name)
    return found


def _letters(name: str) -> str:
    """The name with letters and digits that look alike in common fonts made one."""
    text = name.replace("rn", "m").replace("vv", "w").replace("cl", "d")
    return text.translate(str.maketrans("01i53", "ollse"))


def _joined(name: str) -> str:
    return name.replace("-", "")


def _words(name: str) -> str:
    return "-".join(sorted(name.split("-")))


def resembles(name: str) -> Resemblance | None:
    """The popular project that the canonical name could be taken for, or ``None``. Popular names resemble nobody."""
    ranks = popular()
    if name in KNOWN_CONFUSIONS:
        target = KNOWN_CONFUSIONS[name]
        return Resemblance(name, target, ranks.get(target, 0), "known-confusion")
    if name in ranks or not MIN_LENGTH <= len(name) <= MAX_LENGTH:
        return None
    shapes = _by_shape()
    shape: Likeness
    for shape, text in (("look-alike", _letters(name)), ("separator", _joined(name)), ("word-order", _words(name))):
        target = shapes.get((shape, text), "")
        if target and target != name and len(target) >= MIN_LENGTH:
            return Resemblance(name, target, ranks[target], shape)
    return _one_letter(name, ranks)


def _one_letter(name: str, ranks: dict[str, int]) -> Resemblance | None:
    """A neighbour at one insertion, deletion, replacement or swap; differing digits are versions, not typing errors."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    near = process.extract(name, _targets(), scorer=OSA.distance, score_cutoff=1, limit=8)
    plain = re.sub(r"\d", "", name)
    usable = [
        target
        for target, _, _ in near
        if (len(target) > MIN_LENGTH or ranks[target] <= SHORT_RANK)
        and re.sub(r"\d", "", target) != plain
        and not _is_other_word(name, target)
    ]
    if not usable:
        return None
    target = min(usable, key=lambda one: ranks[one])
    return Resemblance(name, target, ranks[target], "one-letter")


def _is_other_word(name: str, target: str) -> bool:
    """True where the letter stands in a short word of a compound: ``types-foo`` and ``types-fop`` are two projects."""
    left, right = name.split("-"), target.split("-")
    if len(left) != len(right):
        return False
    changed = [(one, two) for one, two in zip(left, right, strict=True) if one != two]
    return len(left) > 1 and all(min(len(one), len(two)) < MIN_LENGTH for one, two in changed)
