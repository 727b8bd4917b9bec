"""Coverage: what each check looked at, and what it could not look at and why."""

from __future__ import annotations

from typing import Literal

import msgspec

CoverageStatus = Literal["checked", "not-applicable", "not-checked"]


class Coverage(msgspec.Struct, frozen=True, order=True):
    """(check, subject) → status. ``subject`` is ``name==version``, a file of the project, or ``project``.

    A status other than ``checked`` carries a reason in plain words and, where something can be done, a remedy.
    """

    check: str
    subject: str
    status: CoverageStatus
    reason: str = ""
    remedy: str = ""
