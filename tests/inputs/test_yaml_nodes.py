"""YAML as other tools read it: aliases, merges, quoting, blocks; and what a hostile text may cost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from scanner.inputs import environment_yml, undeclared
from scanner.inputs.yaml_nodes import Mapping, Scalar, Sequence, YamlError, parse_yaml, walk_nodes


def test_dependencies_behind_an_alias_are_read(tmp_path: Path) -> None:
    (tmp_path / "environment.yml").write_text(
        'x-pip: &hidden\n  - "litellm==1.82.8"\n  - !!str requests==2.31.0\n'
        "dependencies:\n  - python=3.11\n  - pip: *hidden\n"
    )
    file = environment_yml.read(tmp_path, "environment.yml")
    assert [one.text for group in file.groups for one in group.requirements] == ["litellm==1.82.8", "requests==2.31.0"]


def test_a_job_merged_into_another_is_read(tmp_path: Path) -> None:
    (tmp_path / ".gitlab-ci.yml").write_text(
        ".base: &base\n  script: [pip install 'evil==1.0']\njob:\n  <<: *base\n  stage: test\n"
    )
    file = undeclared.read(tmp_path, ".gitlab-ci.yml")
    assert file is not None
    assert {one.text for each in file.commands for one in each.requirements} == {"evil==1.0"}


def test_an_own_key_wins_over_a_merged_one() -> None:
    document = parse_yaml("a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\n")
    assert isinstance(document, Mapping)
    inner = document.get("b")
    assert isinstance(inner, Mapping)
    assert [(key, one.text) for key, one in inner.entries if isinstance(one, Scalar)] == [("x", "3"), ("y", "2")]


def test_lines_of_a_block_keep_their_numbers() -> None:
    document = parse_yaml("steps:\n- run: |\n    first\n\n    second\n- name: next\n")
    found = [node.raw_lines for _, node in walk_nodes(document) if isinstance(node, Scalar) and node.raw_lines]
    assert found == [((3, "first"), (4, ""), (5, "second"))]


def test_nothing_is_constructed() -> None:
    document = parse_yaml("!!python/object/apply:os.system ['true']\n")
    assert isinstance(document, Sequence)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\na: 2\n", 2),
        ("a: 1\n---\nb: 2\n", 2),
        ("a: [1, 2\nb: 3\n", 2),
        ("a: *nowhere\n", 1),
        ("a: &a [*a]\n", 1),
        ("[" * 100, 1),
    ],
    ids=["a key twice", "a second document", "an open bracket", "an unknown alias", "an alias in itself", "too deep"],
)
def test_what_cannot_be_read_names_its_line(text: str, line: int) -> None:
    with pytest.raises(YamlError) as caught:
        parse_yaml(text)
    assert caught.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)),
        "m0: &m0 {" + ", ".join(f"k{n}: v" for n in range(2000)) + "}\n"
        + "".join(f"m{n}: &m{n} {{<<: *m{n - 1}}}\n" for n in range(1, 2000)),
        "a: " + "[" * 200_000,
        "? " * 100_000,
    ],
    ids=["billion laughs", "merges of merges", "brackets", "complex keys"],
)  # fmt: skip
def test_a_short_text_cannot_become_long(text: str) -> None:
    started = time.process_time()
    with pytest.raises(YamlError):
        for _ in walk_nodes(parse_yaml(text)):
            pass
    assert time.process_time() - started < 5
