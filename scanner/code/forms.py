"""Files that hold code in a form of their own, each as the Python that it amounts to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from scanner.code.analysis import Gap
from scanner.code.notebooks import MAX_BYTES, read_notebook
from scanner.code.source import SourceFile
from scanner.code.triggers import Layout, is_aside

Form = Literal["notebook"]
MAX_FORM_BYTES = MAX_BYTES
"""Bytes of one such file."""


def form_of(path: str, head: bytes) -> Form | None:
    """The form of a file, by its name or its first bytes; ``None`` where it has none of these."""
    del head
    return "notebook" if path.lower().endswith(".ipynb") else None


def translated(
    held: Iterable[tuple[str, bytes]], heads: dict[str, bytes], where: Layout, gaps: list[Gap]
) -> Iterator[SourceFile]:
    """The Python of each file (path, at most ``MAX_FORM_BYTES + 1`` bytes); what is not read of it goes to ``gaps``.

    Nobody runs such a file by installing, importing or starting what it belongs to: its gaps are of what is called.
    """
    for path, data in held:
        if is_aside(path, where) or form_of(path, heads.get(path, b"")) is None:
            continue
        if len(data) > MAX_FORM_BYTES:
            gaps.append(Gap(path, f"it is larger than {MAX_FORM_BYTES // 1048576} MiB, and was not read", "call"))
            continue
        found = read_notebook(data)
        gaps += [Gap(path, reason, "call") for reason in found.gaps]
        if found.text.strip():
            yield SourceFile(path, found.text.encode("utf-8", "surrogatepass"), language="python")
