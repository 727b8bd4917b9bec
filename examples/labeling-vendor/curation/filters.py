"""Filters: which examples never reach training."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

RECIPE = tomllib.loads((Path(__file__).parent / "recipe.toml").read_text(encoding="utf-8"))
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def keeps(text: str) -> bool:
    """True where an example is long enough, not repetitive, and holds no address of a person."""
    words = text.split()
    if not RECIPE["filters"]["min_words"] <= len(words) <= RECIPE["filters"]["max_words"]:
        return False
    if len(set(words)) / len(words) < RECIPE["filters"]["min_distinct_ratio"]:
        return False
    return EMAIL.search(text) is None
