"""One pass over the bytes of a file for everything that the engine asks of them before it looks closer.

The anchors of the rules, the words that prove capabilities, the marks of obfuscators, and runs of blanks: all of them
are literals, and one automaton finds them together.
"""

from __future__ import annotations

import functools

from scanner.code.anchors import sight_texts, sight_words
from scanner.code.capabilities import LITERALS
from scanner.code.literals import Literals

OBFUSCATORS = (
    b"__obfuscator__", b"billythegoat356", b"pyobfuscate.com", b"Obfuscated with ", b"# Obfuscated by ",
    b"_execute:str)->exec",
)  # fmt: skip
"""Marks that obfuscators leave in what they make."""
BLANKS = (b" " * 120, b"\t" * 60)
"""Runs that push what follows them out of sight."""
_WORDS = frozenset([b"exec", b"eval"])
"""Proofs of capabilities that count as whole words only: ``executor`` says nothing."""
CLIPBOARDS = (b"pyperclip", b"clipboard", b"Clipboard")


@functools.cache
def _all() -> Literals:
    proofs = {literal for some in LITERALS.values() for literal in some}
    texts = {*sight_texts(), *(proofs - _WORDS), *OBFUSCATORS, *BLANKS, *CLIPBOARDS}
    return Literals(sight_words() | _WORDS, texts)


def glance(data: bytes) -> set[bytes]:
    """The literals that stand in the bytes; anchors that are words count only as whole words."""
    return _all().within(data)
