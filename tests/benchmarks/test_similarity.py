"""Campaigns: renamed copies fall together, different behaviour stays apart, and the result does not change."""

from __future__ import annotations

from benchmarks.detection.archives import Member
from benchmarks.detection.similarity import Campaigns, folded_tokens, similarity, sketch

PAYLOAD = """
import os, socket
from setuptools import setup
from setuptools.command.install import install

class {cls}(install):
    def run(self):
        install.run(self)
        {host} = socket.gethostname()
        {where} = os.getcwd()
        {data} = dict(host={host}, where={where}, number={number})
        print("{url}", {data})  # {comment}

setup(name="{name}", version="{number}", cmdclass=dict(install={cls}))
"""
OTHER = """
def fibonacci(n, cache={}):
    if n in cache:
        return cache[n]
    value = n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
    cache[n] = value
    return value

for index in range(100):
    print(index, fibonacci(index))
"""


def package(**values: str) -> list[Member]:
    filled = {
        "cls": "A",
        "host": "h",
        "where": "w",
        "data": "d",
        "number": "1",
        "url": "u",
        "comment": "c",
        "name": "n",
        **values,
    }
    return [Member("x/setup.py", PAYLOAD.format(**filled).encode())]


def test_names_strings_numbers_comments_and_layout_are_folded() -> None:
    left = list(folded_tokens("value = call('text', 12)  # why\n"))
    right = list(folded_tokens('other=function(  "another",0x1F\n)'))
    assert left == right == ["n", "=", "n", "(", "s", ",", "0", ")"]


def test_keywords_builtins_and_standard_modules_are_kept() -> None:
    assert list(folded_tokens("import base64; exec(payload)")) == ["import", "base64", ";", "exec", "(", "n", ")"]


def test_python_2_and_broken_source_give_tokens() -> None:
    assert list(folded_tokens("print 'x'\nif (((")) == ["print", "s", "if", "(", "(", "("]
    assert list(folded_tokens('\'unclosed\nx = """to the end')) == ["s", "n", "=", "s"]


def test_renamed_copies_are_one_campaign() -> None:
    campaigns = Campaigns()
    first = campaigns.add("one", sketch(package(cls="One", host="alpha", url="https://one.invalid/", name="one")))
    second = campaigns.add(
        "two", sketch(package(cls="Two", data="beta", number="99", comment="other words", name="two"))
    )
    third = campaigns.add("three", sketch([Member("x/setup.py", OTHER.encode())]))
    assert (first, second, third) == ("one", "one", "three")


def test_packages_without_code_are_one_campaign() -> None:
    campaigns = Campaigns()
    assert campaigns.add("one", sketch([Member("x/README.md", b"text")])) == "one"
    assert campaigns.add("two", sketch([])) == "one"


def test_similarity_is_symmetric_and_bounded() -> None:
    left, right = sketch(package()), sketch([Member("a.py", OTHER.encode())])
    assert similarity(left, left) == 1.0
    assert similarity(left, right) == similarity(right, left) < 0.3
    assert similarity(frozenset(), frozenset()) == 1.0
    assert similarity(left, frozenset()) == 0.0
