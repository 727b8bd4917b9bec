"""Which advisory database a run uses: the one named, else the installed one, else the bundled seed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import msgspec

from scanner.advisories.store import AdvisoryDatabase, DamagedError
from scanner.model.advisory import Advisory, DatabaseInfo, Unreadable
from scanner.model.errors import InputError

FILE = "advisories.sqlite"


def data_folder() -> Path:
    """Where ``assay db update`` installs the database."""
    import platformdirs

    return Path(platformdirs.user_data_dir("assay", appauthor=False))


def cache_folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_cache_dir("assay", appauthor=False))


class AdvisorySource(Protocol):
    """What matching asks of a database, whether it is one file or two."""

    @property
    def info(self) -> DatabaseInfo: ...

    @property
    def path(self) -> Path: ...

    @property
    def damaged(self) -> str: ...

    def for_name(self, name: str) -> tuple[Advisory, ...]: ...

    def by_id(self, identifier: str) -> Advisory | None: ...

    def unreadable(self, name: str) -> tuple[Unreadable, ...]: ...

    def __enter__(self) -> AdvisorySource: ...

    def __exit__(self, *_: object) -> None: ...


class LayeredDatabase:
    """The installed and the bundled database, the newer above: a record of both counts as the newer one has it.

    An export that holds only some of OSV (no malicious releases, say) must not make known malware unknown again.
    """

    def __init__(self, newer: AdvisoryDatabase, older: AdvisoryDatabase) -> None:
        self._newer = newer
        self._older = older
        self.info = _together(newer.info, older.info)
        self.path = newer.path
        self.damaged = ""
        self.beneath = older

    def for_name(self, name: str) -> tuple[Advisory, ...]:
        found = {one.id: one for one in self._older.for_name(name) if self._newer.by_id(one.id) is None}
        found.update({one.id: one for one in self._newer.for_name(name)})
        return tuple(found[key] for key in sorted(found))

    def by_id(self, identifier: str) -> Advisory | None:
        return self._newer.by_id(identifier) or self._older.by_id(identifier)

    def unreadable(self, name: str) -> tuple[Unreadable, ...]:
        return tuple(dict.fromkeys((*self._newer.unreadable(name), *self._older.unreadable(name))))

    def __enter__(self) -> LayeredDatabase:
        return self

    def __exit__(self, *_: object) -> None:
        self._newer.close()
        self._older.close()


def _together(newer: DatabaseInfo, older: DatabaseInfo) -> DatabaseInfo:
    """The newer one's facts; its source and what it lacks name the older one, which is used as well."""
    used = f"the {older.kind} as of {older.as_of or 'an unknown date'}"
    lacks = f"{newer.lacks} (what {used} has of that is used)" if newer.lacks else ""
    source = f"{newer.source}; beneath it {used}, from {older.source}, sha256 {older.sha256}"
    return msgspec.structs.replace(newer, source=source, lacks=lacks)


def select_database(named: str = "") -> AdvisorySource:
    """Open the database: the one named alone; else the installed one and the bundled seed, the newer above.

    An installed one that is damaged is not used, and ``damaged`` of the answer says so: its answer is not the whole.
    """
    if named:
        if not Path(named).is_file():
            raise InputError("there is no such advisory database", where=named, remedy="Run `assay db update`.")
        return AdvisoryDatabase(Path(named))
    from scanner.advisories.seed import bundled_database

    bundled = bundled_database(cache_folder())
    installed = data_folder() / FILE
    if not os.path.lexists(installed):
        return AdvisoryDatabase(bundled)
    try:
        found = AdvisoryDatabase(installed)
    except DamagedError as error:
        return AdvisoryDatabase(bundled, damaged=f"{error.what} ({installed})")
    seed = AdvisoryDatabase(bundled)
    newer, older = (found, seed) if found.info.as_of >= seed.info.as_of else (seed, found)
    return LayeredDatabase(newer, older)
