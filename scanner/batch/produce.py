"""From a folder and what produced it to a signed statement on disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from scanner.batch.environment import describe, encode_environment
from scanner.batch.judge import MAX_MATERIAL, report_verdict
from scanner.batch.predicate import ID, Batch, EnvironmentNote, NamedDigest, ReportNote, moment
from scanner.batch.recipe import KINDS, commit
from scanner.batch.seal import ENVIRONMENT, OPENINGS, STATEMENT, Progress, Sealed, refuse_inside, seal
from scanner.batch.statement import Stated, parse_statement, read_statement, sign
from scanner.clock import rfc3339, run_time
from scanner.files import read_bounded
from scanner.model.errors import InputError, UsageError
from scanner.signing.keys import PrivateKey


class Sources(msgspec.Struct, frozen=True):
    """What the producer says of a batch: its id and number, the batches it is made of (their statements), the locks,
    the audit's report, the environment and the commit that made it, and (kind, file) of its recipe."""

    batch: str
    producer: str = ""
    sequence: int = 0
    started: str = ""
    parents: tuple[Path, ...] = ()
    locks: tuple[Path, ...] = ()
    report: Path | None = None
    environment: Path | None = None
    commit: str = ""
    recipe: tuple[tuple[str, Path], ...] = ()


def produce(
    folder: Path,
    output: Path,
    key: PrivateKey,
    sources: Sources,
    *,
    records: bool = False,
    progress: Progress | None = None,
) -> tuple[Stated, Sealed]:
    """Seal the folder and write statement, manifest and what belongs to them into ``output``.

    A folder that changes meanwhile, and every input that cannot be read, ends it with :class:`InputError`; the
    statement is written last, so that none is there for a batch that was not sealed whole.
    """
    if not ID.fullmatch(sources.batch):
        remedy = "Use letters, digits, dots, dashes, plus signs and underscores, at most 128."
        raise UsageError(f"{sources.batch!r} is no id of a batch", where="--batch", remedy=remedy)
    for kind, _ in sources.recipe:
        if kind not in KINDS:
            remedy = f"Choose from: {', '.join(KINDS)}."
            raise UsageError(f"no such kind of recipe file: {kind!r}", where="--recipe", remedy=remedy)
    if not folder.is_dir():
        raise InputError("there is no such folder", where=str(folder), remedy="Name the folder of the batch.")
    refuse_inside(folder, output)
    started = sources.started or rfc3339(run_time())
    moment(started, "--started")
    parents = tuple(read_statement(path)[1].as_parent() for path in sources.parents)
    locks = tuple(NamedDigest(path.name, _digest(path)) for path in sources.locks)
    report = None
    if sources.report is not None:
        report = ReportNote(_digest(sources.report), report_verdict(sources.report))
    _prepare(output)
    if sources.environment is not None:
        body = encode_environment(described := describe(sources.environment))
        _write(output / ENVIRONMENT, body)
        environment = EnvironmentNote(hashlib.sha256(body).hexdigest(), len(described.distributions))
    else:
        environment = None
    recipe, openings = commit(sources.batch, sources.recipe) if sources.recipe else (None, None)
    sealed = seal(folder, output, records=records, progress=progress)
    batch = Batch(
        batch=sources.batch,
        files=sealed.files,
        size=sealed.size,
        manifest=sealed.manifest,
        started=started,
        finished=rfc3339(run_time()),
        producer=sources.producer,
        sequence=sources.sequence,
        records=sealed.records,
        parents=parents,
        locks=locks,
        report=report,
        environment=environment,
        commit=sources.commit,
        recipe=recipe,
    )
    body = sign(sealed.root, batch, key, "the statement")
    if openings is not None:
        _write(output / OPENINGS, msgspec.json.encode(openings) + b"\n", private=True)
    place = output / STATEMENT
    _write(place, body)
    return parse_statement(body, str(place))[1], sealed


def _digest(path: Path) -> str:
    try:
        body = read_bounded(path, MAX_MATERIAL + 1)
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror or error}", where=str(path)) from error
    if len(body) > MAX_MATERIAL:
        raise InputError(f"it is larger than {MAX_MATERIAL:,} bytes", where=str(path))
    return hashlib.sha256(body).hexdigest()


def _prepare(output: Path) -> None:
    """An empty folder for the statement: what lies there from another batch is never mixed with this one."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        if any(output.iterdir()):
            remedy = "Name a folder that is empty, or not there yet."
            raise InputError("the folder for the statement is not empty", where=str(output), remedy=remedy)
    except OSError as error:
        raise InputError(f"it cannot be written: {error.strerror or error}", where=str(output)) from error


def _write(path: Path, body: bytes, *, private: bool = False) -> None:
    try:
        path.touch(mode=0o600 if private else 0o644)
        path.write_bytes(body)
    except OSError as error:
        raise InputError(f"it cannot be written: {error.strerror or error}", where=str(path)) from error
