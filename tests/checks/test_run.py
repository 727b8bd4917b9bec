"""Coverage is complete: one row for each check and each subject of its scope, whatever a check does or leaves out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.checks import CHECKS
from scanner.checks.run import NO_ANSWER, each_package, joined, run_checks
from scanner.checks.subject import Check, CheckMeta, Outcome, Subject
from scanner.cli import main
from scanner.model.coverage import Coverage
from scanner.model.package import Package
from scanner.policy.decide import decide
from scanner.policy.policy import Policy, PolicyFile
from scanner.policy.waive import Waived
from tests.checks.subjects import make_subject, package

EXAMPLE = Path(__file__).parents[2] / "examples" / "labeling-vendor"
META = CheckMeta("trial", "A check on trial", needs_network=False, category="code", scope=("package", "project"))
A, B, C = package("a", "1"), package("b", "1"), package("c", "1")
SUBJECT = make_subject(packages=(A, B, C))
STATED = Coverage("resolution", "a==1", "checked")


def rows_of(check: Check, subject: Subject = SUBJECT) -> dict[str, Coverage]:
    _, coverage = run_checks(subject, (check,), (STATED,))
    return {one.subject: one for one in coverage if one.check == META.id}


def verdict_of(check: Check, subject: Subject = SUBJECT) -> str:
    findings, coverage = run_checks(subject, (check,), (STATED,))
    return decide(Policy(PolicyFile(required_checks=(META.id,))), Waived(findings, (), ()), coverage).decision


def green(package: Package) -> Iterator[Outcome]:
    yield Coverage(META.id, str(package), "checked")


def answers(subject: Subject) -> Iterator[Outcome]:
    yield Coverage(META.id, "project", "checked")
    yield from each_package(META, subject, green)


def raises_for_b(subject: Subject) -> Iterator[Outcome]:
    def one(package: Package) -> Iterator[Outcome]:
        if package == B:
            raise RecursionError("https://user:secret@host.invalid/")
        yield from green(package)

    yield Coverage(META.id, "project", "checked")
    yield from each_package(META, subject, one)


def breaks_off(subject: Subject) -> Iterator[Outcome]:
    yield Coverage(META.id, "a==1", "checked")
    raise MemoryError


def says_nothing(subject: Subject) -> Iterator[Outcome]:
    yield from ()


def test_a_check_that_answers_for_all_is_green() -> None:
    assert {one.status for one in rows_of(Check(META, answers)).values()} == {"checked"}
    assert verdict_of(Check(META, answers)) == "approve"


def test_a_check_that_raises_for_one_package_leaves_a_gap_there_alone() -> None:
    rows = rows_of(Check(META, raises_for_b))
    assert {who: one.status for who, one in rows.items()} == {
        **dict.fromkeys(("a==1", "c==1", "project"), "checked"),
        "b==1": "not-checked",
    }
    assert "RecursionError" in rows["b==1"].reason
    assert "secret" not in rows["b==1"].reason, "messages of exceptions may hold what nobody should see"
    assert "\n" not in rows["b==1"].reason
    assert verdict_of(Check(META, raises_for_b)) == "inconclusive"


def test_a_check_that_breaks_off_leaves_gaps_for_all_that_it_did_not_reach() -> None:
    statuses = {who: one.status for who, one in rows_of(Check(META, breaks_off)).items()}
    assert statuses == {"a==1": "checked", **dict.fromkeys(("b==1", "c==1", "project"), "not-checked")}


def test_a_check_that_yields_nothing_gave_no_answer() -> None:
    rows = rows_of(Check(META, says_nothing))
    assert set(rows) == {"a==1", "b==1", "c==1", "project"}
    assert {(one.status, one.reason) for one in rows.values()} == {("not-checked", NO_ANSWER)}
    assert verdict_of(Check(META, says_nothing)) == "inconclusive"


def test_an_empty_graph_is_a_gap_and_never_green() -> None:
    findings, coverage = run_checks(make_subject(packages=()), (Check(META, answers),), ())
    assert [one.status for one in coverage if (one.check, one.subject) == ("resolution", "project")] == ["not-checked"]
    policy = Policy(PolicyFile(required_checks=("resolution", META.id)))
    assert decide(policy, Waived(findings, (), ()), coverage).decision == "inconclusive"


def test_two_packages_of_one_name_and_version_are_each_answered_for() -> None:
    twin = package("a", "1", kind="url", url="https://files.invalid/a-1.tar.gz")

    def only_the_index(subject: Subject) -> Iterator[Outcome]:
        yield Coverage(META.id, "project", "checked")
        yield from each_package(META, subject, lambda one: green(one) if one == A else ())

    assert rows_of(Check(META, only_the_index), make_subject(packages=(A, twin)))["a==1"].status == "not-checked"


def test_a_gap_outranks_a_look_and_a_look_outranks_not_applicable() -> None:
    looked, gap = Coverage("c", "s", "checked", "one"), Coverage("c", "s", "not-checked", "two", "mend it")
    other, aside = Coverage("c", "s", "not-checked", "three"), Coverage("c", "s", "not-applicable", "four")
    assert joined([looked, gap, other, aside]) == Coverage("c", "s", "not-checked", "three; two", "mend it")
    assert joined([looked, aside]) == looked


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("report")
    main(["audit", str(EXAMPLE), "--quiet", "--offline", "--output", str(folder)])
    report: dict[str, object] = json.loads((folder / "report.json").read_text("utf-8"))
    return report


@pytest.mark.parametrize("check", CHECKS, ids=lambda one: one.meta.id)
def test_every_check_has_exactly_one_row_for_each_subject_of_its_scope(check: Check, example) -> None:
    packages = {f"{one['name']}=={one['version']}" if one["version"] else one["name"] for one in example["packages"]}
    assert len(packages) > 100
    rows = Counter(one["subject"] for one in example["coverage"] if one["check"] == check.meta.id)
    expected = (packages if "package" in check.meta.scope else set()) | (
        {"project"} if "project" in check.meta.scope else set()
    )
    assert expected <= set(rows)
    assert set(rows.values()) == {1}, "one row for each subject, also for those beside the scope"
    assert not (set(rows) - expected) & packages, "no package beside the scope"
    said = [one["reason"] for one in example["coverage"] if one["check"] == check.meta.id]
    assert NO_ANSWER not in said, "a check of ours answers for itself"


def test_a_known_malicious_release_is_found_in_a_folder_of_the_project_too(tmp_path: Path) -> None:
    copy = package("litellm", "1.82.8", kind="path", url="vendored/litellm")
    own = package("labels-of-our-own", "1", kind="path", url="vendored/own")
    undated = package("litellm", "", kind="path", url="vendored/other")
    subject = make_subject(packages=(copy, own, undated), root=str(tmp_path))
    findings, coverage = run_checks(subject, [one for one in CHECKS if one.meta.id == "advisories"], ())
    assert [str(one.package) for one in findings if one.rule == "advisories/malicious-release"] == ["litellm==1.82.8"]
    told = {one.subject: one.status for one in coverage if one.check == "advisories" and one.subject != "project"}
    assert told == {"litellm==1.82.8": "checked", "labels-of-our-own==1": "checked", "litellm": "not-checked"}


@pytest.mark.parametrize("place", ["../outside", "wheels/own-1-py3-none-any.whl", "gone", "link"])
def test_what_is_no_folder_of_the_tree_is_never_put_aside_as_one(tmp_path: Path, place: str) -> None:
    (tmp_path / "outside").mkdir()
    root = tmp_path / "root"
    (root / "wheels").mkdir(parents=True)
    (root / "wheels" / "own-1-py3-none-any.whl").write_bytes(b"")
    (root / "link").symlink_to(tmp_path / "outside")
    subject = make_subject(packages=(package("own", "1", kind="path", url=place),), root=str(root))
    _, coverage = run_checks(subject, [one for one in CHECKS if one.meta.id in ("pins", "archives", "hygiene")], ())
    told = {one.check: one.status for one in coverage if one.subject == "own==1"}
    assert {told["pins"], told["archives"], told["hygiene"]} == {"not-checked"}
