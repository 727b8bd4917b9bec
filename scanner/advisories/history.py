"""Since when a lock names a version: asked of the repository's own history, without running anything of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

MAX_SECONDS = 10
NOT_IN_HISTORY = "not known: the file is not in a Git history that can be read"


def locked_since(root: str, file: str, version: str) -> str:
    """The latest commit that changed how often the version's text stands in the file, as ``DATE COMMIT``.

    That is the commit that brought it in, unless another package of the file has a version of the same text.

    Hooks, pagers, external diffs, text filters, file-system monitors and the repository's attributes are kept from
    running: the repository is not trusted. Needs Git; a repository of another owner is refused by Git itself.
    """
    if not (Path(root) / file).is_file() or file.startswith("-"):
        return NOT_IN_HISTORY
    # fmt: off
    command = [
        "git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.attributesFile=/dev/null",
        "-c", "diff.external=", "-c", "log.showSignature=false", "-c", "protocol.allow=never",
        "--no-pager", "log", "--no-ext-diff", "--no-textconv", "--no-show-signature", "--no-patch", "--max-count=1",
        "--format=%cs %h", f"-S{version}", "--", file,
    ]
    # fmt: on
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", ""), "LC_ALL": "C"}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd=root, env=environment, capture_output=True, timeout=MAX_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return NOT_IN_HISTORY
    told = done.stdout.decode("utf-8", "replace").strip()
    return told if done.returncode == 0 and told else NOT_IN_HISTORY
