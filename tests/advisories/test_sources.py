"""The OSV API as a source, the API we serve, the second opinion's comparison, and the incident question."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from scanner.advisories.incidents import incidents, marked
from scanner.advisories.match import match_all
from scanner.advisories.osv_api import ask_osv
from scanner.advisories.question import parse_question
from scanner.advisories.select import select_database
from scanner.advisories.server import serving
from scanner.advisories.upgrade import least_upgrade
from scanner.checks.second_opinion import merged, second_opinion, unmatched
from scanner.commands import affected
from scanner.model.advisory import Advisory, Affected, AffectedRange, RangeEvent
from scanner.model.coverage import Coverage
from scanner.model.errors import NetworkError, UsageError
from scanner.model.graph import Edge, GraphBuilder, Root
from scanner.model.package import Package
from scanner.resolver.target import target_environment

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def no_wait(seconds: float) -> None:
    del seconds


def nothing(done: int, total: int) -> None:
    del done, total


def test_our_own_api_answers_our_own_client_as_the_database_does() -> None:
    with serving(select_database) as url:
        live = ask_osv(["litellm", "telnyx", "no-such-package"], NOW, nothing, url, no_wait)
    packages = [("litellm", "1.82.8"), ("telnyx", "4.87.1"), ("no-such-package", "1")]
    with select_database() as database:
        expected = {(one.name, one.advisory.id, one.answer) for one in match_all(database, packages)}
    assert {(one.name, one.advisory.id, one.answer) for one in match_all(live, packages)} == expected
    assert any(identifier == "MAL-2026-2144" for _, identifier, _ in expected)
    assert (live.info.kind, live.info.as_of, live.failed) == ("osv-api", "2026-11-24", {})


@contextmanager
def api(pages: dict[str, list[list[str]]], broken: dict[str, tuple[int, bytes]]) -> Iterator[tuple[str, list[str]]]:
    """An OSV API with pages of ids by name; ``broken`` overrides the answer to an id."""
    asked: list[str] = []

    class Api(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
            results: list[dict[str, Any]] = []
            for query in queries:
                of_name = pages.get(query["package"]["name"], [[]])
                page = int(query.get("page_token", "0"))
                more = {"next_page_token": str(page + 1)} if page + 1 < len(of_name) else {}
                results.append({"vulns": [{"id": one} for one in of_name[page]], **more})
            self.answer(200, json.dumps({"results": results}).encode())

        def do_GET(self) -> None:
            identifier = self.path.rpartition("/")[2]
            asked.append(identifier)
            name = identifier.partition("_")[0].lower()
            entry = {"package": {"ecosystem": "PyPI", "name": name}, "versions": ["1.0"]}
            body = json.dumps({"id": identifier, "affected": [entry]}).encode()
            self.answer(*broken.get(identifier, (200, body)))

    running = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}", asked
    finally:
        running.shutdown()
        running.server_close()


def test_every_page_is_read() -> None:
    with api({"a": [["A_1"], ["A_2"], ["A_3"]], "b": [["B_1"]]}, {}) as (url, _):
        live = ask_osv(["a", "b"], NOW, nothing, url, no_wait)
    assert [one.id for one in live.for_name("a")] == ["A_1", "A_2", "A_3"]
    assert [one.id for one in live.for_name("b")] == ["B_1"]


@pytest.mark.parametrize("answer", [(200, b"{"), (200, b'{"id": 7}'), (404, b"{}"), (500, b""), (200, b"[" * 100_000)])
def test_one_broken_advisory_costs_its_own_package_only(answer: tuple[int, bytes]) -> None:
    with api({"a": [["A_1", "A_2"]], "b": [["B_1"]]}, {"A_2": answer}) as (url, asked):
        live = ask_osv(["a", "b"], NOW, nothing, url, no_wait)
    assert set(live.failed) == {"a"}
    assert live.failed["a"].startswith("A_2 could not be read")
    assert [one.id for one in live.for_name("a")] == ["A_1"]
    assert [one.id for one in live.for_name("b")] == ["B_1"]
    assert asked.count("A_2") == (3 if answer[0] == 500 else 1), "what may pass is tried again, what cannot is not"


def test_pages_that_never_end_are_said() -> None:
    with api({"a": [["A_1"]] * 60}, {}) as (url, _):
        assert "pages" in ask_osv(["a"], NOW, nothing, url, no_wait).failed["a"]


def test_an_api_that_is_not_there_is_an_error_of_ours() -> None:
    with api({}, {}) as (url, _):
        pass
    with pytest.raises(NetworkError, match="could not be reached"):
        ask_osv(["a"], NOW, nothing, url, no_wait)


def test_the_second_opinion_agrees_over_the_same_data() -> None:
    pytest.importorskip("pip_audit")
    packages = [Package("litellm", "1.82.6"), Package("litellm", "1.82.8"), Package("pytz", "2004d")]  # type: ignore[arg-type]
    outcomes = list(second_opinion(packages, select_database))
    assert [(one.subject, one.status) for one in outcomes if isinstance(one, Coverage)] == [
        ("pytz==2004d", "not-applicable"),
        ("litellm==1.82.6", "checked"),
        ("litellm==1.82.8", "checked"),
    ]
    assert len(outcomes) == 3, "no disagreement"


def test_the_second_opinion_reports_what_only_one_of_the_two_says() -> None:
    """Here pip-audit is served another database than the one that we look in."""
    pytest.importorskip("pip_audit")

    class Fewer:
        def __init__(self) -> None:
            self._inner = select_database()
            self.info, self.path = self._inner.info, self._inner.path
            self.hidden = threading.current_thread() is not threading.main_thread()

        def for_name(self, name: str) -> tuple[Advisory, ...]:
            found = self._inner.for_name(name)
            return tuple(one for one in found if not (self.hidden and one.id == "MAL-2026-2144"))

        def by_id(self, identifier: str) -> Advisory | None:
            return self._inner.by_id(identifier)

        def __enter__(self) -> Fewer:
            return self

        def __exit__(self, *_: object) -> None:
            self._inner.__exit__()

    outcomes = list(second_opinion([Package("litellm", "1.82.8")], Fewer))  # type: ignore[arg-type]
    [finding] = [one for one in outcomes if not isinstance(one, Coverage)]
    assert "assay alone" in finding.summary
    assert "MAL-2026-2144" in finding.summary


def test_names_are_joined_before_two_tools_are_compared() -> None:
    left = merged([frozenset({"CVE-1", "GHSA-a"}), frozenset({"GHSA-a", "PYSEC-1"}), frozenset({"CVE-2"})])
    assert left == (frozenset({"CVE-1", "GHSA-a", "PYSEC-1"}), frozenset({"CVE-2"}))
    assert unmatched(left, merged([frozenset({"PYSEC-1"})])) == (frozenset({"CVE-2"}),)


def test_every_incident_that_the_bundled_database_has_counts_as_malicious() -> None:
    with select_database() as database:
        seen = {
            one.name: [marked(found.advisory).malicious for found in match_all(database, [(one.name, version)])]
            for one in incidents()
            for version in one.versions[:1]
        }
    for name in ("litellm", "telnyx", "ultralytics", "ctx"):
        assert any(seen[name]), name
    assert "torchtriton" not in seen, "the bundled database has no record of it, and we do not know its versions"


def test_an_upgrade_names_who_does_not_allow_it_and_who_must_move_first() -> None:
    ranged = AffectedRange("ECOSYSTEM", (RangeEvent("introduced", "0"), RangeEvent("fixed", "2.0")))
    advisory = Advisory("X-1", affected=(Affected("leaf", (ranged,)),))
    root = Root("vendor", "uv.lock")
    direct, middle, leaf = (Package(name, "1.0") for name in ("direct", "middle", "leaf"))  # type: ignore[arg-type]
    builder = GraphBuilder()
    builder.connect(root, direct, Edge("direct"))
    builder.connect(direct, middle, Edge("middle"))
    builder.connect(middle, leaf, Edge("leaf"))
    graph = builder.build()
    told = least_upgrade(leaf, [advisory], ["1.0", "1.5", "2.0", "2.1"], graph, lambda _: ("leaf<2", "other>1"))
    assert told
    assert (told.version, told.published) == ("2.0", True)
    assert [(one.who, one.requirement, one.movers) for one in told.obstacles] == [(middle, "leaf<2", (direct,))]
    # What an extra that nobody asked for, or another platform, would ask for stands in nobody's way.
    asked = ("leaf==1.0; extra == 'minimal'", "leaf<2; sys_platform == 'win32'", "leaf>=1")
    elsewhere = least_upgrade(leaf, [advisory], ["2.0"], graph, lambda _: asked, target_environment())
    assert elsewhere
    assert elsewhere.obstacles == ()
    builder.connect(middle, leaf, Edge("leaf", extra="minimal"))
    through_the_extra = least_upgrade(leaf, [advisory], ["2.0"], builder.build(), lambda _: asked, target_environment())
    assert through_the_extra
    assert [one.requirement for one in through_the_extra.obstacles] == [asked[0]]
    unknown = least_upgrade(leaf, [advisory], [], graph)
    assert unknown
    assert (unknown.obstacles, unknown.unclear, unknown.published) == ((), (middle,), False)


@pytest.mark.parametrize(
    "text", ["", "==1.0", "litellm @ https://host.invalid/x", "a b", "litellm=>1", "x" * 300 + "!"]
)
def test_a_question_that_names_no_package(text: str) -> None:
    with pytest.raises(UsageError):
        parse_question(text)


def test_a_question_means_the_builds_and_the_legacy_versions_too() -> None:
    assert parse_question("Torch==2.0.1").means("2.0.1+cu118")
    assert not parse_question("torch==2.0.1").means("2.0.2")
    assert parse_question("pytz==2004d").means("2004D")
    assert parse_question("a>=1,<2").means("1.5rc1")


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    import argparse

    parser = argparse.ArgumentParser()
    affected.add_arguments(parser)
    code = affected.run(parser.parse_args([*words, "--format", "json"]))
    return code, json.loads(capsys.readouterr().out)


def test_who_has_it_since_when_and_who_may_install_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("has", "litellm==1.82.8\n"), ("open", "litellm>=1.80\n"), ("clean", "attrs==25.1.0\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "requirements.txt").write_text(text)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@host.invalid"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "pin", "--date", "2026-03-24T10:00:00Z"]):
        subprocess.run([*git, *words], cwd=tmp_path / "has", check=True, env={"PATH": "/usr/bin:/bin", "HOME": "/"})
    code, told = ask(capsys, "litellm==1.82.8", str(tmp_path))
    has, may = told["affected"]
    assert (code, told["looked_at"]) == (1, 3)
    assert (has["certain"], has["files"]) == (True, ["requirements.txt:1"])
    assert len(has["since"].split()) == 2
    assert (may["certain"], may["package"]) == (False, "litellm>=1.80")


def test_a_folder_of_requirements_makes_a_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``requirements/base.txt`` is a requirements file by its folder's name, which is lost to who looks from inside."""
    (tmp_path / "vendor" / "requirements").mkdir(parents=True)
    (tmp_path / "vendor" / "requirements" / "base.txt").write_text("litellm==1.82.8\n")
    for given in (tmp_path, tmp_path / "vendor"):
        code, told = ask(capsys, "litellm==1.82.8", str(given))
        assert (code, told["not_read"], told["looked_at"]) == (1, [], 1)
        assert told["affected"][0]["files"] == ["requirements/base.txt:1"]


def test_no_answer_is_green_that_left_something_unread(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "uv.lock").write_text("not [ toml")
    code, told = ask(capsys, "litellm", str(tmp_path))
    assert code == 3
    assert told["not_read"]
    (tmp_path / "uv.lock").unlink()
    (tmp_path / "requirements.txt").write_text("attrs==25.1.0\n")
    assert ask(capsys, "litellm", str(tmp_path))[0] == 0
