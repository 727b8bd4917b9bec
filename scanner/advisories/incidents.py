"""Guidance for malicious releases: what is known of an incident, or what to assume where nothing is."""

from __future__ import annotations

import functools
from pathlib import Path

import msgspec

from scanner.model.advisory import Advisory
from scanner.model.finding import Trigger
from scanner.model.versions import same_version


class Incident(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``ran`` says what ran, ``when`` names the month, ``rotate`` what must be taken for stolen.

    ``advisories`` are the ids of the records that are about these releases.
    """

    name: str
    versions: tuple[str, ...]
    advisories: tuple[str, ...]
    when: str
    trigger: Trigger
    ran: str
    rotate: str


@functools.cache
def incidents() -> tuple[Incident, ...]:
    """Every incident that is known to us, in the file's order."""
    import tomllib

    content = tomllib.loads(_text())
    return msgspec.convert(content["incident"], tuple[Incident, ...])


@functools.cache
def _text() -> str:
    return Path(__file__).with_name("incidents.toml").read_text(encoding="utf-8")


@functools.cache
def _told_together() -> dict[str, tuple[str, ...]]:
    """Each record of an incident, and all records of the same incident."""
    return {identifier: one.advisories for one in incidents() for identifier in one.advisories}


def incident_of(name: str, version: str) -> Incident | None:
    """The incident that this release belongs to, if it is one of those we know."""
    for one in incidents():
        if one.name == name and (not one.versions or any(same_version(listed, version) for listed in one.versions)):
            return one
    return None


def marked(advisory: Advisory) -> Advisory:
    """The advisory, marked as malicious and joined to the other records of its incident, where we know of that.

    Sources do not always name each other's records, and one incident must not be reported three times.
    """
    # Nearly no advisory is of an incident: the file is parsed when it names this one. Ids stand there in quotes.
    if f'"{advisory.id}"' not in _text():
        return advisory
    together = _told_together().get(advisory.id)
    if together is None:
        return advisory
    aliases = {*advisory.aliases, *together} - {advisory.id}
    return msgspec.structs.replace(advisory, malicious=True, aliases=tuple(sorted(aliases)))
