"""The bundled database: compiled by the maintainers, shipped compressed in the wheel, unpacked once into the cache.

``python -m scanner.advisories.seed SEED.jsonl.gz`` compiles it again.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.advisories.seal import SEAL_BYTES, damage, seal_of
from scanner.model.errors import InputError

if TYPE_CHECKING:
    import tempfile

BUNDLED = Path(__file__).with_name("seed.sqlite.xz")
AS_OF = "2026-10-07"
SOURCE = "OSV.dev (PyPA advisory database, GitHub advisory database, OpenSSF malicious packages), facts only"
REINSTALL = "Install assay again."
LACKS = "advisories rated moderate or low, and everything published after its date"


def bundled_database(cache_folder: Path) -> Path:
    """The unpacked bundled database: kept in the cache folder, or in a temporary one where that cannot be written."""
    name = f"advisories-{_digest()[:16]}.sqlite"
    target = cache_folder / name
    try:
        if not damage(target):
            return target
    except OSError:
        pass  # Not unpacked yet, or not to be read: it is unpacked.
    import lzma
    import tempfile

    try:
        body = lzma.decompress(BUNDLED.read_bytes())
    except (lzma.LZMAError, EOFError) as error:
        raise InputError("the bundled database is damaged", where=str(BUNDLED), remedy=REINSTALL) from error
    body += seal_of(body)
    try:
        cache_folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=cache_folder)
        with os.fdopen(handle, "wb") as opened:
            opened.write(body)
        Path(temporary).replace(target)
    except OSError:
        # A cache that cannot be written must not stop an audit. The folder is private and goes with the process.
        target = Path(_private_folder().name) / name
        target.write_bytes(body)
    return target


@cache
def _private_folder() -> tempfile.TemporaryDirectory[str]:
    import tempfile

    return tempfile.TemporaryDirectory(prefix="assay-")


@cache
def _digest() -> str:
    import hashlib

    return hashlib.sha256(BUNDLED.read_bytes()).hexdigest()


def compile_seed(source: Path) -> None:
    """Compile the bundled database from the seed's JSON lines (gzip)."""
    import gzip
    import lzma
    import tempfile

    import msgspec

    from scanner.advisories.records import SeedRecord, from_seed
    from scanner.advisories.store import compile_database

    decoder = msgspec.json.Decoder(SeedRecord)
    with gzip.open(source, "rb") as opened, tempfile.TemporaryDirectory() as folder:
        records = [from_seed(decoder.decode(line)) for line in opened if line.strip()]
        target = Path(folder) / "seed.sqlite"
        info = compile_database(records, target, kind="bundled-seed", source=SOURCE, as_of=AS_OF, lacks=LACKS)
        body = target.read_bytes()[:-SEAL_BYTES]
    BUNDLED.write_bytes(lzma.compress(body, preset=9 | lzma.PRESET_EXTREME))
    sys.stdout.write(f"{info.advisories} advisories, {len(body)} bytes, {BUNDLED.stat().st_size} compressed\n")


if __name__ == "__main__":
    compile_seed(Path(sys.argv[1]))
