"""The split of all project names into a development half and a test half.

Rules are written while looking at the development half only. The test half is looked at once, to publish figures.
The split is by name, so that two releases of one project never lie on both sides.
"""

from __future__ import annotations

import hashlib
import re
from typing import Literal

Half = Literal["development", "test"]


class SplitError(Exception):
    """The test half was asked for without saying that the figures are to be published."""


def canonical(name: str) -> str:
    """The normalized project name of PEP 503: lower case, runs of ``-``, ``_`` and ``.`` as one ``-``."""
    return re.sub(r"[-_.]+", "-", name).lower()


def order_key(name: str) -> str:
    """A fixed pseudo-random order of names: the sha256 of the canonical name, as hex."""
    return hashlib.sha256(canonical(name).encode("utf-8")).hexdigest()


def half_of(name: str) -> Half:
    """``development`` when the sha256 of the canonical name begins with 0-7, else ``test``."""
    return "development" if order_key(name)[0] in "01234567" else "test"


def require_allowed(half: str, *, publish: bool) -> None:
    """Raise :class:`SplitError` for the test half unless ``publish`` was said explicitly."""
    if half == "test" and not publish:
        raise SplitError(
            "the test half is looked at only to publish figures: add --publish, "
            "and change no rule afterwards because of what it shows"
        )
