"""The ``-nspkg.pth`` files that setuptools wrote for namespace packages: recognised whole, never in part.

Their text is fixed but for the package's name, so a line is recognised by the digest of what remains when the name is
taken out. Anything added to it, however small, gives another digest.
"""

from __future__ import annotations

import hashlib
import re

_PARTS = re.compile(r"\*\((?P<parts>(?:'[A-Za-z_]\w*'(?:, )?)+),?\)")
LINES = frozenset(
    {
        "2b45f467e0878fbe4f0d36ef8648df8722404d75b50ee7e4a6219a1e758c7b07",
        "4b7d01181db46d2108aa6b5eee3803ec20e1f2b4a1f26e84db074ce32092e0f9",
        "80062adaf2b3d479230cd2bafbbdbbafa4ac33b3732e83765d9054c82e0ac790",
        "7b2cbe15c66e7351d43abe562279208952515942f7b0efcdc007470d80a9a19a",
    }
)
"""SHA-256 of the lines with their names taken out, observed in wheels of google-cloud-core, zope.interface and more."""


def is_namespace_pth(path: str, data: bytes) -> bool:
    """True where every line of the file is one that setuptools writes to make a namespace package."""
    if not path.endswith("-nspkg.pth") or len(data) > 65536:
        return False
    lines = data.decode("utf-8", "replace").splitlines()
    return bool(lines) and all(shape(line) in LINES for line in lines)


def shape(line: str) -> str:
    """The digest of a line without the name that it is for; the empty string where it names none."""
    matched = _PARTS.search(line)
    if matched is None:
        return ""
    parts = re.findall(r"'(\w+)'", matched["parts"])
    text = line.replace(matched[0], "*PARTS")
    text = text.replace(f"'{'.'.join(parts)}'", "NAME")
    if len(parts) > 1:
        parent, child = ".".join(parts[:-1]), parts[-1]
        text = text.replace(f"setattr(sys.modules['{parent}'], '{child}', m)", "setattr(PARENT, CHILD, m)")
    return hashlib.sha256(text.strip().encode("utf-8")).hexdigest()
