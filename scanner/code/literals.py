"""Literals: many byte strings looked for in one pass over the bytes (Aho and Corasick, 1975)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

_WINDOW = 1024 * 1024
_MANY = 200
LETTERS = frozenset(byte for byte in range(128) if chr(byte).isalnum() or byte == 95)
"""Bytes of identifiers and numbers."""
_SPACED = bytes(byte if byte in LETTERS else 32 for byte in range(256))


class Literals:
    """``words`` count where no letter, digit or underscore stands beside them; ``texts`` count anywhere."""

    def __init__(self, words: Iterable[bytes] = (), texts: Iterable[bytes] = ()) -> None:
        whole, anywhere = frozenset(words), frozenset(texts)
        self._patterns = sorted((whole | anywhere) - {b""})
        self._anywhere = [pattern in anywhere for pattern in self._patterns]
        self._only_texts = all(self._anywhere)
        # Of many words some are short and stand within others (``io`` in ``function``): they are looked for with the
        # blanks around them, in bytes whose other signs are blanks. Few are found faster as they are.
        self._only_words = not anywhere and len(whole) > _MANY and all(LETTERS.issuperset(word) for word in whole)
        self._longest = max(map(len, self._patterns), default=0) + 1
        spelt = [b" " + word + b" " for word in self._patterns] if self._only_words else self._patterns
        self._automaton = BytesAhoCorasick(spelt, MatchKind.Standard, Implementation.DFA)

    def within(self, data: bytes) -> set[bytes]:
        """Those of the literals that stand in the bytes. Time grows with bytes and matches, not with the literals."""
        found: set[int] = set()
        # In windows, so that a file made of nothing but matches does not cost many times its size in memory.
        for offset in range(0, max(len(data), 1), _WINDOW):
            start = max(offset - 1, 0)
            self._search(data[start : offset + _WINDOW + self._longest] if len(data) > _WINDOW else data, found)
        patterns = self._patterns
        return {patterns[number] for number in found}

    def _search(self, data: bytes, found: set[int]) -> None:
        if self._only_words:
            data = b" %b " % data.translate(_SPACED)
        matches = self._automaton.find_matches_as_indexes(data, overlapping=True)
        if self._only_words or self._only_texts:
            found.update([match[0] for match in matches])
            return
        size, anywhere = len(data), self._anywhere
        for number, start, end in matches:
            if number in found:
                continue
            if anywhere[number] or (
                (not start or data[start - 1] not in LETTERS) and (end == size or data[end] not in LETTERS)
            ):
                found.add(number)


def beginnings(data: bytes, word: bytes) -> Iterator[int]:
    """Where the word stands, alone or at the end of a longer one: many times faster than a pattern finds it."""
    at = data.find(word)
    while at >= 0:
        end = at + len(word)
        if end >= len(data) or data[end] not in LETTERS:
            yield at
        at = data.find(word, end)
