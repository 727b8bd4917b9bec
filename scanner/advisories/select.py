"""Which advisory database a run uses: the one named, else the installed one, else the bundled seed."""

from __future__ import annotations

from pathlib import Path

from scanner.advisories.seed import bundled_database
from scanner.advisories.store import AdvisoryDatabase
from scanner.model.errors import InputError

FILE = "advisories.sqlite"


def data_folder() -> Path:
    """Where ``assay db update`` installs the database."""
    import platformdirs

    return Path(platformdirs.user_data_dir("assay", appauthor=False))


def cache_folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_cache_dir("assay", appauthor=False))


def select_database(named: str = "") -> AdvisoryDatabase:
    """Open the database. Of the installed and the bundled one the newer is used. Raises :class:`InputError`."""
    if named:
        if not Path(named).is_file():
            raise InputError("there is no such advisory database", where=named, remedy="Run `assay db update`.")
        return AdvisoryDatabase(Path(named))
    bundled = AdvisoryDatabase(bundled_database(cache_folder()))
    installed = data_folder() / FILE
    if not installed.is_file():
        return bundled
    found = AdvisoryDatabase(installed)
    if found.info.as_of < bundled.info.as_of:
        found.close()
        return bundled
    bundled.close()
    return found
