"""A safe unpacker for tools that want a folder: regular files only, below the target, not executable, within bounds."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from benchmarks.detection.archives import Bounds, readable_members

MAX_COMPONENT = 200
MAX_DEPTH = 40


@dataclass
class Unpacked:
    """What came out: files written, members left out with the reason, and the fault that ended reading, if any."""

    written: int = 0
    left_out: list[tuple[str, str]] = field(default_factory=list)
    fault: str = ""


def safe_relative(name: str) -> PurePosixPath | None:
    """Where a member may lie below the target; None for names that point elsewhere or that a file system may refuse."""
    flat = name.replace("\\", "/")
    if not flat or "\0" in flat or flat.startswith("/") or (len(flat) > 1 and flat[1] == ":"):
        return None
    parts = [part for part in flat.split("/") if part not in ("", ".")]
    if (
        not parts
        or len(parts) > MAX_DEPTH
        or any(part == ".." or len(part.encode("utf-8", "replace")) > MAX_COMPONENT for part in parts)
    ):
        return None
    return PurePosixPath(*parts)


def unpack(archive: Path, target: Path, bounds: Bounds = Bounds()) -> Unpacked:  # noqa: B008 - frozen value
    """Write the regular files of ``archive`` below ``target`` (created, must be empty) with mode 0600.

    Links, devices, absolute names, names with ``..`` and duplicates of a name already written are left out; the first
    file of a name wins. Nothing is written through a link: the target is ours and no member makes one.
    """
    target.mkdir(parents=True, exist_ok=True)
    result = Unpacked()
    files, result.fault = readable_members(archive.read_bytes(), bounds)
    for member in files:
        if member.skipped:
            result.left_out.append((member.name, member.skipped))
            continue
        relative = safe_relative(member.name)
        if relative is None:
            result.left_out.append((member.name, "name points outside, or is not portable"))
            continue
        try:
            _write(target / relative, member.data)
        except (OSError, ValueError) as error:
            result.left_out.append((member.name, f"cannot be written: {type(error).__name__}"))
            continue
        result.written += 1
    return result


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
