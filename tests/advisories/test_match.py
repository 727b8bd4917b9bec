"""Matching held against a slow, literal implementation of the OSV schema's evaluation, and the cases it leaves open."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from scanner.advisories.match import affects, fixed_versions
from scanner.model.advisory import Advisory, Affected, AffectedRange, RangeEvent


def advisory(
    *events: tuple[str, str], versions: tuple[str, ...] = (), kind: str = "ECOSYSTEM", **more: str
) -> Advisory:
    found = AffectedRange(kind, tuple(RangeEvent(*one) for one in events))
    return Advisory("X-1", affected=(Affected("demo", (found,) if events else (), versions),), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "version", "answer"),
    [
        (advisory(("introduced", "0"), ("fixed", "2.0")), "1.9", "affected"),
        (advisory(("introduced", "0"), ("fixed", "2.0")), "2.0", "not-affected"),
        (advisory(("introduced", "0"), ("fixed", "2.0")), "2.0rc1", "affected"),
        (advisory(("introduced", "0"), ("fixed", "2.0")), "2.0+cu118", "not-affected"),
        (advisory(("introduced", "0"), ("last_affected", "2.0")), "2.0+cu118", "affected"),
        (advisory(("introduced", "0"), ("last_affected", "2.0")), "2.0.post1", "not-affected"),
        (advisory(("fixed", "2.0"), ("introduced", "1.0"), ("introduced", "3.0")), "3.5", "affected"),
        (advisory(("fixed", "2.0"), ("introduced", "1.0"), ("introduced", "3.0")), "2.5", "not-affected"),
        (advisory(("introduced", "0"), ("limit", "1.5")), "1.4", "affected"),
        (advisory(("introduced", "0"), ("limit", "1.5")), "1.5", "not-affected"),
        (advisory(versions=("1.0",)), "1.0.0", "affected"),
        (advisory(versions=("1.0",)), "1.0.1", "not-affected"),
        (advisory(("introduced", "1" * 40), kind="GIT"), "1.0", "not-affected"),
        (advisory(("introduced", "0")), "2004d", "not-comparable"),
        (advisory(versions=("2004d",)), "2004D", "affected"),
        (advisory(("introduced", "0"), withdrawn="2026-01-01T00:00:00Z"), "1.0", "not-affected"),
    ],
)
def test_cases(found: Advisory, version: str, answer: str) -> None:
    assert affects(found, "demo", version) == answer
    assert affects(found, "another", version) == "not-affected"


def test_every_fixed_version_above_is_named_one_for_each_branch() -> None:
    found = advisory(("introduced", "0"), ("fixed", "1.5"), ("introduced", "2.0"), ("fixed", "2.3"), ("fixed", "2.10"))
    assert fixed_versions(found, "demo", "1.2") == ("1.5", "2.3", "2.10")
    assert fixed_versions(found, "demo", "2.5") == ("2.10",)


VERSIONS = st.builds(
    lambda release, tail: ".".join(map(str, release)) + tail,
    st.lists(st.integers(0, 3), min_size=1, max_size=3),
    st.sampled_from(["", "a1", "rc1", ".post1", ".dev1"]),
)
EVENTS = st.lists(st.tuples(st.sampled_from(["introduced", "fixed", "last_affected", "limit"]), VERSIONS), max_size=6)


def literal(events: list[tuple[str, str]], listed: list[str], version: Version) -> bool:
    """The schema's pseudo-code, word for word: IsVulnerable, BeforeLimits, sorted events; "0" sorts before all."""
    events = [(kind, "0.dev0" if text == "0" and kind != "limit" else text) for kind, text in events]
    if any(Version(one) == version for one in listed):
        return True
    limits = [Version(text) for kind, text in events if kind == "limit"]
    if limits and not any(version < limit for limit in limits):
        return False
    vulnerable = False
    rest = [(kind, text) for kind, text in events if kind != "limit"]
    for kind, text in sorted(rest, key=lambda one: (Version(one[1]), one[0] == "introduced")):
        if kind == "introduced" and version >= Version(text):
            vulnerable = True
        if kind == "fixed" and version >= Version(text):
            vulnerable = False
        if kind == "last_affected" and version > Version(text):
            vulnerable = False
    return vulnerable


@settings(max_examples=500, deadline=None)
@given(EVENTS, st.lists(VERSIONS, max_size=2), VERSIONS)
def test_the_matcher_agrees_with_the_literal_pseudo_code(
    events: list[tuple[str, str]], listed: list[str], version: str
) -> None:
    found = advisory(*events, versions=tuple(listed))
    expected = "affected" if literal(events, listed, Version(version)) else "not-affected"
    assert affects(found, "demo", version) == expected
