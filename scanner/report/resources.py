"""Where the templates and rule data lie: beside the package in a checkout, inside it in the wheel."""

from __future__ import annotations

import functools
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def _folder(in_checkout: str, in_wheel: str) -> Path:
    shipped = _PACKAGE / in_wheel
    return shipped if shipped.is_dir() else _PACKAGE.parent / in_checkout


@functools.cache
def template_folder() -> Path:
    """``reports/`` of a checkout, ``scanner/_reports`` of an installed wheel."""
    return _folder("reports", "_reports")


@functools.cache
def rule_folder() -> Path:
    """``rules/`` of a checkout, ``scanner/_rules`` of an installed wheel."""
    return _folder("rules", "_rules")
