"""What commands bring onto the machine before an installer takes it from there: clones and downloaded archives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from scanner.inputs.requirement_lines import name_of_archive, requirement_line
from scanner.model.location import Location
from scanner.model.locked import InstallCommand
from scanner.model.requirement import Requirement
from scanner.model.urls import redact

MAX_REMEMBERED = 200
_CLONE = re.compile(r"\bgit\s+clone\b(?P<rest>[^;&|]*)")
_REPOSITORY = re.compile(r"(?:https?://|git@|ssh://|git://)[^\s\"';&|]+")
_ADDRESS = re.compile(r"https?://[^\s\"'|;)<>`]+")
_IS_ARCHIVE = re.compile(r"\.(?:whl|tar\.gz|tgz|tar\.bz2|zip)$", re.IGNORECASE)
_OUTPUT = re.compile(r"\s(?:-o|-O|--output|--output-document|-OutFile)[\s=]+(?P<file>[^\s\"';&|-][^\s\"';&|]*)")
_CHECKOUT = re.compile(r"\bgit\s+(?:-C\s+\S+\s+)?(?:checkout|reset\s+--hard)\s+[0-9a-f]{40}\b")


class Downloads:
    """Repositories and archives that the commands of one file fetched so far."""

    def __init__(self) -> None:
        self._clones: dict[str, str] = {}
        self._archives: dict[str, str] = {}

    def note(self, text: str, location: Location, *, fetches: bool) -> Iterator[InstallCommand]:
        """Remembers what a line clones or downloads. A wheel is told of at once: nothing but an installer takes one."""
        clone = _CLONE.search(text)
        if clone and (repository := _REPOSITORY.search(clone["rest"])) and len(self._clones) < MAX_REMEMBERED:
            origin = redact(repository[0])
            self._clones[re.sub(r"\.git$", "", origin.rstrip("/").rpartition("/")[2])] = origin
        for one in _ADDRESS.finditer(text) if fetches else ():
            url = one[0]
            name = re.split(r"[?#]", url)[0].rpartition("/")[2]
            if _IS_ARCHIVE.search(name) is None:
                continue
            output = _OUTPUT.search(text)
            if len(self._archives) < MAX_REMEMBERED:
                self._archives[name] = url
                if output and not output["file"].endswith("/"):
                    self._archives[re.split(r"[/\\]", output["file"])[-1]] = url
            if name.endswith(".whl") and (requirement := _requirement(url, location)):
                yield InstallCommand("install", location, redact(" ".join(text.split()))[:400], (requirement,))

    def installed(self, places: list[str], text: str, location: Location) -> Iterator[InstallCommand]:
        """The installations of what was fetched before, by the local places that a command names."""
        shown = redact(" ".join(text.split()))[:400]
        for place in places:
            parts = [one for one in re.split(r"[/\\]", place.partition("[")[0]) if one not in ("", ".", "..")]
            name = next((one for one in parts if one in self._clones), "")
            if not name and not parts:
                name = next((one for one in self._clones if _enters(text, one)), "")
            if name:
                pinned = _CHECKOUT.search(text) is not None
                yield InstallCommand("clone-install", location, shown, url=self._clones[name], pinned=pinned)
            for file, url in self._archives.items() if parts else ():
                if fnmatchcase(file, parts[-1]) and name_of_archive(re.split(r"[?#]", url)[0].rpartition("/")[2]):
                    requirement = None if file.endswith(".whl") else _requirement(url, location)
                    if requirement is not None:
                        yield InstallCommand("install", location, shown, (requirement,))


def _enters(text: str, folder: str) -> bool:
    return re.search(rf"\b(?:cd|pushd|WORKDIR)\s+\S*{re.escape(folder)}\b", text) is not None


def _requirement(url: str, location: Location) -> Requirement | None:
    try:
        return requirement_line(url, location)
    except ValueError:
        return None
