"""Numbers that others wrote."""

from __future__ import annotations

MAX_DIGITS = 18
"""Digits of a number that counts bytes. Python refuses to read one of more than 4,300."""


def plain_number(text: str) -> int | None:
    """A number of ASCII digits, as HTTP writes a length (RFC 9110, section 8.6); ``None`` where the text is none."""
    return int(text) if len(text) <= MAX_DIGITS and text.isascii() and text.isdigit() else None
