"""What users of pip, uv, poetry and scanners reported, each as one small project through the command line.

The kinds behind them are tested where they belong; here stands what whoever runs ``assay`` sees.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from scanner.cli import main
from tests.support.builders import wheel
from tests.support.index_server import File, Index

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def project(tmp_path: Path, index: Index) -> Path:
    """An index with ``foo`` that needs ``bar``, and an empty project."""
    index.add("foo", wheel("foo", "1.0", requires=["bar>=1"]), wheel("foo", "2.0", requires=["bar>=1"]))
    index.add("bar", wheel("bar", "1.0"), wheel("bar", "1.1"))
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


def resolve(project: Path, capsys: Capture, *options: str, **files: str) -> tuple[int, str, str]:
    """(exit code, the tree without its first line, stderr)."""
    for name, text in files.items():
        (project / name.replace("__", ".")).write_text(text)
    code = main(["resolve", str(project), *options])
    shown = capsys.readouterr()
    return code, " ".join(shown.out.partition("\n")[2].split()), shown.err


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
def test_a_pin_in_an_algorithm_that_the_index_does_not_state(project: Path, index: Index, algorithm: str) -> None:
    """astral-sh/uv#17143"""
    wrong = hashlib.new(algorithm, b"other bytes").hexdigest()
    (project / "requirements.txt").write_text(f"bar==1.0 --hash={algorithm}:{wrong}\n")
    out = project.parent / "out"
    assert main(["audit", str(project), "--output", str(out), "--quiet"]) == 1
    report = json.loads((out / "report.json").read_text())
    assert "pins/hash-mismatch-bytes" in {one["rule"] for one in report["findings"]}


def test_what_an_extra_of_poetry_2_brings(project: Path, capsys: Capture) -> None:
    """python-poetry/poetry#10041"""
    manifest = '[tool.poetry]\nname = "demo"\nversion = "1"\n[tool.poetry.dependencies]\n'
    manifest += 'litellm = {version = "*", optional = true}\n[tool.poetry.extras]\njudge = ["litellm"]\n'
    lock = '[[package]]\nname = "litellm"\nversion = "1.82.8"\noptional = true\nfiles = []\n'
    lock += 'markers = \'extra == "judge"\'\n[extras]\njudge = ["litellm"]\n[metadata]\nlock-version = "2.1"\n'
    (project / "pyproject.toml").write_text(manifest)
    (project / "poetry.lock").write_text(lock)
    for number, extra in enumerate(([], ["--extra", "judge"])):
        out = project.parent / f"out{number}"
        assert main(["audit", str(project), "--offline", *extra, "--output", str(out), "--quiet"]) == 1
        report = json.loads((out / "report.json").read_text())
        assert "advisories/malicious-release" in {one["rule"] for one in report["findings"]}


def test_metadata_that_pep_508_refuses(project: Path, index: Index, capsys: Capture) -> None:
    """pypa/pip#12945"""
    index.add("old", wheel("old", "1.0", requires=["bar>=1"]))
    index.add("old", wheel("old", "1.1", requires=["bar (>=0.5.*)", "foo (<2"]))
    code, tree, _ = resolve(project, capsys, requirements__txt="old\n")
    assert (code, tree) == (0, "old==1.0 [old] bar==1.1 [bar>=1]")
    code, _, said = resolve(project, capsys, requirements__txt="old==1.1\n")
    assert code == 3
    assert "its dependencies are not known" in said


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://a.invalid/simple --extra-index-url https://b.invalid/simple",
        "--index-url https://a.invalid/simple\n--extra-index-url https://b.invalid/simple",
    ],
)
def test_a_second_index_on_one_line_or_on_two(project: Path, line: str) -> None:
    """pypa/pip#12910"""
    (project / "requirements.txt").write_text(f"{line}\nbar==1.0\n")
    out = project.parent / "out"
    main(["audit", str(project), "--offline", "--output", str(out), "--quiet"])
    report = json.loads((out / "report.json").read_text())
    assert "indexes/extra-index-url" in {one["rule"] for one in report["findings"]}


def test_a_constraint_that_is_a_url(project: Path, index: Index, capsys: Capture) -> None:
    """astral-sh/uv#1467"""
    (project / "limits.txt").write_text(f"bar @ {index.url}/files/bar/bar-1.0-py3-none-any.whl\n")
    code, tree, _ = resolve(project, capsys, requirements__txt="-c limits.txt\nfoo\n")
    assert (code, tree) == (0, "foo==2.0 [foo] bar==1.0 [bar>=1]")


@pytest.mark.parametrize("also_without", [True, False])
def test_a_pin_that_a_local_version_meets(project: Path, index: Index, capsys: Capture, also_without: bool) -> None:
    """astral-sh/uv#9597"""
    index.add("loc", wheel("loc", "1.0+cu118"), *([wheel("loc", "1.0")] if also_without else []))
    code, tree, _ = resolve(project, capsys, requirements__txt="loc==1.0\n")
    assert (code, tree) == (0, "loc==1.0+cu118 [loc==1.0]")


@pytest.mark.parametrize(("option", "known"), [("--extra", "serve"), ("--group", "dev")])
def test_a_name_that_the_project_does_not_have(project: Path, capsys: Capture, option: str, known: str) -> None:
    """astral-sh/uv#10597"""
    manifest = '[project]\nname = "demo"\nversion = "1"\n[project.optional-dependencies]\nserve = ["bar"]\n'
    (project / "pyproject.toml").write_text(manifest + '[dependency-groups]\ndev = ["bar"]\n')
    assert main(["resolve", str(project), option, "develop"]) == 2
    assert f"Known: {known}" in capsys.readouterr().err


def test_an_index_with_a_login(project: Path, index: Index, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """astral-sh/uv#13737"""
    index.login = "reader:pw-example"
    monkeypatch.setenv("PIP_INDEX_URL", index.simple.replace("http://", "http://reader:pw-example@"))
    code, tree, said = resolve(project, capsys, requirements__txt="foo\n")
    assert (code, tree, said) == (0, "foo==2.0 [foo] bar==1.1 [bar>=1]", "")
    monkeypatch.setenv("PIP_INDEX_URL", index.simple)
    index.add("baz", wheel("baz"))
    code, _, said = resolve(project, capsys, requirements__txt="baz\n")
    assert code == 3
    assert "the server wants a user and a password (401), and none is configured for it" in said


@pytest.mark.parametrize("html_only", [True, False])
def test_a_page_that_lies_elsewhere(project: Path, index: Index, capsys: Capture, html_only: bool) -> None:
    """astral-sh/uv#1747: the links are relative to where the page lies, not to where it was asked for."""
    index.html_only = html_only
    digest = hashlib.sha256(index.projects["bar"][1].body).hexdigest()
    index.redirects["/simple/bar/"] = "/very/deep/store/bar/"
    name = "bar-1.1-py3-none-any.whl"
    link = f"../../../../files/bar/{name}"
    page = {"name": "bar", "files": [{"filename": name, "url": link, "hashes": {"sha256": digest}}]}
    index.pages["/very/deep/store/bar/"] = (
        ("text/html", f'<a href="{link}#sha256={digest}">{name}</a>'.encode())
        if html_only
        else ("application/vnd.pypi.simple.v1+json", json.dumps(page | {"meta": {"api-version": "1.0"}}).encode())
    )
    code, tree, _ = resolve(project, capsys, requirements__txt="foo\n")
    assert (code, tree) == (0, "foo==2.0 [foo] bar==1.1 [bar>=1]")


@pytest.mark.parametrize("query", ["?sig=abc", "?X-Credential=AKID/2024/eu/s3&sig=abc"])
@pytest.mark.parametrize("html_only", [True, False])
def test_links_with_a_query(project: Path, index: Index, capsys: Capture, query: str, html_only: bool) -> None:
    """notatallshaw/nab#633"""
    index.query, index.html_only = query, html_only
    code, tree, _ = resolve(project, capsys, requirements__txt="foo\n")
    assert (code, tree) == (0, "foo==2.0 [foo] bar==1.1 [bar>=1]")


@pytest.mark.parametrize(
    "lines",
    [
        'bar==1.0 --hash="sha256:{digest}"',
        "bar==1.0 -C key=1",
        "--all-releases bar\n--only-final :all:\nbar==1.0",
        "bar==1.0 --no-binary foo",
        "--no-index --find-links ./wheels\nbar==1.0",
        "--use-feature fast-deps\nbar==1.0",
    ],
)
def test_lines_that_pip_accepts(project: Path, index: Index, capsys: Capture, lines: str) -> None:
    """astral-sh/uv#20931, #3621, #3636"""
    digest = hashlib.sha256(index.projects["bar"][0].body).hexdigest()
    _, tree, _ = resolve(project, capsys, requirements__txt=lines.format(digest=digest) + "\n")
    assert tree == "bar==1.0 [bar==1.0]"


def test_a_private_name_that_the_index_does_not_have(project: Path, index: Index, capsys: Capture) -> None:
    """pypa/pip-audit#563"""
    index.projects["foo"] = [File(*wheel("foo", "1.0", requires=["ours>=1"]))]
    code, tree, said = resolve(project, capsys, requirements__txt="foo\nbar\n")
    assert (code, tree) == (3, "bar==1.1 [bar] foo==1.0 [foo]")
    assert "ours>=1 (needed by foo==1.0) could not be resolved: the index does not have it" in said
    assert "contradict" not in said
