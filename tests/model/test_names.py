"""Canonical names: the same as those of ``packaging``, which is too slow to import for them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name as reference

from scanner.model.names import canonicalize_name


@given(st.text() | st.text(alphabet="aZ09-_.", max_size=20))
def test_a_name_is_canonical_as_packaging_says(text: str) -> None:
    assert canonicalize_name(text) == reference(text)
