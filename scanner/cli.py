"""The ``assay`` command: arguments in, exit code out, nothing else. Each command lives in ``scanner.commands``."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from scanner import __version__
from scanner.model.errors import AssayError

COMMANDS: dict[str, str] = {
    "affected": "over many projects and reports: who has this release, since when, and why",
    "audit": "audit a project and everything it installs; write the report",
    "capabilities": "what the code of artifacts or trees can do, with the lines that prove it",
    "db": "update, show or serve the advisory database",
    "report": "render a saved report in any format, or merge several vendors into one page",
    "resolve": "the dependency graph of a project, resolved without running any of it",
    "rules": "list the rules of the code engine, or explain one",
    "scan": "judge artifacts, source trees or files by their code",
    "why": "every shortest path that brings a package in, with its requirements and places",
}

EXIT_CODES = """\
exit codes:
  0  the policy is met
  1  the policy is violated
  2  wrong usage, or an input that cannot be read
  3  inconclusive: a required check could not run
"""


def build_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser. Only the command that the arguments name is imported: start-up time is part of the product."""
    parser = argparse.ArgumentParser(
        prog="assay",
        description="Audit the software supply chain of a data-labeling project without running any of it.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"assay {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    chosen = next((one for one in arguments if not one.startswith("-")), "")
    for name, summary in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=summary,
            description=summary[0].upper() + summary[1:] + ".",
            epilog=EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == chosen:
            module = importlib.import_module(f"scanner.commands.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code. Every error of ours is printed to stderr as what, where and remedy."""
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = build_parser(given).parse_args(given)
    arguments.command_line = ("assay", *given)
    try:
        code: int = arguments.run(arguments)
    except AssayError as error:
        from scanner.report.safe_text import plain

        print(f"assay: {plain(error.message)}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except KeyboardInterrupt:
        print("assay: interrupted; no verdict was reached", file=sys.stderr)  # noqa: T201
        return 130
    except BrokenPipeError:
        # The reader of our output went away (``assay … | head``): not our error, and nothing is left to tell it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return code
