"""Many requests at once: one failure costs its own result, never the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from scanner.index.client import IndexClient
from scanner.index.errors import OfflineError
from scanner.model.artifact import Artifact
from scanner.model.errors import AssayError
from scanner.model.faults import because_of
from scanner.model.known import NotKnown
from scanner.model.package import Package
from scanner.model.progress import Advance
from scanner.model.release import FetchedArtifact

Key = TypeVar("Key")
Value = TypeVar("Value")
OFFLINE = NotKnown("the run used no network", "Run again without --offline.")


def gather(
    keys: Iterable[Key], job: Callable[[Key], Value], progress: Advance, *, workers: int = 12
) -> dict[Key, Value | NotKnown]:
    """``job`` of every key, concurrently. Any error becomes a :class:`NotKnown`, with its reason."""
    wanted = list(keys)
    found: dict[Key, Value | NotKnown] = {}
    progress(0, len(wanted))
    with ThreadPoolExecutor(max_workers=workers) as pool:
        futures = {pool.submit(job, key): key for key in wanted}
        for done, future in enumerate(as_completed(futures), 1):
            try:
                found[futures[future]] = future.result()
            except AssayError as error:
                found[futures[future]] = because(error)
            except Exception as error:  # noqa: BLE001 (one artifact costs its own result)
                found[futures[future]] = because_of(error)
            progress(done, len(wanted))
    return {key: found[key] for key in wanted}


def because(error: AssayError) -> NotKnown:
    """Why something is not known, from the error that prevented it."""
    if isinstance(error, OfflineError):
        return OFFLINE
    where = f" ({error.where})" if error.where else ""
    return NotKnown(f"{error.what}{where}", error.remedy)


def fetch_all(
    client: IndexClient, chosen: Mapping[Package, Artifact | NotKnown], progress: Advance
) -> dict[Package, FetchedArtifact | NotKnown]:
    """The bytes of each package's chosen file; a package without one keeps the reason why."""
    wanted = {package: one for package, one in chosen.items() if not isinstance(one, NotKnown)}
    # The largest first, so that the last one running is a small one.
    order = sorted(wanted, key=lambda one: (-(size if isinstance(size := wanted[one].size, int) else 0), one))
    fetched = gather(order, lambda package: client.fetch(wanted[package]), progress)
    unknown = {package: one for package, one in chosen.items() if isinstance(one, NotKnown)}
    return {**unknown, **fetched}
