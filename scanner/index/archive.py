"""Archives of distributions (wheel, sdist, egg, zip), read in memory and within bounds. Nothing is unpacked to disk.

Everything odd about an archive is a value (:class:`ArchiveProblem`) beside the members that could be read.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from scanner.files import open_regular
from scanner.index.members import (
    Archive,
    ArchiveLimits,
    ArchiveProblem,
    Member,
    MemberBytes,
    MemberDigest,
    MemberKind,
    ProblemCode,
    Wanted,
)
from scanner.index.tar_archive import TarArchive
from scanner.index.unpacked import DAMAGE, TooMuchError
from scanner.index.zip_archive import ZipArchive, count_entries
from scanner.model.errors import InputError

__all__ = [
    "ZIP_DAMAGE",
    "Archive",
    "ArchiveLimits",
    "ArchiveProblem",
    "Member",
    "MemberBytes",
    "MemberDigest",
    "MemberKind",
    "ProblemCode",
    "TooLargeError",
    "Wanted",
    "open_archive",
]

ZIP_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    OSError,
    ValueError,
    EOFError,
    RuntimeError,  # NotImplementedError is one, and so is what an encrypted member raises.
    OverflowError,
)
"""What ``zipfile`` and its decompressors raise on hostile bytes."""

_TARS = (".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar.lzma", ".tlz", ".tar")


class TooLargeError(InputError):
    """The archive is past a bound of ours: nothing of it was read, and nothing is said against it."""


def open_archive(source: str | Path | bytes, filename: str, limits: ArchiveLimits | None = None) -> Archive:
    """Open a wheel, egg, zip or (compressed) tar by its content, as installers do.

    A zip is found from its end: pip takes a file for one that begins as a tar, too. Raises :class:`InputError` for
    what is neither, and :class:`TooLargeError`, which is one.
    """
    limits = limits or ArchiveLimits()
    stream: BinaryIO
    try:
        stream = io.BytesIO(source) if isinstance(source, bytes) else open_regular(source)
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror or error}", where=filename) from error
    magic = stream.read(4)
    stream.seek(0)
    try:
        is_zip = _ends_as_zip(stream)
        if magic[:2] == b"PK" or (is_zip and not filename.lower().endswith(_TARS)):
            return ZipArchive(stream, filename, limits)
        opened = TarArchive(stream, filename, limits)
        if is_zip:
            opened.problem("ambiguous", "", "it is a tar and a zip in one: tools differ on which of them they unpack")
        return opened
    except InputError:
        stream.close()
        raise
    except TooMuchError as error:
        stream.close()
        raise TooLargeError(f"it is too large to be read: {error}", where=filename) from error
    except (*ZIP_DAMAGE, *DAMAGE) as error:
        stream.close()
        raise InputError(f"it is not a readable archive: {error}", where=filename) from error


def _ends_as_zip(stream: BinaryIO) -> bool:
    """Whether a directory of at least one member stands at the end of the file."""
    try:
        return count_entries(stream, 1) > 0
    except TooMuchError:
        return True
    except ZIP_DAMAGE:
        return False
    finally:
        stream.seek(0)
