"""Attestations of our own Sigstore instance: what is accepted, and every way in which one must not be."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest

pytest.importorskip("pypi_attestations", reason="the extra attestations is not installed")

from scanner.integrity import sigstore
from scanner.integrity.provenance import Invalid, Publisher, Unsupported, Verified
from scanner.integrity.sigstore import canonical, names_file, verify
from scanner.integrity.trust_root import trust_root
from scanner.model.errors import InputError
from scanner.model.known import NotKnown
from tests.integrity.mutations import attestation, changed, dump, entry, flip_field, load, publisher, random_changes
from tests.integrity.sigstore_instance import PUBLISH, Instance

NAME = "alpha-1.0.tar.gz"
BODY = b"the released bytes"
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.fixture(scope="module")
def instance() -> Instance:
    return Instance()


@pytest.fixture(scope="module")
def good(instance: Instance) -> bytes:
    return instance.provenance(NAME, BODY, "labeling/alpha", environment="pypi")


def test_a_good_attestation_gives_publisher_commit_time_and_log_entry(instance, good):
    outcome = verify(good, NAME, SHA256, instance.root)
    assert isinstance(outcome, Verified), outcome
    assert outcome.publisher == Publisher("GitHub", "https://github.com/labeling/alpha", "release.yml", "pypi")
    assert (outcome.commit, outcome.ref) == ("a" * 40, "refs/tags/v1")
    assert (outcome.time, outcome.log_index) == ("2026-03-02T12:01:00Z", "1001")
    assert outcome.predicates == (PUBLISH,)


def _drop(holder, key):
    def change(tree):
        del holder(tree)[key]

    return change


def _put(holder, **values):
    return lambda tree: holder(tree).update(values)


NEGATIVES = {
    "wrong repository": (_put(publisher, repository="labeling/beta"), "publisher", "repository"),
    "wrong workflow": (_put(publisher, workflow="other.yml"), "workflow", "workflow"),
    "wrong kind of publisher": (
        lambda tree: tree["attestation_bundles"][0].update(
            publisher={"kind": "GitLab", "repository": "labeling/alpha", "workflow_filepath": ".gitlab-ci.yml"}
        ),
        "publisher",
        "not GitLab",
    ),
    "altered signature": (
        flip_field(lambda tree: attestation(tree)["envelope"], "signature"),
        "signature",
        "signature",
    ),
    "altered statement": (
        flip_field(lambda tree: attestation(tree)["envelope"], "statement"),
        "signature",
        "statement",
    ),
    "altered certificate": (
        flip_field(lambda tree: attestation(tree)["verification_material"], "certificate"),
        None,
        "",
    ),
    "missing inclusion proof": (_drop(entry, "inclusionProof"), "no-inclusion-proof", "no inclusion proof"),
    "missing promise": (_drop(entry, "inclusionPromise"), "no-inclusion-promise", "no inclusion promise"),
    "altered log time": (_put(entry, integratedTime="1772452921"), "log-entry", "did not sign this entry"),
    "log time outside of the certificate": (
        _put(entry, integratedTime="1672452921"),
        "untrusted-certificate",
        "not valid",
    ),
    "altered log index": (_put(entry, logIndex="7"), "log-entry", "did not sign this entry"),
    "another tree size": (
        lambda tree: entry(tree)["inclusionProof"].update(treeSize="2"),
        "log-entry",
        "another size",
    ),
    "altered root hash": (
        flip_field(lambda tree: entry(tree)["inclusionProof"], "rootHash"),
        "log-entry",
        "inclusion proof",
    ),
    "empty log": (
        lambda tree: attestation(tree)["verification_material"].update(transparency_entries=[]),
        "no-log-entry",
        "no entry of a transparency log",
    ),
    "no bundles": (lambda tree: tree.update(attestation_bundles=[]), "no-attestation", "no attestation bundle"),
    "no attestations": (lambda tree: tree["attestation_bundles"][0].update(attestations=[]), "no-attestation", "empty"),
    "an attestation of version 2": (_put(attestation, version=2), "malformed", "version 1"),
    "a provenance of version 2": (lambda tree: tree.update(version=2), "malformed", "version 1"),
    "base64 with a stray line end": (
        lambda tree: attestation(tree)["envelope"].update(signature=attestation(tree)["envelope"]["signature"] + "\n"),
        "malformed",
        "base64",
    ),
    "a repository that climbs": (_put(publisher, repository="labeling/../alpha"), "malformed", "owner/name"),
}


@pytest.mark.parametrize("name", sorted(NEGATIVES))
def test_each_tampering_has_its_own_outcome(instance, good, name):
    change, code, words = NEGATIVES[name]
    outcome = verify(changed(good, change), NAME, SHA256, instance.root)
    assert isinstance(outcome, Invalid), outcome
    assert code is None or outcome.code == code, outcome
    assert words in outcome.why


def test_another_byte_in_the_file_is_other_bytes(instance, good):
    outcome = verify(good, NAME, hashlib.sha256(BODY + b"!").hexdigest(), instance.root)
    assert isinstance(outcome, Invalid)
    assert outcome.code == "other-bytes"


@pytest.mark.parametrize("renamed", ["alpha-1.1.tar.gz", "alpha-1.0.zip", "beta-1.0.tar.gz", "alpha-1.0.0.tar.gz"])
def test_a_renamed_file_is_another_file(instance, good, renamed):
    outcome = verify(good, renamed, SHA256, instance.root)
    assert isinstance(outcome, Invalid)
    assert outcome.code == "other-file"
    assert NAME in outcome.why


def test_a_zip_attested_in_place_of_the_tarball_is_another_file(instance):
    outcome = verify(instance.provenance("alpha-1.0.zip", BODY, "labeling/alpha"), NAME, SHA256, instance.root)
    assert isinstance(outcome, Invalid)
    assert outcome.code == "other-file"


def test_names_match_by_text_or_canonical_spelling_only():
    assert names_file("Alpha.Beta-1.0.tar.gz", "Alpha.Beta-1.0.tar.gz")
    assert names_file("alpha_beta-1.0.tar.gz", "Alpha.Beta-1.0.tar.gz")
    assert not names_file("ALPHA-beta-1.0.tar.gz", "Alpha.Beta-1.0.tar.gz")
    assert not names_file("", "nonsense")
    wheel = "a-1.0-1build-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    assert canonical(wheel) == "a-1.0-1build-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl"


def test_a_publisher_of_an_unknown_kind_is_unsupported_and_not_invalid(instance, good):
    outcome = verify(changed(good, _put(publisher, kind="Forgejo")), NAME, SHA256, instance.root)
    assert isinstance(outcome, Unsupported)
    assert "Forgejo" in outcome.why


def test_another_instance_and_the_public_root_trust_nothing_of_it(instance, good):
    for root in (Instance().root, trust_root()):
        outcome = verify(good, NAME, SHA256, root)
        assert isinstance(outcome, Invalid)
        assert outcome.code == "untrusted-certificate"


def test_one_bad_attestation_among_good_ones_makes_the_whole_invalid(instance, good):
    tree = load(good)
    other = load(instance.provenance("beta-1.0.tar.gz", BODY, "labeling/alpha"))
    tree["attestation_bundles"][0]["attestations"].append(attestation(other))
    outcome = verify(dump(tree), NAME, SHA256, instance.root)
    assert isinstance(outcome, Invalid)
    assert outcome.code == "other-file"


def test_a_predicate_that_the_index_does_not_accept_is_invalid(instance):
    odd = instance.provenance(NAME, BODY, "labeling/alpha", predicate="https://example.invalid/predicate/v1")
    outcome = verify(odd, NAME, SHA256, instance.root)
    assert isinstance(outcome, Invalid)
    assert outcome.code == "statement"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"version":1,"attestation_bundles":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"version":1,"attestation_bundles":[[]]}',
        b'{"version":' + b"9" * 10_000 + b"}",
        b'{"version":1,"attestation_bundles":[{"publisher":{"kind":7},"attestations":[]}]}',
        b" " * (3 * 1024 * 1024),
    ],
)
def test_objects_that_are_no_provenance_are_invalid_and_never_an_error(instance, raw):
    assert isinstance(verify(raw, NAME, SHA256, instance.root), Invalid)


def test_thousands_of_mutated_objects_are_never_accepted_and_never_raise(instance, good):
    tried = 0
    for what, raw in random_changes(good, seed=740, count=2000):
        tried += 1
        outcome = verify(raw, NAME, SHA256, instance.root)
        assert isinstance(outcome, (Invalid, Unsupported)), (what, outcome)
    assert tried > 1900


def test_an_unexpected_error_of_the_library_is_invalid(instance, good, monkeypatch):
    def broken(*_: object) -> object:
        raise RuntimeError("a panic")

    monkeypatch.setattr(sigstore, "_verify_one", broken)
    outcome = verify(good, NAME, SHA256, instance.root)
    assert isinstance(outcome, Invalid)
    assert outcome.code == "unexpected"


def test_without_the_extra_it_is_not_known_and_says_what_to_install(instance, good, monkeypatch):
    monkeypatch.setattr(sigstore, "available", lambda: False)
    outcome = verify(good, NAME, SHA256, instance.root)
    assert isinstance(outcome, NotKnown)
    assert outcome.remedy == "install assay[attestations]"


def test_importing_the_check_does_not_import_the_extra():
    code = (
        "import sys; import scanner.checks.attestations; "
        "print([name for name in ('sigstore', 'pypi_attestations', 'cryptography', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_the_pinned_root_is_the_one_that_was_shipped(monkeypatch, tmp_path):
    assert b"rekor.sigstore.dev" in trust_root()
    monkeypatch.setattr("scanner.integrity.trust_root.PRODUCTION_SHA256", "0" * 64)
    with pytest.raises(InputError, match="changed after it was shipped"):
        trust_root()
    with pytest.raises(InputError):
        trust_root(str(tmp_path / "missing.json"))


def test_an_unusable_root_is_an_error_of_the_user_and_not_of_the_attestation(good):
    with pytest.raises(InputError, match="trust root"):
        verify(good, NAME, SHA256, json.dumps({"mediaType": "nonsense"}).encode())
