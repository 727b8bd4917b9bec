"""Where the rule files lie: beside the package in a source checkout, inside it in an installed wheel."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from scanner.model.errors import InputError


@functools.cache
def rules_folder() -> Path:
    """The folder of the rule pack. Raises :class:`InputError` where neither place holds it."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_rules", package.parent / "rules"):
        if (folder / "catalogue").is_dir():
            return folder
    raise InputError("the rule pack is missing", where=str(package / "_rules"), remedy="Install assay again.")


def rule_files(part: str = "") -> tuple[Path, ...]:
    """The TOML files of the pack (``part`` empty) or of one of its folders, sorted."""
    return tuple(sorted((rules_folder() / part).glob("*.toml")))


@functools.cache
def rule_pack_digest() -> str:
    """SHA-256 (hex) over the names and bytes of all rule files: two runs with one digest used the same rules."""
    digest = hashlib.sha256()
    for path in sorted(rules_folder().rglob("*.toml")):
        digest.update(path.relative_to(rules_folder()).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
