"""The target environment: PEP 508 marker values and PEP 425 wheel tags of an interpreter that need not be this one."""

from __future__ import annotations

import platform as this_platform
import re
import sys

from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms

from scanner.model.environment import TargetEnvironment
from scanner.model.errors import UsageError

DEFAULT_PLATFORM = "linux-x86_64"
NEWEST_GLIBC = (2, 39)
OLDEST_GLIBC = (2, 5)
LEGACY_MANYLINUX = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}
PLATFORMS: dict[str, dict[str, str]] = {
    "linux-x86_64": {
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "platform_machine": "x86_64",
    },
    "linux-aarch64": {
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "platform_machine": "aarch64",
    },
    "macos-arm64": {
        "sys_platform": "darwin",
        "platform_system": "Darwin",
        "os_name": "posix",
        "platform_machine": "arm64",
    },
    "macos-x86_64": {
        "sys_platform": "darwin",
        "platform_system": "Darwin",
        "os_name": "posix",
        "platform_machine": "x86_64",
    },
    "windows-amd64": {
        "sys_platform": "win32",
        "platform_system": "Windows",
        "os_name": "nt",
        "platform_machine": "AMD64",
    },
    "windows-arm64": {
        "sys_platform": "win32",
        "platform_system": "Windows",
        "os_name": "nt",
        "platform_machine": "ARM64",
    },
}


def target_environment(python_version: str | None = None, platform: str | None = None) -> TargetEnvironment:
    """CPython ``X.Y`` or ``X.Y.Z`` on a platform of :data:`PLATFORMS`. Raises :class:`UsageError` for anything else."""
    wanted = python_version or this_platform.python_version().rstrip("+")
    matched = re.fullmatch(r"(3)\.(\d{1,2})(\.\d{1,2})?([abrc]+\d+)?", wanted)
    if not matched:
        raise UsageError(f"not a Python version: {wanted}", where="--python-version", remedy="For example: 3.12")
    name = (platform or DEFAULT_PLATFORM).lower()
    if name not in PLATFORMS:
        raise UsageError(f"no such platform: {platform}", where="--platform", remedy=f"Known: {', '.join(PLATFORMS)}.")
    minor = int(matched[2])
    short = f"3.{minor}"
    full = wanted if matched[3] else _full_version(minor)
    markers = {
        **PLATFORMS[name],
        "python_version": short,
        "python_full_version": full,
        "implementation_name": "cpython",
        "implementation_version": full,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_version": "",
        "extra": "",
    }
    tags = tuple(str(tag) for tag in _tags((3, minor), _platform_tags(name)))
    return TargetEnvironment(short, full, name, "cpython", markers, tags)


def _full_version(minor: int) -> str:
    """This interpreter's full version where it is the target; else one that no real micro release exceeds.

    A lock made for ``>=3.11.4`` must not seem out of reach for the target 3.11.
    """
    if sys.version_info[:2] == (3, minor):
        return this_platform.python_version().rstrip("+")
    return f"3.{minor}.99"


def _tags(version: tuple[int, int], platforms: list[str]) -> list[Tag]:
    interpreter = f"cp{version[0]}{version[1]}"
    return [
        *cpython_tags(python_version=version, platforms=platforms),
        *compatible_tags(python_version=version, interpreter=interpreter, platforms=platforms),
    ]


def _platform_tags(name: str) -> list[str]:
    system, _, machine = name.partition("-")
    if system == "macos":
        return list(mac_platforms((15, 0), machine))
    if system == "windows":
        return [f"win_{machine}"]
    tags: list[str] = []
    for minor in range(NEWEST_GLIBC[1], OLDEST_GLIBC[1] - 1, -1):
        # manylinux wheels of other machines than x86 begin with glibc 2.17 (PEP 599).
        if minor < 17 and machine != "x86_64":
            break
        tags.append(f"manylinux_2_{minor}_{machine}")
        if (2, minor) in LEGACY_MANYLINUX:
            tags.append(f"{LEGACY_MANYLINUX[(2, minor)]}_{machine}")
    return [*tags, f"linux_{machine}"]
