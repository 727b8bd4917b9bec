"""What a project or a package asks for: requirements, their hashes, and options that change where they come from."""

from __future__ import annotations

import msgspec

from scanner.model.digests import LENGTHS, algorithm_name, is_digest
from scanner.model.location import Location
from scanner.model.names import NormalizedName


class Hash(msgspec.Struct, frozen=True, order=True, gc=False):
    """One digest: lower-case algorithm name (``sha256``) and lower-case hex of that algorithm's length.

    There is no other: making one of anything else raises ``ValueError``. :meth:`stated` reads what somebody states.
    """

    algorithm: str
    value: str

    def __post_init__(self) -> None:
        if not is_digest(self.algorithm, self.value):
            raise ValueError(f"not a digest of {self.algorithm[:20]!r}")

    @classmethod
    def stated(cls, algorithm: str, value: str) -> Hash | None:
        """The digest that a text states; ``None`` for an algorithm that is not known: it pins nothing here.

        Raises ``ValueError`` where the algorithm is known and the value is not hex of its length.
        """
        name = algorithm_name(algorithm)
        return cls(name, value.strip().lower()) if name in LENGTHS else None

    @classmethod
    def if_one(cls, algorithm: str, value: str) -> Hash | None:
        """As :meth:`stated`, and ``None`` for whatever is no digest: an index that lies states none."""
        try:
            return cls.stated(algorithm, value)
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value}"


STRONG_ALGORITHMS = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512", "blake2b", "blake2s"})
"""Digests in which no practical collision is known; ``md5`` and ``sha1`` are pins that an attacker can meet."""


class Requirement(msgspec.Struct, frozen=True):
    """A dependency as somebody wrote it (PEP 508), with the place where it was written.

    ``specifier`` is PEP 440 text (empty: any version), ``marker`` PEP 508 text (empty: always), ``url`` a direct
    reference (PEP 508 ``@``, VCS, path) without credentials. ``text`` is the requirement as written, for people.
    ``index`` names the one index that the file binds this requirement to (a URL or a name), or is empty.
    """

    name: NormalizedName
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    url: str = ""
    hashes: tuple[Hash, ...] = ()
    editable: bool = False
    index: str = ""
    text: str = ""
    location: Location = Location("")


class IndexOption(msgspec.Struct, frozen=True):
    """A setting in a dependency file that changes where packages come from.

    ``kind`` is the field's word: ``index-url``, ``extra-index-url``, ``find-links``, ``trusted-host``, ``no-index``,
    ``pre``, ``no-binary``, ``only-binary``, ``require-hashes``, ``source`` (poetry, pdm), ``index`` (uv) …
    ``explicit`` is true where only requirements bound to it by name use it. ``value`` has no credentials.
    """

    kind: str
    value: str
    location: Location
    name: str = ""
    explicit: bool = False
