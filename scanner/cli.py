"""The ``assay`` command: arguments in, exit code out, nothing else. Each command lives in ``scanner.commands``."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

from scanner import __version__
from scanner.model.errors import AssayError

COMMANDS: dict[str, str] = {
    "affected": "over many projects and reports: who has this release, since when, and why",
    "audit": "audit a project and everything it installs; write the report",
    "batch": "seal a folder of data, and verify it where it arrives",
    "cache": "what the cache of artifacts and pages holds, and less of it",
    "capabilities": "what the code of artifacts or trees can do, with the lines that prove it",
    "db": "update, show or serve the advisory database",
    "report": "render a saved report in any format, or merge several vendors into one page",
    "resolve": "the dependency graph of a project, resolved without running any of it",
    "rules": "list the rules of the code engine, or explain one",
    "scan": "judge artifacts, source trees or files by their code",
    "why": "every shortest path that brings a package in, with its requirements and places",
}

_COLLECT_AT = 50_000
"""New objects after which cycles are looked for."""
EXIT_CODES = """\
exit codes:
  0  the policy is met
  1  the policy is violated
  2  wrong usage, or an input that cannot be read
  3  inconclusive: a required check could not run
  4  a fault of assay itself; no verdict was reached
"""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """As argparse's own, which asks ``shutil`` for the terminal's width, and that imports every compressor there is.

    argparse makes a formatter for each option that is added, not only where help is printed.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


class _Parser(argparse.ArgumentParser):
    """A parser with that formatter, and so are the parsers of its commands and of their actions."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_Formatter, **options)


def _columns() -> int:
    """``COLUMNS`` where it is a number above zero, else the terminal's width, else 80."""
    text = os.environ.get("COLUMNS", "")
    if text.isdecimal() and int(text):
        return int(text)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80 if sys.__stdout__ else 80
    except (OSError, ValueError):
        return 80


def build_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser. Only the command that the arguments name is imported: start-up time is part of the product."""
    parser = _Parser(
        prog="assay",
        description="Audit the software supply chain of a data-labeling project without running any of it.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"assay {__version__}")
    # With ``prog`` given, argparse does not lay out a usage text only to learn it: that asks for the terminal's width.
    commands = parser.add_subparsers(prog="assay", title="commands", metavar="COMMAND", dest="command", required=True)
    chosen = next((one for one in arguments if not one.startswith("-")), "")
    # Where the command is the first word, no help of the others can be asked for.
    known = (chosen,) if chosen in COMMANDS and arguments[0] == chosen else COMMANDS
    for name in known:
        summary = COMMANDS[name]
        command = commands.add_parser(
            name,
            help=summary,
            description=summary[0].upper() + summary[1:] + ".",
            epilog=EXIT_CODES,
        )
        if name == chosen:
            module = importlib.import_module(f"scanner.commands.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code. Every error of ours is printed to stderr as what, where and remedy."""
    if argv is None:
        # Modules and rules stay: looking for cycles among them at every 700 new objects is a tenth of the start-up.
        gc.set_threshold(_COLLECT_AT)
        code = _run(sys.argv[1:])
        # The process ends: what is left goes with it, and looking for cycles in it first can take longer than the work.
        gc.freeze()
        return code
    return _run(list(argv))


def _run(given: list[str]) -> int:
    try:
        arguments = build_parser(given).parse_args(given)
        arguments.command_line = ("assay", *given)
        code: int = arguments.run(arguments)
    except AssayError as error:
        from scanner.model.urls import redact
        from scanner.report.safe_text import log_text

        print(f"assay: {log_text(redact(error.message))}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except KeyboardInterrupt:
        print("assay: interrupted; no verdict was reached", file=sys.stderr)  # noqa: T201
        return 130
    except BrokenPipeError:
        # The reader of our output went away (``assay … | head``): not our error, and nothing is left to tell it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:  # noqa: BLE001 (what nobody foresaw is never a verdict, and never a traceback)
        return _fault(error, given)
    return code


def _fault(error: Exception, given: list[str]) -> int:
    """One line that says at which stage and subject the run ended; the exit code of a fault of ours."""
    from scanner.model.faults import show, told, where_it_was
    from scanner.model.urls import redact
    from scanner.report.safe_text import plain

    show(error)
    at = redact(where_it_was(error) or " ".join(given[:2]))
    what = f"{' '.join(plain(at).split())}: a fault that nobody foresaw ({redact(told(error))}); no verdict was reached"
    print(f"assay: {what}. ASSAY_DEBUG=1 shows the traceback.", file=sys.stderr)  # noqa: T201
    return 4
