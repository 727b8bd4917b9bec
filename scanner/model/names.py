"""Canonical names of packages and extras (PEP 503), without the cost of importing ``packaging.utils``.

That module imports platform tags, and with them ``logging``, ``subprocess`` and ``sysconfig``: a quarter of the time of
a short command.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from packaging.utils import NormalizedName
else:
    NormalizedName = str

__all__ = ["NormalizedName", "canonicalize_name"]

_SEPARATORS = re.compile(r"[-_.]+")


def canonicalize_name(name: str) -> NormalizedName:
    """Lower case, and each run of ``-``, ``_`` and ``.`` is one ``-``; a test holds it against ``packaging``."""
    return cast("NormalizedName", _SEPARATORS.sub("-", name).lower())
