"""Shared by the TOML locks: typed access to their tables, with a fault for what has another shape."""

from __future__ import annotations

from typing import Any

from scanner.inputs.source import Fault
from scanner.inputs.toml import TomlFile
from scanner.model.requirement import Hash

MAX_PACKAGES = 50_000


class LockTables:
    """The ``[[package]]`` tables of a lock, and the faults met while reading them."""

    def __init__(self, file: TomlFile, key: str = "package") -> None:
        self.file = file
        self.key = key
        self.faults: list[Fault] = []

    def packages(self) -> list[tuple[int, dict[str, Any]]]:
        """Every package table that has a name, with its index; others are faults."""
        value = self.file.content.get(self.key, [])
        if not isinstance(value, list):
            self.fault(self.key, "an array of packages is expected here")
            return []
        found: list[tuple[int, dict[str, Any]]] = []
        for number, item in enumerate(value):
            where = f"{self.key}[{number}]"
            if number >= MAX_PACKAGES:
                self.fault(where, f"a lock of more than {MAX_PACKAGES} packages is refused")
                break
            if not isinstance(item, dict):
                self.fault(where, "a package table is expected here")
            elif not isinstance(item.get("name"), str) or not item["name"]:
                self.fault(where, "the package has no name")
            elif not isinstance(item.get("version", ""), str):
                self.fault(f"{where}.version", "the version is not text")
            else:
                found.append((number, item))
        return found

    def fault(self, key_path: str, message: str) -> None:
        self.faults.append(Fault(self.file.at(key_path), message))

    def text(self, table: dict[str, Any], key: str, key_path: str) -> str:
        """A text value, the empty string where absent, a fault where it is something else."""
        value = table.get(key, "")
        if isinstance(value, str):
            return value
        self.fault(f"{key_path}.{key}", "text is expected here")
        return ""

    def tables(self, table: dict[str, Any], key: str, key_path: str) -> list[tuple[str, dict[str, Any]]]:
        """An array of tables with the key path of each; a fault where it is something else."""
        value = table.get(key, [])
        if not isinstance(value, list):
            self.fault(f"{key_path}.{key}", "an array is expected here")
            return []
        found: list[tuple[str, dict[str, Any]]] = []
        for number, item in enumerate(value):
            where = f"{key_path}.{key}[{number}]"
            if isinstance(item, dict):
                found.append((where, item))
            else:
                self.fault(where, "a table is expected here")
        return found

    def hash(self, text: str, key_path: str) -> tuple[Hash, ...]:
        """``sha256:…`` as a hash; nothing for the empty text."""
        algorithm, separator, value = text.partition(":")
        if not text:
            return ()
        if not separator or not value:
            self.fault(key_path, "a hash of the form algorithm:hexdigest is expected here")
            return ()
        return self.digest(algorithm, value, key_path)

    def digest(self, algorithm: str, value: str, key_path: str) -> tuple[Hash, ...]:
        """The digest; none of an algorithm that is not known; a fault where it is not hex of its length."""
        try:
            found = Hash.stated(algorithm, value)
        except ValueError:
            self.fault(key_path, f"the digest is not hex of the length that {algorithm[:20]} has")
            return ()
        return () if found is None else (found,)
