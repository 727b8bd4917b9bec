"""Secrets in URLs: every way in which they are written, and what must stay as it is."""

from __future__ import annotations

import time

import msgspec
import pytest

from scanner.model.urls import origin, redact, redact_all, without_user

SECRETS = [
    "https://user:s3cret@host.invalid/simple",
    "https://user:p@s3cret@host.invalid/simple",
    "https://user:pa/s3cret@host.invalid/simple",
    "https://user:pa?s3cret@host.invalid/simple",
    "https://user:pa#s3cret@host.invalid/simple",
    "https://user:pa/s3@s3cret@host.invalid/simple",
    "https://user:12/s3cret@host.invalid/simple",
    "https://user:1/2?s3cret@host.invalid:8443/simple",
    "https://s3cret@host.invalid/simple",
    "https://:s3cret@host.invalid/simple",
    "https://user:it's-s3cret@host.invalid/simple",
    "user:s3cret@host.invalid",
    "user:s3cret@host.invalid:8080/simple",
    "user:p@s3cret@host.invalid/simple",
    "user:p/s3cret@host.invalid/simple",
    "user:s3cret@localhost:8080",
    "user:s3cret@host.invalid/org/repo.git@main",
    "user:p@s3cret@host.invalid/org/repo@v1.0@x",
    "https:/user:s3cret@host.invalid/x",
    "git+https://user:s3cret@host.invalid/org/repo@v1.0",
    "git+ssh://git:s3cret@host.invalid/org/repo",
    "ssh://git@s3cret@host.invalid/org/repo",
    "git+ssh://git@host.invalid/org/repo?token=s3cret",
    "name @ git+https://s3cret:x-oauth-basic@host.invalid/org/repo@main ; python_version > '3'",
    "--index-url=https://user:s3cret@host.invalid/simple --no-deps",
    "--extra-index-url user:s3cret@host.invalid/simple",
    "PIP_INDEX_URL=https://user:s3cret@host.invalid",
    "https://host.invalid/f.whl?token=s3cret",
    "https://host.invalid/f.whl?a=b&X-Amz-Signature=s3cret#sha256=00",
    "https://host.invalid/f.whl?X-Goog-Credential=s3cret&x=1",
    "https://host.invalid/f.whl?sv=2020&sig=s3cret%3D",
    "https://host.invalid/f.whl?private_token=s3cret",
    "https://host.invalid/f.whl?AWSAccessKeyId=s3cret&Expires=1",
    "https://host.invalid/f.whl?x=ghp_s3cret",
    "https://host.invalid/f.whl?x=Abcdefghijklmnop0123456789s3cretXYZ",
    "two: https://a.invalid/x and https://u:s3cret@b.invalid/y, then more",
    'index = "https://u:s3cret@b.invalid/y"',
    "ftp://u:s3cret@b.invalid/y",
    "https://u:p@host.invalid/a?b=x:s3cret@mail.invalid",
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_secret_is_left(text: str) -> None:
    shown = redact(text)
    assert "s3cret" not in shown
    assert redact(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:pw@host.invalid/simple", "https://host.invalid/simple"),
        ("https://user:p@w@host.invalid/simple", "https://host.invalid/simple"),
        ("user:pw@host.invalid/simple", "host.invalid/simple"),
        ("git+https://u:t@host.invalid/o/r@v1.0", "git+https://host.invalid/o/r@v1.0"),
        ("https://h.invalid/a?token=x&b=1#egg=c", "https://h.invalid/a?token=REDACTED&b=1#egg=c"),
        # The host that a client connects to stays: a URL must not be able to show another one.
        ("https://u:p@evil.invalid/@pypi.org/simple", "https://evil.invalid/REDACTED@pypi.org/simple"),
        ("https://evil:443/@pypi.org/simple", "https://evil:REDACTED@pypi.org/simple"),
    ],
)
def test_what_is_shown_instead(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "https://pypi.org/simple/foo/",
        "git+https://host.invalid/org/repo@v1.0",
        "git+ssh://git@host.invalid/org/repo@main",
        "ssh://git@host.invalid:22/org/repo.git",
        "git@github.com:org/repo.git",
        "https://host.invalid:8443/api/npm/@scope/pkg",
        "http://nexus:8081/repo/pkg@1.0",
        "http://[::1]:8080/simple/x@1.0",
        "mailto:somebody@host.invalid",
        "pkg:pypi/demo@1.0.beta",
        "somebody@host.invalid",
        "Jane <jane@host.invalid>",
        "https://h.invalid/f.whl#sha256=" + "a" * 64,
        "https://h.invalid/f.whl#egg=demo&sha256=" + "ab12" * 16,
        "python:3.11@sha256:" + "a" * 64,
        "demo==1.0 ; extra == 'x'",
        "https://h.invalid/?page=2&author=me",
        "a = b[1:2] @ c",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("unit", ["@", "a:", "a:b@", "https://", "https://a:", "?a=", "a@b.", "://@", "x:/", "?key=a&"])
def test_time_is_linear_in_the_text(unit: str) -> None:
    started = time.process_time()
    redact("a@b " + unit * (400_000 // len(unit)))
    assert time.process_time() - started < 5


def test_every_text_of_a_value_is_redacted_and_what_is_clean_is_the_same_object() -> None:
    class Inner(msgspec.Struct, frozen=True):
        text: str
        number: int = 1

    class Outer(msgspec.Struct, frozen=True):
        items: tuple[Inner, ...]
        named: dict[str, list[str]]

    clean = Outer((Inner("plain"),), {})
    assert redact_all(clean) is clean
    found = redact_all(Outer((Inner("https://u:s3cret@h.invalid"), clean.items[0]), {"k": ["u:s3cret@h.invalid"]}))
    assert "s3cret" not in repr(found)
    assert found.items[1] is clean.items[0]


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin("https://U:p@Host.invalid/x") == ("https", "host.invalid", 443)
    assert origin("http://host.invalid:8080") == ("http", "host.invalid", 8080)
    for nothing in ("ftp://h.invalid", "https://h.invalid:x/", "https:///x", "h.invalid", "https://[::1/"):
        assert origin(nothing) == ("", "", 0)


def test_a_url_that_is_asked_for_keeps_its_query_and_loses_its_user() -> None:
    assert without_user("https://u:p@w@h.invalid/f?sig=a@b") == "https://h.invalid/f?sig=a@b"
    assert without_user("https://h.invalid/a@b") == "https://h.invalid/a@b"
