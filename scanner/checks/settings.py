"""The thresholds that checks read. A policy file fills them in (``scanner.policy``); the defaults stand here."""

from __future__ import annotations

from typing import Annotated

import msgspec

Days = Annotated[int, msgspec.Meta(ge=0, le=36_500)]
"""A span of days, up to a hundred years: what is added to a date must stay one."""


class AdvisorySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """``warn_age_days`` and ``max_age_days``: how old the database may be before it is said, before green is refused.

    ``source`` is ``local`` (the installed or bundled database) or ``osv-api``; ``database`` a path of a compiled file.
    """

    warn_age_days: Days = 7
    max_age_days: Days = 30
    source: str = "local"
    database: str = ""
    ignore: tuple[str, ...] = ()


class IntegritySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """``allowed_index_hosts``: where a lock's URLs may point. ``publishers``: project → accepted publisher URLs."""

    allowed_index_hosts: tuple[str, ...] = ("pypi.org", "files.pythonhosted.org", "test-files.pythonhosted.org")
    require_hashes: bool = True
    publishers: dict[str, tuple[str, ...]] = {}
    require_attestations: bool = False
    trust_root: str = ""
    """A Sigstore ``trusted_root.json`` of a private instance; empty: the pinned root of the public one."""


class HygieneSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """``cooldown_days``: a release younger than this is a finding. ``silence_days``: how long is a long silence."""

    cooldown_days: Days = 7
    silence_days: Days = 730
    new_project_days: Days = 30


class CodeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Bounds of the code engine per artifact, and how many processes share the work (0: one for each core)."""

    workers: Annotated[int, msgspec.Meta(ge=0, le=1_024)] = 0
    max_file_bytes: Annotated[int, msgspec.Meta(ge=1, le=1 << 40)] = 8 * 1024 * 1024
    max_artifact_seconds: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 60.0


class CheckSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    advisories: AdvisorySettings = AdvisorySettings()
    integrity: IntegritySettings = IntegritySettings()
    hygiene: HygieneSettings = HygieneSettings()
    code: CodeSettings = CodeSettings()
