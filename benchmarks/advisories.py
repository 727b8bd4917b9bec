"""assay's advisories against pip-audit's, over the same export: the same answers? how fast? And bulk matching.

    python benchmarks/advisories.py EXPORT.zip LOCK…

EXPORT.zip is an OSV export of PyPI; each LOCK is a uv.lock, poetry.lock, pylock.toml or requirements file. What a lock
fixes is written as a requirements file of ``name==version`` lines, and both commands are given that same file, as users
give it to them: the installed console scripts, one process for each lock, pip-audit with ``assay db serve`` in another
process as its service. The byte code of both is compiled before. Times are wall seconds of whole processes: the least
of the repeats (runs of the two alternate), and the ratio of those; the median of ours is beside it, to show the noise.
Sets are compared after joining names by alias. Exit code 1 where they differ.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scanner.advisories.export import compile_export
from scanner.advisories.match import match_all
from scanner.advisories.store import AdvisoryDatabase
from scanner.checks.second_opinion import merged, unmatched
from scanner.inputs.discover import discover
from scanner.integrity.pins import pins_of
from scanner.model.versions import parse_version

Key = tuple[str, str]
REPEATS = 3
SCRIPTS = Path(sys.executable).parent


def pins(path: Path) -> list[Key]:
    """Every (name, version) that the lock fixes to a version of an index."""
    found = {
        (pin.name, str(parsed))
        for file in discover(path).files
        for pin in pins_of(file)
        if pin.kind == "index" and (parsed := parse_version(pin.version)) is not None
    }
    return sorted(found)


def ask_pip_audit(requirements: Path, url: str) -> tuple[dict[Key, list[frozenset[str]]], float]:
    """What pip-audit says, and the wall seconds of its whole process."""
    output = requirements.with_suffix(".json")
    # fmt: off
    command = [
        str(SCRIPTS / "pip-audit"), "-r", str(requirements), "--no-deps", "--disable-pip", "-s", "osv",
        "--osv-url", f"{url}/v1/query", "-f", "json", "--aliases", "on", "--progress-spinner", "off", "-o", str(output),
    ]
    # fmt: on
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode not in (0, 1) or not output.is_file():
        sys.exit(f"pip-audit failed: {done.stderr[-500:]}")
    answer = json.loads(output.read_text())
    found = {
        (one["name"], one["version"]): [frozenset((each["id"], *each["aliases"])) for each in one["vulns"]]
        for one in answer["dependencies"]
        if "version" in one
    }
    return found, seconds


def ask_assay(lock: Path, database: Path) -> tuple[dict[Key, list[frozenset[str]]], float]:
    """The same from ``assay db match``, and the wall seconds of its whole process."""
    command = [str(SCRIPTS / "assay"), "db", "match", str(lock), "--database", str(database), "--format", "json"]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode not in (0, 1, 3):
        sys.exit(f"assay failed: {done.stderr[-500:]}")
    found: dict[Key, list[frozenset[str]]] = {}
    for one in json.loads(done.stdout)["matches"]:
        found.setdefault((one["name"], one["version"]), []).append(frozenset(one["names"]))
    return found, seconds


def bare_start() -> float:
    """The wall seconds of an interpreter that does nothing: below this no Python program can be."""
    taken = []
    for _ in range(10):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        taken.append(time.perf_counter() - started)
    return min(taken)


def compile_byte_code() -> None:
    """Of all that either command may import: where nobody may write byte code, start-up would measure the compiler."""
    for folder in {Path(__file__).resolve().parents[1] / "scanner", *(Path(one) for one in sys.path)}:
        if folder.name in ("scanner", "site-packages"):
            compileall.compile_dir(folder, quiet=2)


def compare(locks: list[Path], database: Path, folder: Path, repeats: int) -> bool:
    server = subprocess.Popen(
        [sys.executable, "-m", "scanner", "db", "serve", "--database", str(database), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout
        url = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
        assert url
        equal = True
        titles = f"{'pip-audit':>10} {'assay':>8} {'(median)':>9} {'ratio':>7}"
        print(f"{'lock':<44} {'packages':>8} {'vulns':>6} {titles}  same answers")
        for number, lock in enumerate(locks):
            wanted = pins(lock)
            requirements = folder / str(number) / "requirements.txt"
            requirements.parent.mkdir()
            # pip-audit takes a name once: where a lock forks, the first version of each name is compared.
            first = dict(reversed(wanted))
            requirements.write_text("".join(f"{name}=={version}\n" for name, version in sorted(first.items())))
            slower, faster = [], []
            for _ in range(repeats):
                theirs, seconds = ask_pip_audit(requirements, url.group())
                slower.append(seconds)
                # Ours is short, and the more disturbed by what else runs: three for each of theirs.
                for _ in range(3):
                    ours, seconds = ask_assay(requirements, database)
                    faster.append(seconds)
            slow, fast = min(slower), min(faster)
            differences = []
            for key in sorted(first.items()):
                left, right = merged(theirs.get(key, [])), merged(ours.get(key, []))
                differences += [f"{key}: pip-audit alone {sorted(one)}" for one in unmatched(left, right)]
                differences += [f"{key}: assay alone {sorted(one)}" for one in unmatched(right, left)]
            equal = equal and not differences
            vulnerable = sum(len(merged(one)) for one in ours.values())
            name = "/".join(lock.parts[-2:])[-44:]
            verdict = "yes" if not differences else "NO"
            times = f"{slow:>9.2f}s {fast:>7.3f}s {statistics.median(faster):>8.3f}s {slow / fast:>6.1f}x"
            print(f"{name:<44} {len(first):>8} {vulnerable:>6} {times}  {verdict}")
            for one in differences:
                print(f"    {one}")
        return equal
    finally:
        server.terminate()
        server.wait()


def bulk(database: Path, count: int = 10_000) -> None:
    """Versions that advisories name, drawn at random: the hardest packages there are, none without an advisory."""
    with AdvisoryDatabase(database) as opened:
        pool = {
            (found.name, version)
            for name in opened.names()
            for one in opened.for_name(name)
            for found in one.affected
            if found.name == name
            for version in found.versions
        }
        chosen = random.Random(20261124).sample(sorted(pool), min(count, len(pool)))
        parse_version.cache_clear()
        wall, cpu = time.perf_counter(), time.process_time()
        matches = sum(one.answer == "affected" for one in match_all(opened, chosen))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{len(chosen):,} versions matched in {wall:.2f} s wall, {cpu:.2f} s CPU ({matches:,} matches)")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("export", type=Path)
    parser.add_argument("lock", type=Path, nargs="+")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="each process runs this often; the least counts")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as scratch:
        folder = Path(scratch)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        database = folder / "advisories.sqlite"
        started = time.perf_counter()
        made = compile_export(arguments.export, database, shown_source="export", progress=lambda *_: None)
        compile_byte_code()
        print(f"compiled {made.info.advisories:,} advisories in {time.perf_counter() - started:.2f} s")
        print(
            f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; least of {arguments.repeats} runs each"
        )
        print(f"an interpreter that does nothing: {bare_start():.3f} s")
        bulk(database)
        return 0 if compare(arguments.lock, database, folder, arguments.repeats) else 1


if __name__ == "__main__":
    sys.exit(main())
