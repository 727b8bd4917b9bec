"""The bounds of the engine. Past one of them a value is given up, not the file: what follows is evaluated.

A bound past which something of a file stays unseen is a gap of that file, and is said.
"""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """Bounds per file and per artifact. Bytes, evaluation steps and seconds; depths count nested levels.

    ``max_const`` bounds a folded string, bytes value or container, in elements.
    """

    max_file_bytes: int = 8 * 1024 * 1024
    max_parse_bytes: int = 4 * 1024 * 1024
    small_bytes: int = 60_000
    max_linked_bytes: int = 120_000
    max_files: int = 60_000
    max_artifact_bytes: int = 1024 * 1024 * 1024
    max_reached_bytes: int = 32 * 1024 * 1024
    max_steps: int = 400_000
    max_artifact_steps: int = 800_000
    max_import_steps: int = 40_000
    max_followed_steps: int = 15_000
    brief_steps: int = 1_500
    max_file_seconds: float = 10.0
    max_artifact_seconds: float = 60.0
    max_const: int = 4 * 1024 * 1024
    max_call_steps: int = 5_000
    max_small_steps: int = 30_000
    max_calls: int = 24
    max_call_depth: int = 80
    max_waiting_depth: int = 4
    max_library_steps: int = 2_000
    max_library_import_steps: int = 10_000
    max_library_depth: int = 2
    max_layers: int = 14
    max_layer_count: int = 200
    max_loop: int = 4096
    max_rounds: int = 65_536
    max_linear_steps: int = 4_000_000
    max_novel_calls: int = 64
    max_nesting: int = 400


class BoundReached(Exception):  # noqa: N818 - it says what happened, and nothing went wrong
    """A bound of :class:`Limits`; ``reason`` ends the sentence "analysis ended early because …"."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
