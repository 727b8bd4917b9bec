"""Which encoding a Python source states for itself (PEP 263), as the interpreter reads it."""

from __future__ import annotations

import codecs
import re

_COOKIE = re.compile(rb"[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)")
_NO_CODE = re.compile(rb"[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n)")


def cookie(data: bytes) -> str:
    """The encoding that a comment of the first line states, or of the second below a line without code (PEP 263), in
    lower case; empty where none does. Lines are as long as they are, and a lone carriage return ends one."""
    start = 3 if data.startswith(codecs.BOM_UTF8) else 0
    found = _COOKIE.match(data, start)
    if found is None and (blank := _NO_CODE.match(data, start)) is not None:
        found = _COOKIE.match(data, blank.end())
    return found[1].decode("ascii").lower() if found is not None else ""


def codec_of(stated: str) -> str:
    """Python's name of the text encoding that a cookie states; empty where there is none."""
    if re.match(r"utf[-_]8(?:[-_]|$)", stated):  # As the tokenizer: ``utf-8-unix`` of Emacs too.
        return "utf-8"
    if re.match(r"(?:latin[-_]1|iso[-_]8859[-_]1|iso[-_]latin[-_]1)(?:[-_]|$)", stated):
        return "iso8859-1"
    try:
        # Only text codecs: ``rot13`` or ``hex`` cookies name no text encoding, and Python refuses them.
        return codecs.lookup(stated).name if stated and codecs.lookup(stated)._is_text_encoding else ""
    except (LookupError, ValueError, AttributeError):
        return ""
