"""Policy files: read strictly, refused with the key path."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.model.errors import InputError
from scanner.policy.policy import read_policy

REPOSITORY = Path(__file__).resolve().parents[2]


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "policy.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_every_key_can_be_set(tmp_path: Path) -> None:
    text = """
    fail-on = "medium"
    min-confidence = "high"
    required-checks = ["advisories"]
    [advisories]
    max-age-days = 3
    [integrity.publishers]
    sampleproject = ["https://github.com/pypa/sampleproject"]
    [[waivers]]
    rule = "pins/missing-hash"
    owner = "risk@customer.example"
    expires = 2027-01-31
    reason = "accepted for the pilot"
    """
    policy = read_policy(written(tmp_path, text))
    assert policy.rules.fail_on == "medium"
    assert policy.settings.advisories.max_age_days == 3
    assert policy.settings.integrity.publishers["sampleproject"] == ("https://github.com/pypa/sampleproject",)
    assert policy.rules.waivers[0].expires.year == 2027
    assert len(policy.sha256) == 64


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('fail-on = "terrible"', "fail-on"),
        ("fail_on = 'high'", "fail_on"),
        ("[advisories]\nmax-age-days = 'x'", "advisories.max-age-days"),
        ("[[waivers]]\nrule = 'a'\nowner = 'b'\nreason = 'c'", "expires"),
        ("[[waivers]]\nowner = 'b'\nreason = 'c'\nexpires = 2027-01-01", "waivers[0]"),
        ("[[waivers]]\nrule = 'a'\nowner = ' '\nreason = 'c'\nexpires = 2027-01-01", "waivers[0]"),
        ("[advisories]\nmax-age-days = -1", "advisories.max-age-days"),
        ("[advisories]\nmax-age-days = 99999999", "advisories.max-age-days"),
        ("[hygiene]\ncooldown-days = 1" + "0" * 5_000, "policy.toml"),
        ("[code]\nworkers = -1", "code.workers"),
        ("[code]\nmax-file-bytes = 0", "code.max-file-bytes"),
        ("[code]\nmax-artifact-seconds = nan", "code.max-artifact-seconds"),
        ("[code]\nmax-artifact-seconds = inf", "code.max-artifact-seconds"),
        ("a = [", "line 1"),
        (b"\xff\xfe", "byte 0"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str | bytes, where: str) -> None:
    with pytest.raises(InputError) as caught:
        read_policy(written(tmp_path, text))
    assert where in caught.value.message
    assert "policy.toml" in caught.value.message


def test_a_missing_policy_is_an_error_and_not_the_built_in_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_policy(tmp_path / "none.toml")


def test_the_policy_of_the_clean_example_is_readable() -> None:
    policy = read_policy(REPOSITORY / "examples" / "clean-vendor.policy.toml")
    assert policy.settings.advisories.max_age_days > 30
