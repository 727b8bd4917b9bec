"""Files that hold code in a form of their own, each as the Python that it amounts to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from scanner.code.analysis import Gap
from scanner.code.instructions import read_agent_settings, read_instructions
from scanner.code.kinds import is_agent_settings, is_instructions, is_workflow, language_of
from scanner.code.limits import Limits
from scanner.code.notebooks import Notebook, read_notebook
from scanner.code.pickles import Pickle, is_pickle, read_pickle
from scanner.code.shell import MAX_BYTES as MAX_SHELL
from scanner.code.shell import Script, is_shell, read_hooks, read_makefile, read_shell
from scanner.code.source import SourceFile, parse
from scanner.code.triggers import Layout, is_aside
from scanner.code.workflows import read_workflow
from scanner.model.finding import Trigger

Form = Literal["notebook", "pickle", "shell", "make", "hooks", "workflow", "instructions", "agent-settings", "cython"]
MAX_FORM_BYTES = 64 * 1024 * 1024
"""Bytes of one such file."""
MAX_OPCODES = 10_000_000
"""Opcodes of all pickles of one artifact or tree."""


_OF_TREES = frozenset({"make", "hooks", "workflow", "instructions", "agent-settings"})
_MAKEFILES = frozenset({"makefile", "gnumakefile"})


def form_of(path: str, head: bytes) -> Form | None:
    """The form of a file, by its name or its first bytes; ``None`` where it has none of these."""
    if path.lower().endswith(".ipynb"):
        return "notebook"
    base = path.rpartition("/")[2].lower()
    if base in _MAKEFILES or base.endswith(".mk"):
        return "make"
    if base in (".pre-commit-config.yaml", ".pre-commit-config.yml"):
        return "hooks"
    if is_workflow(path):
        return "workflow"
    if is_instructions(path):
        return "instructions"
    if is_agent_settings(path):
        return "agent-settings"
    if base.endswith(".pyx"):
        return "cython"
    if is_shell(path, head):
        return "shell"
    return "pickle" if is_pickle(path, head) else None


def translated(
    held: Iterable[tuple[str, bytes]], heads: dict[str, bytes], where: Layout, gaps: list[Gap]
) -> Iterator[SourceFile]:
    """The Python of each file (path, at most ``MAX_FORM_BYTES + 1`` bytes); what is not read of it goes to ``gaps``.

    Nobody runs such a file by installing, importing or starting what it belongs to, so that its gaps are of what is
    called; those of a workflow are of an entry point.
    """
    left = MAX_OPCODES
    for path, data in held:
        form = form_of(path, heads.get(path, b""))
        if form is None or is_aside(path, where) or (form in _OF_TREES and where.kind in ("wheel", "sdist")):
            # Installing starts no Makefile, no hook and no workflow; who works in a tree does.
            continue
        if form in _LINES or form == "cython":
            yield from _lines(path, data, form, gaps)
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


_LINES: dict[str, Callable[[bytes], Script]] = {
    "shell": read_shell,
    "make": read_makefile,
    "hooks": read_hooks,
    "workflow": read_workflow,
    "instructions": read_instructions,
    "agent-settings": read_agent_settings,
}


def _lines(path: str, data: bytes, form: Form, gaps: list[Gap]) -> Iterator[SourceFile]:
    """A file of shell lines; and Cython that is Python (else it is compiled, and is native code)."""
    if form == "cython":
        if len(data) <= MAX_SHELL and parse(data, Limits(), repair=False).tree is not None:
            yield SourceFile(path, data, language="python")
    elif len(data) > MAX_SHELL:
        gaps.append(Gap(path, f"it is larger than {MAX_SHELL // 1048576} MiB, and was not read", "call"))
    else:
        script = _LINES[form](data)
        # Whoever pushes to a repository starts its workflows, and nobody has to name them.
        moment: Trigger = "entry-point" if form == "workflow" else "call"
        gaps += [Gap(path, reason, moment) for reason in script.gaps]
        yield SourceFile(path, script.text.encode("utf-8", "surrogatepass"), language="python")
