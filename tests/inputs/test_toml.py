"""The line of every key path: the part of TOML reading that is ours."""

from __future__ import annotations

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.inputs.source import SourceText
from scanner.inputs.toml import TomlFile, key_lines
from scanner.model.errors import InputError

TEXT = '''\
top = 1  # a comment with [brackets] = and "quotes"
[project]
name = "a # not a comment"
dependencies = [
    "one>=1",  # why
    "two",
    { x = 1, y = [2,
      3] },
]
text = """
[not.a.table]
x = 1
"""
[[package]]
name = "first"
wheels = [{ url = "u", hash = "h" }, { url = "v" }]
[package.deps]
"odd.key" = 1
[[package]]
name = "second"
[[package.files]]
a = 1
[[package.files]]
a = 2
'''


def test_tables_arrays_inline_tables_and_strings() -> None:
    lines = dict(key_lines(TEXT))
    assert {key: lines[key] for key in lines if "wheels" not in key} == {
        "top": 1,
        "project": 2,
        "project.name": 3,
        "project.dependencies": 4,
        "project.dependencies[0]": 5,
        "project.dependencies[1]": 6,
        "project.dependencies[2]": 7,
        "project.dependencies[2].x": 7,
        "project.dependencies[2].y": 7,
        "project.dependencies[2].y[0]": 7,
        "project.dependencies[2].y[1]": 8,
        "project.text": 10,
        "package[0]": 14,
        "package[0].name": 15,
        "package[0].deps": 17,
        "package[0].deps.odd.key": 18,
        "package[1]": 19,
        "package[1].name": 20,
        "package[1].files[0]": 21,
        "package[1].files[0].a": 22,
        "package[1].files[1]": 23,
        "package[1].files[1].a": 24,
    }
    assert lines["package[0].wheels[1].url"] == 16


def file(text: str) -> TomlFile:
    return TomlFile(SourceText("x.toml", text, ""))


def test_a_key_that_does_not_stand_in_the_text_gets_the_line_of_the_nearest_above() -> None:
    assert str(file(TEXT).at("package[1].files[1].missing")) == "x.toml:23 (package[1].files[1].missing)"


def test_a_syntax_error_names_line_and_column() -> None:
    with pytest.raises(InputError, match=r"x\.toml:2:\d+"):
        file("a = 1\nb = [1,, 2]\n")


@pytest.mark.parametrize("text", ["a = " + "[" * 200_000, "a = " + "{x=" * 100_000, "[" + "a." * 200_000 + "b]\n"])
def test_absurd_nesting_is_an_error_of_ours_or_a_value(text: str) -> None:
    try:
        file(text)
    except InputError as error:
        assert "x.toml" in error.message


def paths_of(value: object, prefix: str = "") -> set[str]:
    """Every key path of a parsed document."""
    found: set[str] = set()
    if isinstance(value, dict):
        for key, one in value.items():
            path = f"{prefix}.{key}" if prefix else key
            found |= {path} | paths_of(one, path)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            found |= {f"{prefix}[{number}]"} | paths_of(one, f"{prefix}[{number}]")
    return found


KEYS = st.text(alphabet="abcd", min_size=1, max_size=3)
VALUES = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.text(alphabet="ab#[]{}=,'\\ ", max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


def inline(value: object) -> str:
    """A value as inline TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ", ".join(inline(one) for one in value) + "]"
    assert isinstance(value, dict)
    return "{" + ", ".join(f"{key} = {inline(one)}" for key, one in value.items()) + "}"


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=4), st.dictionaries(KEYS, VALUES, max_size=3))
def test_every_path_of_any_document_has_a_line(top: dict[str, object], inner: dict[str, object]) -> None:
    text = "".join(f"{key} = {inline(value)}\n" for key, value in top.items())
    text += "[[zz]]\n" + "".join(f"{key} = {inline(value)}  # c\n" for key, value in inner.items())
    document = tomli.loads(text)
    lines = dict(key_lines(text))
    assert paths_of(document) - {"zz"} <= set(lines)
    assert all(1 <= line <= text.count("\n") for line in lines.values())
