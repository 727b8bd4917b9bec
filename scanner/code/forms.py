"""Files that hold code in a form of their own, each as the Python that it amounts to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from scanner.code.analysis import Gap
from scanner.code.kinds import language_of
from scanner.code.notebooks import Notebook, read_notebook
from scanner.code.pickles import Pickle, is_pickle, read_pickle
from scanner.code.source import SourceFile
from scanner.code.triggers import Layout, is_aside

Form = Literal["notebook", "pickle"]
MAX_FORM_BYTES = 64 * 1024 * 1024
"""Bytes of one such file."""
MAX_OPCODES = 10_000_000
"""Opcodes of all pickles of one artifact or tree."""


def form_of(path: str, head: bytes) -> Form | None:
    """The form of a file, by its name or its first bytes; ``None`` where it has none of these."""
    if path.lower().endswith(".ipynb"):
        return "notebook"
    return "pickle" if is_pickle(path, head) else None


def translated(
    held: Iterable[tuple[str, bytes]], heads: dict[str, bytes], where: Layout, gaps: list[Gap]
) -> Iterator[SourceFile]:
    """The Python of each file (path, at most ``MAX_FORM_BYTES + 1`` bytes); what is not read of it goes to ``gaps``.

    Nobody runs such a file by installing, importing or starting what it belongs to: its gaps are of what is called.
    """
    left = MAX_OPCODES
    for path, data in held:
        form = form_of(path, heads.get(path, b""))
        if form is None or is_aside(path, where):
            continue
        if len(data) > MAX_FORM_BYTES:
            gaps.append(Gap(path, f"it is larger than {MAX_FORM_BYTES // 1048576} MiB, and was not read", "call"))
            continue
        if form == "pickle":
            pickled = read_pickle(data, left)
            left -= pickled.opcodes
            found: Notebook | Pickle = pickled
        else:
            found = read_notebook(data)
        gaps += [Gap(path, reason, "call") for reason in found.gaps]
        if found.text.strip():
            # Torch's ``.pth`` is another thing than Python's: both are read.
            place = path if language_of(path) is None else f"{path}!/data"
            yield SourceFile(place, found.text.encode("utf-8", "surrogatepass"), language="python")
