"""A dependency file as read: bounded bytes, strict text, its digest, and faults that name file, line and key path."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import msgspec

from scanner.encoding import codec_of, cookie
from scanner.files import read_bounded
from scanner.model.errors import InputError
from scanner.model.location import Location

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_READ_AGAIN = 32 * 1024 * 1024
"""Bytes of files that one discovery reads a second time or more often: files that include others do that."""
MAX_SHOWN_FAULTS = 20
MAX_COOKIE = 4096
_COOKIE = re.compile(rb"coding[:=]\s*([-\w.]+)")


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong with a file, and where."""

    location: Location
    message: str

    def __str__(self) -> str:
        return f"{self.location}: {self.message}"


class TooManyError(InputError):
    """A file states, or repeats, more than one audit takes: the others need not be read any more."""


class SourceText(msgspec.Struct, frozen=True):
    """A dependency file: ``path`` relative to the audited root (POSIX), the text, and the SHA-256 of its bytes."""

    path: str
    text: str
    sha256: str


_READ: ContextVar[_Read | None] = ContextVar("_READ", default=None)


class _Read:
    """The files that a discovery has read, and the bytes of those that it read again."""

    def __init__(self) -> None:
        self.paths: set[str] = set()
        self.again = 0

    def note(self, path: str, size: int) -> None:
        self.again += size if path in self.paths else 0
        self.paths.add(path)
        if self.again > MAX_READ_AGAIN:
            size = MAX_READ_AGAIN // 1024 // 1024
            what = f"its files include each other so often that more than {size} MiB are read again"
            raise TooManyError(what, where=path, remedy="Audit its projects one by one.")


@contextmanager
def counted_reads() -> Iterator[None]:
    """Within it, what is read again and again ends in :class:`InputError` past ``MAX_READ_AGAIN``."""
    token = _READ.set(_Read())
    try:
        yield
    finally:
        _READ.reset(token)


def read_source(root: Path, relative: str, *, cookies: bool = False, python: bool = False) -> SourceText:
    """Read a dependency file of the audited root. Raises :class:`InputError` for what is no text or too large.

    With ``cookies`` a coding comment in its first two lines (PEP 263) says how it is decoded, as in pip; ``python``:
    as in the interpreter.
    """
    try:
        body = read_bounded(root / relative, MAX_FILE_BYTES + 1)
    except OSError as error:
        what = f"it cannot be read: {error.strerror or error}"
        raise InputError(what, where=relative, remedy="Check that the file exists and may be read.") from error
    if len(body) > MAX_FILE_BYTES:
        raise InputError(f"it is larger than {MAX_FILE_BYTES // 1024 // 1024} MiB", where=relative)
    if (read := _READ.get()) is not None:
        read.note(relative, len(body))
    text = _by_cookie(body, relative) if cookies else _as_python(body) if python else None
    return SourceText(relative, decode(body, relative) if text is None else text, hashlib.sha256(body).hexdigest())


def _as_python(body: bytes) -> str | None:
    """A script's text by its cookie; ``None`` where that is UTF-8 or one that Python would refuse."""
    name = "" if body.startswith(codecs.BOM_UTF8) else codec_of(cookie(body))
    try:
        return body.decode(name, "replace").replace("\0", " ") if name not in ("", "utf-8", "ascii") else None
    except ValueError:
        return None


def _by_cookie(body: bytes, where: str) -> str | None:
    """The text by its coding comment; ``None`` where it has none, or begins with a mark, which weighs more."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return None
    for number, line in enumerate(body[:MAX_COOKIE].split(b"\n")[:2], 1):
        found = _COOKIE.search(line) if line.startswith(b"#") else None
        if found is None:
            continue
        encoding = found[1].decode("ascii")
        try:
            text = body.decode(encoding)
        except (LookupError, UnicodeError, ValueError) as error:
            what = f"it says that it is {encoding[:40]}, and cannot be read as that"
            raise InputError(what, where=f"{where}:{number}", remedy="Save it as UTF-8.") from error
        if "\0" in text:
            raise InputError("it is not text: it holds NUL characters", where=where)
        return text
    return None


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
