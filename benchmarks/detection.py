"""Detection benchmark: how much malware a tool finds, what it says of honest packages, and at what cost.

    python benchmarks/detection.py prepare --corpus DIR --malicious-repository BARE_GIT --ranking FILE
    python benchmarks/detection.py run --corpus DIR --tool assay --tool hexora --tool guarddog --output DIR
    python benchmarks/detection.py folds --corpus DIR

Corpora stay outside the repository, as archives. Nothing of them is executed. The development half is the default; the
test half needs ``--half test --publish``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.detection import benign, folds, malicious, manifest, results, tools
from benchmarks.detection.split import SplitError, require_allowed

ROOT = Path(__file__).resolve().parents[1]


def _prepare(arguments: argparse.Namespace) -> int:
    corpus: Path = arguments.corpus.resolve()
    if corpus.is_relative_to(ROOT):
        print("the corpus must lie outside the repository", file=sys.stderr)
        return 2
    corpus.mkdir(parents=True, exist_ok=True)
    bad = malicious.collect(
        arguments.malicious_repository, corpus, arguments.half, arguments.malicious, arguments.per_campaign
    )
    campaigns, inert = len({one.cluster for one in bad}), sum(bool(one.inert) for one in bad)
    print(f"{len(bad)} malicious archives of {campaigns} campaigns; inert: {inert}")
    good = benign.collect(
        arguments.ranking, corpus, arguments.half, arguments.wheels, arguments.sdists, arguments.as_of
    )
    wheels = sum(one.kind == "wheel" for one in good)
    print(f"{wheels} wheels, {len(good) - wheels} sdists of popular projects")
    manifest.write(corpus, [*bad, *good])
    megabytes = sum(one.source_bytes for one in [*bad, *good]) / 1e6
    print(f"{megabytes:.1f} MB of Python source; manifest in {corpus / manifest.FILENAME}")
    return 0


def _run(arguments: argparse.Namespace) -> int:
    corpus: Path = arguments.corpus.resolve()
    samples = manifest.load(corpus, arguments.half)
    samples = [one for one in samples if not arguments.label or one.label == arguments.label]
    samples = [one for one in samples if one.source_bytes <= arguments.max_source_mb * 1e6][: arguments.limit or None]
    if not samples:
        print(f"no archive of the {arguments.half} half in {corpus}", file=sys.stderr)
        return 2
    options = {**tools.peers_from_environment(), "workers": str(arguments.workers)}
    options.update({name: value for name in ("assay", "hexora", "guarddog") if (value := getattr(arguments, name))})
    wanted = list(dict.fromkeys(arguments.tool))
    missing = [name for name in wanted if name in ("hexora", "guarddog") and not options[name]]
    if missing:
        print(f"where is {missing[0]}? Give --{missing[0]} or ASSAY_BENCH_{missing[0].upper()}", file=sys.stderr)
        return 2
    rounds: dict[str, list[tools.Judged]] = {name: [] for name in wanted}
    # In turn, so that a machine whose speed changes changes it for all of them.
    for number in range(arguments.rounds):
        for name in wanted:
            with tempfile.TemporaryDirectory(prefix="assay-bench-") as workspace:
                rounds[name].append(tools.TOOLS[name](corpus, samples, Path(workspace), options))
            if arguments.rounds > 1:
                print(f"round {number + 1}: {name} {rounds[name][-1].cost.seconds} s", file=sys.stderr)
    figures = {}
    for name in wanted:
        judged = results.in_the_middle(rounds[name])
        figures[name] = {
            "version": tools.version_of(name, options),
            "half": arguments.half,
            "max_source_mb": arguments.max_source_mb,
            **results.evaluate(samples, judged),
        }
        for note in judged.notes:
            print(f"{name}: {note}", file=sys.stderr)
        if arguments.output:
            arguments.output.mkdir(parents=True, exist_ok=True)
            text = json.dumps(figures[name], indent=1, sort_keys=True)
            (arguments.output / f"{name}.json").write_text(text + "\n", encoding="utf-8")
            verdicts = {path: [one.verdict, *one.rules] for path, one in sorted(judged.outcomes.items())}
            (arguments.output / f"{name}-verdicts.json").write_text(
                json.dumps(verdicts, indent=0) + "\n", encoding="utf-8"
            )
    text = results.table(figures)
    if arguments.output:
        (arguments.output / "table.md").write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0


def _folds(arguments: argparse.Namespace) -> int:
    corpus: Path = arguments.corpus.resolve()
    wanted = arguments.fold or list(range(folds.FOLDS))
    samples = [one for one in manifest.load(corpus, arguments.half) if folds.fold_of(one) in wanted]
    if not samples:
        print(f"no archive of the {arguments.half} half in {corpus}", file=sys.stderr)
        return 2
    results = folds.judged(corpus, samples, corpus / ".results", arguments.workers)
    if arguments.list:
        print(folds.listing(samples, results, wanted))
    print(folds.table(samples, results, wanted))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="detection.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--corpus", type=Path, required=True, help="folder of archives, outside the repository")
    common.add_argument("--half", choices=("development", "test"), default="development")
    common.add_argument(
        "--publish", action="store_true", help="needed to look at the test half: the figures will be published"
    )
    prepare = commands.add_parser("prepare", parents=[common], help="collect the archives and write the manifest")
    prepare.add_argument(
        "--malicious-repository", type=Path, required=True, help="bare git repository laid out NAME/VERSION/ARCHIVE"
    )
    prepare.add_argument("--ranking", type=Path, required=True, help="project names, most downloaded first, one a line")
    prepare.add_argument("--malicious", type=int, default=600, help="malicious packages wanted (default: %(default)s)")
    prepare.add_argument(
        "--per-campaign", type=int, default=3, help="malicious packages of one campaign, 0: all (default: %(default)s)"
    )
    prepare.add_argument("--wheels", type=int, default=420, help="benign wheels wanted (default: %(default)s)")
    prepare.add_argument("--sdists", type=int, default=160, help="benign sdists wanted (default: %(default)s)")
    prepare.add_argument(
        "--as-of", default=benign.AS_OF, help="see no file uploaded on this date or later (default: %(default)s)"
    )
    prepare.set_defaults(command=_prepare)
    run = commands.add_parser("run", parents=[common], help="judge the archives and print the figures")
    run.add_argument(
        "--tool", choices=sorted(tools.TOOLS), action="append", required=True, help="may be given more than once"
    )
    run.add_argument("--assay", help="the assay command; default: this checkout")
    run.add_argument("--hexora", help="the hexora command (or ASSAY_BENCH_HEXORA)")
    run.add_argument("--guarddog", help="the interpreter that has guarddog installed (or ASSAY_BENCH_GUARDDOG)")
    run.add_argument("--workers", type=int, default=2, help="processes for guarddog (default: %(default)s)")
    run.add_argument("--label", choices=("malicious", "benign", "unknown"), help="only archives with this label")
    run.add_argument(
        "--max-source-mb",
        type=float,
        default=1e6,
        help="leave out archives with more Python source, in MB; said in the JSON",
    )
    run.add_argument(
        "--rounds",
        type=int,
        default=1,
        metavar="N",
        help="run all tools N times in turn; the round of the median time counts (default: %(default)s)",
    )
    run.add_argument("--limit", type=int, help="only the first N archives")
    run.add_argument("--output", type=Path, help="folder for the JSON results and the table")
    run.set_defaults(command=_run)
    five = commands.add_parser("folds", parents=[common], help="five folds by campaign: the table of the unused fold")
    five.add_argument("--fold", type=int, choices=range(folds.FOLDS), action="append", help="only this (repeatable)")
    five.add_argument("--list", action="store_true", help="name the misses and false alarms too")
    five.add_argument("--workers", type=int, default=1, help="processes (default: %(default)s)")
    five.set_defaults(command=_folds)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when figures were made, 2 when the request cannot be served."""
    parsed = _parser().parse_args(arguments)
    try:
        require_allowed(parsed.half, publish=parsed.publish)
    except SplitError as error:
        print(error, file=sys.stderr)
        return 2
    code: int = parsed.command(parsed)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
