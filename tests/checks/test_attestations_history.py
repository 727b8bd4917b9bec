"""A history of releases on a real index: attested, taken over, no longer attested, and poisoned in the wheel only."""

from __future__ import annotations

import pytest

pytest.importorskip("pypi_attestations", reason="the extra attestations is not installed")

from packaging.utils import canonicalize_name

from scanner.checks import attestations, drift, pins
from scanner.checks.settings import CheckSettings, IntegritySettings
from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import IndexConfig
from scanner.index.fetching import fetch_all
from scanner.integrity import sigstore
from scanner.integrity.gather import gather_companions, gather_provenance
from scanner.model.package import Package
from scanner.model.requirement import Hash
from scanner.resolver.releases import allowed_by_locks, find_releases
from tests.checks.subjects import TARGET, coverage, findings, make_subject, requirement, requirements_file
from tests.integrity.sigstore_instance import Instance
from tests.support.builders import sdist, sha256, wheel
from tests.support.index_server import File, Index, serve

OURS = "labeling/taskqueue"
CODE = {"taskqueue/__init__.py": "LABELS = []\n"}
PTH = {**CODE, "taskqueue_hook.pth": "import os; os.environ.get('LABELS')\n"}


@pytest.fixture(scope="module")
def instance() -> Instance:
    return Instance()


@pytest.fixture
def root(instance, tmp_path):
    path = tmp_path / "trusted_root.json"
    path.write_bytes(instance.root)
    return str(path)


def _release(index: Index, instance: Instance, version: str, repository: str, day: str, **more: object) -> None:
    for filename, body in (wheel("taskqueue", version, CODE), sdist("taskqueue", version, CODE)):
        attested = instance.provenance(filename, body, repository, **more) if repository else None
        index.add("taskqueue", File(filename, body, upload_time=f"2026-{day}T10:00:00Z", provenance=attested))


@pytest.fixture
def history(instance):
    """1.0 and 1.1 attested; 1.2 by another publisher; 1.3 by nobody; 1.4 whose wheel came later, with a hook."""
    with serve() as index:
        _release(index, instance, "1.0", OURS, "02-01", environment="pypi")
        _release(index, instance, "1.1", OURS, "03-01", environment="pypi")
        _release(index, instance, "1.2", "elsewhere/taskqueue", "04-01", environment="pypi")
        _release(index, instance, "1.3", "", "05-01")
        name, body = sdist("taskqueue", "1.4", CODE)
        attested = instance.provenance(name, body, OURS, environment="pypi")
        index.add("taskqueue", File(name, body, upload_time="2026-06-01T10:00:00Z", provenance=attested))
        name, body = wheel("taskqueue", "1.4", PTH)
        index.add("taskqueue", File(name, body, upload_time="2026-06-09T10:00:00Z", provenance=None))
        yield index


def _subject(index: Index, version: str, root: str, folder, *, lock: tuple[str, ...] = (), **settings: object):
    package = Package(canonicalize_name("taskqueue"), version)
    hashes = tuple(Hash("sha256", one) for one in lock)
    file = requirements_file(requirement(f"taskqueue=={version}", 3, hashes=hashes))
    with IndexClient(IndexConfig(urls=(index.simple,)), Cache(folder)) as client:
        ignore = lambda done, total: None  # noqa: E731
        releases = find_releases([package], client, TARGET, allowed_by_locks([file]), ignore)
        fetched = fetch_all(client, {one: found.chosen for one, found in releases.items()}, ignore)
        provenances = gather_provenance(client, releases)
        companions = gather_companions(client, releases)
    known = settings.pop("known_publishers", {})
    integrity = IntegritySettings(allowed_index_hosts=("127.0.0.1",), trust_root=root, **settings)
    return make_subject(
        file,
        releases=tuple(releases.values()),
        fetched=fetched,
        settings=CheckSettings(integrity=integrity),
        provenance=provenances.current,
        history=provenances.history,
        companions=companions,
        known_publishers=known,
    )


def _rules(check, subject):
    return [(one.rule, one.severity) for one in findings(check, subject)]


def test_releases_by_the_same_publisher_are_quiet_and_checked(history, root, tmp_path):
    for version in ("1.0", "1.1"):
        subject = _subject(history, version, root, tmp_path)
        assert _rules(attestations, subject) == []
        assert coverage(attestations, subject)[f"taskqueue=={version}"].status == "checked"
    (package,) = subject.graph.packages
    assert attestations.summary(subject, package) == (
        "GitHub https://github.com/labeling/taskqueue, workflow release.yml, environment pypi"
    )


def test_another_publisher_is_found_with_both_names_and_the_line(history, root, tmp_path):
    (found,) = findings(attestations, _subject(history, "1.2", root, tmp_path))
    assert (found.rule, found.severity) == ("attestations/publisher-changed", "high")
    details = dict(found.details)
    assert "elsewhere/taskqueue" in details["now"]
    assert "labeling/taskqueue" in details["before"]
    assert str(found.evidence[0].location) == "requirements.txt:3"
    assert "log entry" in found.evidence[0].note
    assert found.paths


def test_attested_before_and_not_now(history, root, tmp_path):
    (found,) = findings(attestations, _subject(history, "1.3", root, tmp_path))
    assert (found.rule, found.severity) == ("attestations/attested-before", "high")
    assert "1.2 was published by" in found.summary


def test_a_wheel_added_later_with_a_hook_that_its_sdist_lacks(history, root, tmp_path):
    (locked,) = (one.body for one in history.projects["taskqueue"] if one.filename == "taskqueue-1.4.tar.gz")
    subject = _subject(history, "1.4", root, tmp_path, lock=(sha256(locked),))
    assert _rules(pins, subject) == [("pins/file-added-after-lock", "medium")]
    unlocked = _subject(history, "1.4", root, tmp_path)
    (found,) = findings(drift, unlocked)
    assert (found.rule, found.trigger) == ("drift/pth-only-in-wheel", "interpreter-start")
    assert found.evidence[0].location.path == "taskqueue_hook.pth"
    assert "os.environ" in found.evidence[0].excerpt[0].text
    assert ("attestations/attested-before", "medium") in _rules(attestations, unlocked)


def test_the_publisher_of_the_policy_rejects_and_an_expected_one_is_quiet(history, root, tmp_path):
    ours = {"taskqueue": ("https://github.com/labeling/taskqueue",)}
    (found,) = findings(attestations, _subject(history, "1.2", root, tmp_path, publishers=ours))
    assert (found.rule, found.rejects) == ("attestations/publisher-not-allowed", True)
    moved = {"taskqueue": ("https://github.com/elsewhere/taskqueue/.github/workflows/release.yml",)}
    assert _rules(attestations, _subject(history, "1.2", root, tmp_path, publishers=moved)) == []
    assert ("attestations/missing", "high") in _rules(
        attestations, _subject(history, "1.3", root, tmp_path, publishers=ours)
    )


def test_trust_on_first_use_finds_a_change_that_the_history_would_hide(history, root, tmp_path):
    known = {canonicalize_name("taskqueue"): ("https://github.com/labeling/other",)}
    (found,) = findings(attestations, _subject(history, "1.1", root, tmp_path, known_publishers=known))
    assert found.rule == "attestations/publisher-changed"
    assert "an earlier report" in found.summary


def test_another_workflow_or_environment_of_the_same_repository(instance, root, tmp_path):
    with serve() as index:
        _release(index, instance, "1.0", OURS, "02-01", environment="pypi")
        _release(index, instance, "1.1", OURS, "03-01", workflow="nightly.yml", environment="pypi")
        _release(index, instance, "2.0", OURS, "04-01", environment=None)
        changed = _subject(index, "1.1", root, tmp_path)
        assert _rules(attestations, changed) == [("attestations/workflow-changed", "medium")]
        lost = _subject(index, "2.0", root, tmp_path)
        assert _rules(attestations, lost) == [("attestations/environment-changed", "medium")]


def test_an_attestation_of_another_file_rejects(instance, root, tmp_path):
    name, body = wheel("taskqueue", "1.0", CODE)
    moved = instance.provenance("taskqueue-0.9-py3-none-any.whl", body, OURS)
    with serve() as index:
        index.add("taskqueue", File(name, body, provenance=moved))
        (found,) = findings(attestations, _subject(index, "1.0", root, tmp_path))
        assert (found.rule, found.rejects) == ("attestations/other-file", True)


def test_a_broken_attestation_rejects_and_says_why(instance, root, tmp_path):
    name, body = wheel("taskqueue", "1.0", CODE)
    with serve() as index:
        index.add("taskqueue", File(name, body, provenance=b'{"version": 1, "attestation_bundles": []}'))
        subject = _subject(index, "1.0", root, tmp_path)
        (found,) = findings(attestations, subject)
        assert (found.rule, found.rejects) == ("attestations/invalid", True)
        assert "no attestation bundle" in found.summary
        assert coverage(attestations, subject)["taskqueue==1.0"].status == "checked"


def test_an_index_that_does_not_speak_of_provenance_is_not_checked(instance, root, tmp_path):
    name, body = wheel("taskqueue", "1.0", CODE)
    with serve() as index:
        index.add("taskqueue", File(name, body, provenance_known=False))
        subject = _subject(index, "1.0", root, tmp_path)
        assert findings(attestations, subject) == []
        assert coverage(attestations, subject)["taskqueue==1.0"].status == "not-checked"


def test_a_provenance_that_is_announced_and_not_served_is_not_checked(history, instance, root, tmp_path):
    from tests.support.index_server import Fault

    history.faults["/integrity/taskqueue/taskqueue-1.0-py3-none-any.whl/provenance"] = Fault(status=404)
    told = coverage(attestations, _subject(history, "1.0", root, tmp_path))["taskqueue==1.0"]
    assert told.status == "not-checked"
    assert told.reason


def test_without_the_extra_the_coverage_says_what_to_install(history, root, tmp_path, monkeypatch):
    subject = _subject(history, "1.0", root, tmp_path)
    monkeypatch.setattr(sigstore, "available", lambda: False)
    told = coverage(attestations, subject)["taskqueue==1.0"]
    assert (told.status, told.remedy) == ("not-checked", "install assay[attestations]")
