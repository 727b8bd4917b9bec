"""The window holds exactly what ``packaging`` would filter out of the whole list."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from scanner.resolver.window import allowed

numbers = st.integers(0, 4)
suffixes = st.sampled_from(["", "", "", "a1", "rc2", ".post1", ".dev3", "+cu118", "rc1.post1"])
versions = st.builds(lambda a, b, c: f"{a}.{b}{c}", numbers, numbers, suffixes)
bases = st.builds(lambda a, b, c: f"{a}.{b}{c}", numbers, numbers, st.sampled_from(["", "", "a1", "rc2", ".post1"]))
operators = st.sampled_from([">=", ">", "<=", "<", "==", "!=", "~="])
clauses = st.one_of(
    st.builds(lambda operator, version: operator + version, operators, bases),
    st.builds(lambda operator, number: f"{operator}{number}.*", st.sampled_from(["==", "!="]), numbers),
)


@settings(max_examples=600, deadline=None)
@given(st.lists(versions, max_size=25), st.lists(clauses, max_size=3))
def test_it_is_what_packaging_says(listed: list[str], parts: list[str]) -> None:
    newest_first = sorted({Version(one) for one in listed}, reverse=True)
    text = ",".join(parts)
    expected = list(SpecifierSet(text).filter(newest_first))
    assert list(allowed(text, newest_first, lambda one: one)) == expected
