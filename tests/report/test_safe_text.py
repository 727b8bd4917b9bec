"""Text from outside: nothing invisible, nothing clickable, nothing that is not https becomes a link."""

from __future__ import annotations

import sys
import unicodedata
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.report.safe_text import capped, defang, https_link, one_line, plain, slug

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
ANY_TEXT = st.text(st.characters(exclude_categories=()))


def test_every_invisible_character_of_this_unicode_version_is_spelled_out() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character) in HIDDEN and character not in "\n\t":
            assert plain(character) == f"[U+{code:04X}]", hex(code)


@given(ANY_TEXT)
def test_plain_text_holds_nothing_that_a_terminal_or_reader_obeys(text: str) -> None:
    shown = plain(text)
    assert not [one for one in shown if unicodedata.category(one) in HIDDEN and one != "\n"]
    assert plain(shown) == shown


@given(ANY_TEXT)
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("user\u202egnp.exe", "user[U+202E]gnp.exe"),
        ("pay\u200bpal", "pay[U+200B]pal"),
        ("\x1b[31mred", "[U+001B][31mred"),
        ("a\u00a0b", "a[U+00A0]b"),
        ("tag\U000e0041", "tag[U+E0041]"),
        ("e\u0301", "e\u0301"),
        ("Z\u0351\u0351\u0351\u0351", "Z\u0351\u0351[U+0351][U+0351]"),
        ("日本語 Ελληνικά", "日本語 Ελληνικά"),
    ],
)
def test_known_tricks_are_spelled_out_and_honest_text_is_kept(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET http://evil.example/a.b?c", "GET hxxp://evil[.]example/a.b?c"),
        ("HTTPS://Evil.Example", "HXXPS://Evil[.]Example"),
        ("javascript:alert(1)", "javascript[:]alert(1)"),
        ("wss://c2.example/x", "wss[:]//c2[.]example/x"),
        ("see www.evil.example", "see www[.]evil.example"),
        ("no url: here", "no url: here"),
        ("hxxps://a[.]b/c", "hxxps://a[.]b/c"),
    ],
)
def test_urls_of_evidence_cannot_be_followed(text: str, shown: str) -> None:
    assert defang(text) == shown
    assert defang(shown) == shown


@given(st.text())
def test_defanged_text_holds_no_working_url(text: str) -> None:
    lowered = defang(f"x http://{text} https://{text}").lower()
    assert "http://" not in lowered
    assert "https://" not in lowered


@pytest.mark.parametrize(
    "text",
    [
        "http://example.org/",
        "javascript:alert(1)",
        "JAVASCRIPT://example.org/%0aalert(1)",
        "data:text/html,x",
        "https://user:pw@example.org/",
        "https://user@example.org/",
        "https:///path",
        "https://exa mple.org/",
        "https://example/",
        "https://example.org:99999/",
        "https://[::1]/",
        "https://ex\u0430mple.org/",
        "https://example.org/\u202e",
        "https://example.org/\nx",
        "//example.org/",
        "https://" + "a" * 3000 + ".org",
        "",
    ],
)
def test_only_plain_https_becomes_a_link(text: str) -> None:
    assert https_link(text) is None


@given(st.text(st.characters(max_codepoint=127)))
def test_a_link_cannot_leave_its_attribute(path: str) -> None:
    link = https_link(f"https://example.org/{path}")
    if link is not None:
        assert not set(link) & set("\"'<>` \n\r\t{}|^\\")
        assert urlsplit(link).hostname == "example.org"


@given(ANY_TEXT)
def test_slugs_are_fragments_and_stable(text: str) -> None:
    assert slug(text) == slug(text)
    assert slug(text).replace("-", "").replace("_", "").replace(".", "").isalnum()


def test_capped_text_says_what_is_missing() -> None:
    assert capped("a" * 10, 4) == "aaaa [… 6 more characters]"
