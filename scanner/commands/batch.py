"""``assay batch``: data batches sealed where they leave, and verified where they arrive."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scanner.batch.judge import Answer
    from scanner.batch.statement import Stated
    from scanner.batch.verify import Compared
    from scanner.signing.keys import PublicKey

EPILOG = """\
exit codes:
  0  the batch is the one that was sealed, and it is what was asked for
  1  it is not
  2  wrong usage, or a file that cannot be read
  3  something that was required could not be looked at
"""
MAX_SHOWN = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    actions = parser.add_subparsers(prog=parser.prog, dest="action", required=True, metavar="ACTION")
    key = actions.add_parser("key", help="make an Ed25519 key: NAME.pem to sign with, NAME.pub.pem to verify with")
    key.add_argument("name", metavar="NAME")
    _seal_arguments(actions.add_parser("seal", help="hash a folder, and sign what it holds"))
    _verify_arguments(actions.add_parser("verify", help="hold a folder against its signed statement"))
    recipe = actions.add_parser("recipe", help="check that a file was part of the recipe that a statement commits to")
    recipe.add_argument("file", metavar="FILE")
    _signed_by(recipe)
    recipe.add_argument("--opening", required=True, metavar="FILE", help="the producer's recipe-openings.json")


def _signed_by(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--statement", required=True, metavar="FILE")
    parser.add_argument(
        "--key", required=True, action="append", metavar="FILE", help="a public key that is trusted; may be repeated"
    )


def _seal_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR")
    parser.add_argument(
        "--output", required=True, metavar="DIR", help="where statement and manifest go, outside of DIR"
    )
    parser.add_argument("--batch", required=True, metavar="ID", help="what the batch is called")
    parser.add_argument("--key", required=True, metavar="FILE", help="the private key (PEM) to sign with")
    parser.add_argument("--producer", default="", metavar="NAME", help="who seals it")
    parser.add_argument("--sequence", type=int, default=0, metavar="N", help="how many batches the producer has sealed")
    parser.add_argument("--records", action="store_true", help="hash each record of JSON Lines, CSV and TSV files too")
    parser.add_argument("--started", default="", metavar="TIME", help="when its making began (RFC 3339, UTC)")
    parser.add_argument("--parent", action="append", default=[], metavar="STATEMENT", help="a batch it is made of")
    parser.add_argument("--lock", action="append", default=[], metavar="FILE", help="a lock of what produced it")
    parser.add_argument("--report", default="", metavar="FILE", help="the report.json of the audit of what produced it")
    parser.add_argument("--environment", default="", metavar="DIR", help="the installed environment that produced it")
    parser.add_argument("--commit", default="", metavar="HEX", help="the Git commit of what produced it")
    parser.add_argument(
        "--recipe", action="append", default=[], metavar="KIND=FILE",
        help="commit to a file of the curation recipe; KIND is filter, weights, labeling or reward",
    )  # fmt: skip
    parser.add_argument("--quiet", action="store_true", help="no progress")


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR")
    _signed_by(parser)
    parser.add_argument("--manifest", default="", metavar="FILE", help="the manifest (default: beside the statement)")
    parser.add_argument("--subset", default="", metavar="PATH", help="verify one file or folder of the batch alone")
    parser.add_argument("--batch", default="", metavar="ID", help="the batch that is expected")
    parser.add_argument("--after", type=int, metavar="N", help="the sequence of the last batch that was taken")
    parser.add_argument("--max-age", type=int, metavar="DAYS", help="the most days since it was sealed")
    parser.add_argument("--report", default="", metavar="FILE", help="the report that the statement names")
    parser.add_argument("--lock", action="append", default=[], metavar="FILE", help="a lock that the statement names")
    parser.add_argument("--parent", action="append", default=[], metavar="STATEMENT", help="a statement of its parents")
    parser.add_argument(
        "--require", action="append", default=[],
        choices=("batch", "sequence", "age", "report", "lock", "parents"),
        help="exit 3 where this could not be looked at; may be repeated",
    )  # fmt: skip
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(arguments: argparse.Namespace) -> int:
    actions = {"key": _key, "seal": _seal, "verify": _verify, "recipe": _recipe}
    return actions[arguments.action](arguments)


def _key(arguments: argparse.Namespace) -> int:
    import sys
    from pathlib import Path

    from scanner.report.safe_text import log_line
    from scanner.signing.keys import make_key

    private, public = Path(f"{arguments.name}.pem"), Path(f"{arguments.name}.pub.pem")
    keyid = make_key(private, public)
    lines = (f"keyid    {keyid}", f"private  {private} (keep it)", f"public   {public} (give it to who verifies)")
    sys.stdout.write("".join(f"{log_line(line)}\n" for line in lines))
    return 0


def _seal(arguments: argparse.Namespace) -> int:
    import os
    import sys
    from pathlib import Path

    from scanner.batch.produce import Sources, produce
    from scanner.model.errors import UsageError
    from scanner.report.safe_text import log_line
    from scanner.signing.keys import read_private_key

    recipe = []
    for one in arguments.recipe:
        kind, equals, file = one.partition("=")
        if not equals:
            raise UsageError(f"{one!r} names no kind", where="--recipe", remedy="Write it as filter=path/to/file.")
        recipe.append((kind, Path(file)))
    sources = Sources(
        batch=arguments.batch,
        producer=arguments.producer,
        sequence=arguments.sequence,
        started=arguments.started,
        parents=tuple(Path(one) for one in arguments.parent),
        locks=tuple(Path(one) for one in arguments.lock),
        report=Path(arguments.report) if arguments.report else None,
        environment=Path(arguments.environment) if arguments.environment else None,
        commit=arguments.commit,
        recipe=tuple(recipe),
    )
    key = read_private_key(Path(arguments.key), os.environ)
    stated, sealed = produce(Path(arguments.folder), Path(arguments.output), key, sources, records=arguments.records)
    lines = [
        f"batch     {stated.batch.batch}",
        f"root      {stated.root}",
        f"contents  {sealed.files:,} files, {sealed.size:,} bytes",
        f"signed by {key.public.keyid}",
        f"statement {stated.where}",
    ]
    if sealed.records is not None:
        lines.append(f"records   {sealed.records.records:,}")
    lines += [f"records of {path} were not told apart: {why}" for path, why in sealed.unrecorded[:MAX_SHOWN]]
    sys.stdout.write("".join(f"{log_line(line)}\n" for line in lines))
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from scanner.batch.judge import Expected, exit_code, judge
    from scanner.batch.seal import MANIFEST
    from scanner.batch.statement import verified_statement
    from scanner.batch.verify import compare
    from scanner.clock import run_time
    from scanner.commands.batch_locks import malicious_in

    keys = _keys(arguments.key)
    statement = Path(arguments.statement)
    stated = verified_statement(statement, keys)
    manifest = Path(arguments.manifest) if arguments.manifest else statement.parent / MANIFEST
    compared = compare(Path(arguments.folder), manifest, stated, subset=arguments.subset)
    required = frozenset(arguments.require)
    expected = Expected(
        batch=arguments.batch,
        after=arguments.after,
        max_age=arguments.max_age,
        report=Path(arguments.report) if arguments.report else None,
        locks=tuple(Path(one) for one in arguments.lock),
        parents=tuple(verified_statement(Path(one), keys) for one in arguments.parent),
        required=required,
    )
    answers = list(judge(stated, compared, expected, run_time(), malicious_in))
    code = exit_code(answers, required)
    _show(arguments.format, stated, compared, answers, code, arguments.subset)
    return code


def _show(form: str, stated: Stated, compared: Compared, answers: Iterable[Answer], code: int, subset: str) -> None:
    import sys

    import msgspec

    from scanner.report.safe_text import log_line

    if form == "json":
        body = {
            "batch": stated.batch,
            "root": stated.root,
            "subset": subset,
            "answers": answers,
            "counts": compared.counts,
            "differences": compared.differences,
            "exit_code": code,
        }
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(body)).decode() + "\n")
        return
    words = {0: "VERIFIED", 1: "NOT VERIFIED", 3: "INCONCLUSIVE"}
    lines = [f"{words[code]}: batch {stated.batch.batch}" + (f", {subset}" if subset else "")]
    lines += [f"  {one.status:<11} {one.question:<9} {one.reason}" for one in answers]
    for one in compared.differences[:MAX_SHOWN]:
        was = f" (was {one.was})" if one.was else ""
        why = f": {one.reason}" if one.reason else ""
        lines.append(f"{one.kind.upper():<10} {one.path}{was}{why}")
    more = sum(compared.counts.values()) - min(len(compared.differences), MAX_SHOWN)
    if more > 0:
        lines.append(f"and {more:,} more; --format json lists up to 10,000 of each kind")
    sys.stdout.write("".join(f"{log_line(line)}\n" for line in lines))


def _recipe(arguments: argparse.Namespace) -> int:
    import sys
    from pathlib import Path

    from scanner.batch.recipe import read_openings, shows
    from scanner.batch.statement import verified_statement
    from scanner.report.safe_text import log_line

    stated = verified_statement(Path(arguments.statement), _keys(arguments.key))
    note = stated.batch.recipe
    file = Path(arguments.file)
    opened = [one for one in read_openings(Path(arguments.opening)).openings if note and shows(one, file, note.root)]
    said = (
        f"it was part of the recipe as {opened[0].kind}, {opened[0].name}"
        if opened
        else "it was not part of the recipe"
    )
    sys.stdout.write(log_line(f"{file}: {said} of the batch {stated.batch.batch}") + "\n")
    return 0 if opened else 1


def _keys(named: Iterable[str]) -> list[PublicKey]:
    from pathlib import Path

    from scanner.signing.keys import read_public_key

    return [read_public_key(Path(one)) for one in named]
