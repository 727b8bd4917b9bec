"""Pins: every way in which a lock, the index and the bytes can disagree, by file and line."""

from __future__ import annotations

import hashlib

import msgspec
import pytest

from scanner.checks import pins
from scanner.checks.settings import CheckSettings, IntegritySettings
from scanner.model.known import NotKnown
from scanner.model.locked import DependencyFile, RequirementGroup
from scanner.model.requirement import Hash
from tests.checks.subjects import (
    artifact,
    coverage,
    digest,
    fetched,
    findings,
    lock_file,
    locked,
    make_subject,
    package,
    release,
    requirement,
    requirements_file,
    rules,
)

NODE = package("alpha", "1.0")
WHEEL = artifact("alpha-1.0-py3-none-any.whl", "a", upload_time="2026-01-01T00:00:00Z")
SDIST = artifact("alpha-1.0.tar.gz", "b", upload_time="2026-01-01T00:01:00Z")


def _hashed(*letters: str, line: int = 1):
    return requirement("alpha==1.0", line, hashes=tuple(digest(letter) for letter in letters))


def test_lock_index_and_bytes_agree_and_nothing_is_said():
    subject = make_subject(
        requirements_file(_hashed("a", "b")), releases=(release(NODE, WHEEL, SDIST),), fetched={NODE: fetched(WHEEL)}
    )
    assert rules(pins, subject) == []
    assert coverage(pins, subject)["alpha==1.0"].status == "checked"


def test_one_entry_without_a_hash_among_hashed_ones_is_found_by_its_line():
    subject = make_subject(requirements_file(_hashed("a"), requirement("beta==2.0", 7)))
    (found,) = [one for one in findings(pins, subject) if one.rule == "pins/missing-hash"]
    assert found.package.name == "beta"
    assert str(found.evidence[0].location) == "requirements.txt:7"
    assert found.evidence[0].excerpt[0].text == "beta==2.0"


def test_a_file_without_any_hash_is_one_finding_with_a_line_for_each_package():
    file = requirements_file(*(requirement(f"p{number}==1", number) for number in range(1, 160)))
    found = findings(pins, make_subject(file))
    assert [one.rule for one in found] == ["pins/no-hashes"]
    assert [one.location.line for one in found[0].evidence[:3]] == [1, 2, 3]
    assert "119 more" in found[0].evidence[-1].note


def test_a_digest_that_belongs_to_no_published_file_rejects():
    subject = make_subject(
        requirements_file(_hashed("f", line=12)),
        releases=(release(NODE, WHEEL, SDIST),),
        fetched={NODE: fetched(WHEEL)},
    )
    (found,) = findings(pins, subject)
    assert (found.rule, found.rejects, found.severity) == ("pins/hash-mismatch-index", True, "critical")
    assert str(found.evidence[0].location) == "requirements.txt:12"
    assert dict(found.details)["in the lock"] == f"sha256:{'f' * 64}"
    assert found.paths, "the path that brings the package in is shown"


def test_one_named_file_with_another_digest_rejects_even_when_the_others_agree():
    forged = msgspec.structs.replace(WHEEL, hashes=(digest("f"),))
    subject = make_subject(lock_file(locked(NODE, 30, (forged, SDIST))), releases=(release(NODE, WHEEL, SDIST),))
    (found,) = findings(pins, subject)
    assert found.rule == "pins/hash-mismatch-index"
    assert "alpha-1.0-py3-none-any.whl" in found.summary


def test_bytes_that_differ_from_what_the_index_vouches_for_reject():
    subject = make_subject(
        requirements_file(_hashed("a", "b")),
        releases=(release(NODE, WHEEL, SDIST),),
        fetched={NODE: fetched(WHEEL, "e")},
    )
    (found,) = findings(pins, subject)
    assert (found.rule, found.rejects) == ("pins/hash-mismatch-bytes", True)
    assert "the index" in dict(found.details)["stated by"]


def test_bytes_are_held_against_a_lock_whose_algorithm_the_index_does_not_state():
    file = requirements_file(requirement("alpha==1.0", 3, hashes=(digest("c", "sha512"),)))
    agreeing = fetched(WHEEL, hashes=(("sha512", "c" * 128),))
    lying = fetched(WHEEL, hashes=(("sha512", "d" * 128),))
    release_ = release(NODE, WHEEL, SDIST)
    assert rules(pins, make_subject(file, releases=(release_,), fetched={NODE: agreeing})) == []
    assert rules(pins, make_subject(file, releases=(release_,), fetched={NODE: lying})) == ["pins/hash-mismatch-bytes"]


def test_weak_digests_are_findings_and_weigh_less_beside_a_strong_one():
    only_weak = requirements_file(requirement("alpha==1.0", 1, hashes=(digest("a", "md5"),)))
    mixed = requirements_file(requirement("alpha==1.0", 1, hashes=(digest("a", "sha1"), digest("a"))))
    assert [(one.rule, one.severity) for one in findings(pins, make_subject(only_weak))] == [
        ("pins/weak-hash", "medium")
    ]
    assert [(one.rule, one.severity) for one in findings(pins, make_subject(mixed))] == [("pins/weak-hash", "low")]


def test_a_release_of_which_only_some_files_are_hashed():
    bare = artifact("alpha-1.0-cp311-cp311-win_amd64.whl", hashes=())
    (found,) = findings(pins, make_subject(lock_file(locked(NODE, 4, (WHEEL, bare)))))
    assert found.rule == "pins/partly-hashed"
    assert "win_amd64" in found.evidence[0].note


def test_a_wheel_added_to_an_old_release_weighs_more_when_the_target_would_install_it():
    late = artifact("alpha-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", "d", upload_time="2026-06-01T00:00:00Z")
    other = artifact("alpha-1.0-cp311-cp311-win_amd64.whl", "d", upload_time="2026-06-01T00:00:00Z")
    file = requirements_file(_hashed("a", "b"))
    for extra, severity in ((late, "medium"), (other, "low")):
        (found,) = findings(pins, make_subject(file, releases=(release(NODE, WHEEL, SDIST, extra),)))
        assert (found.rule, found.severity) == ("pins/file-added-after-lock", severity)
        assert "on 2026-06-01, 150 days after" in found.details[0][1]


def test_a_file_of_the_same_release_job_is_not_called_late():
    soon = artifact("alpha-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", "d", upload_time="2026-01-01T05:00:00Z")
    file = requirements_file(_hashed("a", "b"))
    assert rules(pins, make_subject(file, releases=(release(NODE, WHEEL, SDIST, soon),))) == []


def test_a_deleted_file_is_low_and_a_deleted_version_is_medium():
    file = requirements_file(_hashed("a", "9"))
    assert rules(pins, make_subject(file, releases=(release(NODE, WHEEL),))) == ["pins/file-not-published"]
    gone = findings(pins, make_subject(file, releases=(release(NODE),)))
    assert [(one.rule, one.severity) for one in gone] == [("pins/version-not-published", "medium")]


def test_a_yanked_release_carries_its_reason_and_malware_is_high():
    for reason, severity in (("broken metadata", "medium"), ("contains malicious code", "high")):
        yanked = msgspec.structs.replace(WHEEL, yanked=reason)
        (found,) = findings(pins, make_subject(requirements_file(_hashed("a")), releases=(release(NODE, yanked),)))
        assert (found.rule, found.severity) == ("pins/yanked", severity)
        assert reason in found.summary


def test_direct_references_by_what_fixes_their_content():
    url = "https://files.labeling.invalid/alpha-1.0.tar.gz"
    cases = {
        f"alpha @ {url}": ["pins/direct-url:medium"],
        f"alpha @ {url}#sha256={'a' * 64}": ["pins/direct-url:low"],
        "alpha @ http://files.labeling.invalid/alpha-1.0.tar.gz": ["pins/direct-url:high"],
        "alpha @ git+https://code.invalid/alpha@main": ["pins/vcs-without-commit:medium"],
        f"alpha @ git+https://code.invalid/alpha@{'1' * 40}": [],
        "alpha @ git+ssh://git@code.invalid/alpha": ["pins/vcs-without-commit:medium"],
        "alpha @ ./vendored/alpha": [],
    }
    for text, expected in cases.items():
        found = findings(pins, make_subject(requirements_file(requirement(text, 5))))
        assert [f"{one.rule}:{one.severity}" for one in found] == expected, text
        assert all(one.evidence[0].location.line == 5 for one in found)


def test_open_versions_weigh_more_when_a_dockerfile_installs_the_file(tmp_path):
    file = requirements_file(requirement("alpha>=1", 1), path="deploy/requirements.txt")
    assert findings(pins, make_subject(file, root=str(tmp_path)))[0].severity == "low"
    other = tmp_path / "built"
    (other / "deploy").mkdir(parents=True)
    (other / "deploy" / "Dockerfile").write_text("FROM python:3.12\nRUN pip install \\\n  -r requirements.txt\n")
    file = requirements_file(requirement("alpha>=1", 1, path="deploy/requirements.txt"), path="deploy/requirements.txt")
    (found,) = findings(pins, make_subject(file, root=str(other)))
    assert (found.rule, found.severity) == ("pins/unpinned", "medium")
    assert str(found.evidence[0].location) == "deploy/Dockerfile:2"


def test_a_url_in_the_lock_on_an_unknown_host_is_high_when_it_is_the_odd_one_out():
    elsewhere = artifact("alpha-1.0.tar.gz", "b", url="https://files.pythonhosted.org.evil.invalid/alpha-1.0.tar.gz")
    others = [locked(package(f"p{n}", "1"), n, (artifact(f"p{n}-1-py3-none-any.whl"),)) for n in range(3)]
    (found,) = findings(pins, make_subject(lock_file(locked(NODE, 50, (elsewhere,)), *others)))
    assert (found.rule, found.severity, found.package.name) == ("pins/foreign-host", "high", "alpha")
    alone = findings(pins, make_subject(lock_file(locked(NODE, 50, (elsewhere,)))))
    assert [(one.rule, one.severity) for one in alone] == [("pins/foreign-host", "medium")]
    allowed = CheckSettings(integrity=IntegritySettings(allowed_index_hosts=("files.pythonhosted.org.evil.invalid",)))
    assert rules(pins, make_subject(lock_file(locked(NODE, 50, (elsewhere,))), settings=allowed)) == []


def test_what_was_not_compared_is_never_called_checked(tmp_path):
    file = requirements_file(_hashed("a"))
    unknown = make_subject(file, packages=(NODE,), fetched={NODE: NotKnown("offline", "run with network")})
    assert coverage(pins, unknown)["alpha==1.0"].status == "not-checked"
    no_bytes = make_subject(file, releases=(release(NODE, WHEEL),), fetched={NODE: NotKnown("too large")})
    told = coverage(pins, no_bytes)["alpha==1.0"]
    assert told.status == "not-checked"
    assert "too large" in told.reason
    tree = package("local", "1", kind="path", url="vendored/local")
    (tmp_path / "vendored" / "local").mkdir(parents=True)
    assert (
        coverage(pins, make_subject(file, packages=(tree,), root=str(tmp_path)))["local==1"].status == "not-applicable"
    )
    assert coverage(pins, make_subject(file, packages=(tree,)))["local==1"].status == "not-checked", (
        "no folder of the tree"
    )


def test_the_same_line_included_twice_is_reported_once():
    base = requirement("beta==2.0", 2, path="base.txt")
    other = requirement("alpha==1.0", 1, path="base.txt", hashes=(digest("a"),))
    subject = make_subject(requirements_file(other, base, path="a.txt"), requirements_file(other, base, path="b.txt"))
    assert rules(pins, subject) == ["pins/missing-hash"]


def test_a_branch_in_a_manifest_is_quiet_where_the_lock_fixes_the_commit():
    wants = requirement("alpha @ git+https://code.invalid/alpha@main", 3, path="pyproject.toml")
    group = RequirementGroup("dependencies", "", (wants,))
    project = DependencyFile("pyproject.toml", "pyproject.toml", "0" * 64, groups=(group,))
    fixed = package("alpha", "1.0", kind="vcs", url="git+https://code.invalid/alpha", commit="1" * 40)
    assert rules(pins, make_subject(project, lock_file(locked(fixed, 8)), packages=(fixed,))) == []
    assert rules(pins, make_subject(project)) == ["pins/vcs-without-commit"]


@pytest.mark.parametrize("algorithm", ["sha384", "sha512", "sha3_256", "blake2b", "md5"])
@pytest.mark.parametrize("named", [False, True], ids=["line-with-hashes", "lock-that-names-files"])
def test_a_digest_in_an_algorithm_that_the_index_does_not_state_is_held_against_the_bytes(tmp_path, algorithm, named):
    stored = tmp_path / "stored"
    stored.write_bytes(b"what was served")
    right = hashlib.new(algorithm, b"what was served").hexdigest()
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    for value, expected in ((right, []), (wrong, ["pins/hash-mismatch-bytes"])):
        stated = Hash(algorithm, value)
        if named:
            file = lock_file(locked(NODE, 3, (artifact(WHEEL.filename, hashes=(stated,)),)))
        else:
            file = requirements_file(requirement("alpha==1.0", 1, hashes=(stated,)))
        one = fetched(WHEEL, path=str(stored))
        subject = make_subject(file, releases=(release(NODE, WHEEL),), fetched={NODE: one})
        assert [rule for rule in rules(pins, subject) if rule != "pins/weak-hash"] == expected
        assert coverage(pins, subject)["alpha==1.0"].status == "checked"


def test_a_line_may_state_digests_of_other_files_in_another_algorithm(tmp_path):
    stored = tmp_path / "stored"
    stored.write_bytes(b"what was served")
    of_the_sdist = Hash("sha512", "e" * 128)
    file = requirements_file(requirement("alpha==1.0", 1, hashes=(digest("a"), of_the_sdist)))
    one = fetched(WHEEL, path=str(stored))
    assert rules(pins, make_subject(file, releases=(release(NODE, WHEEL),), fetched={NODE: one})) == []


def test_digests_that_were_not_computed_of_the_bytes_are_not_green():
    file = requirements_file(requirement("alpha==1.0", 1, hashes=(digest("c", "sha512"),)))
    subject = make_subject(file, releases=(release(NODE, WHEEL),), fetched={NODE: fetched(WHEEL, path="")})
    assert coverage(pins, subject)["alpha==1.0"].status == "not-checked"


def test_a_file_of_pins_that_leaves_out_what_they_need_is_said_with_the_names():
    other = package("left-out", "2.0")
    file = requirements_file(requirement("alpha==1.0", 1))
    subject = make_subject(file, packages=(NODE, other))
    (found,) = [one for one in findings(pins, subject) if one.rule == "pins/left-out"]
    assert ("not pinned", "left-out==2.0") in found.details


def test_a_pin_without_a_local_part_belongs_to_the_local_version_that_is_installed():
    node = package("alpha", "1.0+cu118")
    wheel = artifact("alpha-1.0+cu118-py3-none-any.whl", "a")
    subject = make_subject(
        requirements_file(_hashed("c")), releases=(release(node, wheel),), fetched={node: fetched(wheel)}
    )
    assert rules(pins, subject) == ["pins/hash-mismatch-index"]
