"""Real attestations of all four publisher kinds, verified end to end and offline against the pinned public root.

The material is read from the test assets of ``pypi_attestations-0.0.30.tar.gz``, a pinned sdist of the registry. It is
held in memory, served by the test index, and never written to the repository or run.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("pypi_attestations", reason="the extra attestations is not installed")

from packaging.utils import canonicalize_name

from scanner.index.cache import Cache
from scanner.index.client import IndexClient
from scanner.index.config import IndexConfig, from_environment
from scanner.integrity.provenance import Invalid, Unsupported, Verified
from scanner.integrity.sigstore import verify
from scanner.integrity.trust_root import trust_root
from tests.integrity.mutations import attestation, changed, entry, flip, publisher, random_changes
from tests.support.index_server import File, serve

pytestmark = pytest.mark.network

SDIST = "pypi_attestations-0.0.30.tar.gz"
SHA256 = "14ff13c76bbef02a483c2b77532da02bfd746b5141b881f355e06b9807434423"
ASSETS = "pypi_attestations-0.0.30/test/assets/"
GITHUB = "pypi_attestations-0.0.19.tar.gz"


@dataclass(frozen=True)
class Case:
    """One production attestation: the file it is for, and what must be proven of its publisher."""

    filename: str
    identity: str
    workflow: str
    wrapped: dict[str, str] | None = None
    """The publisher to wrap a bare attestation in, where the assets hold no provenance object."""


CASES = (
    Case(GITHUB, "https://github.com/trailofbits/pypi-attestations", "release.yml"),
    Case(
        "gitlab_oidc_project-0.0.3.tar.gz",
        "https://gitlab.com/facutuesca/gitlab-oidc-project",
        ".gitlab-ci.yml",
        {"kind": "GitLab", "repository": "facutuesca/gitlab-oidc-project", "workflow_filepath": ".gitlab-ci.yml"},
    ),
    Case("gcb_attestation_test-0.0.0.tar.gz", "mailto:919436158236-compute@developer.gserviceaccount.com", ""),
    Case(
        "circleci_sign_publish_example-0.0.1.dev137-py3-none-any.whl",
        "https://circleci.com/api/v2/projects/fdd9283f-e619-46af-8f9c-851f7d3e8b2b/pipeline-definitions/"
        "8e4f8ab2-8d7c-4827-9f15-de076d6d647f",
        "",
    ),
    Case(
        "pypi_attestation_models-0.0.4a2.tar.gz",
        "https://github.com/trailofbits/pypi-attestation-models",
        "release.yml",
        {"kind": "GitHub", "repository": "trailofbits/pypi-attestation-models", "workflow": "release.yml"},
    ),
)


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files below ``test/assets`` of the pinned sdist, by name."""
    client = IndexClient(from_environment({}), Cache(tmp_path_factory.mktemp("registry")))
    page = client.project(canonicalize_name("pypi-attestations"))
    artifact = next(one for one in page.artifacts if one.filename == SDIST)
    fetched = client.fetch(artifact)
    assert fetched.sha256 == SHA256
    found = {}
    with tarfile.open(fileobj=io.BytesIO(Path(fetched.path).read_bytes())) as archive:
        for member in archive:
            if member.isfile() and member.name.startswith(ASSETS):
                opened = archive.extractfile(member)
                assert opened is not None
                found[member.name.removeprefix(ASSETS)] = opened.read()
    return found


def _provenance(assets: dict[str, bytes], case: Case) -> bytes:
    name = case.filename
    if case.wrapped is None:
        return assets[f"{name}.provenance"]
    bare = assets.get(f"{name}.publish.attestation") or assets[f"{name}.attestation"]
    bundle = {"publisher": case.wrapped, "attestations": [json.loads(bare)]}
    return json.dumps({"version": 1, "attestation_bundles": [bundle]}).encode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.filename)
def test_each_production_publisher_verifies_end_to_end_through_an_index(assets, case, tmp_path):
    project = canonicalize_name(case.filename.partition("-")[0])
    with serve() as index:
        index.add(project, File(case.filename, assets[case.filename], provenance=_provenance(assets, case)))
        client = IndexClient(IndexConfig(urls=(index.simple,)), Cache(tmp_path))
        (artifact,) = client.project(project).artifacts
        fetched = client.fetch(artifact)
        provenance = client.provenance(artifact)
    assert isinstance(provenance, bytes)
    outcome = verify(provenance, artifact.filename, fetched.sha256, trust_root())
    assert isinstance(outcome, Verified), outcome
    assert (outcome.publisher.url, outcome.publisher.workflow) == (case.identity, case.workflow)
    assert int(outcome.log_index) > 0
    assert outcome.time.startswith(("2024-", "2025-", "2026-"))


NEGATIVES = {
    "renamed version": (None, "other-file"),
    "flipped byte": (None, "other-bytes"),
    "wrong repository": (lambda tree: publisher(tree).update(repository="trailofbits/other"), "publisher"),
    "wrong workflow": (lambda tree: publisher(tree).update(workflow="ci.yml"), "workflow"),
    "altered signature": (
        lambda tree: attestation(tree)["envelope"].update(signature=flip(attestation(tree)["envelope"]["signature"])),
        "signature",
    ),
    "missing inclusion proof": (lambda tree: entry(tree).pop("inclusionProof"), "no-inclusion-proof"),
    "missing promise": (lambda tree: entry(tree).pop("inclusionPromise"), "no-inclusion-promise"),
    "altered log time": (
        lambda tree: entry(tree).update(integratedTime=str(int(entry(tree)["integratedTime"]) + 60)),
        "log-entry",
    ),
    "empty log": (
        lambda tree: attestation(tree)["verification_material"].update(transparency_entries=[]),
        "no-log-entry",
    ),
}


@pytest.mark.parametrize("name", sorted(NEGATIVES))
def test_each_tampering_of_a_production_attestation_has_its_own_outcome(assets, name):
    change, code = NEGATIVES[name]
    raw, body, filename = assets[f"{GITHUB}.provenance"], assets[GITHUB], GITHUB
    if change is not None:
        raw = changed(raw, change)
    elif name == "renamed version":
        filename = "pypi_attestations-0.0.20.tar.gz"
    else:
        body = body[:100] + bytes([body[100] ^ 1]) + body[101:]
    outcome = verify(raw, filename, hashlib.sha256(body).hexdigest(), trust_root())
    assert isinstance(outcome, Invalid), outcome
    assert outcome.code == code, outcome
    assert outcome.why


def test_no_two_negatives_share_a_message(assets):
    messages = set()
    for change, _ in NEGATIVES.values():
        if change is not None:
            digest = hashlib.sha256(assets[GITHUB]).hexdigest()
            outcome = verify(changed(assets[f"{GITHUB}.provenance"], change), GITHUB, digest, trust_root())
            assert isinstance(outcome, Invalid)
            messages.add(outcome.why)
    assert len(messages) == sum(change is not None for change, _ in NEGATIVES.values())


def test_a_publisher_kind_of_the_future_is_unsupported(assets):
    raw = changed(assets[f"{GITHUB}.provenance"], lambda tree: publisher(tree).update(kind="Codeberg"))
    outcome = verify(raw, GITHUB, hashlib.sha256(assets[GITHUB]).hexdigest(), trust_root())
    assert isinstance(outcome, Unsupported)


def test_an_attestation_of_the_staging_instance_is_not_trusted_by_the_public_root(assets):
    name = "rfc8785-0.1.2-py3-none-any.whl"
    bare = json.loads(assets[f"{name}.attestation"])
    named = {"kind": "GitHub", "repository": "trailofbits/rfc8785.py", "workflow": "release.yml"}
    tree = {"version": 1, "attestation_bundles": [{"publisher": named, "attestations": [bare]}]}
    outcome = verify(json.dumps(tree).encode(), name, hashlib.sha256(assets[name]).hexdigest(), trust_root())
    assert isinstance(outcome, Invalid)
    assert outcome.code == "untrusted-certificate"


def test_a_production_attestation_is_not_trusted_by_the_staging_root(assets):
    sigstore = pytest.importorskip("sigstore")
    folder = Path(sigstore.__file__).parent / "_store"
    roots = sorted(folder.glob("*sigstage*/trusted_root.json"))
    if not roots:
        pytest.skip("this release of sigstore does not carry the staging root")
    outcome = verify(
        assets[f"{GITHUB}.provenance"], GITHUB, hashlib.sha256(assets[GITHUB]).hexdigest(), roots[0].read_bytes()
    )
    assert isinstance(outcome, Invalid)
    assert outcome.code == "untrusted-certificate"


def test_thousands_of_mutated_production_objects_are_never_accepted(assets):
    digest = hashlib.sha256(assets[GITHUB]).hexdigest()
    tried = 0
    for what, raw in random_changes(assets[f"{GITHUB}.provenance"], seed=1, count=2000):
        tried += 1
        outcome = verify(raw, GITHUB, digest, trust_root())
        assert isinstance(outcome, (Invalid, Unsupported)), (what, outcome)
    assert tried > 1900
