"""``assay cache``: what the cache holds, and less of it."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(prog=parser.prog, dest="action", required=True, metavar="ACTION")
    info = actions.add_parser("info", help="where the cache lies, what it holds, and how large it may become")
    info.add_argument("--format", choices=("text", "json"), default="text")
    prune = actions.add_parser("prune", help="remove what was not used for the longest time")
    prune.add_argument(
        "--size", metavar="SIZE", help="what may be left, as 500M or 10G (default: ASSAY_CACHE_SIZE, else 10G)"
    )
    prune.add_argument("--all", action="store_true", help="remove all that was not used in the last six hours")


def run(arguments: argparse.Namespace) -> int:
    import sys

    import msgspec

    from scanner.index.cache import Cache
    from scanner.index.eviction import held, limit, parse_size, prune
    from scanner.report.safe_text import log_line

    folder = Cache.default().folder
    most = parse_size(arguments.size) if getattr(arguments, "size", None) else limit()
    if arguments.action == "prune":
        removed = prune(folder, most, everything=arguments.all)
        sys.stdout.write(f"removed {removed.files:,} files, {shown(removed.size)}; {shown(removed.left)} are left\n")
        return 0
    found = held(folder)
    if arguments.format == "json":
        body = {"folder": str(folder), "limit": most, "size": sum(one.size for one in found), "kinds": found}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(body)).decode() + "\n")
        return 0
    rows = [("folder", log_line(str(folder))), ("size", f"{shown(sum(one.size for one in found))} of {shown(most)}")]
    rows += [(one.kind, f"{one.files:,} files, {shown(one.size)}") for one in found]
    sys.stdout.write("".join(f"{key:<15} {value}\n" for key, value in rows))
    return 0


def shown(size: int) -> str:
    """A number of bytes as people read it: ``1.5 GiB``."""
    value = float(size)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"
