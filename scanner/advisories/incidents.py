"""Guidance for malicious releases: what is known of an incident, or what to assume where nothing is."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path

import msgspec

from scanner.model.finding import Trigger
from scanner.model.versions import same_version


class Incident(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``ran`` says what ran, ``when`` names the month, ``rotate`` what must be taken for stolen."""

    name: str
    versions: tuple[str, ...]
    when: str
    trigger: Trigger
    ran: str
    rotate: str


@functools.cache
def _incidents() -> tuple[Incident, ...]:
    content = tomllib.loads(Path(__file__).with_name("incidents.toml").read_text(encoding="utf-8"))
    return msgspec.convert(content["incident"], tuple[Incident, ...])


def incident_of(name: str, version: str) -> Incident | None:
    """The incident that this release belongs to, if it is one of those we know."""
    for one in _incidents():
        if one.name == name and any(same_version(listed, version) for listed in one.versions):
            return one
    return None
