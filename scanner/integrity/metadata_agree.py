"""``<url>.metadata`` of an index (PEP 658) against the ``METADATA`` of the wheel that it speaks of."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from scanner.index.metadata import parse_metadata
from scanner.integrity.contents import Content, Contents
from scanner.model.known import NotKnown
from scanner.model.names import canonicalize_name
from scanner.model.release import CoreMetadata
from scanner.model.versions import same_version


class Otherwise(msgspec.Struct, frozen=True, order=True):
    """A field of which the two say different things; values that only one of them has, sorted."""

    field: str
    on_index: tuple[str, ...]
    in_wheel: tuple[str, ...]


def metadata_member(contents: Contents) -> Content | None:
    """The wheel's own ``METADATA``; ``None`` where it does not have exactly one."""
    found = [one for path, one in contents.files.items() if _is_metadata(path)]
    return found[0] if len(found) == 1 else None


def _is_metadata(path: str) -> bool:
    return path.endswith(".dist-info/METADATA") and path.count("/") == 1


def stated_otherwise(stated: CoreMetadata, body: bytes) -> Iterator[Otherwise]:
    """Fields that decide what is installed and in which the index's file differs from the wheel's own."""
    inside = parse_metadata(body, "wheel")
    if canonicalize_name(stated.name or "-") != canonicalize_name(inside.name or "-"):
        yield Otherwise("Name", (stated.name,), (inside.name,))
    if not same_version(stated.version, inside.version):
        yield Otherwise("Version", (stated.version,), (inside.version,))
    for field, left, right in (
        ("Requires-Dist", _texts(stated.requires_dist), _texts(inside.requires_dist)),
        ("Requires-Python", _texts((stated.requires_python,)), _texts((inside.requires_python,))),
        ("Provides-Extra", _texts(stated.provides_extra), _texts(inside.provides_extra)),
    ):
        if left != right:
            yield Otherwise(field, tuple(sorted(left - right)), tuple(sorted(right - left)))


def _texts(values: tuple[str, ...] | NotKnown) -> frozenset[str]:
    return frozenset() if isinstance(values, NotKnown) else frozenset("".join(one.split()) for one in values if one)
