"""assay's resolver against uv's, on the registry: the same name==version sets? how fast, cold and warm?

    python benchmarks/resolve.py [--uv PATH] [--exclude-newer DATE] [PROJECT…]

Each project is resolved from one unpinned requirement for the same target and date, by ``uv pip compile --no-build``
and by ``assay resolve``, first with empty caches of their own, then again. uv may not build: building runs the code of
what is resolved. A difference is printed with its reason; exit code 1 where one has none.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from packaging.utils import canonicalize_name

from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import from_environment
from scanner.model.errors import NetworkError
from scanner.model.versions import artifact_version, same_version

PROJECTS = (
    "label-studio",
    "superannotate",
    "snorkel",
    "trl",
    "dolma",
    "labelbox",
    "cleanlab",
    "fiftyone",
    "argilla",
    "distilabel",
    "label-studio-sdk",
    "datasets",
    "doccano",
    "deepspeed",
    "great-expectations",
)
PYTHON = "3.11.9"
"""To the patch: to uv 3.11 is 3.11.0, and some releases ask for more."""
TIMEOUT = 540
Set = dict[str, str]


def timed(command: list[str], environment: dict[str, str]) -> tuple[subprocess.CompletedProcess[str], float]:
    started = time.perf_counter()
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    return done, time.perf_counter() - started


def by_uv(uv: str, source: Path, newest: str, cache: Path) -> tuple[Set | str, float]:
    # fmt: off
    command = [
        uv, "pip", "compile", str(source), "--python-version", PYTHON, "--python-platform", "x86_64-manylinux_2_28",
        "--exclude-newer", newest, "--no-build", "--no-header", "--no-annotate", "--quiet", "--no-config",
        "--default-index", "https://pypi.org/simple",
    ]
    # fmt: on
    done, seconds = timed(command, {"UV_CACHE_DIR": str(cache)})
    if done.returncode:
        return " ".join(done.stderr.split())[:300], seconds
    pins = (line.partition(";")[0].strip() for line in done.stdout.splitlines() if "==" in line)
    return {
        str(canonicalize_name(name)): version for name, _, version in (pin.partition("==") for pin in pins)
    }, seconds


def by_assay(source: Path, newest: str, cache: Path) -> tuple[Set, list[str], float]:
    command = [sys.executable, "-m", "scanner", "resolve", str(source), "--format", "json"]
    command += ["--python-version", PYTHON, "--exclude-newer", newest]
    done, seconds = timed(command, {"XDG_CACHE_HOME": str(cache)})
    if done.returncode not in (0, 3):
        sys.exit(f"assay failed on {source}: {done.stderr[-500:]}")
    answer = json.loads(done.stdout)
    gaps = [line for line in done.stderr.splitlines() if line.startswith("assay: not known")]
    return {one["name"]: one["version"] for one in answer["packages"]}, gaps, seconds


def has_wheel(client: IndexClient, name: str, version: str) -> bool:
    try:
        page = client.project(canonicalize_name(name))
    except NetworkError:
        return True
    return any(
        one.kind == "wheel" and same_version(artifact_version(one.filename, canonicalize_name(name)), version)
        for one in page.artifacts
    )


def reasons(ours: Set, theirs: Set, gaps: list[str], client: IndexClient) -> list[str]:
    """One line for each difference: what it is, and its reason or ``UNEXPLAINED``."""
    refused = sorted(
        name for name, version in ours.items() if theirs.get(name) != version and not has_wheel(client, name, version)
    )
    lines = []
    for name in sorted({*ours, *theirs}):
        mine, other = ours.get(name, "-"), theirs.get(name, "-")
        if mine == other or (mine != "-" and other != "-" and same_version(mine, other)):
            continue
        if name in refused:
            why = "we took the release that has only an sdist, as pip would; uv may not build it"
        elif refused:
            why = f"follows from {', '.join(refused)}, which uv may not build"
        elif gaps:
            why = f"follows from what is not known: {gaps[0][18:140]}"
        else:
            why = "UNEXPLAINED"
        lines.append(f"  {name}: assay {mine}, uv {other}: {why}")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("projects", nargs="*", default=PROJECTS)
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--exclude-newer", default="2026-11-15T00:00:00Z", metavar="DATE")
    chosen = parser.parse_args()
    unexplained = 0
    print(f"{'project':22} {'assay':>6} {'uv':>6} {'gaps':>5}  cold assay/uv (s)   warm assay/uv (s)")
    for project in chosen.projects:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            source = folder / "requirements.in"
            source.write_text(f"{project}\n")
            theirs, uv_cold = by_uv(chosen.uv, source, chosen.exclude_newer, folder / "uv")
            ours, gaps, cold = by_assay(source, chosen.exclude_newer, folder / "assay")
            _, uv_warm = by_uv(chosen.uv, source, chosen.exclude_newer, folder / "uv")
            _, _, warm = by_assay(source, chosen.exclude_newer, folder / "assay")
            size = len(theirs) if isinstance(theirs, dict) else "fails"
            times = f"{cold:7.2f} /{uv_cold:7.2f}   {warm:7.2f} /{uv_warm:7.2f}"
            print(f"{project:22} {len(ours):>6} {size:>6} {len(gaps):>5}  {times}", flush=True)
            for gap in gaps[:5]:
                print(f"  {gap[:200]}")
            if isinstance(theirs, str):
                print(f"  uv: {theirs}")
                continue
            with IndexClient(from_environment(), Cache(folder / "assay" / "assay")) as client:
                for line in reasons(ours, theirs, gaps, client):
                    unexplained += "UNEXPLAINED" in line
                    print(line)
    print(f"differences without a reason: {unexplained}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
