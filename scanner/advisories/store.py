"""The database file: SQLite, one row an advisory, indexed by package name. Compiled whole, replaced atomically."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from scanner.advisories.seal import damage, seal
from scanner.model.advisory import Advisory, DatabaseInfo, Unreadable
from scanner.model.errors import InputError

FORMAT = 1
REPAIR = "Run `assay db update`, or delete the file to use the bundled database."
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE advisories (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body BLOB NOT NULL);
CREATE TABLE affected (name TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (name, number)) WITHOUT ROWID;
"""
UNREADABLE = "CREATE TABLE unreadable (name TEXT NOT NULL, member TEXT NOT NULL, reason TEXT NOT NULL);"
"""Only in a database of a source with records that could not be read: one row for each package that one may be about
(an empty name where that could not be made out)."""


def compile_database(
    advisories: Iterable[Advisory],
    target: Path,
    *,
    kind: str,
    source: str,
    as_of: str,
    lacks: str,
    unreadable: Sequence[Unreadable] = (),
) -> DatabaseInfo:
    """Write a database file from advisories, sorted, so that the same records give the same bytes. The records that
    were ``unreadable`` are kept by name: what they are about is a gap for as long as the database is used."""
    import hashlib

    rows = sorted({one.id: one for one in advisories}.values(), key=lambda one: one.id)
    encoder = msgspec.msgpack.Encoder()
    digest = hashlib.sha256()
    target.unlink(missing_ok=True)
    names: set[str] = set()
    connection = sqlite3.connect(target)
    try:
        connection.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {SCHEMA}")
        for number, advisory in enumerate(rows):
            body = encoder.encode(advisory)
            digest.update(body)
            connection.execute("INSERT INTO advisories VALUES (?, ?, ?)", (number, advisory.id, body))
            mentioned = sorted({one.name for one in advisory.affected})
            names.update(mentioned)
            connection.executemany("INSERT INTO affected VALUES (?, ?)", [(name, number) for name in mentioned])
        if unreadable:
            left = sorted({(name, one.member, one.reason) for one in unreadable for name in one.names or ("",)})
            connection.execute(UNREADABLE)
            connection.executemany("INSERT INTO unreadable VALUES (?, ?, ?)", left)
            digest.update(encoder.encode(left))
        info = DatabaseInfo(
            kind=kind,
            source=source,
            as_of=as_of,
            advisories=len(rows),
            packages=len(names),
            malicious=sum(one.malicious for one in rows),
            sha256=digest.hexdigest(),
            lacks=lacks,
        )
        meta = {"format": str(FORMAT), "info": msgspec.json.encode(info).decode()}
        connection.executemany("INSERT INTO meta VALUES (?, ?)", sorted(meta.items()))
        connection.commit()
        connection.execute("VACUUM")
    finally:
        connection.close()
    seal(target)
    return info


class DamagedError(InputError):
    """A database file that is not as it was made."""


class AdvisoryDatabase:
    """A compiled database, read-only. Not shared between threads.

    Raises :class:`DamagedError` for a file that is not as it was made. ``damaged`` says of another database that it
    should have been used, and why it was not.
    """

    def __init__(self, path: Path, damaged: str = "") -> None:
        self.path = path
        self.damaged = damaged
        try:
            found = damage(path)
        except OSError as error:
            found = error.strerror or str(error)
        if found:
            raise DamagedError(f"the advisory database cannot be read: {found}", where=str(path), remedy=REPAIR)
        try:
            self._connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
            meta = dict(self._connection.execute("SELECT key, value FROM meta"))
            if meta.get("format") != str(FORMAT):
                raise DamagedError(
                    f"the advisory database has format {meta.get('format')}; format {FORMAT} is the one understood",
                    where=str(path),
                    remedy="Run `assay db update`.",
                )
            self.info = msgspec.json.decode(meta["info"], type=DatabaseInfo)
            tables = "SELECT 1 FROM sqlite_master WHERE name = 'unreadable'"
            self._has_unreadable = self._connection.execute(tables).fetchone() is not None
        except (sqlite3.Error, KeyError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            what = f"the advisory database cannot be read: {error}"
            raise DamagedError(what, where=str(path), remedy=REPAIR) from error
        self._decoder = msgspec.msgpack.Decoder(Advisory)

    def for_name(self, name: str) -> tuple[Advisory, ...]:
        """Every advisory that names the package (canonical name), by id."""
        query = "SELECT body FROM affected JOIN advisories USING (number) WHERE name = ? ORDER BY id"
        return tuple(self._decoded(body) for (body,) in self._rows(query, name))

    def unreadable(self, name: str) -> tuple[Unreadable, ...]:
        """The records of the source that could not be read and may be about the package; with an empty name, those of
        which nothing tells what they are about."""
        if not self._has_unreadable:
            return ()
        query = "SELECT member, reason FROM unreadable WHERE name = ? ORDER BY member"
        rows = self._rows(query, name)
        return tuple(Unreadable(member, reason, (name,) if name else ()) for member, reason in rows)

    def names(self) -> tuple[str, ...]:
        """Every package that an advisory names, sorted."""
        query = "SELECT DISTINCT name FROM affected ORDER BY name"
        return tuple(name for (name,) in self._rows(query))

    def by_id(self, identifier: str) -> Advisory | None:
        rows = self._rows("SELECT body FROM advisories WHERE id = ?", identifier)
        return self._decoded(rows[0][0]) if rows else None

    def _decoded(self, body: Any) -> Advisory:
        try:
            return self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError) as error:
            what = f"the advisory database holds a record that is none: {error}"
            raise DamagedError(what, where=str(self.path), remedy=REPAIR) from error

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            what = f"the advisory database cannot be read: {error}"
            raise DamagedError(what, where=str(self.path), remedy=REPAIR) from error

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> AdvisoryDatabase:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
