"""Capabilities: what the code of a package can do."""

from __future__ import annotations

import msgspec


class Capability(msgspec.Struct, frozen=True, order=True):
    """Something the package's code can do (``network``, ``subprocess`` …) and the first place that proves it."""

    name: str
    proof: str
