"""The target: which interpreter on which platform the audited project would be installed for."""

from __future__ import annotations

import msgspec


class TargetEnvironment(msgspec.Struct, frozen=True):
    """PEP 508 marker values of the audited target, and the wheel tags it accepts, best first (PEP 425).

    ``python_version`` is ``3.11``, ``python_full_version`` ``3.11.9``; ``platform`` is the user's word for it
    (``linux-x86_64``, ``macos-arm64``, ``windows-amd64`` …).
    """

    python_version: str
    python_full_version: str
    platform: str
    implementation: str
    markers: dict[str, str]
    tags: tuple[str, ...]
