"""A dependency file as read: bounded bytes, strict text, its digest, and faults that name file, line and key path."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from scanner.files import read_bounded
from scanner.model.errors import InputError
from scanner.model.location import Location

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_SHOWN_FAULTS = 20


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong with a file, and where."""

    location: Location
    message: str

    def __str__(self) -> str:
        return f"{self.location}: {self.message}"


class SourceText(msgspec.Struct, frozen=True):
    """A dependency file: ``path`` relative to the audited root (POSIX), the text, and the SHA-256 of its bytes."""

    path: str
    text: str
    sha256: str


def read_source(root: Path, relative: str) -> SourceText:
    """Read a dependency file of the audited root. Raises :class:`InputError` for what is no text or too large."""
    try:
        body = read_bounded(root / relative, MAX_FILE_BYTES + 1)
    except OSError as error:
        what = f"it cannot be read: {error.strerror or error}"
        raise InputError(what, where=relative, remedy="Check that the file exists and may be read.") from error
    if len(body) > MAX_FILE_BYTES:
        raise InputError(f"it is larger than {MAX_FILE_BYTES // 1024 // 1024} MiB", where=relative)
    return SourceText(relative, decode(body, relative), hashlib.sha256(body).hexdigest())


def decode(body: bytes, where: str) -> str:
    """UTF-8 text, with or without a mark, or UTF-16 with one (as pip reads requirements). Binary is refused."""
    try:
        if body.startswith((b"\xff\xfe", b"\xfe\xff")):
            text = body.decode("utf-16")
        else:
            text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"it is not text: byte {error.start} is not valid {error.encoding}",
            where=f"{where}:{line}",
            remedy="A dependency file must be UTF-8 text; this one looks binary or has another encoding.",
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError("it is not text: it holds NUL characters", where=f"{where}:{line}")
    return text


def fail(faults: Iterable[Fault], remedy: str = "") -> InputError:
    """One error for all faults of a file, sorted by place."""
    ordered = sorted(faults, key=lambda fault: (fault.location, fault.message))
    first = ordered[0]
    what = first.message
    shown = ordered[1:MAX_SHOWN_FAULTS]
    what += "".join(f"\n  {fault}" for fault in shown)
    if len(ordered) > MAX_SHOWN_FAULTS:
        what += f"\n  and {len(ordered) - MAX_SHOWN_FAULTS} more faults"
    return InputError(what, where=str(first.location), remedy=remedy)
