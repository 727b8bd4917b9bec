"""Native code of a distribution or tree: how much there is, and what starts it. Nothing here can read it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from scanner.files import read_bounded
from scanner.index.archive import open_archive
from scanner.inputs.walk import Walk
from scanner.integrity.contents import NATIVE_SUFFIXES, native_kind

HEAD = 256
"""First bytes by which native code is told; the header of a PE file is named in them."""
MAX_SEARCHED = 40
"""Files of Python that are searched for the import that starts a library."""
MAX_TEXT = 256 * 1024
_EXTENSION = (".so", ".pyd", ".dylib", ".dll")
_COMPILED = (".c", ".cc", ".cpp", ".cxx", ".cu", ".rs", ".f", ".f90", ".go", ".m", ".mm", ".asm", ".s", ".zig")
_PE_HEAD = 4096

Read = Callable[[str], bytes | None]


class NativeCode(msgspec.Struct, frozen=True):
    """``files`` in order, with ``size`` bytes in all. ``started`` says which line imports one of them (empty: none was
    found). ``sources`` are files that only a compiler turns into what runs."""

    files: tuple[str, ...] = ()
    size: int = 0
    started: str = ""
    sources: tuple[str, ...] = ()

    def __str__(self) -> str:
        """A clause such as ``2 native files (1,024 bytes), first pkg/_x.so, imported by pkg/__init__.py line 3``."""
        said = []
        if self.files:
            number = "1 native file" if len(self.files) == 1 else f"{len(self.files):,} native files"
            said.append(f"{number} ({self.size:,} bytes), first {self.files[0]}")
            if self.started:
                said.append(self.started)
        if self.sources:
            number = "1 file" if len(self.sources) == 1 else f"{len(self.sources):,} files"
            said.append(f"{number} that a compiler turns into native code, first {self.sources[0]}")
        return ", ".join(said)


def archive_native(path: str | Path | bytes, filename: str, *, is_built: bool) -> NativeCode:
    """Native code of an archive. ``is_built``: what it holds is compiled when it is installed (an sdist).

    Raises :class:`~scanner.model.errors.InputError` for what is no archive.
    """
    with open_archive(path, filename) as archive:
        sizes = {one.path: one.size for one in archive.members if one.kind == "file"}
        heads = archive.beginnings(lambda one: True, _PE_HEAD if _may_be_pe(sizes) else HEAD)
        native = [name for name, head in heads if _is_native(name, head)]
        return _described(native, sizes, is_built, lambda name: archive.read(name, MAX_TEXT))


def tree_native(folder: Path) -> NativeCode:
    """The same for a folder. What cannot be opened is left to the checks that read files."""
    sizes: dict[str, int] = {}
    native = []
    for name in Walk(folder).files():
        try:
            sizes[name] = (folder / name).stat().st_size
            if _is_native(name, read_bounded(folder / name, _PE_HEAD)):
                native.append(name)
        except OSError:
            continue
    return _described(native, sizes, False, lambda name: _text(folder / name))


def _text(path: Path) -> bytes | None:
    try:
        return read_bounded(path, MAX_TEXT)
    except OSError:
        return None


def _may_be_pe(names: Iterable[str]) -> bool:
    """Whether longer beginnings are worth it: the header of a PE file can lie some hundred bytes behind its start."""
    return any(name.lower().endswith((".dll", ".pyd", ".exe")) for name in names)


def _is_native(name: str, head: bytes) -> bool:
    """By its bytes; by its suffix where the bytes are no text (WebAssembly, objects of compilers for GPUs)."""
    if native_kind(head):
        return True
    return name.lower().endswith(NATIVE_SUFFIXES) and b"\0" in head


def _described(native: list[str], sizes: dict[str, int], is_built: bool, read: Read) -> NativeCode:
    files = tuple(sorted(dict.fromkeys(native), key=lambda name: (not _is_extension(name), name)))
    sources = tuple(sorted(name for name in sizes if name.lower().endswith(_COMPILED))) if is_built else ()
    return NativeCode(files, sum(sizes.get(name, 0) for name in files), _started(files, sizes, read), sources)


def _is_extension(name: str) -> bool:
    """True for what Python may import; a library that a wheel brings along (``NAME.libs``) is loaded by another."""
    return name.lower().endswith(_EXTENSION) and ".libs/" not in name


def _started(files: tuple[str, ...], sizes: dict[str, int], read: Read) -> str:
    """The first line of Python that imports or loads one of the libraries."""
    stems = {stem for name in files if _is_extension(name) and (stem := _stem(name))}
    if not stems:
        return ""
    names = "|".join(re.escape(one) for one in sorted(stems)[:200])
    wanted = re.compile(
        rf"^[^\n#]*?\b(?:import|from|CDLL|load_library|LoadLibrary|load_dynamic)\b[^\n#]*?\b(?:{names})\b", re.M
    )
    folders = {posixpath.dirname(name) for name in files if _is_extension(name)}
    for path in list(_near(folders, sizes))[:MAX_SEARCHED]:
        text = (read(path) or b"").decode("utf-8", "replace")
        for line, one in enumerate(text.splitlines(), 1):
            if len(one) < 500 and wanted.match(one):
                return f"started by {path} line {line}"
    return ""


def _stem(name: str) -> str:
    return posixpath.basename(name).partition(".")[0]


def _near(folders: set[str], sizes: dict[str, int]) -> Iterator[str]:
    """Files of Python in the folders of the libraries and above them; what runs at import first."""
    around = folders | {posixpath.dirname(one) for one in folders}
    python = [name for name in sizes if name.endswith(".py") and posixpath.dirname(name) in around]
    yield from sorted(python, key=lambda name: (not name.endswith("__init__.py"), name.count("/"), name))
