"""The matcher against the OSV schema's pseudo-code, over generated records with all that a record may hold.

The schema's functions are written here word for word and slowly, with versions parsed at each comparison. What the
schema leaves to the ecosystem is stated in ``parsed`` and ``same``.
"""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from scanner.advisories.match import Matcher, affects
from scanner.model.advisory import Advisory, Affected, AffectedRange, RangeEvent

NAME, OTHER = "demo", "another"


def parsed(text: str) -> Version:
    """PEP 440. ``0`` as an event stands before every version, also before the pre-releases of 0."""
    return Version("0.dev0" if text == "0" else text)


def public(text: str) -> Version:
    """A local version is a build of its public version, and as vulnerable as that."""
    return Version(Version(text).public)


def same(left: str, right: str) -> bool:
    try:
        return Version(left) == Version(right)
    except InvalidVersion:
        return left.strip().lower() == right.strip().lower()


def is_vulnerable(name: str, version: str, record: Advisory) -> bool:
    if record.withdrawn:
        return False
    for affected in record.affected:
        if affected.name == name and (
            included_in_versions(version, affected.versions) or included_in_ranges(version, affected.ranges)
        ):
            return True
    return False


def included_in_versions(version: str, versions: tuple[str, ...]) -> bool:
    return any(same(version, one) or same(str(public(version)), one) for one in versions)


def included_in_ranges(version: str, ranges: tuple[AffectedRange, ...]) -> bool:
    for one in ranges:
        if one.kind == "GIT":
            continue
        if before_limits(version, one):
            vulnerable = False
            for event in sorted((event for event in one.events if event.kind != "limit"), key=place):
                if event.kind == "introduced" and public(version) >= parsed(event.version):
                    vulnerable = True
                if event.kind == "fixed" and public(version) >= parsed(event.version):
                    vulnerable = False
                if event.kind == "last_affected" and public(version) > parsed(event.version):
                    vulnerable = False
            if vulnerable:
                return True
    return False


def place(event: RangeEvent) -> tuple[Version, bool]:
    """At one version, an end comes before a beginning."""
    return parsed(event.version), event.kind == "introduced"


def before_limits(version: str, ranged: AffectedRange) -> bool:
    limits = [event.version for event in ranged.events if event.kind == "limit"]
    return not limits or any(limit == "*" or public(version) < Version(limit) for limit in limits)


NUMBER = st.integers(0, 3).map(str)
RELEASE = st.lists(NUMBER, min_size=1, max_size=3).map(".".join)
TAIL = st.sampled_from(["", "", "", "a1", "rc1", "rc1.post1", ".post1", ".dev1", "b2.dev1"])
EVENT_VERSION = st.builds(
    lambda epoch, release, tail: epoch + release + tail, st.sampled_from(["", "1!"]), RELEASE, TAIL
)
# The same version in other dress: leading v, leading zeros, trailing zeros, upper case, other separators, builds.
VERSION = st.builds(
    lambda lead, release, tail, build: lead + release + tail + build,
    st.sampled_from(["", "", "v", "1!", "0"]),
    RELEASE,
    st.sampled_from(["", "", "a1", ".A.1", "-rc1", "c1", ".post1", "-1", ".dev1", ".0"]),
    st.sampled_from(["", "", "+cu118", "+local.1"]),
)
LEGACY = st.sampled_from(["2004d", "1.0-alpha-beta", "dev", ""])
EVENT = st.builds(RangeEvent, st.sampled_from(["introduced", "fixed", "last_affected"]), st.just("0") | EVENT_VERSION)
LIMIT = st.builds(RangeEvent, st.just("limit"), st.just("*") | EVENT_VERSION)
RANGE = st.builds(
    AffectedRange,
    st.sampled_from(["ECOSYSTEM", "ECOSYSTEM", "SEMVER", "GIT"]),
    st.builds(lambda events, limits: tuple(events + limits), st.lists(EVENT, max_size=6), st.lists(LIMIT, max_size=2)),
)
AFFECTED = st.builds(
    Affected,
    st.sampled_from([NAME, NAME, OTHER]),
    st.lists(RANGE, max_size=3).map(tuple),
    st.lists(VERSION | LEGACY, max_size=3).map(tuple),
)
RECORD = st.builds(
    Advisory,
    st.just("X-1"),
    affected=st.lists(AFFECTED, max_size=3).map(tuple),
    withdrawn=st.sampled_from(["", "", "", "", "2026-01-01T00:00:00Z"]),
)


@settings(max_examples=400, deadline=None)
@given(RECORD, VERSION)
@example(Advisory("X-1", affected=(Affected(NAME, versions=("01.0",)),)), "v1.0.0")
@example(Advisory("X-1", affected=(Affected(NAME, versions=("1.0+cu118",)),)), "1.0+CU118")
@example(Advisory("X-1", affected=(Affected(NAME, versions=("0!1",)),)), "1.0")
def test_one_record_and_one_version(record: Advisory, version: str) -> None:
    assert affects(record, NAME, version) == ("affected" if is_vulnerable(NAME, version, record) else "not-affected")


@settings(max_examples=150, deadline=None)
@given(st.lists(RECORD, max_size=4), st.lists(VERSION, max_size=6))
def test_many_records_prepared_once_for_many_versions(records: list[Advisory], versions: list[str]) -> None:
    matcher = Matcher(NAME, records)
    for version in versions:
        found = [advisory for advisory, answer in matcher.answers(version) if answer == "affected"]
        assert found == [one for one in records if is_vulnerable(NAME, version, one)]


@settings(max_examples=150, deadline=None)
@given(RECORD, LEGACY)
def test_a_version_that_cannot_be_ordered_is_never_called_unaffected_where_a_range_would_decide(
    record: Advisory, version: str
) -> None:
    mine = [one for one in record.affected if one.name == NAME] if not record.withdrawn else []
    listed = any(same(version, text) for one in mine for text in one.versions)
    ranged = any(ranged.kind != "GIT" for one in mine for ranged in one.ranges)
    expected = "affected" if listed else "not-comparable" if ranged else "not-affected"
    assert affects(record, NAME, version) == expected
