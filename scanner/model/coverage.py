"""Coverage: what each check looked at, and what it could not look at and why."""

from __future__ import annotations

from typing import Literal

import msgspec

CoverageStatus = Literal["checked", "not-applicable", "not-checked"]
DECLARED = "declared"
"""The rows of extras and groups that a project declares and nobody asked for. ``checked``: they are in the graph and
audited. ``not-checked``: pip would refuse to install them on the target, so nothing of them can reach it; that is a
condition of the verdict, and no gap of ``resolution``."""
OTHER_TARGETS = "Name that target with --platform and --python-version, and audit again."
"""The remedy of rows of ``resolution`` that are *not applicable* because the project installs the package on other
targets alone. The verdict names them: it holds for one target."""

NATIVE = "native"
"""The rows of native code. It is never ``checked``: the verdict names the packages that hold some, and a policy that
requires the check asks for a project without any."""


class Coverage(msgspec.Struct, frozen=True, order=True):
    """(check, subject) → status. ``subject`` is ``name==version``, a file of the project, or ``project``.

    A status other than ``checked`` carries a reason in plain words and, where something can be done, a remedy.
    """

    check: str
    subject: str
    status: CoverageStatus
    reason: str = ""
    remedy: str = ""
