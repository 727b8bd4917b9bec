"""The members of one distribution: digests of all, bytes of those that checks read, what the bytes really are."""

from __future__ import annotations

import posixpath
import struct

import msgspec

from scanner.index.archive import Archive, ArchiveProblem, Member, open_archive

MAX_TEXT = 1024 * 1024
MAX_TEXT_TOTAL = 96 * 1024 * 1024
MAX_RECORD = 64 * 1024 * 1024
"""Of a wheel's list of its own files: that of torch has more than a megabyte."""
CODE_SUFFIXES = (".py", ".pth")
_METADATA = ("METADATA", "WHEEL", "RECORD", "PKG-INFO", "entry_points.txt", "top_level.txt")
_BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "PKG-INFO", "entry_points.txt")
NATIVE_SUFFIXES = (
    ".so", ".pyd", ".dll", ".dylib", ".exe", ".a", ".o", ".lib", ".obj", ".node", ".jnilib", ".elf", ".sys", ".com",
    ".bundle", ".efi", ".ko", ".mexa64", ".cubin", ".fatbin", ".hsaco", ".bc", ".wasm",
)  # fmt: skip
DATA_SUFFIXES = (
    ".txt", ".md", ".rst", ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".csv", ".tsv", ".xml", ".html", ".htm",
    ".css", ".js", ".svg", ".png", ".jpg", ".jpeg", ".gif", ".ico", ".webp", ".bmp", ".wav", ".mp3", ".mp4", ".pdf",
    ".ttf", ".woff", ".woff2", ".otf", ".log", ".lock", ".pem", ".crt", ".key", ".py", ".pyi", ".pth", ".npy", ".npz",
    ".parquet", ".tmpl", ".template", ".j2", ".po", ".mo", ".sql", ".sh",
)  # fmt: skip


class Content(msgspec.Struct, frozen=True):
    """One regular file. ``native`` is ``ELF``, ``PE``, ``Mach-O`` or empty, by its bytes. ``data`` is kept for code and
    metadata only; it is empty for the rest. ``truncated`` files have no digest."""

    path: str
    size: int
    sha256: str
    native: str = ""
    truncated: bool = False
    data: bytes = b""

    @property
    def suffix(self) -> str:
        return posixpath.splitext(self.path.lower())[1]


class Contents(msgspec.Struct, frozen=True):
    """What one archive holds. ``files`` in stored order; later members of one path replace earlier ones."""

    filename: str
    files: dict[str, Content]
    problems: tuple[ArchiveProblem, ...]
    members: tuple[Member, ...]

    @property
    def top(self) -> str:
        """The one top-level folder of an sdist, or the empty string."""
        tops = {path.partition("/")[0] for path in self.files}
        return tops.pop() if len(tops) == 1 else ""


def native_kind(data: bytes) -> str:
    """The kind of a native executable or library by its first bytes; not fooled by a two-letter coincidence."""
    if data[:4] == b"\x7fELF" and len(data) > 20 and data[4] in (1, 2) and data[5] in (1, 2):
        return "ELF"
    if data[:2] == b"MZ" and len(data) >= 0x40:
        (offset,) = struct.unpack_from("<I", data, 0x3C)
        if offset <= len(data) - 4 and data[offset : offset + 4] == b"PE\0\0":
            return "PE"
        return ""
    thin = (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")
    if data[:4] in thin and len(data) > 28:
        return "Mach-O"
    if data[:4] == b"\xca\xfe\xba\xbe" and len(data) > 8:
        # Java classes begin with the same four bytes; a fat binary then counts its few architectures.
        (count,) = struct.unpack_from(">I", data, 4)
        return "Mach-O" if 1 <= count <= 8 else ""
    return ""


def read_contents(path: str, filename: str, *, code_only: bool = False) -> Contents:
    """Reads the archive once. Raises :class:`~scanner.model.errors.InputError` for what is no archive at all.

    With ``code_only`` members that are neither code nor metadata are passed over.
    """
    with open_archive(path, filename) as archive:
        return contents_of(archive, code_only=code_only)


def contents_of(archive: Archive, *, code_only: bool = False) -> Contents:
    """The same for an archive that is open already."""
    files: dict[str, Content] = {}
    left = {True: MAX_RECORD, False: MAX_TEXT_TOTAL}

    def most(member: Member) -> int:
        record = _is_record(member.path)
        wanted = record or _wanted(member.path)
        return min(left[record], MAX_RECORD if record else MAX_TEXT) if wanted else 0

    for one in archive.digests((lambda member: _wanted(member.path)) if code_only else None, most):
        name = one.member.path
        left[_is_record(name)] -= len(one.data)
        files.pop(name, None)
        files[name] = Content(name, one.size, one.sha256, native_kind(one.head), one.truncated, one.data)
    return Contents(archive.filename, files, archive.problems, archive.members)


def _is_record(path: str) -> bool:
    return path.endswith(".dist-info/RECORD") and path.count("/") == 1


def _wanted(path: str) -> bool:
    name = posixpath.basename(path)
    return path.lower().endswith(CODE_SUFFIXES) or name in _METADATA or name in _BUILD_FILES
