"""``assay db``: update, status, match and serve the advisory database."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from scanner.advisories.group import Alike


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(prog=parser.prog, dest="action", required=True, metavar="ACTION")
    update = actions.add_parser(
        "update", help="fetch an OSV export and install it; the old database stays on any failure"
    )
    update.add_argument("--source", metavar="URL|FILE", help="an OSV all.zip (default: OSV.dev's export for PyPI)")
    status = actions.add_parser("status", help="which database is used: source, date, counts, age, digest")
    status.add_argument("--format", choices=("text", "json"), default="text")
    match = actions.add_parser("match", help="what the database says of the versions that a file fixes: a quick look")
    match.add_argument("path", help="a lock, a requirements file, or a folder of them")
    match.add_argument("--format", choices=("text", "json"), default="text")
    serve = actions.add_parser("serve", help="serve the database as an OSV-compatible API on loopback")
    serve.add_argument("--port", type=int, default=8799, help="the port on 127.0.0.1 (default: 8799)")
    for one in (status, match, serve):
        one.add_argument(
            "--database", default="", metavar="FILE", help="a compiled database instead of the installed one"
        )


def run(arguments: argparse.Namespace) -> int:
    if arguments.action == "match":
        return _without_gc(_match, arguments)
    return {"update": _update, "status": _status, "serve": _serve}[arguments.action](arguments)


def _without_gc(action: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    """For an action that imports, decodes, compares and ends: nothing in it points back at what made it, and looking
    for such things takes a tenth of its time."""
    import gc

    was = gc.isenabled()
    gc.disable()
    try:
        return action(arguments)
    finally:
        if was:
            gc.enable()


def _update(arguments: argparse.Namespace) -> int:
    import sys

    from scanner.advisories.update import DEFAULT_SOURCE, update_database
    from scanner.commands.progress import progress_for_terminal
    from scanner.model.urls import redact
    from scanner.report.safe_text import log_text

    with progress_for_terminal().stage("compiling advisories") as advance:
        result = update_database(arguments.source or DEFAULT_SOURCE, advance)
    if result.export is None:
        sys.stdout.write("The installed database is still the newest.\n")
        return 0
    info = result.export.info
    sys.stdout.write(
        f"Installed {info.advisories} advisories for {info.packages} packages ({info.malicious} of malicious releases),"
        f" as of {info.as_of}.\n"
    )
    for one in result.export.unreadable[:20]:
        sys.stdout.write(log_text(redact(f"Not readable and left out: {one.member}: {one.reason}")) + "\n")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    import sys
    from datetime import date

    import msgspec

    from scanner.advisories.select import LayeredDatabase, select_database
    from scanner.clock import run_time
    from scanner.model.urls import redact, redact_all

    with select_database(arguments.database) as database:
        info, path, damaged = database.info, database.path, database.damaged
        beneath = database.beneath if isinstance(database, LayeredDatabase) else None
    if arguments.format == "json":
        body = msgspec.to_builtins(info) | ({"beneath": msgspec.to_builtins(beneath.info)} if beneath else {})
        body |= {"damaged": damaged} if damaged else {}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(redact_all(body))).decode() + "\n")
        return 0
    age = (run_time().date() - date.fromisoformat(info.as_of)).days if info.as_of else None
    rows = [
        ("database", f"{info.kind} at {path}"),
        ("source", info.source),
        ("as of", f"{info.as_of} ({age} days ago)" if age is not None else "not known"),
        ("advisories", f"{info.advisories} for {info.packages} packages, {info.malicious} of malicious releases"),
        ("digest", f"sha256:{info.sha256}"),
    ]
    if damaged:
        rows.append(("not used", damaged))
    if info.lacks:
        rows.append(("lacks", info.lacks))
    if beneath:
        told = beneath.info
        counts = f"{told.advisories} for {told.packages} packages, {told.malicious} of malicious releases"
        rows.append(("beneath it", f"{told.kind} at {beneath.path}, as of {told.as_of}: {counts}"))
    sys.stdout.write(redact("".join(f"{key:<11} {value}\n" for key, value in rows)))
    return 0


def _match(arguments: argparse.Namespace) -> int:
    """No graph, no index, no age, no verdict: `assay audit` is the audit.

    Ends 1 where a version is affected, 3 where none is known to be and something could not be looked up.
    """
    import sys
    from pathlib import Path

    import msgspec

    from scanner.advisories.group import joined
    from scanner.advisories.incidents import marked
    from scanner.advisories.match import Match, match_all
    from scanner.advisories.select import select_database
    from scanner.inputs.discover import discover
    from scanner.integrity.pins import pins_of
    from scanner.model.urls import redact, redact_all

    files = discover(Path(arguments.path)).files
    pins = [pin for file in files for pin in pins_of(file)]
    unread = sorted({f"{gap.location}: {gap.reason}" for file in files for gap in file.gaps})
    fixed = {(pin.name, pin.version) for pin in pins if pin.version and pin.kind == "index"}
    open_names = sorted({pin.name for pin in pins} - {name for name, _ in fixed})
    with select_database(arguments.database) as database:
        info, damaged = database.info, database.damaged
        found: dict[tuple[str, str], list[Match]] = {}
        for one in match_all(database, fixed):
            found.setdefault((one.name, one.version), []).append(one)
    affected = [
        (name, version, vulnerability)
        for (name, version), matches in sorted(found.items())
        for vulnerability in joined(marked(one.advisory) for one in matches if one.answer == "affected")
    ]
    rows = [
        {"name": name, "version": version, "id": one.id, "names": one.names, "malicious": one.malicious}
        for name, version, one in affected
    ]
    unclear = sorted(
        {f"{one.name}=={one.version}" for all_of in found.values() for one in all_of if one.answer != "affected"}
    )
    if damaged:
        unread.append(damaged)
    code = 1 if rows else 3 if unclear or open_names or unread else 0
    if arguments.format == "json":
        body = {
            "database": info,
            "looked_at": len(fixed),
            "matches": rows,
            "not_comparable": unclear,
            "no_version": open_names,
            "not_read": unread,
        }
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(redact_all(body))).decode() + "\n")
        return code
    from scanner.report.safe_text import log_text

    lines = [f"{name}=={version}  {one.id}{_also(one)}" for name, version, one in affected]
    lines.append(f"{len(rows)} in {len(fixed)} version(s), by advisories as of {info.as_of}.")
    if unclear:
        lines.append(f"Not comparable with some range: {', '.join(unclear)}.")
    if open_names:
        lines.append(f"Without an exact version, and so not looked up: {', '.join(open_names)}.")
    lines += [f"Not read: {one}." for one in unread]
    sys.stdout.write("".join(f"{log_text(redact(line)).rstrip()}\n" for line in lines))
    return code


def _also(found: Alike) -> str:
    others = ", ".join(found.names[1:])
    return ("  MALICIOUS" if found.malicious else "") + (f"  {others}" if others else "")


def _serve(arguments: argparse.Namespace) -> int:
    import sys

    from scanner.advisories.select import select_database
    from scanner.advisories.server import make_server
    from scanner.model.errors import InputError, UsageError

    with select_database(arguments.database) as database:
        # An unreadable database is said now, not at the first request; and nobody is served half of one.
        if database.damaged:
            raise InputError(database.damaged, remedy="Run `assay db update`, or delete the file.")
    try:
        server = make_server(lambda: select_database(arguments.database), arguments.port)
    except (OSError, OverflowError) as error:
        raise UsageError(f"the port cannot be used: {error}", where=f"--port {arguments.port}") from error
    sys.stdout.write(f"OSV-compatible API on http://127.0.0.1:{server.server_port}/v1 (Ctrl-C ends it)\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        server.server_close()
    return 0
