"""``name==version`` is read without PEP 508's parser, and to the same value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.inputs import pep508
from scanner.inputs.pep508 import parse_requirement
from scanner.model.location import Location
from scanner.model.requirement import Hash, Requirement

PLACE = Location("requirements.txt", 7)
HASHES = (Hash("sha256", "00" * 32),)
NUMBER = st.integers(0, 3000).map(str)
NAMES = st.text(alphabet="aZ09-_.", min_size=1, max_size=8)
RELEASES = st.lists(NUMBER, min_size=1, max_size=4).map(".".join)
TAILS = st.sampled_from(
    ["", "a1", "b0", "rc12", ".post1", ".dev3", "rc1.post2.dev3", "-1", "c1", "A1", ".0_1", "+cu118", "!2", ".*", "01"]
)
AROUND = st.sampled_from(["==", " == ", "== ", "===", "  ==", ">=", "~=", "[x]=="])
AFTER = st.sampled_from(["", "", " ", ";python_version>'3'", ",<2", "\n", " # x"])


@given(NAMES, AROUND, RELEASES, TAILS, AFTER)
def test_both_ways_give_the_same(name: str, operator: str, release: str, tail: str, after: str) -> None:
    text = f"{name}{operator}{release}{tail}{after}"
    assert outcome(text) == in_full(text)


def outcome(text: str) -> Requirement | str:
    try:
        return parse_requirement(text, PLACE, HASHES)
    except ValueError as error:
        return str(error)


def in_full(text: str) -> Requirement | str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pep508, "_PIN", pep508.re.compile(r"(?!)"))
        return outcome(text)


def test_a_file_of_plain_pins_is_read_without_the_parser() -> None:
    import subprocess
    import sys

    code = (
        "import sys\nfrom scanner.inputs.pep508 import parse_requirement\nfrom scanner.model.location import Location\n"
        "parse_requirement('Django==5.2.1rc1.post2', Location('x')); print('packaging.requirements' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
