"""What is a digest: hex of its algorithm's length, of an algorithm that is known. Anything else is none.

A digest becomes a path of the cache and the key of what is kept there, so a text that an index, a lock or an
attestation states is held against this before it is one.
"""

from __future__ import annotations

import re

LENGTHS = {
    "md5": 32,
    "sha1": 40,
    "sha224": 56,
    "sha256": 64,
    "sha384": 96,
    "sha512": 128,
    "sha3_224": 56,
    "sha3_256": 64,
    "sha3_384": 96,
    "sha3_512": 128,
    "blake2b": 128,
    "blake2s": 64,
}
"""Hex digits of each algorithm's digest; the names are those of :mod:`hashlib`."""
_HEX = re.compile(r"[0-9a-f]*")


def is_digest(algorithm: str, value: str) -> bool:
    """True for lower-case hex of the algorithm's length. ASCII digits only: ``str.isdigit`` knows many more."""
    return LENGTHS.get(algorithm) == len(value) and _HEX.fullmatch(value) is not None


def algorithm_name(text: str) -> str:
    """The algorithm as :mod:`hashlib` calls it: ``SHA-256`` and ``SHA3-256`` (SBOMs) are ``sha256``, ``sha3_256``."""
    lowered = text.strip().lower()
    return (lowered[:3] + lowered[4:] if lowered.startswith("sha-") else lowered).replace("-", "_")
