"""Literals: many byte strings looked for in one pass over the bytes (Aho and Corasick, 1975)."""

from __future__ import annotations

from collections.abc import Iterable

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

_WINDOW = 1024 * 1024
_LETTERS = frozenset(byte for byte in range(128) if chr(byte).isalnum() or byte == 95)


class Literals:
    """``words`` count where no letter, digit or underscore stands beside them; ``texts`` count anywhere."""

    def __init__(self, words: Iterable[bytes] = (), texts: Iterable[bytes] = ()) -> None:
        whole, anywhere = frozenset(words), frozenset(texts)
        self._patterns = sorted((whole | anywhere) - {b""})
        self._anywhere = [pattern in anywhere for pattern in self._patterns]
        self._only_texts = all(self._anywhere)
        self._longest = max(map(len, self._patterns), default=0) + 1
        self._automaton = BytesAhoCorasick(self._patterns, MatchKind.Standard, Implementation.DFA)

    def within(self, data: bytes) -> set[bytes]:
        """Those of the literals that stand in the bytes. Time grows with bytes and matches, not with the literals."""
        found: set[int] = set()
        # In windows, so that a file made of nothing but matches does not cost many times its size in memory.
        for offset in range(0, max(len(data), 1), _WINDOW):
            start = max(offset - 1, 0)
            self._search(data[start : offset + _WINDOW + self._longest] if len(data) > _WINDOW else data, found)
        return {self._patterns[number] for number in found}

    def _search(self, data: bytes, found: set[int]) -> None:
        if self._only_texts:
            found.update([match[0] for match in self._automaton.find_matches_as_indexes(data, overlapping=True)])
            return
        size, anywhere = len(data), self._anywhere
        for number, start, end in self._automaton.find_matches_as_indexes(data, overlapping=True):
            if number in found:
                continue
            if anywhere[number] or (
                (not start or data[start - 1] not in _LETTERS) and (end == size or data[end] not in _LETTERS)
            ):
                found.add(number)
