"""What the filter does to the text of a file: literals found in one pass, prose told from code, docstrings and idle
functions left out. Places and lines stay what they were."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.code.anchors import is_imported, words_of
from scanner.code.deferred import defer, without_bodies
from scanner.code.hidden import holds_payload
from scanner.code.literals import Literals
from scanner.code.prose import Prose, seams

WORDS = (b"os", b"exec", b"eval", b"requests", b"post", b"execute", b"a_post")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*WORDS, b".", b" ", b"_", b"\n", b"\xc3\xa9", b"1"]), max_size=40).map(b"".join))
def test_words_are_found_as_splitting_finds_them(data: bytes) -> None:
    assert Literals(words=WORDS).within(data) == words_of(data) & set(WORDS)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.lists(st.binary(min_size=1, max_size=3), max_size=6))
def test_texts_are_found_as_searching_finds_them(data: bytes, texts: list[bytes]) -> None:
    assert Literals(texts=texts).within(data) == {one for one in texts if one in data}


def test_a_literal_across_two_windows_is_found() -> None:
    data = b"x" * (1024 * 1024 - 3) + b" subprocess " + b"y" * 100
    assert Literals(words=[b"subprocess"]).within(data) == {b"subprocess"}


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab'\"#\\\n fr+,=("), max_size=80).map(str.encode))
def test_blanking_keeps_every_place_and_line(data: bytes) -> None:
    prose = Prose(data)
    for blanked in (prose.code, prose.named):
        assert len(blanked) == len(data)
        assert blanked.count(b"\n") == data.count(b"\n")
        assert all(new in (old, 32) for new, old in zip(blanked, data, strict=True))


def test_prose_is_told_from_code() -> None:
    data = b"import os  # https://comment.invalid\nx = 'https://string.invalid'\ny = f\"{os.name}\"\n'''a\nb'''\n"
    prose = Prose(data)
    assert b"comment" not in prose.code
    assert b"string" not in prose.code
    assert b"{os.name}" in prose.code
    assert b"https://string.invalid" in prose.strings
    assert b"comment" not in prose.strings


@pytest.mark.parametrize(
    "source",
    [
        b"x = 'powers' 'hell'",
        b"x = 'powers' + 'hell'",
        b"x = ('powers'  # half\n     'hell')",
        b"x = ''.join(['powers', 'hell'])",
        b"x = 'powers' \\\n    f'hell'",
    ],
)
def test_neighbouring_literals_are_read_as_one(source: bytes) -> None:
    assert b"powershell" in seams(source)
    assert b"powershell" in Prose(source).joined


DOCUMENTED = b'''def one(x):
    """Says exec(1).

    And more."""
    return f(x)


class Two:
    """Also."""

    text = {"a":
        """kept"""
        or "", 1: lambda:
        """kept too"""
        if x else ""}

    both = """kept as well:
"""
    call("held")
    more = """
"""

    def three(self) -> dict:
        # A comment.
        """Only this."""  # another

    async def four(self, a="):", b=(1, "x")) -> "dict[str, int]":
        r"""Default."""
        return g(a)
'''


def test_docstrings_go_and_lines_stay() -> None:
    short = Prose(DOCUMENTED).undocumented().data
    assert b"exec(1)" not in short
    assert b"Also" not in short
    assert b"Only this" not in short
    assert b"Default" not in short
    assert short.count(b"kept") == 3
    assert b"held" in short
    found = [
        [(type(one).__name__, one.lineno) for one in ast.walk(ast.parse(data)) if isinstance(one, ast.Call | ast.Dict)]
        for data in (DOCUMENTED, short)
    ]
    assert found[0] == found[1]


BODIES = b"""import os

def started():
    a = 1
    return used()

def used():
    b = 2
    return b

def idle():
    c = 3
    return c

def holds():
    d = os.system("x")
    return helper(d)

def helper(d):
    e = d
    return e

class Held:
    def method(self):
        f = 4
        return f

    if f:
        async def waits(
            self,
            a=(1, 2),
        ) -> "int":
            # A comment.
            def inner():
                g = 5
                return g
            return inner

            # The end.

started()
"""


def _deferred(source: bytes) -> tuple[ast.Module, bool, list[str]]:
    """The tree with deferred bodies, whether every cut is a function, and the texts that were parsed later."""
    later: list[str] = []

    def parse(text: str) -> list[ast.stmt] | None:
        later.append(text)
        try:
            return ast.parse(text).body
        except SyntaxError:
            return None

    prose = Prose(source)
    short, cuts = without_bodies(prose)
    assert short.count(b"\n") == source.count(b"\n")
    tree = ast.parse(short)
    return tree, defer(tree, source, cuts, parse, lambda: ast.parse(source).body), later


def test_bodies_of_functions_are_parsed_when_somebody_looks() -> None:
    tree, whole, later = _deferred(BODIES)
    assert whole
    assert not later
    expected = ast.parse(BODIES)
    assert _lines(tree) == _lines(expected)
    assert ast.dump(tree) == ast.dump(expected)
    assert len(later) == 7


def _lines(tree: ast.AST) -> list[tuple[str, int, int | None]]:
    """Name, first and last line of each function and class, without looking into a function."""
    found = []
    for node in ast.iter_child_nodes(tree) if not isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef) else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.append((node.name, node.lineno, node.end_lineno))
        found += _lines(node)
    return found


@pytest.mark.parametrize(
    "source",
    [
        b'text = """\ndef go():\n    import os\n    os.system("x")\n"""\nexec(text)\n',
        b'def go():\n    x = f"""\nopen\n"""\n    return x\ny = 1\n',
        b"def go(a={1: 2}, *, b=(1, (2, 3))) -> dict[str, int]:\n    x = (\n1,\n)\n    return x\n",
        b"x = 1; y = \\\ndef_ = 2\ndef go():\n    return (1,\n            2)\n",
        b"if x:\n  def go():\n\t  a = 1\n\t  return a\nelse:\n  z = 1\n",
        b"def go():\n    a = 1\n    # said\n\n# above\nb = 2\n",
    ],
    ids=["in a string", "f-string at the margin", "brackets at the margin", "continued", "tabs", "comments"],
)
def test_a_body_is_left_out_only_where_it_surely_is_one(source: bytes) -> None:
    tree, whole, _ = _deferred(source)
    assert whole
    assert ast.dump(tree) == ast.dump(ast.parse(source))


@pytest.mark.parametrize(
    ("strings", "encoded"),
    [
        (b"'aHR0cHM6Ly9leGFtcGxlLmludmFsaWQ='", True),
        (b"'68747470733a2f2f6578616d706c65'", True),
        (rb"b'\x78\x9c\x4b\xcb'", True),
        (b"'%68%74%74%70'", True),
        (b"'Ec2InstanceMetadataService'", False),
        (b"'some_long_identifier_name'", False),
        (b"'ABCDEFGHIJKLMNOPQRSTUVWXYZ'", False),
        (b"'application/octet-stream'", False),
    ],
)
def test_encoded_literals_are_told_from_names(strings: bytes, encoded: bool) -> None:
    assert holds_payload(strings) is encoded


NAMES = st.sampled_from(["os", "re", "json", "os.path", "costs", "oscar", "a.os", "importlib"])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(NAMES, st.sampled_from(["", " as x", " as os"])), min_size=1, max_size=6),
    st.sampled_from([", ", ",", " ,\t", " , "]),
    st.sampled_from(["import ", "import  \\\n ", "x = 1; import ", "if 1: import\t"]),
)
def test_a_module_is_imported_where_a_clause_begins_with_its_name(
    clauses: list[tuple[str, str]], comma: str, statement: str
) -> None:
    text = statement + comma.join(name + renamed for name, renamed in clauses) + "\nos(os)\n"
    assert is_imported(text.encode(), b"os") == any(name.partition(".")[0] == "os" for name, _ in clauses)


def test_a_module_is_imported_from_and_far_into_a_statement() -> None:
    assert is_imported(b"from os import path", b"os")
    assert is_imported(b"from \\\n os import path", b"os")
    assert is_imported(b"import " + b"json, " * 9_000 + b"os", b"os")
    assert not is_imported(b"from x import y\nz = [a, os, 'import', os]", b"os")
