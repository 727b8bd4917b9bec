"""``NotKnown``: what could not be learned, and why, as a value of its own."""

from __future__ import annotations

from typing import Literal

import msgspec


class NotKnown(msgspec.Struct, frozen=True, tag="not-known", gc=False):
    """Stands where a value would stand had it been learned. Never ``None``, never an empty list.

    ``reason`` ends the sentence "not known because …"; ``remedy`` says what would make it known.
    """

    reason: str
    remedy: str = ""

    def __bool__(self) -> Literal[False]:
        return False
